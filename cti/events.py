"""The few events that decide who is talking, typed. Field names as Asterisk 22.10 sends them."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from uuid import UUID

from cti.message import AmiEvent
from dialplans.names import ENDPOINT_TRUNK, SIDE_LEG, TECHNOLOGY, VAR_CALL, VAR_QUEUE

_AGENT = re.compile(rf"{TECHNOLOGY}/([0-9]{{3,6}})(?:-[0-9a-f]+)?", re.ASCII)
_STATE_UP = "6"
_AWAY = frozenset({"4", "5"})  # AST_DEVICE_INVALID, AST_DEVICE_UNAVAILABLE: nothing can ring there


@dataclass(frozen=True, slots=True)
class Leg:
    """One channel of a call, as one event tells of it or as all so far do.

    `citizen`: the leg that the call began with (Asterisk's linked id is the id of a call's first
    channel; of a call that we place, our own id). `up`: it was answered. `number` as Asterisk
    names the other end; empty when withheld.
    """

    channel_id: str
    call_id: UUID | None
    citizen: bool
    agent_id: str | None
    up: bool
    number: str
    trunk: bool = False
    queue: str = ""  # the last one that they came to


@dataclass(frozen=True, slots=True)
class LegSeen:
    """Newchannel, Newstate."""

    leg: Leg


@dataclass(frozen=True, slots=True)
class LegGone:
    """Hangup. `cause` is Q.850; None when Asterisk does not know one (it says 0)."""

    leg: Leg
    cause: int | None


@dataclass(frozen=True, slots=True)
class CallerQueued:
    """QueueCallerJoin."""

    leg: Leg
    queue: str


@dataclass(frozen=True, slots=True)
class CallerLeft:
    """QueueCallerLeave, QueueCallerAbandon."""

    leg: Leg
    abandoned: bool


@dataclass(frozen=True, slots=True)
class AgentCalled:
    """The queue rings an agent."""

    caller: Leg
    agent: Leg
    queue: str


@dataclass(frozen=True, slots=True)
class AgentConnected:
    """An agent and the citizen talk."""

    caller: Leg
    agent: Leg
    queue: str


@dataclass(frozen=True, slots=True)
class AgentDone:
    """AgentComplete: this leg of the agent has no part in the call any more."""

    agent: Leg


@dataclass(frozen=True, slots=True)
class NotAnswered:
    """AgentRingNoAnswer: the same, since nobody answered there."""

    agent: Leg
    queue: str


@dataclass(frozen=True, slots=True)
class OriginateEnded:
    """OriginateResponse. `reason`: the last control frame; 0 (Asterisk's usual word) is None."""

    call_id: UUID
    answered: bool
    reason: int | None


@dataclass(frozen=True, slots=True)
class MemberChanged:
    """QueueMemberAdded, QueueMemberRemoved, QueueMemberPause.

    `paused`: the reason, empty where none was given; None: not paused. `reachable`: whether their
    telephone is; None: not told.
    """

    agent_id: str
    queue: str
    present: bool
    paused: str | None = None
    reachable: bool | None = None


@dataclass(frozen=True, slots=True)
class TelephoneSeen:
    """QueueMemberStatus: whether a call can ring at this member's telephone."""

    agent_id: str
    reachable: bool


@dataclass(frozen=True, slots=True)
class SideFailed:
    """OriginateResponse of a leg beside the citizen's: nobody was reached."""

    leg_id: str


@dataclass(frozen=True, slots=True)
class RoomChanged:
    """ConfbridgeJoin, ConfbridgeLeave: this leg is in, or no more in, its call's room."""

    leg: Leg
    inside: bool


@dataclass(frozen=True, slots=True)
class DialBegun:
    """DialBegin: the dialplan or a queue rings this agent for this caller."""

    caller: Leg
    agent: Leg


@dataclass(frozen=True, slots=True)
class OthersDialled:
    """DialBegin: the dialplan rings somebody who is no agent for this citizen."""

    caller: Leg


@dataclass(frozen=True, slots=True)
class DialOver:
    """DialEnd: the agent answered, or did not."""

    caller: Leg
    agent: Leg
    answered: bool


@dataclass(frozen=True, slots=True)
class LegHeld:
    """Hold, Unhold: this leg's telephone put the other side on hold."""

    leg: Leg
    held: bool


Event = (
    LegSeen
    | LegGone
    | CallerQueued
    | CallerLeft
    | AgentCalled
    | AgentConnected
    | AgentDone
    | NotAnswered
    | OriginateEnded
    | MemberChanged
    | TelephoneSeen
    | LegHeld
    | RoomChanged
    | SideFailed
    | DialBegun
    | OthersDialled
    | DialOver
)


def parse(event: AmiEvent) -> Event | None:
    """The event as ours, or None when it is of no interest or lacks what it should have."""
    reader = _READERS.get(event.name)
    return None if reader is None else reader(event)


def agent_of(interface: str) -> str | None:
    """The agent behind `PJSIP/101` or `PJSIP/101-0000002a`; None: not an agent's."""
    match = _AGENT.fullmatch(interface)
    return match[1] if match else None


def leg_of(event: AmiEvent, prefix: str = "") -> Leg | None:
    """The leg that `Channel` (or, with prefix `dest`, `DestChannel`) tells of."""
    channel_id = event.get(f"{prefix}uniqueid")
    if not channel_id:
        return None
    variables = event.dest_variables if prefix else event.variables
    call_id = _uuid(variables.get(VAR_CALL, ""))
    # A call that we place has our id as its channel's, and may end before it has the variable.
    ours = _uuid(channel_id)
    first = channel_id == event.get(f"{prefix}linkedid")
    citizen = ours is not None or (first and not channel_id.startswith(SIDE_LEG))
    return Leg(
        channel_id=channel_id,
        call_id=ours or call_id,
        citizen=citizen,
        agent_id=None if citizen else agent_of(event.get(f"{prefix}channel")),
        up=event.get(f"{prefix}channelstate") == _STATE_UP,
        number=event.get(f"{prefix}calleridnum"),
        trunk=event.get(f"{prefix}channel").startswith(f"{TECHNOLOGY}/{ENDPOINT_TRUNK}-"),
        queue=variables.get(VAR_QUEUE, ""),
    )


def _seen(event: AmiEvent) -> Event | None:
    leg = leg_of(event)
    return None if leg is None else LegSeen(leg)


def _gone(event: AmiEvent) -> Event | None:
    leg = leg_of(event)
    return None if leg is None else LegGone(leg, _number(event.get("cause")))


def _queued(event: AmiEvent) -> Event | None:
    leg = leg_of(event)
    return None if leg is None else CallerQueued(leg, event.get("queue"))


def _left(event: AmiEvent) -> Event | None:
    leg = leg_of(event)
    return None if leg is None else CallerLeft(leg, event.name == "QueueCallerAbandon")


def _agent_event(event: AmiEvent) -> Event | None:
    caller, agent = leg_of(event), leg_of(event, "dest")
    if caller is None or agent is None or agent.agent_id is None:
        return None
    if event.name == "AgentCalled":
        return AgentCalled(caller, agent, event.get("queue"))
    if event.name == "AgentConnect":
        return AgentConnected(caller, agent, event.get("queue"))
    if event.name == "AgentRingNoAnswer":
        return NotAnswered(agent, event.get("queue"))
    return AgentDone(agent)


def _dialled(event: AmiEvent) -> Event | None:
    caller, agent = leg_of(event), leg_of(event, "dest")
    if caller is None or agent is None:
        return None
    if agent.agent_id is None:
        begins = event.name == "DialBegin" and caller.citizen
        return OthersDialled(caller) if begins else None
    if event.name == "DialBegin":
        return DialBegun(caller, agent)
    return DialOver(caller, agent, event.get("dialstatus") == "ANSWER")


def _room(event: AmiEvent) -> Event | None:
    leg = leg_of(event)
    return None if leg is None else RoomChanged(leg, event.name == "ConfbridgeJoin")


def _originate_ended(event: AmiEvent) -> Event | None:
    action, answered = event.get("actionid"), event.get("response") == "Success"
    if action.startswith(SIDE_LEG):
        return None if answered else SideFailed(action)
    call_id = _uuid(action)
    if call_id is None:
        return None
    return OriginateEnded(call_id, answered, _number(event.get("reason")))


def _member(event: AmiEvent) -> Event | None:
    agent_id, queue = agent_of(event.get("interface")), event.get("queue")
    if agent_id is None or not queue:
        return None
    present = event.name != "QueueMemberRemoved"
    paused = pause_of(event) if present else None
    return MemberChanged(agent_id, queue, present, paused, reachable_of(event))


def _telephone(event: AmiEvent) -> Event | None:
    agent_id, reachable = agent_of(event.get("interface")), reachable_of(event)
    if agent_id is None or reachable is None:
        return None
    return TelephoneSeen(agent_id, reachable)


def reachable_of(event: AmiEvent) -> bool | None:
    """Whether the telephone of this event's member is there, by its device state; None: not told.

    `queue show` calls the others (Unavailable) and (Invalid). app_queue rings one that is unknown.
    """
    status = event.get("status")
    return status not in _AWAY if status else None


def pause_of(event: AmiEvent) -> str | None:
    """Why the member of this event is paused; None: it is not."""
    return event.get("pausedreason") if event.get("paused") == "1" else None


def _held(event: AmiEvent) -> Event | None:
    leg = leg_of(event)
    return None if leg is None else LegHeld(leg, event.name == "Hold")


def _uuid(text: str) -> UUID | None:
    if len(text) != 36:
        return None
    try:
        return UUID(text)
    except ValueError:
        return None


def _number(text: str) -> int | None:
    return (int(text) or None) if text.isascii() and text.isdecimal() and len(text) < 6 else None


_READERS: Mapping[str, Callable[[AmiEvent], Event | None]] = {
    "Newchannel": _seen,
    "Newstate": _seen,
    "Hangup": _gone,
    "QueueCallerJoin": _queued,
    "QueueCallerLeave": _left,
    "QueueCallerAbandon": _left,
    "AgentCalled": _agent_event,
    "AgentConnect": _agent_event,
    "AgentComplete": _agent_event,
    "AgentRingNoAnswer": _agent_event,
    "OriginateResponse": _originate_ended,
    "QueueMemberAdded": _member,
    "QueueMemberRemoved": _member,
    "QueueMemberPause": _member,
    "QueueMemberStatus": _telephone,
    "DialBegin": _dialled,
    "DialEnd": _dialled,
    "ConfbridgeJoin": _room,
    "ConfbridgeLeave": _room,
    "Hold": _held,
    "Unhold": _held,
}
