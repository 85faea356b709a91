"""What Asterisk says is live, all at once, and how our state is brought in step with it.

Taken after every connect: events that happened while we were not listening are never sent again.
"""

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Protocol
from uuid import UUID

from cti.differences import differences
from cti.effects import CitizenLegEnded, Effect
from cti.errors import AmiRefusedError
from cti.events import Leg, agent_of, leg_of, pause_of, reachable_of
from cti.message import AmiEvent, AmiReply
from cti.state import LiveCall, State, Waiting, is_outbound, merged, remember, without_citizen
from dialplans.names import (
    CONTEXT_DESK_AWAY,
    CONTEXT_DESK_AWAY_ASKED,
    CONTEXT_DESK_HOLD,
    SIDE_LEG,
    VAR_BESIDE,
    VAR_WAITS_FOR,
)

_ASKED_AT_ONCE = 32
_ON_HOLD = frozenset({CONTEXT_DESK_HOLD, CONTEXT_DESK_AWAY_ASKED})
_AWAY = frozenset({CONTEXT_DESK_AWAY, CONTEXT_DESK_AWAY_ASKED})


class Lists(Protocol):
    """What a list of members needs of the link: `AmiLink.action_list`."""

    async def action_list(self, name: str) -> AmiReply:
        """A list action's answer. Raises an `AmiError`."""
        ...


class Asked(Lists, Protocol):
    """What a snapshot needs of the link beside that: `AmiLink.action`."""

    async def action(self, name: str, fields: Mapping[str, str]) -> AmiReply:
        """An action's answer. Raises an `AmiError`."""
        ...


@dataclass(frozen=True, slots=True)
class Member:
    """An agent in a queue. `dynamic`: added over AMI, so ours to remove."""

    queue: str
    agent_id: str
    dynamic: bool = True
    paused: str | None = None  # why; None: not paused
    number: int = 0  # app_queue's penalty
    reachable: bool = True  # a call can ring at their telephone


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Live legs, the queue in which each waiting citizen's leg stands, the queues' members."""

    legs: tuple[Leg, ...] = ()
    waiting: Mapping[str, str] | None = None
    members: frozenset[Member] = frozenset()
    inside: frozenset[str] = frozenset()  # legs in a room
    waited: Mapping[str, float] | None = None  # seconds, of those who wait
    on_hold: frozenset[str] = frozenset()  # citizens' legs, while their agent asks somebody
    held: frozenset[str] = frozenset()  # agents' legs whose telephone has the other side on hold
    beside: Mapping[str, str] = field(default_factory=dict)  # supervisors' legs: cti.beside's words
    waits_for: Mapping[str, str] = field(default_factory=dict)  # citizens' legs: the agent
    away: frozenset[str] = frozenset()  # of them, those whose agent's telephone was lost


async def take(link: Asked) -> Snapshot:
    """Ask Asterisk. Raises an `AmiError` when it does not answer fully."""
    channels = await _list(link, "CoreShowChannels")
    queues = await _list(link, "QueueStatus")
    told = (leg_of(event) for event in channels if event.name == "CoreShowChannel")
    legs = tuple(leg for leg in told if leg is not None)
    waiting = {e.get("uniqueid"): e.get("queue") for e in queues if e.name == "QueueEntry"}
    inside = frozenset(e.get("uniqueid") for e in channels if e.get("application") == "ConfBridge")
    on_hold, away = (
        frozenset(e.get("uniqueid") for e in channels if e.get("context") in contexts)
        for contexts in (_ON_HOLD, _AWAY)
    )
    return Snapshot(
        legs,
        waiting,
        members_of(queues),
        inside,
        {e.get("uniqueid"): _seconds(e.get("wait")) for e in queues if e.name == "QueueEntry"},
        on_hold,
        await _held(link, [leg.channel_id for leg in legs if leg.agent_id and leg.up]),
        await _beside(link, [leg.channel_id for leg in legs if leg.agent_id]),
        await _told(link, VAR_WAITS_FOR, on_hold | away),
        away,
    )


async def take_members(link: Lists) -> frozenset[Member]:
    """Only the queues' members. Raises an `AmiError`."""
    return members_of(await _list(link, "QueueStatus"))


