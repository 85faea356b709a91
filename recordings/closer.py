"""Closes recordings: capture file -> sealed WAV in the store -> row -> capture file deleted.

Every step can be repeated, and a crash between two of them is found by the next sweep: an object
is written under a new name each time (one that no row names is swept away), read back before the
row changes, which it does once; the capture file, the only copy until then, goes last.

A database may answer and take no writes (its disk is full, say): what was stored and has no row yet
is remembered, so that only its row is written at the next look. A restart forgets it, and stores it
once more.
"""

import asyncio
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import ParamSpec, TypeVar
from uuid import UUID

import structlog

from db.errors import AWAY, stop_if_cancelled
from db.pool import Pool
from recordings import audio, rows
from recordings.errors import CaptureFileError, CaptureGoneError, RecordingError
from recordings.files import CaptureFile, is_being_written, scan
from recordings.model import Closed, RecordingRow, object_location
from recordings.rules import Orphan, Step, is_short, next_step, pause_after
from recordings.vault import NewFile, StoredObject, Vault

_log = structlog.get_logger(__name__)
_MADE_BY = {
    "call": "Asterisk MixMonitor, option D",
    "own_words": "Asterisk RECORD FILE",
    "officer_remark": "Asterisk RECORD FILE",
}
_OWED_AT_MOST = 8
"""So many stored objects may be without their row before nothing more is stored: their captures
still lie on a disk too, which may be the one that is full."""
_P = ParamSpec("_P")
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class ClosingLimits:
    """Seconds, and files a sweep."""

    interval: float = 1.0
    away_at_most: float = 10.0  # between two looks while the database is away: twice as long each
    settle: float = 1.0  # a file has not changed for so long
    missing_after: float = 60.0  # after the end of the call
    orphan_after: float = 60.0  # before a call's row is written from a file's name
    retry_after: float = 60.0  # a file that failed
    batch: int = 20


@dataclass(frozen=True, slots=True)
class _Put:
    """What was stored of a capture file that had this `stamp`."""

    stamp: tuple[int, int]
    closed: Closed
    original: StoredObject


@dataclass(slots=True)
class _Seen:
    """`owed`: its row could not be written, so far as we know, `tries` times."""

    stamp: tuple[int, int]
    changed: float  # loop time
    first: float
    not_before: float = 0.0
    owed: _Put | None = None
    tries: int = 0


