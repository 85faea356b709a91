"""Figures of the queues, from calls and agents' intervals: pure, so that they can be checked.

Every call that was sent to a queue is offered, and falls into exactly one fate; so
offered = answered + abandoned + overflowed + callback + in progress, whatever was lost on the way.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

from calls.model import Outcome

IST = ZoneInfo("Asia/Kolkata")
_NOTHING = timedelta(0)


class Fate(StrEnum):
    """What became of an offered call."""

    ANSWERED = "answered"  # an agent talked with the citizen, however it ended then
    ABANDONED = "abandoned"  # nobody did: hung up, or lost
    OVERFLOWED = "overflowed"  # we gave up: full, nobody there, too long
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


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferedCall:
    """A call that was sent to a queue. `wrap_up`: what its agents took after it."""

    id: UUID
    queue: str
    queued_at: datetime
    agent_id: str | None = None
    agent_answered_at: datetime | None = None
    ended_at: datetime | None = None
    outcome: str | None = None
    owes_callback: bool = False
    transfers: int = 0
    wrap_up: timedelta = _NOTHING


@dataclass(frozen=True, slots=True)
class Interval:
    """An agent's state, cut to the report's time."""

    agent_id: str
    state: str
    from_at: datetime
    until_at: datetime


@dataclass(frozen=True, slots=True)
class Rules:
    """`answer_within`: of the service level. `short`: who hangs up sooner was not ours to lose."""

    answer_within: timedelta = timedelta(seconds=20)
    short: timedelta = timedelta(seconds=5)


@dataclass(slots=True)
class Line:
    """The figures of one queue, agent, hour or day."""

    fates: dict[Fate, int] = field(default_factory=lambda: dict.fromkeys(Fate, 0))
    short_abandoned: int = 0
    answered_in_time: int = 0
    transfers: int = 0
    waited: timedelta = _NOTHING
    talked: timedelta = _NOTHING
    ended_talks: int = 0
    wrapped_up: timedelta = _NOTHING
    busy: timedelta = _NOTHING
    on_duty: timedelta = _NOTHING

    @property
    def offered(self) -> int:
        """All calls of this line."""
        return sum(self.fates.values())

    @property
    def average_speed_of_answer(self) -> timedelta | None:
        """ASA: of those who were answered."""
        return _mean(self.waited, self.fates[Fate.ANSWERED])

    @property
    def average_handling_time(self) -> timedelta | None:
        """AHT: talk, holding included, and wrap-up; of talks that are over."""
        return _mean(self.talked + self.wrapped_up, self.ended_talks)

    @property
    def service_level(self) -> float | None:
        """Share answered in time of all whose fate is known, short abandons apart (as SL2)."""
        known = self.offered - self.fates[Fate.IN_PROGRESS] - self.short_abandoned
        return self.answered_in_time / known if known else None

    @property
    def abandonment(self) -> float | None:
        """Share abandoned, short ones apart on both sides."""
        known = self.offered - self.fates[Fate.IN_PROGRESS] - self.short_abandoned
        return (self.fates[Fate.ABANDONED] - self.short_abandoned) / known if known else None

    @property
    def occupancy(self) -> float | None:
        """Share of the time on duty, pauses apart, in which agents worked on calls."""
        return self.busy / self.on_duty if self.on_duty else None


def fate(call: OfferedCall) -> Fate:
    """Exactly one, whatever the row looks like."""
    if call.agent_answered_at is not None:
        return Fate.ANSWERED
    if call.outcome is None:
        return Fate.IN_PROGRESS if call.ended_at is None else Fate.ABANDONED
    known = FATE_OF.get(call.outcome, Fate.ABANDONED)
    return Fate.CALLBACK if call.owes_callback and known is not Fate.ANSWERED else known


def report(
    calls: Iterable[OfferedCall], intervals: Iterable[Interval], by: By, rules: Rules
) -> dict[str, Line]:
    """Lines by their key, sorted; `agent` has a line "" of calls that no agent had."""
    lines: dict[str, Line] = {}
    for call in calls:
        _count(lines.setdefault(_KEYS[by](call), Line()), call, rules)
    if by is not By.QUEUE:  # an agent's time is not one queue's
        for interval in intervals:
            for key, lasted in _pieces(interval, by):
                _count_time(lines.setdefault(key, Line()), interval.state, lasted)
    return dict(sorted(lines.items()))


def total(calls: Iterable[OfferedCall], intervals: Iterable[Interval], rules: Rules) -> Line:
    """All in one line."""
    line = Line()
    for call in calls:
        _count(line, call, rules)
    for interval in intervals:
        _count_time(line, interval.state, interval.until_at - interval.from_at)
    return line


def calls_behind(
    calls: Iterable[OfferedCall], by: By, key: str | None, of: Fate | None
) -> list[OfferedCall]:
    """The calls that a figure counts: of one line (None: of all), of one fate (None: offered)."""
    return [call for call in calls if key in (None, _KEYS[by](call)) and of in (None, fate(call))]


def _count(line: Line, call: OfferedCall, rules: Rules) -> None:
    what = fate(call)
    line.fates[what] += 1
    line.transfers += call.transfers
    line.wrapped_up += call.wrap_up
    until = call.agent_answered_at or call.ended_at
    waited = max(_NOTHING, until - call.queued_at) if until else _NOTHING
    if what is Fate.ANSWERED:
        line.waited += waited
        line.answered_in_time += waited <= rules.answer_within
        if call.agent_answered_at and call.ended_at:
            line.ended_talks += 1
            line.talked += max(_NOTHING, call.ended_at - call.agent_answered_at)
    elif what is Fate.ABANDONED and waited < rules.short:
        line.short_abandoned += 1


def _count_time(line: Line, state: str, lasted: timedelta) -> None:
    if state == "paused":
        return
    line.on_duty += lasted
    if state in ("in_call", "wrap_up"):
        line.busy += lasted


def _pieces(interval: Interval, by: By) -> Iterable[tuple[str, timedelta]]:
    """The interval, cut where an hour or a day ends."""
    if by is By.AGENT:
        yield interval.agent_id, interval.until_at - interval.from_at
        return
    at = interval.from_at
    while at < interval.until_at:
        until = min(interval.until_at, _next(at, by))
        yield _time_key(at, by), until - at
        at = until


def _next(at: datetime, by: By) -> datetime:
    local = at.astimezone(IST)
    if by is By.HOUR:
        return local.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
    return local.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)


def _time_key(at: datetime, by: By) -> str:
    return at.astimezone(IST).strftime("%Y-%m-%d %H:00" if by is By.HOUR else "%Y-%m-%d")


def _mean(whole: timedelta, count: int) -> timedelta | None:
    return whole / count if count else None


_KEYS: Mapping[By, Callable[[OfferedCall], str]] = {
    By.QUEUE: lambda call: call.queue,
    By.AGENT: lambda call: call.agent_id or "",
    By.HOUR: lambda call: _time_key(call.queued_at, By.HOUR),
    By.DAY: lambda call: _time_key(call.queued_at, By.DAY),
}
