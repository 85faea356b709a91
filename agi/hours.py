"""When agents serve: shifts of the day, and days on which nobody does. Pure."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from complaints.calendar import IST

_EVERY_DAY = frozenset(range(7))


@dataclass(frozen=True, slots=True)
class Shift:
    """Agents serve from `begins` to `ends` (India); over midnight where that is earlier, the
    whole day where both are the same. `weekdays`: on which it begins, Monday is 0.
    """

    begins: time
    ends: time
    weekdays: frozenset[int] = _EVERY_DAY


@dataclass(frozen=True, slots=True)
class OpeningHours:
    """No shift at all: open at any time. `holidays_too`: open on holidays as on other days."""

    shifts: tuple[Shift, ...] = ()
    holidays_too: bool = True


def is_open(hours: OpeningHours, holidays: Collection[date], now: datetime) -> bool:
    """Whether a shift is running; one that began before midnight counts by the day it began."""
    if not hours.shifts:
        return hours.holidays_too or now.astimezone(IST).date() not in holidays
    local = now.astimezone(IST)
    begun_on = (local.date(), local.date() - timedelta(days=1))
    return any(
        _runs(shift, day, local)
        for shift in hours.shifts
        for day in begun_on
        if day.weekday() in shift.weekdays and (hours.holidays_too or day not in holidays)
    )


def _runs(shift: Shift, day: date, local: datetime) -> bool:
    begins = datetime.combine(day, shift.begins, tzinfo=IST)
    ends = datetime.combine(day, shift.ends, tzinfo=IST)
    if ends <= begins:
        ends += timedelta(days=1)
    return begins <= local < ends
