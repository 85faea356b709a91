from datetime import UTC, date, datetime, time

import pytest

from agi.closed import opens_again
from agi.hours import Opening, OpeningHours, Shift, is_open, opening, seats_by_hour
from speech.prompts import Prompt

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


def test_a_holiday_has_shifts_of_its_own_where_some_are_set() -> None:
    hours = OpeningHours((DAY,), holidays_too=False, holiday_shifts=(Shift(time(10), time(14)),))
    assert [is_open(hours, {MONDAY}, india(hour)) for hour in (9, 10, 13, 14)] == [
        False, True, True, False,
    ]  # fmt: skip
    assert is_open(hours, {MONDAY}, india(9, day=4))


def test_the_night_before_a_holiday_is_served_to_its_end() -> None:
    hours = OpeningHours((NIGHT,), holidays_too=False)
    tuesday = {date(2025, 11, 4)}
    assert is_open(hours, tuesday, india(6, 59, day=4))
    assert not is_open(hours, tuesday, india(23, 30, day=4))


def test_planned_seats_are_the_fewest_of_the_hour_by_weekday_and_go_over_midnight() -> None:
    first = date(2025, 11, 5)  # a Wednesday
    late = Shift(time(22, 30), time(2), frozenset({2}), 7)
    hours = OpeningHours(
        (Shift(time(7), time(15), frozenset({2, 3}), 40), Shift(time(15), time(7), seats=5), late),
        holidays_too=False,
        holiday_shifts=(Shift(time(10), time(14), seats=3),),
    )
    seats = seats_by_hour(hours, {date(2025, 11, 6)}, first)
    assert len(seats) == 168
    assert [seats[2, hour] for hour in (6, 7, 14, 15, 22, 23)] == [5, 40, 40, 5, 5, 12]
    assert [seats[3, hour] for hour in (0, 1, 2, 7, 9, 10, 13, 14, 23)] == [
        12, 12, 5, 0, 0, 3, 3, 0, 0,
    ]  # fmt: skip
    assert [seats[4, hour] for hour in (0, 7, 15)] == [0, 0, 5]
    assert seats[1, 3] == 5  # of the shift that began the evening before


def test_a_shift_of_all_day_and_night_never_closes() -> None:
    hours = OpeningHours((Shift(time(0), time(0)),))
    assert all(is_open(hours, (), india(hour)) for hour in range(24))


@pytest.mark.parametrize(
    ("holidays", "at", "opens"),
    [
        ((), india(6), india(7)),
        ((), india(23, 30), india(7, day=4)),
        ((MONDAY,), india(6), india(7, day=4)),
        ((MONDAY, date(2025, 11, 4)), india(12), india(7, day=5)),
        ((), india(12), None),
    ],
)
def test_it_is_known_when_agents_serve_again(
    holidays: tuple[date, ...], at: datetime, opens: datetime | None
) -> None:
    found = opening(OpeningHours((DAY,), holidays_too=False), holidays, at)
    assert found == Opening(opens is None, opens)


def test_shifts_of_no_day_open_never_and_nobody_promises_when() -> None:
    never = OpeningHours((Shift(time(7), time(23), frozenset()),))
    assert opening(never, (), india(12)) == Opening(False, None)
    assert opens_again(Opening(False, None), india(12)) == []


@pytest.mark.parametrize(
    ("opens_at", "said"),
    [
        (india(7), [Prompt.TODAY, Prompt.MORNING, "number_7", Prompt.OCLOCK]),
        (india(3, 30), [Prompt.TODAY, Prompt.NIGHT, "number_3", Prompt.PAST, "number_30",
                        Prompt.MINUTES]),
        (india(0, day=4), [Prompt.TODAY, Prompt.NIGHT, "number_12", Prompt.OCLOCK]),
        (india(0, 30, day=5), [Prompt.TOMORROW, Prompt.NIGHT, "number_12", Prompt.PAST,
                               "number_30", Prompt.MINUTES]),
        (india(16, day=9), ["number_9", "month_11", Prompt.ON_DAY, Prompt.EVENING, "number_4",
                            Prompt.OCLOCK]),
    ],
)  # fmt: skip
def test_the_hour_is_said_as_people_say_it(opens_at: datetime, said: list[str]) -> None:
    found = opens_again(Opening(False, opens_at), india(3))
    assert found == [Prompt.OPENS_AGAIN, *said, Prompt.OPENS_FROM]
