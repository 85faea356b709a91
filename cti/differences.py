"""What follows from a change of state: the difference between two states, as effects. Pure."""

from collections.abc import Iterator
from datetime import datetime
from uuid import UUID

from cti.effects import (
    AgentAnswered,
    AgentReleased,
    CitizenWaits,
    Effect,
    OfferToAgent,
    OfferWithdrawn,
)
from cti.state import LiveCall, State, changed_calls


def differences(old: State, new: State, at: datetime) -> tuple[Effect, ...]:
    """What agents must be told when `new` takes the place of `old`, and who waits anew."""
    waits = () if old.waiting is new.waiting else tuple(_waits(old, new))
    if old.calls is new.calls:
        return waits
    ids = dict.fromkeys(call.id for call in changed_calls(old.calls, new.calls))
    return waits + tuple(effect for id in ids for effect in _call_differences(old, new, id, at))


def _waits(old: State, new: State) -> Iterator[CitizenWaits]:
    for leg_id, place in new.waiting.items():
        before, leg = old.waiting.get(leg_id), new.legs.get(leg_id)
        if leg and leg.call_id and (before is None or before.queue != place.queue):
            yield CitizenWaits(leg.call_id, place.queue, place.since)


def _call_differences(old: State, new: State, call_id: UUID, at: datetime) -> Iterator[Effect]:
    before = old.calls.get(call_id) or LiveCall(call_id)
    after = new.calls.get(call_id) or LiveCall(call_id)
    for agent in before.offers:
        if agent not in after.offers and agent not in _talking(after):
            yield OfferWithdrawn(call_id, agent, at)
    for agent in _talking(before):
        if agent not in _talking(after):
            yield AgentReleased(call_id, agent, at, had=agent == before.agent_id)
    shown = {*before.offers, before.agent_id, *before.others}
    taken = (after.agent_id,) if after.agent_id else ()
    for agent in dict.fromkeys((*after.offers, *taken, *after.others)):
        # Also for one who answered before we saw it ring: never a call without its screen-pop.
        if agent not in shown:
            yield OfferToAgent(call_id, agent, after.queue, after.number, at)
    if after.agent_id and before.agent_id != after.agent_id:
        yield AgentAnswered(call_id, after.agent_id, at)


def _talking(call: LiveCall) -> tuple[str, ...]:
    """Every agent in the call, once: one whose telephone was lost may have two legs in it."""
    return tuple(dict.fromkeys((*((call.agent_id,) if call.agent_id else ()), *call.others)))
