from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calls.model import Outcome
from campaigns.errors import PolicyError
from campaigns.retry import (
    Done,
    GiveUp,
    GiveUpReason,
    RetryAt,
    RetryPolicy,
    counts_against_citizen,
    decide,
)
from campaigns.window import IST, CallingWindow

POLICY = RetryPolicy()
WINDOW = CallingWindow()
TEN = datetime(2026, 3, 10, 10, 0, tzinfo=IST)
O = Outcome  # noqa: E741

UNHAPPY = [outcome for outcome in Outcome if outcome is not Outcome.FEEDBACK_GIVEN]
instants = st.datetimes(
    min_value=datetime(2026, 1, 1),  # noqa: DTZ001 -- hypothesis adds the zone
    max_value=datetime(2027, 1, 1),  # noqa: DTZ001
    timezones=st.just(UTC),
)


def wait(outcome: Outcome, *earlier: Outcome, now: datetime = TEN) -> timedelta:
    decision = decide(outcome, earlier, now, POLICY, WINDOW)
    assert isinstance(decision, RetryAt)
    return decision.at - now


def test_no_answer_is_tried_in_another_part_of_the_day_then_on_another_day() -> None:
    assert wait(O.NO_ANSWER) == timedelta(hours=1)
    assert wait(O.NO_ANSWER, O.NO_ANSWER) == timedelta(hours=4)
    third = TEN + wait(O.NO_ANSWER, O.NO_ANSWER, O.NO_ANSWER)
    assert third.astimezone(IST).date() == TEN.date() + timedelta(days=1)


@pytest.mark.parametrize("outcome", [O.REJECTED, O.FEEDBACK_NO_INPUT])
def test_rejected_and_silence_are_tried_like_no_answer(outcome: Outcome) -> None:
    assert wait(outcome) == timedelta(hours=1)
    assert wait(outcome, O.NO_ANSWER) == timedelta(hours=4)


@pytest.mark.parametrize("outcome", [O.LOST, O.UNAVAILABLE])
def test_who_took_a_call_that_failed_on_our_side_is_not_fetched_again_in_minutes(
    outcome: Outcome,
) -> None:
    found = decide(outcome, [outcome], TEN, POLICY, WINDOW, answered=True)
    assert found == RetryAt(TEN + timedelta(hours=1))
    assert wait(outcome, outcome) == timedelta(minutes=4)


def test_a_busy_line_is_tried_again_in_ten_minutes() -> None:
    assert wait(O.BUSY) == timedelta(minutes=10)
    assert wait(O.BUSY, O.NO_ANSWER) == timedelta(minutes=10)


def test_the_wrong_person_is_called_the_next_day() -> None:
    at = TEN + wait(O.WRONG_PERSON)
    assert at.astimezone(IST).date() == TEN.date() + timedelta(days=1)


@pytest.mark.parametrize("outcome", [O.CONGESTION, O.FAILED, O.LOST])
def test_our_own_trouble_is_retried_in_two_minutes_and_not_at_the_citizens_cost(
    outcome: Outcome,
) -> None:
    assert wait(outcome) == timedelta(minutes=2)
    assert not counts_against_citizen(outcome, [], POLICY)
    assert counts_against_citizen(O.NO_ANSWER, [outcome], POLICY)


def test_a_bad_day_of_the_trunk_does_not_use_up_a_citizens_chances() -> None:
    now, earlier = TEN, list[Outcome]()
    while now < TEN + timedelta(hours=8):
        decision = decide(O.CONGESTION, earlier, now, POLICY, WINDOW)
        assert isinstance(decision, RetryAt)
        now, earlier = decision.at, [*earlier, O.CONGESTION]


def test_invalid_number_stops_at_once() -> None:
    assert decide(O.INVALID_NUMBER, [], TEN, POLICY, WINDOW) == GiveUp(GiveUpReason.INVALID_NUMBER)


def test_hung_up_is_called_once_more_only() -> None:
    assert wait(O.FEEDBACK_HUNG_UP) == timedelta(hours=1)
    again = decide(O.FEEDBACK_HUNG_UP, [O.FEEDBACK_HUNG_UP], TEN, POLICY, WINDOW)
    assert again == GiveUp(GiveUpReason.HUNG_UP)


def test_the_fourth_unanswered_attempt_is_the_last() -> None:
    fourth = decide(O.NO_ANSWER, [O.NO_ANSWER, O.BUSY, O.REJECTED], TEN, POLICY, WINDOW)
    assert fourth == GiveUp(GiveUpReason.ATTEMPTS_USED_UP)


def test_lost_calls_beyond_a_few_count_like_unanswered_ones() -> None:
    lost = [O.LOST] * POLICY.max_lost
    assert counts_against_citizen(O.LOST, lost, POLICY)
    used_up = decide(O.LOST, lost + [O.LOST] * (POLICY.max_attempts - 1), TEN, POLICY, WINDOW)
    assert used_up == GiveUp(GiveUpReason.ATTEMPTS_USED_UP)


def test_an_answer_ends_it() -> None:
    assert decide(O.FEEDBACK_GIVEN, [O.NO_ANSWER] * 9, TEN, POLICY, WINDOW) == Done()


def test_an_evening_retry_waits_for_the_morning() -> None:
    half_past_seven = TEN.replace(hour=19, minute=30)
    assert half_past_seven + wait(O.NO_ANSWER, now=half_past_seven) == TEN.replace(day=11, hour=9)


def test_a_policy_in_seconds_keeps_its_seconds() -> None:
    policy = RetryPolicy(no_answer=(timedelta(seconds=3),))
    decision = decide(O.NO_ANSWER, [], TEN, policy, WINDOW)
    assert decision == RetryAt(TEN + timedelta(seconds=3))


def test_a_policy_without_waits_is_refused() -> None:
    with pytest.raises(PolicyError):
        RetryPolicy(busy=())
    with pytest.raises(PolicyError):
        RetryPolicy(technical=timedelta(0))


@given(st.sampled_from(UNHAPPY), st.lists(st.sampled_from(UNHAPPY), max_size=40), instants)
def test_a_retry_lies_ahead_and_inside_the_window(
    outcome: Outcome, earlier: list[Outcome], now: datetime
) -> None:
    decision = decide(outcome, earlier, now, POLICY, WINDOW)
    if isinstance(decision, RetryAt):
        assert decision.at > now
        assert WINDOW.is_open(decision.at)


@given(st.lists(st.sampled_from(UNHAPPY), min_size=32, max_size=32))
def test_whatever_the_outcomes_calling_comes_to_an_end(outcomes: list[Outcome]) -> None:
    """24 technical failures, 3 lost, 4 counted: the 31st attempt at the latest is the last."""
    decisions = [
        decide(outcome, outcomes[:n], TEN, POLICY, WINDOW) for n, outcome in enumerate(outcomes)
    ]
    assert any(isinstance(decision, GiveUp) for decision in decisions[:31])


@given(st.lists(st.sampled_from(UNHAPPY), max_size=20))
def test_a_citizen_is_never_reached_more_often_than_the_policy_says(
    outcomes: list[Outcome],
) -> None:
    made = list[Outcome]()
    for outcome in outcomes:
        made.append(outcome)
        if isinstance(decide(outcome, made[:-1], TEN, POLICY, WINDOW), GiveUp):
            break
    reached = [one for one in made if one not in (O.CONGESTION, O.FAILED)]
    assert len(reached) <= POLICY.max_attempts + POLICY.max_lost
