"""How many agents a load needs: Erlang C.

Erlang C (A. K. Erlang, 1917) assumes that callers come by chance, wait in one queue and never hang
up. Real callers do hang up, so at a heavy load it asks for somewhat more agents than needed: the
safe side.
"""

import math
from dataclasses import dataclass

_MOST_AGENTS = 100_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """What the centre wants: `share` of the calls answered `within` seconds.

    `occupancy`: agents are busy for at most this share of their time, or they tire. `shrinkage`:
    the share of paid time in which an agent is not at the desk (breaks, training, leave).
    `quantile`: of the hour's counts over the weeks; 0.8 is a busy week, not the worst one.
    """

    share: float = 0.8
    within: float = 20.0
    occupancy: float = 0.88
    shrinkage: float = 0.3
    quantile: float = 0.8

    def __post_init__(self) -> None:
        if not (0 < self.share < 1 and 0 < self.occupancy <= 1 and 0 < self.quantile <= 1):
            raise ValueError("share, occupancy and quantile are shares of 1")
        if not 0 <= self.shrinkage < 1 or self.within < 0:
            raise ValueError("shrinkage is a share of 1, and a wait is not negative")


def waits(agents: int, erlangs: float) -> float:
    """The chance that a caller has to wait (Erlang C); 1 when the load is more than the agents.

    By the recursion of Erlang B, which does not overflow: 1,000 agents are as easy as one.
    """
    if erlangs <= 0:
        return 0.0
    if agents <= erlangs:
        return 1.0
    blocked = 1.0
    for n in range(1, agents + 1):
        blocked = erlangs * blocked / (n + erlangs * blocked)
    return blocked / (1 - (erlangs / agents) * (1 - blocked))


def service_level(agents: int, erlangs: float, handling: float, within: float) -> float:
    """The share of callers who wait at most `within` seconds, calls taking `handling` seconds."""
    if agents <= erlangs:
        return 0.0
    if erlangs <= 0:
        return 1.0
    return 1 - waits(agents, erlangs) * math.exp(-(agents - erlangs) * within / handling)


def agents_needed(erlangs: float, handling: float, target: Target) -> int:
    """The fewest agents that reach the target's service level and keep below its occupancy."""
    if erlangs <= 0:
        return 0
    fewest = max(math.floor(erlangs) + 1, math.ceil(erlangs / target.occupancy))
    for agents in range(fewest, _MOST_AGENTS):
        if service_level(agents, erlangs, handling, target.within) >= target.share:
            return agents
    raise ValueError(f"no centre is that large: {erlangs:.0f} erlangs")
