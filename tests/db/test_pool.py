"""A process that vanishes with its machine leaves no locks standing for long."""

import asyncio

import pytest

from db.errors import AWAY
from db.pool import Pool, open_pool

NOTICED = """
    select name, source from pg_settings
    where name in ('tcp_keepalives_idle', 'tcp_keepalives_interval', 'tcp_keepalives_count',
                   'tcp_user_timeout')
"""
LOCK = "select pg_try_advisory_xact_lock(1076, 99)"


async def test_the_server_looks_for_a_client_that_is_gone_and_waits_for_none(pool: Pool) -> None:
    for _ in range(2):  # also of a connection that was given back
        assert await pool.fetchval("show idle_in_transaction_session_timeout") == "30s"
        # Their values cannot be seen where the line is a unix socket, which needs none.
        sources = [one["source"] for one in await pool.fetch(NOTICED)]
        assert sources == ["session"] * 4


async def test_a_transaction_that_nobody_goes_on_with_gives_its_locks_up(
    pool: Pool, postgres_url: str
) -> None:
    async with await open_pool(postgres_url, size=1, abandoned_seconds=0.05) as gone:
        stuck = await gone.acquire()
        await stuck.execute(f"begin; {LOCK}")
        async with asyncio.timeout(20):
            while not await pool.fetchval(LOCK):
                await asyncio.sleep(0.01)
        with pytest.raises(AWAY):  # it learns of it, should it come back
            await stuck.fetchval(LOCK)
        await gone.release(stuck)
