"""The rate search, on machines that are only imagined."""

from collections.abc import Callable

from hypothesis import given
from hypothesis import strategies as st

from bench.search import Plan, Trial, highest_clean, next_rate


def searched(machine: Callable[[int, int], bool], plan: Plan) -> list[Trial]:
    """The trials of a whole search; `machine(rate, nth)` says whether the nth step was clean."""
    tried: list[Trial] = []
    while (rate := next_rate(tried, plan)) is not None:
        tried.append(Trial(rate, machine(rate, len(tried))))
        assert len(tried) < 60
    return tried


@given(st.integers(10, 1500))
def test_the_capacity_is_found_to_within_the_gap(capacity: int) -> None:
    plan = Plan()
    found = highest_clean(searched(lambda rate, _: rate <= capacity, plan))
    assert found <= capacity
    if found < plan.highest and found:
        assert capacity - found <= max(plan.gap * found, 1)
    if capacity >= plan.first:
        assert found >= plan.first


def test_a_step_that_fails_once_is_repeated_and_forgiven() -> None:
    unlucky = {1}
    tried = searched(lambda rate, nth: rate <= 200 and nth not in unlucky, Plan(first=100))
    assert tried[1].rate == tried[2].rate
    assert highest_clean(tried) >= tried[2].rate


def test_a_rate_that_fails_twice_ends_the_climb() -> None:
    tried = [Trial(100, True), Trial(135, False), Trial(135, False)]
    rate = next_rate(tried, Plan(first=100))
    assert rate is not None
    assert 100 < rate < 135


def test_a_machine_too_slow_for_the_first_rate_is_asked_for_less() -> None:
    assert next_rate([Trial(140, False)] * 2, Plan()) == 104


def test_a_machine_that_serves_nothing_ends_the_search() -> None:
    assert highest_clean(searched(lambda *_: False, Plan())) == 0


def test_a_clean_step_above_a_failed_rate_does_not_count() -> None:
    lucky = [Trial(100, True), Trial(120, False), Trial(120, False), Trial(150, True)]
    assert highest_clean(lucky) == 100
