"""A pool whose connection is cut at a chosen statement, or just before its commit."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any, cast

import asyncpg

from db.pool import Pool

_STATEMENTS = {"execute", "executemany", "fetch", "fetchrow", "fetchval"}


class DyingPool:
    """`cut_at` n: the connection is gone when statement n is sent (0: never).

    When a use case has fewer statements, it is gone when the transaction would be committed.
    `statements` counts what was sent.
    """

    def __init__(self, pool: Pool, cut_at: int) -> None:
        self._pool = pool
        self._cut_at = cut_at
        self.statements = 0

    @asynccontextmanager
    async def acquire(self, *, timeout: float) -> AsyncIterator[Any]:
        async with self._pool.acquire(timeout=timeout) as conn:
            yield _DyingConnection(conn, self)

    def count(self, conn: Any) -> None:
        self.statements += 1
        if self.statements == self._cut_at:
            conn.terminate()

    def at_commit(self, conn: Any) -> None:
        if self.statements < self._cut_at:
            conn.terminate()


class _DyingConnection:
    def __init__(self, conn: Any, pool: DyingPool) -> None:
        self._conn = conn
        self._pool = pool

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._conn, name)
        return self._counted(method) if name in _STATEMENTS else method

    def _counted(self, method: Callable[..., Any]) -> Callable[..., Any]:
        async def send(*arguments: Any, **options: Any) -> Any:
            self._pool.count(self._conn)
            return await method(*arguments, **options)

        return send

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[None]:
        async with self._conn.transaction():
            yield
            self._pool.at_commit(self._conn)


CUT = (asyncpg.InterfaceError, asyncpg.PostgresConnectionError, ConnectionError)


def as_pool(pool: DyingPool) -> Pool:
    return cast("Pool", pool)
