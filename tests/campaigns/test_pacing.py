from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from campaigns.errors import LimitsError
from campaigns.pacing import Busy, Limits, allowed_now, next_start, until

NOW = datetime(2026, 3, 10, 6, 0, tzinfo=UTC)
WIDE = Limits(max_channels=100, calls_per_second=100, inbound_reserve=0, trunk_channels=1000)
IDLE = Busy(outbound=0, inbound=0, dialled=0)

limits_ = st.builds(
    Limits,
    max_channels=st.integers(0, 60),
    calls_per_second=st.floats(min_value=0.05, max_value=40),
    inbound_reserve=st.integers(0, 60),
    trunk_channels=st.integers(0, 120),
)
busy_ = st.builds(
    lambda dialled, agents, inbound: Busy(dialled + agents, inbound, dialled),
    *(st.integers(0, 80), st.integers(0, 20), st.integers(0, 120)),
)
starts_ = st.lists(st.floats(-30, 30).map(lambda s: NOW + timedelta(seconds=s)), max_size=60)


@given(limits_, busy_, starts_)
def test_no_cap_is_ever_passed(limits: Limits, busy: Busy, starts: list[datetime]) -> None:
    allowed = allowed_now(limits, busy, starts, NOW)
    assert allowed >= 0
    if allowed:
        assert busy.dialled + allowed <= limits.max_channels
        assert (
            busy.outbound + allowed + busy.inbound + limits.inbound_reserve <= limits.trunk_channels
        )


@given(
    limits_.filter(lambda limits: limits.max_channels > 0),
    st.lists(st.integers(0, 1500), min_size=1, max_size=80),
)
def test_no_second_holds_more_starts_than_the_rate(limits: Limits, waits: list[int]) -> None:
    """Whenever the dialer asks and takes all it gets, no period ever holds more than its burst."""
    now, starts = NOW, list[datetime]()
    for wait in waits:
        now += timedelta(milliseconds=wait)
        starts += [now] * allowed_now(limits, IDLE, starts, now)
    for start in starts:
        assert sum(start <= other < start + limits.period for other in starts) <= limits.burst
    assert limits.burst / limits.period.total_seconds() == pytest.approx(limits.calls_per_second)


@given(limits_, st.data())
def test_with_room_everywhere_something_is_allowed(limits: Limits, data: st.DataObject) -> None:
    room = min(limits.max_channels, limits.trunk_channels - limits.inbound_reserve)
    assume(room > 0)
    outbound = data.draw(st.integers(0, room - 1))
    busy = Busy(outbound, data.draw(st.integers(0, room - 1 - outbound)), outbound)
    long_ago = [NOW - limits.period, NOW - 2 * limits.period]
    assert allowed_now(limits, busy, long_ago, NOW) > 0


def test_channels_reserved_for_inbound_stay_free() -> None:
    limits = Limits(max_channels=50, calls_per_second=50, inbound_reserve=10, trunk_channels=30)
    assert allowed_now(limits, Busy(5, 10, 5), [], NOW) == 5
    assert allowed_now(limits, Busy(5, 15, 5), [], NOW) == 0
    assert allowed_now(limits, Busy(5, 10, 5, beside=3), [], NOW) == 2


def test_half_a_call_a_second_is_one_in_two_seconds() -> None:
    limits = Limits(max_channels=50, calls_per_second=0.5, inbound_reserve=0, trunk_channels=60)
    assert allowed_now(limits, IDLE, [NOW - timedelta(seconds=1.5)], NOW) == 0
    assert allowed_now(limits, IDLE, [NOW - timedelta(seconds=2)], NOW) == 1


def test_what_agents_dial_takes_channels_of_the_trunk_and_no_place_of_the_campaign() -> None:
    limits = Limits(max_channels=6, calls_per_second=50, inbound_reserve=0, trunk_channels=12)
    assert allowed_now(limits, Busy(outbound=6, inbound=0, dialled=0), [], NOW) == 6
    assert allowed_now(limits, Busy(outbound=6, inbound=2, dialled=0), [], NOW) == 4
    assert allowed_now(limits, Busy(outbound=6, inbound=0, dialled=5), [], NOW) == 1


@pytest.mark.parametrize("rate", [0.9, 1.0, 1.5, 1.9, 2.0, 2.4])
def test_who_looks_when_the_rate_lets_the_next_begin_reaches_the_rate(rate: float) -> None:
    limits = Limits(max_channels=999, calls_per_second=rate, inbound_reserve=0, trunk_channels=999)
    now, starts = NOW, list[datetime]()
    while now < NOW + timedelta(minutes=1):
        starts += [now] * allowed_now(limits, IDLE, starts, now)
        now += timedelta(seconds=until(next_start(limits, starts, now), now, 1.0))
    assert 0.97 * 60 * rate <= len(starts) <= 60 * rate + limits.burst


def test_a_clock_set_back_does_not_stop_the_dialer() -> None:
    an_hour_ahead = [NOW + timedelta(hours=1)] * 500
    assert allowed_now(WIDE, IDLE, an_hour_ahead, NOW) == 100


def test_a_rate_of_nothing_is_refused() -> None:
    with pytest.raises(LimitsError):
        Limits(calls_per_second=0)
