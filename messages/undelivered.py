"""Messages that a gateway took and then, as its receipt says, did not deliver."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from db.pool import Pool
from db.statements import statements


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
    """The latest first."""
    async with pool.acquire(timeout=5) as conn:
        rows = statements().messages_undelivered_list(conn, at_most=at_most)
        return [UndeliveredMessage(**row) async for row in rows]
