"""Messages that a gateway took and then, as its receipt says, did not deliver."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from uuid import UUID

from db.ids import new_id
from db.pool import Connection, Pool
from db.statements import statements
from messages.portions import portions

_ACQUIRE_SECONDS = 5.0
_PORTION = 2000
_MOST_OLD = 1000  # that are counted


@dataclass(frozen=True, slots=True, kw_only=True)
class UndeliveredMessage:
    """`number`: the complaint's. `last_error`: what the receipt says."""

    id: UUID
    kind: str
    channel: str
    recipient: str
    undelivered_at: datetime
    last_error: str | None
    number: str


async def undelivered(pool: Pool, at_most: int) -> list[UndeliveredMessage]:
    """Those that were not sent again since, the latest first."""
    async with pool.acquire(timeout=_ACQUIRE_SECONDS) as conn:
        rows = statements().messages_undelivered_list(conn, at_most=at_most)
        return [UndeliveredMessage(**row) async for row in rows]


@dataclass(frozen=True, slots=True)
class SentAgain:
    """The new messages; and how many were left out, because they are `old`, or because what they
    say is `over`: a link that opens nothing any more, a call that is not awaited any more, a number
    that has been told in confidence since.
    """

    messages: Sequence[UUID]
    old: int = 0
    over: int = 0


async def send_again(
    pool: Pool,
    ids: Sequence[UUID] | None,
    now: datetime,
    *,
    links_last: timedelta,
    within: timedelta = timedelta(days=7),
    progress: Callable[[int], None] = lambda _: None,
) -> SentAgain:
    """Write each of these, or all (None) that were not delivered `within` the last days, once more,
    as a message with an idempotency key of its own. In portions, each of which stays: `progress` is
    told how many have been written so far.

    `links_last`: for how long a message's links open something. What is no undelivered message, or
    was sent again already, is left out and not counted.
    """
    since = now - within
    async with pool.acquire(timeout=_ACQUIRE_SECONDS) as conn:
        # What is not delivered meanwhile may be what was just sent again.
        until = await statements().messages_undelivered_until(conn)
        old = 0
        if ids is None:
            old = await statements().messages_undelivered_before(
                conn, since=since, at_most=_MOST_OLD
            )
    again, over = [], 0
    find = partial(statements().messages_undelivered_portion, since=since, until=until)
    async for portion in portions(pool, ids, find, _PORTION):
        async with pool.acquire(timeout=_ACQUIRE_SECONDS) as conn, conn.transaction():
            written, left_out = await _send_again(conn, portion, now, links_last)
        again += written
        over += left_out
        progress(len(again))
    return SentAgain(again, old=old, over=over)


async def _send_again(
    conn: Connection, ids: list[UUID], now: datetime, links_last: timedelta
) -> tuple[list[UUID], int]:
    """The new messages, and how many are over."""
    async for _ in statements().messages_hold_complaints(conn, ids=ids):
        pass
    rows = statements().messages_undelivered_ids(conn, ids=ids, links_since=now - links_last)
    lost = [row async for row in rows]
    valid = [row["id"] for row in lost if not row["over"]]
    written = statements().messages_send_again(
        conn, ids=valid, new_ids=[new_id(now) for _ in valid], now=now
    )
    return [row["id"] async for row in written], len(lost) - len(valid)
