"""The one clock. Everything else is given `now`; nothing else reads the system's time."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo

Clock = Callable[[], datetime]

INDIA: tzinfo = ZoneInfo("Asia/Kolkata")


def system_clock() -> datetime:
    """Now, aware, in UTC."""
    return datetime.now(UTC)


def shifted_clock(shift: timedelta) -> Clock:
    """The system's clock moved by `shift`: a demo's day may begin at any hour."""
    return lambda: datetime.now(UTC) + shift


class ManualClock:
    """A clock that stands until it is moved, for tests."""

    def __init__(self, at: datetime) -> None:
        self._at = at

    def __call__(self) -> datetime:
        """The time it stands at."""
        return self._at

    def advance(self, by: timedelta) -> None:
        """Move the time; also backwards, as a corrected system clock would."""
        self._at += by

    def set(self, at: datetime) -> None:
        """Jump."""
        self._at = at


class RunningClock:
    """A clock that runs like the system's, from a time that tests choose."""

    def __init__(self, at: datetime) -> None:
        self._shift = at - datetime.now(UTC)

    def __call__(self) -> datetime:
        """Its time."""
        return datetime.now(UTC) + self._shift

    def set(self, at: datetime) -> None:
        """Jump, and run on from there."""
        self._shift = at - datetime.now(UTC)
