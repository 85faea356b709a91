"""Whose call it is while its agent's telephone is lost: by events, and by a snapshot alone."""

from dataclasses import replace

import pytest

from cti.effects import AgentAnswered, AgentReleased, Effect
from cti.message import AmiEvent
from cti.reducer import awaiting
from cti.snapshot import Snapshot, resync
from cti.state import LiveCall, State
from cti.staying import Stay, stay
from dialplans.names import CONTEXT_DESK_AWAY, CONTEXT_DESK_AWAY_ASKED
from tests.cti.streams import AT, CALL, CITIZEN, agent_leg, both, citizen_leg, event
from tests.cti.test_state import leg, play

FIRST = agent_leg(state="6")
ASKED = {**agent_leg("1002", 20, state="6"), "uniqueid": "side-20"}
BACK = {**agent_leg(number=21, state="6"), "uniqueid": "side-21"}


def joins(fields: dict[str, str]) -> AmiEvent:
    return event("ConfbridgeJoin", **fields)


def hangs_up(fields: dict[str, str]) -> AmiEvent:
    return event("Hangup", **fields, cause="16")


def consulting() -> State:
    """The first agent has asked a second, while the citizen waits."""
    state, _ = play(
        [
            event("Newstate", **citizen_leg()),
            both("AgentConnect", citizen_leg(), FIRST),
            joins(FIRST),
            joins(ASKED),
        ]
    )
    return state


def lost(*events: AmiEvent) -> tuple[LiveCall, list[Effect]]:
    """The first one's telephone is lost, and then these."""
    state, effects = play(events, awaiting(consulting(), CALL, "1001"))
    return state.calls[CALL], effects


def who(call: LiveCall) -> tuple[str | None, str | None, set[str]]:
    """Who has it, who is awaited, who is beside."""
    return call.agent_id, call.awaited, set(call.others)


def test_who_was_asked_does_not_get_the_call_while_its_agent_is_awaited() -> None:
    call, effects = lost(hangs_up(FIRST))
    assert who(call) == (None, "1001", {"1002"})
    assert effects[0] == AgentReleased(CALL, "1001", AT)
    assert not any(isinstance(one, AgentAnswered) for one in effects)


def test_who_hangs_up_and_is_not_awaited_leaves_the_call_to_whom_they_asked() -> None:
    state, effects = play([hangs_up(FIRST)], consulting())
    assert who(state.calls[CALL]) == ("1002", None, set())
    assert AgentAnswered(CALL, "1002", AT) in effects


def test_who_is_awaited_and_comes_back_has_the_call_again() -> None:
    call, effects = lost(hangs_up(FIRST), joins(BACK))
    assert who(call) == ("1001", None, {"1002"})
    assert call.agent_leg == BACK["uniqueid"]
    assert [one for one in effects if isinstance(one, AgentAnswered)] == [
        AgentAnswered(CALL, "1001", AT)
    ]


def test_who_is_back_before_their_lost_leg_is_gone_keeps_the_call() -> None:
    call, effects = lost(joins(BACK), hangs_up(FIRST))
    assert who(call) == ("1001", None, {"1002"})
    assert call.agent_leg == BACK["uniqueid"]
    assert not any(isinstance(one, AgentReleased | AgentAnswered) for one in effects)


def test_who_was_asked_and_comes_into_the_room_again_is_beside_whom_they_wait_for() -> None:
    call, _ = lost(hangs_up(FIRST), event("ConfbridgeLeave", **ASKED), joins(ASKED))
    assert who(call) == (None, "1001", {"1002"})


def test_whom_nobody_came_back_to_is_with_whom_was_asked() -> None:
    call, effects = lost(hangs_up(FIRST), joins(citizen_leg()))
    assert who(call) == ("1002", None, set())
    assert AgentAnswered(CALL, "1002", AT) in effects


@pytest.mark.parametrize("way", ["queue", "agent"])
def test_who_waits_in_a_queue_or_talks_with_another_waits_for_nobody(way: str) -> None:
    other = agent_leg("1003", 30, state="6")
    events = {
        "queue": event("QueueCallerJoin", **citizen_leg(), queue="helpline-hi"),
        "agent": both("AgentConnect", citizen_leg(), other),
    }
    call, _ = lost(hangs_up(FIRST), hangs_up(ASKED), events[way])
    assert call.awaited is None


def test_a_call_whose_citizen_is_gone_awaits_nobody() -> None:
    call, _ = lost(hangs_up(citizen_leg()))
    assert call.awaited is None


def snapshot(*agents: dict[str, str], away: bool) -> State:
    """What a server makes of it that has only just begun."""
    citizen = leg(citizen_leg())
    found = Snapshot(
        legs=(citizen, *(leg(one) for one in agents)),
        inside=frozenset(one["uniqueid"] for one in agents),
        on_hold=frozenset({CITIZEN}),
        waits_for={CITIZEN: "1001"},
        away=frozenset({CITIZEN} if away else ()),
    )
    state, _ = resync(State(), found, AT)
    return state


@pytest.mark.parametrize("away", [True, False])
def test_a_snapshot_tells_who_has_a_call_and_who_is_only_asked(away: bool) -> None:
    """Both legs are ours, and whichever Asterisk names first."""
    for agents in ((ASKED, BACK), (BACK, ASKED)):
        call = snapshot(*agents, away=away).calls[CALL]
        assert who(call) == ("1001", None, {"1002"})


def test_a_snapshot_tells_for_whom_a_citizen_waits() -> None:
    assert who(snapshot(ASKED, away=True).calls[CALL]) == (None, "1001", {"1002"})
    assert who(snapshot(away=True).calls[CALL]) == (None, "1001", set())


def test_who_was_asked_has_the_citizen_if_the_other_went_while_no_server_ran() -> None:
    assert who(snapshot(ASKED, away=False).calls[CALL]) == ("1002", None, set())


def test_a_snapshot_of_a_conversation_awaits_nobody() -> None:
    state = awaiting(consulting(), CALL, "1001")
    found = Snapshot(legs=tuple(replace(one) for one in state.legs.values()))
    state, _ = resync(state, found, AT)
    assert state.calls[CALL].awaited is None


@pytest.mark.parametrize(
    ("citizen", "on_hold", "third", "where", "context"),
    [
        (True, True, True, Stay.ON_HOLD, CONTEXT_DESK_AWAY_ASKED),
        (True, True, False, Stay.ALONE, CONTEXT_DESK_AWAY),  # who is asked rings only
        (True, False, False, Stay.ALONE, CONTEXT_DESK_AWAY),
        (True, False, True, Stay.HERE, None),  # all three talk
        (False, True, True, Stay.HERE, None),  # who was asked has lost theirs
        (False, False, False, Stay.HERE, None),
    ],
)
def test_where_a_citizen_stays_whose_agent_is_lost(
    citizen: bool, on_hold: bool, third: bool, where: Stay, context: str | None
) -> None:
    found = stay(citizen=citizen, on_hold=on_hold, third=third)
    assert (found, found.context) == (where, context)
