"""Agents ask their supervisors, in writing: one log for each agent, rows first, then the pages.

What an agent has asked is open until a supervisor closes it; who answers it, or says so, has it.
"""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any

import asyncpg

from cti.errors import NotAllowedError, NotNowError
from cti.supervising import Supervisor
from cti.why import Why
from db.ids import new_id
from db.pool import Connection, Pool
from db.statements import statements

_ACQUIRE_SECONDS = 5.0
_LONGEST = 1_000
_SHOWN = 50
_MOST_OPEN = 100

Message = dict[str, Any]


class HelpChat:
    """`to_agent`, `to_supervisors` are set by whoever joins the parts.

    Each method raises `NotAllowedError`, `NotNowError`, or one of `AWAY`.
    """

    def __init__(self, pool: Callable[[], Pool], now: Callable[[], datetime]) -> None:
        self._pool = pool
        self._now = now
        self.to_agent: Callable[[str, Message], None] = lambda _agent, _message: None
        self.to_supervisors: Callable[[Message], None] = lambda _message: None

    async def ask(self, agent_id: str, text: str) -> None:
        """The agent's own words."""
        said = _words(text)
        async with self._conversation(agent_id) as conn:
            message = await self._put(conn, agent_id, "said", f"agent:{agent_id}", "", said)
        self._tell(message)

    async def answer(self, who: Supervisor, agent_id: str, text: str) -> None:
        """A supervisor's words; whatever was open is theirs from now on."""
        said = _words(text)
        async with self._conversation(agent_id, who) as conn:
            message = await self._of(conn, who, agent_id, "said", said)
        self._tell(message)

    async def take(self, who: Supervisor, agent_id: str, seen: str) -> None:
        """They look after what is open. `seen`: who had it as their page showed it, or empty; of
        two who take it at once the second is told so.
        """
        async with self._conversation(agent_id, who) as conn:
            has = await _who_has(conn, agent_id)
            if has == who.actor:
                return
            if has != seen:
                raise NotNowError(Why.TAKEN_MEANWHILE)
            message = await self._of(conn, who, agent_id, "taken")
        self._tell(message)

    async def close(self, who: Supervisor, agent_id: str) -> None:
        """Nothing more is open; what the agent says next is a new question."""
        async with self._conversation(agent_id, who) as conn:
            await _who_has(conn, agent_id)
            message = await self._of(conn, who, agent_id, "closed")
        self._tell(message)

    async def history(self, agent_id: str, who: Supervisor | None = None) -> list[Message]:
        """The latest of this agent's log, oldest first; `who`: a supervisor who asks for it."""
        async with self._conversation(agent_id, who) as conn:
            rows = statements().desk_help(conn, agent_id=agent_id, at_most=_SHOWN)
            newest = [
                {"kind": r["kind"], "from": r["author"], "text": r["text"], "at": _iso(r["at"])}
                async for r in rows
            ]
        return newest[::-1]

    async def open(self) -> list[Message]:
        """What is open, of the agents of all cells; see `desk_open_help`. JSON-ready.

        `by`, `by_name`: who has it, or empty; `unanswered`: the last word is the agent's.
        """
        async with self._pool().acquire(timeout=_ACQUIRE_SECONDS) as conn:
            rows = statements().desk_open_help(conn, agent_id=None, at_most=_MOST_OPEN)
            return [_open(row) async for row in rows]

    @asynccontextmanager
    async def _conversation(
        self, agent_id: str, who: Supervisor | None = None
    ) -> AsyncIterator[Connection]:
        """In one transaction, in which nobody else writes in this log. `who` must supervise one
        of the agent's queues.
        """
        async with (
            self._pool().acquire(timeout=_ACQUIRE_SECONDS) as conn,
            conn.transaction(),
        ):
            row = await statements().desk_hold_help(conn, agent_id=agent_id)
            if row is None:
                raise NotAllowedError(Why.NO_SUCH_AGENT)
            if who is not None and not who.sees(row["queues"]):
                raise NotAllowedError(Why.NOT_YOUR_QUEUE)
            yield conn

    async def _of(
        self, conn: Connection, who: Supervisor, agent_id: str, kind: str, text: str = ""
    ) -> Message:
        return await self._put(conn, agent_id, kind, f"supervisor:{who.name}", who.actor, text)

    async def _put(
        self, conn: Connection, agent_id: str, kind: str, author: str, actor: str, text: str
    ) -> Message:
        at = self._now()
        await statements().desk_put_help(
            conn, id=new_id(at), agent_id=agent_id, kind=kind, author=author, actor=actor,
            text=text, at=at,
        )  # fmt: skip
        return {
            "type": "help", "agent": agent_id, "kind": kind, "from": author, "text": text,
            "at": _iso(at),
        }  # fmt: skip

    def _tell(self, message: Message) -> None:
        self.to_agent(message["agent"], message)
        self.to_supervisors(message)


async def _who_has(conn: Connection, agent_id: str) -> str:
    """Their actor, empty for nobody. Raises `NotNowError` where nothing is open."""
    rows = [row async for row in statements().desk_open_help(conn, agent_id=agent_id, at_most=1)]
    if not rows:
        raise NotNowError(Why.NOTHING_OPEN)
    return rows[0]["actor"] or ""


def _words(text: str) -> str:
    if not 0 < len(text.strip()) <= _LONGEST or "\0" in text:
        raise NotAllowedError(Why.MESSAGE_LENGTH, most=_LONGEST)
    return text


def _open(row: asyncpg.Record) -> Message:
    return {
        "agent": row["agent"], "name": row["name"], "cell": row["cell"],
        "queues": list(row["queues"]), "text": row["text"], "at": _iso(row["at"]),
        "since": _iso(row["since"]), "by": row["actor"] or "",
        "by_name": (row["author"] or "").removeprefix("supervisor:"),
        "unanswered": row["unanswered"],
    }  # fmt: skip


def _iso(at: datetime) -> str:
    return at.isoformat()
