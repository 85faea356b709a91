"""What an agent sees of a caller's complaints before answering."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from db.pool import Connection, Pool
from db.statements import statements


@dataclass(frozen=True, slots=True)
class CallersComplaint:
    """One line of the screen-pop. `level` None: it ended at the desk."""

    number: str
    category_name: str
    state: str
    level: int | None
    registered_at: datetime


async def history_for_number(pool: Pool, number: str, at_most: int = 10) -> list[CallersComplaint]:
    """The complaints of a number (E.164): open ones first, then the latest."""
    async with pool.acquire(timeout=5) as conn:
        rows = statements().complaints_of_number(conn, number=number, at_most=at_most)
        return [CallersComplaint(**row) async for row in rows]


@dataclass(frozen=True, slots=True)
class KnownCitizen:
    """Somebody who has complained on this number before. `name` None: did not say it."""

    id: UUID
    name: str | None


async def citizens_on(pool: Pool, number: str, at_most: int = 20) -> list[KnownCitizen]:
    """Who may be speaking on a number (E.164), longest known first: the agent asks who it is."""
    async with pool.acquire(timeout=5) as conn:
        rows = statements().complaints_citizens_on(conn, number=number, at_most=at_most)
        return [KnownCitizen(**row) async for row in rows]


async def last_agent(conn: Connection, number: str, *, cell: str, since: datetime) -> str | None:
    """The agent of that cell who has talked with a number (E.164) last about what is open."""
    agent = await statements().complaints_last_agent(conn, number=number, cell=cell, since=since)
    return None if agent is None else str(agent)
