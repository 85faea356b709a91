"""Guessing made slow: after some wrong guesses, growing pauses, by name, address or number."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from access.errors import TooManyGuessesError
from db.pool import Connection
from db.statements import statements


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitRule:
    """`free` guesses, then pauses from `first`, doubled each time, up to `longest`.

    All is forgotten when nobody guessed for `forget`.
    """

    free: int
    first: timedelta
    longest: timedelta
    forget: timedelta

    def pause(self, failures: int) -> timedelta:
        """How long guesses rest after so many wrong ones in a row."""
        beyond = failures - self.free
        if beyond <= 0:
            return timedelta(0)
        doublings = min(beyond - 1, 16)
        return min(self.first * (1 << doublings), self.longest)


NAME = LimitRule(
    free=5,
    first=timedelta(seconds=30),
    longest=timedelta(minutes=15),
    forget=timedelta(hours=12),
)
#: Whole offices sign in from one address.
ADDRESS = LimitRule(
    free=60,
    first=timedelta(seconds=10),
    longest=timedelta(minutes=15),
    forget=timedelta(hours=1),
)
PIN = LimitRule(
    free=4,
    first=timedelta(minutes=30),
    longest=timedelta(hours=8),
    forget=timedelta(days=2),
)


async def count_guess(
    conn: Connection, rules: Sequence[tuple[str, LimitRule]], now: datetime
) -> None:
    """Count a guess under each key before it is judged, so that parallel guesses all count.

    In the caller's transaction, which ends before the judging. Raises `TooManyGuessesError`; then
    nothing was counted.
    """
    by_key = dict(rules)
    rows = [row async for row in statements().access_hold_limits(conn, keys=list(by_key), now=now)]
    blocked = [row["blocked_until"] for row in rows if (row["blocked_until"] or now) > now]
    if blocked:
        raise TooManyGuessesError(max(blocked))
    for row in rows:
        rule = by_key[row["key"]]
        known = row["failures"] if now - row["last_at"] < rule.forget else 0
        pause = rule.pause(known + 1)
        await statements().access_set_limit(
            conn,
            key=row["key"],
            failures=known + 1,
            now=now,
            blocked_until=now + pause if pause else None,
        )
