"""How long callers were told that they would wait, against how long they did."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from uuid import UUID

import asyncpg
import pytest

from calls.journal import CallJournal
from calls.model import Direction, NewCall, Outcome
from calls.store import set_agent_answered
from calls.told_waits import LONGEST, TOTAL, ToldWaits, told_waits
from db.group_commit import GroupCommit
from db.ids import new_id
from db.pool import Pool

NOW = datetime(2025, 11, 3, 5, 30, tzinfo=UTC)
DAY = timedelta(days=1)


class Callers:
    """Who come to queues, written as call flows do."""

    def __init__(self, pool: Pool, journal: CallJournal) -> None:
        self._pool, self._journal = pool, journal

    async def come(
        self,
        queue: str,
        told: int | None,
        *,
        answered: float | None = None,
        left: float | None = None,
        outcome: Outcome = Outcome.QUEUE_ABANDONED,
        at: datetime = NOW,
    ) -> UUID:
        """One who was told so many minutes, and was answered, or left, after so many seconds."""
        call = NewCall(
            new_id(at), "a", Direction.INBOUND, at, number="+919876543210", number_raw="9876543210"
        )
        await self._journal.opened(call)
        await self._journal.queued(call.id, queue, at, told)
        if answered is not None:
            async with self._pool.acquire() as conn:
                await set_agent_answered(conn, call.id, "1001", at + timedelta(seconds=answered))
        if left is not None:
            over = at + timedelta(seconds=left)
            await self._journal.ended(call.id, outcome, over)
        return call.id

    async def moved(self, call: UUID, queue: str, seconds: float) -> None:
        """They are sent on to another queue, in which nobody is told anything."""
        await self._journal.queued(call, queue, NOW + timedelta(seconds=seconds))

    async def told(self, queues: list[str] | None = None) -> dict[str, ToldWaits]:
        async with self._pool.acquire() as conn:
            return await told_waits(conn, NOW - DAY, NOW + DAY, queues)

    async def minutes_of(self, call: UUID) -> list[tuple[str, int | None]]:
        """What stands with each of the call's stays."""
        of_call = (
            "select queue, told_minutes from queue_stay where call_id = $1 order by entered_at"
        )
        return [
            (row["queue"], row["told_minutes"]) for row in await self._pool.fetch(of_call, call)
        ]


@pytest.fixture
async def callers(pool: Pool) -> AsyncIterator[Callers]:
    commit = GroupCommit(lambda: pool)
    consumer = asyncio.create_task(commit.run())
    yield Callers(pool, CallJournal(commit, timeout=20))
    consumer.cancel()
    with suppress(asyncio.CancelledError):
        await consumer


async def test_each_who_was_told_a_time_was_served_by_then_or_waited_longer_or_left(
    callers: Callers,
) -> None:
    for seconds in (60, 110, 120):
        await callers.come("hi", 2, answered=seconds)
    await callers.come("hi", 2, answered=121)
    await callers.come("hi", 2, left=121)
    await callers.come("hi", 2, left=120)
    await callers.come("hi", 2)  # waits
    await callers.come("hi", None, answered=900)
    await callers.come("en", 1, left=10)
    await callers.come("hi", 2, answered=500, at=NOW - 2 * DAY)
    hindi = ToldWaits(6, in_time=3, longer=2, left_before=1, sent_away=0, over_s=-5, over_90_s=1)
    english = ToldWaits(1, 0, 0, left_before=1, sent_away=0, over_s=None, over_90_s=None)
    total = ToldWaits(7, in_time=3, longer=2, left_before=2, sent_away=0, over_s=-5, over_90_s=1)
    assert await callers.told() == {"en": english, "hi": hindi, TOTAL: total}
    assert (hindi.kept, english.kept) == (3 / 5, None)
    assert await callers.told(["en"]) == {"en": english, TOTAL: english}


async def test_whom_we_sent_on_or_away_before_the_time_have_not_left_by_themselves(
    callers: Callers,
) -> None:
    on = await callers.come("hi", 10)
    await callers.moved(on, "en", 300)
    for outcome in (Outcome.QUEUE_TIMEOUT, Outcome.NO_AGENT, Outcome.CLOSED):
        await callers.come("hi", 10, left=300, outcome=outcome)
    await callers.come("hi", 10, left=300, outcome=Outcome.CALLBACK_KEPT)  # their own choice
    await callers.come("hi", 10, left=700, outcome=Outcome.QUEUE_TIMEOUT)
    found = (await callers.told())["hi"]
    assert found == ToldWaits(
        6, 0, longer=1, left_before=1, sent_away=4, over_s=None, over_90_s=None
    )
    assert found.kept == 0


async def test_where_nobody_was_told_a_time_there_are_no_figures(callers: Callers) -> None:
    await callers.come("hi", None, answered=900)
    assert await callers.told() == {}


async def test_months_are_not_summed(pool: Pool) -> None:
    async with pool.acquire() as conn:
        assert await told_waits(conn, NOW - LONGEST, NOW, None) == {}
        with pytest.raises(ValueError, match="31 days"):
            await told_waits(conn, NOW - LONGEST, NOW + timedelta(seconds=1), None)


async def test_asterisks_word_that_came_first_does_not_take_it_away(
    pool: Pool, callers: Callers
) -> None:
    """Nor does the same row again, nor a second queue that nobody spoke of."""
    call = await callers.come("hi", None)
    again = [[call], ["hi"], [NOW - timedelta(seconds=1)], [3]]
    async with pool.acquire() as conn:
        for _ in range(2):
            await conn.execute(
                "select enter_queue_told(c, q, a, m) from unnest($1::uuid[], $2::text[],"
                " $3::timestamptz[], $4::smallint[]) r (c, q, a, m)",
                *again,
            )
        await conn.execute("select enter_queue($1, 'en', $2, true)", call, NOW + DAY)
    assert await callers.minutes_of(call) == [("hi", 3), ("en", None)]


@pytest.mark.parametrize("minutes", [0, 61])
async def test_what_nobody_is_told_is_refused(pool: Pool, callers: Callers, minutes: int) -> None:
    call = await callers.come("hi", 60)
    with pytest.raises(asyncpg.CheckViolationError):
        await pool.execute(
            "update queue_stay set told_minutes = $2 where call_id = $1", call, minutes
        )
