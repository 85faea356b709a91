"""What an officer asks the next level for; the officer's clock goes on meanwhile."""

from dataclasses import replace

import structlog

from complaints import texts
from complaints.ends import SpecialReason
from complaints.history import Event
from complaints.lifecycle import Proposed
from complaints.mapping import Post
from complaints.notifications import Kind
from complaints.store import Complaint, move
from complaints.taking import Word, note, tell_post
from db.pool import Connection
from db.statements import statements

_log = structlog.get_logger(__name__)


async def propose(
    conn: Connection,
    complaint: Complaint,
    proposed: Proposed,
    decider: Post,
    word: Word,
    *,
    to: str | None = None,
    code: SpecialReason | None = None,
) -> None:
    """Write the proposal and tell the post that decides.

    `decider`: that post; who holds it later is told then (`deciders`). `to`: the department of a
    transfer. `code`: the reason of a special close.
    """
    why = f"{proposed.kind} {to or code}: {word.text}"
    entry = await note(
        conn,
        complaint,
        proposed,
        event=Event.PROPOSED,
        actor=word.actor,
        now=word.now,
        reason=why,
        call_id=word.call_id,
    )
    await statements().lifecycle_add_proposal(
        conn,
        complaint_id=complaint.id,
        entry=entry,
        kind=proposed.kind,
        level=proposed.level,
        post=proposed.post,
        actor=word.actor,
        department=to,
        reason_code=code,
        text=word.text,
        at=word.now,
        told_post=decider.id,
        told_officer=decider.officer,
    )
    await move(conn, complaint.id, replace(proposed, entry=entry), word.now)
    body = texts.officer_proposal(complaint.number, proposed.kind, word.text)
    await tell_post(conn, complaint, entry, Kind.OFFICER_PROPOSAL, decider.id, body, word.now)
    _log.info("proposed to the next level", complaint=str(complaint.id), kind=proposed.kind)
