"""What the citizen says about a disposal, and what follows from it, in one transaction."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import asyncpg
import structlog

from complaints import history, texts
from complaints.errors import InvalidInputError, NotAwaitingFeedbackError, UnknownAttemptError
from complaints.feedback_due import DueFeedback, claim_due, count_attempt, give_up, postpone
from complaints.forwarding import Forwarded, forward
from complaints.history import Entry, Event
from complaints.lifecycle import AwaitingFeedback, ClosedSatisfied, WithOfficer
from complaints.mapping import post_by_id
from complaints.notifications import Kind, Notification, Signer, notify
from complaints.policy import Policy
from complaints.store import Complaint, hold_by_id, link_call, move, terms_for, transaction
from complaints.texts import DissatisfactionReason
from db.pool import Connection, Pool
from db.statements import statements

# The dialer's half stands beside this one; both are one subject to those who use them.
__all__ = [
    "Answer",
    "DissatisfactionReason",
    "DueFeedback",
    "FeedbackResult",
    "claim_due",
    "count_attempt",
    "give_up",
    "postpone",
    "record",
]

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Answer:
    """The citizen's answer.

    `reason` None: hung up before giving one. `recording_id`: the reason in their own words.
    """

    satisfied: bool
    reason: DissatisfactionReason | None = None
    recording_id: UUID | None = None

    def __post_init__(self) -> None:
        if self.satisfied and self.reason is not None:
            raise InvalidInputError("reason", "belongs to a dissatisfied answer")


@dataclass(frozen=True, slots=True)
class FeedbackResult:
    """What followed. `due_at`: by when the officer must answer now; None when closed."""

    number: str
    complaint_id: UUID
    satisfied: bool
    event: Event
    level: int
    due_at: datetime | None


async def record(
    pool: Pool, *, attempt_id: UUID, answer: Answer, policy: Policy, now: datetime, signer: Signer
) -> FeedbackResult:
    """Record the answer given in an attempt and move the complaint on.

    The first answer stands: a repeat for the same attempt changes nothing and gives its result.

    Raises `UnknownAttemptError`, `NotAwaitingFeedbackError` (the disposal is judged already, or
    given up).
    """
    async with transaction(pool) as conn:
        attempt = await statements().complaints_attempt(conn, id=attempt_id)
        if attempt is None:
            raise UnknownAttemptError(attempt_id)
        complaint = await hold_by_id(conn, attempt["complaint_id"])
        if before := await statements().complaints_feedback_result(conn, attempt_id=attempt_id):
            return _result(before)
        state = _awaiting(complaint, attempt["disposal_no"])
        await _write_answer(conn, complaint, state, attempt_id, answer, now)
        if answer.satisfied:
            await _close(conn, complaint, state.satisfied(attempt_id, now), now)
        else:
            after = state.dissatisfied(await terms_for(conn, complaint, policy, now), now)
            escalated = after.level > state.level
            seq, entry = await _return(conn, complaint, after, escalated, attempt_id, answer, now)
            if escalated:
                forwarded = Forwarded(complaint, after, seq, entry)
                await forward(conn, [forwarded], policy=policy, signer=signer, now=now)
            else:
                await _ask_for_review(conn, complaint, after, seq, answer, now)
        result = await statements().complaints_feedback_result(conn, attempt_id=attempt_id)
    _log.info("feedback recorded", complaint=str(complaint.id), outcome=result["event"])
    return _result(result)


def _result(row: asyncpg.Record) -> FeedbackResult:
    return FeedbackResult(
        number=row["number"],
        complaint_id=row["complaint_id"],
        satisfied=row["satisfied"],
        event=Event(row["event"]),
        level=row["level"],
        due_at=row["due_at"],
    )


def _awaiting(complaint: Complaint, disposal_no: int) -> AwaitingFeedback:
    state = complaint.state
    if not isinstance(state, AwaitingFeedback) or state.disposals != disposal_no:
        raise NotAwaitingFeedbackError(complaint.number, disposal_no)
    return state


async def _own_words(conn: Connection, attempt_id: UUID, recording_id: UUID | None) -> UUID | None:
    """The recording, if it is known and of this call.

    Its row may still wait for the database, or have been refused: what the citizen said by key
    never depends on it. The file is found by its name, and belongs to the call all the same.
    """
    if recording_id is None:
        return None
    known = await statements().complaints_own_words(conn, id=recording_id, call_id=attempt_id)
    if not known:
        _log.error("own words not found, the answer counts without", call=str(attempt_id))
    return recording_id if known else None


async def _write_answer(
    conn: Connection,
    complaint: Complaint,
    state: AwaitingFeedback,
    attempt_id: UUID,
    answer: Answer,
    now: datetime,
) -> None:
    about = {
        "attempt_id": attempt_id,
        "complaint_id": complaint.id,
        "reason_code": answer.reason,
        "recording_id": await _own_words(conn, attempt_id, answer.recording_id),
        "at": now,
    }
    await statements().complaints_add_feedback(
        conn, **about, disposal_no=state.disposals, satisfied=answer.satisfied
    )
    if not answer.satisfied:
        await statements().complaints_add_to_register(conn, **about, level=state.level)
    await statements().complaints_feedback_done(
        conn, complaint_id=complaint.id, disposal_no=state.disposals, at=now
    )
    await link_call(conn, complaint.id, attempt_id, "feedback")


async def _close(
    conn: Connection, complaint: Complaint, after: ClosedSatisfied, now: datetime
) -> None:
    await move(conn, complaint.id, after, now)
    entry = Entry(
        at=now,
        event=Event.CLOSED_SATISFIED,
        level=after.level,
        actor="citizen",
        call_id=after.attempt_id,
        post=after.post,
    )
    notification = Notification(
        complaint_id=complaint.id,
        entry=await history.append(conn, complaint.id, entry),
        kind=Kind.CITIZEN_CLOSED,
        recipient=complaint.contact,
        body=texts.citizen_closed(complaint.number),
    )
    await notify(conn, notification, now)


async def _return(
    conn: Connection,
    complaint: Complaint,
    after: WithOfficer,
    escalated: bool,
    attempt_id: UUID,
    answer: Answer,
    now: datetime,
) -> tuple[int, Entry]:
    """Back to the same level for a review, or to the next one; the history's entry, and where."""
    await move(conn, complaint.id, after, now)
    entry = Entry(
        at=now,
        event=Event.ESCALATED_DISSATISFIED if escalated else Event.RETURNED_FOR_REVIEW,
        level=after.level,
        actor="citizen",
        reason=answer.reason or "",
        call_id=attempt_id,
        post=after.post,
        due_at=after.due_at,
        basis=after.clock.basis,
    )
    return await history.append(conn, complaint.id, entry), entry


async def _ask_for_review(
    conn: Connection,
    complaint: Complaint,
    after: WithOfficer,
    entry: int,
    answer: Answer,
    now: datetime,
) -> None:
    post = await post_by_id(conn, after.post, now)
    body = texts.officer_review(
        complaint.number,
        complaint.category_name,
        complaint.place_name,
        answer.reason,
        after.due_at,
    )
    notification = Notification(
        complaint_id=complaint.id,
        entry=entry,
        kind=Kind.OFFICER_REVIEW,
        recipient=post.number,
        body=body,
    )
    await notify(conn, notification, now)
