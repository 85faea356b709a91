"""Who decides a proposal can change while it waits: whoever it is by then is told of it, once.

A post has a new holder, falls vacant or is filled, or the policy is another one. Who decides is
computed when it is asked (`lifecycle.Proposed.decider`), so it is looked for: hourly.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from complaints import texts
from complaints.batches import Due, Work, carry_out_each
from complaints.lifecycle import Proposed
from complaints.mapping import Post
from complaints.notifications import Kind, Notification, notify_each
from complaints.policy import Policy
from complaints.store import Complaint, held_due, terms_for_each, transaction
from db.pool import Connection, Pool
from db.statements import statements

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class _Waits(Due):
    """`words`: why it is proposed. `told_post` None: proposed before that was written down."""

    words: str = ""
    told_post: str | None = None
    told_officer: str | None = None

    def is_news_to(self, decider: Post) -> bool:
        """The office has its message already, but not the person who holds the post now."""
        return (self.told_post, self.told_officer) != (decider.id, decider.officer)


async def tell_new_deciders(
    pool: Pool,
    *,
    policy: Policy,
    now: datetime,
    every: timedelta = timedelta(hours=1),
    limit: int = 200,
) -> int:
    """Look at no more than `limit` proposals, those looked at least recently first; how many there
    were, told of or not.

    Each at most once in `every`, by any number of workers: call again while the answer is `limit`.
    Where nobody is left who could decide, nobody is told.
    """
    async with transaction(pool) as conn:
        rows = statements().lifecycle_lock_proposals(
            conn, before=now - every, now=now, at_most=limit
        )
        waiting = [_Waits(**row) async for row in rows]
        # Also those that then fail: none may stand before the others for ever.
        looked = [one.complaint_id for one in waiting]
        await statements().lifecycle_looked_at_proposals(conn, ids=looked, at=now)
        await carry_out_each(
            conn, Work.PROPOSAL, waiting, lambda some: _look(conn, some, policy, now), now
        )
    return len(waiting)


async def _look(conn: Connection, some: Sequence[_Waits], policy: Policy, now: datetime) -> None:
    waiting = {one.complaint_id: one for one in some}
    complaints = await held_due(conn, some)
    terms = await terms_for_each(conn, complaints, policy, now)
    found = [
        (one, decider)
        for one in complaints
        if (decider := _proposed(one).decider(terms[one.id]))
        and waiting[one.id].is_news_to(decider)
    ]
    if not found:
        return
    await statements().lifecycle_told_deciders(
        conn,
        ids=[one.id for one, _ in found],
        posts=[decider.id for _, decider in found],
        officers=[decider.officer for _, decider in found],
    )
    messages = [
        _message(one, decider, waiting[one.id].words, now)
        for one, decider in found
        if waiting[one.id].told_post is not None
    ]
    if messages:
        await notify_each(conn, messages, now)
        _log.info("new deciders told of proposals", complaints=len(messages))


def _message(one: Complaint, decider: Post, words: str, now: datetime) -> Notification:
    proposed = _proposed(one)
    return Notification(
        complaint_id=one.id,
        entry=proposed.entry,
        kind=Kind.OFFICER_PROPOSAL,
        recipient=decider.number,
        officer=decider.officer,
        body=texts.officer_proposal(one.number, proposed.kind, words),
        again=now.isoformat(),
    )


def _proposed(one: Complaint) -> Proposed:
    if not isinstance(one.state, Proposed):
        raise TypeError(f"held as proposed, but {one.state}")  # the statement takes no other
    return one.state
