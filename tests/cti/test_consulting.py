"""A consultation that Asterisk does not take up, or does not answer: where the citizen then is."""

from typing import Any

import pytest

from cti.directory import Directory, EmergencyService
from db.pool import Pool
from dialplans.names import CONTEXT_DESK_CITIZEN, CONTEXT_DESK_HOLD, CONTEXT_DESK_SIDE
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
        last = room.server.actions[-1]
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
