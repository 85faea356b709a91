"""An agent's page is lost while they talk with whom they asked: all three find each other again."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from aiohttp import ClientWebSocketResponse

from cti.softphones import SoftphoneSettings
from db.pool import Pool
from dialplans.names import (
    CONTEXT_BACK,
    CONTEXT_DESK_AWAY,
    CONTEXT_DESK_AWAY_ASKED,
    CONTEXT_DESK_CITIZEN,
    CONTEXT_DESK_HOLD,
    VAR_WAITS_FOR,
)
from tests.cti.fake_ami import Action, FakeAmi, Session, eventually, one
from tests.cti.room import Room, ask, lines, opened
from tests.cti.streams import CALL, CITIZEN, agent_leg, citizen_leg, event
from tests.cti.test_asking import asking
from tests.cti.test_leaving_consultation import (
    COLLEAGUE,
    DIRECTORY,
    OUTSIDE,
    consulting,
    ended,
    handed_to,
    moved_to,
    rung_back,
)
from tests.cti.test_room import listing

LOST = agent_leg(state="6")
whoever = pytest.mark.parametrize(
    ("whom", "target"), [(OUTSIDE, "number"), (COLLEAGUE, "agent:1002")], ids=["outside", "agent"]
)


@asynccontextmanager
async def away(
    pool: Pool, whom: dict[str, str]
) -> AsyncIterator[tuple[Room, ClientWebSocketResponse, dict[str, str]]]:
    """Who was asked is in the room; the agent's page has been loaded anew and is rung."""
    async with consulting(pool, whom) as (room, page, third):
        await room.asterisk_says(event("ConfbridgeJoin", **third))
        assert (await room.cti.recovery.phone_ready("1001", 0)).rings_for == CALL
        await moved_to(room, CONTEXT_DESK_AWAY_ASKED)
        assert ended(room) == [LOST["uniqueid"]]
        await room.asterisk_says(event("Hangup", **LOST, cause="16"))
        yield room, page, third


@whoever
async def test_who_comes_back_goes_on_with_whom_they_asked_while_the_citizen_waits(
    pool: Pool, whom: dict[str, str], target: str
) -> None:
    async with away(pool, whom) as (room, page, third):
        assert (await ask(page, "consult_complete"))["ok"] is False  # they are not there yet
        await room.asterisk_says(event("ConfbridgeJoin", **rung_back(room)))
        await moved_to(room, CONTEXT_DESK_AWAY_ASKED, CONTEXT_DESK_HOLD)
        await asking(page, "in_room", target)
        assert (await ask(page, "consult_complete"))["ok"]
        await moved_to(room, CONTEXT_DESK_AWAY_ASKED, CONTEXT_DESK_HOLD, CONTEXT_DESK_CITIZEN)
        back = rung_back(room)
        assert ended(room) == [LOST["uniqueid"], back["uniqueid"]]
        await room.asterisk_says(event("Hangup", **back, cause="16"))
        logged = ["consult", "softphone_back", "softphone_lost", "transfer_consulted"]
        assert await handed_to(room) == (target, logged)
        assert third["uniqueid"] in ended(room)  # with the citizen, and not before


@whoever
@pytest.mark.parametrize("how", ["consult_cancel", "consult_join"])
async def test_who_comes_back_can_take_the_citizen_back_or_join_all_three(
    pool: Pool, whom: dict[str, str], target: str, how: str
) -> None:
    async with away(pool, whom) as (room, page, third):
        await room.asterisk_says(event("ConfbridgeJoin", **rung_back(room)))
        await asking(page, "in_room", target)
        assert (await ask(page, how))["ok"]
        await moved_to(room, CONTEXT_DESK_AWAY_ASKED, CONTEXT_DESK_HOLD, CONTEXT_DESK_CITIZEN)
        gone = [third["uniqueid"]] if how == "consult_cancel" else []
        assert ended(room) == [LOST["uniqueid"], *gone]


