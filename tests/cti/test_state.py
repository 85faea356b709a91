"""Who is talking, from events as Asterisk sends them, and from events as it should not."""

from collections.abc import Iterable
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from cti.effects import (
    AgentAnswered,
    AgentHungUp,
    AgentReleased,
    CitizenLegEnded,
    CitizenWaits,
    Effect,
    LeftQueue,
    OfferToAgent,
    OfferWithdrawn,
    OriginateFailed,
    QueueAbandoned,
    RangOut,
)
from cti.events import Leg, leg_of, parse
from cti.message import AmiEvent
from cti.reducer import reduce
from cti.snapshot import Member, Snapshot, members_of, resync
from cti.state import State
from cti.views import SIGNED_OUT, AgentStatus, AgentView, agent_view, touched, views
from tests.cti.streams import (
    AT,
    CALL,
    CITIZEN,
    agent_leg,
    answered_call,
    both,
    citizen_leg,
    event,
    missed_and_abandoned,
    no_channel_attempt,
    outbound_leg,
    unanswered_attempt,
)


def play(events: Iterable[AmiEvent], state: State | None = None) -> tuple[State, list[Effect]]:
    state = state or State()
    all_effects: list[Effect] = []
    for raw in events:
        parsed = parse(raw)
        if parsed is not None:
            state, effects = reduce(state, parsed, AT)
            all_effects += effects
    return state, all_effects


def leg(fields: dict[str, str]) -> Leg:
    found = leg_of(event("CoreShowChannel", **fields))
    assert found is not None
    return found


def test_an_answered_call_pops_before_it_is_answered_and_ends_once() -> None:
    state, effects = play(answered_call())
    assert effects == [
        CitizenWaits(CALL, "helpline-hi", AT),
        OfferToAgent(CALL, "1001", "helpline-hi", "9876543210", AT),
        AgentAnswered(CALL, "1001", AT),
        AgentReleased(CALL, "1001", AT),
        AgentHungUp(CALL, "1001", "lab1-1795310368.14", AT),
        CitizenLegEnded(CALL, False, True, 16, True, AT),
    ]
    assert (state.legs, state.calls) == ({}, {})


def test_who_leaves_the_queue_for_an_emergency_service_waits_no_more() -> None:
    waits = answered_call()[:3]
    state, effects = play(waits)
    assert state.waiting
    service = agent_leg("trunk", state="0")
    dialled = both("DialBegin", citizen_leg(), service)
    assert service["channel"].startswith("PJSIP/trunk-")
    state, effects = play([dialled], state)
    assert (effects, dict(state.waiting)) == ([LeftQueue(CALL, AT)], {})
    talks, _ = play(answered_call()[:-3])
    _, effects = play([dialled], talks)  # handed on by an agent: they had left it before
    assert effects == []


def test_who_is_handed_a_citizen_out_of_a_room_is_offered_them_while_the_first_agent_goes() -> None:
    """Who was in the room is kept there for a moment: the next telephone rings already."""
    first, second = agent_leg(state="6"), agent_leg("1002", number=30)
    talking, _ = play(answered_call()[:9])
    handed_on = [
        event("ConfbridgeJoin", **first),
        event("ConfbridgeJoin", **citizen_leg()),
        event("ConfbridgeLeave", **citizen_leg()),
        event("ConfbridgeLeave", **first),
        event("Newchannel", **second | {"channelstate": "0", "call": ""}),
        both("DialBegin", citizen_leg(), second | {"channelstate": "0"}),
        event("Newstate", **second),
    ]
    state, effects = play(handed_on, talking)
    assert effects == [OfferToAgent(CALL, "1002", "helpline-hi", "9876543210", AT)]
    assert agent_view(state, "1002") == AgentView(AgentStatus.RINGING, CALL)
    state, effects = play([event("Hangup", **first, cause="16")], state)
    assert effects[0] == AgentReleased(CALL, "1001", AT)
    assert agent_view(state, "1002") == AgentView(AgentStatus.RINGING, CALL)
    up = second | {"channelstate": "6"}
    answers = both("DialEnd", citizen_leg(), up, dialstatus="ANSWER")
    state, effects = play([answers], state)
    assert effects == [AgentAnswered(CALL, "1002", AT)]
    # Told late, it does not ring at whom they talk with, and not for one who has hung up.
    late = both("DialBegin", citizen_leg(), up)
    assert play([late, event("Hangup", **up, cause="16"), late], state)[1][:1] == [
        AgentReleased(CALL, "1002", AT)
    ]


