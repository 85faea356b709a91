"""Rows that follow from events: in order, by one worker, kept while the database is away.

Events must not wait for the database, so what they write is queued here. What became due while the
commit before was under way is written with one commit: a call makes about ten rows, and on a disk
that takes ten milliseconds for each commit ten calls a second would fall behind for ever.
"""

import asyncio
import heapq
import itertools
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from itertools import islice, takewhile

import asyncpg
import structlog

from db.errors import AWAY, stop_if_cancelled
from db.pool import Connection, Pool

_log = structlog.get_logger(__name__)
_ACQUIRE_SECONDS = 5.0
_BATCH = 200

Job = Callable[[Connection], Awaitable[object]]


@dataclass(order=True, slots=True)
class _Entry:
    due: float
    number: int
    what: str = field(compare=False)
    job: Job = field(compare=False)
    alone: bool = field(compare=False)
    written: Callable[[], None] | None = field(compare=False)


class Writes:
    """`add()` from anywhere on the loop; `run()` is the one worker and belongs to a supervisor.

    What is due later lets what is due now go first; among equals the order of adding holds. A job
    must be safe to repeat: it is, when the database went away in the middle of it, or when another
    one of its batch was refused.
    """

    def __init__(
        self, pool: Callable[[], Pool], *, bound: int = 10_000, retry: float = 0.25
    ) -> None:
        self._pool = pool
        self._bound = bound
        self._retry = retry
        self._numbers = itertools.count()
        self._later: list[_Entry] = []  # a heap
        self._due: deque[_Entry] = deque()  # in order, what is under way first
        self._changed = asyncio.Event()
        self.away = False
        self.done = 0
        self.refused = 0
        self.overflows = 0

    @property
    def pending(self) -> int:
        """Jobs not yet done, the ones that are due later among them."""
        return len(self._later) + len(self._due)

    def add(
        self,
        what: str,
        job: Job,
        *,
        delay: float = 0.0,
        alone: bool = False,
        written: Callable[[], None] | None = None,
    ) -> None:
        """Do `job` in `delay` s or later. When too many wait it is dropped and counted.

        `alone`: in no transaction with others, for one that has transactions of its own or takes
        long. `written` is called once it is durable.
        """
        if self.pending >= self._bound:
            if self.overflows == 0:
                _log.error("too many rows wait for the database, some are lost", what=what)
            self.overflows += 1
            return
        due = asyncio.get_running_loop().time() + max(0.0, delay)
        entry = _Entry(due, next(self._numbers), what, job, alone, written)
        heapq.heappush(self._later, entry)
        self._changed.set()

    async def run(self) -> None:
        """Work until cancelled; what was under way then is done by the next `run()`."""
        while True:
            batch = await self._next_due()
            if not (await self._together(batch) if len(batch) > 1 else await self._singly(batch)):
                await asyncio.sleep(self._retry)

    async def _next_due(self) -> list[_Entry]:
        """What is due, in order, as far as it may be written together; one at least."""
        loop = asyncio.get_running_loop()
        while True:
            self._changed.clear()
            self._take_due(loop.time())
            if self._due:
                return self._batch()
            wait = self._later[0].due - loop.time() if self._later else None
            try:
                async with asyncio.timeout(wait):
                    await self._changed.wait()
            except TimeoutError:
                continue

    def _take_due(self, now: float) -> None:
        """Rows of calls wait by the hundred for a time that comes later: they are left alone."""
        while self._later and self._later[0].due <= now:
            self._due.append(heapq.heappop(self._later))

    def _batch(self) -> list[_Entry]:
        if self._due[0].alone:
            return [self._due[0]]
        return list(islice(takewhile(lambda entry: not entry.alone, self._due), _BATCH))

    async def _together(self, batch: list[_Entry]) -> bool:
        """In one transaction; when something is wrong with one of them, each by itself."""
        try:
            async with (
                self._pool().acquire(timeout=_ACQUIRE_SECONDS) as connection,
                connection.transaction(),
            ):
                for entry in batch:
                    await entry.job(connection)
        except AWAY as error:
            stop_if_cancelled()
            return self._is_away(error)
        except Exception as error:  # whose fault it is shows when each is done by itself
            _log.info("rows not written together", rows=len(batch), error=type(error).__name__)
            return await self._singly(batch)
        self._over(batch)
        return True

    async def _singly(self, batch: list[_Entry]) -> bool:
        """One after another; False: the database is away, and what is left waits."""
        for entry in batch:
            try:
                over = await self._carried_out(entry)
            except Exception:
                self._due.popleft()  # a fault of ours must not come back with the next worker
                raise
            if not over:
                return False
        return True

    async def _carried_out(self, entry: _Entry) -> bool:
        """Whether it is over, well or not; False: the database is away."""
        try:
            async with self._pool().acquire(timeout=_ACQUIRE_SECONDS) as connection:
                await entry.job(connection)
        except AWAY as error:
            stop_if_cancelled()
            return self._is_away(error)
        except asyncpg.PostgresError as error:
            self.refused += 1
            self._due.popleft()
            # The type only: the message may quote the row.
            _log.error("row refused by the database", what=entry.what, error=type(error).__name__)
        else:
            self._over([entry])
        self.away = False
        return True

    def _over(self, entries: Sequence[_Entry]) -> None:
        self.done += len(entries)
        self.away = False
        for entry in entries:
            self._due.popleft()
            if entry.written is not None:
                entry.written()

    def _is_away(self, error: BaseException) -> bool:
        if not self.away:
            _log.warning("database away, rows wait", rows=self.pending, error=repr(error))
        self.away = True
        return False
