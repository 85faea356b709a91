"""A consultation that Asterisk does not take up, or does not answer: where the citizen then is."""

import asyncio
from typing import Any
from uuid import UUID, uuid4

import pytest

from cti.ami import AmiLink, AmiSettings
from cti.directory import Directory, EmergencyService
from cti.errors import NotNowError
from cti.legs import Legs
from cti.live import LiveState
from cti.state import LiveCall
from db.pool import Pool
from dialplans.names import CONTEXT_DESK_CITIZEN, CONTEXT_DESK_HOLD, CONTEXT_DESK_SIDE
from helpline.clock import system_clock
from tests.cti.fake_ami import Action, FakeAmi, Session, one
from tests.cti.room import Room, ask, lines, opened, receive
from tests.cti.streams import agent_leg, citizen_leg, event
from tests.cti.test_room import listing

DIRECTORY = Directory(services=(EmergencyService("112", "पुलिस", "Police", "112"),))


def talking(answers_holding: str | None) -> FakeAmi:
    """A conversation, and what Asterisk says when its citizen is to be put on hold."""
    channels = (citizen_leg(), agent_leg(state="6"))
    server = listing(*(lines(event("", **channel)) for channel in channels))
    usual = server.handler

    async def handler(session: Session, action: Action) -> bool:
        if one(action, "context") != CONTEXT_DESK_HOLD:
            return await usual(session, action)
        if answers_holding is not None:
            await session.reply(action, answers_holding, "Redirect failed")
        return True

    server.handler = handler
    return server


async def consulted(room: Room) -> tuple[dict[str, Any], dict[str, Any]]:
    """The answers to a consultation, and to its end by the agent."""
    page = await room.page()
    await receive(page, "hello", "pop")
    return await ask(page, "consult", to={"listed": "112"}), await ask(page, "consult_cancel")


@pytest.mark.parametrize("is_open", [True, False])
async def test_a_citizen_is_not_handed_to_a_queue_that_is_closed_now(
    pool: Pool, is_open: bool
) -> None:
    async def queue_is_open(queue: str) -> bool:
        return is_open or queue != "schemes"

    directory = Directory(queues=frozenset({"schemes", "helpline-hi"}))
    async with opened(
        pool, talking("Success"), directory=directory, queue_is_open=queue_is_open
    ) as room:
        page = await room.page()
        await receive(page, "hello", "pop")
        told = await ask(page, "transfer", to={"queue": "schemes"})
        assert told["ok"] is is_open
        assert told.get("reason") == (None if is_open else {"code": "queue_closed"})
        assert room.server.count("Redirect") == int(is_open)
        assert (await ask(page, "transfer", to={"queue": "helpline-hi"}))["ok"]


async def test_a_citizen_who_may_be_on_hold_can_be_taken_back(pool: Pool) -> None:
    async with opened(pool, talking(None), directory=DIRECTORY) as room:
        asked, taken_back = await consulted(room)
        assert (asked["ok"], taken_back["ok"]) == (False, True)
        last = [action for action in room.server.actions if one(action, "action") == "Redirect"][-1]
        # Both: whether the agent came into the room is not known either.
        assert (one(last, "context"), one(last, "extracontext")) == (
            CONTEXT_DESK_CITIZEN,
            CONTEXT_DESK_SIDE,
        )


async def test_a_consultation_that_asterisk_refuses_leaves_nobody_on_hold(pool: Pool) -> None:
    async with opened(pool, talking("Error"), directory=DIRECTORY) as room:
        asked, taken_back = await consulted(room)
        assert asked["ok"] is False
        assert taken_back["reason"] == {"code": "citizen_not_waiting"}
        assert room.server.count("Redirect") == 1


TWO_SERVICES = Directory(
    services=(
        EmergencyService("112", "पुलिस", "Police", "112"),
        EmergencyService("108", "एम्बुलेंस", "Ambulance", "108"),
    )
)


def moved_to(room: Room) -> list[str]:
    """Where the citizen was sent, in order."""
    moves = [action for action in room.server.actions if one(action, "action") == "Redirect"]
    return [one(action, "context") for action in moves]


@pytest.mark.parametrize(
    ("before", "where"),
    [
        ("consult", [CONTEXT_DESK_HOLD, CONTEXT_DESK_CITIZEN]),
        ("conference", [CONTEXT_DESK_CITIZEN, CONTEXT_DESK_CITIZEN]),
    ],
)
async def test_an_emergency_is_called_whoever_is_asked_already(
    pool: Pool, before: str, where: list[str]
) -> None:
    async with opened(pool, talking("Success"), directory=TWO_SERVICES) as room:
        page = await room.page()
        await receive(page, "hello", "pop")
        assert (await ask(page, before, to={"listed": "108"}))["ok"]
        assert (await ask(page, "emergency"))["ok"]
        assert moved_to(room) == where  # a citizen on hold was taken back
        assert room.server.count("Originate") == 2
        assert (await ask(page, "consult_cancel"))["reason"] == {"code": "citizen_not_waiting"}


async def test_an_emergency_waits_for_a_consultation_that_is_being_set_up(pool: Pool) -> None:
    server = talking("Success")
    usual, held, go_on = server.handler, asyncio.Event(), asyncio.Event()

    async def slowly(session: Session, action: Action) -> bool:
        if one(action, "context") == CONTEXT_DESK_HOLD:
            held.set()
            await go_on.wait()
        return await usual(session, action)

    server.handler = slowly
    async with opened(pool, server, directory=TWO_SERVICES) as room:
        page = await room.page()
        await receive(page, "hello", "pop")
        await page.send_json({"type": "consult", "id": "asked", "to": {"listed": "108"}})
        await held.wait()
        await page.send_json({"type": "emergency", "id": "emergency"})
        await page.send_json({"type": "keys", "id": "seen", "keys": "?"})
        answers = await receive(page, "answer")
        assert [one["id"] for one in answers] == ["seen"]  # the emergency before it waits
        go_on.set()
        answers = await receive(page, "answer", "answer")
        assert {one["id"]: one["ok"] for one in answers} == {"asked": True, "emergency": True}
        assert moved_to(room)[-1] == CONTEXT_DESK_CITIZEN


async def test_a_second_click_does_not_ring_the_emergency_service_twice(pool: Pool) -> None:
    async with opened(pool, talking("Success"), directory=TWO_SERVICES) as room:
        page = await room.page()
        await receive(page, "hello", "pop")
        assert (await ask(page, "emergency"))["ok"]
        assert (await ask(page, "emergency"))["reason"] == {"code": "asked_already"}
        assert (await ask(page, "emergency", code="108"))["ok"]
        assert room.server.count("Originate") == 2


async def test_a_change_that_does_not_end_keeps_an_emergency_waiting_for_a_while_only() -> None:
    link = AmiLink(AmiSettings(host="127.0.0.1", port=1, username="", secret=""))
    legs = Legs(link, LiveState(), _no_pause, caller_id="1076", now=system_clock)
    call = LiveCall(uuid4())
    with legs.changing(call), pytest.raises(NotNowError):
        await legs.unchanging(call, patience=0.01)
    await legs.unchanging(call)


async def _no_pause(_call: UUID, _by: str, *, of: str | None = None) -> None: ...