@pytest.mark.parametrize(("cause", "hung_up"), [("44", False), ("0", True), ("16", True)])
def test_a_telephone_that_was_lost_has_not_hung_up(cause: str, hung_up: bool) -> None:
    told = answered_call()[:-2]
    _, effects = play([*told, event("Hangup", **agent_leg(state="6"), cause=cause)])
    assert isinstance(effects[-1], AgentHungUp) is hung_up
    assert AgentReleased(CALL, "1001", AT) in effects


def test_who_rang_and_hung_up_left_no_conversation() -> None:
    ringing = agent_leg()
    _, effects = play(
        [both("AgentCalled", citizen_leg(), ringing), event("Hangup", **ringing, cause="16")]
    )
    assert effects[1:] == [OfferWithdrawn(CALL, "1001", AT)]


def test_every_event_twice_has_no_further_effect() -> None:
    _, once = play(answered_call())
    _, twice = play(e for e in answered_call() for _ in range(2))
    _, again = play([*answered_call(), *answered_call()])
    assert once == twice == again


def test_a_missed_offer_is_withdrawn_and_may_come_again() -> None:
    state, effects = play(missed_and_abandoned())
    assert effects == [
        CitizenWaits(CALL, "helpline-hi", AT),
        OfferToAgent(CALL, "1001", "helpline-hi", "9876543210", AT),
        OfferWithdrawn(CALL, "1001", AT),
        RangOut(CALL, "1001", "helpline-hi", AT),
        OfferToAgent(CALL, "1001", "helpline-hi", "9876543210", AT),
        QueueAbandoned(CALL, "helpline-hi", AT),
        OfferWithdrawn(CALL, "1001", AT),
        CitizenLegEnded(CALL, False, True, None, True, AT),
    ]
    assert state.calls == {}


def test_who_goes_on_to_another_queue_waits_there() -> None:
    caller = citizen_leg()
    _, effects = play(
        [
            event("QueueCallerJoin", **caller, queue="first"),
            event("QueueCallerLeave", **caller, queue="first"),
            event("QueueCallerJoin", **caller, queue="second"),
            event("QueueCallerJoin", **caller, queue="second"),
        ]
    )
    assert effects == [CitizenWaits(CALL, "first", AT), CitizenWaits(CALL, "second", AT)]


def test_the_others_offers_end_when_one_agent_answers() -> None:
    one, two = agent_leg("1001", 1), agent_leg("1002", 2)
    _, effects = play(
        [
            both("AgentCalled", citizen_leg(), one),
            both("AgentCalled", citizen_leg(), two),
            both("AgentConnect", citizen_leg(), two),
        ]
    )
    assert effects[2:] == [OfferWithdrawn(CALL, "1001", AT), AgentAnswered(CALL, "1002", AT)]


def test_a_call_answered_before_it_was_seen_ringing_still_pops_first() -> None:
    _, effects = play([both("AgentConnect", citizen_leg(), agent_leg(state="6"))])
    assert effects == [
        OfferToAgent(CALL, "1001", "helpline-hi", "9876543210", AT),
        AgentAnswered(CALL, "1001", AT),
    ]


def test_a_late_offer_of_a_leg_that_is_over_has_no_effect() -> None:
    events = missed_and_abandoned()
    state, _ = play(events[:6])  # the citizen still waits
    assert play([events[3]], state)[1] == []
    state, _ = play(events)
    assert play([events[3], events[6]], state) == (state, [])


