"""What an officer asks the next level for; the officer's clock goes on meanwhile."""

from dataclasses import replace
from datetime import datetime
from uuid import UUID

import structlog

from complaints import texts
from complaints.ends import SpecialReason
from complaints.history import Event
from complaints.lifecycle import Proposed
from complaints.notifications import Kind
from complaints.store import Complaint, move
from complaints.taking import note, tell_post
from db.pool import Connection
from db.statements import statements

_log = structlog.get_logger(__name__)


async def propose(
    conn: Connection,
    complaint: Complaint,
    proposed: Proposed,
    decider: str,
    *,
    text: str,
    actor: str,
    now: datetime,
    to: str | None = None,
    code: SpecialReason | None = None,
    call_id: UUID | None = None,
) -> None:
    """Write the proposal and tell the post that decides.

    `decider`: that post. `to`: the department of a transfer. `code`: the reason of a special close.
    """
    why = f"{proposed.kind} {to or code}: {text}"
    entry = await note(
        conn,
        complaint,
        proposed,
        event=Event.PROPOSED,
        actor=actor,
        now=now,
        reason=why,
        call_id=call_id,
    )
    await statements().lifecycle_add_proposal(
        conn,
        complaint_id=complaint.id,
        entry=entry,
        kind=proposed.kind,
        level=proposed.level,
        post=proposed.post,
        actor=actor,
        department=to,
        reason_code=code,
        text=text,
        at=now,
    )
    await move(conn, complaint.id, replace(proposed, entry=entry), now)
    body = texts.officer_proposal(complaint.number, proposed.kind, text)
    await tell_post(conn, complaint, entry, Kind.OFFICER_PROPOSAL, decider, body, now)
    _log.info("proposed to the next level", complaint=str(complaint.id), kind=proposed.kind)
