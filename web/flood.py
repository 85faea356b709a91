"""A bound on requests from one address, in memory: a flood must not reach the database."""

from collections import OrderedDict
from collections.abc import Callable
from datetime import datetime

_MOST_ADDRESSES = 20_000


class Flood:
    """A bucket of `burst` requests for each address, filled with `per_second`."""

    def __init__(
        self, now: Callable[[], datetime], *, per_second: float = 20.0, burst: float = 400.0
    ) -> None:
        self._now = now
        self._per_second = per_second
        self._burst = burst
        self._left: OrderedDict[str, tuple[float, datetime]] = OrderedDict()

    def admits(self, address: str) -> bool:
        """Whether one more request is within the bound."""
        now = self._now()
        left, since = self._left.pop(address, (self._burst, now))
        passed = max((now - since).total_seconds(), 0.0)
        left = min(left + passed * self._per_second, self._burst)
        admitted = left >= 1
        self._left[address] = (left - 1 if admitted else left, now)
        if len(self._left) > _MOST_ADDRESSES:
            self._left.popitem(last=False)
        return admitted
