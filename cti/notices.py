"""What a supervisor tells all agents of a queue: kept until each has said that they read it."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg

from cti.errors import NotAllowedError
from cti.supervising import Supervisor
from cti.why import Why
from db.ids import new_id
from db.pool import Connection, Pool
from db.statements import statements

LASTS = (1, 4, 8, 24, 72)
"""Hours that a page offers; others up to `LONGEST` may be given."""
LONGEST = 168
DEFAULT = 24
_LONGEST_TEXT = 500
_ACQUIRE_SECONDS = 5.0
_SHOWN = 20

Notice = dict[str, Any]


class Notices:
    """Who reads: the agents of the queue, and who signs in there before it ends."""

    def __init__(self, pool: Callable[[], Pool], now: Callable[[], datetime]) -> None:
        self._pool = pool
        self._now = now

    async def put(
        self, conn: Connection, who: Supervisor, queue: str, text: str, hours: int
    ) -> Notice:
        """Written down, in the caller's transaction; as a page is told. Raises
        `NotAllowedError`.
        """
        if not 0 < len(text.strip()) <= _LONGEST_TEXT or "\0" in text:
            raise NotAllowedError(Why.MESSAGE_LENGTH, most=_LONGEST_TEXT)
        if not 0 < hours <= LONGEST:
            raise NotAllowedError(Why.NOTICE_HOURS, most=LONGEST)
        at = self._now()
        row = {
            "id": new_id(at), "queue": queue, "text": text, "author": who.name, "at": at,
            "until": at + timedelta(hours=hours),
        }  # fmt: skip
        await statements().supervision_put_notice(conn, **row, actor=who.actor)
        return _told(row)

    async def written(self, id: UUID) -> Notice:
        """One that another cell has written. Raises `NotAllowedError`, or one of `AWAY`."""
        async with self._pool().acquire(timeout=_ACQUIRE_SECONDS) as conn:
            row = await statements().supervision_notice(conn, id=id)
        if row is None:
            raise NotAllowedError(Why.NO_SUCH_NOTICE)
        return _told(dict(row))

    async def unread(self, agent_id: str) -> Sequence[Notice]:
        """What this agent is still to read, oldest first. Raises one of `AWAY`."""
        async with self._pool().acquire(timeout=_ACQUIRE_SECONDS) as conn:
            rows = statements().desk_notices(
                conn, agent_id=agent_id, now=self._now(), at_most=_SHOWN
            )
            return [_told(dict(row)) async for row in rows]

    async def read(self, agent_id: str, id: UUID) -> None:
        """The agent says so; again changes nothing. Raises `NotAllowedError`, or one of `AWAY`."""
        async with self._pool().acquire(timeout=_ACQUIRE_SECONDS) as conn:
            try:
                await statements().desk_read_notice(
                    conn, notice_id=id, agent_id=agent_id, at=self._now()
                )
            except asyncpg.ForeignKeyViolationError:
                raise NotAllowedError(Why.NO_SUCH_NOTICE) from None


def _told(row: dict[str, Any]) -> Notice:
    return {
        "type": "broadcast", "notice": str(row["id"]), "from": row["author"],
        "queue": row["queue"], "text": row["text"], "at": row["at"].isoformat(),
        "until": row["until"].isoformat(),
    }  # fmt: skip
