"""By when somebody must have acted, and what that was computed from. Pure: then it is stored."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from complaints.calendar import Calendar, Counting
from complaints.policy import Policy


@dataclass(frozen=True, slots=True, kw_only=True)
class Clock:
    """An officer's time: `days` from `since`, counted as the policy says, end at `due_at`.

    `remind_at`: None once the officer was reminded. `paused`: how long the clock stood, on the
    wall, all pauses together; the due time includes it.
    """

    policy: str
    counting: Counting
    since: datetime
    days: float
    due_at: datetime
    remind_at: datetime | None = None
    paused: timedelta = timedelta(0)

    @property
    def basis(self) -> str:
        """What the due time was computed from, in words, for the history."""
        words = f"{self.policy}: {self.days:g} {self.counting.replace('_', ' ')}"
        return words if not self.paused else f"{words}, paused for {self.paused}"

    def silenced(self) -> "Clock":
        """The officer is reminded, or is not to be reminded any more."""
        return replace(self, remind_at=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class StoppedClock:
    """A clock that stands: `remaining` of the officer's time is left, `remind_in` till then."""

    clock: Clock
    stopped_at: datetime
    remaining: timedelta
    remind_in: timedelta | None


def level_clock(
    level_days: tuple[int, ...], level: int, policy: Policy, calendar: Calendar, start: datetime
) -> Clock:
    """The full time of `level` for a complaint that reaches it at `start`.

    `level_days`: days at level 1, 2, ... by the complaint's category.
    """
    days = float(policy.days_at(level_days, level))
    return _started(days, policy, calendar, start, remind=True)


def review_clock(
    level_days: tuple[int, ...], level: int, policy: Policy, calendar: Calendar, start: datetime
) -> Clock:
    """The time for a review: a share of the level's time, but a few days at least."""
    share = policy.days_at(level_days, level) * policy.review_share
    days = max(share, float(policy.review_at_least_days))
    return _started(days, policy, calendar, start, remind=True)


def sorting_clock(policy: Policy, calendar: Calendar, start: datetime) -> Clock:
    """The time in which the CM's team may look at a complaint before it goes on by itself."""
    return _started(policy.sorting_days, policy, calendar, start, remind=False)


def _started(
    days: float, policy: Policy, calendar: Calendar, start: datetime, *, remind: bool
) -> Clock:
    """`days` of the policy's, from `start` on."""
    time = days * policy.day
    return Clock(
        policy=policy.name,
        counting=policy.counting,
        since=start,
        days=days,
        due_at=calendar.after(start, time),
        remind_at=calendar.after(start, time * policy.reminder_share) if remind else None,
    )


def stopped(clock: Clock, calendar: Calendar, now: datetime) -> StoppedClock:
    """The clock, standing from `now` on. `calendar`: by which its time was given."""
    left = None if clock.remind_at is None else calendar.between(now, clock.remind_at)
    return StoppedClock(
        clock=clock,
        stopped_at=now,
        remaining=calendar.between(now, clock.due_at),
        remind_in=left,
    )


def going_on(standing: StoppedClock, calendar: Calendar, now: datetime) -> Clock:
    """The clock, running again from `now` on with what was left of the officer's time.

    `calendar`: by which that was given, with the holidays that are known now.
    """
    wait = standing.remind_in
    return replace(
        standing.clock,
        due_at=calendar.after(now, standing.remaining),
        remind_at=None if wait is None else calendar.after(now, wait),
        paused=standing.clock.paused + (now - standing.stopped_at),
    )
