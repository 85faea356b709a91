"""Heads of histories, written down where the database's owner cannot write.

A history and its complaint's row can be wound back together, so that nothing in the database shows
it. A copy of what the heads were shows it, if the copy lies elsewhere.

A file has a line with its time, a line `NUMBER ENTRY HASH` for each complaint, and a line with how
many these are and a signature: HMAC-SHA256, by a key made from the site's, of all that is before
it. No personal data is in it.
"""

import asyncio
import hashlib
import hmac
import os
import re
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

import asyncpg

from complaints.errors import HeadsError
from db.pool import Pool
from db.statements import statements

_TITLE = "helpline heads 1"
_LINE = re.compile(r"(?P<number>[0-9]{9}) (?P<seq>[1-9][0-9]{0,9}) (?P<hash>[0-9a-f]{64})")
_BATCH = 2000
#: Of histories' time, that one statement reads: a sweep that moves some hundreds a second all the
#: while is read in a second.
_SLICE = timedelta(minutes=10)
_AHEAD = "complaints-ahead-"
#: An entry is committed some time after it was dated; what is written down twice does no harm.
_OVERLAP = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class _Told:
    number: str
    seq: int
    hash: str


async def write_heads(
    pool: Pool, path: Path, *, key: bytes, at: datetime, since: datetime | None = None
) -> int:
    """Write the heads into a new file, durable on return; how many.

    `since`: only of complaints with an entry from then on. Raises `HeadsError` when there is such a
    file: none is ever replaced.
    """
    if path.exists():
        raise HeadsError(path, "is there already")
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    staged, written = path.with_suffix(".part"), 0
    signature = _signature(key)
    with staged.open("w", encoding="ascii") as file:

        def put(lines: str) -> None:
            signature.update(lines.encode())
            file.write(lines)

        def end() -> None:
            put(f"{written} ")
            file.write(f"{signature.hexdigest()}\n")
            file.flush()
            os.fsync(file.fileno())

        # In threads: a full disk's queue must not keep the calls of this process waiting.
        await asyncio.to_thread(put, f"{_TITLE} {at.astimezone(UTC).isoformat()}\n")
        async for batch in _all(pool) if since is None else _since(pool, since, at):
            lines = [f"{row['number']} {row['entries']} {row['head']}\n" for row in batch]
            await asyncio.to_thread(put, "".join(lines))
            written += len(batch)
        await asyncio.to_thread(end)
    staged.replace(path)
    return written


async def write_daily(pool: Pool, folder: Path, *, key: bytes, now: datetime) -> Path | None:
    """The file of the day (UTC) of `now`; None: it is there.

    The first one of a folder has all heads, each later one those that moved since the one before.
    What a clock that ran ahead wrote is kept under another name, and is not the one before: until
    its day, nothing would have moved since. Raises `HeadsError` when that one is none of ours.
    """
    path = folder / f"complaints-{now.astimezone(UTC):%Y-%m-%d}.heads"
    of_days = [one for one in daily_files(folder) if not one.name.startswith(_AHEAD)]
    for one in of_days:
        if one.name > path.name:
            one.rename(_free(folder, one.name.removeprefix("complaints-")))
    if path.exists():
        return None
    before = [one for one in of_days if one.name < path.name]
    last = await asyncio.to_thread(_checked, before[-1], key) if before else None  # may be long
    since = last - _OVERLAP if last else None
    await write_heads(pool, path, key=key, at=now, since=since)
    return path


def _free(folder: Path, name: str) -> Path:
    """None is ever replaced."""
    numbered = (folder / f"{_AHEAD}{n}-{name}" for n in count(1))
    return next(path for path in numbered if not path.exists())


def daily_files(folder: Path) -> list[Path]:
    """Those of `write_daily`, oldest first; then those of days that were not there yet."""
    return sorted(folder.glob("complaints-*.heads"))


async def compare_heads(pool: Pool, path: Path, *, key: bytes) -> AsyncIterator[str]:
    """What is not in the histories any more as it was when this file was written, in words.

    Raises `HeadsError`: it cannot be read, or is not as we wrote it.
    """
    at = _checked(path, key)
    for batch in _batches(path):
        async with pool.acquire(timeout=5) as conn:
            rows = statements().complaints_entries_named(
                conn, numbers=[one.number for one in batch], seqs=[one.seq for one in batch]
            )
            found = [row async for row in rows]
        for told, row in zip(batch, found, strict=True):
            if why := _amiss(told, row):
                yield f"complaint {told.number}: {why}, as written down at {at.isoformat()}"


def _amiss(told: _Told, row: asyncpg.Record) -> str | None:
    if not row["known"]:
        return "it is gone"
    if row["hash"] is None:
        return f"entry {told.seq} of its history is gone"
    return None if row["hash"] == told.hash else f"entry {told.seq} of its history is not the one"


async def _all(pool: Pool) -> AsyncIterator[Sequence[asyncpg.Record]]:
    last = ""
    while True:
        async with pool.acquire(timeout=5) as conn:
            rows = statements().complaints_heads_after(conn, number=last, at_most=_BATCH)
            found = [row async for row in rows]
        if found:
            yield found
            last = found[-1]["number"]
        if len(found) < _BATCH:
            return


async def _since(
    pool: Pool, since: datetime, now: datetime
) -> AsyncIterator[Sequence[asyncpg.Record]]:
    """In slices of time; a head is told in that of its entry."""
    while since < now:
        until = since + _SLICE
        async with pool.acquire(timeout=5) as conn:
            last = None if until >= now else until  # what a clock that ran ahead dated belongs here
            rows = statements().complaints_moved_between(conn, since=since, until=last)
            moved = [row["complaint_id"] async for row in rows]
        for first in range(0, len(moved), _BATCH):
            async with pool.acquire(timeout=5) as conn:
                some = moved[first : first + _BATCH]
                heads = statements().complaints_heads_of(conn, complaint_ids=some, until=last)
                yield [row async for row in heads]
        since = until


def _signature(key: bytes) -> hmac.HMAC:
    """By a key for this alone: what signs links must not sign these, nor the other way round."""
    return hmac.new(hmac.digest(key, b"heads of histories", "sha256"), None, hashlib.sha256)


def _checked(path: Path, key: bytes) -> datetime:
    """When the file was written, if it is whole and ours."""
    signature, last, heads = _signature(key), "", -1
    try:
        with path.open(encoding="ascii") as file:
            title = file.readline()
            at = datetime.fromisoformat(title.removeprefix(_TITLE).strip())
            last = title
            for line in file:
                signature.update(last.encode())
                last, heads = line, heads + 1
        told, signed = last.split()
        signature.update(f"{told} ".encode())
        whole = int(told) == heads and title.startswith(_TITLE)
    except (OSError, ValueError) as error:
        raise HeadsError(path, f"cannot be read: {error}") from error
    if not (whole and hmac.compare_digest(signature.hexdigest(), signed)):
        raise HeadsError(path, "is not as this site wrote it")
    return at


def _batches(path: Path) -> Iterator[list[_Told]]:
    """The lines between the first and the last."""
    batch: list[_Told] = []
    with path.open(encoding="ascii") as file:
        for line in file:
            if found := _LINE.fullmatch(line.rstrip("\n")):
                batch.append(_Told(found["number"], int(found["seq"]), found["hash"]))
            if len(batch) == _BATCH:
                yield batch
                batch = []
    if batch:
        yield batch
