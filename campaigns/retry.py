"""What follows from an attempt's outcome: another attempt, the end, or nothing more to do. Pure.

The schedule is the field's: a busy line soon, no answer in another part of the day and then on
another day, our own trunk's trouble in minutes and not at the citizen's cost (R19, R22).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from calls.model import Outcome
from campaigns.errors import PolicyError
from campaigns.window import CallingWindow

# Lands on the next day at another hour, whenever in a default window it begins.
_NEXT_DAY = timedelta(hours=20)
_MINUTE = timedelta(minutes=1)
_HOUR = timedelta(hours=1)

# Nothing reached the citizen.
_TECHNICAL = frozenset({Outcome.CONGESTION, Outcome.FAILED})


class GiveUpReason(StrEnum):
    """Why nobody will be dialled again for this disposal, in the words of the history."""

    ATTEMPTS_USED_UP = "attempts used up"
    INVALID_NUMBER = "invalid number"
    HUNG_UP = "hung up"
    TECHNICAL = "calls cannot be placed"
    NOT_CALLED = "not a number that is called automatically"


@dataclass(frozen=True, slots=True)
class RetryAt:
    """Call again, not before `at` (UTC, inside the calling window)."""

    at: datetime


@dataclass(frozen=True, slots=True)
class GiveUp:
    """Do not call again."""

    reason: GiveUpReason


@dataclass(frozen=True, slots=True)
class Done:
    """The citizen has answered."""


Decision = RetryAt | GiveUp | Done


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """Waiting times by outcome; the last of a sequence repeats. Raises `PolicyError` if empty.

    `technical` is the first wait after congestion or a refused call; it doubles up to
    `technical_longest`, so that `max_technical` tries outlast a bad day of the trunk.
    `hung_up` is also the wait after a call that was answered and then failed on our side.
    A lost call may have rung: beyond `max_lost` of them it counts against the citizen's number of
    attempts like one without an answer.
    """

    busy: tuple[timedelta, ...] = (10 * _MINUTE, _HOUR, 4 * _HOUR)
    no_answer: tuple[timedelta, ...] = (_HOUR, 4 * _HOUR, _NEXT_DAY)
    wrong_person: timedelta = _NEXT_DAY
    hung_up: timedelta = _HOUR
    technical: timedelta = 2 * _MINUTE
    technical_longest: timedelta = _HOUR
    max_attempts: int = 4
    max_hung_up: int = 2
    max_technical: int = 24
    max_lost: int = 3

    def __post_init__(self) -> None:
        if not (self.busy and self.no_answer):
            raise PolicyError("a sequence of waits is empty")
        waits = (
            *self.busy,
            *self.no_answer,
            self.wrong_person,
            self.hung_up,
            self.technical,
            self.technical_longest,
        )
        if min(waits) <= timedelta(0):
            raise PolicyError("waits are longer than nothing")
        if min(self.max_attempts, self.max_hung_up, self.max_technical) < 1 or self.max_lost < 0:
            raise PolicyError("there is at least one attempt")


def decide(
    outcome: Outcome,
    earlier: Sequence[Outcome],
    now: datetime,
    policy: RetryPolicy,
    window: CallingWindow,
    *,
    answered: bool = False,
) -> Decision:
    """What follows from `outcome`, after those of the `earlier` attempts for this disposal.

    `answered`: somebody took the call.
    """
    if outcome is Outcome.FEEDBACK_GIVEN:
        return Done()
    so_far = [*earlier, outcome]
    if reason := _no_more(outcome, so_far, policy):
        return GiveUp(reason)
    return RetryAt(window.next_opening(now + _wait(outcome, so_far, policy, answered)))


def counts_against_citizen(
    outcome: Outcome, earlier: Sequence[Outcome], policy: RetryPolicy
) -> bool:
    """Whether this attempt is one of the few that a citizen gets."""
    return _counted([*earlier, outcome], policy) > _counted(earlier, policy)


def _counted(outcomes: Sequence[Outcome], policy: RetryPolicy) -> int:
    lost = sum(_is_lost(outcome) for outcome in outcomes)
    reached = sum(not _is_lost(outcome) and outcome not in _TECHNICAL for outcome in outcomes)
    return reached + max(0, lost - policy.max_lost)


def _no_more(
    outcome: Outcome, so_far: Sequence[Outcome], policy: RetryPolicy
) -> GiveUpReason | None:
    if outcome is Outcome.INVALID_NUMBER:
        return GiveUpReason.INVALID_NUMBER
    if so_far.count(Outcome.FEEDBACK_HUNG_UP) >= policy.max_hung_up:
        return GiveUpReason.HUNG_UP
    if _counted(so_far, policy) >= policy.max_attempts:
        return GiveUpReason.ATTEMPTS_USED_UP
    if sum(one in _TECHNICAL for one in so_far) >= policy.max_technical:
        return GiveUpReason.TECHNICAL
    return None


def _wait(
    outcome: Outcome, so_far: Sequence[Outcome], policy: RetryPolicy, answered: bool
) -> timedelta:
    if answered and _is_lost(outcome):
        return policy.hung_up  # who got up for a call that failed is not fetched again in minutes
    if outcome in _TECHNICAL or _is_lost(outcome):
        tries = sum(one in _TECHNICAL or _is_lost(one) for one in so_far)
        # The exponent is bounded: a timedelta overflows long before a policy's cap need be reached.
        doubled: timedelta = policy.technical * 2 ** min(tries - 1, 16)
        return min(doubled, policy.technical_longest)
    match outcome:
        case Outcome.BUSY:
            return _step(policy.busy, so_far.count(Outcome.BUSY))
        case Outcome.WRONG_PERSON:
            return policy.wrong_person
        case Outcome.FEEDBACK_HUNG_UP:
            return policy.hung_up
        case _:
            return _step(policy.no_answer, sum(_is_unanswered(one) for one in so_far))


def _step(waits: Sequence[timedelta], times: int) -> timedelta:
    return waits[min(times, len(waits)) - 1]


def _is_unanswered(outcome: Outcome) -> bool:
    return outcome in (Outcome.NO_ANSWER, Outcome.REJECTED, Outcome.FEEDBACK_NO_INPUT)


def _is_lost(outcome: Outcome) -> bool:
    """It may have reached the citizen, but through our fault, or unknown to us, to no end.

    So is an earlier answer that was given: had it been recorded, there would be no attempt now.
    """
    return not (
        outcome in _TECHNICAL
        or _is_unanswered(outcome)
        or outcome
        in (
            Outcome.BUSY,
            Outcome.INVALID_NUMBER,
            Outcome.FEEDBACK_HUNG_UP,
            Outcome.WRONG_PERSON,
        )
    )
