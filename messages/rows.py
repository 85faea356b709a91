"""Messages as rows: claimed under a lease, and what became of each attempt."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from db.pool import Pool
from db.statements import statements
from messages.errors import DeliveryError, PermanentError, UnknownEndError
from messages.model import Channel, Message

UNDELIVERED_DAYS = 7

_ACQUIRE_SECONDS = 5.0
_SECOND = timedelta(seconds=1)
_LONGEST_ERROR = 300
_FORWARD_AT_ONCE = 2000
_NAMED_WITHIN = timedelta(minutes=1)  # a send and the writing of its end, with the database away


@dataclass(frozen=True, slots=True)
class Claimed:
    """A message that this worker has until its lease ends. `failures`: this attempt included."""

    message: Message
    failures: int


async def claim(
    pool: Pool,
    channel: Channel,
    now: datetime,
    *,
    lease: timedelta,
    at_most: int,
    per_second: int,
    attempts: int,
) -> list[Claimed]:
    """At most `at_most` due messages, fewer where the channel's `per_second` is used up.

    What is claimed is due again when the lease ends: a worker that dies delays a message, and may
    have sent it; it goes out again under the same key.
    """
    async with pool.acquire(timeout=_ACQUIRE_SECONDS) as conn, conn.transaction():
        await statements().messages_one_claims(conn, channel=channel)
        begun = await statements().messages_begun_since(
            conn, channel=channel, since=now - _SECOND, until=now + _SECOND
        )
        free = min(at_most, per_second - begun)
        if free <= 0:
            return []
        await statements().messages_hold_exhausted(
            conn, channel=channel, now=now, attempts=attempts, at_most=free
        )
        rows = statements().messages_claim(
            conn, channel=channel, now=now, until=now + lease, attempts=attempts, at_most=free
        )
        claimed = []
        async for row in rows:
            fields = {**row, "channel": Channel(row["channel"])}
            failures = fields.pop("failures")
            claimed.append(Claimed(Message(**fields), failures))
        return claimed


async def bring_forward(pool: Pool, channel: Channel, now: datetime, furthest: datetime) -> int:
    """What is due later than `furthest`, by a clock that was wrong, is due now. How many; there may
    be more of them.
    """
    async with pool.acquire(timeout=_ACQUIRE_SECONDS) as conn:
        rows = statements().messages_bring_forward(
            conn, channel=channel, now=now, furthest=furthest, at_most=_FORWARD_AT_ONCE
        )
        return len([row async for row in rows])


async def sent(pool: Pool, message: Message, reference: str, at: datetime) -> None:
    """The gateway took it."""
    async with pool.acquire(timeout=_ACQUIRE_SECONDS) as conn:
        await statements().messages_sent(
            conn,
            id=message.id,
            attempt_no=message.attempt_no,
            at=at,
            reference=reference,
        )


async def not_sent(
    pool: Pool, message: Message, error: DeliveryError, at: datetime, again_at: datetime | None
) -> None:
    """The gateway did not take it, or did not say. `again_at` None: hold it."""
    async with pool.acquire(timeout=_ACQUIRE_SECONDS) as conn:
        await statements().messages_not_sent(
            conn,
            id=message.id,
            attempt_no=message.attempt_no,
            at=at,
            outcome=_outcome(error),
            error=str(error)[:_LONGEST_ERROR],
            again_at=again_at,
        )


def _outcome(error: DeliveryError) -> str:
    if isinstance(error, UnknownEndError):
        return "unknown"
    return "refused" if isinstance(error, PermanentError) else "failed"


@dataclass(frozen=True, slots=True)
class Backlog:
    """How many of a channel wait, are held, or were taken by a gateway and, as it said in the last
    `UNDELIVERED_DAYS`, not delivered.
    """

    waiting: int = 0
    held: int = 0
    undelivered: int = 0


async def backlog(pool: Pool, now: datetime) -> dict[str, Backlog]:
    """By channel; a channel with nothing is not there."""
    since = now - timedelta(days=UNDELIVERED_DAYS)
    async with pool.acquire(timeout=_ACQUIRE_SECONDS) as conn:
        rows = statements().messages_backlog(conn, undelivered_since=since)
        return {
            row["channel"]: Backlog(row["waiting"], row["held"], row["undelivered"])
            async for row in rows
        }


class Receipt(StrEnum):
    """Whether it is known what a receipt is about. NOT_YET: it may be about what is being sent."""

    TAKEN = "taken"
    UNKNOWN = "unknown"
    NOT_YET = "not_yet"


async def receipt(
    pool: Pool, *, key: UUID | None, reference: str | None, at: datetime, failure: str | None
) -> Receipt:
    """What the gateway says became of an SMS; `failure` None: it was delivered.

    By our key or the gateway's reference. A gateway can be quicker than we write down how it named
    a message: where none is of that name, and one is under way, it is to say so again later.
    """
    name = {"key": key, "reference": reference, "at": at}
    async with pool.acquire(timeout=_ACQUIRE_SECONDS) as conn:
        # Asked first: what has ended by now is found by the next statement.
        nameless = reference is not None and await statements().messages_under_way(
            conn, began_after=at - _NAMED_WITHIN
        )
        if failure is None:
            found = await statements().messages_delivered(conn, **name)
        else:
            found = await statements().messages_undelivered(
                conn, **name, why=failure[:_LONGEST_ERROR]
            )
    if found is not None:
        return Receipt.TAKEN
    return Receipt.NOT_YET if nameless else Receipt.UNKNOWN
