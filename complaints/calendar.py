"""How officers' time passes: every day, or on working days only. Pure.

A day is a date in India. On a day that counts, all 24 hours count: an officer's seven days from
Monday 11:00 end at 11:00 seven counting days later, whatever lies between.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone
from enum import StrEnum

IST = timezone(timedelta(hours=5, minutes=30), "IST")
_NOTHING = timedelta(0)


class Counting(StrEnum):
    """Which days count."""

    CALENDAR_DAYS = "calendar_days"
    WORKING_DAYS = "working_days"


@dataclass(frozen=True, slots=True)
class Calendar:
    """`holidays` and `rest_weekdays` (Monday is 0) matter only where working days count."""

    counting: Counting = Counting.CALENDAR_DAYS
    holidays: frozenset[date] = frozenset()
    rest_weekdays: frozenset[int] = frozenset({6})

    def __post_init__(self) -> None:
        if len(self.rest_weekdays) > 6:
            raise ValueError("some day of the week must count")

    def works_on(self, day: date) -> bool:
        """Whether it is a working day; asked only where those count."""
        return day.weekday() not in self.rest_weekdays and day not in self.holidays

    def after(self, start: datetime, duration: timedelta) -> datetime:
        """The first moment at which `duration` (not negative) of counting time has passed, UTC."""
        if self.counting is Counting.CALENDAR_DAYS:
            return start + duration
        at, left = start.astimezone(IST), duration
        while left > _NOTHING:
            midnight = _midnight_after(at)
            if self.works_on(at.date()):
                if left <= midnight - at:
                    return (at + left).astimezone(UTC)
                left -= midnight - at
            at = midnight
        return at.astimezone(UTC)

    def between(self, start: datetime, end: datetime) -> timedelta:
        """The counting time from `start` to `end`; nothing when `end` is not later."""
        if end <= start:
            return _NOTHING
        if self.counting is Counting.CALENDAR_DAYS:
            return end - start
        at, last, passed = start.astimezone(IST), end.astimezone(IST), _NOTHING
        while at < last:
            until = min(_midnight_after(at), last)
            if self.works_on(at.date()):
                passed += until - at
            at = until
        return passed


def _midnight_after(at: datetime) -> datetime:
    return datetime.combine(at.date() + timedelta(days=1), time(), tzinfo=IST)
