"""Who is talking: a pure reducer from events to state, and from changes of state to effects.

Events may come twice, late, out of order or not at all. Three rules make that harmless: every
event names its call, so that each is understood by itself; an id whose part is over (`spent`)
never begins anything again; effects are the difference between two states, so that what is
already so has no effect. What was missed is healed by the next snapshot (`resync`).
"""

from dataclasses import replace
from datetime import datetime
from uuid import UUID

from cti.differences import differences
from cti.effects import (
    AgentHungUp,
    CitizenLegEnded,
    Effect,
    LeftQueue,
    OriginateFailed,
    QueueAbandoned,
    RangOut,
)
from cti.events import (
    AgentCalled,
    AgentConnected,
    AgentDone,
    CallerLeft,
    CallerQueued,
    DialBegun,
    DialOver,
    Event,
    Leg,
    LegGone,
    LegHeld,
    LegSeen,
    MemberChanged,
    NotAnswered,
    OriginateEnded,
    OthersDialled,
    RoomChanged,
    SideFailed,
    TelephoneSeen,
)
from cti.state import LiveCall, State, Waiting, is_outbound, merged, remember, without_citizen
from dialplans.names import SIDE_LEG

_HUNG_UP = (None, 16)
"""Q.850 of who hangs up, if Asterisk knows any. A telephone that is silent is ended with 44."""


def reduce(state: State, event: Event, at: datetime) -> tuple[State, tuple[Effect, ...]]:
    """The state after `event`, and what follows from it. Never raises."""
    match event:
        case LegSeen(leg):
            return _with_differences(state, _see(state, leg), at)
        case LegGone(leg, cause):
            return _leg_gone(state, leg, cause, at)
        case CallerQueued(leg, queue):
            joined = _wait(_join(_see(state, leg), leg, queue), leg, queue, at)
            return _with_differences(state, joined, at)
        case CallerLeft(leg, abandoned):
            return _caller_left(_wait(state, leg, "", at), leg, abandoned, at)
        case AgentCalled(caller, agent, queue):
            seen = _join(_see(_see(state, caller), agent), caller, queue)
            return _with_differences(state, _offer(seen, caller, agent), at)
        case AgentConnected(caller, agent, queue):
            seen = _join(_see(_see(state, caller), agent), caller, queue)
            return _with_differences(state, _connect(seen, caller, agent), at)
        case AgentDone(agent):
            return _with_differences(state, _agent_done(state, agent), at)
        case NotAnswered(agent, queue):
            return _not_answered(state, agent, queue, at)
        case OriginateEnded(call_id, answered, reason):
            return _originate_ended(state, call_id, answered, reason, at)
        case MemberChanged():
            return _member_changed(state, event), ()
        case TelephoneSeen(agent_id, reachable):
            return _telephone_seen(state, agent_id, reachable), ()
        case DialBegun(caller, agent):
            seen = _see(_see(state, caller), agent)
            return _with_differences(state, _ring(seen, caller, agent), at)
        case OthersDialled(caller):
            return _others_dialled(state, caller, at)
        case DialOver(caller, agent, answered):
            seen = _see(_see(state, caller), agent)
            new = _connect(seen, caller, agent) if answered else _without_offer(seen, agent)
            return _with_differences(state, new, at)
        case RoomChanged(leg, inside):
            return _with_differences(state, _room_changed(_see(state, leg), leg, inside), at)
        case SideFailed(leg_id):
            return _with_differences(state, _side_failed(state, leg_id), at)
        case LegHeld(leg, held):
            return _hold(_see(state, leg), leg, held), ()


def awaiting(state: State, call_id: UUID, agent_id: str | None) -> State:
    """The citizen of this call waits for an agent whose telephone was lost; None: for nobody."""
    call = state.calls.get(call_id)
    return state if call is None else _put(state, replace(call, awaited=agent_id))


def _with_differences(old: State, new: State, at: datetime) -> tuple[State, tuple[Effect, ...]]:
    return new, differences(old, new, at)


def _see(state: State, leg: Leg) -> State:
    """A leg is alive."""
    known = state.legs.get(leg.channel_id)
    if known is None and leg.channel_id in state.spent:
        return state
    # Asterisk's first word of a leg that we ring names no call yet: that comes with the second.
    unnamed = known is None or known.call_id is None
    leg = merged(known, leg)
    if leg == known:
        return state
    state = replace(state, legs={**state.legs, leg.channel_id: leg})
    if leg.call_id is None:
        return state
    call = state.calls.get(leg.call_id, LiveCall(leg.call_id))
    if leg.citizen:
        # Of a call that we place, Asterisk names us as the caller.
        number = "" if is_outbound(leg) else leg.number
        call = replace(call, citizen_leg=leg.channel_id, number=call.number or number)
    elif leg.agent_id and leg.channel_id.startswith(SIDE_LEG) and unnamed and not leg.up:
        call = replace(call, offers={**call.offers, leg.agent_id: leg.channel_id})
    return _put(state, call)


def _join(state: State, caller: Leg, queue: str) -> State:
    call = _call_of(state, caller)
    return state if call is None or not queue else _put(state, replace(call, queue=queue))


