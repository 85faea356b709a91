"""The agent who paused the recording hands the citizen over, or leaves: it records again."""

import pytest

from cti.directory import Kind, Target
from cti.errors import NotNowError
from cti.why import Why
from tests.cti.parts import Parts, asked_leg, parts
from tests.cti.streams import CALL, CITIZEN, agent_leg, citizen_leg, event

AGENT = agent_leg(state="6")
HANGS_UP = event("Hangup", **AGENT, cause="16")
HANDED_ON = ("handed on", None)
COLLEAGUE = Target(Kind.AGENT, "1002")
POLICE = Target(Kind.NUMBER, "112", emergency="112")


async def consulted(joined: Parts) -> dict[str, str]:
    """The citizen waits, whom the agent asked is in the room."""
    third = asked_leg(await joined.control.consult("1001", COLLEAGUE), "1002", "6")
    for leg in (AGENT, third):
        await joined.say(event("ConfbridgeJoin", **leg))
    return third


async def test_a_transfer_after_asking_ends_the_pause_before_the_citizen_is_moved() -> None:
    async with parts("1002") as joined:
        await consulted(joined)
        joined.asked()
        before: list[tuple[str, ...]] = []

        async def pause_ends() -> None:
            before.extend(joined.asked("Redirect", "Hangup"))

        joined.ended.meanwhile = pause_ends
        await joined.control.complete("1001")
        assert joined.ended.pauses == [("agent:1001", None)]
        assert before == []
        assert [one[0] for one in joined.asked("Redirect", "Hangup")] == ["Redirect", "Hangup"]


async def test_whom_nobody_is_left_to_take_stays_with_the_agent() -> None:
    """Who was asked hangs up while the pause is being ended."""
    async with parts("1002") as joined:
        third = await consulted(joined)

        async def hangs_up() -> None:
            await joined.say(event("Hangup", **third, cause="16"))

        joined.ended.meanwhile = hangs_up
        joined.asked()
        with pytest.raises(NotNowError) as refused:
            await joined.control.complete("1001")
        assert refused.value.reason.code == Why.NOBODY_ANSWERED
        assert [one[:2] for one in joined.asked("Redirect", "Hangup")] == [("Redirect", CITIZEN)]


async def test_who_hangs_up_in_a_consultation_leaves_no_pause_behind() -> None:
    async with parts("1002") as joined:
        await consulted(joined)
        await joined.say(HANGS_UP)
        assert joined.ended.pauses == [HANDED_ON]
        assert joined.live.state.calls[CALL].agent_id == "1002"


async def test_who_leaves_a_conference_leaves_no_pause_of_theirs_behind() -> None:
    for target, agent in ((COLLEAGUE, "1002"), (POLICE, None)):
        async with parts("1002") as joined:
            third = asked_leg(await joined.control.conference("1001", target), agent, "6")
            for leg in (AGENT, citizen_leg(), third):
                await joined.say(event("ConfbridgeJoin", **leg))
            await joined.say(HANGS_UP)
            # Who has the citizen now may have begun one of their own by then: it stands.
            assert joined.ended.pauses == [("handed on", "agent:1001")]


async def test_who_was_beside_and_leaves_ends_no_pause() -> None:
    async with parts("1002") as joined:
        third = asked_leg(await joined.control.conference("1001", COLLEAGUE), "1002", "6")
        for leg in (AGENT, citizen_leg(), third):
            await joined.say(event("ConfbridgeJoin", **leg))
        await joined.say(event("Hangup", **third, cause="16"))
        assert joined.ended.pauses == []


async def test_who_is_taken_back_from_a_consultation_is_paused_as_before() -> None:
    async with parts("1002") as joined:
        await consulted(joined)
        await joined.control.cancel("1001")
        assert joined.ended.pauses == []
