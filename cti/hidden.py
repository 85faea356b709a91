"""Whose number an agent may not see: of who complains in confidence, and is called by a click.

Every way to a call's number at the desk asks here: the screen-pop, who was on a call, the drafts,
to whom a call is owed.
"""

from collections.abc import Collection
from uuid import UUID

from calls.store import load
from db.pool import Connection
from db.statements import statements


async def hidden_numbers(
    conn: Connection, calls: Collection[UUID], agent_id: str
) -> frozenset[UUID]:
    """Those of `calls` whose number, and what is known by it, this agent is not told.

    `agent_id` empty: somebody who takes no calls, whom no citizen has told anything.
    """
    rows = statements().desk_hidden_numbers(conn, call_ids=list(calls), agent_id=agent_id)
    return frozenset([row["call_id"] async for row in rows])


async def number_for(conn: Connection, call_id: UUID, agent_id: str) -> str | None:
    """The number (E.164) of a call's citizen as this agent may see it; None: not known, or not
    theirs to know.
    """
    call = await load(conn, call_id)
    if call is None or call.number is None:
        return None
    return None if await hidden_numbers(conn, [call_id], agent_id) else call.number
