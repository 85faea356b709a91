"""Many small writes, one commit: rows of concurrent calls are written together.

A call flow must not go on before its row is durable, and a commit costs the same for one row as
for fifty. Rows gather while the commit before them is under way and for `linger` more, then are
written set-wise in one transaction. A batch costs about half a millisecond of our CPU whatever is
in it (wake-ups and round trips), so `linger` decides what a row costs: 12 ms instead of 4 took a
fifth off a whole call at 120 calls/s. With 10 ms and its commit a caller waits less than 20.

While the database is away rows stay queued, in order, up to `bound`; a caller's own timeout ends
the caller's wait, not the row's. A batch whose commit broke off may or may not be written, and is
written again: statements must change nothing when repeated.

A batch that passes its time again and again although the database answers is written row by row;
a row that does so alone is put by, so that one locked table does not stop all rows.
"""

import asyncio
import contextlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol
from uuid import UUID

import asyncpg
import structlog

from db.errors import AWAY, JournalFullError, stop_if_cancelled
from db.in_time import InTime, make_sure_it_answers
from db.pool import Connection, Pool

_log = structlog.get_logger(__name__)
_BATCH = 500
_RETRY_SECONDS = 0.25
_ACQUIRE_SECONDS = 5
_TIMES_OUT = 3


@dataclass(frozen=True, eq=False)
class BatchStatement:
    """SQL that takes one array per column (`unnest($1::uuid[], $2::text[], ...)`).

    `rank` orders statements inside a batch: a call is inserted before it is ended. Rows of one
    statement are passed in the order in which they were queued.
    """

    rank: int
    sql: str


@dataclass(frozen=True, slots=True)
class LeftRow:
    """A row that is not durable, and the statement that takes it in an array per column."""

    sql: str
    values: Sequence[Any]

    @property
    def about(self) -> frozenset[UUID]:
        """The first key in it. Others are of what that refers to."""
        return frozenset(named(self.values)[:1])


class PutBy(Protocol):
    """Where rows go that are not written here. Both are durable on return."""

    def holds(self, row: Sequence[Any]) -> bool:
        """Whether one is there that has to be written before this one."""

    async def keep(self, rows: Sequence[LeftRow]) -> None:
        """Rows that will be taken later."""

    async def refuse(self, rows: Sequence[LeftRow], error: Exception) -> None:
        """Rows that the database refused."""


@dataclass(eq=False, slots=True)
class _Entry:
    number: int  # from 1, as they were queued
    statement: BatchStatement
    row: Sequence[Any]
    done: asyncio.Future[None]  # the waiter's: cancelled with it, which does not concern the row

    @property
    def left(self) -> LeftRow:
        return LeftRow(self.statement.sql, self.row)


