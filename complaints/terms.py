"""What a move of the life cycle is decided by, and what it is asked with. Pure."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from complaints.calendar import Calendar, Counting
from complaints.mapping import Ladder
from complaints.policy import Policy


@dataclass(frozen=True, slots=True)
class Terms:
    """What a move is decided by, besides the state: the category's rules and who could get it.

    `asking`: the code of the officer who has it, or who proposed what waits for a decision, as a
    person: they have no say in what they ask for, whatever posts they hold. None: nobody is named.
    Told for moves that ask the next level.
    """

    policy: Policy
    ladder: Ladder
    level_days: tuple[int, ...]  # the category's days at level 1, 2, ...
    holidays: frozenset[date] = frozenset()
    asking: str | None = None

    @property
    def calendar(self) -> Calendar:
        """How the time passes that an officer is given from now on."""
        return self.counted_as(self.policy.counting)

    def counted_as(self, counting: Counting) -> Calendar:
        """How time passes that was given under a policy that counted so, whatever counts now."""
        return Calendar(counting, self.holidays, self.policy.rest_weekdays)


class PauseReason(StrEnum):
    """Why an officer's clock stands."""

    WAITING_FOR_CITIZEN = "waiting_for_citizen"
    COURT_STAY = "court_stay"


class ProposalKind(StrEnum):
    """What an officer asks the next level for."""

    TRANSFER = "transfer"
    SPECIAL_CLOSE = "special_close"
