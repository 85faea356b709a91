"""Whether histories are as they were written."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

from complaints import history, number
from complaints.errors import UnknownComplaintError
from db.pool import Pool
from db.statements import statements

_BATCH = 500


@dataclass(frozen=True, slots=True)
class Verified:
    """`broken_at`: place (1, 2, ...) of the first entry that does not fit, or None."""

    number: str
    broken_at: int | None


async def verify_one(pool: Pool, complaint_number: str) -> Verified:
    """One complaint's chain. Raises the number's errors and `UnknownComplaintError`."""
    digits = number.parse(complaint_number)
    async with pool.acquire(timeout=5) as conn:
        complaint_id = await statements().complaints_id(conn, number=digits)
        if complaint_id is None:
            raise UnknownComplaintError(digits)
        return Verified(digits, await history.verify(conn, complaint_id))


async def verify_all(pool: Pool) -> AsyncIterator[Verified]:
    """Every complaint's chain, in order of numbers, a batch at a time."""
    last = ""
    while True:
        async with pool.acquire(timeout=5) as conn:
            rows = [
                row
                async for row in statements().complaints_after(conn, number=last, at_most=_BATCH)
            ]
            found = await history.verify_each(conn, [row["id"] for row in rows])
        for row in rows:
            yield Verified(row["number"], found[row["id"]])
        if len(rows) < _BATCH:
            return
        last = rows[-1]["number"]
