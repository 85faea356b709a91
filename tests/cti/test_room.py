"""From Asterisk's events to the agent's page and the call's row."""

import asyncio
import json
from collections.abc import Mapping
from dataclasses import replace
from uuid import uuid4

import pytest
from aiohttp import WSCloseCode, WSMsgType

from cti.errors import AmiError
from cti.pages import CLOSE_SIGNED_OUT, CLOSE_TAKEN_OVER
from cti.softphones import SoftphoneSettings
from cti.sweep import Missing
from db.ids import new_id
from db.pool import Pool
from tests.cti.fake_ami import Action, FakeAmi, Session, eventually, one
from tests.cti.room import Room, ask, lines, opened, receive
from tests.cti.streams import (
    AT,
    CALL,
    CITIZEN,
    agent_leg,
    answered_call,
    both,
    citizen_leg,
    event,
    missed_and_abandoned,
    no_channel_attempt,
    outbound_leg,
    unanswered_attempt,
)


async def open_sessions(pool: Pool) -> list[str]:
    rows = await pool.fetch("select agent_id from agent_session where signed_out_at is null")
    return [row["agent_id"] for row in rows]


async def until_signed_in(room: Room, agents: list[str]) -> None:
    async with asyncio.timeout(10):
        while await open_sessions(room.pool) != agents:
            await asyncio.sleep(0.02)


async def test_the_screen_pop_comes_with_history_before_the_answer_and_is_acknowledged_once(
    pool: Pool,
) -> None:
    async with opened(pool) as room:
        await room.open_call(CALL)
        page = await room.page()
        (hello,) = await receive(page, "hello")
        assert (hello["agent"], hello["name"]) == ("1001", "सीता देवी")
        assert (hello["state"]["status"], hello["state"]["call"]) == ("signed_out", None)
        events = answered_call()
        room.history.delay = 0.1
        await room.asterisk_says(*events[:9])
        pop, answered = await receive(page, "pop", "answered")
        assert pop == {
            "type": "pop", "call": str(CALL), "language": None, "queue": "helpline-hi",
            "caller": "+919876543210",
            "offered_at": AT.isoformat(),
            "history": {"calls": [{"queue": "helpline-hi"}], "complaints": []},
        }  # fmt: skip
        assert answered["call"] == str(CALL)
        for _ in range(2):
            await page.send_json({"type": "ack", "call": str(CALL)})
        await page.send_json({"type": "ping"})
        await receive(page, "pong")
        assert room.desk.acknowledged == 1
        await room.asterisk_says(*events[9:])
        await receive(page, "released")
        assert await room.outcome(CALL) == "lost"  # no call flow here wrote a better one
        row = await room.row("call", CALL)
        assert (row["agent_id"], row["pop_at"], row["agent_answered_at"]) == ("1001", AT, AT)
        stay = await pool.fetchrow("select * from queue_stay where call_id = $1", CALL)
        assert tuple(stay or ()) == (CALL, "helpline-hi", AT, AT, "1001", None, None)
        talk = await pool.fetchrow("select * from agent_talk where call_id = $1", CALL)
        assert tuple(talk or ()) == (CALL, "1001", AT, AT, "helpline-hi", None)


async def test_a_missed_offer_is_withdrawn_from_the_page(pool: Pool) -> None:
    async with opened(pool) as room:
        page = await room.page()
        await receive(page, "hello")
        await room.asterisk_says(*missed_and_abandoned())
        await receive(page, "pop", "pop_withdrawn", "pop", "pop_withdrawn")
        assert room.consumer.abandoned == 1


async def test_a_withheld_number_pops_without_a_caller(pool: Pool) -> None:
    async with opened(pool) as room:
        page = await room.page()
        await receive(page, "hello")
        withheld = citizen_leg(number="anonymous")
        await room.asterisk_says(both("AgentCalled", withheld, agent_leg()))
        (pop,) = await receive(page, "pop")
        assert (pop["caller"], pop["history"]) == (None, {"calls": [], "complaints": []})
        assert room.history.looked_up == []


@pytest.mark.parametrize("error", [KeyError("fault"), ConnectionRefusedError()])
async def test_a_history_that_cannot_be_had_does_not_hold_the_screen_pop_up(
    pool: Pool, error: Exception
) -> None:
    async with opened(pool) as room:
        page = await room.page()
        await receive(page, "hello")
        room.history.error = error
        await room.asterisk_says(*answered_call()[:5])
        (pop,) = await receive(page, "pop")
        assert (pop["caller"], pop["history"]) == ("+919876543210", None)


