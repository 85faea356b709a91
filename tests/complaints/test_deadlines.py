from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from complaints.calendar import Calendar, Counting
from complaints.deadlines import Clock, going_on, level_clock, review_clock, sorting_clock, stopped
from complaints.policy import READY, UP_1076, FollowUp, Policy, Step

START = datetime(2025, 11, 20, 5, 30, tzinfo=UTC)
DAYS = (7, 8, 10, 14)
EVERY_DAY = Calendar()
WORKING = Calendar(Counting.WORKING_DAYS, frozenset({date(2025, 11, 24)}))


def test_each_level_has_its_own_days() -> None:
    clocks = [level_clock(DAYS, level, UP_1076, EVERY_DAY, START) for level in (1, 2, 3, 4)]
    assert [(clock.due_at - START).days for clock in clocks] == [7, 8, 10, 14]


def test_a_review_has_half_of_the_levels_time() -> None:
    assert review_clock(DAYS, 2, UP_1076, EVERY_DAY, START).due_at == START + timedelta(days=4)
    assert review_clock(DAYS, 1, UP_1076, EVERY_DAY, START).due_at == START + timedelta(days=3.5)


def test_a_review_has_at_least_two_days() -> None:
    for level in (1, 2):
        clock = review_clock((1, 3, 3, 3), level, UP_1076, EVERY_DAY, START)
        assert clock.due_at == START + timedelta(days=2)


def test_a_demonstrations_day_can_last_a_minute() -> None:
    policy = Policy(name="demo", day=timedelta(minutes=1))
    clock = level_clock((7, 7, 7, 7), 1, policy, EVERY_DAY, START)
    assert clock.due_at == START + timedelta(minutes=7)
    assert clock.remind_at == START + timedelta(minutes=5.6)


def test_the_reminder_comes_after_four_fifths_of_the_time() -> None:
    clock = level_clock((10, 10, 10, 10), 1, UP_1076, EVERY_DAY, START)
    assert clock.remind_at == START + timedelta(days=8)
    assert sorting_clock(UP_1076, EVERY_DAY, START).remind_at is None


def test_a_due_time_says_what_it_was_computed_from() -> None:
    policy = Policy(name="office", counting=Counting.WORKING_DAYS)
    clock = level_clock(DAYS, 1, policy, WORKING, START)
    assert clock.basis == "office: 7 working days"
    assert clock.since == START
    later = going_on(stopped(clock, policy, WORKING, START), WORKING, START + timedelta(days=2))
    assert later.basis == "office: 7 working days, paused for 2 days, 0:00:00"


def test_a_policy_can_bound_the_categorys_days() -> None:
    policy = Policy(name="bounded", fewest_days=7, most_days=9)
    assert [policy.days_at((3, 8, 10, 14), level) for level in (1, 2, 3, 4)] == [7, 8, 9, 9]


def test_a_pause_gives_back_what_was_left_of_the_officers_time() -> None:
    clock = level_clock(DAYS, 1, UP_1076, EVERY_DAY, START)
    standing = stopped(clock, UP_1076, EVERY_DAY, START + timedelta(days=5))
    again = going_on(standing, EVERY_DAY, START + timedelta(days=25))
    assert again.due_at == START + timedelta(days=27)
    assert again.remind_at == START + timedelta(days=25.6)
    assert again.paused == timedelta(days=20)
    assert again.since == clock.since


WEEKDAYS = Calendar(Counting.WORKING_DAYS)
DIWALI = Calendar(Counting.WORKING_DAYS, frozenset(date(2025, 11, day) for day in range(24, 29)))
DAY = timedelta(days=1)


def given_in_working_days() -> Clock:
    """Seven, from Thursday: with no holiday known, until Friday of the next week."""
    policy = replace(UP_1076, counting=Counting.WORKING_DAYS)
    clock = level_clock(DAYS, 1, policy, WEEKDAYS, START)
    assert clock.due_at == START + 8 * DAY
    return clock


