"""Whether histories, and the files that they name, are as they were written."""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

import asyncpg

from complaints import number
from complaints.attachments import checking
from complaints.brought import changed
from complaints.errors import UnknownComplaintError
from complaints.history import Head, broken_at
from complaints.standing import disagreement
from db.pool import Connection, Pool
from db.statements import statements
from recordings.vault import Vault

_BATCH = 500


@dataclass(frozen=True, slots=True)
class Verified:
    """`broken_at`: place (1, 2, ...) of the first entry that does not fit or is missing, or None.

    `faults`: what its row says otherwise than its history and than what was registered, and what is
    wrong with its attachments.
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
        checked = await _check_each(conn, list(numbers))
        told = {complaint_id: one.attached for complaint_id, one in checked.items()}
        compared = await checking.compare_each(conn, told)
    found = []
    for complaint_id, digits in numbers.items():
        one = checked[complaint_id]
        faults = (*one.faults, *compared[complaint_id].faults)
        if vault is not None:
            faults += await checking.read_back(pool, vault, compared[complaint_id].live)
        found.append(Verified(digits, one.broken_at, faults))
    return found


@dataclass(frozen=True, slots=True)
class _Checked:
    """Of a history, with its entries' lines about files, by place in it."""

    broken_at: int | None
    faults: tuple[str, ...]
    attached: Mapping[int, str]


async def _check_each(conn: Connection, complaint_ids: Sequence[UUID]) -> dict[UUID, _Checked]:
    """For each of these complaints, read once."""
    found: dict[UUID, list[asyncpg.Record]] = {one: [] for one in complaint_ids}
    async for row in statements().complaints_history_and_row(conn, ids=complaint_ids):
        found[row["of"]].append(row)
    return {complaint_id: _checked(complaint_id, rows) for complaint_id, rows in found.items()}


def _checked(complaint_id: UUID, rows: Sequence[asyncpg.Record]) -> _Checked:
    first, chain = rows[0], [row for row in rows if row["seq"] is not None]
    broken = broken_at(complaint_id, chain, Head(first["entries"], first["head"]))
    stands = {
        "state": first["stands"],
        "level": first["stands_at"],
        "post": first["stands_with"],
        "due_at": first["stands_due"],
    }
    faults: list[str] = []
    if broken is None:
        moved = disagreement(stands, chain)
        faults = [*([moved] if moved else []), *changed(first, chain)]
    return _Checked(
        broken,
        tuple(faults),
        {row["seq"]: row["attached"] for row in chain if row["attached"]},
    )
