"""Messages that nobody tries any more, until a person has looked."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from db.pool import Connection, Pool
from db.statements import statements
from messages.model import Channel
from messages.wording import word

_ACQUIRE_SECONDS = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldMessage:
    """`last_error`: why."""

    id: UUID
    kind: str
    channel: str
    recipient: str
    attempts: int
    created_at: datetime
    held_at: datetime
    last_error: str


async def held(pool: Pool, at_most: int = 1000) -> list[HeldMessage]:
    """Longest held first."""
    async with pool.acquire(timeout=_ACQUIRE_SECONDS) as conn:
        return [
            HeldMessage(**row) async for row in statements().messages_held(conn, at_most=at_most)
        ]


async def release(pool: Pool, ids: Sequence[UUID] | None, now: datetime) -> list[UUID]:
    """Let these go, or all (None): tried again from now on. Which ones did.

    One without a text, because its template was wrong, is worded first, and stays if it cannot be.
    """
    chosen = None if ids is None else list(ids)
    async with pool.acquire(timeout=_ACQUIRE_SECONDS) as conn, conn.transaction():
        await _word(conn, chosen)
        rows = statements().messages_release(conn, ids=chosen, now=now)
        return [row["id"] async for row in rows]


async def _word(conn: Connection, chosen: list[UUID] | None) -> None:
    rows = [row async for row in statements().messages_held_unworded(conn, ids=chosen)]
    for row in rows:
        wording = await word(
            conn,
            row["kind"],
            Channel(row["channel"]),
            row["language"],
            json.loads(row["variables"]),
        )
        if wording.fault is None:
            await statements().messages_word(
                conn,
                id=row["id"],
                subject=wording.subject,
                body=wording.body,
                template_id=wording.template_id,
                header=wording.header,
                encoding=wording.encoding,
                parts=wording.parts,
            )
