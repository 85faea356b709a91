"""Whose number an agent may not see: of who complains in confidence, and is called by a click.

Every way to a call's number at the desk asks here: the screen-pop, who was on a call, the drafts,
to whom a call is owed.
"""

from collections.abc import Collection
from uuid import UUID

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
