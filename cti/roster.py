"""Who works in a cell: its settings say so, and the rows follow them at each start.

Whoever is not in the settings any more is gone: the row stays, since calls and intervals name it,
but nobody signs in by it, and it has no place in a queue. A call that they are in goes on.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

import structlog

from db.pool import Connection
from db.statements import statements

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Rostered:
    """An agent as the settings have them."""

    id: str
    name: str
    queues: tuple[str, ...]


async def load(conn: Connection, cell: str, agents: Iterable[Rostered], now: datetime) -> list[str]:
    """Bring the rows in step, in one transaction; the ids of those who are gone since the last."""
    listed = tuple(agents)
    async with conn.transaction():
        for one in listed:
            await statements().cti_put_agent(
                conn, id=one.id, name=one.name, cell=cell, queues=list(one.queues)
            )
        rows = statements().cti_let_go(conn, cell=cell, ids=[one.id for one in listed], at=now)
        gone = sorted([row["id"] async for row in rows])
        await statements().cti_sign_out_gone(conn, cell=cell, at=now)
    if gone:
        _log.warning("agents are not in the settings any more", agents=gone)
    return gone
