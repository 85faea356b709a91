"""The next level decides what was proposed to it."""

from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

import structlog

from complaints import number, texts
from complaints.ending import end_specially
from complaints.ends import Ruling, SpecialReason
from complaints.errors import NotAllowedError, WrongPostError
from complaints.history import Event
from complaints.in_call import take_officers_call
from complaints.lifecycle import ProposalKind, Proposed, Terms
from complaints.mapping import Post
from complaints.moving import ladder_there, write_transfer
from complaints.notifications import Kind, Signer
from complaints.policy import Policy
from complaints.store import Complaint, hold, terms_for, transaction
from complaints.taking import Word, must_be, take, tell_post
from complaints.words import clean
from db.pool import Connection, Pool
from db.statements import statements

_log = structlog.get_logger(__name__)
_LONGEST = 4000


@dataclass(frozen=True, slots=True)
class _Case:
    """A proposal in the transaction that decides it, with what is said of it."""

    conn: Connection
    complaint: Complaint
    before: Proposed
    here: Terms
    word: Word


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
    signer: Signer,
    call_id: UUID | None = None,
) -> None:
    """The officer of `post`, of the next level, approves or refuses, and says why.

    Where nobody is left who could decide, the post that has it can take it back, which is to refuse
    it. `call_id`: in which the agent who enters it was told.

    Raises the number's errors, `InvalidInputError` (text, call_id), `WrongPostError` (another level
    decides), `NotNowError` (nothing is proposed), `AlreadyEndedError`, `NotAllowedError` (nobody
    but who proposed it is there to approve it, or nobody closes specially any more),
    `NoEvidenceError` (somebody else's call).
    """
    digits, text = number.parse(complaint_number), clean("text", text, _LONGEST)
    async with transaction(pool) as conn:
        complaint = await hold(conn, digits)
        before = must_be(complaint, Proposed, "decided")
        here = await terms_for(conn, complaint, policy, now)
        decider = _decider(before, here, post) if approve else None
        if decider is None and post != (refuses := before.refuses(here)):
            raise WrongPostError(refuses, post)
        await take_officers_call(conn, complaint, call_id, actor=actor)
        case = _Case(conn, complaint, before, here, Word(text, actor, now, call_id))
        if decider:
            await _approve(case, decider, policy, signer)
        else:
            await _refuse(case)
        await statements().lifecycle_decide(
            conn,
            complaint_id=complaint.id,
            entry=before.entry,
            at=now,
            by=post,
            approved=approve,
        )
    _log.info("proposal decided", complaint=str(complaint.id), approved=approve)


def _decider(before: Proposed, here: Terms, post: str) -> Post:
    decider = before.decider(here)
    if decider is None:
        why = f"nobody is left above who could: {before.post}, which has it, can take it back"
        raise NotAllowedError(why)
    if decider.id != post:
        raise WrongPostError(decider.id, post)
    return decider


async def _refuse(case: _Case) -> None:
    complaint, word, after = case.complaint, case.word, case.before.refuse()
    entry = await take(
        case.conn,
        complaint,
        after,
        event=Event.REFUSED,
        actor=word.actor,
        now=word.now,
        reason=word.text,
        call_id=word.call_id,
    )
    body = texts.officer_refused(complaint.number, word.text, after.due_at)
    await tell_post(case.conn, complaint, entry, Kind.OFFICER_REFUSED, after.post, body, word.now)


async def _approve(case: _Case, decider: Post, policy: Policy, signer: Signer) -> None:
    complaint, before, word = case.complaint, case.before, case.word
    proposal = await statements().lifecycle_proposal(
        case.conn, complaint_id=complaint.id, entry=before.entry
    )
    if before.kind is ProposalKind.TRANSFER:
        await _approve_transfer(case, proposal["department"], policy, signer)
    else:
        await _approve_special_close(case, SpecialReason(proposal["reason_code"]), decider)
    body = texts.officer_approved(complaint.number, before.kind, word.text)
    kind, proposed = Kind.OFFICER_APPROVED, before.entry  # one answer to each proposal
    await tell_post(case.conn, complaint, proposed, kind, before.post, body, word.now)


async def _approve_transfer(case: _Case, department: str, policy: Policy, signer: Signer) -> None:
    conn, complaint, word = case.conn, case.complaint, case.word
    ladder = await ladder_there(conn, complaint, department, word.now)
    after = case.before.approve_transfer(replace(case.here, ladder=ladder), word.now)
    await write_transfer(conn, complaint, after, department, word, policy, signer)


async def _approve_special_close(case: _Case, reason: SpecialReason, decider: Post) -> None:
    word = case.word
    ruling = Ruling(
        code=reason, text=word.text, post=decider.id, level=decider.level, actor=word.actor
    )
    after = case.before.approve_special_close(ruling, case.here, word.now)
    await end_specially(case.conn, case.complaint, after, word.now, call_id=word.call_id)
