"""Rows that follow from events: in order, by one worker, kept while the database is away.

Events must not wait for the database, so what they write is queued here. What became due while the
commit before was under way is written with one commit: a call makes about ten rows, and on a disk
that takes ten milliseconds for each commit ten calls a second would fall behind for ever.
"""

import asyncio
import heapq
import itertools
from collections import Counter, deque
from collections.abc import Awaitable, Callable, Sequence, Set
from dataclasses import dataclass, field
from functools import partial
from itertools import islice, takewhile
from typing import Protocol
from uuid import UUID

import asyncpg
import structlog

from calls.store import hold
from db.errors import AWAY, stop_if_cancelled
from db.in_time import LATE, make_sure_it_answers
from db.pool import Connection, Pool

_log = structlog.get_logger(__name__)
_ACQUIRE_SECONDS = 5.0
_LATELY_SECONDS = 3600.0
_BATCH = 200
_HELD_UP_SECONDS, _TRIES = 0.005, 5
_YIELD_SECONDS, _YIELDS = 0.25, 120
_BRIEFLY_SECONDS, _MISSES = 1.0, 3  # a row takes some milliseconds

#: An agent id for `Writes.add`: of everybody, whose own rows must not overtake it.
ALL_AGENTS = "*"

Job = Callable[[Connection], Awaitable[object]]


class FlowRows(Protocol):
    """Rows of the calls' flows, which are written in order elsewhere (`db.group_commit`)."""

    away: bool

    @property
    def queued(self) -> int:
        """How many there have been."""

    @property
    def written(self) -> int:
        """How many of them are over."""


@dataclass(order=True, slots=True)
class _Entry:
    due: float
    number: int
    what: str = field(compare=False)
    job: Job = field(compare=False)
    call_id: UUID | None = field(compare=False)
    agent_id: str | None = field(compare=False)
    alone: bool = field(compare=False)
    written: Callable[[], None] | None = field(compare=False)
    yields: int = field(compare=False)  # how often it may still be put back
    after: int | None = field(compare=False, default=None)  # rows of flows that go before it
    held_up: bool = field(compare=False, default=False)  # was not taken in its time before

    def follows(self, others: Set[UUID | str | None]) -> bool:
        """Whether it has to go after what is of these calls and agents."""
        agents = () if self.agent_id is None else (self.agent_id, ALL_AGENTS)
        return (self.call_id is not None and self.call_id in others) or any(
            agent in others for agent in agents
        )