def test_a_late_answer_of_a_talk_that_is_over_has_no_effect() -> None:
    events = answered_call()
    state, _ = play(events[:10])  # the citizen is still there, the agent has done
    assert play([events[8]], state)[1] == []


def test_an_answered_leg_stays_answered() -> None:
    call = uuid4()
    late = outbound_leg(call, state="5")
    up = event("Newstate", **outbound_leg(call, state="6"))
    _, effects = play([up, event("Newstate", **late), event("Hangup", **late, cause="16")])
    assert effects == [CitizenLegEnded(call, True, True, 16, True, AT)]


def asked_leg(agent: str = "1002", state: str = "5") -> dict[str, str]:
    """Of an agent whom another asks: we ring them, so the leg has an id of ours."""
    return {**agent_leg(agent, 20, state=state), "uniqueid": "side-1", "linkedid": "side-1"}


def test_who_is_asked_beside_an_agent_is_offered_the_call_until_they_answer_or_do_not() -> None:
    """Asterisk's first word of their leg names no call."""
    talking, _ = play(answered_call()[:9])
    newborn = event("Newchannel", **{**asked_leg(state="0"), "call": ""})
    ringing, effects = play([newborn, event("Newstate", **asked_leg())], talking)
    assert effects == [OfferToAgent(CALL, "1002", "helpline-hi", "9876543210", AT)]
    assert views(ringing)["1002"] == AgentView(AgentStatus.RINGING, CALL)
    assert views(ringing)["1001"] == AgentView(AgentStatus.IN_CALL, CALL)
    gone = event("Hangup", **asked_leg(), cause="17")
    assert play([gone], ringing)[1] == [OfferWithdrawn(CALL, "1002", AT)]
    up = asked_leg(state="6")
    joined = [event("Newstate", **up), event("ConfbridgeJoin", **up)]
    inside, effects = play(joined, ringing)
    assert effects == []
    assert views(inside)["1002"] == AgentView(AgentStatus.IN_CALL, CALL)


def test_a_snapshot_leaves_who_is_asked_ringing_and_withdraws_from_whom_the_queue_rang() -> None:
    legs = [leg(one) for one in (asked_leg(), agent_leg("1003", 15), agent_leg(state="6"))]
    talking, effects = resync(State(), Snapshot((leg(citizen_leg()), *legs)), AT)
    told = {effect.agent_id for effect in effects if isinstance(effect, OfferToAgent)}
    assert told == {"1001", "1002"}
    assert talking.calls[CALL].offers == {"1002": "side-1"}


def test_a_call_that_we_placed_is_the_citizens_whatever_it_is_linked_to() -> None:
    call = uuid4()
    leg = {**outbound_leg(call), "linkedid": "lab1-1795310368.1"}
    _, effects = play([event("Hangup", **leg, cause="17")])
    assert effects == [CitizenLegEnded(call, True, False, 17, True, AT)]


def test_an_attempt_that_is_not_answered_tells_cause_and_failure_in_either_order() -> None:
    for first in (True, False):
        call = uuid4()
        told = unanswered_attempt(call, response_first=first)
        state, effects = play([*told, *told])
        assert len(effects) == 2
        assert set(effects) == {
            CitizenLegEnded(call, True, False, 17, True, AT),
            OriginateFailed(call, None, AT),
        }
        assert state.calls == {}


def test_an_attempt_without_a_channel_fails_by_its_response_alone() -> None:
    call = uuid4()
    assert play(no_channel_attempt(call))[1] == [OriginateFailed(call, None, AT)]


def test_an_attempt_ended_before_it_had_our_variable_is_known_by_its_channel() -> None:
    call = uuid4()
    leg = outbound_leg(call, variable=False)
    _, effects = play([event("Newchannel", **leg), event("Hangup", **leg, cause="34")])
    assert effects == [CitizenLegEnded(call, True, False, 34, True, AT)]


