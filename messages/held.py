"""Messages that nobody tries any more, until a person has looked."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

from db.pool import Connection, Pool
from db.statements import statements
from messages.model import Channel
from messages.portions import portions
from messages.wording import templates_or_faults, word_from

_ACQUIRE_SECONDS = 5.0
_PORTION = 2000


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


async def release(
    pool: Pool,
    ids: Sequence[UUID] | None,
    now: datetime,
    progress: Callable[[int], None] = lambda _: None,
) -> list[UUID]:
    """Let these go, or all (None): tried again from now on. Which ones did. In portions, each of
    which stays: `progress` is told how many have gone so far.

    What came from a template is worded anew by the one of now: its text or its registration may be
    what it was refused for. Where none fits, it goes as it was written, or stays if it has no text.
    """
    async with pool.acquire(timeout=_ACQUIRE_SECONDS) as conn:
        # Those that are held again meanwhile were let go already.
        until = await statements().messages_held_until(conn)
    released: list[UUID] = []
    find = partial(statements().messages_held_portion, until=until)
    async for portion in portions(pool, ids, find, _PORTION):
        async with pool.acquire(timeout=_ACQUIRE_SECONDS) as conn, conn.transaction():
            released += await _release(conn, portion, now)
        progress(len(released))
    return released


async def _release(conn: Connection, ids: list[UUID], now: datetime) -> list[UUID]:
    taken = [row async for row in statements().messages_take_held(conn, ids=ids)]
    await _word(conn, [row for row in taken if not row["body"] or json.loads(row["variables"])])
    rows = statements().messages_release(conn, ids=[row["id"] for row in taken], now=now)
    return [row["id"] async for row in rows]


async def _word(conn: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Those that can be worded. What was told in confidence since is withheld in the variables."""
    which = [(row["kind"], Channel(row["channel"]), row["language"]) for row in rows]
    templates = await templates_or_faults(conn, set(which))
    worded = [
        (row["id"], word_from(templates[one], one[1], json.loads(row["variables"])))
        for row, one in zip(rows, which, strict=True)
    ]
    fit = [(message, wording) for message, wording in worded if wording.fault is None]
    await statements().messages_word(
        conn,
        ids=[message for message, _ in fit],
        subjects=[one.subject for _, one in fit],
        bodies=[one.body for _, one in fit],
        template_ids=[one.template_id for _, one in fit],
        headers=[one.header for _, one in fit],
        encodings=[one.encoding for _, one in fit],
        parts=[one.parts for _, one in fit],
    )