class Writes:
    """`add()` from anywhere on the loop; `run()` is the one worker and belongs to a supervisor.

    What is due later lets what is due now go first; among equals the order of adding holds. A job
    must be safe to repeat: it is, when the database went away in the middle of it, or when another
    one of its batch was refused. One that a database which answers does not take in its time (a
    lock of somebody else's) waits aside for `held_up` s, with what follows of its call or agent.
    """

    def __init__(
        self,
        pool: Callable[[], Pool],
        *,
        bound: int = 10_000,
        retry: float = 0.25,
        flow_rows: FlowRows | None = None,
        held_up: float = 30.0,
    ) -> None:
        self._pool = pool
        self._flow_rows = flow_rows
        self._bound = bound
        self._retry = retry
        self._numbers = itertools.count()
        self._later: list[_Entry] = []  # a heap
        self._due: deque[_Entry] = deque()  # in order, what is under way first
        self._aside: list[_Entry] = []  # in order: held up, and what follows these
        self._aside_of: set[UUID | str | None] = set()  # calls and agents: thousands may be aside
        self._aside_until = 0.0
        self._aside_seconds = held_up
        self._missed: Counter[str] = Counter()  # in the pass under way, by what
        self._changed = asyncio.Event()
        self.away = False
        self.done = 0
        self.refused = 0
        self.overflows = 0
        self._lost_at: deque[float] = deque(maxlen=bound)
        self._collisions = 0
        self._gave_way = False  # a batch was given up for another's transaction, the last time
        self._full = False

    @property
    def pending(self) -> int:
        """Jobs not yet done, the ones that are due later among them."""
        return len(self._later) + len(self._due) + len(self._aside)

    def lost_lately(self) -> int:
        """How many were refused, or dropped, within the hour; at most as many as may wait."""
        since = asyncio.get_running_loop().time() - _LATELY_SECONDS
        while self._lost_at and self._lost_at[0] < since:
            self._lost_at.popleft()
        return len(self._lost_at)

    def add(
        self,
        what: str,
        job: Job,
        *,
        call_id: UUID | None = None,
        agent_id: str | None = None,
        delay: float = 0.0,
        alone: bool = False,
        yields: bool = False,
        written: Callable[[], None] | None = None,
    ) -> None:
        """Do `job` in `delay` s or later. When too many wait it is dropped and counted.

        `call_id`: the call whose row or talk it writes; such rows are locked before a batch, since
        the calls' flows write them too. `agent_id`: whose standing it writes, which has an order;
        `ALL_AGENTS`: everybody's. `alone`: in no transaction with others, for one that has
        transactions of its own or takes long. `yields`: after the rows of flows that wait when it
        is due, which know better; not for ever, should they not be written while the database is
        there. `written` is called once it is durable.
        """
        if self.pending >= self._bound:
            if not self._full:
                _log.error("too many rows wait for the database, some are lost", what=what)
            self._full = True
            self.overflows += 1
            self._lost()
            return
        if self._full:
            _log.warning("rows are taken again", lost=self.overflows)
            self._full = False
        due = asyncio.get_running_loop().time() + max(0.0, delay)
        number, patience = next(self._numbers), _YIELDS if yields else 0
        entry = _Entry(due, number, what, job, call_id, agent_id, alone, written, patience)
        heapq.heappush(self._later, entry)
        self._changed.set()

    async def run(self) -> None:
        """Work until cancelled; what was under way then is done by the next `run()`."""
        while True:
            batch = await self._next_due()
            together = len(batch) > 1 and not batch[0].held_up
            if not (await self._together(batch) if together else await self._singly(batch)):
                await asyncio.sleep(self._retry)

    async def drain(self, timeout: float) -> int:
        """Wait until nothing is due, at most `timeout` s; how many rows still are.

        What is due later is of calls that the next start finds by itself. What is aside is tried.
        """
        loop = asyncio.get_running_loop()
        self._aside_until = loop.time()
        self._changed.set()
        give_up = loop.time() + timeout
        while (left := self._overdue(loop.time())) and loop.time() < give_up:
            await asyncio.sleep(0.01)
        return left

    def _overdue(self, now: float) -> int:
        return len(self._due) + len(self._aside) + sum(entry.due <= now for entry in self._later)

    async def _next_due(self) -> list[_Entry]:
        """What is due, in order, as far as it may be written together; one at least."""
        loop = asyncio.get_running_loop()
        while True:
            self._changed.clear()
            self._take_due(loop.time())
            self._take_aside(loop.time())
            if self._due:
                return self._batch()
            times = [one.due for one in self._later[:1]] + [self._aside_until] * bool(self._aside)
            try:
                async with asyncio.timeout_at(min(times, default=None)):
                    await self._changed.wait()
            except TimeoutError:
                continue

    def _take_due(self, now: float) -> None:
        """Rows of calls wait by the hundred for a time that comes later: they are left alone."""
        while self._later and self._later[0].due <= now:
            entry = heapq.heappop(self._later)
            if self._yields(entry):
                entry.due = now + _YIELD_SECONDS
                heapq.heappush(self._later, entry)
            else:
                self._due.append(entry)

    def _yields(self, entry: _Entry) -> bool:
        flows = self._flow_rows
        if flows is None or not entry.yields:
            return False
        if entry.after is None:
            entry.after = flows.queued
        if flows.written >= entry.after:
            return False
        if not flows.away:
            entry.yields -= 1
        return True

    def _take_aside(self, now: float) -> None:
        """When its time has come, before what came after it; else what follows it goes aside."""
        if not self._aside:
            return
        if now >= self._aside_until:
            self._due.extendleft(reversed(self._aside))
            self._aside = []
            self._aside_of.clear()
            return
        due, self._due = self._due, deque()
        for entry in due:
            if entry.follows(self._aside_of):
                self._put_aside(entry)
            else:
                self._due.append(entry)

    def _put_aside(self, entry: _Entry) -> None:
        if not self._aside:
            self._aside_until = asyncio.get_running_loop().time() + self._aside_seconds
        entry.held_up = True
        self._aside.append(entry)
        self._aside_of |= {entry.call_id, entry.agent_id}

    def _batch(self) -> list[_Entry]:
        first = self._due[0]
        if first.alone:
            return [first]

        def with_it(entry: _Entry) -> bool:
            return not entry.alone and entry.held_up == first.held_up

        return list(islice(takewhile(with_it, self._due), _BATCH))

    async def _together(self, batch: list[_Entry]) -> bool:
        """In one transaction; when something is wrong with one of them, each by itself."""
        try:
            async with self._pool().acquire(timeout=_ACQUIRE_SECONDS) as connection:
                taken = await _in_time(connection, partial(_all, batch))
        except asyncpg.LockNotAvailableError:
            return await self._held_up(batch)
        except AWAY as error:
            stop_if_cancelled()
            if isinstance(error, asyncpg.TransactionRollbackError) and not self._gave_way:
                _log.info("rows are written again", rows=len(batch), error=repr(error))
                self._gave_way = True
                return True
            return self._is_away(error)
        except Exception as error:  # whose fault it is shows when each is done by itself
            _log.info("rows not written together", rows=len(batch), error=type(error).__name__)
            return await self._singly(batch)
        if not taken:
            return await self._singly(batch)
        self._over(batch)
        return True

    async def _held_up(self, batch: list[_Entry]) -> bool:
        """A flow writes one of these calls, and will be done in a moment: once more, or, when that
        has been so for a while, each by itself.
        """
        self._collisions += 1
        if self._collisions % _TRIES:
            await asyncio.sleep(_HELD_UP_SECONDS)
            return True
        return await self._singly(batch)

    async def _singly(self, batch: list[_Entry]) -> bool:
        """One after another; False: the database is away, and what is left waits."""
        self._missed.clear()
        for entry in batch:
            if entry.follows(self._aside_of) or self._missed[entry.what] >= _MISSES:
                self._put_aside(self._due.popleft())
                continue
            try:
                over = await self._carried_out(entry)
            except Exception:
                self._lost()
                self._due.popleft()  # a fault of ours must not come back with the next worker
                raise
            if not over:
                return False
        return True

    async def _carried_out(self, entry: _Entry) -> bool:
        """Whether it is over, well or not, or aside; False: the database is away."""
        try:
            async with self._pool().acquire(timeout=_ACQUIRE_SECONDS) as connection:
                briefly = not entry.alone and (entry.held_up or bool(self._missed))
                taken = await _in_time(connection, entry.job, briefly=briefly)
        except AWAY as error:
            stop_if_cancelled()
            return self._is_away(error)
        except asyncpg.PostgresError as error:
            self.refused += 1
            self._lost()
            self._due.popleft()
            # The type only: the message may quote the row.
            _log.error("row refused by the database", what=entry.what, error=type(error).__name__)
        else:
            if taken:
                self._over([entry])
            else:
                self._hold_up(entry)
        self.away = False
        return True

    def _hold_up(self, entry: _Entry) -> None:
        if not entry.held_up:
            _log.error("row waits: the database answers, and does not take it", what=entry.what)
        self._missed[entry.what] += 1
        self._put_aside(self._due.popleft())

    def _lost(self) -> None:
        self._lost_at.append(asyncio.get_running_loop().time())

    def _over(self, entries: Sequence[_Entry]) -> None:
        self.done += len(entries)
        self.away = self._gave_way = False
        self._collisions = 0
        for entry in entries:
            self._due.popleft()
            if entry.written is not None:
                entry.written()

    def _is_away(self, error: BaseException) -> bool:
        if not self.away:
            _log.warning("database away, rows wait", rows=self.pending, error=repr(error))
        self.away = True
        return False


async def _all(batch: Sequence[_Entry], connection: Connection) -> None:
    async with connection.transaction():
        calls = {entry.call_id for entry in batch if entry.call_id is not None}
        if len(calls) > 1:
            await hold(connection, calls)
        for entry in batch:
            await entry.job(connection)


async def _in_time(connection: Connection, job: Job, *, briefly: bool = False) -> bool:
    """Whether it was done; False: not in its time, though the database answers.

    Raises what the job raises, and one of `errors.AWAY` when the database does not answer.
    """
    try:
        async with asyncio.timeout(_BRIEFLY_SECONDS if briefly else None):
            await job(connection)
    except LATE:
        stop_if_cancelled()
        await make_sure_it_answers(connection)
        return False
    return True