def test_the_hangup_of_a_leg_never_seen_before_still_ends_its_call() -> None:
    _, effects = play([event("Hangup", **citizen_leg(), cause="16")])
    assert effects == [CitizenLegEnded(CALL, False, True, 16, True, AT)]


def test_what_an_agent_is_doing() -> None:
    events = answered_call()
    member = event("QueueMemberAdded", queue="helpline-hi", interface="PJSIP/1001")
    states = [AgentStatus.SIGNED_OUT]
    state = State()
    for raw in [member, *events]:
        state, _ = play([raw], state)
        view = agent_view(state, "1001")
        if view.status is not states[-1]:
            states.append(view.status)
    signed_out, available = AgentStatus.SIGNED_OUT, AgentStatus.READY
    assert states == [signed_out, available, AgentStatus.RINGING, AgentStatus.IN_CALL, available]
    removed = event("QueueMemberRemoved", queue="helpline-hi", interface="PJSIP/1001")
    assert agent_view(play([removed], state)[0], "1001") == AgentView(signed_out)


def test_an_agents_own_call_is_nobodys() -> None:
    own = {**agent_leg(citizen="lab1-1795310368.14"), "call": ""}
    assert play([event("Newchannel", **own), event("Hangup", **own, cause="16")])[1] == []


# --- snapshots


def test_a_snapshot_ends_what_is_gone_and_withdraws_its_offers() -> None:
    state, _ = play(answered_call()[:5])
    healed, effects = resync(state, Snapshot(), AT)
    assert effects == (
        OfferWithdrawn(CALL, "1001", AT),
        CitizenLegEnded(CALL, False, True, None, False, AT),
    )
    assert (healed.legs, healed.calls) == ({}, {})
    # what was still under way when the link broke finds nothing to do
    assert play(answered_call(), healed)[1] == []


def test_an_agent_with_two_legs_in_a_call_is_told_of_it_once() -> None:
    one, two = agent_leg(number=1, state="6"), agent_leg(number=2, state="6")
    state, effects = resync(State(), Snapshot((leg(citizen_leg()), leg(one), leg(two))), AT)
    assert effects == (
        OfferToAgent(CALL, "1001", "", "9876543210", AT),
        AgentAnswered(CALL, "1001", AT),
    )
    assert resync(state, Snapshot((leg(citizen_leg()),)), AT)[1] == (
        AgentReleased(CALL, "1001", AT),
    )


def test_a_snapshot_brings_the_screen_pop_and_the_answer_that_were_missed() -> None:
    ringing = Snapshot(
        (leg(citizen_leg()), leg(agent_leg())), {CITIZEN: "helpline-hi"}, waited={CITIZEN: 9.0}
    )
    state, effects = resync(State(), ringing, AT)
    assert effects == (
        CitizenWaits(CALL, "helpline-hi", AT - timedelta(seconds=9)),
        OfferToAgent(CALL, "1001", "helpline-hi", "9876543210", AT),
    )
    assert resync(state, ringing, AT)[1] == ()
    talking = Snapshot((leg(citizen_leg()), leg(agent_leg(state="6"))))
    state, effects = resync(state, talking, AT)
    assert effects == (AgentAnswered(CALL, "1001", AT),)
    assert state.calls[CALL].queue == "helpline-hi"
    assert resync(state, talking, AT) == (state, ())


def test_a_snapshot_without_variables_keeps_the_calls_that_were_known() -> None:
    state, _ = play(answered_call()[:5])
    bare = Snapshot(tuple(leg({**fields, "call": ""}) for fields in (citizen_leg(), agent_leg())))
    healed, effects = resync(state, bare, AT)
    assert effects == ()
    assert healed.calls.keys() == {CALL}