async def test_all_agents_rung_at_once_share_one_look_up(pool: Pool) -> None:
    async with opened(pool) as room:
        pages = [await room.page("1001"), await room.page("1002")]
        room.history.delay = 0.2
        offers = [
            both("AgentCalled", citizen_leg(), agent_leg("1001", 1)),
            both("AgentCalled", citizen_leg(), agent_leg("1002", 2)),
        ]
        await room.asterisk_says(*offers)
        for page in pages:
            await receive(page, "hello", "pop")
        assert room.history.looked_up == ["+919876543210"]


async def test_events_and_pops_go_on_while_the_database_is_away(pool: Pool) -> None:
    async with opened(pool) as room:
        await room.open_call(CALL)
        page = await room.page()
        await receive(page, "hello")
        await eventually(lambda: room.writes.pending <= 1)
        room.database.away = True
        await room.asterisk_says(*answered_call())
        await receive(page, "pop", "answered", "released")
        assert (await room.row("call", CALL))["agent_id"] is None
        room.database.away = False
        assert await room.outcome(CALL) == "lost"
        assert (await room.row("call", CALL))["agent_id"] == "1001"


# --- attempts that nobody answers


@pytest.mark.parametrize("response_first", [True, False])
@pytest.mark.parametrize(
    ("cause", "reason", "outcome"),
    [
        ("17", "0", "busy"), ("21", "0", "rejected"), ("1", "0", "invalid_number"),
        ("34", "0", "congestion"), ("19", "3", "no_answer"), ("0", "3", "no_answer"),
        ("0", "5", "busy"), ("58", "0", "failed"),
    ],
)  # fmt: skip
async def test_an_unanswered_attempt_ends_as_the_better_witness_says(
    pool: Pool, cause: str, reason: str, outcome: str, response_first: bool
) -> None:
    call = new_id(AT)
    async with opened(pool) as room:
        await room.open_call(call, "outbound")
        *first, last = unanswered_attempt(call, cause, reason, response_first)
        await room.asterisk_says(*first)
        await asyncio.sleep(0.05)  # time enough to write too early
        await room.asterisk_says(last)
        assert await room.outcome(call) == outcome


async def test_an_attempt_that_never_had_a_channel_fails(pool: Pool) -> None:
    call = new_id(AT)
    async with opened(pool) as room:
        await room.open_call(call, "outbound")
        await room.asterisk_says(*no_channel_attempt(call))
        assert await room.outcome(call) == "failed"


async def test_a_refused_second_request_does_not_end_the_live_call(pool: Pool) -> None:
    call = new_id(AT)
    async with opened(pool, unanswered_wait=0.05) as room:
        await room.open_call(call, "outbound")
        up = outbound_leg(call, state="6")
        await room.asterisk_says(event("Newstate", **up), *no_channel_attempt(call))
        assert room.consumer.live_calls() == frozenset({call})
        await asyncio.sleep(0.2)  # longer than the other witness is waited for
        assert (await room.row("call", call))["outcome"] is None
        await room.asterisk_says(event("Hangup", **up, cause="16"))
        assert await room.outcome(call) == "lost"


async def test_an_outcome_that_the_call_flow_wrote_stands(pool: Pool) -> None:
    call = new_id(AT)
    async with opened(pool) as room:
        await room.open_call(call, "outbound")
        await room.asterisk_says(event("Newstate", **outbound_leg(call, state="6")))
        await pool.execute(
            "update call set outcome = 'feedback_given', ended_at = $2 where id = $1", call, AT
        )
        await room.asterisk_says(event("Hangup", **outbound_leg(call, state="6"), cause="16"))
        done = room.writes.done
        await eventually(lambda: room.writes.done > done)
        assert (await room.row("call", call))["outcome"] == "feedback_given"


# --- reconnects


def listing(*events: list[str]) -> FakeAmi:
    """An Asterisk that has these channels."""

    async def handler(session: Session, action: Action) -> bool:
        if one(action, "action") != "CoreShowChannels":
            return False
        id = f"ActionID: {one(action, 'actionid')}"
        await session.reply(action, "Success", "Channels will follow", "EventList: start")
        for item in channels:
            await session.send("Event: CoreShowChannel", id, *item[1:])
        await session.server.end_list(session, action, "CoreShowChannelsComplete")
        return True

    channels = list(events)
    server = FakeAmi(handler)
    server.channels = channels  # type: ignore[attr-defined]
    return server


async def test_a_call_that_ended_while_the_link_was_down_is_ended_and_its_pop_withdrawn(
    pool: Pool,
) -> None:
    async with opened(pool) as room:
        await room.open_call(CALL)
        page = await room.page()
        await receive(page, "hello")
        await room.asterisk_says(*answered_call()[:5])
        await receive(page, "pop")
        room.server.sessions[-1].cut()
        await receive(page, "pop_withdrawn")
        assert await room.outcome(CALL) == "lost"
        assert room.consumer.resyncs == 2


