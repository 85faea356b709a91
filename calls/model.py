"""What a call is to us."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID


class Direction(StrEnum):
    """Seen from the helpline."""

    INBOUND = "inbound"
    OUTBOUND = "outbound"


class Outcome(StrEnum):
    """How a call ended. Each stands for what the citizen really met, never for a wish."""

    AGENT_ANSWERED = "agent_answered"
    IVR_ABANDONED = "ivr_abandoned"  # hung up before the queue
    QUEUE_ABANDONED = "queue_abandoned"  # hung up while waiting
    NO_AGENT = "no_agent"  # nobody signed in: apology and a call-back
    QUEUE_FULL = "queue_full"
    QUEUE_TIMEOUT = "queue_timeout"
    UNAVAILABLE = "unavailable"  # we were not able to serve: apology
    FEEDBACK_GIVEN = "feedback_given"
    FEEDBACK_HUNG_UP = "feedback_hung_up"  # answered, but hung up before an answer
    FEEDBACK_NO_INPUT = "feedback_no_input"  # answered, but silent or unclear
    WRONG_PERSON = "wrong_person"  # neither the complainant nor acting for them
    NO_ANSWER = "no_answer"
    BUSY = "busy"
    REJECTED = "rejected"
    INVALID_NUMBER = "invalid_number"
    CONGESTION = "congestion"  # no circuit: says nothing about the citizen
    FAILED = "failed"  # refused before it reached anybody
    STATUS_TOLD = "status_told"  # heard where their complaint stands, needed nobody
    ADVISED = "advised"  # heard what is not handled here and where to go
    EMERGENCY = "emergency"  # spoke with an emergency service
    EMERGENCY_ABANDONED = "emergency_abandoned"  # hung up before it answered
    CALLER_BLOCKED = "caller_blocked"  # on the list of abusive callers
    CALLER_LIMIT = "caller_limit"  # too many calls of one number
    LINES_FULL = "lines_full"  # told that all lines are in use
    CLOSED = "closed"  # wanted an agent outside the hours
    CALLBACK_KEPT = "callback_kept"  # left the queue, the place is kept
    DISPOSAL_TOLD = "disposal_told"  # an officer reported a disposal
    OFFICER_REFUSED = "officer_refused"  # no PIN that fits
    OFFICER_LEFT = "officer_left"  # an officer, who reported nothing
    LOST = "lost"  # we know that it ended, not how


@dataclass(frozen=True, slots=True)
class NewCall:
    """A call as it begins. `number_raw` is what the trunk said; `number` its E.164 form or None."""

    id: UUID
    cell: str
    direction: Direction
    started_at: datetime
    number: str | None
    number_raw: str = ""
    service_number: str = ""
    channel_id: str | None = None


@dataclass(frozen=True, slots=True)
class Call:
    """A call's row. `queue`: the last one, `queued_at`: since the first. `agent_id`: who has the
    citizen, or had them last; `agent_answered_at`: when the first agent did.
    """

    id: UUID
    cell: str
    direction: Direction
    number: str | None
    service_number: str
    started_at: datetime
    answered_at: datetime | None
    queue: str | None
    queued_at: datetime | None
    agent_id: str | None
    pop_at: datetime | None
    agent_answered_at: datetime | None
    ended_at: datetime | None
    outcome: Outcome | None
