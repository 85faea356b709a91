"""Search: recordings by number, agent, calls or days, page by page, newest first."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from db.pool import Connection
from db.statements import statements
from recordings.model import Kind, State

_LAST = UUID(int=2**128 - 1)
_MOST = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """What is asked: recordings that began from `since` until `until` (exclusive); with `agent`,
    recordings of calls whose citizen this agent had then, in the order in which they had them.

    At most one of `number` (E.164), `agent` and `calls`. A complaint is asked for by its calls.
    """

    since: datetime
    until: datetime
    number: str | None = None
    agent: str | None = None
    calls: Sequence[UUID] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A recording and its call. `agents`: who had the citizen, in the order of the first time."""

    id: UUID
    call_id: UUID
    kind: Kind
    state: State
    started_at: datetime
    seconds: Decimal | None
    copied_at: datetime | None
    number: str | None
    agents: Sequence[str]
    direction: str
    cell: str


async def find(
    conn: Connection, query: Query, *, after: Found | None = None, at_most: int = 50
) -> list[Found]:
    """One page; `after`: the last of the page before. At most 500."""
    bounds = {
        "since": query.since,
        "until": query.until,
        "before_id": after.id if after else _LAST,
        "at_most": min(at_most, _MOST),
    }
    page = {**bounds, "before_at": after.started_at if after else query.until}
    asked = statements()
    if query.number is not None:
        rows = asked.recordings_find_by_number(conn, number=query.number, **page)
    elif query.agent is not None:
        if after:
            page["before_at"] = await _had_at(conn, query, after)
        rows = asked.recordings_find_by_agent(conn, agent=query.agent, **page)
    elif query.calls is not None:
        rows = asked.recordings_find_by_calls(conn, call_ids=query.calls, **page)
    else:
        rows = asked.recordings_find_by_day(conn, **page)
    return [Found(**dict(row)) async for row in rows]


async def _had_at(conn: Connection, query: Query, after: Found) -> datetime:
    """When the agent had its citizen; of another agent's, which is no page before: its begin."""
    at: datetime | None = await statements().recordings_had_at(
        conn, id=after.id, agent=query.agent, until=query.until
    )
    return at or after.started_at


async def found(conn: Connection, recording_id: UUID) -> Found | None:
    """One recording and its call."""
    row = await statements().recordings_found_one(conn, id=recording_id)
    return None if row is None else Found(**dict(row))
