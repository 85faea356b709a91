"""The service that makes totals of days: what was there before is summed too, the latest first."""

import asyncio
from datetime import UTC, datetime, timedelta
from uuid import uuid4

from db.pool import Pool, open_pool
from helpline.day_totals import DayTotals
from tests.calls.rows import STAYS_OF_CALLS

NOW = datetime(2026, 3, 9, 6, 30, tzinfo=UTC)
WAIT = 20


async def summed(pool: Pool) -> int:
    count: int = await pool.fetchval(
        "select count(*) from report_day where summed_at is not null"
        " and not exists (select from report_change)"
    )
    return count


async def until_summed(pool: Pool, days: int) -> None:
    async with asyncio.timeout(WAIT):
        while await summed(pool) < days:
            await asyncio.sleep(0.02)


async def test_days_that_were_there_before_and_days_that_change_are_summed(emptied: Pool) -> None:
    first, change = uuid4(), "update queue_stay set queue = 'helpline-en' where call_id = $1"
    await emptied.execute("truncate agent_state cascade")
    await emptied.execute(
        "insert into call (id, cell, direction, started_at, queue, queued_at)"
        " values ($1, 'c', 'inbound', $2, 'helpline-hi', $2)", first, NOW - timedelta(days=6),
    )  # fmt: skip
    await emptied.execute(STAYS_OF_CALLS)
    service = asyncio.create_task(DayTotals(emptied, lambda: NOW, idle_seconds=0.05).run())
    try:
        await until_summed(emptied, 6)
        await emptied.execute(change, first)
        async with asyncio.timeout(WAIT):
            while not await emptied.fetchval("select bool_and(queue ~ 'en') from report_calls"):
                await asyncio.sleep(0.02)
        await until_summed(emptied, 6)
    finally:
        service.cancel()
        await asyncio.gather(service, return_exceptions=True)
    assert await emptied.fetchval("select sum(calls) from report_calls where grain = 'hour'") == 1


async def test_a_database_that_was_away_is_asked_again(emptied: Pool, migrated_url: str) -> None:
    await emptied.execute("truncate agent_state cascade")
    await emptied.execute(
        "insert into call (id, cell, direction, started_at, queue, queued_at)"
        " values ($1, 'c', 'inbound', $2, 'helpline-hi', $2)", uuid4(), NOW - timedelta(days=1),
    )  # fmt: skip
    await emptied.execute(STAYS_OF_CALLS)
    broken = await open_pool(migrated_url, size=1)
    await broken.execute("set default_transaction_read_only = on")  # as a standby says
    service = asyncio.create_task(DayTotals(broken, lambda: NOW, idle_seconds=0.05).run())
    try:
        await asyncio.sleep(0.2)
        assert not service.done()
        assert await summed(emptied) == 0
        await broken.expire_connections()
        await until_summed(emptied, 1)
    finally:
        service.cancel()
        await asyncio.gather(service, return_exceptions=True)
        broken.terminate()
