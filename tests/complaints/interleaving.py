"""Several workers on one database whose statements take turns in an order that a test chooses.

Each worker has a connection of its own and waits before each of its statements until it is its
turn. A worker that waits for another's lock is passed over until it has got it. So one list of
numbers is one interleaving, and the same list is the same interleaving again.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, cast

from db.pool import Pool

_STATEMENTS = {"execute", "executemany", "fetch", "fetchrow", "fetchval"}
_BLOCKED = "select p from unnest($1::int[]) p where cardinality(pg_blocking_pids(p)) > 0"
_ALIVE = "select count(*) from pg_stat_activity where pid = $1"
_A_MOMENT = 0.004  # most statements take less
_LONGEST = 20.0  # no worker waits so long, unless it waits for ever


class Killed(BaseException):
    """The worker's process died here: nothing that its code could catch."""


@dataclass(eq=False)
class Worker:
    """`dies_at`: before which of its statements it is killed (1 is the first; 0: never)."""

    use_case: Callable[[Pool], Awaitable[object]]
    dies_at: int = 0
    statements: int = 0
    session: int = 0
    waits: bool = False
    turn: asyncio.Event = field(default_factory=asyncio.Event)

    async def before_statement(self, conn: Any) -> None:
        self.statements += 1
        self.waits = True
        await self.turn.wait()
        self.turn.clear()
        if self.statements == self.dies_at:
            conn.terminate()
            raise Killed


class _WorkersPool:
    def __init__(self, pool: Pool, worker: Worker) -> None:
        self._pool = pool
        self._worker = worker

    @asynccontextmanager
    async def acquire(self, *, timeout: float) -> AsyncIterator[Any]:
        async with self._pool.acquire(timeout=timeout) as conn:
            self._worker.session = conn.get_server_pid()
            yield _WorkersConnection(conn, self._worker)


class _WorkersConnection:
    def __init__(self, conn: Any, worker: Worker) -> None:
        self._conn = conn
        self._worker = worker

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._conn, name)
        if name not in _STATEMENTS:
            return method

        async def send(*arguments: Any, **options: Any) -> Any:
            await self._worker.before_statement(self._conn)
            return await method(*arguments, **options)

        return send

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[None]:
        await self._worker.before_statement(self._conn)
        async with self._conn.transaction():
            yield
            await self._worker.before_statement(self._conn)


async def interleaved(
    pool: Pool, workers: Sequence[Worker], turns: Sequence[int]
) -> list[object | BaseException]:
    """Carry out the workers' use cases in turns; what each gave or raised."""
    order = iter(turns)
    running = {
        asyncio.create_task(
            cast("Any", worker.use_case(cast("Pool", _WorkersPool(pool, worker))))
        ): worker
        for worker in workers
    }
    async with asyncio.timeout(_LONGEST):
        while ready := await _ready(pool, running):
            chosen = ready[next(order, 0) % len(ready)]
            chosen.waits = False
            chosen.turn.set()
            if chosen.statements == chosen.dies_at:
                await _gone(pool, chosen.session)
    results: list[object | BaseException] = await asyncio.gather(*running, return_exceptions=True)
    return results


async def _ready(pool: Pool, running: dict[asyncio.Task[Any], Worker]) -> list[Worker]:
    """Who waits for a turn, once every other one is done or waits for a lock."""
    while True:
        loop = asyncio.get_running_loop()
        until = loop.time() + _A_MOMENT
        while (busy := _busy(running)) and loop.time() < until:
            await asyncio.sleep(0)
        if not busy:
            break
        sessions = [worker.session for worker in busy]
        blocked = {row["p"] for row in await pool.fetch(_BLOCKED, sessions)}
        ready = [worker for task, worker in running.items() if worker.waits and not task.done()]
        if ready and all(worker.session in blocked for worker in _busy(running)):
            return ready
    return [worker for task, worker in running.items() if worker.waits and not task.done()]


def _busy(running: dict[asyncio.Task[Any], Worker]) -> list[Worker]:
    return [worker for task, worker in running.items() if not task.done() and not worker.waits]


async def _gone(pool: Pool, session: int) -> None:
    while await pool.fetchval(_ALIVE, session):
        await asyncio.sleep(0.001)
