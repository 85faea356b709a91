"""The connection pool. Every statement has a time limit; every connection speaks UTC."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import asyncpg

if TYPE_CHECKING:
    from asyncpg.pool import PoolConnectionProxy

    Pool = asyncpg.Pool[asyncpg.Record]
    Connection = asyncpg.Connection[asyncpg.Record] | PoolConnectionProxy[asyncpg.Record]
else:
    Pool = asyncpg.Pool
    Connection = asyncpg.Connection

__all__ = ["Connection", "Pool", "open_pool", "read_within"]

# A new connection's first registration takes some 35 ms of CPU, to learn types and to plan: on a
# quiet line nearly each would be the first of one if they were given up soon.
_IDLE_SECONDS = 600

# A machine that loses its power or its line says nothing: its transactions would hold their rows
# and locks for what the server's system waits, up to two hours. No transaction of ours is idle for
# more than seconds. Asked for as statements, not at the start of the session: a pooler in between
# refuses start-up parameters that it does not know.
_GONE = """
    select set_config('idle_in_transaction_session_timeout', $1, false),
           set_config('tcp_keepalives_idle', '10', false),
           set_config('tcp_keepalives_interval', '5', false),
           set_config('tcp_keepalives_count', '3', false),
           set_config('tcp_user_timeout', '30000', false)
"""


async def open_pool(
    url: str,
    *,
    size: int = 8,
    statement_seconds: float = 5.0,
    abandoned_seconds: float = 30.0,
) -> Pool:
    """A pool of at most `size` connections to `url` (postgresql://...). Raises `errors.AWAY`.

    A transaction in which nothing is said for `abandoned_seconds` is ended by the server.
    """

    async def soon_noticed(connection: Connection) -> None:
        await connection.execute(_GONE, str(round(abandoned_seconds * 1000)))

    return await asyncpg.create_pool(
        url,
        min_size=1,
        max_size=size,
        timeout=5,
        command_timeout=statement_seconds,
        max_inactive_connection_lifetime=_IDLE_SECONDS,
        init=soon_noticed,
        reset=_nothing_to_reset,
        server_settings={"timezone": "UTC", "application_name": "helpline"},
    )


@asynccontextmanager
async def read_within(pool: Pool, seconds: float) -> AsyncIterator[Connection]:
    """A connection for what has to be known in `seconds`, waiting for one included: somebody is on
    the line, whose keys are not heard meanwhile. Raises one of `errors.AWAY` when it is not.
    """
    async with asyncio.timeout(seconds), pool.acquire(timeout=seconds) as conn:
        yield conn


async def _nothing_to_reset(_connection: Connection) -> None:
    """No statement of ours leaves anything behind in a session (settings, locks, listeners), so
    that a connection need not be cleaned with a trip of its own each time it is given back. A
    transaction that was left open is rolled back by the driver before this.
    """