async def test_a_screen_pop_missed_while_the_link_was_down_is_made_up_for(pool: Pool) -> None:
    channels = [lines(event("", **citizen_leg())), lines(event("", **agent_leg()))]
    async with opened(pool, listing(*channels)) as room:
        page = await room.page()
        _, pop = await receive(page, "hello", "pop")
        assert pop["call"] == str(CALL)
        assert room.consumer.live_calls() == frozenset({CALL})


async def test_the_sweep_ends_only_old_calls_without_a_channel(pool: Pool) -> None:
    dead, young, elsewhere, unnamed = (uuid4() for _ in range(4))
    channels = [
        lines(event("", **citizen_leg())),
        lines(event("", **citizen_leg("lab1-7.7", call=None))),
    ]
    server = listing(*channels)
    async with opened(pool, server) as room:
        for id, age in ((CALL, 60), (young, 5)):
            await room.open_call(id, age=age)
        await room.open_call(elsewhere, age=60, cell="cell2")
        gone_cell = uuid4()
        await room.open_call(gone_cell, age=26 * 3600, cell="cell3")
        await room.open_call(unnamed, channel="lab1-7.7", age=60)
        await room.open_call(dead, age=60)
        server.sessions[-1].cut()
        assert await room.outcome(dead) == "lost"
        assert await room.outcome(gone_cell) == "lost"
        rows = await pool.fetch("select id from call where outcome is null")
        assert {row["id"] for row in rows} == {CALL, young, elsewhere, unnamed}


async def test_a_call_whose_end_never_came_into_its_row_is_ended_without_a_new_snapshot(
    pool: Pool,
) -> None:
    async with opened(pool, sweep_every=0.05) as room:
        await room.written()  # the sweep after the snapshot
        await room.asterisk_says(event("Newstate", **citizen_leg()))
        await room.open_call(CALL, channel=CITIZEN, age=60)
        dead, young = uuid4(), uuid4()
        await room.open_call(young)
        await room.open_call(dead, "outbound", age=60)
        assert await room.outcome(dead) == "lost"
        rows = await pool.fetch("select id from call where outcome is null")
        assert {row["id"] for row in rows} == {CALL, young}
        assert room.consumer.resyncs == 1


def test_a_call_that_is_missing_for_a_moment_only_is_left_to_whoever_knows_how_it_ended() -> None:
    ended, back, late = uuid4(), uuid4(), uuid4()
    missing = Missing(60.0)
    assert missing.overdue({ended, back}, 100.0) == frozenset()
    assert missing.overdue({ended, late}, 159.0) == frozenset()
    assert missing.overdue({ended, back, late}, 160.0) == {ended}
    assert missing.overdue({back, late}, 219.5) == {late}


async def test_a_snapshot_that_fails_is_tried_again_on_a_new_connection(pool: Pool) -> None:
    refusals = 2

    async def handler(session: Session, action: Action) -> bool:
        nonlocal refusals
        if one(action, "action") == "QueueStatus" and refusals:
            refusals -= 1
            await session.reply(action, "Error", "not now")
            return True
        return False

    async with opened(pool, FakeAmi(handler)) as room:
        assert room.link.connects == 3


async def test_a_consumer_that_is_restarted_begins_with_a_snapshot(pool: Pool) -> None:
    async with opened(pool) as room:
        task = asyncio.create_task(room.consumer.run())
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await eventually(lambda: room.consumer.resyncs == 2)
        assert room.link.connects == 2


# --- pages


async def test_connecting_signs_in_and_signing_out_leaves_the_queues(pool: Pool) -> None:
    async with opened(pool) as room:
        page = await room.page("1002")
        await receive(page, "hello")
        await eventually(lambda: room.server.count("QueueAdd") >= 2)
        assert await open_sessions(pool) == ["1002"]
        await page.send_json({"type": "sign_out"})
        closed = await page.receive(timeout=10)
        assert (closed.type, page.close_code) == (WSMsgType.CLOSE, CLOSE_SIGNED_OUT)
        await until_signed_in(room, [])


async def test_a_reload_keeps_the_agent_signed_in_and_brings_the_pop_back(pool: Pool) -> None:
    async with opened(pool) as room:
        page = await room.page()
        await receive(page, "hello")
        await until_signed_in(room, ["1001"])
        await room.asterisk_says(*answered_call()[:5])
        await receive(page, "pop")
        await page.close()
        await eventually(lambda: room.desk.connected == 0)
        again = await room.page()
        hello, pop = await receive(again, "hello", "pop")
        assert (hello["state"]["status"], hello["state"]["call"]) == ("ringing", str(CALL))
        assert pop["call"] == str(CALL)
        assert await pool.fetchval("select count(*) from agent_session") == 1


