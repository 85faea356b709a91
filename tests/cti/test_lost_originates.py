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
from tests.cti.streams import AT, CALL, agent_leg, citizen_leg, event, outbound_leg
from tests.cti.test_clicks import hears_failed
from tests.cti.test_leaving_consultation import ended
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


def losing(server: FakeAmi, count: int = 1, after: int = 0) -> FakeAmi:
    """Its connection breaks with each of the first Originates after `after`, of which nothing
    comes.
    """
    usual = server.handler

    async def handler(session: Session, action: Action) -> bool:
        asked = server.count("Originate")
        if one(action, "action") == "Originate" and after < asked <= after + count:
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


def _shows(room: Room, leg: dict[str, str], **more: str) -> None:
    """In each snapshot from now on."""
    channels: list[list[str]] = room.server.channels  # type: ignore[attr-defined]  # of `listing`
    channels.append(lines(event("", **leg, **more)))


async def _answers(room: Room, call: str) -> str:
    """The agent whose telephone was rung by a click comes into the room; their leg, which a
    snapshot shows from then on.
    """
    rung = next(a for a in room.server.actions if one(a, "action") == "Originate")
    id = one(rung, "channelid")
    leg = agent_leg(call=UUID(call), state="6", citizen=id) | {"uniqueid": id}
    _shows(room, leg, application="ConfBridge")
    await room.asterisk_says(
        event("Newchannel", **leg), event("ConfbridgeJoin", **leg, conference=call)
    )
    return id


async def test_an_agent_is_not_left_in_silence_by_a_click_whose_citizen_is_never_called(
    pool: Pool, world: World
) -> None:
    clock, server = Clock(), listing()
    async with opened(pool, losing(server, after=1), now=clock) as room:
        page, complaint = await _clicking(room, world)
        told = await ask(page, "call_citizen", key=str(uuid4()), complaint=complaint)
        leg = await _answers(room, told["call"])
        await eventually(lambda: server.count("Originate") == 2)
        await _in_step_again(room)
        assert leg in room.live.state.inside
        assert ended(room) == []  # the citizen may be ringing
        clock.at += _LATER
        failed = await hears_failed(page)
        assert (failed["call"], failed["reason"]) == (
            told["call"], {"code": Why.CANNOT_BE_CALLED},
        )  # fmt: skip
        await eventually(lambda: ended(room) == [leg])
        assert await room.outcome(UUID(told["call"])) == Outcome.FAILED


async def test_a_click_whose_citizen_rings_is_not_given_up(pool: Pool, world: World) -> None:
    clock, server = Clock(), listing()
    async with opened(pool, losing(server, after=1), now=clock) as room:
        page, complaint = await _clicking(room, world)
        call = (await ask(page, "call_citizen", key=str(uuid4()), complaint=complaint))["call"]
        _shows(room, outbound_leg(UUID(call), state="5"))
        await _answers(room, call)
        await _in_step_again(room)
        clock.at += _LATER
        refused = await ask(page, "call_citizen", key=str(uuid4()), complaint=complaint)
        assert refused["reason"] == {"code": Why.IN_A_CALL}
        assert (ended(room), (await room.row("call", UUID(call)))["outcome"]) == ([], None)


async def test_an_agent_for_whom_nobody_is_called_is_let_go_though_the_link_breaks_with_it(
    pool: Pool, world: World
) -> None:
    server = listing()
    usual = losing(server, 0).handler

    async def handler(session: Session, action: Action) -> bool:
        if one(action, "action") == "Originate" and server.count("Originate") == 2:
            await session.reply(action, "Error", "Originate failed")
            return True
        if one(action, "action") == "Hangup" and server.count("Hangup") == 1:
            session.cut()
            return True
        return await usual(session, action)

    server.handler = handler
    async with opened(pool, server) as room:
        page, complaint = await _clicking(room, world)
        told = await ask(page, "call_citizen", key=str(uuid4()), complaint=complaint)
        leg = await _answers(room, told["call"])
        assert (await hears_failed(page))["reason"] == {"code": Why.CANNOT_BE_CALLED}
        await eventually(lambda: ended(room) == [leg, leg])


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
