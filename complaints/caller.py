"""What an agent sees of a caller's complaints before answering."""

from dataclasses import dataclass
from datetime import datetime

from db.pool import Pool
from db.statements import statements


@dataclass(frozen=True, slots=True)
class CallersComplaint:
    """One line of the screen-pop."""

    number: str
    category_name: str
    state: str
    level: int
    registered_at: datetime


async def history_for_number(pool: Pool, number: str, at_most: int = 10) -> list[CallersComplaint]:
    """The complaints of a number (E.164): open ones first, then the latest."""
    async with pool.acquire(timeout=5) as conn:
        rows = statements().complaints_of_number(conn, number=number, at_most=at_most)
        return [CallersComplaint(**row) async for row in rows]
