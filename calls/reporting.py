"""Figures of the queues, from groups of stays that share their facts: pure, easily checked.

A call is offered to each queue that it waits in, and each of these stays has exactly one fate; so
offered = answered + abandoned + overflowed + callback + in progress, in each queue and in all,
whatever was lost on the way. Talks are counted by themselves: a call can be many agents'.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from itertools import product
from types import MappingProxyType
from typing import Final, NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from calls.model import Outcome

IST = ZoneInfo("Asia/Kolkata")
_NOTHING = timedelta(0)


class Fate(StrEnum):
    """What became of a call in one queue."""

    ANSWERED = "answered"  # an agent talked with the citizen, however it ended then
    ABANDONED = "abandoned"  # nobody did: hung up, or lost
    OVERFLOWED = "overflowed"  # went on to another queue, or we gave up: full, nobody there, late
    CALLBACK = "callback"  # the same, and we owe them a call
    IN_PROGRESS = "in_progress"  # still waits


#: Of offered calls that no agent answered. Those of the menu can stand here: who had heard their
#: status, was sent to a queue and hung up in that moment was offered, and nobody talked with them.
_ABANDONED = (
    Outcome.QUEUE_ABANDONED,
    Outcome.LOST,
    Outcome.IVR_ABANDONED,
    Outcome.STATUS_TOLD,
    Outcome.ADVISED,
    Outcome.FEEDBACK_GIVEN,
    Outcome.EMERGENCY_ABANDONED,
    Outcome.DISPOSAL_TOLD,
    Outcome.OFFICER_REFUSED,
    Outcome.OFFICER_LEFT,
)
_OVERFLOWED = (
    Outcome.NO_AGENT,
    Outcome.QUEUE_FULL,
    Outcome.QUEUE_TIMEOUT,
    Outcome.UNAVAILABLE,
    Outcome.CLOSED,
    Outcome.EMERGENCY,  # served, but by nobody of ours
    Outcome.CALLER_BLOCKED,
    Outcome.CALLER_LIMIT,
    Outcome.LINES_FULL,
)
#: Outcomes of calls that we make: none of them is offered to a queue.
NEVER_OFFERED = frozenset(
    {
        Outcome.FEEDBACK_HUNG_UP,
        Outcome.FEEDBACK_NO_INPUT,
        Outcome.WRONG_PERSON,
        Outcome.NO_ANSWER,
        Outcome.BUSY,
        Outcome.REJECTED,
        Outcome.INVALID_NUMBER,
        Outcome.CONGESTION,
        Outcome.FAILED,
    }
)
FATE_OF: Final[Mapping[str, Fate]] = MappingProxyType(
    {
        Outcome.AGENT_ANSWERED: Fate.ANSWERED,
        Outcome.CALLBACK_KEPT: Fate.CALLBACK,
        **dict.fromkeys(_ABANDONED, Fate.ABANDONED),
        **dict.fromkeys(_OVERFLOWED, Fate.OVERFLOWED),
    }
)


class By(StrEnum):
    """What a line of the report is about."""

    QUEUE = "queue"
    AGENT = "agent"
    HOUR = "hour"
    DAY = "day"


class Facts(NamedTuple):
    """All that decides what became of a call in one queue. `outcome`: of the call, once it left."""

    answered: bool
    moved_on: bool
    ended: bool
    outcome: str | None
    owes_callback: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferedCall:
    """A call's stay in a queue. `id` is the call's, which may have been in more than one.

    `moved_to`: the queue that it went on to unanswered; `ended_at` is when, else the call's end.
    """

    id: UUID
    queue: str
    queued_at: datetime
    agent_id: str | None = None
    agent_answered_at: datetime | None = None
    moved_to: str | None = None
    ended_at: datetime | None = None
    outcome: str | None = None
    owes_callback: bool = False
    transfers: int = 0

    @property
    def fate(self) -> Fate:
        """What became of it."""
        answered, ended = self.agent_answered_at is not None, self.ended_at is not None
        moved = self.moved_to is not None
        return fate(Facts(answered, moved, ended, self.outcome, self.owes_callback))


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Stays of one line that share their facts. `short`: of those that were shorter than that.

    `waited`: until the answer or the end, but for the `unseen`: answered, and over before we had
    heard of it, so that nobody knows when.
    """

    facts: Facts
    calls: int
    short: int = 0
    in_time: int = 0
    unseen: int = 0
    waited: timedelta = _NOTHING


@dataclass(frozen=True, slots=True)
class Rules:
    """`answer_within`: of the service level, where a queue has none on record for the time of the
    call, or `own` is false. `short`: who hangs up sooner was not ours to lose.
    """

    answer_within: timedelta = timedelta(seconds=20)
    short: timedelta = timedelta(seconds=5)
    own: bool = True