def test_a_holiday_declared_before_a_pause_is_not_taken_from_what_is_left() -> None:
    standing = stopped(given_in_working_days(), UP_1076, WORKING, START + DAY)
    assert standing.remaining == 6 * DAY
    again = going_on(standing, WORKING, START + 2 * DAY)
    # Saturday from 11:00, Tuesday to Friday, Saturday, and Monday until 11:00.
    assert again.due_at == START + 11 * DAY


def test_whose_days_have_all_become_holidays_is_not_late_by_a_pause() -> None:
    clock = given_in_working_days()
    monday = START + 4 * DAY  # and no working day is left until Friday
    standing = stopped(clock, UP_1076, DIWALI, monday)
    assert DIWALI.between(standing.stopped_at, clock.due_at) == timedelta(0)
    assert standing.remaining == 4 * DAY + timedelta(hours=11)
    assert standing.remind_in == standing.remaining - 1.4 * DAY  # a fifth of seven before the limit
    assert going_on(standing, DIWALI, standing.stopped_at).due_at > clock.due_at


def test_a_holiday_declared_during_a_pause_is_not_taken_from_what_is_left() -> None:
    standing = stopped(given_in_working_days(), UP_1076, WEEKDAYS, START + DAY)
    assert standing.remaining == 6 * DAY
    again = going_on(standing, WORKING, START + 2 * DAY)
    assert WORKING.between(START + 2 * DAY, again.due_at) == 6 * DAY


def test_a_second_pause_takes_nothing_either() -> None:
    first = stopped(given_in_working_days(), UP_1076, WEEKDAYS, START + DAY)
    again = going_on(first, WEEKDAYS, START + 4 * DAY)  # Monday
    second = stopped(again, UP_1076, DIWALI, START + 5 * DAY)
    assert second.remaining == 6 * DAY  # neither Monday nor Tuesday is a working day any more
    assert stopped(again, UP_1076, WEEKDAYS, START + 5 * DAY).remaining == 5 * DAY


def test_a_holiday_that_was_taken_back_leaves_the_time_up_to_the_limit() -> None:
    policy = replace(UP_1076, counting=Counting.WORKING_DAYS)
    clock = level_clock(DAYS, 1, policy, WORKING, START)
    assert clock.due_at == START + 9 * DAY
    for after in (2, 6):  # before that Monday, and after it
        at = START + after * DAY
        assert stopped(clock, UP_1076, WEEKDAYS, at).remaining == WEEKDAYS.between(at, clock.due_at)


def test_who_was_reminded_is_not_reminded_again_after_a_pause() -> None:
    clock = level_clock(DAYS, 1, UP_1076, EVERY_DAY, START).silenced()
    standing = stopped(clock, UP_1076, EVERY_DAY, START + timedelta(days=6))
    assert going_on(standing, EVERY_DAY, START + timedelta(days=8)).remind_at is None


def test_four_policies_are_ready_each_with_its_own_name() -> None:
    assert [policy.name for policy in READY] == ["up-1076", "up-2017", "mp-181", "hp-1100"]


def test_a_category_can_have_rules_of_its_own() -> None:
    policy = Policy(name="own", by_category={"no-water": {"reviews_per_level": 0}})
    assert policy.of("no-water").reviews_per_level == 0
    assert policy.of("handpump") is policy
    with pytest.raises(ValueError, match="name cannot differ by category"):
        Policy(name="own", by_category={"no-water": {"name": "x"}})
    with pytest.raises(ValueError, match="last_level"):
        Policy(name="own", by_category={"no-water": {"last_level": 9}})


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
        {"transfers_at_most": -1},
        {"reminder_share": 0},
        {"fewest_days": 9, "most_days": 8},
        {"sorting_days": 0},
        {"rest_weekdays": frozenset(range(7))},
        {"after_attempts": (FollowUp(Step.SMS, 1), FollowUp(Step.SMS, 2))},
    ],
)
def test_a_policy_that_makes_no_sense_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError):
        Policy(name="wrong", **wrong)
