"""Numbers and days of the command line, within what can be: `argparse`'s types."""

import math
from argparse import ArgumentTypeError
from collections.abc import Callable
from datetime import date

_FIRST_DAY, _LAST_DAY = date(2000, 1, 1), date(2099, 12, 31)
_MOST_ROWS = 1_000_000


def whole(least: int, most: int) -> Callable[[str], int]:
    """A whole number, both ends included."""

    def read(text: str) -> int:
        try:
            given = int(text)
        except ValueError:
            given = most + 1
        if not least <= given <= most:
            raise ArgumentTypeError(f"a whole number from {least} to {most}")
        return given

    return read


def number(least: float, most: float) -> Callable[[str], float]:
    """Any number, both ends included."""

    def read(text: str) -> float:
        try:
            given = float(text)
        except ValueError:
            given = math.nan
        if not least <= given <= most:  # nor is what is no number
            raise ArgumentTypeError(f"a number from {least:g} to {most:g}")
        return given

    return read


rows = whole(1, _MOST_ROWS)
"""How many lines to print at most."""


def day(text: str) -> date:
    """Beyond these years a time zone or a database cannot tell when it begins and ends."""
    try:
        given = date.fromisoformat(text)
    except ValueError:
        given = date.min
    if not _FIRST_DAY <= given <= _LAST_DAY:
        raise ArgumentTypeError(f"a day such as 2026-03-31, from {_FIRST_DAY} to {_LAST_DAY}")
    return given
