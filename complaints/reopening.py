"""A citizen who is not satisfied after all has the complaint opened again, within a window."""

from datetime import datetime

import structlog

from complaints import history, number, texts
from complaints.ending import cleaned, take_at_its_word
from complaints.ends import OwnWord
from complaints.errors import NotNowError
from complaints.forwarding import Forwarded, forward
from complaints.history import Event
from complaints.lifecycle import ClosedSatisfied, Unverified, WithOfficer
from complaints.notifications import Kind, Signer
from complaints.policy import Policy
from complaints.store import STATE_NAMES, Complaint, hold, lock_subject, terms_for, transaction
from complaints.taking import take, tell_citizen, tell_post
from complaints.texts import DissatisfactionReason
from db.pool import Connection, Pool
from db.statements import statements

_log = structlog.get_logger(__name__)


async def reopen(
    pool: Pool,
    complaint_number: str,
    *,
    reason: DissatisfactionReason | None,
    word: OwnWord,
    policy: Policy,
    now: datetime,
    signer: Signer,
) -> WithOfficer:
    """Back to the officer, or to the next level, as if they had said so in the feedback call: with
    an entry in the register.

    The window runs from the end that is on record. Raises the number's errors,
    `InvalidInputError` (call_id, text, confirmed), `NoEvidenceError` (as `withdraw`, and from
    before that end), `NotNowError` (not an end that can be reopened) and `NotAllowedError` (too
    late).
    """
    digits, word = number.parse(complaint_number), cleaned(word)
    async with transaction(pool) as conn:
        await lock_subject(conn, digits)
        complaint = await hold(conn, digits)
        before = _reopenable(complaint)
        await take_at_its_word(conn, complaint, word, since=before.ended_at)
        after = before.reopen(await terms_for(conn, complaint, policy, now), now)
        said = f"{reason}: {word.said}" if reason else word.said
        entry = await take(
            conn,
            complaint,
            after,
            event=Event.REOPENED,
            actor=word.actor,
            now=now,
            reason=said,
            call_id=word.call_id,
        )
        await _add_to_register(conn, complaint, entry, reason, word, now)
        await statements().lifecycle_link_again(conn, id=complaint.id)
        body = texts.citizen_reopened(digits, after.due_at)
        await tell_citizen(conn, complaint, entry, Kind.CITIZEN_REOPENED, body, now)
        if after.post == before.post:
            await _tell_officer(conn, complaint, after, entry, reason, now)
        else:
            [*_, why] = await history.entries(conn, complaint.id)
            forwarded = Forwarded(complaint, after, entry, why)
            await forward(conn, [forwarded], policy=policy, signer=signer, now=now)
    _log.info("complaint reopened", complaint=str(complaint.id), level=after.level)
    return after


def _reopenable(complaint: Complaint) -> ClosedSatisfied | Unverified:
    if isinstance(complaint.state, ClosedSatisfied | Unverified):
        return complaint.state
    raise NotNowError(complaint.number, STATE_NAMES[type(complaint.state)], "reopened")


async def _add_to_register(
    conn: Connection,
    complaint: Complaint,
    entry: int,
    reason: DissatisfactionReason | None,
    word: OwnWord,
    now: datetime,
) -> None:
    await statements().complaints_add_reopening_to_register(
        conn,
        complaint_id=complaint.id,
        reopened_entry=entry,
        level=complaint.state.level,
        reason_code=reason,
        words=word.text or None,
        at=now,
    )


async def _tell_officer(
    conn: Connection,
    complaint: Complaint,
    after: WithOfficer,
    entry: int,
    reason: DissatisfactionReason | None,
    now: datetime,
) -> None:
    """Who has it again."""
    body = texts.officer_review(
        complaint.number, complaint.subject, complaint.place_name, reason, after.due_at
    )
    await tell_post(conn, complaint, entry, Kind.OFFICER_REVIEW, after.post, body, now)
