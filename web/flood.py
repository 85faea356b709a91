"""A bound on requests from one address, in memory: a flood must not reach the database."""

from collections import OrderedDict
from collections.abc import Callable
from datetime import datetime
from html import escape

from access.clients import client_behind

_MOST_ADDRESSES = 20_000


class Flood:
    """A bucket of `burst` requests for each client, filled with `per_second`.

    An office of 300 desks is one client behind its address: it is within the usual bound, also
    when a shift signs in, or when all its pages come back at once after a restart of ours.
    """

    def __init__(
        self, now: Callable[[], datetime], *, per_second: float = 50.0, burst: float = 1000.0
    ) -> None:
        self._now = now
        self._per_second = per_second
        self._burst = burst
        self._left: OrderedDict[str, tuple[float, datetime]] = OrderedDict()

    def admits(self, address: str) -> bool:
        """Whether one more request is within the bound."""
        now = self._now()
        address = client_behind(address)
        left, since = self._left.pop(address, (self._burst, now))
        passed = max((now - since).total_seconds(), 0.0)
        left = min(left + passed * self._per_second, self._burst)
        admitted = left >= 1
        self._left[address] = (left - 1 if admitted else left, now)
        if len(self._left) > _MOST_ADDRESSES:
            self._left.popitem(last=False)
        return admitted


def plain_page(language: str, title: str, text: str) -> str:
    """For who is beyond the bound: made once, since a page by template costs them nothing and us
    a thousand times as much.
    """
    head = f'<!doctype html>\n<html lang="{language}"><meta charset="utf-8">'
    return f"{head}<title>{escape(title)}</title><h1>{escape(title)}</h1><p>{escape(text)}</p>\n"
