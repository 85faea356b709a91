from datetime import UTC, datetime, time, timedelta, timezone

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from campaigns.errors import WindowError
from campaigns.window import IST, CallingWindow

INSTANTS = st.datetimes(
    min_value=datetime(2020, 1, 1),  # noqa: DTZ001 -- hypothesis adds the zone
    max_value=datetime(2040, 1, 1),  # noqa: DTZ001
    timezones=st.just(UTC),
)
TIMES = st.times(min_value=time(0, 0), max_value=time(23, 59))


@st.composite
def windows(draw: st.DrawFn) -> CallingWindow:
    first, second = draw(st.lists(TIMES, min_size=2, max_size=2, unique=True))
    return CallingWindow(min(first, second), max(first, second))


def ist(hour: int, minute: int = 0, second: int = 0) -> datetime:
    return datetime(2026, 3, 10, hour, minute, second, tzinfo=IST)


@pytest.mark.parametrize(
    ("now", "is_open"),
    [
        (ist(3), False),
        (ist(8, 59, 59), False),
        (ist(9), True),
        (ist(19, 59, 59), True),
        (ist(20), False),
        (ist(23, 59), False),
    ],
)
def test_default_window_is_nine_to_twenty_in_india(now: datetime, is_open: bool) -> None:
    assert CallingWindow().is_open(now) is is_open
    assert CallingWindow().is_open(now.astimezone(UTC)) is is_open
    assert CallingWindow().is_open(now.astimezone(timezone(timedelta(hours=-8)))) is is_open


def test_three_at_night_in_india_is_evening_in_utc_and_still_closed() -> None:
    three = datetime(2026, 3, 9, 21, 30, tzinfo=UTC)  # 03:00 IST on the 10th
    assert not CallingWindow().is_open(three)
    assert CallingWindow().next_opening(three) == datetime(2026, 3, 10, 3, 30, tzinfo=UTC)


def test_after_closing_the_next_opening_is_tomorrow() -> None:
    tomorrow = datetime(2026, 3, 11, 9, 0, tzinfo=IST)
    assert CallingWindow().next_opening(ist(20)) == tomorrow
    assert CallingWindow().next_opening(ist(23, 59)) == tomorrow


def test_inside_the_window_the_next_opening_is_now() -> None:
    assert CallingWindow().next_opening(ist(12, 34)) == ist(12, 34)


@pytest.mark.parametrize(("opens", "closes"), [(time(20), time(9)), (time(9), time(9))])
def test_a_window_over_midnight_or_empty_is_refused(opens: time, closes: time) -> None:
    with pytest.raises(WindowError, match="same day"):
        CallingWindow(opens, closes)


def test_a_naive_time_is_refused() -> None:
    naive = ist(12).replace(tzinfo=None)
    with pytest.raises(ValueError, match="aware"):
        CallingWindow().is_open(naive)


@given(windows(), INSTANTS)
def test_next_opening_is_open_and_not_in_the_past(window: CallingWindow, now: datetime) -> None:
    opening = window.next_opening(now)
    assert window.is_open(opening)
    assert now <= opening <= now + timedelta(days=1)


@given(windows(), INSTANTS, st.data())
def test_no_moment_before_the_next_opening_is_open(
    window: CallingWindow, now: datetime, data: st.DataObject
) -> None:
    wait = window.next_opening(now) - now
    assume(wait > timedelta(0))
    microseconds = data.draw(st.integers(0, wait // timedelta(microseconds=1) - 1))
    assert not window.is_open(now + timedelta(microseconds=microseconds))
