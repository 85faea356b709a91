"""One caller's way through the menus: who calls, what they have been given, where they go next."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from calls.model import NewCall, Outcome
from dialplans.names import LANGUAGE_DEFAULT


class Skill(StrEnum):
    """What an agent is wanted for: a queue for each language and skill."""

    REGISTER = "register"
    SUGGESTION = "suggestion"
    SCHEMES = "schemes"


@dataclass(slots=True)
class Visit:
    """`outcome`: what the call has come to so far; a hang-up does not take it back. `over_at`: when
    they hung up, where what they said still had to be written.

    `ahead`: a key for the menu that was pressed before it began. `told_minutes`: up to how
    long we said that they wait for an agent. `recording`: that goes on.
    """

    call: NewCall
    language: str = LANGUAGE_DEFAULT
    outcome: Outcome | None = None
    ahead: str = ""
    told_minutes: int | None = None
    lookups: int = field(default=0)
    over_at: datetime | None = None
    recording: UUID | None = None

    @property
    def served(self) -> bool:
        """The caller has got something that they came for."""
        return self.outcome is not None


@dataclass(frozen=True, slots=True)
class ToAgent:
    """Wait for an agent."""

    skill: Skill = Skill.REGISTER


@dataclass(frozen=True, slots=True)
class ToEmergency:
    """Be connected to an emergency service."""


@dataclass(frozen=True, slots=True)
class ToOfficersLine:
    """Not a citizen: an officer who reports a disposal."""


@dataclass(frozen=True, slots=True)
class Leave:
    """Nothing more is wanted: goodbye."""


Way = ToAgent | ToEmergency | ToOfficersLine | Leave
