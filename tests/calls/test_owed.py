"""Calls that are owed: what an attempt comes to, and what people do about them."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import asyncpg
import pytest

from calls import owed
from calls.errors import CallbackOverError, CallbackTakenError, CallbackUnderWayError
from calls.model import Outcome
from calls.owed import Result, Verdict, Whose, verdict
from calls.store import (
    end_if_open,
    open_outbound,
    owe_callback,
    set_agent_answered,
    set_agent_left,
)
from db.ids import new_id
from db.pool import Connection, Pool
from db.statements import statements

NOW = datetime(2025, 11, 3, 5, 30, tzinfo=UTC)
NUMBER, OTHER = "+919876543210", "+919876543211"
SITA = Whose(actor="agent:1001", agent_id="1001")
MOHAN = Whose(actor="agent:1002", agent_id="1002")
CHIEF = Whose(actor="user:chief", over=True)


@pytest.fixture
async def conn(emptied: Pool) -> AsyncIterator[Connection]:
    async with emptied.acquire() as connection:
        await connection.execute(
            "insert into agent values ('1001', 'सीता', 'c1', '{q}'), ('1002', 'मोहन', 'c1', '{q}')"
        )
        yield connection


async def promised(conn: Connection, number: str = NUMBER, ago: int = 10) -> UUID:
    at = NOW - timedelta(minutes=ago)
    call = new_id(at)
    await conn.execute(
        "insert into call (id, cell, direction, citizen_number, started_at, queue, queued_at,"
        " ended_at, outcome) values ($1, 'c1', 'inbound', $2, $3, 'q', $3, $3, 'no_agent')",
        *(call, number, at),
    )
    assert await owe_callback(conn, call, None, Outcome.NO_AGENT, at)
    return call


async def numbers(conn: Connection, queues: list[str] | None = None) -> list[str]:
    found, _ = await owed.owed_now(conn, queues=queues, default_queue="q", now=NOW, at_most=10)
    return [one.number for one in found]


@pytest.mark.parametrize(
    ("outcome", "answered", "talked", "comes_to"),
    [
        ("agent_answered", True, True, Verdict(Result.SERVED)),
        ("queue_abandoned", True, False, Verdict(Result.REACHED)),
        ("no_answer", False, False, Verdict(None)),
        ("busy", False, False, Verdict(None)),
        ("invalid_number", False, False, Verdict(Result.UNREACHED)),
        ("lost", True, False, Verdict(None, counts=False)),
        ("no_agent", True, False, Verdict(None, counts=False)),
        ("congestion", False, False, Verdict(None, counts=False)),
    ],
)
def test_what_an_attempt_comes_to(
    outcome: str, answered: bool, talked: bool, comes_to: Verdict
) -> None:
    assert verdict(outcome, answered=answered, talked=talked) == comes_to


async def test_a_number_is_listed_once_with_how_often_and_within_the_queues_asked(
    conn: Connection,
) -> None:
    first = await promised(conn, ago=30)
    await promised(conn, ago=20)
    await promised(conn, OTHER, ago=40)
    await conn.execute("update call set queue = 'r' where citizen_number = $1", OTHER)
    found, of_all = await owed.owed_now(conn, queues=None, default_queue="q", now=NOW, at_most=1)
    assert ([one.number for one in found], of_all) == ([OTHER], 2)
    found, _ = await owed.owed_now(conn, queues=["q"], default_queue="q", now=NOW, at_most=10)
    assert [(one.call_id, one.number, one.times) for one in found] == [(first, NUMBER, 2)]


async def test_the_number_of_the_calls_row_is_owed_and_not_what_the_line_shows(
    conn: Connection,
) -> None:
    call = new_id(NOW)
    await open_outbound(conn, call_id=call, cell="c1", number=NUMBER, service_number="1076", at=NOW)
    assert await owe_callback(conn, call, "+911601076000", Outcome.NO_AGENT, NOW)
    assert await numbers(conn) == [NUMBER]


async def test_a_number_that_we_do_not_call_is_owed_nothing(conn: Connection) -> None:
    for number, called in ((NUMBER, True), ("+25261234567", False)):
        call = new_id(NOW)
        await conn.execute(
            "insert into call (id, cell, direction, citizen_number, started_at)"
            " values ($1, 'c1', 'inbound', $2, $3)",
            *(call, number, NOW),
        )
        reason = Outcome.NO_AGENT
        assert await owe_callback(conn, call, None, reason, NOW, called=["+91"]) is called
        assert await owe_callback(conn, call, None, reason, NOW, called=["+91"]) is called
    assert await numbers(conn) == [NUMBER]


async def test_a_withheld_number_is_owed_nothing(conn: Connection) -> None:
    call = new_id(NOW)
    await conn.execute(
        "insert into call (id, cell, direction, started_at) values ($1, 'c1', 'inbound', $2)",
        *(call, NOW),
    )
    assert not await owe_callback(conn, call, None, Outcome.NO_AGENT, NOW)
    assert await numbers(conn) == []


async def test_two_agents_who_take_the_same_at_once_are_one(
    conn: Connection, emptied: Pool
) -> None:
    call = await promised(conn)

    async def taken(whose: Whose) -> bool:
        async with emptied.acquire() as own, own.transaction():
            try:
                await owed.take(own, call, whose, NOW)
            except CallbackTakenError:
                return False
            return True

    assert sorted(await asyncio.gather(taken(SITA), taken(MOHAN))) == [False, True]


async def test_what_was_taken_is_free_again_after_a_while_or_when_it_is_left(
    conn: Connection,
) -> None:
    call = await promised(conn)
    await owed.take(conn, call, SITA, NOW)
    await owed.take(conn, call, MOHAN, NOW + owed.TAKEN_FOR)
    with pytest.raises(CallbackTakenError):
        await owed.release(conn, call, SITA, NOW + owed.TAKEN_FOR)
    await owed.release(conn, call, CHIEF, NOW + owed.TAKEN_FOR)
    await owed.take(conn, call, SITA, NOW + owed.TAKEN_FOR)


async def test_who_has_taken_a_number_has_what_it_is_promised_since(conn: Connection) -> None:
    """The promise is the number's line from then on, and its own row knows of nobody."""
    left = await promised(conn, ago=30)
    await conn.execute("update callback set reason = 'queue_abandoned'")
    taken_at = NOW - timedelta(minutes=12)
    await owed.take(conn, left, SITA, taken_at)
    new = await promised(conn, ago=10)

    async def line(now: datetime) -> tuple[UUID, str | None, str | None]:
        [one], _ = await owed.owed_now(conn, queues=None, default_queue="q", now=now, at_most=10)
        return one.call_id, one.taken_by, one.taken_by_name

    assert await line(NOW) == (new, "1001", "सीता")
    for call in (left, new):
        page = await statements().callbacks_one(conn, call_id=call, default_queue="q", now=NOW)
        holder = (page["taken_by"], page["taken_by_name"], page["taken_until"])
        assert holder == ("1001", "सीता", taken_at + owed.TAKEN_FOR)
        assert await owed.number_to_call(conn, call, "1001", NOW) == NUMBER
        with pytest.raises(CallbackTakenError) as refused:
            await owed.number_to_call(conn, call, "1002", NOW)
        assert refused.value.who == "1001"
    free = taken_at + owed.TAKEN_FOR
    assert await line(free) == (new, None, None)
    await owed.take(conn, new, MOHAN, free)
    await conn.execute(
        "update callback set taken_by = '1001', taken_until = $2 where call_id = $1",
        *(new, NOW),  # lapsed, and of the line that is shown
    )
    assert await line(free) == (new, "1002", "मोहन")
    await conn.execute("update callback set done_at = $2, result = 'served' where call_id = $1",
                       new, free)  # fmt: skip
    page = await statements().callbacks_one(conn, call_id=new, default_queue="q", now=free)
    assert page["taken_by"] is None, "what is over is nobody's"