def resync(state: State, snapshot: Snapshot, at: datetime) -> tuple[State, tuple[Effect, ...]]:
    """The state that the snapshot shows, and what follows from all that was missed.

    What a snapshot does not tell (a leg's call where Asterisk does not name it) is kept from
    `state`.
    """
    legs = {
        leg.channel_id: merged(state.legs.get(leg.channel_id), leg)
        for leg in snapshot.legs
        # A hang-up that we have seen is newer than a list that still has the channel.
        if leg.channel_id in state.legs or leg.channel_id not in state.spent
    }
    gone = [leg for id, leg in state.legs.items() if id not in legs]
    new = State(
        legs=legs,
        calls=_owned(_calls(state, legs.values(), snapshot), snapshot),
        members=frozenset((member.queue, member.agent_id) for member in snapshot.members),
        paused={
            (member.queue, member.agent_id): member.paused
            for member in snapshot.members
            if member.paused is not None
        },
        unreachable=frozenset(one.agent_id for one in snapshot.members if not one.reachable),
        held=snapshot.held & legs.keys(),
        inside=frozenset(snapshot.inside & legs.keys()),
        waiting={
            id: Waiting(queue, at - timedelta(seconds=(snapshot.waited or {}).get(id, 0.0)))
            for id, queue in (snapshot.waiting or {}).items()
            if id in legs
        },
        spent=remember(state.spent, *(leg.channel_id for leg in gone)),
    )
    ended = tuple(
        CitizenLegEnded(leg.call_id, is_outbound(leg), leg.up, None, False, at)
        for leg in gone
        if leg.citizen and leg.call_id
    )
    return new, differences(state, new, at) + ended


def _calls(old: State, legs: Iterable[Leg], snapshot: Snapshot) -> dict[UUID, LiveCall]:
    waiting = snapshot.waiting or {}
    named = [(leg.call_id, leg) for leg in legs if leg.call_id is not None]
    # Citizens' legs first: an agent's leg only means something beside one.
    calls = _with_citizens(old, named, waiting)
    claims = [_claim(leg, old.calls.get(id), calls.get(id), snapshot) for id, leg in named]
    for _, (id, leg) in sorted(zip(claims, named, strict=True), key=lambda one: one[0]):
        call = calls.get(id, LiveCall(id))
        over = leg.channel_id in old.spent
        if leg.agent_id and not (leg.citizen or over) and _counts(call, leg):
            call = _with_agent(call, leg, leg.agent_id)
            if call.citizen_leg in waiting:
                call = without_citizen(call, snapshot.inside)
        calls[id] = call
    return calls


def _with_citizens(
    old: State, named: Iterable[tuple[UUID, Leg]], waiting: Mapping[str, str]
) -> dict[UUID, LiveCall]:
    calls: dict[UUID, LiveCall] = {}
    for id, leg in sorted(named, key=lambda one: not one[1].up):
        if leg.citizen:
            call = calls.get(id, LiveCall(id))
            before = old.calls.get(id, call)
            queue = waiting.get(leg.channel_id) or before.queue or leg.queue
            number = before.number if is_outbound(leg) else leg.number
            calls[id] = replace(call, citizen_leg=leg.channel_id, number=number, queue=queue)
    return calls


def _claim(
    leg: Leg, before: LiveCall | None, now: LiveCall | None, snapshot: Snapshot
) -> tuple[bool, bool, bool, bool, bool, str]:
    """Whose a call is, the least of these: who talks; where the citizen is; who had it before; for
    whose telephone a queue or Dial made the leg; no supervisor; of those whom we rang, the first.
    """
    citizen = None if now is None else now.citizen_leg
    room = snapshot.inside | snapshot.on_hold | snapshot.away
    return (
        not leg.up,
        leg.channel_id in snapshot.inside and citizen not in room,  # left behind there
        before is None or before.agent_id != leg.agent_id,
        leg.channel_id.startswith(SIDE_LEG),
        leg.channel_id in snapshot.beside,
        leg.channel_id,
    )


