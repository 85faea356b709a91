"""A call to place: what may be asked of Asterisk, checked when it is made."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from uuid import UUID

from cti.errors import AmiValueError
from dialplans.names import HEADER_CALL, SIDE_LEG

# One destination: `&` would dial a second one, `,` and `|` would begin an option.
_CHANNEL = re.compile(
    r"(?:PJSIP|Local)/[A-Za-z0-9_.+-]{1,64}(?:@[A-Za-z0-9_.-]{1,64})?"
    r"|PJSIP/[a-z-]{1,40}/sip:[0-9+*#]{1,20}@[A-Za-z0-9.-]{1,64}(?::[0-9]{1,5})?",
    re.ASCII,
)
_PLACE = re.compile(r"[A-Za-z0-9_*#+-]{1,64}", re.ASCII)
_VARIABLE = re.compile(r"_{0,2}[A-Za-z][A-Za-z0-9_]{0,63}", re.ASCII)
# Asterisk cuts a `Variable` header at commas, and reads quotes and backslashes in it.
_NOT_IN_VARIABLE = re.compile(r'[,"\\\x00-\x1f]')
_NOT_IN_CALLER_ID = re.compile(r"[\x00-\x1f]")


class OriginateReply(StrEnum):
    """What is known after asking for a call."""

    ACCEPTED = "accepted"  # Asterisk dials; how it ends comes by events
    REFUSED = "refused"  # certainly nothing is dialled
    UNKNOWN = "unknown"  # the answer did not come: it may be ringing


@dataclass(frozen=True, slots=True)
class OriginateCommand:
    """Call `channel` and send the answered call to `exten` of `context` (priority 1).

    `channel_id` becomes the channel's unique id and the action's id. Raises `AmiValueError` when
    a value is not what it should be.
    """

    channel_id: UUID
    channel: str
    context: str
    exten: str
    caller_id: str
    timeout_ms: int
    variables: Mapping[str, str] = field(default_factory=dict)
    side: bool = False
    """Not the citizen's leg but one beside it: its id says so, and is no call's."""
    told: UUID | None = None
    """The call of ours that an agent's telephone is told with the ringing (`HEADER_CALL`)."""

    def __post_init__(self) -> None:
        if not _CHANNEL.fullmatch(self.channel):
            raise AmiValueError("the channel")
        if not _PLACE.fullmatch(self.context) or not _PLACE.fullmatch(self.exten):
            raise AmiValueError("the context or extension")
        if _NOT_IN_CALLER_ID.search(self.caller_id) or len(self.caller_id) > 80:
            raise AmiValueError("the caller id")
        if not 1_000 <= self.timeout_ms <= 600_000:
            raise AmiValueError("the ringing time")
        for name, value in self.variables.items():
            if not _VARIABLE.fullmatch(name) or _NOT_IN_VARIABLE.search(value):
                raise AmiValueError(f"the variable {name!r}")

    @property
    def leg_id(self) -> str:
        """The channel's unique id, and the action's."""
        return f"{SIDE_LEG}{self.channel_id}" if self.side else str(self.channel_id)

    def fields(self) -> list[tuple[str, str]]:
        """The action's headers. Always asynchronous: otherwise AMI is blocked while it rings."""
        return [
            ("ChannelId", self.leg_id),
            ("Channel", self.channel),
            ("Context", self.context),
            ("Exten", self.exten),
            ("Priority", "1"),
            ("CallerID", self.caller_id),
            ("Timeout", str(self.timeout_ms)),
            ("Async", "true"),
            *(("Variable", f"{name}={value}") for name, value in self.variables.items()),
            # A function may be set like a variable: before anything rings.
            *([("Variable", f"PJSIP_HEADER(add,{HEADER_CALL})={self.told}")] if self.told else []),
        ]
