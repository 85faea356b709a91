"""Several agents' legs in a call, and a snapshot: whose it is, in whichever order they are told."""

from dataclasses import replace
from itertools import permutations

import pytest

from cti.snapshot import Snapshot, resync
from cti.state import LiveCall, State
from dialplans.names import SIDE_LEG
from tests.cti.streams import AT, CALL, CITIZEN, agent_leg, both, citizen_leg, event, outbound_leg
from tests.cti.test_state import leg, play

CITIZENS, AGENT = citizen_leg(), agent_leg(state="6")
BESIDE = {**agent_leg("1009", 20, state="6"), "uniqueid": f"{SIDE_LEG}20"}
COLLEAGUE = {**agent_leg("1002", 21, state="6"), "uniqueid": f"{SIDE_LEG}21"}
NEXT = agent_leg("1003", 30, state="6")


def conference(*others: dict[str, str]) -> State:
    """The agent whom a queue gave the citizen, who is in the room, and these."""
    state, _ = play(
        [
            event("Newstate", **CITIZENS),
            both("AgentConnect", CITIZENS, AGENT),
            *(event("ConfbridgeJoin", **one) for one in (AGENT, CITIZENS, *others)),
        ]
    )
    return state


def found(*legs: dict[str, str], inside: bool = True, beside: str = "") -> list[Snapshot]:
    """These and the citizen, in every order."""
    return [
        Snapshot(
            tuple(leg(one) for one in order),
            inside=frozenset(one["uniqueid"] for one in order if inside),
            beside={beside: "barge"} if beside else {},
        )
        for order in permutations((CITIZENS, *legs))
    ]


def who(state: State) -> tuple[str | None, set[str]]:
    call: LiveCall = state.calls[CALL]
    return call.agent_id, set(call.others)


@pytest.mark.parametrize("other", [BESIDE, COLLEAGUE], ids=["supervisor", "colleague"])
def test_a_conference_is_still_its_agents_after_a_gap(other: dict[str, str]) -> None:
    before = conference(other)
    for snapshot in found(AGENT, other):
        state, effects = resync(before, snapshot, AT)
        assert who(state) == who(before)
        assert effects == ()  # nobody's talk ends, or begins


def test_who_has_a_citizen_by_a_click_has_them_still_after_a_gap() -> None:
    """Their leg is one of ours as well, like that of whom they called in."""
    agent = {**AGENT, "uniqueid": f"{SIDE_LEG}30"}
    citizen = outbound_leg(CALL, state="6")
    joins = [event("ConfbridgeJoin", **one) for one in (agent, citizen, COLLEAGUE)]
    before, _ = play(joins)
    assert who(before) == ("1001", {"1002"})
    for order in permutations((citizen, agent, COLLEAGUE)):
        inside = frozenset(one["uniqueid"] for one in order)
        state, effects = resync(before, Snapshot(tuple(map(leg, order)), inside=inside), AT)
        assert (who(state), effects) == (("1001", {"1002"}), ())


@pytest.mark.parametrize("other", [BESIDE, COLLEAGUE], ids=["supervisor", "colleague"])
def test_a_server_that_was_started_anew_gives_it_to_whom_a_queue_gave_it(
    other: dict[str, str],
) -> None:
    for snapshot in found(AGENT, other):
        state, _ = resync(State(), snapshot, AT)
        assert who(state) == ("1001", {agent_of(other)})


def agent_of(fields: dict[str, str]) -> str:
    return str(leg(fields).agent_id)


def test_a_server_that_was_started_anew_gives_it_to_no_supervisor_who_joined() -> None:
    """Theirs may be the older leg, and ours is also that of who was asked and has it now."""
    for snapshot in found(COLLEAGUE, BESIDE, beside=BESIDE["uniqueid"]):
        state, _ = resync(State(), snapshot, AT)
        assert who(state) == ("1002", {"1009"})


def test_of_two_whom_we_rang_the_first_one_has_it() -> None:
    later = {**BESIDE, "uniqueid": f"{SIDE_LEG}22"}
    for snapshot in found(COLLEAGUE, later):
        state, _ = resync(State(), snapshot, AT)
        assert who(state) == ("1002", {"1009"})


def test_an_agent_who_was_left_in_the_room_has_it_no_more() -> None:
    """The citizen was handed on in the gap, and the two who talked are still there."""
    before = conference(COLLEAGUE)
    room = {AGENT["uniqueid"], COLLEAGUE["uniqueid"]}
    for snapshot in found(AGENT, COLLEAGUE, NEXT):
        state, _ = resync(before, replace(snapshot, inside=frozenset(room)), AT)
        assert who(state) == ("1003", {"1001", "1002"})


def test_who_is_asked_while_the_citizen_waits_does_not_have_it() -> None:
    """Also where the citizen's leg did not tell for whom it waits."""
    before = conference()
    for snapshot in found(AGENT, COLLEAGUE):
        held = replace(
            snapshot, inside=frozenset({AGENT["uniqueid"]}), on_hold=frozenset({CITIZEN})
        )
        assert who(resync(before, held, AT)[0]) == ("1001", {"1002"})


def test_whose_agent_went_in_the_gap_is_the_next_ones() -> None:
    before = conference(BESIDE, COLLEAGUE)
    for snapshot in found(COLLEAGUE, BESIDE, beside=BESIDE["uniqueid"]):
        assert who(resync(before, snapshot, AT)[0]) == ("1002", {"1009"})
