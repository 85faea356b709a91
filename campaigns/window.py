"""The hours in which a citizen may be called (R22), asked again at the moment of dialling."""

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from campaigns.errors import WindowError

IST = ZoneInfo("Asia/Kolkata")


def always() -> bool:
    """Of a clock that nobody doubts."""
    return True


@dataclass(frozen=True, slots=True)
class CallingWindow:
    """Every day from `opens` (inclusive) to `closes` (exclusive), on the citizen's clock.

    Raises `WindowError` when it would be empty or reach over midnight: a window that is open at
    night is more likely a mistake than a wish.
    """

    opens: time = time(9)
    closes: time = time(20)
    zone: ZoneInfo = IST

    def __post_init__(self) -> None:
        naive = self.opens.tzinfo is None and self.closes.tzinfo is None
        if not naive or self.opens >= self.closes:
            raise WindowError(self.opens, self.closes)

    def is_open(self, now: datetime) -> bool:
        """Whether a citizen may be dialled at `now` (aware)."""
        return self.opens <= self._local(now).time() < self.closes

    def next_opening(self, now: datetime) -> datetime:
        """The earliest moment, not before `now` (aware), at which calling is allowed; in UTC."""
        if self.is_open(now):
            return now.astimezone(UTC)
        local = self._local(now)
        day = local.date() if local.time() < self.opens else local.date() + timedelta(days=1)
        return datetime.combine(day, self.opens, self.zone).astimezone(UTC)

    def _local(self, now: datetime) -> datetime:
        if now.tzinfo is None:
            raise ValueError("a calling window is asked with an aware time")
        return now.astimezone(self.zone)
