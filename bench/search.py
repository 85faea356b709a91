"""The search for the highest rate that goes without a fault: pure, so that it can be read."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Trial:
    """One step: whether calls at this rate (calls a second) all went well."""

    rate: int
    clean: bool


@dataclass(frozen=True, slots=True)
class Plan:
    """Up by `factor` from `first` until a rate fails, then halve the gap until it is `gap` wide."""

    first: int = 140
    factor: float = 1.35
    gap: float = 0.08  # of the highest clean rate
    lowest: int = 10
    highest: int = 1000


def next_rate(tried: Sequence[Trial], plan: Plan) -> int | None:
    """The rate to try next; None when the search has ended.

    A rate has failed when it failed twice: others use the machine too.
    """
    if not tried:
        return plan.first
    last = tried[-1].rate
    if not tried[-1].clean and sum(trial.rate == last for trial in tried) == 1:
        return last
    clean, failed = highest_clean(tried), _lowest_failed(tried)
    if failed is None:
        rate = min(round(clean * plan.factor), plan.highest)
        return rate if rate > clean else None
    if not clean:
        rate = round(failed / plan.factor)
        return rate if plan.lowest <= rate < failed else None
    if failed - clean <= max(plan.gap * clean, 1):
        return None
    return (clean + failed) // 2


def highest_clean(tried: Sequence[Trial]) -> int:
    """The highest rate that went well below every rate that failed; 0: none did."""
    failed = _lowest_failed(tried)
    clean = [trial.rate for trial in tried if trial.clean]
    return max((rate for rate in clean if failed is None or rate < failed), default=0)


def _lowest_failed(tried: Sequence[Trial]) -> int | None:
    clean = {trial.rate for trial in tried if trial.clean}
    return min((trial.rate for trial in tried if trial.rate not in clean), default=None)
