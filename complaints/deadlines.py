"""By when an officer must have disposed of a complaint. Pure: computed once, then stored."""

from datetime import datetime

from complaints.policy import Policy


def due_at(level_days: tuple[int, ...], level: int, policy: Policy, start: datetime) -> datetime:
    """The end of `level`'s time for a complaint that reaches it at `start`.

    `level_days`: calendar days at level 1, 2, ... by the complaint's category.
    """
    return start + level_days[level - 1] * policy.day


def review_due_at(
    level_days: tuple[int, ...], level: int, policy: Policy, start: datetime
) -> datetime:
    """The end of the time for a review: a share of the level's time, but a few days at least."""
    days = max(level_days[level - 1] * policy.review_share, policy.review_at_least_days)
    return start + days * policy.day