async def test_who_closes_says_how_and_why_and_it_stands(conn: Connection) -> None:
    call = await promised(conn)
    await promised(conn, ago=5)
    with pytest.raises(ValueError, match="not_wanted"):
        await owed.close(conn, call, SITA, NOW, result=Result.NOT_WANTED, why="")
    with pytest.raises(ValueError, match="served"):
        await owed.close(conn, call, SITA, NOW, result=Result.SERVED, why="x")
    await owed.close(conn, call, SITA, NOW, result=Result.NOT_WANTED, why="स्वयं मना किया")
    assert await numbers(conn) == []
    with pytest.raises(CallbackOverError):
        await owed.take(conn, call, SITA, NOW)
    for change in ("update callback_note set why = 'x'", "delete from callback_note"):
        with pytest.raises(asyncpg.RaiseError, match="append-only"):
            await conn.execute(change)


async def test_whom_we_call_now_nobody_takes_closes_or_calls(conn: Connection) -> None:
    call = await promised(conn)
    await owed.take(conn, call, SITA, NOW)
    click = new_id(NOW)
    assert await owed.number_to_call(conn, call, "1001", NOW) == NUMBER
    with pytest.raises(CallbackTakenError):
        await owed.number_to_call(conn, call, "1002", NOW)
    await open_outbound(
        conn, call_id=click, cell="c1", number=NUMBER, service_number="1076", at=NOW
    )
    await owed.write_click(
        conn, call, click=click, number=NUMBER, cell="c1", agent_id="1001", key=uuid4(), at=NOW
    )
    with pytest.raises(CallbackUnderWayError):
        await owed.number_to_call(conn, call, "1001", NOW)
    with pytest.raises(CallbackUnderWayError):
        await owed.close(conn, call, SITA, NOW, result=Result.HANDLED, why="हो गया")
    with pytest.raises(CallbackUnderWayError):
        await owed.take(conn, call, SITA, NOW)