class GroupCommit:
    """Writes rows in shared transactions. `run()` is its one consumer and belongs to a supervisor.

    `pool` is asked for anew whenever a connection is needed, and may raise one of `errors.AWAY`.
    `put_by` takes rows that are not written in their time although the database answers, those that
    have to follow them, and those that the database refuses; without it the first wait, the others
    are lost. `refused` counts all of them.
    """

    def __init__(
        self,
        pool: Callable[[], Pool],
        *,
        bound: int = 10_000,
        linger: float = 0.010,
        put_by: PutBy | None = None,
    ) -> None:
        self._pool = pool
        self._bound = bound
        self._linger = linger
        self._put_by = put_by
        self._entries: list[_Entry] = []
        self._inflight: list[_Entry] = []  # both in the order of their numbers
        self._timed_out = 0  # in a row, while the database answers
        self._in_time = InTime()
        self._wake = asyncio.Event()
        self.away = False
        self.queued = 0  # rows ever taken
        self.refused = 0

    @property
    def written(self) -> int:
        """How many of the first rows ever queued are over, with none before them that is not:
        durable, or refused.
        """
        waiting = self._inflight or self._entries
        return waiting[0].number - 1 if waiting else self.queued

    @property
    def pending(self) -> int:
        """Rows not yet durable."""
        return len(self._entries) + len(self._inflight)

    def left(self) -> list[LeftRow]:
        """Rows not yet durable, in their order; for who has to stop without the database."""
        return [entry.left for entry in self._inflight + self._entries]

    async def write(
        self, statement: BatchStatement, row: Sequence[Any], *, timeout: float | None = 2.0
    ) -> None:
        """Return when `row` is durable. `TimeoutError` after `timeout` s: the row stays queued.

        Raises `JournalFullError` at once when `bound` rows wait, and the server's error when it
        refuses this row (the other rows of its batch are written all the same).
        """
        done = self._queue(statement, row)
        async with asyncio.timeout(timeout):
            await done

    def post(self, statement: BatchStatement, row: Sequence[Any]) -> None:
        """Queue a row that nobody waits for. Raises `JournalFullError` when `bound` rows wait."""
        self._queue(statement, row).cancel()

    def _queue(self, statement: BatchStatement, row: Sequence[Any]) -> asyncio.Future[None]:
        if self.pending >= self._bound:
            raise JournalFullError(self.pending)
        done = asyncio.get_running_loop().create_future()
        self.queued += 1
        self._entries.append(_Entry(self.queued, statement, row, done))
        self._wake.set()
        return done

    async def run(self) -> None:
        """Write batches until cancelled. What is in flight then is put back, first in line.

        Holds one connection while the database answers: taking one from the pool for each batch
        costs more than the batch.
        """
        while True:
            try:
                async with self._pool().acquire(timeout=_ACQUIRE_SECONDS) as connection:
                    if self._timed_out:
                        await self._make_sure_it_answers(connection)
                    await self._write_until_away(connection)
            except AWAY as error:
                stop_if_cancelled()
                if not self.away:
                    _log.warning("database away, rows wait", rows=self.pending, error=repr(error))
                self.away = True
                await asyncio.sleep(_RETRY_SECONDS)

    async def drain(self, timeout: float) -> bool:
        """Wait until nothing is pending; False when `timeout` s were not enough."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(timeout):
                while self.pending:
                    await asyncio.sleep(0.01)
        return not self.pending

    async def _write_until_away(self, connection: Connection) -> None:
        gave_way = False
        while True:
            await self._wake.wait()
            await asyncio.sleep(self._linger)
            self._inflight, self._entries = self._entries[:_BATCH], self._entries[_BATCH:]
            try:
                await self._flush(connection)
            except asyncpg.TransactionRollbackError as error:  # given up for another's
                if gave_way:
                    raise
                _log.info("rows are written again", rows=len(self._inflight), error=repr(error))
                gave_way = True
                continue
            finally:  # away, cancelled or a fault of ours: what was not written is still first
                self._entries = self._inflight + self._entries
                self._inflight = []
                if not self._entries:
                    self._wake.clear()
            gave_way = False
            self._timed_out = 0
            if self.away:
                _log.info("database back")
            self.away = False

    async def _put_by_what_follows(self) -> None:
        """Rows that have to go after others that are put by, and with these what follows them."""
        put_by = self._put_by
        while put_by is not None:
            following = [entry for entry in self._inflight if put_by.holds(entry.row)]
            if not following:
                return
            following.sort(key=lambda entry: entry.statement.rank)
            await self._give_up(following)

    async def _make_sure_it_answers(self, connection: Connection) -> None:
        try:
            await make_sure_it_answers(connection)
        except AWAY:
            self._timed_out = 0  # no statement's fault
            raise

    async def _flush(self, connection: Connection) -> None:
        self._in_time.renew()
        await self._put_by_what_follows()
        if not self._in_time and self._timed_out < _TIMES_OUT:
            await self._write_together(connection, list(self._inflight))
            return
        for statement in _by_rank(dict.fromkeys(entry.statement for entry in self._inflight)):
            await self._put_by_what_follows()
            entries = [entry for entry in self._inflight if entry.statement is statement]
            if statement.sql in self._in_time or self._timed_out >= _TIMES_OUT:
                await self._write_singly(connection, entries)
            else:
                await self._write_together(connection, entries)

    async def _write_together(self, connection: Connection, entries: Sequence[_Entry]) -> None:
        try:
            await _write_batch(connection, entries)
        except Exception as error:  # whatever the driver makes of a bad row
            if is_away(error, connection):
                self._timed_out += isinstance(error, TimeoutError)
                raise
            by_rank = sorted(entries, key=lambda entry: entry.statement.rank)
            await self._write_singly(connection, by_rank)
        else:
            self._over(entries)

    async def _write_singly(self, connection: Connection, entries: Sequence[_Entry]) -> None:
        """One row of them is bad: write each alone, in order, so that only that one fails."""
        late: list[_Entry] = []
        behind = set[UUID]()
        for entry in entries:
            columns = [[value] for value in entry.row]
            try:
                if not behind.isdisjoint(named(entry.row)) or not await self._in_time(
                    connection, entry.statement.sql, columns
                ):
                    late.append(entry)
                    behind |= entry.left.about
                    continue
            except Exception as error:
                if is_away(error, connection):
                    raise
                await self._refuse(entry, error)
            else:
                self._over([entry])
        if late:
            await self._give_up(late)

    async def _refuse(self, entry: _Entry, error: Exception) -> None:
        # The type only: the server's message may quote the row.
        _log.error("row refused by the database", error=type(error).__name__)
        if self._put_by is not None:
            await self._put_by.refuse([entry.left], error)
        self.refused += 1
        self._over([entry], error)

    async def _give_up(self, late: Sequence[_Entry]) -> None:
        error = TimeoutError("the database answers, and does not take the row")
        if self._put_by is None:
            raise error
        await self._put_by.keep([entry.left for entry in late])
        _log.error("rows kept: the database answers, and does not take them", rows=len(late))
        self.refused += len(late)
        self._over(late, error)

    def _over(self, entries: Sequence[_Entry], error: Exception | None = None) -> None:
        for entry in entries:
            if entry.done.done():
                continue
            if error is None:
                entry.done.set_result(None)
            else:
                entry.done.set_exception(error)
        over = {entry.number for entry in entries}
        self._inflight = [entry for entry in self._inflight if entry.number not in over]


def is_away(error: Exception, connection: Connection) -> bool:
    """Whether `error` says something about the database, not about the row.

    The driver's `InterfaceError` means both: a closed connection, and a row of the wrong shape.
    """
    if isinstance(error, asyncpg.InterfaceError):
        try:
            return connection.is_closed()
        except asyncpg.InterfaceError:
            return True  # the pool has taken the connection back under us
    return isinstance(error, AWAY)


def named(row: Iterable[Any]) -> list[UUID]:
    """The keys in a row."""
    return [one for one in row if isinstance(one, UUID)]


def _by_rank(statements: Iterable[BatchStatement]) -> list[BatchStatement]:
    return sorted(statements, key=lambda statement: statement.rank)


async def _write_batch(connection: Connection, entries: Sequence[_Entry]) -> None:
    by_statement: dict[BatchStatement, list[Sequence[Any]]] = {}
    for entry in entries:
        by_statement.setdefault(entry.statement, []).append(entry.row)
    if len(by_statement) == 1:  # a statement is a transaction by itself: two round trips fewer
        [(statement, rows)] = by_statement.items()
        await connection.execute(statement.sql, *zip(*rows, strict=True))
        return
    async with connection.transaction():
        for statement in _by_rank(by_statement):
            await connection.execute(statement.sql, *zip(*by_statement[statement], strict=True))