def _owned(calls: dict[UUID, LiveCall], snapshot: Snapshot) -> dict[UUID, LiveCall]:
    """Whose each call is whose citizen waits: not of whom they ask, who may be an agent as well."""
    return {
        id: _of_whom_they_wait_for(call, snapshot.waits_for[leg], leg in snapshot.away)
        if (leg := call.citizen_leg) is not None and leg in snapshot.waits_for
        else call
        for id, call in calls.items()
    }


def _of_whom_they_wait_for(call: LiveCall, agent_id: str, away: bool) -> LiveCall:
    there = dict(call.others)
    if call.agent_id is not None and call.agent_leg is not None:
        there[call.agent_id] = call.agent_leg
    if agent_id in there:
        leg = there.pop(agent_id)
        return replace(call, agent_id=agent_id, agent_leg=leg, others=there)
    if not away:
        return call  # as when they hang up: whom they asked has the citizen
    return replace(call, agent_id=None, agent_leg=None, others=there, awaited=agent_id)


def _seconds(text: str) -> float:
    return float(text) if text.isascii() and text.isdecimal() else 0.0


def _counts(call: LiveCall, leg: Leg) -> bool:
    """An agent's leg means something beside a citizen's, or when it waits for one."""
    return call.citizen_leg is not None or leg.channel_id.startswith(SIDE_LEG)


def _with_agent(call: LiveCall, leg: Leg, agent_id: str) -> LiveCall:
    if leg.up and call.agent_id is not None:
        return replace(call, others={**call.others, agent_id: leg.channel_id})
    if leg.up:
        return replace(call, offers={}, agent_id=agent_id, agent_leg=leg.channel_id)
    if call.agent_id is not None and not leg.channel_id.startswith(SIDE_LEG):
        return call  # another was faster; who is asked beside them rings on
    return replace(call, offers={**call.offers, agent_id: leg.channel_id})


def members_of(events: Iterable[AmiEvent]) -> frozenset[Member]:
    """The agents among a list of queues' members."""
    return frozenset(
        Member(
            event.get("queue"),
            agent,
            event.get("membership") == "dynamic",
            pause_of(event),
            _number(event.get("penalty")),
            reachable_of(event) is not False,
        )
        for event in events
        if event.name == "QueueMember" and (agent := agent_of(event.get("location")))
    )


def _number(text: str) -> int:
    return int(text) if text.isdecimal() else 0


async def _held(link: Asked, legs: Iterable[str]) -> frozenset[str]:
    """Those of the agents' legs that are on hold by their telephone's last offer (SDP)."""
    told = await _variable(link, "CHANNEL(rtp,hold)", legs)
    return frozenset(leg for leg, held in told.items() if held == "1")


async def _beside(link: Asked, legs: Iterable[str]) -> Mapping[str, str]:
    """What our server wrote on the legs of supervisors who are beside an agent."""
    return await _told(link, VAR_BESIDE, [leg for leg in legs if leg.startswith(SIDE_LEG)])


async def _told(link: Asked, name: str, legs: Iterable[str]) -> Mapping[str, str]:
    """Of those legs that have it."""
    return {leg: told for leg, told in (await _variable(link, name, legs)).items() if told}


async def _variable(link: Asked, name: str, legs: Iterable[str]) -> Mapping[str, str]:
    """No list tells of it: each leg is asked. Empty for one that is gone meanwhile."""
    turns = asyncio.Semaphore(_ASKED_AT_ONCE)

    async def asked(leg: str) -> str:
        async with turns:
            reply = await link.action("Getvar", {"Channel": leg, "Variable": name})
            return reply.fields.get("value", "") if reply.ok else ""

    legs = list(legs)
    return dict(zip(legs, await asyncio.gather(*map(asked, legs)), strict=True))


async def _list(link: Lists, name: str) -> tuple[AmiEvent, ...]:
    reply = await link.action_list(name)
    if not reply.ok:
        raise AmiRefusedError(name, reply.message)
    return reply.events
