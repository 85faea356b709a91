from datetime import UTC, date, datetime, time

import pytest

from agi.hours import OpeningHours, Shift, is_open

DAY, NIGHT = Shift(time(7), time(23)), Shift(time(23), time(7))
MONDAY = date(2025, 11, 3)


def india(hour: int, minute: int = 0, day: int = 3) -> datetime:
    """That time in India, as UTC has it."""
    minutes = hour * 60 + minute - 330
    at = datetime(2025, 11, day, tzinfo=UTC).timestamp() + minutes * 60
    return datetime.fromtimestamp(at, UTC)


def test_without_shifts_it_is_always_open() -> None:
    assert is_open(OpeningHours(), (), india(3))


@pytest.mark.parametrize(
    ("at", "is_so"), [((6, 59), False), ((7, 0), True), ((22, 59), True), ((23, 0), False)]
)
def test_a_day_shift_runs_from_its_first_to_before_its_last_minute(
    at: tuple[int, int], is_so: bool
) -> None:
    assert is_open(OpeningHours((DAY,)), (), india(*at)) is is_so


def test_a_night_shift_counts_by_the_day_on_which_it_began() -> None:
    mondays = OpeningHours((Shift(time(23), time(7), frozenset({0})),))
    assert is_open(mondays, (), india(23, 30, day=3))
    assert is_open(mondays, (), india(6, 30, day=4))
    assert not is_open(mondays, (), india(6, 30, day=3))


def test_day_and_night_leave_no_gap() -> None:
    both = OpeningHours((DAY, NIGHT))
    assert all(is_open(both, (), india(hour)) for hour in range(24))


def test_holidays_close_only_where_they_count() -> None:
    assert not is_open(OpeningHours((DAY,), holidays_too=False), {MONDAY}, india(12))
    assert is_open(OpeningHours((DAY,), holidays_too=True), {MONDAY}, india(12))
    assert not is_open(OpeningHours((), holidays_too=False), {MONDAY}, india(12))
