"""The link breaks while a telephone is to be rung, and Asterisk was never asked."""

from datetime import datetime, timedelta
from uuid import UUID, uuid4

from aiohttp import ClientWebSocketResponse

from calls import dialling
from calls.dialling import Rule
from calls.model import Outcome
from cti.softphones import SoftphoneSettings
from cti.why import Why
from db.pool import Pool
from dialplans.names import CONTEXT_DESK_AWAY, VAR_WAITS_FOR
from tests.complaints.world import World
from tests.cti.fake_ami import Action, FakeAmi, Session, eventually, one
from tests.cti.room import Room, ask, lines, opened, receive
from tests.cti.streams import AT, CALL, agent_leg, citizen_leg, event
from tests.cti.test_clicks import hears_failed
from tests.cti.test_room import listing

_LATER = timedelta(seconds=40)
_MEMBER = [
    "Queue: helpline-hi", "Name: 1001", "StateInterface: PJSIP/1001", "Location: PJSIP/1001",
    "Status: 1", "Paused: 0",
]  # fmt: skip


class Clock:
    def __init__(self) -> None:
        self.at = AT

    def __call__(self) -> datetime:
        return self.at


def losing(server: FakeAmi, count: int = 1) -> FakeAmi:
    """Its connection breaks with each of the first Originates, of which nothing comes."""
    usual = server.handler

    async def handler(session: Session, action: Action) -> bool:
        if one(action, "action") == "Originate" and server.count("Originate") <= count:
            session.cut()
            return True
        if one(action, "action") == "QueueStatus":
            await session.reply(action, "Success", "Queue status will follow", "EventList: start")
            await session.send(
                "Event: QueueMember", f"ActionID: {one(action, 'actionid')}", *_MEMBER
            )
            await server.end_list(session, action, "QueueStatusComplete")
            return True
        if one(action, "variable") == VAR_WAITS_FOR:
            await session.reply(action, "Success", "", "Value: 1001")
            return True
        return await usual(session, action)

    server.handler = handler
    return server


async def _in_step_again(room: Room) -> None:
    await eventually(lambda: room.consumer.resyncs > 1 and room.link.ready)


async def _clicking(room: Room, world: World) -> tuple[ClientWebSocketResponse, str]:
    async with room.pool.acquire() as conn:
        await dialling.allow(conn, Rule("*", "+91", 100))
    page = await room.page()
    await receive(page, "hello")
    return page, (await world.register()).number


async def test_an_agent_clicks_again_after_a_click_of_which_nothing_was_heard(
    pool: Pool, world: World
) -> None:
    clock = Clock()
    async with opened(pool, losing(listing()), now=clock) as room:
        page, complaint = await _clicking(room, world)
        lost = await ask(page, "call_citizen", key=str(uuid4()), complaint=complaint)
        assert lost["ok"]  # it may be ringing
        await _in_step_again(room)
        soon = await ask(page, "call_citizen", key=str(uuid4()), complaint=complaint)
        assert soon["reason"] == {"code": Why.IN_A_CALL}
        clock.at += _LATER
        failed = await hears_failed(page)
        assert (failed["call"], failed["reason"]) == (
            lost["call"], {"code": Why.YOUR_PHONE_NOT_ANSWERED},
        )  # fmt: skip
        assert await room.outcome(UUID(lost["call"])) == Outcome.FAILED
        again = await ask(page, "call_citizen", key=str(uuid4()), complaint=complaint)
        assert (again["ok"], room.server.count("Originate")) == (True, 2)


async def test_a_click_that_rings_is_not_given_up_while_it_rings(pool: Pool, world: World) -> None:
    clock = Clock()
    async with opened(pool, losing(listing(), 0), now=clock) as room:
        page, complaint = await _clicking(room, world)
        told = await ask(page, "call_citizen", key=str(uuid4()), complaint=complaint)
        rung = next(a for a in room.server.actions if one(a, "action") == "Originate")
        leg = agent_leg(call=UUID(told["call"])) | {"uniqueid": one(rung, "channelid")}
        await room.asterisk_says(event("Newchannel", **leg))
        clock.at += _LATER
        refused = await ask(page, "call_citizen", key=str(uuid4()), complaint=complaint)
        assert refused["reason"] == {"code": Why.IN_A_CALL}
        await room.asterisk_says(
            event("ConfbridgeJoin", **leg | {"channelstate": "6"}, conference=told["call"])
        )
        await eventually(lambda: room.server.count("Originate") == 2)  # the citizen is called


async def test_an_agent_who_was_lost_is_rung_again_after_a_ring_of_which_nothing_was_heard(
    pool: Pool,
) -> None:
    clock, phones = Clock(), SoftphoneSettings(agents=frozenset({"1001"}), url="wss://pbx/ws")
    kept = lines(event("", **citizen_leg(), context=CONTEXT_DESK_AWAY))
    server = losing(listing(kept))
    async with opened(pool, server, softphones=phones, now=clock) as room:
        page = await room.page()
        await receive(page, "hello")
        assert (await ask(page, "softphone_ready", calls=0))["rings"]
        await _in_step_again(room)
        assert room.cti.live.state.calls[CALL].awaited == "1001"
        assert (await ask(page, "softphone_ready", calls=0))["rings"]
        assert server.count("Originate") == 1  # the first may be on its way
        clock.at += _LATER
        assert (await ask(page, "softphone_ready", calls=0))["rings"]
        assert server.count("Originate") == 2
