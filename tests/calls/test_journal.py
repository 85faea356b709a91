import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from calls.journal import CallJournal
from calls.model import Call, Direction, NewCall, Outcome
from calls.store import load
from db.group_commit import GroupCommit
from db.ids import new_id
from db.pool import Pool

START = datetime(2026, 1, 5, 4, 30, tzinfo=UTC)


def at(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def new_call(**fields: str) -> NewCall:
    given = {"number": "+919876543210", "number_raw": "09876543210", **fields}
    return NewCall(new_id(START), "a", Direction.INBOUND, START, **given)


@pytest.fixture
async def journal(pool: Pool) -> AsyncIterator[CallJournal]:
    commit = GroupCommit(lambda: pool)
    consumer = asyncio.create_task(commit.run())
    yield CallJournal(commit, timeout=20)
    consumer.cancel()
    with suppress(asyncio.CancelledError):
        await consumer


async def read(pool: Pool, call_id: UUID) -> Call:
    async with pool.acquire() as conn:
        call = await load(conn, call_id)
    assert call is not None
    return call


async def test_a_call_is_written_step_by_step(pool: Pool, journal: CallJournal) -> None:
    call = new_call(service_number="1076")
    await journal.opened(call)
    row = await read(pool, call.id)
    assert (row.number, row.service_number, row.ended_at) == ("+919876543210", "1076", None)
    await journal.answered(call.id, at(1))
    await journal.queued(call.id, "hi", at(9))
    await journal.ended(call.id, Outcome.QUEUE_ABANDONED, at(30))
    row = await read(pool, call.id)
    assert (row.answered_at, row.queue, row.queued_at) == (at(1), "hi", at(9))
    assert (row.ended_at, row.outcome) == (at(30), Outcome.QUEUE_ABANDONED)


async def test_steps_of_one_batch_are_written_in_the_order_of_a_call(
    pool: Pool, journal: CallJournal
) -> None:
    call = new_call()
    await asyncio.gather(
        journal.ended(call.id, Outcome.IVR_ABANDONED, at(2)),
        journal.queued(call.id, "hi", at(1.5)),
        journal.answered(call.id, at(1)),
        journal.opened(call),
    )
    row = await read(pool, call.id)
    assert (row.answered_at, row.queue, row.outcome) == (at(1), "hi", Outcome.IVR_ABANDONED)


async def test_the_first_end_stands(pool: Pool, journal: CallJournal) -> None:
    call = new_call()
    await journal.opened(call)
    await journal.ended(call.id, Outcome.IVR_ABANDONED, at(2))
    await journal.ended(call.id, Outcome.LOST, at(3))
    row = await read(pool, call.id)
    assert (row.outcome, row.ended_at) == (Outcome.IVR_ABANDONED, at(2))


@pytest.mark.parametrize("others", [0, 40])
async def test_the_first_of_two_ends_in_one_batch_stands(
    pool: Pool, journal: CallJournal, others: int
) -> None:
    calls = [new_call() for _ in range(others + 1)]
    await asyncio.gather(*(journal.opened(call) for call in calls))
    exact = [journal.ended(call.id, Outcome.AGENT_ANSWERED, at(2)) for call in calls]
    vague = [journal.ended(call.id, Outcome.LOST, at(1)) for call in reversed(calls)]
    await asyncio.gather(*exact, *vague)
    for call in calls:
        assert (await read(pool, call.id)).outcome is Outcome.AGENT_ANSWERED


async def test_the_first_answer_and_the_last_queue_of_one_batch_stand(
    pool: Pool, journal: CallJournal
) -> None:
    call = new_call()
    await journal.opened(call)
    await asyncio.gather(
        *(journal.answered(call.id, at(second)) for second in (3, 1, 2)),
        *(
            journal.queued(call.id, queue, at(second))
            for second, queue in enumerate(("hi", "en", "officers"), 5)
        ),
    )
    row = await read(pool, call.id)
    assert (row.answered_at, row.queue, row.queued_at) == (at(3), "officers", at(5))
    await journal.queued(call.id, "en", at(9))
    came_for = await pool.fetchval("select call.first_queue from call where id = $1", call.id)
    assert came_for == "hi"


async def test_a_call_opened_twice_is_one_row(pool: Pool, journal: CallJournal) -> None:
    call = new_call()
    await asyncio.gather(journal.opened(call), journal.opened(call))
    await journal.opened(call)
    assert await pool.fetchval("select count(*) from call") == 1


@pytest.mark.parametrize("raw", ["x" * 500, "a\0b", "caf\udce9", "+91 98765", "अनजान"])
async def test_whatever_the_trunk_says_the_call_has_a_row(
    pool: Pool, journal: CallJournal, raw: str
) -> None:
    call = new_call(number_raw=raw, service_number=raw, channel_id=raw)
    await journal.opened(call)
    assert (await read(pool, call.id)).started_at == START


async def test_a_withheld_number_is_no_number(pool: Pool, journal: CallJournal) -> None:
    call = NewCall(new_id(START), "a", Direction.INBOUND, START, None, "anonymous")
    await journal.opened(call)
    assert (await read(pool, call.id)).number is None
