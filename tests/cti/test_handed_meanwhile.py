"""A citizen is handed on at once while somebody is asked, or rings: they are nobody else's then."""

import pytest

from cti.directory import Kind, Target
from cti.errors import AmiRefusedError
from dialplans.names import (
    CONTEXT_DESK_AGENT,
    CONTEXT_EMERGENCY,
    CONTEXT_QUEUES,
    VAR_BESIDE,
)
from tests.cti.parts import Parts, asked_leg, parts
from tests.cti.streams import CALL, CITIZEN, agent_leg, both, citizen_leg, event

AGENT = agent_leg(state="6")
POLICE = Target(Kind.NUMBER, "112", emergency="112")
ASKED, NEXT = Target(Kind.AGENT, "1002"), Target(Kind.AGENT, "1003")
TAKES = agent_leg("1003", 30, state="6")
WAYS = pytest.mark.parametrize(
    ("target", "where"),
    [
        (NEXT, (CONTEXT_DESK_AGENT, "1003")),
        (Target(Kind.QUEUE, "schemes"), (CONTEXT_QUEUES, "schemes")),
        (POLICE, (CONTEXT_EMERGENCY, "112")),
    ],
    ids=["agent", "queue", "emergency"],
)


async def consulted(joined: Parts, *, answered: bool = True) -> dict[str, str]:
    """The citizen waits; the leg of who is asked, in the room or ringing."""
    leg = await joined.control.consult("1001", ASKED)
    await joined.say(event("ConfbridgeJoin", **AGENT))
    third = asked_leg(leg, "1002", "5")
    await joined.say(event("Newchannel", **third))
    if answered:
        third = asked_leg(leg, "1002", "6")
        await joined.say(event("Newstate", **third), event("ConfbridgeJoin", **third))
    joined.asked()
    return third


@WAYS
@pytest.mark.parametrize("answered", [True, False], ids=["in_room", "rings"])
async def test_who_is_handed_on_in_a_consultation_stays_with_whom_they_were_handed_to(
    target: Target, where: tuple[str, str], answered: bool
) -> None:
    async with parts("1002", "1003") as joined:
        third = await consulted(joined, answered=answered)
        await joined.control.transfer("1001", target)
        # Whom they asked and the agent, too: the move ends their talk with nobody.
        ended = [("Hangup", third["uniqueid"]), ("Hangup", AGENT["uniqueid"])]
        assert joined.asked("Redirect", "Hangup") == [("Redirect", CITIZEN, *where), *ended]
        assert joined.legs.on_hold == set()
        taken = both("DialEnd", citizen_leg(), TAKES, dialstatus="ANSWER")
        gone = [event("Hangup", **leg, cause="16") for leg in (third, AGENT)]
        await joined.say(*gone, both("DialBegin", citizen_leg(), TAKES), taken)
        assert joined.asked("Redirect", "Hangup") == []
        assert joined.live.state.calls[CALL].agent_id == "1003"


async def test_the_next_agent_may_answer_before_those_who_talked_are_gone() -> None:
    async with parts("1002", "1003") as joined:
        third = await consulted(joined)
        await joined.control.transfer("1001", NEXT)
        taken = both("DialEnd", citizen_leg(), TAKES, dialstatus="ANSWER")
        await joined.say(both("DialBegin", citizen_leg(), TAKES), taken)
        await joined.say(*(event("Hangup", **leg, cause="16") for leg in (AGENT, third)))
        assert len(joined.asked("Redirect")) == 1
        call = joined.live.state.calls[CALL]
        assert (call.agent_id, call.others) == ("1003", {})


@WAYS
@pytest.mark.parametrize("who", ["emergency", "conference", "barge"])
async def test_who_rings_for_all_three_rings_no_more_and_the_next_agent_may_ask(
    target: Target, where: tuple[str, str], who: str
) -> None:
    async with parts("1002", "1003") as joined:
        leg = await rung(joined, who)
        in_room = [event("ConfbridgeJoin", **one) for one in (AGENT, citizen_leg())]
        await joined.say(*in_room)
        await joined.say(event("Newchannel", **asked_leg(leg, "1002", "5")))
        joined.asked()
        await joined.control.transfer("1001", target)
        moved, ended = ("Redirect", CITIZEN, *where), ("Hangup", leg)
        assert joined.asked("Redirect", "Hangup") == [moved, ended]
        await joined.say(
            event("ConfbridgeLeave", **citizen_leg()),
            *(event("Hangup", **one, cause="16") for one in (AGENT, asked_leg(leg, "1002", "5"))),
            both("DialBegin", citizen_leg(), TAKES),
            both("DialEnd", citizen_leg(), TAKES, dialstatus="ANSWER"),
        )
        assert joined.asked("Redirect", "Hangup") == []
        assert await joined.control.conference("1003", ASKED)


async def rung(joined: Parts, who: str) -> str:
    match who:
        case "emergency":
            return await joined.control.emergency("1001", POLICE)
        case "conference":
            return await joined.control.conference("1001", ASKED)
    call = joined.live.state.calls[CALL]
    return await joined.control.barge(call, "1009", {VAR_BESIDE: "barge"})


async def test_whom_the_citizen_is_handed_to_is_not_ended_with_who_was_asked() -> None:
    """Their telephone may ring before we are told that the citizen was moved."""
    async with parts("1002", "1003") as joined:
        third = await consulted(joined)

        async def rings(name: str) -> None:
            if name == "Redirect":
                await joined.say(event("Newchannel", **{**TAKES, "channelstate": "5"}))

        joined.asterisk.takes = rings
        await joined.control.transfer("1001", NEXT)
        ended = [("Hangup", third["uniqueid"]), ("Hangup", AGENT["uniqueid"])]
        assert joined.asked("Hangup") == ended


async def test_a_move_that_asterisk_refuses_leaves_the_consultation_as_it_was() -> None:
    async with parts("1002", "1003") as joined:
        third = await consulted(joined)
        joined.asterisk.refuses.add("Redirect")
        with pytest.raises(AmiRefusedError):
            await joined.control.transfer("1001", NEXT)
        assert joined.asked("Hangup") == []
        assert joined.legs.on_hold == {CALL}
        joined.asterisk.refuses.clear()
        await joined.control.cancel("1001")
        assert joined.asked("Hangup") == [("Hangup", third["uniqueid"])]
