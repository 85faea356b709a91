"""Waiting for an agent: at which place, for how long by our own estimate, and who gave up."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil
from uuid import UUID

from calls.numbers import ANY
from db.pool import Connection
from db.statements import statements

_WINDOW = timedelta(minutes=15)
_ENOUGH = 5  # answers in the window that say more than a rule of thumb
_SETTLED = timedelta(minutes=10)  # a shift that begins answers one call each at once, then none
_HANDLING = timedelta(minutes=4)
_MINUTE = timedelta(minutes=1)
LONGEST_TOLD = timedelta(minutes=60)


@dataclass(frozen=True, slots=True)
class Queued:
    """A queue as somebody finds it who joins now. `answered`: by those `agents` in the last
    `window`, in which they were here; `limit`: how long the queue keeps anybody.
    """

    waiting: int
    agents: int
    answered: int
    window: timedelta = _WINDOW
    limit: timedelta = LONGEST_TOLD


def expected_wait(queue: Queued, handling: timedelta = _HANDLING) -> timedelta | None:
    """How long until the next to join is answered; None: nobody can say. Pure.

    By the rate of recent answers where there were enough, of agents who have been here for a while,
    since that counts long calls as they are; else as if each agent took a new call every
    `handling`.
    """
    if queue.agents == 0:
        return None
    position = queue.waiting + 1
    if queue.answered >= _ENOUGH and queue.window >= _SETTLED:
        return queue.window / queue.answered * position
    return handling / queue.agents * queue.waiting


def told_minutes(queue: Queued) -> int | None:
    """Up to how many minutes who joins now is told, 1 to 60, rounded up: who is early served is not
    deceived. None: nothing is said, or that it takes long: more than an hour, or than the queue
    keeps them for. Pure.
    """
    wait = expected_wait(queue)
    if wait is None or queue.waiting == 0 or wait > min(queue.limit, LONGEST_TOLD):
        return None
    return max(ceil(wait / _MINUTE), 1)


async def queue_now(
    conn: Connection, queue: str, cell: str, now: datetime, limit: timedelta = LONGEST_TOLD
) -> Queued:
    """The queue in one cell, whose agents alone serve who waits there; from our own rows."""
    row = await statements().calls_queue_now(
        conn, queue=queue, cell=cell, since=now - _WINDOW, now=now
    )
    return Queued(**row, limit=limit)


@dataclass(frozen=True, slots=True)
class KeptPlace:
    """A place in a queue that waits for its caller. `queue` None: they had not come to one."""

    queue: str | None
    entered_at: datetime
    priority: int
    position: int
    """Where this place is in the queue at this moment; 1 is the head."""
    first_queue: str | None = None
    """The one that they had come to, in whose language they were spoken to."""


async def keep_place(
    conn: Connection,
    call_id: UUID,
    number: str,
    *,
    queue: str,
    priority: int,
    now: datetime,
    called: Sequence[str] = ANY,
) -> bool:
    """Owe this number (E.164) a call at the place that the call has held. At most one per call.

    False: it is none of those that we call, which begin with one of `called`.
    """
    kept = await statements().calls_keep_place(
        conn,
        call_id=call_id,
        number=number,
        queue=queue,
        priority=priority,
        requested_at=now,
        called=list(called),
    )
    return bool(kept)


async def position(conn: Connection, call_id: UUID) -> int | None:
    """Where a waiting call stands in its queue, by the time of entry; None: it does not wait."""
    place = await statements().calls_position(conn, call_id=call_id)
    return None if place is None else int(place)


@dataclass(frozen=True, slots=True)
class Standing:
    """Somebody who waits in a cell. `position` 1 is the head of the queue there."""

    call_id: UUID
    queue: str
    position: int


async def kept_place(conn: Connection, call_id: UUID, cell: str) -> KeptPlace | None:
    """The place in this cell of who is called back for that call, None when none is owed."""
    row = await statements().calls_kept_place(conn, call_id=call_id, cell=cell)
    return None if row is None else KeptPlace(**row)


@dataclass(frozen=True, slots=True)
class GaveUp:
    """Somebody who hung up while waiting. `served_since`: an agent answered a later call.

    `queue`, `queued_at`, `left_at`: the last wait, where there were several.
    """

    number: str | None
    queue: str
    queued_at: datetime
    left_at: datetime
    ended_at: datetime
    served_since: bool


async def gave_up(conn: Connection, since: datetime, at_most: int) -> list[GaveUp]:
    """Who hung up while waiting since then, the latest first."""
    rows = statements().calls_gave_up(conn, since=since, at_most=at_most)
    return [GaveUp(**row) async for row in rows]
