"""Messages that a gateway took and then, as its receipt says, did not deliver."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from db.ids import new_id
from db.pool import Pool
from db.statements import statements

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
    async with pool.acquire(timeout=5) as conn:
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
) -> SentAgain:
    """Write each of these, or all (None) that were not delivered `within` the last days, once more,
    as a message with an idempotency key of its own.

    `links_last`: for how long a message's links open something. What is no undelivered message, or
    was sent again already, is left out and not counted.
    """
    chosen = None if ids is None else list(ids)
    async with pool.acquire(timeout=5) as conn, conn.transaction():
        since = now - within
        async for _ in statements().messages_hold_complaints(conn, ids=chosen, since=since):
            pass
        rows = statements().messages_undelivered_ids(
            conn, ids=chosen, since=since, links_since=now - links_last
        )
        lost = [row async for row in rows]
        valid = [row["id"] for row in lost if not row["over"]]
        older = 0
        if chosen is None:
            older = await statements().messages_undelivered_before(
                conn, since=since, at_most=_MOST_OLD
            )
        written = statements().messages_send_again(
            conn, ids=valid, new_ids=[new_id(now) for _ in valid], now=now
        )
        again = [row["id"] async for row in written]
    return SentAgain(again, old=older, over=len(lost) - len(valid))