def _wait(state: State, caller: Leg, queue: str, at: datetime) -> State:
    """In `queue` from now on; empty: in none any more."""
    others = {id: one for id, one in state.waiting.items() if id != caller.channel_id}
    if queue and caller.channel_id in state.legs:
        before = state.waiting.get(caller.channel_id)
        since = before.since if before and before.queue == queue else at
        if (call := _call_of(state, caller)) is not None:
            state = _put(state, without_citizen(replace(call, awaited=None), state.inside))
        return replace(state, waiting={**others, caller.channel_id: Waiting(queue, since)})
    return state if len(others) == len(state.waiting) else replace(state, waiting=others)


def _offer(state: State, caller: Leg, agent: Leg) -> State:
    """By a queue: it rings for nobody whom an agent has."""
    call = _call_of(state, caller)
    if call is None or (call.agent_id is not None and call.citizen_leg not in state.waiting):
        return state
    return _ring(state, caller, agent)


def _ring(state: State, caller: Leg, agent: Leg) -> State:
    """Also while the citizen is another agent's: who hands them on goes a moment later."""
    call = _call_of(state, caller)
    if call is None or agent.channel_id in state.spent or agent.agent_id is None:
        return state
    if agent.channel_id in (call.agent_leg, *call.others.values()):
        return state
    return _put(state, replace(call, offers={**call.offers, agent.agent_id: agent.channel_id}))


def _connect(state: State, caller: Leg, agent: Leg) -> State:
    call = _call_of(state, caller)
    if call is None or agent.channel_id in state.spent or agent.agent_id is None:
        return state
    others = {other: leg for other, leg in call.others.items() if other != agent.agent_id}
    talking = replace(call, offers={}, agent_id=agent.agent_id, agent_leg=agent.channel_id)
    return _put(state, replace(talking, others=others, awaited=None))


def _agent_done(state: State, agent: Leg) -> State:
    if agent.channel_id in state.inside:
        return state  # a queue's word is late for who was moved into the room: their hang-up tells
    state = replace(state, spent=remember(state.spent, agent.channel_id))
    call = _call_of(state, agent)
    return state if call is None else _without_agent(state, call, agent.channel_id)


def _not_answered(
    state: State, agent: Leg, queue: str, at: datetime
) -> tuple[State, tuple[Effect, ...]]:
    new, effects = _with_differences(state, _agent_done(state, agent), at)
    mark = f"rang out {agent.channel_id}"
    if mark in state.spent or agent.call_id is None or agent.agent_id is None:
        return new, effects
    new = replace(new, spent=remember(new.spent, mark))
    return new, (*effects, RangOut(agent.call_id, agent.agent_id, queue, at))


def _without_agent(state: State, call: LiveCall, leg_id: str) -> State:
    """This leg of an agent neither rings for the call nor talks in it any more."""
    offers = {agent: leg for agent, leg in call.offers.items() if leg != leg_id}
    others = {agent: leg for agent, leg in call.others.items() if leg != leg_id}
    call = replace(call, offers=offers, others=others)
    if call.agent_leg == leg_id:
        call = _without_owner(call)
    return _put(state, call)


def _without_owner(call: LiveCall) -> LiveCall:
    """Whoever is left in the room with the citizen has the call now; of one who is awaited, only
    they themselves, by their new leg.
    """
    left = [agent for agent in call.others if call.awaited in (None, agent)]
    if not left:
        return replace(call, agent_id=None, agent_leg=None)
    return _owned(call, left[0])


def _owned(call: LiveCall, agent_id: str) -> LiveCall:
    """By one of the others."""
    others = {agent: leg for agent, leg in call.others.items() if agent != agent_id}
    leg = call.others[agent_id]
    return replace(call, agent_id=agent_id, agent_leg=leg, others=others, awaited=None)


def _without_offer(state: State, agent: Leg) -> State:
    """It did not answer. Its hang-up follows; a queue says more by events of its own."""
    call = _call_of(state, agent)
    if call is None:
        return state
    offers = {other: leg for other, leg in call.offers.items() if leg != agent.channel_id}
    return _put(state, replace(call, offers=offers))


def _room_changed(state: State, leg: Leg, inside: bool) -> State:
    """An agent in the room talks in the call; the first has it, the others are beside them."""
    one = {leg.channel_id} & state.legs.keys()
    new = bool(one - state.inside)
    state = replace(state, inside=state.inside | one if inside else state.inside - one)
    call = _call_of(state, leg)
    if not inside or call is None or not one:
        return state
    if leg.channel_id == call.citizen_leg:
        return _put(state, _come_in(call)) if new else state
    if leg.agent_id is None or call.citizen_leg in state.waiting:
        return state  # too late: the citizen is other agents' now, and this leg is ended
    if call.agent_leg is None and call.awaited in (None, leg.agent_id):
        call = replace(call, agent_id=leg.agent_id, agent_leg=leg.channel_id, awaited=None)
    elif call.agent_leg != leg.channel_id:
        call = replace(call, others={**call.others, leg.agent_id: leg.channel_id})
    offers = {agent: id for agent, id in call.offers.items() if agent != leg.agent_id}
    return _put(state, replace(call, offers=offers))


