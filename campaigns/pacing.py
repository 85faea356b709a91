"""How many calls may be started now. Pure: the caller counts, over all cells, and dials.

An IVR campaign is paced by occupied channels, not by agents: originating + ringing + answered
stay below a number, and its throughput is that number divided by the mean holding time.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from campaigns.errors import LimitsError

_LITTLE = 0.01
"""Seconds: who looks a moment too early waits a whole round."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What the dialer must never go over, all cells and processes together.

    `max_channels`: calls at once that were placed automatically and that no agent has yet.
    `calls_per_second`: starts, may be a fraction.
    `inbound_reserve`: of the `trunk_channels` that carry both directions, how many stay free for
    citizens who dial in, whatever is going on.
    """

    max_channels: int = 20
    calls_per_second: float = 1.5
    inbound_reserve: int = 10
    trunk_channels: int = 60

    def __post_init__(self) -> None:
        if self.calls_per_second <= 0:
            raise LimitsError("calls_per_second must be above 0")
        if min(self.max_channels, self.inbound_reserve, self.trunk_channels) < 0:
            raise LimitsError("numbers of channels are not negative")

    @property
    def burst(self) -> int:
        """Starts that may come together within one `period`."""
        return max(1, int(self.calls_per_second))

    @property
    def period(self) -> timedelta:
        """In any period of this length at most `burst` calls start: exactly the rate, also 1.5."""
        return timedelta(seconds=self.burst / self.calls_per_second)


@dataclass(frozen=True, slots=True)
class Busy:
    """Calls that hold a channel now, from originating to hang-up, by direction.

    `dialled`: of the outbound, those that were placed automatically and that no agent has yet;
    `beside`: channels of the trunk that are no citizen's own.
    """

    outbound: int
    inbound: int
    dialled: int
    beside: int = 0


def allowed_now(
    limits: Limits, busy: Busy, recent_starts: Sequence[datetime], now: datetime
) -> int:
    """How many calls may be started at `now` without going over any limit; 0 or more.

    `recent_starts` are the starts of at least the last `limits.period`; older ones are ignored. So
    are those far in the future: the clock was set back, and waiting for it would stop the dialer.
    """
    free_of_campaign = limits.max_channels - busy.dialled
    in_use = busy.inbound + busy.outbound + busy.beside
    free_of_trunk = limits.trunk_channels - limits.inbound_reserve - in_use
    started = len(_within(limits, recent_starts, now))
    return max(0, min(free_of_campaign, free_of_trunk, limits.burst - started))


def next_start(limits: Limits, recent_starts: Sequence[datetime], now: datetime) -> datetime | None:
    """When the rate lets another call begin; None: now. Who looks then reaches the whole rate."""
    within = _within(limits, recent_starts, now)
    if len(within) < limits.burst:
        return None
    return sorted(within)[-limits.burst] + limits.period


def until(start: datetime | None, now: datetime, interval: float) -> float:
    """Seconds to the next round: `interval`, or sooner, when another call may `start`."""
    if start is None:
        return interval
    return min(interval, max((start - now).total_seconds(), 0.0) + _LITTLE)


def _within(limits: Limits, starts: Sequence[datetime], now: datetime) -> list[datetime]:
    return [start for start in starts if abs(now - start) < limits.period]