async def test_a_page_that_is_lost_twice_finds_the_consultation_twice(pool: Pool) -> None:
    async with away(pool, COLLEAGUE) as (room, page, _):
        first = rung_back(room)
        await room.asterisk_says(event("ConfbridgeJoin", **first))
        await moved_to(room, CONTEXT_DESK_AWAY_ASKED, CONTEXT_DESK_HOLD)
        assert (await room.cti.recovery.phone_ready("1001", 0)).rings_for == CALL
        assert ended(room) == [LOST["uniqueid"], first["uniqueid"]]
        await room.asterisk_says(event("Hangup", **first, cause="16"))
        rung = [a for a in room.server.actions if one(a, "action") == "Originate"][-1]
        second = {**agent_leg(number=98, state="6"), "uniqueid": one(rung, "channelid")}
        await room.asterisk_says(event("ConfbridgeJoin", **second))
        twice = [CONTEXT_DESK_AWAY_ASKED, CONTEXT_DESK_HOLD] * 2
        await moved_to(room, *twice)
        await asking(page, "in_room", "agent:1002")


@whoever
async def test_whom_the_third_leaves_meanwhile_waits_as_if_nobody_had_been_asked(
    pool: Pool, whom: dict[str, str], target: str
) -> None:
    async with away(pool, whom) as (room, _, third):
        await room.asterisk_says(event("Newstate", **{**rung_back(room), "channelstate": "5"}))
        await room.asterisk_says(event("Hangup", **third, cause="16"))
        await moved_to(room, CONTEXT_DESK_AWAY_ASKED, CONTEXT_DESK_AWAY)
        await room.asterisk_says(event("ConfbridgeJoin", **rung_back(room)))
        await moved_to(room, CONTEXT_DESK_AWAY_ASKED, CONTEXT_DESK_AWAY, CONTEXT_DESK_CITIZEN)
        logged = ["consult", "softphone_back", "softphone_lost"]
        assert await handed_to(room) == (None, logged)


async def test_when_the_citizen_hangs_up_meanwhile_nobody_is_left_in_the_room(pool: Pool) -> None:
    async with away(pool, OUTSIDE) as (room, _, third):
        await room.asterisk_says(event("Hangup", **citizen_leg(), cause="16"))
        await eventually(lambda: third["uniqueid"] in ended(room))
        await room.asterisk_says(event("Hangup", **third, cause="16"))
        back = rung_back(room)  # whom no event told of until now
        await room.asterisk_says(event("ConfbridgeJoin", **back))
        await eventually(lambda: back["uniqueid"] in ended(room))


@whoever
async def test_who_was_asked_has_the_citizen_when_the_agent_does_not_return(
    pool: Pool, whom: dict[str, str], target: str
) -> None:
    """The dialplan moves them, after its time."""
    async with away(pool, whom) as (room, _page, third):
        ringing = {**rung_back(room), "channelstate": "5"}
        await room.asterisk_says(
            event("Newstate", **ringing),
            event("Hangup", **ringing, cause="19"),
            event("ConfbridgeJoin", **citizen_leg()),
        )
        call = room.live.state.calls[CALL]
        assert (call.agent_id, call.awaited) == ("1002" if whom is COLLEAGUE else None, None)
        assert (await room.cti.recovery.phone_ready("1001", 0)).rings_for is None  # too late
        await room.asterisk_says(event("Hangup", **third, cause="16"))
        if whom is COLLEAGUE:  # who had them as an agent has: the conversation is over
            await eventually(lambda: CITIZEN in ended(room))
        else:
            await moved_to(room, CONTEXT_DESK_AWAY_ASKED, CONTEXT_BACK)


async def test_a_supervisors_page_and_who_was_asked_cannot_take_the_citizen_meanwhile(
    pool: Pool,
) -> None:
    async with away(pool, COLLEAGUE) as (room, _, _third):
        other = await room.page("1002")
        refused = await ask(other, "consult_cancel")
        assert refused["reason"] == {"code": "others_call"}


