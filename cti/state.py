"""What is live in one cell, as values: calls, legs, members of queues."""

from collections.abc import Mapping, Set
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import islice
from uuid import UUID

from cti.events import Leg

_REMEMBERED = 2_000


@dataclass(frozen=True, slots=True)
class LiveCall:
    """A call with at least one live leg. `offers`: the ringing agents, each with its leg's id.

    `awaited`: the agent who has this call and whose telephone was lost. Until they are back, or the
    citizen comes to somebody else, nobody who stayed takes their place.
    """

    id: UUID
    citizen_leg: str | None = None
    number: str = ""
    queue: str = ""
    offers: Mapping[str, str] = field(default_factory=dict)
    agent_id: str | None = None  # who talks with the citizen
    agent_leg: str | None = None
    others: Mapping[str, str] = field(default_factory=dict)  # agents in the room beside them
    awaited: str | None = None


@dataclass(frozen=True, slots=True)
class Waiting:
    """A citizen's leg in a queue."""

    queue: str
    since: datetime


@dataclass(frozen=True, slots=True)
class State:
    """All that is live in one cell. `members`: who is in which queue, as Asterisk has it."""

    legs: Mapping[str, Leg] = field(default_factory=dict)
    calls: Mapping[UUID, LiveCall] = field(default_factory=dict)
    members: frozenset[tuple[str, str]] = frozenset()  # (queue, agent)
    paused: Mapping[tuple[str, str], str] = field(default_factory=dict)  # (queue, agent) -> why
    unreachable: frozenset[str] = frozenset()  # members whose telephone no call can ring at
    held: frozenset[str] = frozenset()  # legs whose telephone has the other side on hold
    inside: frozenset[str] = frozenset()  # legs in their call's room
    waiting: Mapping[str, Waiting] = field(default_factory=dict)  # citizens' legs in a queue
    spent: Mapping[str, None] = field(default_factory=dict)


def without_citizen(call: LiveCall, inside: Set[str]) -> LiveCall:
    """The citizen waits in a queue, for whoever takes them: an agent who is in the room has the
    call no more, but is still in it.
    """
    if call.agent_id is None or call.agent_leg is None or call.agent_leg not in inside:
        return call
    others = {**call.others, call.agent_id: call.agent_leg}
    return replace(call, agent_id=None, agent_leg=None, others=others)


def call_of(state: State, channel_id: str) -> UUID | None:
    """The call of a live leg."""
    leg = state.legs.get(channel_id)
    return None if leg is None else leg.call_id


def changed_calls(old: Mapping[UUID, LiveCall], new: Mapping[UUID, LiveCall]) -> list[LiveCall]:
    """Calls that are not the same in both, as they were and as they are.

    A call that no event touched is the same object: most need no look inside.
    """
    were = [call for id, call in old.items() if new.get(id) is not call]
    are = [call for id, call in new.items() if old.get(id) is not call]
    return [call for call in were if new.get(call.id) != call] + [
        call for call in are if old.get(call.id) != call
    ]


def is_outbound(leg: Leg) -> bool:
    """Whether we placed this call: then its channel's id is ours."""
    return leg.channel_id == str(leg.call_id)


def remember(spent: Mapping[str, None], *ids: str) -> Mapping[str, None]:
    """`spent` and `ids`, the oldest forgotten."""
    everything = {**spent, **dict.fromkeys(ids)}
    for oldest in list(islice(everything, max(0, len(everything) - _REMEMBERED))):
        del everything[oldest]
    return everything


def merged(known: Leg | None, leg: Leg) -> Leg:
    """What is known of a leg only grows: an answered leg stays answered, a call keeps its id."""
    if known is None:
        return leg
    return Leg(
        channel_id=leg.channel_id,
        call_id=known.call_id or leg.call_id,
        citizen=known.citizen or leg.citizen,
        agent_id=known.agent_id or leg.agent_id,
        up=known.up or leg.up,
        number=leg.number or known.number,
        trunk=known.trunk or leg.trunk,
        queue=leg.queue or known.queue,
    )