def _come_in(call: LiveCall) -> LiveCall:
    """The citizen is in the room, whoever was awaited: an agent who is there has them now."""
    call = replace(call, awaited=None)
    if call.agent_leg is None and call.others:
        return _owned(call, next(iter(call.others)))
    return call


def _leg_gone(
    state: State, ended: Leg, cause: int | None, at: datetime
) -> tuple[State, tuple[Effect, ...]]:
    seen = _see(state, ended)
    leg = seen.legs.get(ended.channel_id)
    if leg is None:
        return state, ()
    new = _without_leg(seen, leg)
    effects = differences(state, new, at)
    if leg.citizen and leg.call_id:
        outbound = is_outbound(leg)
        effects += (CitizenLegEnded(leg.call_id, outbound, leg.up, cause, True, at),)
    elif leg.agent_id and leg.call_id and leg.up and cause in _HUNG_UP:
        effects += (AgentHungUp(leg.call_id, leg.agent_id, leg.channel_id, at),)
    return new, effects


def _without_leg(state: State, leg: Leg) -> State:
    legs = {id: other for id, other in state.legs.items() if id != leg.channel_id}
    spent = remember(state.spent, leg.channel_id)
    one = {leg.channel_id}
    waiting = {id: place for id, place in state.waiting.items() if id != leg.channel_id}
    state = replace(
        state, legs=legs, spent=spent, held=state.held - one, inside=state.inside - one,
        waiting=waiting if len(waiting) < len(state.waiting) else state.waiting,
    )  # fmt: skip
    call = state.calls.get(leg.call_id) if leg.call_id else None
    if call is None:
        return state
    if not any(other.call_id == call.id for other in legs.values()):
        return replace(state, calls={id: c for id, c in state.calls.items() if id != call.id})
    if leg.citizen:
        return _put(state, LiveCall(call.id, number=call.number))
    return _without_agent(state, call, leg.channel_id)


def _side_failed(state: State, leg_id: str) -> State:
    leg = state.legs.get(leg_id)
    if leg is None:
        return replace(state, spent=remember(state.spent, leg_id))
    return _without_leg(state, leg)


def _caller_left(
    state: State, leg: Leg, abandoned: bool, at: datetime
) -> tuple[State, tuple[Effect, ...]]:
    call = _call_of(state, leg)
    if call is None or not abandoned or f"abandoned {leg.channel_id}" in state.spent:
        return state, ()
    spent = remember(state.spent, f"abandoned {leg.channel_id}")
    return replace(state, spent=spent), (QueueAbandoned(call.id, call.queue, at),)


def _others_dialled(state: State, caller: Leg, at: datetime) -> tuple[State, tuple[Effect, ...]]:
    """Who has an agent was in no queue any more."""
    new = _wait(_see(state, caller), caller, "", at)
    call, effects = _call_of(new, caller), differences(state, new, at)
    if call is None or call.agent_id is not None:
        return new, effects
    return new, (*effects, LeftQueue(call.id, at))


def _member_changed(state: State, event: MemberChanged) -> State:
    seat = (event.queue, event.agent_id)
    members = state.members | {seat} if event.present else state.members - {seat}
    paused = {other: why for other, why in state.paused.items() if other != seat}
    if event.paused is not None:
        paused[seat] = event.paused
    state = replace(state, members=members, paused=paused)
    # Of who is no member any more Asterisk says nothing: the next seat tells of their telephone.
    seated = any(agent == event.agent_id for _, agent in members)
    return _telephone_seen(state, event.agent_id, event.reachable if seated else True)


def _telephone_seen(state: State, agent_id: str, reachable: bool | None) -> State:
    if reachable is None or reachable is (agent_id not in state.unreachable):
        return state
    if reachable:
        return replace(state, unreachable=state.unreachable - {agent_id})
    if not any(agent == agent_id for _, agent in state.members):
        return state  # said of a seat that they have left
    return replace(state, unreachable=state.unreachable | {agent_id})


def _hold(state: State, leg: Leg, held: bool) -> State:
    one = {leg.channel_id} & state.legs.keys()
    return replace(state, held=state.held | one if held else state.held - one)


def _originate_ended(
    state: State, call_id: UUID, answered: bool, reason: int | None, at: datetime
) -> tuple[State, tuple[Effect, ...]]:
    mark = f"originate {call_id}"
    if answered or mark in state.spent:
        return state, ()
    failed = OriginateFailed(call_id, reason, at)
    return replace(state, spent=remember(state.spent, mark)), (failed,)


def _call_of(state: State, leg: Leg) -> LiveCall | None:
    """The call of a live leg."""
    known = state.legs.get(leg.channel_id)
    return state.calls.get(known.call_id) if known and known.call_id else None


def _put(state: State, call: LiveCall) -> State:
    if state.calls.get(call.id) == call:
        return state
    return replace(state, calls={**state.calls, call.id: call})
