from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from complaints.deadlines import due_at, review_due_at
from complaints.policy import UP_1076, Policy

START = datetime(2025, 11, 20, 5, 30, tzinfo=UTC)


def test_each_level_has_its_own_calendar_days() -> None:
    days = [(due_at((7, 8, 10, 14), level, UP_1076, START) - START).days for level in (1, 2, 3, 4)]
    assert days == [7, 8, 10, 14]


def test_a_review_has_half_of_the_levels_time() -> None:
    assert review_due_at((7, 8, 10, 14), 2, UP_1076, START) == START + timedelta(days=4)
    assert review_due_at((7, 8, 10, 14), 1, UP_1076, START) == START + timedelta(days=3.5)


def test_a_review_has_at_least_two_days() -> None:
    assert review_due_at((1, 3, 3, 3), 1, UP_1076, START) == START + timedelta(days=2)
    assert review_due_at((1, 3, 3, 3), 2, UP_1076, START) == START + timedelta(days=2)


def test_a_demonstrations_day_can_last_a_minute() -> None:
    policy = Policy(name="demo", day=timedelta(minutes=1))
    assert due_at((7, 7, 7, 7), 1, policy, START) == START + timedelta(minutes=7)
    assert review_due_at((7, 7, 7, 7), 1, policy, START) == START + timedelta(minutes=3.5)


@pytest.mark.parametrize(
    "wrong",
    [
        {"last_level": 5},
        {"last_level": 0},
        {"reviews_per_level": -1},
        {"review_share": -0.5},
        {"review_at_least_days": -1},
        {"day": timedelta(0)},
        {"feedback_delay": timedelta(seconds=-1)},
        {"after_attempts_used_up": "closed_satisfied"},
    ],
)
def test_a_policy_that_makes_no_sense_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError):
        Policy(name="wrong", **wrong)
