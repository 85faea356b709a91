"""How many calls may be started now. Pure: the caller counts, over all cells, and dials.

An IVR campaign is paced by occupied channels, not by agents: originating + ringing + answered
stay below a number, and its throughput is that number divided by the mean holding time.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from campaigns.errors import LimitsError


@dataclass(frozen=True, slots=True)
class Limits:
    """What the dialer must never go over, all cells and processes together.

    `max_channels`: outbound calls at once. `calls_per_second`: starts, may be a fraction.
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
    """Calls that hold a channel now, from originating to hang-up, by direction; `beside`: channels
    of the trunk that are no citizen's own.
    """

    outbound: int
    inbound: int
    beside: int = 0


def allowed_now(
    limits: Limits, busy: Busy, recent_starts: Sequence[datetime], now: datetime
) -> int:
    """How many calls may be started at `now` without going over any limit; 0 or more.

    `recent_starts` are the starts of at least the last `limits.period`; older ones are ignored. So
    are those far in the future: the clock was set back, and waiting for it would stop the dialer.
    """
    free_of_campaign = limits.max_channels - busy.outbound
    in_use = busy.inbound + busy.outbound + busy.beside
    free_of_trunk = limits.trunk_channels - limits.inbound_reserve - in_use
    started = sum(abs(now - start) < limits.period for start in recent_starts)
    return max(0, min(free_of_campaign, free_of_trunk, limits.burst - started))
