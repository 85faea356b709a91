"""A click calls nobody whom another of us is calling."""

from typing import Any
from uuid import UUID, uuid4

import pytest
from aiohttp import ClientWebSocketResponse

from calls import dialling
from calls.dialling import Rule
from calls.model import Outcome
from calls.store import end_if_open, open_outbound
from cti.why import Why
from db.ids import new_id
from db.pool import Pool
from dialplans.names import SIDE_LEG
from tests.complaints.world import CITIZEN, World
from tests.cti.fake_ami import Action, Session, eventually, one
from tests.cti.room import Room, ask, may_click, opened, receive, shows
from tests.cti.streams import AT, agent_leg, event


async def test_a_citizen_whom_the_dialer_calls_is_not_rung_by_a_click(
    pool: Pool, world: World
) -> None:
    number, attempt = (await world.register()).number, new_id(AT)
    contact = await pool.fetchval("select contact from complaint where number = $1", number)
    async with pool.acquire() as conn:
        await dialling.allow(conn, Rule("*", "+91", 100))
        assert await open_outbound(
            conn, call_id=attempt, cell="cell9", number=contact, service_number="1", at=AT
        )
    async with opened(pool) as room:
        page = await room.page()
        await receive(page, "hello")
        await room.asterisk_says(
            event("QueueMemberAdded", interface="PJSIP/1001", queue="helpline-hi")
        )
        key = str(uuid4())
        unknown = await ask(page, "call_citizen", key=str(uuid4()), complaint="1234")
        assert unknown["reason"] == {"code": Why.NO_SUCH_COMPLAINT}
        refused = await ask(page, "call_citizen", key=key, complaint=number)
        assert (refused["ok"], refused["reason"]) == (False, {"code": Why.CALLED_BY_US})
        assert room.server.count("Originate") == 0
        async with pool.acquire() as conn:
            await end_if_open(conn, attempt, Outcome.NO_ANSWER, AT)
        typed = f"{number[:3]} {number[3:]}".translate(str.maketrans("0123456789", "०१२३४५६७८९"))
        assert (await ask(page, "call_citizen", key=key, complaint=typed))["ok"]
        assert (await ask(page, "call_citizen", key=key, complaint=number))["ok"]  # the same click
        assert room.server.count("Originate") == 1


async def test_a_click_whose_agent_does_not_answer_is_told_to_the_page_as_come_to_nothing(
    pool: Pool, world: World
) -> None:
    number = (await world.register()).number
    async with may_click(pool) as (room, page):
        told = await ask(page, "call_citizen", key=str(uuid4()), complaint=number)
        leg = await _rings(room, told["call"])
        assert (await shows(page, status="ringing"))["call"] == told["call"]
        await room.asterisk_says(event("Hangup", **leg, cause="19"))
        failed = await hears_failed(page)
        assert failed["call"] == told["call"]
        assert failed["reason"] == {"code": Why.YOUR_PHONE_NOT_ANSWERED}
        assert await room.outcome(UUID(told["call"])) == Outcome.FAILED
        # And one of whose telephone there never is a leg.
        told = await ask(page, "call_citizen", key=str(uuid4()), complaint=number)
        [*_, rung] = [it for it in room.server.actions if one(it, "action") == "Originate"]
        await room.asterisk_says(
            event(
                "OriginateResponse", response="Failure", reason="0", uniqueid="<unknown>",
                actionid=one(rung, "channelid"),
            )
        )  # fmt: skip
        assert (await hears_failed(page))["call"] == told["call"]


async def test_a_click_whose_citizen_asterisk_will_not_call_is_told_to_the_page(
    pool: Pool, world: World
) -> None:
    number = (await world.register()).number
    async with may_click(pool) as (room, page):
        told = await ask(page, "call_citizen", key=str(uuid4()), complaint=number)
        leg = await _rings(room, told["call"])
        room.server.handler = _refuses_to_call
        await room.asterisk_says(
            event("ConfbridgeJoin", **leg | {"channelstate": "6"}, conference=told["call"])
        )
        failed = await hears_failed(page)
        assert (failed["call"], failed["reason"]) == (
            told["call"], {"code": Why.CANNOT_BE_CALLED},
        )  # fmt: skip
        await eventually(lambda: room.server.count("Hangup") == 1)
        [hangup] = [it for it in room.server.actions if one(it, "action") == "Hangup"]
        assert one(hangup, "channel") == leg["uniqueid"]  # not left in silence


async def _refuses_to_call(session: Session, action: Action) -> bool:
    if one(action, "action") == "Originate":
        await session.reply(action, "Error", "Originate failed")
        return True
    return False


async def _rings(room: Room, call: str) -> dict[str, str]:
    """The agent's telephone, as Asterisk was asked; its leg."""
    [*_, rung] = [it for it in room.server.actions if one(it, "action") == "Originate"]
    leg = agent_leg(call=UUID(call), state="5") | {"uniqueid": one(rung, "channelid")}
    await room.asterisk_says(event("Newchannel", **leg | {"call": "", "channelstate": "0"}))
    await room.asterisk_says(event("Newstate", **leg))
    return leg


