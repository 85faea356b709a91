"""The next level decides what was proposed to it."""

from dataclasses import replace
from datetime import datetime

import structlog

from complaints import number, texts
from complaints.ending import end_specially
from complaints.ends import Ruling, SpecialReason
from complaints.errors import NotAllowedError, WrongPostError
from complaints.history import Event
from complaints.lifecycle import ProposalKind, Proposed, Terms
from complaints.mapping import Post
from complaints.moving import ladder_there, write_transfer
from complaints.notifications import Kind
from complaints.policy import Policy
from complaints.store import Complaint, hold, terms_for, transaction
from complaints.taking import must_be, take, tell_post
from complaints.words import clean
from db.pool import Connection, Pool
from db.statements import statements

_log = structlog.get_logger(__name__)
_LONGEST = 4000


async def decide(
    pool: Pool,
    complaint_number: str,
    *,
    approve: bool,
    text: str,
    post: str,
    actor: str,
    policy: Policy,
    now: datetime,
) -> None:
    """The officer of `post`, of the next level, approves or refuses, and says why.

    Raises the number's errors, `InvalidInputError` (text), `WrongPostError` (another level
    decides), `NotNowError` (nothing is proposed), `AlreadyEndedError`, `NotAllowedError`.
    """
    digits, text = number.parse(complaint_number), clean("text", text, _LONGEST)
    async with transaction(pool) as conn:
        complaint = await hold(conn, digits)
        before = must_be(complaint, Proposed, "decided")
        here = await terms_for(conn, complaint, policy, now)
        decider = _decider(before, here, post)
        if not approve:
            await _refuse(conn, complaint, before, text, actor, now)
        elif before.kind is ProposalKind.TRANSFER:
            await _approve_transfer(conn, complaint, before, here, text, actor, policy, now)
        else:
            await _approve_special_close(conn, complaint, before, decider, text, actor, now)
        await statements().lifecycle_decide(
            conn,
            complaint_id=complaint.id,
            entry=before.entry,
            at=now,
            by=decider.id,
            approved=approve,
        )
    _log.info("proposal decided", complaint=str(complaint.id), approved=approve)


def _decider(before: Proposed, here: Terms, post: str) -> Post:
    decider = before.decider(here)
    if decider is None:
        raise NotAllowedError("no level is left that could decide")
    if decider.id != post:
        raise WrongPostError(decider.id, post)
    return decider


async def _refuse(
    conn: Connection, complaint: Complaint, before: Proposed, text: str, actor: str, now: datetime
) -> None:
    after = before.refuse()
    entry = await take(
        conn, complaint, after, event=Event.REFUSED, actor=actor, now=now, reason=text
    )
    body = texts.officer_refused(complaint.number, text, after.due_at)
    await tell_post(conn, complaint, entry, Kind.OFFICER_REFUSED, after.post, body, now)


async def _approve_transfer(
    conn: Connection,
    complaint: Complaint,
    before: Proposed,
    here: Terms,
    text: str,
    actor: str,
    policy: Policy,
    now: datetime,
) -> None:
    proposal = await statements().lifecycle_proposal(
        conn, complaint_id=complaint.id, entry=before.entry
    )
    department = proposal["department"]
    there = replace(here, ladder=await ladder_there(conn, complaint, department, now))
    after = before.approve_transfer(there, now)
    await write_transfer(
        conn, complaint, after, department, text=text, actor=actor, policy=policy, now=now
    )


async def _approve_special_close(
    conn: Connection,
    complaint: Complaint,
    before: Proposed,
    decider: Post,
    text: str,
    actor: str,
    now: datetime,
) -> None:
    proposal = await statements().lifecycle_proposal(
        conn, complaint_id=complaint.id, entry=before.entry
    )
    ruling = Ruling(
        code=SpecialReason(proposal["reason_code"]),
        text=text,
        post=decider.id,
        level=decider.level,
        actor=actor,
    )
    await end_specially(conn, complaint, before.approve_special_close(ruling, now), now)
