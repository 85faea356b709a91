"""When agents serve: shifts of the day, and days on which nobody does. Pure."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from complaints.calendar import IST

_EVERY_DAY = frozenset(range(7))
_DAY = timedelta(days=1)
_HOUR = timedelta(hours=1)
_DAYS_AHEAD = 14  # no run of holidays is longer


@dataclass(frozen=True, slots=True)
class Shift:
    """Agents serve from `begins` to `ends` (India); over midnight where that is earlier, the
    whole day where both are the same. `weekdays`: on which it begins, Monday is 0. `seats`: how
    many are planned to.
    """

    begins: time
    ends: time
    weekdays: frozenset[int] = _EVERY_DAY
    seats: int = 0


_THE_WHOLE_DAY = Shift(time(0), time(0))


@dataclass(frozen=True, slots=True)
class OpeningHours:
    """No shift at all: open at any time. `holidays_too`: open on holidays as on other days; else
    only for the `holiday_shifts` that begin on one, without any: closed.
    """

    shifts: tuple[Shift, ...] = ()
    holidays_too: bool = True
    holiday_shifts: tuple[Shift, ...] = ()

    def of(self, day: date, holidays: Collection[date]) -> tuple[Shift, ...]:
        """The shifts that begin on this day."""
        if not self.holidays_too and day in holidays:
            return self.holiday_shifts
        found = self.shifts or (_THE_WHOLE_DAY,)
        return tuple(shift for shift in found if day.weekday() in shift.weekdays)


@dataclass(frozen=True, slots=True)
class Opening:
    """Whether agents serve, and from when on they will if they do not; None: nobody can say."""

    is_open: bool
    opens_at: datetime | None = None


def is_open(hours: OpeningHours, holidays: Collection[date], now: datetime) -> bool:
    """Whether a shift is running; one that began before midnight counts by the day it began."""
    return bool(_running(hours, holidays, now))


def seats_planned(hours: OpeningHours, holidays: Collection[date], now: datetime) -> int:
    """Of all shifts that are running."""
    return sum(shift.seats for shift in _running(hours, holidays, now))


def seats_by_hour(
    hours: OpeningHours, holidays: Collection[date], first: date
) -> dict[tuple[int, int], int]:
    """The fewest seats at any moment of each hour of seven days from `first` on, by weekday and
    hour (India).
    """
    days = [first + ahead * _DAY for ahead in range(-1, 7)]
    planned = [(*_on(one, day), one.seats) for day in days for one in hours.of(day, holidays)]
    edges = {at for begins, ends, _ in planned for at in (begins, ends)}
    seats = {}
    for day in days[1:]:
        for hour in range(24):
            start = datetime.combine(day, time(hour), tzinfo=IST)
            within = [start, *(at for at in edges if start < at < start + _HOUR)]
            seats[day.weekday(), hour] = min(
                sum(count for begins, ends, count in planned if begins <= at < ends)
                for at in within
            )
    return seats


def opening(hours: OpeningHours, holidays: Collection[date], now: datetime) -> Opening:
    """How it stands now; looks `_DAYS_AHEAD` for the next shift."""
    if is_open(hours, holidays, now):
        return Opening(True)
    today = now.astimezone(IST).date()
    days = (today + ahead * _DAY for ahead in range(_DAYS_AHEAD + 1))
    begins = (begin for day in days for begin, _ in _times(hours, day, holidays) if begin > now)
    return Opening(False, min(begins, default=None))


def _running(hours: OpeningHours, holidays: Collection[date], now: datetime) -> list[Shift]:
    today = now.astimezone(IST).date()
    found = []
    for day in (today - _DAY, today):
        for shift in hours.of(day, holidays):
            begins, ends = _on(shift, day)
            if begins <= now < ends:
                found.append(shift)
    return found


def _times(
    hours: OpeningHours, day: date, holidays: Collection[date]
) -> list[tuple[datetime, datetime]]:
    return [_on(shift, day) for shift in hours.of(day, holidays)]


def _on(shift: Shift, day: date) -> tuple[datetime, datetime]:
    begins = datetime.combine(day, shift.begins, tzinfo=IST)
    ends = datetime.combine(day, shift.ends, tzinfo=IST)
    return begins, ends if ends > begins else ends + _DAY
