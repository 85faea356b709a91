from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from complaints.calendar import IST, Calendar, Counting

FRIDAY = datetime(2025, 11, 21, 15, 0, tzinfo=IST)
HOLIDAY = date(2025, 11, 25)  # a Tuesday
OFFICE = Calendar(Counting.WORKING_DAYS, frozenset({HOLIDAY}))
DAY = timedelta(days=1)

moments = st.timedeltas(timedelta(0), timedelta(days=730)).map(
    lambda span: datetime(2025, 1, 1, tzinfo=UTC) + span
)
spans = st.timedeltas(timedelta(0), timedelta(days=40))
calendars = st.builds(
    Calendar,
    st.sampled_from(Counting),
    st.frozensets(st.dates(date(2025, 1, 1), date(2027, 6, 1)), max_size=60),
    st.frozensets(st.integers(0, 6), max_size=3),
)


def test_on_calendar_days_holidays_are_counted_in() -> None:
    calendar = Calendar(holidays=frozenset({HOLIDAY}))
    assert calendar.after(FRIDAY, 7 * DAY) == FRIDAY + 7 * DAY
    assert calendar.between(FRIDAY, FRIDAY + 7 * DAY) == 7 * DAY


def test_sundays_and_holidays_are_passed_over_where_working_days_count() -> None:
    # Saturday, Monday, Wednesday: the third working day from Friday 15:00 ends on Wednesday.
    assert OFFICE.after(FRIDAY, 3 * DAY) == datetime(2025, 11, 26, 15, 0, tzinfo=IST)
    assert OFFICE.between(FRIDAY, datetime(2025, 11, 26, 15, 0, tzinfo=IST)) == 3 * DAY


def test_time_given_on_a_day_of_rest_begins_on_the_next_working_day() -> None:
    sunday = datetime(2025, 11, 23, 11, 0, tzinfo=IST)
    assert OFFICE.after(sunday, DAY) == datetime(2025, 11, 25, 0, 0, tzinfo=IST)
    assert OFFICE.between(sunday, sunday + timedelta(hours=5)) == timedelta(0)


def test_a_day_is_a_day_in_india() -> None:
    late_saturday = datetime(2025, 11, 22, 18, 29, tzinfo=UTC)  # 23:59 in India
    assert OFFICE.between(late_saturday, late_saturday + timedelta(hours=1)) == timedelta(minutes=1)


def test_some_day_of_the_week_must_count() -> None:
    with pytest.raises(ValueError, match="some day"):
        Calendar(Counting.WORKING_DAYS, rest_weekdays=frozenset(range(7)))


@given(calendars, moments, spans)
def test_what_is_added_has_passed(calendar: Calendar, start: datetime, span: timedelta) -> None:
    assert calendar.between(start, calendar.after(start, span)) == span


@given(calendars, moments, spans, spans)
def test_time_given_in_two_parts_ends_at_the_same_moment(
    calendar: Calendar, start: datetime, first: timedelta, second: timedelta
) -> None:
    in_parts = calendar.after(calendar.after(start, first), second)
    assert in_parts == calendar.after(start, first + second)


@given(calendars, moments, spans, spans)
def test_more_time_never_ends_earlier(
    calendar: Calendar, start: datetime, one: timedelta, other: timedelta
) -> None:
    shorter, longer = sorted((one, other))
    assert start <= calendar.after(start, shorter) <= calendar.after(start, longer)


@given(calendars, moments, moments, moments)
def test_time_between_adds_up(calendar: Calendar, a: datetime, b: datetime, c: datetime) -> None:
    first, second, third = sorted((a, b, c))
    whole = calendar.between(first, third)
    assert calendar.between(first, second) + calendar.between(second, third) == whole
    assert timedelta(0) <= whole <= third - first
    assert calendar.between(third, first) == timedelta(0)