def grace_is_over(room: Room) -> None:
    """For all who are away, and from now on."""
    room.desk._settings = replace(room.desk._settings, grace=0.05)


async def test_an_agent_who_stays_away_is_signed_out(pool: Pool) -> None:
    async with opened(pool, grace=0.2) as room:
        page = await room.page()
        await receive(page, "hello")
        await until_signed_in(room, ["1001"])
        await page.close()
        await until_signed_in(room, [])
        assert room.desk.signed_in == 0


async def test_the_sip_password_of_a_page_that_stays_away_is_void_and_a_reload_keeps_one(
    pool: Pool,
) -> None:
    valid: dict[str, str] = {}

    async def publish(passwords: Mapping[str, str]) -> None:
        valid.clear()
        valid.update(passwords)

    phones = SoftphoneSettings(agents=frozenset({"1001"}), url="wss://pbx/ws", gather=0.01)
    async with opened(pool, softphones=phones, publish=publish) as room:
        page = await room.page()
        await receive(page, "hello")
        await until_signed_in(room, ["1001"])
        first = await ask(page, "softphone")
        assert valid == {"1001": first["password"]}
        await page.close()
        again = await room.page()
        await receive(again, "hello")
        grace_is_over(room)
        await asyncio.sleep(1.5)  # the desk looks once a second
        assert valid == {"1001": first["password"]}, "they came back in time"
        await again.close()
        await until_signed_in(room, [])
        await eventually(lambda: valid == {})


async def test_after_a_restart_the_open_sessions_have_their_grace_time(pool: Pool) -> None:
    await pool.execute(
        "insert into agent_session (id, agent_id, signed_in_at) values ($1, '1001', $2)",
        new_id(AT), AT,
    )  # fmt: skip
    async with opened(pool) as room:
        await eventually(lambda: room.desk.signed_in == 1)
        assert await open_sessions(pool) == ["1001"]
        grace_is_over(room)
        await until_signed_in(room, [])


async def test_a_newer_page_takes_over(pool: Pool) -> None:
    async with opened(pool) as room:
        old = await room.page()
        await receive(old, "hello")
        new = await room.page()
        await receive(new, "hello")
        assert (await old.receive(timeout=10)).type is WSMsgType.CLOSE
        assert old.close_code == CLOSE_TAKEN_OVER
        await room.asterisk_says(*answered_call()[:5])
        await receive(new, "pop")
        assert room.desk.connected == 1


async def test_a_page_that_does_not_read_is_dropped_and_catches_up(pool: Pool) -> None:
    async with opened(pool, outgoing=4) as room:
        page = await room.page()
        await receive(page, "hello")
        assert page._response.connection is not None
        transport = page._response.connection.transport
        assert transport is not None
        transport.pause_reading()
        standing = {"type": "pop", "call": str(CALL), "text": "x" * 100_000}
        room.desk.pop("1001", CALL, standing)
        async with asyncio.timeout(20):
            while room.desk.slow_pages == 0:
                room.desk.tell("1001", {"type": "answered", "text": "x" * 100_000})
                await asyncio.sleep(0.001)
        transport.resume_reading()
        again = await room.page()
        _, pop = await receive(again, "hello", "pop")
        assert pop == standing


@pytest.mark.parametrize("junk", ["", "{", "[]", "[" * 3000, '{"type": 1}', '{"type": "pop"}'])
async def test_a_message_that_makes_no_sense_is_answered_with_an_error(
    pool: Pool, junk: str
) -> None:
    async with opened(pool) as room:
        page = await room.page()
        await receive(page, "hello")
        await page.send_str(junk)
        await receive(page, "error")


async def test_a_message_too_large_closes_the_page(pool: Pool) -> None:
    async with opened(pool) as room:
        page = await room.page()
        await receive(page, "hello")
        await page.send_str(json.dumps({"type": "ping", "more": "x" * 40_000}))
        assert (await page.receive(timeout=10)).type is WSMsgType.CLOSE
        assert page.close_code == WSCloseCode.MESSAGE_TOO_BIG


async def test_originating_is_refused_while_out_of_step(pool: Pool) -> None:
    async with opened(pool) as room:
        await room.server.stop()
        await eventually(lambda: not room.link.ready)
        assert room.consumer.live_calls() is None
        with pytest.raises(AmiError):
            await room.link.action("Events")


async def test_an_answered_call_is_not_failed_by_a_refused_second_request(pool: Pool) -> None:
    call = new_id(AT)
    async with opened(pool, unanswered_wait=0.3) as room:
        await room.open_call(call, "outbound")
        up = outbound_leg(call, state="6")
        await room.asterisk_says(
            event("Newstate", **up), *no_channel_attempt(call), event("Hangup", **up, cause="16")
        )
        assert await room.outcome(call) == "lost"
