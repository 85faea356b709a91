"""What follows from a citizen's answer: closed, back for review, or one level up."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import asyncpg
import structlog

from complaints import history, texts
from complaints.ends import Standing
from complaints.errors import InvalidInputError, NotAwaitingFeedbackError
from complaints.forwarding import Forwarded, forward
from complaints.history import Entry, Event
from complaints.lifecycle import AwaitingFeedback, ClosedSatisfied, WithOfficer
from complaints.notifications import Kind, Signer
from complaints.policy import Policy
from complaints.store import Complaint, link_call, move, terms_for
from complaints.taking import entry_of, take, tell_citizen, tell_post
from complaints.texts import DissatisfactionReason
from db.pool import Connection
from db.statements import statements

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
class Said:
    """An answer with the call in which it was given. `told_to`: the agent who was told it, as an
    actor (`agent:101`); None: by key, to the feedback call itself.
    """

    answer: Answer
    call_id: UUID
    told_to: str | None = None

    @property
    def actor(self) -> str:
        """Who answers for the entry of the history."""
        return self.told_to or "citizen"


@dataclass(frozen=True, slots=True)
class FeedbackResult:
    """What followed. `due_at`: by when the officer must answer now; None when closed."""

    number: str
    complaint_id: UUID
    satisfied: bool
    event: Event
    level: int
    due_at: datetime | None


async def carry_out(
    conn: Connection,
    complaint: Complaint,
    said: Said,
    *,
    policy: Policy,
    now: datetime,
    signer: Signer,
    disposal_no: int | None = None,
) -> FeedbackResult:
    """Write what was said about the complaint that the caller holds, and move it on.

    The first answer stands: a repeat in the same call changes nothing and gives its result.
    `disposal_no`: what was asked about; None: whatever the complaint awaits an answer about.
    Raises `NotAwaitingFeedbackError`.
    """
    which = {"call_id": said.call_id, "complaint_id": complaint.id}
    if before := await statements().complaints_feedback_result(conn, **which):
        return _result(before)
    state = _awaiting(complaint, disposal_no)
    await _write(conn, complaint, state, said, now)
    if said.answer.satisfied:
        await _close(conn, complaint, state.satisfied(said.call_id, now), said, now)
    else:
        after = state.dissatisfied(await terms_for(conn, complaint, policy, now), now)
        escalated = after.level > state.level
        seq, why = await _return(conn, complaint, after, escalated, said, now)
        if after.post != state.post:  # who has not had it before needs all that was said
            up = Forwarded(complaint, after, seq, why)
            await forward(conn, [up], policy=policy, signer=signer, now=now)
        else:
            await _ask_for_review(conn, complaint, after, seq, said.answer, now)
    result = _result(await statements().complaints_feedback_result(conn, **which))
    _log.info("feedback recorded", complaint=str(complaint.id), outcome=result.event)
    return result


def _result(row: asyncpg.Record) -> FeedbackResult:
    return FeedbackResult(
        number=row["number"],
        complaint_id=row["complaint_id"],
        satisfied=row["satisfied"],
        event=Event(row["event"]),
        level=row["level"],
        due_at=row["due_at"],
    )


def _awaiting(complaint: Complaint, disposal_no: int | None) -> AwaitingFeedback:
    state = complaint.state
    if not isinstance(state, AwaitingFeedback) or disposal_no not in (None, state.disposals):
        made = state.disposals if isinstance(state, Standing) else 0
        raise NotAwaitingFeedbackError(complaint.number, disposal_no or made)
    return state


async def _own_words(conn: Connection, call_id: UUID, recording_id: UUID | None) -> UUID | None:
    """The recording, if it is known and of this call.

    Its row may have been refused, or wait for longer than we did (`complaints.spoken`): what the
    citizen said by key never depends on it. The file is found by its name, and belongs to the call
    all the same.
    """
    if recording_id is None:
        return None
    known = await statements().complaints_own_words(conn, id=recording_id, call_id=call_id)
    if not known:
        _log.error("own words not found, the answer counts without", call=str(call_id))
    return recording_id if known else None


async def _write(
    conn: Connection, complaint: Complaint, state: AwaitingFeedback, said: Said, now: datetime
) -> None:
    answer = said.answer
    about = {
        "attempt_id": said.call_id,
        "complaint_id": complaint.id,
        "reason_code": answer.reason,
        "recording_id": await _own_words(conn, said.call_id, answer.recording_id),
        "at": now,
    }
    await statements().complaints_add_feedback(
        conn,
        **about,
        disposal_no=state.disposals,
        satisfied=answer.satisfied,
        told_to=said.told_to,
    )
    if not answer.satisfied:
        await statements().complaints_add_to_register(conn, **about, level=state.level)
    await statements().complaints_feedback_done(
        conn, complaint_id=complaint.id, disposal_no=state.disposals, at=now
    )
    await link_call(conn, complaint.id, said.call_id, "feedback")


async def _close(
    conn: Connection, complaint: Complaint, after: ClosedSatisfied, said: Said, now: datetime
) -> None:
    entry = await take(
        conn,
        complaint,
        after,
        event=Event.CLOSED_SATISFIED,
        actor=said.actor,
        now=now,
        call_id=said.call_id,
    )
    body = texts.citizen_closed(complaint.number)
    await tell_citizen(conn, complaint, entry, Kind.CITIZEN_CLOSED, body, now)


async def _return(
    conn: Connection,
    complaint: Complaint,
    after: WithOfficer,
    escalated: bool,
    said: Said,
    now: datetime,
) -> tuple[int, Entry]:
    """Back to the same level for a review, or to the next one; the history's entry, and where."""
    why = entry_of(
        complaint,
        after,
        event=Event.ESCALATED_DISSATISFIED if escalated else Event.RETURNED_FOR_REVIEW,
        actor=said.actor,
        now=now,
        reason=said.answer.reason or "",
        call_id=said.call_id,
    )
    entry = await history.append(conn, complaint.id, why)
    await move(conn, complaint.id, after, now)
    return entry, why


async def _ask_for_review(
    conn: Connection,
    complaint: Complaint,
    after: WithOfficer,
    entry: int,
    answer: Answer,
    now: datetime,
) -> None:
    body = texts.officer_review(
        complaint.number, complaint.subject, complaint.place_name, answer.reason, after.due_at
    )
    await tell_post(conn, complaint, entry, Kind.OFFICER_REVIEW, after.post, body, now)
    due = texts.citizen_moved(complaint.number, after.due_at)
    await tell_citizen(conn, complaint, entry, Kind.CITIZEN_MOVED, due, now)