@pytest.mark.parametrize(
    ("outcome", "later_talk", "talked"),
    [
        ("agent_answered", False, True),
        ("queue_abandoned", False, False),  # the agent was gone before the citizen was there
        ("queue_abandoned", True, True),  # another had them, and was lost
        ("ivr_abandoned", False, False),
        ("lost", False, False),
    ],
)
async def test_a_click_has_served_nobody_who_came_to_the_room_after_its_agent_left(
    conn: Connection, outcome: str, later_talk: bool, talked: bool
) -> None:
    left, click = await promised(conn), new_id(NOW)
    await owed.take(conn, left, SITA, NOW)
    await open_outbound(
        conn, call_id=click, cell="c1", number=NUMBER, service_number="1076", at=NOW
    )
    await owed.write_click(
        conn, left, click=click, number=NUMBER, cell="c1", agent_id="1001", key=uuid4(), at=NOW
    )
    seconds = [NOW + timedelta(seconds=one) for one in (5, 20, 60, 90)]
    await set_agent_answered(conn, click, "1001", seconds[0])  # their own telephone's answer
    await set_agent_left(conn, click, "1001", seconds[0])
    await conn.execute("update call set answered_at = $2 where id = $1", click, seconds[1])
    if later_talk:
        await set_agent_answered(conn, click, "1002", seconds[2])
    assert await end_if_open(conn, click, Outcome(outcome), seconds[3])
    [over] = [row async for row in statements().callbacks_over(conn)]
    assert (over["answered"], over["talked"]) == (True, talked)
    await statements().callbacks_settle(conn, id=click, at=NOW)
    await statements().callbacks_served(conn, now=NOW)
    result = await conn.fetchval("select result from callback where call_id = $1", left)
    assert result == ("served" if talked else None)
