"""Rows of attached files: thin functions over the named statements."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from complaints.attachments.media import MediaType
from complaints.attachments.model import Attachment, TakenIn
from complaints.errors import UnknownAttachmentError
from db.ids import new_id
from db.pool import Connection
from db.statements import statements
from recordings import sealed_files
from recordings.sealed_files import NewSealedFile


async def write(
    conn: Connection,
    complaint_id: UUID,
    disposal_no: int,
    entry: int,
    files: Sequence[TakenIn],
    now: datetime,
) -> None:
    """Their rows, in the transaction of the disposal, which is written already, as is its entry."""
    await sealed_files.add(conn, [NewSealedFile(one.object, one.at) for one in files])
    await statements().attachments_add(
        conn,
        complaint_id=complaint_id,
        disposal_no=disposal_no,
        entry=entry,
        at=now,
        ids=[one.id for one in files],
        names=[one.name for one in files],
        media_types=[one.media_type for one in files],
        sha256=[one.sha256 for one in files],
        bytes=[one.bytes for one in files],
    )


async def of_complaints(
    conn: Connection, complaint_ids: Sequence[UUID]
) -> dict[UUID, list[Attachment]]:
    """Those of each of these complaints, in the order of disposals and as they were given."""
    found: dict[UUID, list[Attachment]] = {one: [] for one in complaint_ids}
    async for row in statements().attachments_of(conn, complaint_ids=complaint_ids):
        found[row["complaint_id"]].append(attachment_of(row))
    return found


async def load(conn: Connection, attachment_id: UUID) -> Attachment:
    """One. Raises `UnknownAttachmentError`."""
    row = await statements().attachments_one(conn, id=attachment_id)
    if row is None:
        raise UnknownAttachmentError(attachment_id)
    return attachment_of(row)


@dataclass(frozen=True, slots=True)
class Access:
    """Somebody opens one: who (a post, `user:...`, `operator:...`), why, from where."""

    audience: str
    reason: str
    remote: str


async def log_access(conn: Connection, attachment_id: UUID, access: Access, now: datetime) -> None:
    """Write it down, before the first byte leaves."""
    await statements().attachments_opened(
        conn,
        id=new_id(now),
        attachment_id=attachment_id,
        at=now,
        audience=access.audience,
        reason=access.reason,
        remote=access.remote,
    )


def attachment_of(row: Mapping[str, Any]) -> Attachment:
    """From a row with the columns of `attachments_of`, or of the list in `complaints_story`."""
    return Attachment(**dict(row) | {"media_type": MediaType(row["media_type"])})
