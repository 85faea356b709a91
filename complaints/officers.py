"""Who holds a post now. Posts are offices that stay; persons hold them from a day to a day.

The rules, in order; days are days in India, both ends included:

1. The holder whose tenure runs and who is not on leave.
2. Otherwise whoever has additional charge of the post and is not on leave.
3. A holder on leave without anybody in charge: the post keeps its complaints, its office is told.
4. A post whose last holder's tenure has ended, or that is marked vacant, is vacant: complaints
   roll up to the next level. A holder who joins on the marked day or later ends the vacancy. While
   somebody was in charge it had not begun: it begins when they go, be it on leave.
5. A post of which no holder was ever recorded is an office that answers its own number. So posts
   work before any officer is imported.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from complaints.calendar import IST


class TenureKind(StrEnum):
    """The post's own holder, or an officer of another post who looks after it meanwhile."""

    HOLDER = "holder"
    CHARGE = "charge"


@dataclass(frozen=True, slots=True)
class Days:
    """From the first to the last day, both included; no last one: until further orders."""

    first: date
    last: date | None = None

    def include(self, day: date) -> bool:
        """Whether `day` is one of them."""
        return self.first <= day and (self.last is None or day <= self.last)

    def overlap(self, other: "Days") -> bool:
        """Whether a day belongs to both."""
        return (other.last is None or self.first <= other.last) and (
            self.last is None or other.first <= self.last
        )


@dataclass(frozen=True, slots=True)
class Officer:
    """A person. `number`: E.164; None when only the post's is known. `email`: None: no e-mails."""

    code: str
    name: str
    number: str | None
    email: str | None = None


@dataclass(frozen=True, slots=True)
class Tenure:
    """`leave`: the officer's leaves that matter for the day that is asked about."""

    officer: Officer
    kind: TenureKind
    days: Days
    leave: Sequence[Days] = ()

    def present(self, day: date) -> bool:
        """In office and not on leave."""
        return self.days.include(day) and not any(leave.include(day) for leave in self.leave)


@dataclass(frozen=True, slots=True)
class Staffing:
    """All that is recorded about who holds a post. `vacant_from`: the mark of a vacancy."""

    tenures: Sequence[Tenure] = ()
    vacant_from: date | None = None


@dataclass(frozen=True, slots=True)
class Holder:
    """The post's own officer is there."""

    officer: Officer


@dataclass(frozen=True, slots=True)
class Charge:
    """An officer of another post is in charge."""

    officer: Officer


@dataclass(frozen=True, slots=True)
class OnLeave:
    """The holder is away and nobody is in charge: reported, but no vacancy."""

    officer: Officer


@dataclass(frozen=True, slots=True)
class Unnamed:
    """No holder was ever recorded: the office itself answers."""


@dataclass(frozen=True, slots=True)
class Vacant:
    """Nobody holds the post, or is in charge of it, since that day."""

    since: date


Occupancy = Holder | Charge | OnLeave | Unnamed | Vacant


def occupancy(staffing: Staffing, now: datetime) -> Occupancy:
    """Who holds the post at `now` (aware)."""
    day = now.astimezone(IST).date()
    holders = [
        tenure
        for tenure in staffing.tenures
        if tenure.kind is TenureKind.HOLDER and tenure.days.first <= day
    ]
    running = [tenure for tenure in holders if day < _ended(tenure, staffing.vacant_from)]
    charges = [tenure for tenure in staffing.tenures if tenure.kind is TenureKind.CHARGE]
    if present := _present(running, day):
        return Holder(present)
    if present := _present(charges, day):
        return Charge(present)
    if running:
        return OnLeave(running[-1].officer)
    charged_until = [
        left for charge in charges if charge.days.first < (left := _left(charge, day)) <= day
    ]
    if holders:
        ended = [_ended(tenure, staffing.vacant_from) for tenure in holders]
        return Vacant(max(ended + charged_until))
    if staffing.vacant_from and staffing.vacant_from <= day:
        return Vacant(max([staffing.vacant_from, *charged_until]))
    return Unnamed()


def reach(occupancy: Occupancy, post_number: str) -> str:
    """Where messages to the post go: the number of who holds it now, or the post's own."""
    officer = reached(occupancy)
    return officer.number or post_number if officer else post_number


def reached(occupancy: Occupancy) -> Officer | None:
    """The person to whom messages to the post go; None: to the office."""
    match occupancy:
        case Holder(officer) | Charge(officer):
            return officer
        case _:
            return None


def _present(tenures: Sequence[Tenure], day: date) -> Officer | None:
    return next((tenure.officer for tenure in tenures if tenure.present(day)), None)


def _left(charge: Tenure, day: date) -> date:
    """The first day on which who was in charge is not there any more, as is known on `day`."""
    away = [leave.first for leave in charge.leave if leave.include(day)]
    return min([_ended(charge, None), *away])


def _ended(tenure: Tenure, vacant_from: date | None) -> date:
    """The first day on which the tenure runs no more; a mark of vacancy ends it as well."""
    last = tenure.days.last
    ended = date.max if last is None else last + timedelta(days=1)
    if vacant_from and tenure.days.first < vacant_from:
        return min(ended, vacant_from)
    return ended
