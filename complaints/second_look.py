"""What was late while no higher post was held goes up when one is filled, exactly once."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import structlog

from complaints import history
from complaints.batches import Due, Work, carry_out_each
from complaints.escalation import why_aside
from complaints.forwarding import Forwarded, forward
from complaints.history import Event
from complaints.lifecycle import Proposed, WithOfficer
from complaints.notifications import Signer
from complaints.policy import Policy
from complaints.store import (
    Complaint,
    held_due,
    move_each,
    take_still_late,
    terms_for_each,
    transaction,
)
from complaints.taking import entry_of
from db.pool import Connection, Pool
from db.statements import statements

_log = structlog.get_logger(__name__)


async def look_again(
    pool: Pool,
    *,
    policy: Policy,
    now: datetime,
    signer: Signer,
    every: timedelta = timedelta(hours=1),
    limit: int = 200,
) -> int:
    """Look at no more than `limit` late complaints again, those looked at least recently first; how
    many there were, escalated or not.

    Each at most once in `every`, by any number of workers: call again while the answer is `limit`.
    """
    async with transaction(pool) as conn:
        late = await take_still_late(conn, now - every, now, limit)
        # Also those that then fail: none may stand before the others for ever.
        looked = [one.complaint_id for one in late]
        await statements().complaints_looked_again(conn, ids=looked, at=now)
        await carry_out_each(
            conn,
            Work.SECOND_LOOK,
            late,
            lambda some: _look(conn, some, policy, now, signer),
            now,
        )
    return len(late)


async def _look(
    conn: Connection, due: Sequence[Due], policy: Policy, now: datetime, signer: Signer
) -> None:
    late = await held_due(conn, due)
    terms = await terms_for_each(conn, late, policy, now)
    found = [(one, after) for one in late if (after := _late(one).look_again(terms[one.id], now))]
    if not found:
        return
    entries = {
        one.id: entry_of(
            one,
            after,
            event=Event.ESCALATED_OVERDUE,
            actor="clock",
            now=now,
            reason=f"due {_late(one).due_at.isoformat()}"
            + (why_aside(_late(one), after) or "; a higher post is held again"),
        )
        for one, after in found
    }
    seqs = await history.append_each(conn, entries)
    await move_each(conn, {one.id: after for one, after in found}, now)
    up = [Forwarded(one, after, seqs[one.id], entries[one.id]) for one, after in found]
    await forward(conn, up, policy=policy, signer=signer, now=now)
    _log.info("late complaints moved on after all", complaints=len(found))


def _late(one: Complaint) -> WithOfficer | Proposed:
    if not isinstance(one.state, WithOfficer | Proposed):
        raise TypeError(f"held as late, but {one.state}")  # the schema marks no other state
    return one.state
