"""How much room there is for calls of ours, over all cells, and who comes first.

Promised call-backs and feedback calls share one rate and the same channels. For promised ones that
wait for nothing but these limits the feedback dialers leave the next room there is: while both are
due, each second call is a promised one.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from campaigns import attempts, trunks
from campaigns.pacing import Limits, allowed_now, next_start
from campaigns.refusals import RefusalRules
from db.pool import Connection
from db.statements import statements

_PRESSES = timedelta(seconds=10)
"""A cell that says no more by then has dialled, or is gone."""


@dataclass(frozen=True, slots=True)
class Room:
    """At one moment. `free`: calls that no limit forbids; `allowed`: that the trunk is to be tried
    with; `limits` and `recent` (starts): by which.
    """

    free: int
    allowed: int
    limits: Limits
    recent: tuple[datetime, ...]

    def next_start(self, started: int, now: datetime) -> datetime | None:
        """When the rate lets another begin after so many; None: it does already."""
        return next_start(self.limits, [*self.recent, *([now] * started)], now)


async def look(
    conn: Connection, cell: str, limits: Limits, refusals: RefusalRules, now: datetime
) -> Room:
    """Under the pacing lock, in whose transaction what is allowed is written."""
    recent = await attempts.recent_starts(conn, now - limits.period, now + limits.period)
    free = allowed_now(limits, await attempts.busy(conn, now), recent, now)
    allowed = await trunks.allowed(conn, cell, free, now, refusals)
    return Room(free, allowed, limits, tuple(recent))


async def press(conn: Connection, cell: str, calls: int, now: datetime) -> None:
    """So many call-backs of this cell, whose turn it is, found no room."""
    await statements().callbacks_press(conn, cell=cell, calls=calls, at=now)


async def pressing(conn: Connection, now: datetime) -> int:
    """Of all cells."""
    found: int = await statements().callbacks_pressing(
        conn, since=now - _PRESSES, until=now + _PRESSES
    )
    return found
