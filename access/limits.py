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

    All is forgotten when nobody guessed for `forget`; `one_each`: one is forgotten each such time,
    whoever guesses meanwhile, where honest mistakes of many people come all day.
    """

    free: int
    first: timedelta
    longest: timedelta
    forget: timedelta
    one_each: timedelta | None = None

    def standing(self, failures: int, as_of: datetime, now: datetime) -> tuple[int, datetime]:
        """How many still count of those that did at `as_of`, and as of when that is so."""
        if now - as_of >= self.forget:
            return 0, now
        if self.one_each is None:
            return failures, now
        gone = max((now - as_of) // self.one_each, 0)
        if gone >= failures:
            return 0, now
        return failures - gone, min(as_of + gone * self.one_each, now)

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
#: Of one telephone that calls the officers' line: an office may have one for many.
PIN_LINE = LimitRule(
    free=10,
    first=timedelta(minutes=10),
    longest=timedelta(hours=8),
    forget=timedelta(days=2),
    one_each=timedelta(hours=3),
)
WRONG_PINS_AN_HOUR = 60


def all_pin_lines(an_hour: int = WRONG_PINS_AN_HOUR) -> LimitRule:
    """Of all telephones together: so many wrong PINs an hour go on for ever without a pause.

    The pauses are short, since they are everybody's; each guess of an attack waits for one.
    """
    return LimitRule(
        free=an_hour,
        first=timedelta(seconds=10),
        longest=timedelta(minutes=15),
        forget=timedelta(hours=2),
        one_each=timedelta(hours=1) / an_hour,
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
    # A pause that ends later than any pause lasts was written by a clock that was ahead.
    blocked = [
        row["blocked_until"]
        for row in rows
        if now < (row["blocked_until"] or now) <= now + by_key[row["key"]].longest
    ]
    if blocked:
        raise TooManyGuessesError(max(blocked))
    for row in rows:
        rule = by_key[row["key"]]
        known, as_of = rule.standing(row["failures"], row["last_at"], now)
        pause = rule.pause(known + 1)
        await statements().access_set_limit(
            conn,
            key=row["key"],
            failures=known + 1,
            as_of=as_of,
            blocked_until=now + pause if pause else None,
        )


async def forgive(conn: Connection, right: str, others: Sequence[str], now: datetime) -> None:
    """The guess was right: all at the key `right` is forgotten, at each other only this guess.

    They are held in the order of `count_guess`: who guesses meanwhile waits, and nobody for ever.
    """
    keys = [right, *others]
    _ = [row async for row in statements().access_hold_limits(conn, keys=keys, now=now)]
    await statements().access_forget_limit(conn, key=right)
    for key in others:
        await statements().access_forgive_limit(conn, key=key)
