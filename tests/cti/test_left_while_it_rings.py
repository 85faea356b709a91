"""An agent leaves while somebody whom they called for all three still rings: nobody is cut off."""

from cti.directory import Kind, Target
from dialplans.names import (
    CONTEXT_BACK,
    CONTEXT_DESK_CITIZEN,
    CONTEXT_EMERGENCY,
    EXTEN_START,
    VAR_BESIDE,
)
from tests.cti.parts import Parts, asked_leg, parts
from tests.cti.streams import CALL, CITIZEN, agent_leg, both, citizen_leg, event

AGENT = agent_leg(state="6")
POLICE = Target(Kind.NUMBER, "112", emergency="112")
COLLEAGUE = Target(Kind.AGENT, "1002")
TO_THE_POLICE = ("Redirect", CITIZEN, CONTEXT_EMERGENCY, "112")
TO_A_QUEUE = ("Redirect", CITIZEN, CONTEXT_BACK, EXTEN_START)
JOINED = (event("ConfbridgeJoin", **AGENT), event("ConfbridgeJoin", **citizen_leg()))
HANGS_UP = (event("ConfbridgeLeave", **AGENT), event("Hangup", **AGENT, cause="16"))
DIES = (event("ConfbridgeLeave", **AGENT), event("Hangup", **AGENT, cause="44"))
DONE = both("AgentComplete", citizen_leg(), AGENT)
# As Asterisk tells it, in one order or the other.
ORDERS = (HANGS_UP, DIES, (HANGS_UP[0], DONE, HANGS_UP[1]), (DONE, *reversed(HANGS_UP)))


async def rings(joined: Parts, leg_id: str, agent: str | None = None) -> dict[str, str]:
    leg = asked_leg(leg_id, agent, "5")
    await joined.say(event("Newchannel", **leg))
    return leg


async def test_an_emergency_service_that_rings_is_called_on_when_the_agent_hangs_up() -> None:
    for leaves in ORDERS:
        async with parts() as joined:
            leg = await joined.control.emergency("1001", POLICE)
            await joined.say(*JOINED)
            await rings(joined, leg)
            joined.asked()
            await joined.say(*leaves)
            # The dialplan calls the next, too, and an agent in the end; two would ring at once.
            assert joined.asked("Redirect", "Hangup") == [TO_THE_POLICE, ("Hangup", leg)]
            assert joined.ended.pauses == [("handed on", None)]
            third = asked_leg(leg, None, "5")
            await joined.say(
                event("ConfbridgeLeave", **citizen_leg()), event("Hangup", **third, cause="16")
            )
            assert joined.asked("Redirect", "Hangup") == []


async def test_a_leg_of_which_no_event_has_told_yet_rings_in_vain_no_more_than_the_others() -> None:
    async with parts() as joined:
        leg = await joined.control.emergency("1001", POLICE)
        await joined.say(*JOINED)
        joined.asked()
        await joined.say(*HANGS_UP)
        assert joined.asked("Redirect", "Hangup") == [TO_THE_POLICE, ("Hangup", leg)]
        await rings(joined, leg)
        assert joined.asked("Redirect", "Hangup") == [("Hangup", leg)]


async def test_who_leaves_before_the_citizen_is_in_the_room_cuts_nobody_off_either() -> None:
    async with parts() as joined:
        leg = await joined.control.emergency("1001", POLICE)
        await rings(joined, leg)
        await joined.say(event("ConfbridgeJoin", **AGENT), *HANGS_UP)
        joined.asked()
        await joined.say(event("ConfbridgeJoin", **citizen_leg()))
        assert joined.asked("Redirect", "Hangup") == [TO_THE_POLICE, ("Hangup", leg)]


async def test_a_service_that_has_just_answered_has_the_citizen() -> None:
    async with parts() as joined:
        leg = await joined.control.emergency("1001", POLICE)
        third = asked_leg(leg, None, "6")
        await joined.say(*JOINED, event("Newstate", **third))
        joined.asked()
        await joined.say(*HANGS_UP, event("ConfbridgeJoin", **third))
        assert joined.asked("Redirect", "Hangup") == []


async def test_whom_a_colleague_was_called_for_waits_for_the_next_agent() -> None:
    async with parts("1002") as joined:
        leg = await joined.control.conference("1001", COLLEAGUE)
        await joined.say(*JOINED)
        await rings(joined, leg, "1002")
        joined.asked()
        await joined.say(*HANGS_UP)
        assert joined.asked("Redirect", "Hangup") == [TO_A_QUEUE, ("Hangup", leg)]


async def test_an_emergency_goes_before_a_colleague_who_rings_too() -> None:
    async with parts("1002") as joined:
        colleague = await joined.control.conference("1001", COLLEAGUE)
        await joined.say(*JOINED)
        await rings(joined, colleague, "1002")
        police = await joined.control.emergency("1001", POLICE)
        await rings(joined, police)
        joined.asked()
        await joined.say(*HANGS_UP)
        ended = [("Hangup", colleague), ("Hangup", police)]
        assert joined.asked("Redirect", "Hangup") == [TO_THE_POLICE, *ended]


async def test_a_supervisor_whose_telephone_rings_to_join_keeps_no_conversation_from_ending() -> (
    None
):
    async with parts() as joined:
        call = joined.live.state.calls[CALL]
        leg = await joined.control.barge(call, "1009", {VAR_BESIDE: "barge"})
        await joined.say(*JOINED)
        await rings(joined, leg, "1009")
        joined.asked()
        await joined.say(*HANGS_UP)
        assert joined.asked("Redirect", "Hangup") == [("Hangup", CITIZEN)]


async def test_whom_a_service_has_the_agent_leaves_to_it() -> None:
    """As before: a conversation goes on; a second agent's is not disturbed by what rings."""
    async with parts("1002") as joined:
        colleague = await joined.control.conference("1001", COLLEAGUE)
        await joined.say(*JOINED, event("ConfbridgeJoin", **asked_leg(colleague, "1002", "6")))
        await rings(joined, await joined.control.emergency("1001", POLICE))
        joined.asked()
        await joined.say(*HANGS_UP)
        assert joined.asked("Redirect", "Hangup") == []
        assert joined.live.state.calls[CALL].agent_id == "1002"


async def test_a_citizen_whom_nobody_rings_for_is_not_left_alone_in_the_room() -> None:
    for leaves in ORDERS:
        async with parts() as joined:
            await joined.legs.part(joined.live.state.calls[CALL], CONTEXT_DESK_CITIZEN)
            await joined.say(*JOINED)
            joined.asked()
            await joined.say(*leaves)
            assert joined.asked("Redirect", "Hangup") == [("Hangup", CITIZEN)]
