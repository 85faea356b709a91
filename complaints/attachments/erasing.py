"""An attached file is erased: its key is destroyed, a tombstone and the history tell it.

A file stays as long as its complaint does. It is erased where a court, the law or a mistake (a
paper of somebody else's was attached) demands it, and by nothing else.
"""

from datetime import datetime
from uuid import UUID

import structlog

from complaints.attachments import rows
from complaints.attachments.model import Attachment, line
from complaints.errors import ErasedAttachmentError, HeldAttachmentError
from complaints.history import Event
from complaints.policy import Policy
from complaints.store import hold_by_id, transaction
from complaints.taking import note
from complaints.words import clean
from db.pool import Connection, Pool
from db.statements import statements
from recordings import sealed_files

_log = structlog.get_logger(__name__)
_LONGEST = 1000


async def erase(
    pool: Pool,
    attachment_id: UUID,
    *,
    by: str,
    why: str,
    policy: Policy,
    now: datetime,
    early: bool = False,
) -> Attachment:
    """Erase it for good; what it was. The sweep then deletes the object, which nobody can open.

    `early`: while its complaint is open, or can still be reopened. Raises
    `UnknownAttachmentError`, `ErasedAttachmentError`, `HeldAttachmentError`, `InvalidInputError`;
    then nothing is changed.
    """
    by, why = clean("by", by, _LONGEST), clean("why", why, _LONGEST)
    async with transaction(pool) as conn:
        complaint = await hold_by_id(conn, (await rows.load(conn, attachment_id)).complaint_id)
        one = await rows.load(conn, attachment_id)  # as it is now that nobody else erases it
        if one.erased_at is not None:
            raise ErasedAttachmentError(attachment_id)
        held = await _held(conn, one, policy.of(complaint.category), now)
        if held and not early:
            raise HeldAttachmentError(attachment_id, held)
        entry = await note(
            conn,
            complaint,
            complaint.state,
            event=Event.ATTACHMENT_ERASED,
            actor=by,
            now=now,
            reason=why,
            attached=line(one),
        )
        await statements().attachments_bury(
            conn,
            attachment_id=one.id,
            complaint_id=complaint.id,
            entry=entry,
            at=now,
            by=by,
            why=why,
        )
        await sealed_files.destroy_key(conn, one.id, now)
    _log.info("attachment erased", complaint=str(complaint.id), attachment=str(one.id))
    return one


async def _held(conn: Connection, one: Attachment, policy: Policy, now: datetime) -> str | None:
    """Why it is still needed, or None."""
    ended_at: datetime | None = await statements().attachments_ended_at(
        conn, complaint_id=one.complaint_id
    )
    if ended_at is None:
        return "its complaint is open"
    if now < policy.reopenable_until(ended_at):
        return "its complaint can still be reopened"
    return None