def test_a_snapshot_alone_tells_in_which_queue_a_conversation_began() -> None:
    """As after a restart of ours: the wrap-up that follows is that queue's."""
    citizen = AmiEvent(
        "CoreShowChannel",
        {"event": "CoreShowChannel", **citizen_leg()},
        {"HELPLINE_CALL": str(CALL), "HELPLINE_QUEUE": "helpline-hi"},
        {},
    )
    theirs = leg_of(citizen)
    assert theirs is not None
    state, _ = resync(State(), Snapshot((theirs, leg(agent_leg(state="6")))), AT)
    assert (state.calls[CALL].queue, state.calls[CALL].agent_id) == ("helpline-hi", "1001")


def test_who_hung_up_does_not_wait_even_if_their_leaving_was_never_told() -> None:
    state, _ = play(answered_call()[:3])
    assert state.waiting.keys() == {CITIZEN}
    state, _ = play([event("Hangup", **citizen_leg(), cause="16")], state)
    assert state.waiting == {}


def test_a_hangup_seen_before_the_snapshot_is_not_undone_by_it() -> None:
    state, _ = play(answered_call())
    healed, effects = resync(state, Snapshot((leg(citizen_leg()),)), AT)
    assert (healed.legs, effects) == ({}, ())


def seat(name: str = "QueueMemberAdded", status: str = "1", queue: str = "q") -> AmiEvent:
    return event(name, queue=queue, interface="PJSIP/1001", status=status, paused="0")


@pytest.mark.parametrize(
    ("status", "word"),
    [
        ("0", AgentStatus.READY),  # (Unknown) is rung
        ("1", AgentStatus.READY),
        ("4", AgentStatus.UNREACHABLE),  # (Invalid): there is no such endpoint
        ("5", AgentStatus.UNREACHABLE),  # (Unavailable)
    ],
)
def test_who_would_take_calls_and_has_no_telephone_is_unreachable(
    status: str, word: AgentStatus
) -> None:
    assert agent_view(play([seat(status=status)])[0], "1001").status is word
    lost, _ = play([seat(), seat("QueueMemberStatus", status)])
    assert agent_view(lost, "1001").status is word
    back, _ = play([seat("QueueMemberStatus", "1")], lost)
    assert agent_view(back, "1001").status is AgentStatus.READY


def test_a_pause_and_a_call_say_more_than_a_telephone_that_is_away() -> None:
    state, _ = play([seat(status="5"), *answered_call()[:9]])
    assert agent_view(state, "1001").status is AgentStatus.IN_CALL
    pause = event(
        "QueueMemberPause", queue="q", interface="PJSIP/1001", status="5", paused="1",
        pausedreason="meal",
    )  # fmt: skip
    state, _ = play([seat(status="5"), pause])
    assert agent_view(state, "1001") == AgentView(AgentStatus.PAUSED, reason="meal")


def test_a_word_on_the_telephone_seats_nobody_and_is_forgotten_with_the_last_seat() -> None:
    late = seat("QueueMemberStatus", "5")
    assert play([late])[0] == State()
    two = [seat(status="5"), seat(status="5", queue="r")]
    one_left, _ = play([*two, seat("QueueMemberRemoved", "5")])
    assert agent_view(one_left, "1001").status is AgentStatus.UNREACHABLE
    none_left, _ = play([seat("QueueMemberRemoved", "5", "r"), late], one_left)
    assert (none_left.unreachable, none_left.members) == (frozenset(), frozenset())


def test_a_snapshot_tells_whose_telephone_is_away() -> None:
    events = (
        seat("QueueMember", "5"),
        event("QueueMember", queue="q", location="PJSIP/1002", status="1", membership="dynamic"),
    )
    members = members_of(
        [AmiEvent(e.name, {**e.fields, "location": e.get("location") or e.get("interface")})
         for e in events]
    )  # fmt: skip
    before, _ = play([seat(), seat("QueueMemberStatus", "1")])
    state, _ = resync(before, Snapshot(members=members), AT)
    assert {id: view.status for id, view in views(state).items()} == {
        "1001": AgentStatus.UNREACHABLE, "1002": AgentStatus.READY,
    }  # fmt: skip
    healed, _ = resync(state, Snapshot(members=frozenset({Member("q", "1001")})), AT)
    assert agent_view(healed, "1001").status is AgentStatus.READY