class Closer:
    """Closes the recordings of one cell. `run()` belongs to a supervisor; `totals` are for metrics.

    A file of no bytes is a recording of no seconds, not a missing one: the recorder was started,
    and the citizen was gone before the first 20 ms. `missing` is kept for what must not happen.
    """

    def __init__(
        self,
        pool: Pool,
        vault: Vault,
        now: Callable[[], datetime],
        cell: str,
        directory: Path,
        limits: ClosingLimits | None = None,
        rows_wait: Callable[[], bool] = bool,
    ) -> None:
        """`rows_wait`: whether rows of calls are still to be written, so that none is missed."""
        self._pool = pool
        self._vault = vault
        self._now = now
        self._cell = cell
        self._directory = directory
        self._limits = limits or ClosingLimits()
        self._rows_wait = rows_wait
        self._seen: dict[UUID, _Seen] = {}
        self._foreign: set[str] = set()
        #: stored, adopted, discarded, missing, foreign, torn, short, failed,
        #: end_unseen (shorter than until its call was found lost, which is to be expected)
        self.totals: Counter[str] = Counter()

    async def run(self) -> None:
        """Sweep until cancelled; without a pause while there is a backlog."""
        limits, away = self._limits, 0
        while True:
            done = 0
            try:
                done = await self.sweep()
                if done or not self._owed():
                    away = 0  # else nothing was written: it was no row's turn yet
            except AWAY as error:
                stop_if_cancelled()
                if not away:
                    _log.warning("recordings stay open", error=repr(error))
                away += 1
            pause = pause_after(away, limits.interval, limits.away_at_most)
            await asyncio.sleep(0 if done >= limits.batch else pause)

    async def sweep(self) -> int:
        """Look at every capture file once, oldest first, and at open rows without one.

        Returns how many files were dealt with, at most `limits.batch`. Raises one of
        `db.errors.AWAY` when the database or the folder is away.
        """
        files, foreign = await asyncio.to_thread(scan, self._directory)
        self._report_foreign(foreign)
        known = await self._known(files)
        await self._find_missing([file.name.recording_id for file in files])
        done = 0
        for file in self._to_handle(files):
            if done >= self._limits.batch:
                break
            done += await self._handle(file, known[file.name.recording_id])
        return done

    def _to_handle(self, files: list[CaptureFile]) -> list[CaptureFile]:
        owed = self._owed()
        if len(owed) < _OWED_AT_MOST:
            return files
        return [file for file in files if file.name.recording_id in owed]

    def _owed(self) -> set[UUID]:
        return {key for key, seen in self._seen.items() if seen.owed}

    def _report_foreign(self, names: list[str]) -> None:
        new = set(names) - self._foreign
        self._foreign = set(names)
        self.totals["foreign"] += len(new)
        if new:
            _log.warning("not capture files: left alone", names=sorted(new)[:10], count=len(new))

    async def _known(self, files: list[CaptureFile]) -> dict[UUID, RecordingRow | Orphan]:
        self._observe(files)
        moment = asyncio.get_running_loop().time()
        async with self._pool.acquire(timeout=5) as conn:
            found = await rows.of_files(conn, [file.name.recording_id for file in files])
            orphans = [file for file in files if file.name.recording_id not in found]
            ends = await rows.call_ends(conn, [file.name.call_id for file in orphans])
        known: dict[UUID, RecordingRow | Orphan] = dict(found)
        for file in orphans:
            call, key = file.name.call_id, file.name.recording_id
            if self._rows_wait():
                self._seen[key].first = moment
            known[key] = Orphan(call in ends, ends.get(call), moment - self._seen[key].first)
        return known

    def _observe(self, files: list[CaptureFile]) -> None:
        moment = asyncio.get_running_loop().time()
        seen: dict[UUID, _Seen] = {}
        for file in files:
            key = file.name.recording_id
            entry = self._seen.get(key) or _Seen(file.stamp, moment, moment)
            if entry.stamp != file.stamp:
                entry.stamp, entry.changed = file.stamp, moment
            seen[key] = entry
        self._seen = seen

    async def _handle(self, file: CaptureFile, known: RecordingRow | Orphan) -> bool:
        moment = asyncio.get_running_loop().time()
        seen = self._seen[file.name.recording_id]
        settled = moment - seen.changed >= self._limits.settle
        step = next_step(known, settled=settled, orphan_after=self._limits.orphan_after)
        if step is Step.WAIT or moment < seen.not_before:
            return False
        try:
            if await _on_disk(is_being_written, file.path):
                return False
            await self._carry_out(step, file, known)
        except CaptureGoneError:
            return False
        except RecordingError as error:
            seen.not_before = moment + self._limits.retry_after
            self.totals["failed"] += 1
            _log.error("recording not closed", file=file.path.name, error=repr(error))
        return True

    async def _carry_out(self, step: Step, file: CaptureFile, known: RecordingRow | Orphan) -> None:
        if step is Step.ADOPT:
            known = await self._adopt(file, known)
        if not isinstance(known, RecordingRow):
            return
        if step is Step.DISCARD and await self._is_kept(known):
            self._seen[known.id].owed = None
            self.totals["discarded"] += 1
        elif not await self._close(file, known):
            return  # the row is not as it was: the next look at it decides about the file
        await _on_disk(file.path.unlink)

    async def _adopt(self, file: CaptureFile, known: RecordingRow | Orphan) -> RecordingRow:
        where = await _on_disk(audio.extent, file.path, file.name.kind)
        key = file.name.recording_id
        async with self._pool.acquire(timeout=5) as conn:
            await rows.adopt(conn, file.name, self._cell, where.seconds, known.call_ended_at)
            row = (await rows.of_files(conn, [key]))[key]
        self.totals["adopted"] += 1
        _log.warning("recording without a row", recording=str(key), call=str(file.name.call_id))
        return row

    async def _is_kept(self, row: RecordingRow) -> bool:
        """Whether the file may go: what was in it lies in the store, or was erased."""
        if row.state == "erased":
            return True
        async with self._pool.acquire(timeout=5) as conn:
            objects = await rows.objects(conn, row.id)
        for one in objects.values():
            if await self._vault.store.size(one.location) == one.stored_bytes:
                return True
        _log.error("stored recording is not in the store", recording=str(row.id))
        return False

    async def _close(self, file: CaptureFile, row: RecordingRow) -> bool:
        seen = self._seen[row.id]
        owed = await self._still_owed(seen, file, row)
        put = owed or await self._put_now(file, row)
        if row.sha256 is not None and row.sha256 != put.original.sha256:
            await self._forget(seen, put, tried=owed is not None)
            raise RecordingError(f"{row.id} is not what was stored before; its file is kept")
        self._owe(seen, put)
        won = await self._write(put, row)
        seen.owed, seen.tries, seen.not_before = None, 0, 0.0
        if not won:
            await self._forget(seen, put, tried=owed is not None)
            return False
        self.totals["stored"] += 1
        _log.info("recording stored", recording=str(row.id), seconds=put.closed.seconds)
        return True

    async def _put_now(self, file: CaptureFile, row: RecordingRow) -> _Put:
        closed, original = await _on_disk(self._put, file, row)
        if is_short(file.name.kind, row.started_at, row.to_last_until, closed.seconds):
            self._tell_short(row, closed.seconds)
        return _Put(file.stamp, closed, original)

    async def _still_owed(self, seen: _Seen, file: CaptureFile, row: RecordingRow) -> _Put | None:
        """What was stored before, if it is of the file as it is now and lies where it should."""
        put = seen.owed
        if put is None or put.stamp != file.stamp:
            return None
        one = put.original
        if one.location != object_location(row.id, one.id, row.started_at):
            return None
        lies = await self._vault.store.size(one.location)
        return put if lies == one.stored_bytes else None

    async def _write(self, put: _Put, row: RecordingRow) -> bool:
        async with self._pool.acquire(timeout=5) as conn:
            if row.state == "stored":
                return await rows.set_restored(conn, put.original, self._now())
            return await rows.set_stored(conn, put.closed, put.original, self._now())

    def _owe(self, seen: _Seen, put: _Put) -> None:
        """Until its row is written. That is tried later and later, so that others have a turn where
        it is this row alone.
        """
        seen.owed = put
        seen.tries += 1
        pause = pause_after(seen.tries + 1, self._limits.interval, self._limits.retry_after)
        seen.not_before = asyncio.get_running_loop().time() + pause

    async def _forget(self, seen: _Seen, put: _Put, *, tried: bool) -> None:
        """Another closing stands. What had been `tried` before may be that very one, whose answer
        was lost: it is left to the sweep, which asks the rows.
        """
        seen.owed = None
        if not tried:
            await self._vault.store.delete(put.original.location)

    def _tell_short(self, row: RecordingRow, seconds: float) -> None:
        if row.end_unseen:
            self.totals["end_unseen"] += 1
            _log.warning(
                "recording ends before its call was found lost: when that ended nobody saw",
                recording=str(row.id),
                seconds=seconds,
            )
            return
        self.totals["short"] += 1
        _log.error("recording is shorter than its call", recording=str(row.id), seconds=seconds)

    def _put(self, file: CaptureFile, row: RecordingRow) -> tuple[Closed, StoredObject]:
        """Convert, hash, seal, store in one pass, and read it back. Blocks."""
        where = audio.extent(file.path, file.name.kind)
        if where.torn:
            self.totals["torn"] += 1
            _log.warning("torn frame cut", recording=str(row.id), bytes=where.torn)
        new = NewFile(row.id, row.started_at, "original", "wav", _MADE_BY[file.name.kind])
        original = self._vault.put(new, audio.as_wav(file.path, where), self._now())
        return Closed(where.seconds, where.channels), original

    async def _find_missing(self, present: list[UUID]) -> None:
        at = self._now()
        async with self._pool.acquire(timeout=5) as conn:
            lost = await rows.without_file(
                conn,
                self._cell,
                ended_before=at - timedelta(seconds=self._limits.missing_after),
                present=present,
                at_most=200,
            )
            for recording, call in lost:
                await rows.set_missing(conn, recording, at)
                self.totals["missing"] += 1
                _log.error("recording is missing", recording=str(recording), call=str(call))


async def _on_disk(function: Callable[_P, _T], *args: _P.args, **kwargs: _P.kwargs) -> _T:
    """Run in a thread what touches a capture file.

    Its `OSError` becomes ours: those that pass are the database's (a socket that is gone, say).
    """
    try:
        return await asyncio.to_thread(function, *args, **kwargs)
    except FileNotFoundError as error:
        raise CaptureGoneError(str(error)) from error
    except OSError as error:
        raise CaptureFileError(str(error)) from error
