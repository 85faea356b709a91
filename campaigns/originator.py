"""What the dialer needs of the telephone network. Carried out by the AMI link, joined in wiring."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol
from uuid import UUID


@dataclass(frozen=True, slots=True)
class DialRequest:
    """One call to place. `attempt_id` is to be the channel's id, so that it can be found again."""

    attempt_id: UUID
    number: str  # E.164
    caller_id: str  # shown to the citizen
    ring_seconds: int
    cell: str


class OriginateReply(StrEnum):
    """What is known after asking for a call."""

    ACCEPTED = "accepted"  # it is being dialled; its end comes by the call row
    REFUSED = "refused"  # certainly nothing is dialled
    UNKNOWN = "unknown"  # the link was lost in between: it may be ringing


class Originator(Protocol):
    """Places calls in one cell. Must send a request at most once, also over a reconnect."""

    @property
    def ready(self) -> bool:
        """Whether the link is up and in step with Asterisk."""
        ...

    async def originate(self, request: DialRequest) -> OriginateReply:
        """Ask for the call. Never raises; says UNKNOWN when it cannot be sure."""
        ...

    async def live_calls(self) -> frozenset[UUID] | None:
        """Our calls that have a channel in this cell right now; None when that cannot be known."""
        ...