@dataclass(slots=True)
class Line:
    """The figures of one queue, agent, hour or day.

    `placed`: talks that are over, in calls that we place. They and their time are in no other
    figure but occupancy.
    """

    fates: dict[Fate, int] = field(default_factory=lambda: dict.fromkeys(Fate, 0))
    short_abandoned: int = 0
    answered_in_time: int = 0
    unseen_answers: int = 0
    transfers: int = 0
    waited: timedelta = _NOTHING
    talked: timedelta = _NOTHING
    ended_talks: int = 0
    wrapped_up: timedelta = _NOTHING
    busy: timedelta = _NOTHING
    on_duty: timedelta = _NOTHING
    placed: int = 0
    placed_talked: timedelta = _NOTHING
    placed_wrapped_up: timedelta = _NOTHING

    def count(self, group: Group) -> None:
        """Add these stays."""
        what = fate(group.facts)
        self.fates[what] += group.calls
        if what is Fate.ANSWERED:
            self.waited += group.waited
            self.answered_in_time += group.in_time
            self.unseen_answers += group.unseen
        elif what is Fate.ABANDONED:
            self.short_abandoned += group.short

    def add(self, other: "Line") -> None:
        """Add all that another line counts."""
        for what, calls in other.fates.items():
            self.fates[what] += calls
        for name in _SUMS:
            setattr(self, name, getattr(self, name) + getattr(other, name))

    @property
    def offered(self) -> int:
        """All that came to the queues of this line."""
        return sum(self.fates.values())

    @property
    def average_speed_of_answer(self) -> timedelta | None:
        """ASA: of those who were answered, and it is known when."""
        return _mean(self.waited, self.fates[Fate.ANSWERED] - self.unseen_answers)

    @property
    def average_handling_time(self) -> timedelta | None:
        """AHT: an agent's talk, holding included, and wrap-up; of talks that are over."""
        return _mean(self.talked + self.wrapped_up, self.ended_talks)

    @property
    def placed_handling_time(self) -> timedelta | None:
        """The same of calls that we place: from when the citizen had answered."""
        return _mean(self.placed_talked + self.placed_wrapped_up, self.placed)

    @property
    def decided(self) -> int:
        """Those whose fate is known, short abandons apart: what shares are of."""
        return self.offered - self.fates[Fate.IN_PROGRESS] - self.short_abandoned

    @property
    def timed(self) -> int:
        """The decided ones of whom it is known whether they were answered in time."""
        return self.decided - self.unseen_answers

    @property
    def service_level(self) -> float | None:
        """Share answered in time of the decided ones (as SL2), where that is known."""
        return self.answered_in_time / self.timed if self.timed else None

    @property
    def abandonment(self) -> float | None:
        """Share abandoned, short ones apart on both sides."""
        lost = self.fates[Fate.ABANDONED] - self.short_abandoned
        return lost / self.decided if self.decided else None

    @property
    def occupancy(self) -> float | None:
        """Share of the time on duty, pauses apart, in which agents worked on calls."""
        return self.busy / self.on_duty if self.on_duty else None


_SUMS = tuple(field.name for field in fields(Line) if field.name != "fates")


def day_bounds(first: date, last: date) -> tuple[datetime, datetime]:
    """From the first day's beginning to the last day's end, IST."""
    begin = datetime.combine(first, time(), IST)
    return begin, datetime.combine(last, time(), IST) + timedelta(days=1)


def fate(facts: Facts) -> Fate:
    """Exactly one, whatever the row looks like."""
    if facts.answered:
        return Fate.ANSWERED
    if facts.moved_on:
        return Fate.OVERFLOWED
    if facts.outcome is None:
        return Fate.ABANDONED if facts.ended else Fate.IN_PROGRESS
    known = FATE_OF.get(facts.outcome, Fate.ABANDONED)
    if known is Fate.ANSWERED or facts.outcome in (Outcome.QUEUE_ABANDONED, Outcome.LOST):
        return known  # who hung up or was lost is listed to be called, which makes it no call-back
    return Fate.CALLBACK if facts.owes_callback else known


def facts_of(wanted: Fate, outcomes: Iterable[str | None]) -> list[Facts]:
    """All facts with this fate, of calls with these outcomes: for a statement that looks for it."""
    sides = (False, True)
    every = (Facts(*one) for one in product(sides, sides, sides, {None, *outcomes}, sides))
    return [one for one in every if fate(one) is wanted]


def summed(lines: Iterable[Line]) -> Line:
    """All in one line."""
    whole = Line()
    for line in lines:
        whole.add(line)
    return whole


def _mean(whole: timedelta, count: int) -> timedelta | None:
    return whole / count if count else None
