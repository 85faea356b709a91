"""By when somebody must have acted, and what that was computed from. Pure: then it is stored."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from complaints.calendar import Calendar, Counting
from complaints.policy import Policy


@dataclass(frozen=True, slots=True, kw_only=True)
class Clock:
    """An officer's time: `days` from `since`, counted as the policy says, end at `due_at`.

    `running_since`, `left_then`: since when it runs without having stood, and what was left of the
    officer's time then, as counted. `remind_at`: None once the officer was reminded. `paused`: how
    long the clock stood, on the wall, all pauses together; the due time includes it.
    """

    policy: str
    counting: Counting
    since: datetime
    days: float
    due_at: datetime
    running_since: datetime
    left_then: timedelta
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
        running_since=start,
        left_then=time,
        remind_at=calendar.after(start, time * policy.reminder_share) if remind else None,
    )


def stopped(clock: Clock, policy: Policy, calendar: Calendar, now: datetime) -> StoppedClock:
    """The clock, standing from `now` on. `calendar`: as its time is counted, as it is known now.

    What is left is what there was, less what has passed: a holiday that was declared since then
    takes nothing from it. Nor does one that was taken back: no less than up to the due time.
    """
    passed = calendar.between(clock.running_since, now)
    remaining = max(clock.left_then - passed, calendar.between(now, clock.due_at))
    remind_in = None
    if clock.remind_at is not None:  # as long before the limit as it was to be
        time = clock.days * policy.day
        remind_in = max(remaining - (time - time * policy.reminder_share), timedelta(0))
    return StoppedClock(clock=clock, stopped_at=now, remaining=remaining, remind_in=remind_in)


def going_on(standing: StoppedClock, calendar: Calendar, now: datetime) -> Clock:
    """The clock, running again from `now` on with what was left of the officer's time.

    `calendar`: as that is counted, with the holidays that are known now.
    """
    wait = standing.remind_in
    return replace(
        standing.clock,
        due_at=calendar.after(now, standing.remaining),
        running_since=now,
        left_then=standing.remaining,
        remind_at=None if wait is None else calendar.after(now, wait),
        paused=standing.clock.paused + (now - standing.stopped_at),
    )
