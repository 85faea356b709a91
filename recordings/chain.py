"""One hash chain over the events of all recordings: sealed in batches, its head kept elsewhere too.

Entry n's hash is SHA-256 over entry n-1's hash and the event's canonical text. A chain shows what
was changed, moved or taken out of it, but not a tail that was cut off: for that its head is written
to a file every day, and the file is to be copied to where the database's owner cannot write.
"""

import hashlib
import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import asyncpg

from db.pool import Connection, Pool
from db.statements import statements
from recordings.errors import RecordingError
from recordings.events import canonical

BEFORE_THE_FIRST = "0" * 64
_LOCK = 1076_0012
_BATCH = 1000
_GONE = "entry {} was exported and is gone"


@dataclass(frozen=True, slots=True)
class Head:
    """The last entry: its number and hash."""

    seq: int
    hash: str


@dataclass(frozen=True, slots=True)
class ChainReport:
    """What a check found. `broken_at`: the first entry that does not fit, and why."""

    sealed: int
    unsealed: int
    broken_at: int | None = None
    why: str = ""


def chained(previous: str, text: str) -> str:
    """The hash of an event that follows the entry with hash `previous`."""
    return hashlib.sha256(f"{previous}\n{text}".encode()).hexdigest()


async def seal_batch(pool: Pool, limit: int = _BATCH) -> int:
    """Seal the oldest events that wait; how many. 0 also when another process is at it."""
    async with pool.acquire(timeout=5) as conn, conn.transaction():
        if not await statements().recordings_lock_chain(conn, key=_LOCK):
            return 0
        before = await head(conn)
        found = statements().recordings_unsealed(conn, at_most=limit)
        events = [row async for row in found]
        previous, hashes = [before.hash], []
        for row in events:
            hashes.append(chained(previous[-1], canonical(*row)))
            previous.append(hashes[-1])
        await statements().recordings_seal(
            conn,
            seqs=list(range(before.seq + 1, before.seq + 1 + len(events))),
            event_ids=[row["id"] for row in events],
            previous=previous[:-1],
            hashes=hashes,
        )
    return len(events)


async def head(conn: Connection) -> Head:
    """Where the chain ends now."""
    row = await statements().recordings_chain_head(conn)
    return Head(0, BEFORE_THE_FIRST) if row is None else Head(row["seq"], row["hash"])


def export_head(folder: Path, now_head: Head, at: datetime) -> Path:
    """Write the head into a file of its own, durable on return; files are never replaced."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = folder / f"recordings-{at.astimezone(UTC):%Y-%m-%d}-{now_head.seq:012}.json"
    if path.exists():
        return path
    text = json.dumps({"at": at.isoformat(), "seq": now_head.seq, "hash": now_head.hash}) + "\n"
    staged = path.with_suffix(".part")
    with staged.open("w", encoding="ascii") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    staged.replace(path)
    return path


def is_exported(folder: Path, day: datetime) -> bool:
    """Whether a head of that day (UTC) was written."""
    return any(folder.glob(f"recordings-{day.astimezone(UTC):%Y-%m-%d}-*.json"))


def exported_heads(folder: Path) -> list[Head]:
    """All heads that were written. Raises `RecordingError` for a file that is none."""
    heads = []
    for path in sorted(folder.glob("recordings-*.json")):
        try:
            told = json.loads(path.read_text(encoding="ascii"))
            heads.append(Head(int(told["seq"]), str(told["hash"])))
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise RecordingError(f"{path} is not a head of the chain: {error}") from error
    return heads


async def verify_chain(pool: Pool, heads: Sequence[Head]) -> ChainReport:
    """Walk the whole chain, and look for each exported head in it."""
    wanted = {one.seq: one.hash for one in heads if one.seq}
    previous, seq = BEFORE_THE_FIRST, 0
    async with pool.acquire(timeout=5) as conn:
        unsealed: int = await statements().recordings_count_unsealed(conn)
        escaped = await _escaped_event(conn)
        if escaped is not None:
            return ChainReport(0, unsealed, 1, f"event {escaped} was taken out of the queue")
        while True:
            found = statements().recordings_chain_part(conn, after=seq, at_most=_BATCH)
            rows = [row async for row in found]
            for row in rows:
                seq += 1
                why = _misfit(row, seq, previous, wanted)
                if why:
                    return ChainReport(seq - 1, unsealed, seq, why)
                previous = row["hash"]
            if not rows:
                break
    if wanted:
        return ChainReport(seq, unsealed, min(wanted), _GONE.format(min(wanted)))
    return ChainReport(seq, unsealed)


async def _escaped_event(conn: Connection) -> UUID | None:
    after = UUID(int=0)
    while True:
        part = await statements().recordings_events_part(conn, after=after, at_most=_BATCH)
        if part["last"] is None or part["escaped"] is not None:
            escaped: UUID | None = part["escaped"]
            return escaped
        after = part["last"]


def _misfit(row: asyncpg.Record, seq: int, previous: str, wanted: dict[int, str]) -> str | None:
    """Why this entry is not the next one; None: it is."""
    if row["seq"] != seq:
        return "an entry is missing"
    if row["id"] is None:
        return "its event is gone"
    text = canonical(row["id"], row["recording_id"], row["kind"], row["at"], row["facts"])
    if row["previous"] != previous or row["hash"] != chained(previous, text):
        return "the event was changed"
    if wanted.pop(seq, row["hash"]) != row["hash"]:
        return "another entry was exported under this number"
    return None
