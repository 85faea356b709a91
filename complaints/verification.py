"""Whether histories, and the files that they name, are as they were written."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from uuid import UUID

from complaints import history, number
from complaints.attachments import checking
from complaints.errors import UnknownComplaintError
from db.pool import Pool
from db.statements import statements
from recordings.vault import Vault

_BATCH = 500


@dataclass(frozen=True, slots=True)
class Verified:
    """`broken_at`: place (1, 2, ...) of the first entry that does not fit, or None.

    `faults`: what is wrong with its attachments.
    """

    number: str
    broken_at: int | None
    faults: tuple[str, ...] = ()


async def verify_one(pool: Pool, complaint_number: str, vault: Vault | None = None) -> Verified:
    """One complaint's chain and its attachments; with a `vault` their bytes too.

    Raises the number's errors and `UnknownComplaintError`.
    """
    digits = number.parse(complaint_number)
    async with pool.acquire(timeout=5) as conn:
        complaint_id = await statements().complaints_id(conn, number=digits)
        if complaint_id is None:
            raise UnknownComplaintError(digits)
    [verified] = await _verified(pool, {complaint_id: digits}, vault)
    return verified


async def verify_all(pool: Pool, vault: Vault | None = None) -> AsyncIterator[Verified]:
    """As `verify_one`, every complaint in order of numbers, a batch at a time."""
    last = ""
    while True:
        async with pool.acquire(timeout=5) as conn:
            rows = [
                row
                async for row in statements().complaints_after(conn, number=last, at_most=_BATCH)
            ]
        for verified in await _verified(pool, {row["id"]: row["number"] for row in rows}, vault):
            yield verified
        if len(rows) < _BATCH:
            return
        last = rows[-1]["number"]


async def _verified(pool: Pool, numbers: Mapping[UUID, str], vault: Vault | None) -> list[Verified]:
    """As of one moment, in the same order."""
    async with (
        pool.acquire(timeout=5) as conn,
        conn.transaction(isolation="repeatable_read", readonly=True),
    ):
        checked = await history.check_each(conn, list(numbers))
        told = {complaint_id: one.attached for complaint_id, one in checked.items()}
        compared = await checking.compare_each(conn, told)
    found = []
    for complaint_id, digits in numbers.items():
        faults = compared[complaint_id].faults
        if vault is not None:
            faults += await checking.read_back(pool, vault, compared[complaint_id].live)
        found.append(Verified(digits, checked[complaint_id].broken_at, faults))
    return found
