"""Queues and kept places, from the rows."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from calls import waiting
from calls.model import Outcome
from calls.store import end_if_open, owe_callback, set_agent_answered
from db.ids import new_id
from db.pool import Connection, Pool

NOW = datetime(2025, 11, 3, 5, 30, tzinfo=UTC)
NUMBER = "+919876543210"
MINUTE = timedelta(minutes=1)


@pytest.fixture
async def conn(pool: Pool) -> AsyncIterator[Connection]:
    async with pool.acquire() as connection:
        await connection.execute("truncate agent cascade")
        yield connection


async def queued(
    conn: Connection,
    at: datetime,
    *,
    answered: datetime | None = None,
    ended: Outcome | None = None,
    number: str | None = NUMBER,
) -> UUID:
    call = new_id(at)
    await conn.execute(
        "insert into call (id, cell, direction, citizen_number, started_at, queue, queued_at,"
        " agent_answered_at, ended_at, outcome)"
        " values ($1, 'c1', 'inbound', $2, $3, 'q', $3, $4, $5, $6)",
        *(call, number, at, answered, at + MINUTE if ended else None, ended),
    )
    return call


async def answered_at(conn: Connection, at: datetime, agent: str = "1001") -> UUID:
    """A call that an agent had from the queue."""
    call = await queued(conn, at - MINUTE)
    await conn.execute("select enter_queue($1, 'q', $2, true)", call, at - MINUTE)
    await set_agent_answered(conn, call, agent, at)
    return call


async def signed_in(conn: Connection, agent: str, queues: list[str], at: datetime) -> None:
    await conn.execute("insert into agent values ($1, $1, 'c1', $2)", agent, queues)
    await conn.execute(
        "insert into agent_session (id, agent_id, signed_in_at) values ($1, $2, $3)",
        *(new_id(at), agent, at),
    )


async def test_a_queue_is_who_waits_who_serves_and_who_was_answered(conn: Connection) -> None:
    await queued(conn, NOW - MINUTE)
    await answered_at(conn, NOW - MINUTE)
    await queued(conn, NOW - 3 * MINUTE, ended=Outcome.QUEUE_ABANDONED)
    await answered_at(conn, NOW - 20 * MINUTE)
    await signed_in(conn, "1001", ["q"], NOW - 60 * MINUTE)
    await signed_in(conn, "1002", ["other"], NOW - 60 * MINUTE)
    await conn.execute("insert into agent values ('1003', '1003', 'c1', '{q}')")
    assert await waiting.queue_now(conn, "q", "c1", NOW) == waiting.Queued(
        waiting=1, agents=1, answered=1
    )
    assert await waiting.queue_now(conn, "q", "c2", NOW) == waiting.Queued(0, 0, 0)


async def test_after_a_change_of_shift_the_answers_of_those_who_went_home_say_nothing(
    conn: Connection,
) -> None:
    for agent, since in (("1001", 60), ("1002", 5), ("1003", 1)):
        await signed_in(conn, agent, ["q"], NOW - since * MINUTE)
    for agent, ago in (("1001", 9), ("1001", 8), ("1002", 4), ("1004", 3)):
        await answered_at(conn, NOW - ago * MINUTE, agent)
    assert await waiting.queue_now(conn, "q", "c1", NOW) == waiting.Queued(
        waiting=0, agents=3, answered=3, window=7 * MINUTE
    )
    await conn.execute("update agent_session set signed_out_at = $1 where agent_id = '1001'", NOW)
    assert await waiting.queue_now(conn, "q", "c1", NOW) == waiting.Queued(
        waiting=0, agents=2, answered=1, window=3 * MINUTE
    )


async def test_an_answer_counts_in_the_queue_it_was_given_in_and_handing_on_is_none(
    conn: Connection,
) -> None:
    for agent in ("1001", "1002", "1003"):
        await signed_in(conn, agent, ["q", "r"], NOW - 60 * MINUTE)
    handed_on = await answered_at(conn, NOW - 9 * MINUTE)
    await set_agent_answered(conn, handed_on, "1002", NOW - 8 * MINUTE)
    went_on = await answered_at(conn, NOW - 7 * MINUTE)
    await conn.execute("select enter_queue($1, 'r', $2, true)", went_on, NOW - 6 * MINUTE)
    waited_long = await queued(conn, NOW - 600 * MINUTE)
    await conn.execute("select enter_queue($1, 'q', $2, true)", waited_long, NOW - 600 * MINUTE)
    await set_agent_answered(conn, waited_long, "1001", NOW - MINUTE)

    async def answers() -> dict[str, int]:
        return {one: (await waiting.queue_now(conn, one, "c1", NOW)).answered for one in "qr"}

    assert await answers() == {"q": 3, "r": 0}
    await set_agent_answered(conn, went_on, "1003", NOW - 5 * MINUTE)
    assert await answers() == {"q": 3, "r": 1}


async def test_who_waits_can_count_on_agents_with_a_telephone_where_they_sit_now(
    conn: Connection,
) -> None:
    async def serve() -> list[int]:
        return [(await waiting.queue_now(conn, one, "c1", NOW)).agents for one in ("q", "r")]

    await conn.execute("insert into agent values ('1001', 'a', 'c1', '{q}')")
    await conn.execute(
        "insert into agent_session (id, agent_id, signed_in_at) values ($1, '1001', $2)",
        *(new_id(NOW), NOW),
    )
    assert await serve() == [1, 0]
    await conn.execute("update agent_session set queues = '{r}'")  # moved by a supervisor
    assert await serve() == [0, 1]
    await conn.execute(
        "insert into agent_state values ($1, '1001', 'unreachable', '', null, $2)", new_id(NOW), NOW
    )
    assert await serve() == [0, 0]
    await conn.execute("update agent_state set until_at = from_at")
    assert await serve() == [0, 1]
    await conn.execute("update agent set gone_at = $1", NOW)
    assert await serve() == [0, 0]


async def test_a_kept_place_is_behind_those_who_were_there_before_and_still_wait(
    conn: Connection,
) -> None:
    first = await queued(conn, NOW - 3 * MINUTE)
    left = await queued(conn, NOW - 2 * MINUTE)
    last = await queued(conn, NOW - MINUTE)
    assert [await waiting.position(conn, one) for one in (first, left, last)] == [1, 2, 3]
    for _ in range(2):  # a repeat changes nothing
        await waiting.keep_place(conn, left, NUMBER, queue="q", priority=5, now=NOW)
    await conn.execute(
        "update call set ended_at = $2, outcome = 'callback_kept' where id = $1", left, NOW
    )
    kept = await waiting.kept_place(conn, left, "c1")
    assert kept == waiting.KeptPlace("q", NOW - 2 * MINUTE, 5, 2)
    assert await waiting.position(conn, last) == 2
    await conn.execute("update call set agent_answered_at = $2 where id = $1", first, NOW)
    kept = await waiting.kept_place(conn, left, "c1")
    assert kept is not None
    assert kept.position == 1
    assert await waiting.kept_place(conn, last, "c1") is None


async def test_who_serves_a_queue_is_who_was_moved_to_it_and_is_not_paused(
    conn: Connection,
) -> None:
    for agent, queues in (("1001", ["q"]), ("1002", ["q"]), ("1003", ["r"])):
        await conn.execute("insert into agent values ($1, $1, 'c1', $2)", agent, queues)
        await conn.execute(
            "insert into agent_session (id, agent_id, signed_in_at) values ($1, $2, $3)",
            *(new_id(NOW), agent, NOW),
        )
    assert (await waiting.queue_now(conn, "q", "c1", NOW)).agents == 2
    await conn.execute("update agent_session set queues = '{r}' where agent_id = '1001'")
    await conn.execute("update agent_session set queues = '{q,r}' where agent_id = '1003'")
    await conn.execute(
        "update agent_session set pause_reason = (select min(code) from pause_reason)"
        " where agent_id = '1002'"
    )
    assert (await waiting.queue_now(conn, "q", "c1", NOW)).agents == 1


async def test_a_place_is_in_the_cells_own_queue(conn: Connection) -> None:
    other = await queued(conn, NOW - 3 * MINUTE)
    await conn.execute("update call set cell = 'c2' where id = $1", other)
    own = await queued(conn, NOW - 2 * MINUTE)
    assert await waiting.position(conn, own) == 1
    await waiting.keep_place(conn, own, NUMBER, queue="q", priority=0, now=NOW)
    for cell, position in (("c1", 1), ("c2", 2)):
        kept = await waiting.kept_place(conn, own, cell)
        assert kept is not None
        assert kept.position == position


async def test_who_was_promised_a_call_comes_to_the_queue_they_came_for_before_who_came_later(
    conn: Connection,
) -> None:
    left = await queued(conn, NOW - 5 * MINUTE, ended=Outcome.NO_AGENT)
    await conn.execute("select enter_queue($1, 'first', $2, true)", left, NOW - 6 * MINUTE)
    await owe_callback(conn, left, None, Outcome.NO_AGENT, NOW)
    await queued(conn, NOW - MINUTE)
    assert await waiting.kept_place(conn, left, "c1") == waiting.KeptPlace(
        "first", NOW - 6 * MINUTE, 0, 1, "first"
    )


async def test_a_place_kept_after_an_overflow_tells_the_queue_they_had_come_to(
    conn: Connection,
) -> None:
    left = await queued(conn, NOW - 2 * MINUTE)
    await conn.execute("select enter_queue($1, 'first', $2, true)", left, NOW - 2 * MINUTE)
    await conn.execute("select enter_queue($1, 'q', $2, true)", left, NOW - MINUTE)
    await waiting.keep_place(conn, left, NUMBER, queue="q", priority=0, now=NOW)
    kept = await waiting.kept_place(conn, left, "c1")
    assert kept is not None
    assert (kept.queue, kept.first_queue) == ("q", "first")


async def test_who_gave_up_is_listed_with_whether_they_were_served_since(conn: Connection) -> None:
    await queued(conn, NOW - 10 * MINUTE, ended=Outcome.QUEUE_ABANDONED, number="+919876543211")
    await queued(conn, NOW - 9 * MINUTE, ended=Outcome.QUEUE_ABANDONED)
    await queued(conn, NOW - 5 * MINUTE, answered=NOW - 4 * MINUTE)
    await queued(conn, NOW - 8 * MINUTE, ended=Outcome.NO_AGENT)
    listed = await waiting.gave_up(conn, NOW - 60 * MINUTE, 10)
    assert [(one.number, one.served_since) for one in listed] == [
        (NUMBER, True),
        ("+919876543211", False),
    ]
    assert listed[0].ended_at - listed[0].queued_at == MINUTE


async def test_who_was_gone_from_a_queue_when_nobody_looked_gave_up_too(conn: Connection) -> None:
    waited = await queued(conn, NOW - 9 * MINUTE, number="+919876543211")
    talked = await queued(conn, NOW - 9 * MINUTE, number="+919876543212")
    for call in (waited, talked):
        await conn.execute("select enter_queue($1, 'q', $2, true)", call, NOW - 9 * MINUTE)
    await set_agent_answered(conn, talked, "1001", NOW - 8 * MINUTE)
    for call in (waited, talked):
        await end_if_open(conn, call, Outcome.LOST, NOW - MINUTE)
    listed = await waiting.gave_up(conn, NOW - 60 * MINUTE, 10)
    assert [(one.number, one.ended_at) for one in listed] == [("+919876543211", NOW - MINUTE)]


async def test_who_gave_up_in_a_second_queue_is_listed_with_their_wait_in_that(
    conn: Connection,
) -> None:
    call = await queued(conn, NOW - 9 * MINUTE, number="+919876543211")
    for queue, at in (("q", NOW - 9 * MINUTE), ("b", NOW - 3 * MINUTE)):
        await conn.execute("select enter_queue($1, $2, $3, true)", call, queue, at)
    await end_if_open(conn, call, Outcome.QUEUE_ABANDONED, NOW - MINUTE)
    [one] = await waiting.gave_up(conn, NOW - 60 * MINUTE, 10)
    assert (one.queue, one.left_at - one.queued_at) == ("b", 2 * MINUTE)


async def test_the_place_of_a_number_that_we_do_not_call_is_not_kept(conn: Connection) -> None:
    for number, called in ((NUMBER, True), ("+25261234567", False)):
        call = new_id(NOW)
        await conn.execute(
            "insert into call (id, cell, direction, citizen_number, started_at)"
            " values ($1, 'c', 'inbound', $2, $3)",
            *(call, number, NOW),
        )
        for _ in range(2):
            kept = await waiting.keep_place(
                conn, call, NUMBER, queue="q", priority=0, now=NOW, called=["+91"]
            )
            assert kept is called
    assert await conn.fetchval("select count(*) from callback") == 1
