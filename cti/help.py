"""Agents ask their supervisors, in writing: rows first, then the pages of the other side."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import asyncpg

from cti.errors import NotAllowedError
from cti.why import Why
from db.ids import new_id
from db.pool import Pool
from db.statements import statements

_ACQUIRE_SECONDS = 5.0
_LONGEST = 1_000
_SHOWN = 50

Message = dict[str, Any]


class HelpChat:
    """`to_agent`, `to_supervisors` are set by whoever joins the parts."""

    def __init__(self, pool: Callable[[], Pool], now: Callable[[], datetime]) -> None:
        self._pool = pool
        self._now = now
        self.to_agent: Callable[[str, Message], None] = lambda _agent, _message: None
        self.to_supervisors: Callable[[Message], None] = lambda _message: None

    async def say(self, agent_id: str, author: str, text: str) -> None:
        """In the conversation of this agent. Raises `NotAllowedError`, or one of `AWAY`."""
        if not 0 < len(text.strip()) <= _LONGEST or "\0" in text:
            raise NotAllowedError(Why.MESSAGE_LENGTH, most=_LONGEST)
        at = self._now()
        id = new_id(at)
        async with self._pool().acquire(timeout=_ACQUIRE_SECONDS) as conn:
            try:
                await statements().desk_put_help(
                    conn, id=id, agent_id=agent_id, author=author, text=text, at=at
                )
            except asyncpg.ForeignKeyViolationError:
                raise NotAllowedError(Why.NO_SUCH_AGENT) from None
        message = {
            "type": "help", "agent": agent_id, "from": author, "text": text, "at": at.isoformat(),
        }  # fmt: skip
        self.to_agent(agent_id, message)
        self.to_supervisors(message)

    async def history(self, agent_id: str) -> list[Message]:
        """The latest messages with this agent, oldest first."""
        async with self._pool().acquire(timeout=_ACQUIRE_SECONDS) as conn:
            rows = statements().desk_help(conn, agent_id=agent_id, at_most=_SHOWN)
            newest = [
                {"from": row["author"], "text": row["text"], "at": row["at"].isoformat()}
                async for row in rows
            ]
        return newest[::-1]
