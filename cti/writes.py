"""Rows that follow from events: in order, by one worker, kept while the database is away.

Events must not wait for the database, so what they write is queued here.
"""

import asyncio
import heapq
import itertools
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import asyncpg
import structlog

from db.errors import AWAY, stop_if_cancelled
from db.pool import Connection, Pool

_log = structlog.get_logger(__name__)
_ACQUIRE_SECONDS = 5.0

Job = Callable[[Connection], Awaitable[object]]


@dataclass(order=True, slots=True)
class _Entry:
    due: float
    number: int
    what: str = field(compare=False)
    job: Job = field(compare=False)


class Writes:
    """`add()` from anywhere on the loop; `run()` is the one worker and belongs to a supervisor.

    What is due later lets what is due now go first; among equals the order of adding holds. A job
    must be safe to repeat: it is, when the database went away in the middle of it.
    """

    def __init__(
        self, pool: Callable[[], Pool], *, bound: int = 10_000, retry: float = 0.25
    ) -> None:
        self._pool = pool
        self._bound = bound
        self._retry = retry
        self._numbers = itertools.count()
        self._entries: list[_Entry] = []
        self._changed = asyncio.Event()
        self.away = False
        self.done = 0
        self.refused = 0
        self.overflows = 0

    @property
    def pending(self) -> int:
        """Jobs not yet done, the ones that are due later among them."""
        return len(self._entries)

    def add(self, what: str, job: Job, *, delay: float = 0.0) -> None:
        """Do `job` in `delay` s or later. When too many wait it is dropped and counted."""
        if len(self._entries) >= self._bound:
            if self.overflows == 0:
                _log.error("too many rows wait for the database, some are lost", what=what)
            self.overflows += 1
            return
        due = asyncio.get_running_loop().time() + max(0.0, delay)
        heapq.heappush(self._entries, _Entry(due, next(self._numbers), what, job))
        self._changed.set()

    async def run(self) -> None:
        """Work until cancelled; what was under way then is done by the next `run()`."""
        while True:
            entry = await self._next_due()
            try:
                over = await self._carried_out(entry)
            except Exception:
                self._forget(entry)  # a fault of ours must not come back with the restarted worker
                raise
            if over:
                self._forget(entry)
            else:
                await asyncio.sleep(self._retry)

    def _forget(self, entry: _Entry) -> None:
        # Something due earlier may have come in front of it meanwhile.
        self._entries.remove(entry)
        heapq.heapify(self._entries)

    async def _next_due(self) -> _Entry:
        loop = asyncio.get_running_loop()
        while True:
            self._changed.clear()
            wait = self._entries[0].due - loop.time() if self._entries else None
            if wait is not None and wait <= 0:
                return self._entries[0]
            try:
                async with asyncio.timeout(wait):
                    await self._changed.wait()
            except TimeoutError:
                continue

    async def _carried_out(self, entry: _Entry) -> bool:
        """Whether it is over, well or not; False: the database is away."""
        try:
            async with self._pool().acquire(timeout=_ACQUIRE_SECONDS) as connection:
                await entry.job(connection)
        except AWAY as error:
            stop_if_cancelled()
            if not self.away:
                _log.warning("database away, rows wait", rows=self.pending, error=repr(error))
            self.away = True
            return False
        except asyncpg.PostgresError as error:
            self.refused += 1
            _log.error("row refused by the database", what=entry.what, error=repr(error))
        else:
            self.done += 1
        self.away = False
        return True
