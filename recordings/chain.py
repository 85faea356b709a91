"""One hash chain over the events of all recordings: sealed in batches, its head kept elsewhere too.

Entry n's hash is SHA-256 over entry n-1's hash and the event's canonical text. A chain shows what
was changed, moved or taken out of it, but not a tail that was cut off: for that its head is written
to a file every day, and the file is to be copied to where the database's owner cannot write.
"""

import hashlib
import json
import os
from collections.abc import Sequence
from dataclasses import dataclass, field
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
_MOST_TOLD = 100


@dataclass(frozen=True, slots=True)
class Head:
    """The last entry: its number and hash. `file`: where that was written."""

    seq: int
    hash: str
    file: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class Found:
    """How many, and the first of them in words."""

    count: int
    first: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ChainReport:
    """What a check found.

    `misfits`: of the chain by itself, entries and events that were changed, moved or taken out.
    `lost`: exported heads that it does not have. Where only these are, its entries fit one another,
    and are of another history: a tail was cut off, it was written anew, or an older back-up was
    restored.
    """

    sealed: int
    unsealed: int
    misfits: Found
    lost: Found

    @property
    def sound(self) -> bool:
        """Whether everything fits."""
        return not (self.misfits.count or self.lost.count)


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
    """Write the head into a file of its own, durable on return; files are never replaced.

    Where an older back-up was restored the same day, another head may have the number already.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = folder / f"recordings-{at.astimezone(UTC):%Y-%m-%d}-{now_head.seq:012}.json"
    if path.exists() and now_head.hash not in path.read_text(encoding="ascii", errors="replace"):
        path = path.with_stem(f"{path.stem}-{now_head.hash[:12]}")
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
            heads.append(Head(int(told["seq"]), str(told["hash"]), path.name))
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise RecordingError(f"{path} is not a head of the chain: {error}") from error
    return heads


async def verify_chain(pool: Pool, heads: Sequence[Head]) -> ChainReport:
    """Walk the whole chain, past what does not fit, and look for each exported head in it."""
    walk = _Walk(heads)
    async with pool.acquire(timeout=5) as conn:
        unsealed: int = await statements().recordings_count_unsealed(conn)
        await _find_escaped(conn, walk.misfits)
        while True:
            found = statements().recordings_chain_part(conn, after=walk.seq, at_most=_BATCH)
            rows = [row async for row in found]
            for row in rows:
                walk.step(row)
            if not rows:
                break
    walk.end()
    return ChainReport(walk.sealed, unsealed, walk.misfits.found(), walk.lost.found())


async def _find_escaped(conn: Connection, misfits: "_Some") -> None:
    after = UUID(int=0)
    while True:
        part = await statements().recordings_events_part(conn, after=after, at_most=_BATCH)
        if part["last"] is None:
            return
        for event in part["escaped"] or ():
            misfits.add(f"event {event} was taken out of the queue")
        after = part["last"]


class _Walk:
    """Entry after entry, in their order. After one that does not fit it goes on from what the
    chain says there, so that a fault is told once, and does not hide the next one.
    """

    def __init__(self, heads: Sequence[Head]) -> None:
        self.seq, self.sealed = 0, 0
        self.misfits, self.lost = _Some(), _Some()
        self._previous: str | None = BEFORE_THE_FIRST  # None: it is missing
        self._wanted: dict[int, list[Head]] = {}
        for one in heads:
            if one.seq:
                self._wanted.setdefault(one.seq, []).append(one)

    def step(self, row: asyncpg.Record) -> None:
        seq = row["seq"]
        if seq != self.seq + 1:
            missing = seq - self.seq - 1
            first = f"entry {self.seq + 1} is" if missing == 1 else f"{missing} entries are"
            self.misfits.add(f"{first} missing before entry {seq}")
            self._previous = None
        if self._previous not in (None, row["previous"]):
            self.misfits.add(f"entry {seq} does not follow the one before it")
        if row["id"] is None:
            self.misfits.add(f"entry {seq}: its event is gone")
        elif row["hash"] != chained(row["previous"], _text(row)):
            self.misfits.add(f"entry {seq}: its event was changed")
        for one in self._wanted.pop(seq, ()):
            if one.hash != row["hash"]:
                self.lost.add(f"{one.file}: entry {seq} is another one now")
        self.seq, self.sealed, self._previous = seq, self.sealed + 1, row["hash"]

    def end(self) -> None:
        """What was wanted, and did not come."""
        for seq in sorted(self._wanted):
            for one in self._wanted[seq]:
                self.lost.add(f"{one.file}: entry {seq} is gone")


class _Some:
    """The first ones, and how many there are: a chain may have millions that do not fit."""

    def __init__(self) -> None:
        self._first: list[str] = []
        self._count = 0

    def add(self, what: str) -> None:
        self._count += 1
        if len(self._first) < _MOST_TOLD:
            self._first.append(what)

    def found(self) -> Found:
        return Found(self._count, tuple(self._first))


def _text(row: asyncpg.Record) -> str:
    return canonical(row["id"], row["recording_id"], row["kind"], row["at"], row["facts"])
