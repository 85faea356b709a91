import pytest

from calls.hangup import unanswered_outcome
from calls.model import Outcome


@pytest.mark.parametrize(
    ("cause", "reason", "outcome"),
    [
        (17, 5, Outcome.BUSY),
        (18, 3, Outcome.NO_ANSWER),
        (19, 3, Outcome.NO_ANSWER),
        (20, 0, Outcome.NO_ANSWER),
        (21, 0, Outcome.REJECTED),
        (1, 0, Outcome.INVALID_NUMBER),
        (28, 0, Outcome.INVALID_NUMBER),
        (34, 8, Outcome.CONGESTION),
        (42, 0, Outcome.CONGESTION),
    ],
)
def test_the_cause_says_how_an_unanswered_call_ended(
    cause: int, reason: int, outcome: Outcome
) -> None:
    assert unanswered_outcome(cause, reason) is outcome


def test_a_cause_that_says_more_than_the_reason_wins() -> None:
    assert unanswered_outcome(17, 3) is Outcome.BUSY


@pytest.mark.parametrize("cause", [None, 0, 16, 127])
def test_a_cause_that_says_nothing_leaves_it_to_the_reason(cause: int | None) -> None:
    assert unanswered_outcome(cause, 3) is Outcome.NO_ANSWER
    assert unanswered_outcome(cause, 5) is Outcome.BUSY
    assert unanswered_outcome(cause, 8) is Outcome.CONGESTION


def test_nothing_known_is_a_failure_and_says_nothing_about_the_citizen() -> None:
    assert unanswered_outcome(None, None) is Outcome.FAILED
    assert unanswered_outcome(16, 0) is Outcome.FAILED
