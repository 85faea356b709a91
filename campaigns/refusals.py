"""Whether a trunk refuses whatever we dial, and whose fault a refused call was. Pure (ADR 61).

A carrier that has lost our route answers 404 to every call, one that we have not paid 403: for a
single call the same words as for a number that does not exist, or a citizen who rejects it. Only
the others tell: so many different numbers in a row, of which none came through, are the trunk's.
Calls stand in the order in which they were dialled: what rang before a trunk was lost may end
after what was refused then.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from calls.model import Outcome

REFUSED = frozenset({Outcome.INVALID_NUMBER, Outcome.REJECTED})
_SAYS_NOTHING = frozenset({Outcome.FAILED, Outcome.LOST, Outcome.CONGESTION})


@dataclass(frozen=True, slots=True)
class RefusalRules:
    """`in_a_row`: so many different numbers are the trunk's fault. `held`: how long a refused call
    waits for what is dialled after it, before it is the citizen's. `probe_every`: when a single
    call finds out whether a trunk that refuses is back. `within`: calls that are looked at.
    """

    in_a_row: int = 10
    held: timedelta = timedelta(minutes=2)
    probe_every: timedelta = timedelta(minutes=2)
    within: timedelta = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class End:
    """A call that was dialled at `at`, and is over or answered."""

    number: str
    at: datetime
    outcome: Outcome | None
    answered: bool = False

    @property
    def carried(self) -> bool | None:
        """Whether the trunk took it to a telephone; None: that cannot be said."""
        if self.answered:
            return True
        if self.outcome in REFUSED:
            return False
        return None if self.outcome is None or self.outcome in _SAYS_NOTHING else True


@dataclass(frozen=True, slots=True)
class Run:
    """Calls that were refused one after the other, to so many `numbers`.

    `ended_at`: when the call was dialled that came through after them; None: none has.
    """

    began_at: datetime
    last_at: datetime
    numbers: int
    ended_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Refusal:
    """A time in which the trunk refused everything; `ended_at` None: it does."""

    began_at: datetime
    probed_at: datetime
    ended_at: datetime | None = None

    def covers(self, at: datetime) -> bool:
        """Whether a call that was dialled then fell into it."""
        return self.began_at <= at and (self.ended_at is None or at <= self.ended_at)

    def allows(self, allowance: int, now: datetime, rules: RefusalRules) -> int:
        """How many of so many calls may be dialled all the same: one, now and then."""
        if self.ended_at is not None:
            return allowance
        # A clock that was set back does not put the probe off by as much.
        return min(allowance, 1) if abs(now - self.probed_at) >= rules.probe_every else 0


class Fate(StrEnum):
    """Whose an end is."""

    OWN = "own"  # the citizen's, or whatever else it says
    TRUNK = "trunk"  # ours: it says nothing about the citizen
    LATER = "later"  # what is dialled next will tell


def runs(ends: Iterable[End]) -> list[Run]:
    """The runs of refused calls, of `ends` in the order in which they were dialled."""
    found: list[Run] = []
    current: list[End] = []
    for end in ends:
        if end.carried is False:
            current.append(end)
        elif end.carried and current:
            found.append(_run(current, end.at))
            current = []
    return [*found, _run(current, None)] if current else found


def _run(ends: Sequence[End], ended_at: datetime | None) -> Run:
    return Run(ends[0].at, ends[-1].at, len({end.number for end in ends}), ended_at)


def carried_since(ends: Iterable[End], began_at: datetime) -> datetime | None:
    """When the first call was dialled, after that, which came through."""
    return min((end.at for end in ends if end.carried and end.at > began_at), default=None)


@dataclass(frozen=True, slots=True)
class TrunkSeen:
    """What is known of one cell's trunk now."""

    runs: Sequence[Run] = field(default=())
    refusals: Sequence[Refusal] = field(default=())

    def new(self, rules: RefusalRules) -> list[Run]:
        """Runs that are the trunk's fault, and that nobody has written down yet."""
        return [
            run
            for run in self.runs
            if run.numbers >= rules.in_a_row
            and not any(one.covers(run.last_at) for one in self.refusals)
        ]

    def fate(self, end: End, now: datetime, rules: RefusalRules, *, waits: bool = True) -> Fate:
        """Whose the end of this call is. `waits` False: it cannot wait for others."""
        if end.carried is not False:
            return Fate.OWN
        if any(one.covers(end.at) for one in self.refusals):
            return Fate.TRUNK
        run = next((one for one in self.runs if one.began_at <= end.at <= one.last_at), None)
        over = run is not None and run.ended_at is not None
        quiet = abs(now - (run.last_at if run else end.at)) >= rules.held
        return Fate.OWN if over or quiet or not waits else Fate.LATER
