"""Who waits for a lock."""

import asyncio

from db.pool import Connection


async def until_somebody_waits(conn: Connection) -> None:
    """For any lock, in this connection's database. `TimeoutError` after 20 s."""
    async with asyncio.timeout(20):
        while not await conn.fetchval(
            "select count(*) from pg_stat_activity"
            " where datname = current_database() and wait_event_type = 'Lock'"
        ):
            await asyncio.sleep(0.01)
            await conn.execute("select pg_stat_clear_snapshot()")
