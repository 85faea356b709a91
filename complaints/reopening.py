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
from complaints.store import STATE_NAMES, hold, terms_for, transaction
from complaints.taking import take, tell_citizen, tell_post
from complaints.texts import DissatisfactionReason
from db.pool import Pool
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
    `InvalidInputError` (call_id, text, confirmed), `NoEvidenceError` (somebody else's call, and no
    agent confirmed who was speaking), `NotNowError` (not an end that can be reopened) and
    `NotAllowedError` (too late).
    """
    digits, word = number.parse(complaint_number), cleaned(word)
    async with transaction(pool) as conn:
        complaint = await hold(conn, digits)
        before = complaint.state
        if not isinstance(before, ClosedSatisfied | Unverified):
            raise NotNowError(digits, STATE_NAMES[type(before)], "reopened")
        await take_at_its_word(conn, complaint, word)
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
        await statements().complaints_add_reopening_to_register(
            conn,
            complaint_id=complaint.id,
            reopened_entry=entry,
            level=before.level,
            reason_code=reason,
            words=word.text or None,
            at=now,
        )
        body = texts.citizen_reopened(digits, after.due_at)
        await tell_citizen(conn, complaint, entry, Kind.CITIZEN_REOPENED, body, now)
        if after.post != before.post:
            [*_, why] = await history.entries(conn, complaint.id)
            forwarded = Forwarded(complaint, after, entry, why)
            await forward(conn, [forwarded], policy=policy, signer=signer, now=now)
        else:
            told = texts.officer_review(
                digits, complaint.category_name, complaint.place_name, reason, after.due_at
            )
            await tell_post(conn, complaint, entry, Kind.OFFICER_REVIEW, after.post, told, now)
    _log.info("complaint reopened", complaint=str(complaint.id), level=after.level)
    return after