def started_anew(*agents: dict[str, str]) -> FakeAmi:
    """What is there when our server starts: the citizen waits, these are in the room or ring."""
    held = {**citizen_leg(), "context": CONTEXT_DESK_AWAY_ASKED}
    rooms = [
        {**leg, "application": "ConfBridge" if leg["channelstate"] == "6" else "AppDial2"}
        for leg in agents
    ]
    server = listing(*(lines(event("", **leg)) for leg in (held, *rooms)))
    usual = server.handler

    async def handler(session: Session, action: Action) -> bool:
        if one(action, "action") != "Getvar" or one(action, "variable") != VAR_WAITS_FOR:
            return await usual(session, action)
        assert one(action, "channel") == CITIZEN
        await session.reply(action, "Success", "", "Value: 1001")
        return True

    server.handler = handler
    return server


THIRD = {**agent_leg("1002", 20, state="6"), "uniqueid": "side-20"}
BACK = {**agent_leg(number=21, state="6"), "uniqueid": "side-21"}
PHONES = SoftphoneSettings(agents=frozenset({"1001"}), url="wss://pbx/ws")


def sent_to(room: Room) -> list[str]:
    asked = [a for a in room.server.actions if one(a, "action") == "Redirect"]
    return [one(action, "context") for action in asked]


async def test_a_server_that_starts_meanwhile_rings_the_agent_back(pool: Pool) -> None:
    async with opened(pool, started_anew(THIRD), directory=DIRECTORY, softphones=PHONES) as room:
        page = await room.page()
        assert (await room.cti.recovery.phone_ready("1001", 0)).rings_for == CALL
        [rung] = [a for a in room.server.actions if one(a, "action") == "Originate"]
        back = {**BACK, "uniqueid": one(rung, "channelid")}
        await room.asterisk_says(event("ConfbridgeJoin", **back))
        await eventually(lambda: sent_to(room) == [CONTEXT_DESK_HOLD])
        await asking(page, "in_room", "agent:1002")
        await room.asterisk_says(event("Hangup", **THIRD, cause="16"))
        await eventually(lambda: sent_to(room) == [CONTEXT_DESK_HOLD, CONTEXT_DESK_CITIZEN])


async def test_a_server_that_starts_when_the_agent_is_back_puts_the_citizen_on_hold_again(
    pool: Pool,
) -> None:
    async with opened(
        pool, started_anew(THIRD, BACK), directory=DIRECTORY, softphones=PHONES
    ) as room:
        await eventually(lambda: sent_to(room) == [CONTEXT_DESK_HOLD])
        call = room.live.state.calls[CALL]
        assert (call.agent_id, set(call.others)) == ("1001", {"1002"})


async def test_a_server_that_starts_while_the_agent_rings_does_not_ring_them_twice(
    pool: Pool,
) -> None:
    server = started_anew(THIRD, {**BACK, "channelstate": "5"})
    async with opened(pool, server, directory=DIRECTORY, softphones=PHONES) as room:
        assert (await room.cti.recovery.phone_ready("1001", 0)).rings_for == CALL
        assert room.server.count("Originate") == 0
        await room.asterisk_says(event("ConfbridgeJoin", **BACK))
        await eventually(lambda: sent_to(room) == [CONTEXT_DESK_HOLD])


async def test_whom_the_third_left_while_no_server_ran_is_back_with_the_agent(pool: Pool) -> None:
    async with opened(pool, started_anew(), directory=DIRECTORY, softphones=PHONES) as room:
        assert (await room.cti.recovery.phone_ready("1001", 0)).rings_for == CALL
        [rung] = [a for a in room.server.actions if one(a, "action") == "Originate"]
        back = {**BACK, "uniqueid": one(rung, "channelid")}
        await room.asterisk_says(event("ConfbridgeJoin", **back))
        await eventually(lambda: sent_to(room) == [CONTEXT_DESK_CITIZEN])
