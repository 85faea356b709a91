"""An agent who calls a citizen leaves, or moves them, before the citizen is in the room."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID, uuid4

import pytest
from aiohttp import ClientWebSocketResponse

from cti.errors import NotNowError
from cti.softphones import SoftphoneSettings
from cti.why import Why
from db.pool import Pool
from dialplans.names import CONTEXT_BACK, CONTEXT_DESK_AWAY, CONTEXT_DESK_HOLD
from tests.complaints.world import World
from tests.cti.fake_ami import eventually, one
from tests.cti.room import Room, ask, may_click
from tests.cti.streams import agent_leg, event, outbound_leg
from tests.cti.test_leaving_consultation import DIRECTORY, OUTSIDE, ended
from tests.cti.test_left_for_a_queue import sent_to

PHONES = SoftphoneSettings(agents=frozenset({"1001"}), url="wss://pbx/ws")
Clicked = tuple[Room, ClientWebSocketResponse, UUID, dict[str, str]]


@asynccontextmanager
async def clicked(pool: Pool, world: World) -> AsyncIterator[Clicked]:
    """The agent is in the room, the citizen is called; our call, the agent's leg."""
    number = (await world.register()).number
    async with may_click(pool, directory=DIRECTORY, softphones=PHONES) as (room, page):
        call = UUID((await ask(page, "call_citizen", key=str(uuid4()), complaint=number))["call"])
        [rung] = [it for it in room.server.actions if one(it, "action") == "Originate"]
        leg = agent_leg(call=call, state="6") | {"uniqueid": one(rung, "channelid")}
        await room.asterisk_says(
            event("Newstate", **leg | {"channelstate": "5"}), event("ConfbridgeJoin", **leg)
        )
        await eventually(lambda: room.server.count("Originate") == 2)
        yield room, page, call, leg


async def test_a_citizen_who_rings_is_not_called_for_an_agent_who_is_gone(
    pool: Pool, world: World
) -> None:
    async with clicked(pool, world) as (room, _, call, leg):
        await room.asterisk_says(event("Newstate", **outbound_leg(call, state="5")))
        await room.asterisk_says(
            event("ConfbridgeLeave", **leg), event("Hangup", **leg, cause="16")
        )
        await eventually(lambda: ended(room) == [str(call)])
        await room.asterisk_says(event("Hangup", **outbound_leg(call, state="5"), cause="16"))
        assert await room.outcome(call) == "failed"  # not the citizen's doing


async def test_a_citizen_whose_telephone_begins_to_ring_after_the_agent_left_is_not_called(
    pool: Pool, world: World
) -> None:
    async with clicked(pool, world) as (room, _, call, leg):
        await room.asterisk_says(
            event("ConfbridgeLeave", **leg), event("Hangup", **leg, cause="16")
        )
        await room.written()
        assert ended(room) == []
        await room.asterisk_says(event("Newchannel", **outbound_leg(call)))
        await eventually(lambda: ended(room) == [str(call)])


async def test_a_citizen_whose_agent_left_in_the_notice_is_not_left_alone_in_the_room(
    pool: Pool, world: World
) -> None:
    async with clicked(pool, world) as (room, _, call, leg):
        citizen = outbound_leg(call, state="6")
        await room.asterisk_says(
            event("Newstate", **citizen),
            event("ConfbridgeLeave", **leg),
            event("Hangup", **leg, cause="16"),
        )
        await room.written()
        assert (ended(room), sent_to(room)) == ([], [])  # they hear the notice
        await room.asterisk_says(event("ConfbridgeJoin", **citizen))
        await eventually(lambda: sent_to(room) == [CONTEXT_BACK])
        assert ended(room) == []


@pytest.mark.parametrize("state", ["5", "6"], ids=["rings", "hears the notice"])
async def test_who_is_being_called_is_not_moved_before_they_are_in_the_room(
    pool: Pool, world: World, state: str
) -> None:
    async with clicked(pool, world) as (room, page, call, _):
        await room.asterisk_says(event("Newstate", **outbound_leg(call, state=state)))
        gone = {"code": Why.CITIZEN_GONE}
        for how in ("consult", "conference", "transfer"):
            assert (await ask(page, how, to=OUTSIDE)).get("reason") == gone
        assert (await ask(page, "emergency")).get("reason") == gone
        with pytest.raises(NotNowError):
            await room.cti.control.barge(room.live.state.calls[call], "1002", {})
        with pytest.raises(NotNowError):  # the page asks again
            await room.cti.recovery.phone_ready("1001", 0)
        assert (sent_to(room), ended(room)) == ([], [])
        assert room.server.count("Originate") == 2


async def test_who_was_called_and_is_in_the_room_is_moved_as_anybody_else(
    pool: Pool, world: World
) -> None:
    async with clicked(pool, world) as (room, page, call, _):
        citizen = outbound_leg(call, state="6")
        await room.asterisk_says(event("Newstate", **citizen), event("ConfbridgeJoin", **citizen))
        assert (await ask(page, "consult", to=OUTSIDE))["ok"]
        assert sent_to(room) == [CONTEXT_DESK_HOLD]
        await room.asterisk_says(event("ConfbridgeLeave", **citizen))
        began = asyncio.get_running_loop().time()
        assert (await ask(page, "keys", keys="112"))["ok"]  # on hold they are still the agent's
        taken = asyncio.get_running_loop().time() - began
        assert taken > 3 * 0.065  # none is taken for a part of the one before (ITU-T Q.24)


async def test_whose_page_is_reloaded_once_the_citizen_is_there_keeps_them(
    pool: Pool, world: World
) -> None:
    async with clicked(pool, world) as (room, _, call, leg):
        citizen = outbound_leg(call, state="6")
        await room.asterisk_says(event("Newstate", **citizen), event("ConfbridgeJoin", **citizen))
        assert (await room.cti.recovery.phone_ready("1001", 0)).rings_for == call
        assert (sent_to(room), ended(room)) == ([CONTEXT_DESK_AWAY], [leg["uniqueid"]])
