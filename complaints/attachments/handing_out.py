"""An attached file taken out of the store, for somebody who says why."""

import asyncio
from datetime import datetime
from pathlib import Path
from uuid import UUID

from complaints.attachments import rows
from complaints.attachments.model import Attachment
from complaints.attachments.rows import Access
from complaints.errors import ErasedAttachmentError, InvalidInputError
from db.pool import Pool
from recordings import sealed_files
from recordings.vault import Vault


async def take_out(
    pool: Pool, vault: Vault, attachment_id: UUID, path: Path, access: Access, now: datetime
) -> Attachment:
    """Write the opened file to `path`, for its owner only; the access is written down before.

    Raises `UnknownAttachmentError`, `ErasedAttachmentError`, `InvalidInputError` (no reason, or
    the path), and what `Vault.pieces` raises.
    """
    if not access.reason.strip():
        raise InvalidInputError("reason", "is empty: it is written down who opens a file, and why")
    async with pool.acquire(timeout=5) as conn:
        one = await rows.load(conn, attachment_id)
        if one.erased_at is not None:
            raise ErasedAttachmentError(attachment_id)
        sealed = await sealed_files.find(conn, one.id)
        await rows.log_access(conn, one.id, access, now)
    try:
        await asyncio.to_thread(vault.write_file, sealed, path)
    except OSError as error:
        raise InvalidInputError(str(path), f"cannot be written: {error.strerror}") from error
    return one
