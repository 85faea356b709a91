"""What follows from a change of state. Values only; `consumer` carries them out."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID


@dataclass(frozen=True, slots=True)
class OfferToAgent:
    """This agent's telephone rings for this caller (or, seen late, is already answered).

    `number` as Asterisk names the caller; empty when withheld.
    """

    call_id: UUID
    agent_id: str
    queue: str
    number: str
    at: datetime


@dataclass(frozen=True, slots=True)
class OfferWithdrawn:
    """It stopped ringing without an answer of this agent."""

    call_id: UUID
    agent_id: str
    at: datetime


@dataclass(frozen=True, slots=True)
class RangOut:
    """A queue's call rang for as long as it may and this agent did not answer, or refused it."""

    call_id: UUID
    agent_id: str
    queue: str
    at: datetime


@dataclass(frozen=True, slots=True)
class CitizenWaits:
    """The citizen is in this queue since `at`."""

    call_id: UUID
    queue: str
    at: datetime


@dataclass(frozen=True, slots=True)
class LeftQueue:
    """The citizen waits for no agent any more: an emergency service rings for them."""

    call_id: UUID
    at: datetime


@dataclass(frozen=True, slots=True)
class AgentAnswered:
    """The agent and the citizen talk."""

    call_id: UUID
    agent_id: str
    at: datetime


@dataclass(frozen=True, slots=True)
class AgentReleased:
    """They do not talk any more. `had`: the call was theirs, they were not beside who has it."""

    call_id: UUID
    agent_id: str
    at: datetime
    had: bool = True


@dataclass(frozen=True, slots=True)
class AgentHungUp:
    """The agent's telephone hung up, as one that is lost does not. Never before `AgentReleased`."""

    call_id: UUID
    agent_id: str
    leg: str
    at: datetime


@dataclass(frozen=True, slots=True)
class CitizenLegEnded:
    """The citizen's leg is gone. `cause` is Q.850, None when unknown.

    `witnessed`: by its hang-up; otherwise it was found gone after a gap, and may have been
    answered in it.
    """

    call_id: UUID
    outbound: bool
    answered: bool
    cause: int | None
    witnessed: bool
    at: datetime


@dataclass(frozen=True, slots=True)
class OriginateFailed:
    """Nobody was reached. Its channel's hang-up, which knows the cause, may come before or after,
    or not at all (no channel was made).
    """

    call_id: UUID
    reason: int | None
    at: datetime


@dataclass(frozen=True, slots=True)
class QueueAbandoned:
    """The caller hung up while waiting."""

    call_id: UUID
    queue: str
    at: datetime


Effect = (
    OfferToAgent
    | OfferWithdrawn
    | RangOut
    | CitizenWaits
    | LeftQueue
    | AgentAnswered
    | AgentReleased
    | AgentHungUp
    | CitizenLegEnded
    | OriginateFailed
    | QueueAbandoned
)