def test_a_call_that_rings_out_counts_once_however_often_it_is_told() -> None:
    told = missed_and_abandoned()[:6]
    for events in (told, [*told, *told], [*told[:4], told[5], told[4], told[4]]):
        assert [e for e in play(events)[1] if isinstance(e, RangOut)] == [
            RangOut(CALL, "1001", "helpline-hi", AT)
        ]


# --- properties

_CALLS = [UUID(int=number) for number in (1, 2)]


@st.composite
def any_event(draw: st.DrawFn) -> AmiEvent:
    """Anything that Asterisk could say about two calls, three agents' legs and one attempt."""
    call = draw(st.sampled_from(_CALLS))
    citizen = citizen_leg(f"c-{call.int}", call, draw(st.sampled_from("0456")))
    if draw(st.booleans()):
        citizen["call"] = draw(st.sampled_from(["", "nonsense", str(_CALLS[0])]))
    agent = agent_leg(
        draw(st.sampled_from(["1001", "1002"])), draw(st.integers(1, 3)), f"c-{call.int}", call,
        draw(st.sampled_from("056")),
    )  # fmt: skip
    kind = draw(st.integers(0, 6))
    if kind == 0:
        names = ["AgentCalled", "AgentConnect", "AgentComplete", "AgentRingNoAnswer"]
        return both(draw(st.sampled_from(names)), citizen, agent)
    if kind == 1:
        names = ["QueueCallerJoin", "QueueCallerLeave", "QueueCallerAbandon"]
        return event(draw(st.sampled_from(names)), **citizen, queue="helpline-hi")
    if kind == 2:
        return draw(st.sampled_from(unanswered_attempt(UUID(int=9)) + no_channel_attempt(call)))
    if kind == 3:
        name = draw(st.sampled_from(["QueueMemberAdded", "QueueMemberRemoved"]))
        return event(name, queue="q", interface=draw(st.sampled_from(["PJSIP/1001", "Local/x"])))
    name = draw(st.sampled_from(["Newchannel", "Newstate", "Hangup", "Hangup"]))
    about = draw(st.sampled_from([citizen, agent, outbound_leg(UUID(int=9))]))
    return event(name, **about, cause=draw(st.sampled_from(["", "0", "16", "x"])))


def well_told(effects: Iterable[Effect]) -> None:
    """Each agent's page hears a story that makes sense; each call ends at most once."""
    heard: dict[tuple[UUID, str], str] = {}
    ended: list[UUID] = []
    for effect in effects:
        match effect:
            case OfferToAgent(call, agent):
                assert (call, agent) not in heard
                heard[call, agent] = "offered"
            case AgentAnswered(call, agent):
                assert heard[call, agent] == "offered"
                heard[call, agent] = "answered"
            case OfferWithdrawn(call, agent):
                assert heard.pop((call, agent)) == "offered"
            case AgentReleased(call, agent):
                assert heard.pop((call, agent)) == "answered"
            case CitizenLegEnded(call):
                ended.append(call)
            case OriginateFailed() | QueueAbandoned() | CitizenWaits() | RangOut() | AgentHungUp():
                pass
    assert max((ended.count(call) for call in ended), default=0) <= 2


@settings(max_examples=300, deadline=None)
@given(st.lists(any_event(), max_size=40))
def test_any_order_and_repetition_of_events_tells_a_story_that_makes_sense(
    events: list[AmiEvent],
) -> None:
    well_told(play(events)[1])


