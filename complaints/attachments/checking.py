"""Whether attached files are what the history says, and whether the store still has them."""

import asyncio
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from complaints.attachments import rows
from complaints.attachments.model import Attachment, line, lines
from db.pool import Connection, Pool
from db.statements import statements
from recordings import sealed_files
from recordings.errors import RecordingError
from recordings.vault import SealedObject, Vault

#: By place in the history, what it says of files: the entries' `attached`.
Attached = Mapping[int, str]


@dataclass(frozen=True, slots=True)
class Compared:
    """What does not agree, in words; and `live`: what the store must have."""

    faults: tuple[str, ...]
    live: tuple[Attachment, ...]


async def compare_each(conn: Connection, told: Mapping[UUID, Attached]) -> dict[UUID, Compared]:
    """Each complaint's rows beside its history."""
    complaint_ids = list(told)
    files = await rows.of_complaints(conn, complaint_ids)
    tombstones: dict[UUID, dict[int, tuple[UUID, bool]]] = defaultdict(dict)
    async for row in statements().attachments_tombstones(conn, complaint_ids=complaint_ids):
        buried = row["attachment_id"], row["removed"]
        tombstones[row["complaint_id"]][row["entry"]] = buried
    return {
        complaint_id: Compared(
            tuple(disagreements(attached, files[complaint_id], tombstones[complaint_id])),
            tuple(one for one in files[complaint_id] if one.erased_at is None),
        )
        for complaint_id, attached in told.items()
    }


async def read_back(pool: Pool, vault: Vault, files: Sequence[Attachment]) -> tuple[str, ...]:
    """What is wrong with the objects of these files, each byte of which is read, in words."""
    faults = []
    for one in files:
        try:
            async with pool.acquire(timeout=5) as conn:
                sealed = await sealed_files.find(conn, one.id)
            await asyncio.to_thread(_read_back, vault, sealed, one.sha256)
        except RecordingError as error:
            if not await _is_erased(pool, one.id):
                faults.append(f"attachment {one.id}: {error}")
    return tuple(faults)


async def _is_erased(pool: Pool, attachment_id: UUID) -> bool:
    """To read many files takes hours: one may have been erased since the rows were compared."""
    async with pool.acquire(timeout=5) as conn:
        return (await rows.load(conn, attachment_id)).erased_at is not None


def disagreements(
    told: Attached, files: Sequence[Attachment], tombstones: Mapping[int, tuple[UUID, bool]]
) -> list[str]:
    """`tombstones`: by entry, which file, and whether its key is gone. Pure."""
    known = {one.id: one for one in files}
    expected: dict[int, str] = {}
    for entry in {one.entry for one in files}:
        expected[entry] = lines(one for one in files if one.entry == entry)
    faults = []
    for entry, (attachment_id, removed) in tombstones.items():
        erased = known.get(attachment_id)
        expected[entry] = line(erased) if erased else ""
        if not removed:
            faults.append(f"attachment {attachment_id} is erased, and still has its key")
    for entry in sorted(expected.keys() | told.keys()):
        if expected.get(entry, "") != told.get(entry, ""):
            faults.append(f"the attachments are not those of entry {entry}")
    return faults


def _read_back(vault: Vault, sealed: SealedObject, sha256: str) -> None:
    """Raises `RecordingError`. Blocks."""
    if not vault.is_whole(sealed):
        raise RecordingError("the object in the store is not what was stored")
    if vault.plain_digest(sealed).sha256 != sha256:
        raise RecordingError("it opens to another file")