async def hears_failed(page: ClientWebSocketResponse) -> dict[str, Any]:
    while True:
        message: dict[str, Any] = await page.receive_json(timeout=10)
        if message["type"] == "call_failed":
            return message


@pytest.mark.parametrize(
    ("confidential", "had_by", "shown"),
    [(False, None, True), (True, None, False), (True, "1002", False), (True, "1001", True)],
)
async def test_the_number_of_a_confidential_complaint_is_called_and_not_shown(
    pool: Pool, world: World, confidential: bool, had_by: str | None, shown: bool
) -> None:
    number = (await world.register(world.form(confidential=confidential))).number
    if had_by is not None:
        await world.talked_with(had_by)
    async with may_click(pool) as (room, page):
        told = await ask(page, "call_citizen", key=str(uuid4()), complaint=number)
        [rung] = [it for it in room.server.actions if one(it, "action") == "Originate"]
        leg = agent_leg(call=UUID(told["call"]), state="5") | {"uniqueid": one(rung, "channelid")}
        await room.asterisk_says(event("Newchannel", **leg))
        [pop] = await receive(page, "pop")
        assert (pop["call"], pop["caller"]) == (told["call"], CITIZEN if shown else None)
        assert room.history.looked_up == ([CITIZEN] if shown else [])  # it tells who it is, too
        # It is called all the same.
        await room.asterisk_says(
            event("ConfbridgeJoin", **leg | {"channelstate": "6"}, conference=told["call"])
        )
        await eventually(lambda: room.server.count("Originate") == 2)
        calls = [it for it in room.server.actions if one(it, "action") == "Originate"]
        assert CITIZEN.removeprefix("+91") in one(calls[-1], "channel")
        # Nor is it told on another way, in the call or after it.
        await _not_told_otherwise(room, page, told["call"], CITIZEN if shown else None)
        await room.asterisk_says(event("Hangup", **leg | {"channelstate": "6"}, cause="16"))
        await page.close()
        room.history.looked_up.clear()
        again = await room.page()
        await receive(again, "hello")
        await _not_told_otherwise(room, again, told["call"], CITIZEN if shown else None)
        assert bool(room.history.looked_up) is shown


async def _not_told_otherwise(
    room: Room, page: ClientWebSocketResponse, call: str, number: str | None
) -> None:
    await room.written()
    asked = (await ask(page, "caller", call=call))["pop"]
    assert (asked["call"], asked["caller"]) == (call, number)
    assert bool(asked["history"]["calls"]) is (number is not None)
    assert (await ask(page, "draft", call=call, version=1, form={"text": "क"}))["ok"]
    [draft] = (await ask(page, "drafts"))["drafts"]
    assert (draft["call"], draft["caller"]) == (call, number)


async def test_of_two_agents_in_a_confidential_call_each_is_shown_what_is_theirs_to_see(
    pool: Pool, world: World
) -> None:
    number = (await world.register(world.form(confidential=True))).number
    await world.talked_with("1002")
    async with pool.acquire() as conn:
        await dialling.allow(conn, Rule("*", "+91", 100))
    async with opened(pool) as room:
        page, other = await room.page(), await room.page("1002")
        await receive(page, "hello")
        await receive(other, "hello")
        await room.asterisk_says(
            event("QueueMemberAdded", interface="PJSIP/1001", queue="helpline-hi")
        )
        told = await ask(page, "call_citizen", key=str(uuid4()), complaint=number)
        for agent, at in (("1001", 14), ("1002", 15)):
            leg = agent_leg(agent, at, call=UUID(told["call"]), state="5")
            await room.asterisk_says(event("Newchannel", **leg | {"uniqueid": f"{SIDE_LEG}{at}"}))
        [hidden] = await receive(page, "pop")
        [shown] = await receive(other, "pop")
        assert (hidden["caller"], shown["caller"]) == (None, CITIZEN)
        assert (hidden["history"]["calls"], bool(shown["history"]["calls"])) == ([], True)


async def test_without_the_database_the_number_of_a_confidential_complaint_is_not_shown(
    pool: Pool, world: World
) -> None:
    number = (await world.register(world.form(confidential=True))).number
    await world.talked_with("1001")
    async with may_click(pool) as (room, page):
        told = await ask(page, "call_citizen", key=str(uuid4()), complaint=number)
        room.database.away = True
        leg = agent_leg(call=UUID(told["call"])) | {"uniqueid": f"{SIDE_LEG}1"}
        await room.asterisk_says(event("Newchannel", **leg))
        [pop] = await receive(page, "pop")
        assert (pop["caller"], pop["history"]) == (None, None)  # not as of a withheld number
        room.database.away = False