@settings(max_examples=100, deadline=None)
@given(st.permutations(answered_call() + missed_and_abandoned()))
def test_a_calls_events_in_any_order_leave_nothing_behind(events: list[AmiEvent]) -> None:
    state, effects = play(events)
    well_told(effects)
    assert state.waiting.keys() <= state.legs.keys()
    assert sum(isinstance(effect, CitizenLegEnded) for effect in effects) == 1
    healed, more = resync(state, Snapshot(), AT)
    well_told([*effects, *more])
    assert (healed.legs, healed.calls) == ({}, {})


@settings(max_examples=200, deadline=None)
@given(st.lists(any_event(), max_size=25), st.lists(any_event(), max_size=8))
def test_after_a_snapshot_the_state_is_the_snapshot(
    before: list[AmiEvent], shown: list[AmiEvent]
) -> None:
    state, effects = play(before)
    legs = {leg.channel_id: leg for raw in shown if (leg := leg_of(raw)) is not None}
    fresh = {id: leg for id, leg in legs.items() if id not in state.spent or id in state.legs}
    snapshot = Snapshot(tuple(legs.values()), {}, frozenset({Member("q", "1001")}))
    healed, more = resync(state, snapshot, AT)
    assert healed.legs.keys() == fresh.keys()
    assert {leg.call_id for leg in healed.legs.values() if leg.call_id} == healed.calls.keys()
    assert healed.members == {("q", "1001")}
    well_told([*effects, *more])
    assert resync(healed, snapshot, AT) == (healed, ())


@st.composite
def pause_or_hold(draw: st.DrawFn) -> AmiEvent:
    agent = draw(st.sampled_from(["1001", "1002"]))
    status = draw(st.sampled_from(["", "0", "1", "5"]))
    if draw(st.booleans()):
        return event("QueueMemberStatus", queue="q", interface=f"PJSIP/{agent}", status=status)
    if draw(st.booleans()):
        return event(
            "QueueMemberPause", status=status, queue=draw(st.sampled_from(["q", "r"])),
            interface=f"PJSIP/{agent}", paused=draw(st.sampled_from("01")),
            pausedreason=draw(st.sampled_from(["", "meal", "wrap_up"])),
        )  # fmt: skip
    call = draw(st.sampled_from(_CALLS))
    leg = agent_leg(agent, draw(st.integers(1, 3)), f"c-{call.int}", call, "6")
    names = ["Hold", "Unhold", "ConfbridgeJoin", "ConfbridgeLeave"]
    return event(draw(st.sampled_from(names)), **leg)


@settings(max_examples=300, deadline=None)
@given(st.lists(st.one_of(any_event(), pause_or_hold()), max_size=40))
@example(
    [
        event("Unhold", **agent_leg("1001", 2, "c-1", CALL, "6")),
        event("ConfbridgeJoin", **agent_leg("1002", 2, "c-1", CALL, "6")),  # one leg, two names
        event("Hold", **agent_leg("1001", 2, "c-1", CALL, "6")),
    ]
)
def test_who_is_not_touched_by_an_event_is_doing_the_same_after_it(events: list[AmiEvent]) -> None:
    state = State()
    for raw in events:
        before, (state, _) = state, play([raw], state)
        were, are = views(before), views(state)
        agents = {"1001", "1002"}
        assert {a for a in agents if were.get(a) != are.get(a)} <= touched(before, state)
        assert {a: agent_view(state, a) for a in agents} == {
            a: are.get(a, SIGNED_OUT) for a in agents
        }


@given(st.text(max_size=12), st.dictionaries(st.text(max_size=8), st.text(max_size=40)))
def test_no_event_however_strange_raises(name: str, fields: dict[str, str]) -> None:
    known = ("Hangup", "AgentCalled", "OriginateResponse", "QueueMemberAdded", name)
    strange = {"uniqueid": "1", "actionid": "²", "cause": "²", "interface": "PJSIP/", **fields}
    for kind in known:
        play([AmiEvent(kind, strange, fields, fields)])
