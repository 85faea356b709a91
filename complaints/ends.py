"""The ends that nothing leads on from, each with the evidence that the schema demands for it.

The two ends that rest on the feedback call, and can be reopened, are in `lifecycle`.
"""

from dataclasses import dataclass, field, fields
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from complaints.errors import InvalidInputError
from complaints.kinds import MatterKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What every state knows that an officer has, or had.

    `post` is the one that has it, or had it last.

    `dissatisfied_at_level` counts since the complaint came to this level. `cm_office_since`: on
    the list of the CM's office, because the last level was late or did not satisfy; it leaves the
    list with its end, or to a higher level that has an officer by now. `transfers` counts transfers
    and returned wrong mappings. `about`: what kind of matter it is.
    """

    level: int
    post: str
    disposals: int = 0
    dissatisfied_at_level: int = 0
    cm_office_since: datetime | None = None
    transfers: int = 0
    about: MatterKind = MatterKind.COMPLAINT

    def kept(self) -> dict[str, Any]:
        """These fields, for the state that follows."""
        return {one.name: getattr(self, one.name) for one in fields(Standing)}


class SpecialReason(StrEnum):
    """Why a matter cannot be brought to its citizen's satisfaction."""

    COURT_CASE = "court_case"
    BEYOND_POWERS = "beyond_powers"
    NO_BUDGET = "no_budget"
    NEEDS_POLICY = "needs_policy"
    APPLICANT_AT_FAULT = "applicant_at_fault"
    MATTER_UNFOUNDED = "matter_unfounded"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ruling:
    """A special close's evidence: reason code, text, and which officer. Never empty."""

    code: SpecialReason
    text: str
    post: str
    level: int
    actor: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnWord:
    """The citizen's own word: the call in which, or the session of the page on which, it came.

    `page` is for that page itself to give: nobody else can know it.

    `confirmed`: how the agent (`actor`) made sure who was speaking; needed where the call came from
    a number that is none of the citizen's.
    """

    actor: str
    text: str = ""
    call_id: UUID | None = None
    page: str | None = None
    confirmed: str = ""

    @property
    def said(self) -> str:
        """The text, with how it was made sure whose it is."""
        known = f"identity confirmed: {self.confirmed}" if self.confirmed else ""
        return "; ".join(part for part in (self.text, known) if part)

    def __post_init__(self) -> None:
        if self.confirmed and not (self.call_id and self.actor.startswith("agent:")):
            raise InvalidInputError("confirmed", "is for an agent to say, about a call")
        if (self.call_id is None) == (not self.page):
            raise InvalidInputError("call_id", "or page: one of them is the citizen's own word")


@dataclass(frozen=True, slots=True, kw_only=True)
class SpecialClosed(Standing):
    """Closed by an officer although the citizen is not satisfied; counted apart."""

    ruling: Ruling
    ended_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Withdrawn(Standing):
    """Taken back by the citizen."""

    word: OwnWord
    ended_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Advised(Standing):
    """Not for this helpline: the citizen was told where to go."""

    advice: str
    actor: str
    ended_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered(Standing):
    """Information that the officer gave: the report is the answer, and nobody is asked about it."""

    answer: str
    actor: str
    ended_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Merged(Standing):
    """The same citizen's same matter: it goes on in the older file, `into`."""

    into: UUID
    text: str
    actor: str
    ended_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class AtDesk:
    """An end at registration: no officer ever had it, so it has neither level nor post.

    `text`: what the citizen was told, or nothing.
    """

    text: str
    actor: str
    ended_at: datetime
    level: None = field(default=None, init=False)
    post: None = field(default=None, init=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class AdvisedAtDesk(AtDesk):
    """Out of scope: `text` says where to go."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AnsweredAtDesk(AtDesk):
    """Information that the agent had at hand: `text` is the answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Thanked(AtDesk):
    """A suggestion."""


Final = SpecialClosed | Withdrawn | Advised | Answered | Merged
DeskEnd = AdvisedAtDesk | AnsweredAtDesk | Thanked
