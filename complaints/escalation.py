"""What no officer answered in time goes one level up, by itself, exactly once."""

from datetime import datetime

import structlog

from complaints import history
from complaints.errors import ComplaintError
from complaints.forwarding import forward
from complaints.history import Entry, Event
from complaints.lifecycle import WithOfficer
from complaints.notifications import Signer
from complaints.policy import Policy
from complaints.store import Complaint, hold_overdue, move, terms_for, transaction
from db.pool import Connection, Pool

_log = structlog.get_logger(__name__)


async def escalate_overdue(
    pool: Pool, *, policy: Policy, now: datetime, signer: Signer, limit: int = 200
) -> int:
    """Move on at most `limit` overdue complaints, oldest due first; how many there were.

    Any number of workers may do this at once. One batch is one transaction; call again while the
    answer is `limit`. The next level's time runs from `now`, also after a downtime.
    """
    async with transaction(pool) as conn:
        overdue = await hold_overdue(conn, now, limit)
        for complaint in overdue:
            await _escalate_one(conn, complaint, policy, now, signer)
    if overdue:
        _log.info("overdue complaints escalated", complaints=len(overdue))
    return len(overdue)


async def _escalate_one(
    conn: Connection, complaint: Complaint, policy: Policy, now: datetime, signer: Signer
) -> None:
    """One complaint of the batch: one that cannot move on must not hold up the others."""
    try:
        async with conn.transaction():
            await _escalate(conn, complaint, policy, now, signer)
    except ComplaintError as error:
        _log.error("overdue complaint stays", complaint=str(complaint.id), error=str(error))


async def _escalate(
    conn: Connection, complaint: Complaint, policy: Policy, now: datetime, signer: Signer
) -> None:
    before = complaint.state
    if not isinstance(before, WithOfficer):
        raise TypeError(f"held as overdue, but {before}")  # the statement selects no other
    after = before.overdue(await terms_for(conn, complaint, policy, now), now)
    escalated = after.level > before.level
    await move(conn, complaint.id, after, now)
    entry = Entry(
        at=now,
        event=Event.ESCALATED_OVERDUE if escalated else Event.OVERDUE_AT_LAST_LEVEL,
        level=after.level,
        actor="clock",
        reason=f"due {before.due_at.isoformat()}",
        post=after.post,
        due_at=after.due_at,
    )
    seq = await history.append(conn, complaint.id, entry)
    if escalated:
        await forward(conn, complaint, after, seq, signer=signer, now=now)
