"""Distributions in a few numbers: pure."""

import math
from collections.abc import Sequence
from statistics import median


def percentile(values: Sequence[float], percent: float) -> float | None:
    """The value that `percent` % of them do not exceed (nearest rank); None of nothing."""
    if not values:
        return None
    rank = max(math.ceil(len(values) * percent / 100), 1)
    return sorted(values)[rank - 1]


def middle(values: Sequence[float | None]) -> float | None:
    """The median of those that are known; None when none is."""
    known = [value for value in values if value is not None]
    return median(known) if known else None


def ratio(value: float | None, to: float | None) -> float | None:
    """`value` as a multiple of `to`; None when one is unknown or nothing."""
    return value / to if value is not None and to else None


def rounded(value: float | None, digits: int = 2) -> float | None:
    """For a reader: no digit that means nothing."""
    return None if value is None else round(value, digits)
