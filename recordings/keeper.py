"""Makes the kept copy of each closed recording: original -> Opus -> judged -> sealed -> row.

Any number of processes may work: a recording is leased, and has one copy at most. A process that
dies leaves an object that no row names, which the sweep deletes, and a lease that ends.
"""

import asyncio
import hashlib
import os
import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import structlog

from db.errors import AWAY, stop_if_cancelled
from db.pool import Pool
from db.statements import statements
from recordings import events, opus, rows
from recordings.errors import CopyError, NoSuchFileError, RecordingError
from recordings.vault import NewFile, StoredObject, Vault

_log = structlog.get_logger(__name__)
_NICE = 10


@dataclass(frozen=True, slots=True)
class KeepingLimits:
    """Seconds; recordings at once."""

    interval: float = 5.0
    lease: float = 900.0
    first_pause: float = 60.0  # after a failure; doubled each time
    longest_pause: float = 86_400.0
    batch: int = 10


@dataclass(frozen=True, slots=True)
class _Claimed:
    id: UUID
    started_at: datetime
    copy_failures: int


class Keeper:
    """`run()` belongs to a supervisor; `totals` (copied, failed) are for metrics."""

    def __init__(
        self,
        pool: Pool,
        vault: Vault,
        now: Callable[[], datetime],
        kbits: int = 24,
        limits: KeepingLimits | None = None,
    ) -> None:
        self._pool = pool
        self._vault = vault
        self._now = now
        self._kbits = kbits
        self._limits = limits or KeepingLimits()
        self.totals: Counter[str] = Counter()

    async def run(self) -> None:
        """Copy what is closed, until cancelled, on one thread that yields to the calls."""
        with ThreadPoolExecutor(1, "opus", initializer=_yield_to_calls) as thread:
            while True:
                done = 0
                try:
                    done = await self.sweep(thread)
                except AWAY as error:
                    stop_if_cancelled()
                    _log.warning("kept copies wait", error=repr(error))
                if done < self._limits.batch:
                    await asyncio.sleep(self._limits.interval)

    async def sweep(self, thread: ThreadPoolExecutor | None = None) -> int:
        """Copy at most a batch, oldest first; how many were tried."""
        at = self._now()
        async with self._pool.acquire(timeout=5) as conn:
            found = statements().recordings_claim_uncopied(
                conn,
                now=at,
                until=at + timedelta(seconds=self._limits.lease),
                at_most=self._limits.batch,
            )
            claimed = [_Claimed(**dict(row)) async for row in found]
        for one in claimed:
            try:
                await self._copy(one, thread)
            except RecordingError as error:
                await self._postpone(one, error)
        return len(claimed)

    async def _copy(self, one: _Claimed, thread: ThreadPoolExecutor | None) -> None:
        async with self._pool.acquire(timeout=5) as conn:
            original = (await rows.objects(conn, one.id)).get("original")
        if original is None:
            raise NoSuchFileError(f"the original of {one.id} is not in the store")
        loop = asyncio.get_running_loop()
        copy = await loop.run_in_executor(thread, self._make, original, one)
        if await self._write(original, copy):
            self.totals["copied"] += 1
            _log.info("recording copied", recording=str(one.id), bytes=copy.bytes)
        else:
            await self._vault.store.delete(copy.location)

    def _make(self, original: StoredObject, one: _Claimed) -> StoredObject:
        """Encode, judge, store, read back. Blocks."""
        digest = hashlib.sha256()

        def read() -> object:
            for piece in self._vault.pieces(original):
                digest.update(piece)
                yield piece

        encoded = opus.encode(read(), self._kbits)  # type: ignore[arg-type]
        if digest.hexdigest() != original.sha256:
            raise CopyError("the original is not what was closed")
        opus.judge(encoded.original, opus.measure(encoded.data))
        new = NewFile(one.id, one.started_at, "copy", "ogg", opus.TOOL, encoded.parameters)
        return self._vault.put(new, [encoded.data], self._now())

    async def _write(self, original: StoredObject, copy: StoredObject) -> bool:
        """The row and its event. False: another copy was quicker, or the recording was erased."""
        at = self._now()
        facts = {**rows.told(copy), "source": str(original.id), "source_sha256": original.sha256}
        async with self._pool.acquire(timeout=5) as conn, conn.transaction():
            if not await statements().recordings_copied(conn, id=copy.recording_id, at=at):
                return False
            await rows.add_object(conn, copy, at)
            await events.note(conn, copy.recording_id, "copied", at, facts)
        return True

    async def _postpone(self, one: _Claimed, error: RecordingError) -> None:
        limits = self._limits
        pause = min(limits.longest_pause, limits.first_pause * 2.0 ** min(one.copy_failures, 16))
        self.totals["failed"] += 1
        _log.error("recording not copied", recording=str(one.id), error=repr(error), pause=pause)
        async with self._pool.acquire(timeout=5) as conn:
            await statements().recordings_copy_failed(
                conn, id=one.id, after=self._now() + timedelta(seconds=pause)
            )


def _yield_to_calls() -> None:
    """This thread alone gets a lower priority: Linux keeps one for each thread."""
    os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _NICE)
