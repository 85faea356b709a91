from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from calls import store
from calls.model import Direction, Outcome
from db.ids import new_id
from db.pool import Pool

START = datetime(2026, 1, 5, 4, 30, tzinfo=UTC)
NUMBER = "+919876543210"


async def _place(pool: Pool, at: datetime = START, cell: str = "a") -> UUID:
    call_id = new_id(at)
    async with pool.acquire() as conn:
        await store.open_outbound(
            conn, call_id=call_id, cell=cell, number=NUMBER, service_number="1076", at=at
        )
    return call_id


async def test_an_outbound_call_is_open_until_it_is_ended_once(pool: Pool) -> None:
    call_id = await _place(pool)
    async with pool.acquire() as conn:
        assert await store.end_if_open(conn, call_id, Outcome.BUSY, START)
        assert not await store.end_if_open(conn, call_id, Outcome.LOST, START)
        call = await store.load(conn, call_id)
    assert call is not None
    assert (call.direction, call.outcome, call.number) == (
        Direction.OUTBOUND,
        Outcome.BUSY,
        NUMBER,
    )


async def test_a_number_is_called_by_one_of_us_at_a_time(pool: Pool) -> None:
    async def opened(cell: str) -> bool:
        async with pool.acquire() as conn:
            return await store.open_outbound(
                conn, call_id=new_id(START), cell=cell, number=NUMBER, service_number="1", at=START
            )

    first = await _place(pool)
    assert (await opened("a"), await opened("b")) == (False, False)
    assert await pool.fetchval("select count(*) from call") == 1
    async with pool.acquire() as conn:
        await store.end_if_open(conn, first, Outcome.NO_ANSWER, START)
    assert await opened("b")


async def test_a_callers_latest_calls_come_first(pool: Pool) -> None:
    placed = []
    async with pool.acquire() as conn:
        for at in (START + timedelta(minutes=minute) for minute in range(4)):
            placed.append(await _place(pool, at))
            await store.end_if_open(conn, placed[-1], Outcome.NO_ANSWER, at)
        recent = await store.recent_for_number(conn, NUMBER, at_most=3)
        assert await store.recent_for_number(conn, "+919000000000") == []
    assert [call.id for call in recent] == placed[:0:-1]


async def test_the_first_pop_the_first_answer_and_the_last_agent_are_kept(pool: Pool) -> None:
    call_id = await _place(pool)
    later = START + timedelta(seconds=5)
    async with pool.acquire() as conn:
        await store.set_popped(conn, call_id, START)
        await store.set_popped(conn, call_id, later)
        await store.set_agent_answered(conn, call_id, "101", START)
        await store.set_agent_answered(conn, call_id, "102", later)
        call = await store.load(conn, call_id)
    assert call is not None
    assert (call.pop_at, call.agent_id, call.agent_answered_at) == (START, "102", START)


@pytest.mark.parametrize("reason", [Outcome.NO_ANSWER, Outcome.LOST])
async def test_a_callback_is_owed_only_to_who_was_not_served(pool: Pool, reason: Outcome) -> None:
    call_id = await _place(pool)
    async with pool.acquire() as conn:
        with pytest.raises(Exception, match="callback_reason_check"):
            await store.owe_callback(conn, call_id, NUMBER, reason, START)


async def test_one_call_leaves_at_most_one_callback(pool: Pool) -> None:
    call_id = await _place(pool)
    async with pool.acquire() as conn:
        await store.owe_callback(conn, call_id, NUMBER, Outcome.NO_AGENT, START)
        await store.owe_callback(conn, call_id, NUMBER, Outcome.QUEUE_FULL, START)
    assert await pool.fetchval("select count(*) from callback") == 1


async def test_an_unknown_call_is_none(pool: Pool) -> None:
    async with pool.acquire() as conn:
        assert await store.load(conn, new_id(START)) is None
