"""What the citizen says about a disposal: to the feedback call, or to an agent in any call."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import asyncpg

from calls.model import Direction
from complaints import number
from complaints.answering import Answer, FeedbackResult, Said, carry_out
from complaints.errors import EvidenceFault, NoEvidenceError, UnknownAttemptError
from complaints.feedback_due import DueFeedback, claim_due, count_attempt, postpone
from complaints.followup import Task, follow_up, give_up, tasks
from complaints.notifications import Signer
from complaints.policy import Policy
from complaints.spoken import Grace, awaited
from complaints.store import Complaint, hold, hold_by_id, link_call, transaction
from complaints.texts import DissatisfactionReason
from db.pool import Connection, Pool, read_within
from db.statements import statements

# The dialer's half and what follows it stand beside this one; all are one subject to their users.
__all__ = [
    "Answer",
    "AskedAbout",
    "DissatisfactionReason",
    "DueFeedback",
    "FeedbackResult",
    "OpenQuestion",
    "Task",
    "asked_about",
    "claim_due",
    "confirmed",
    "count_attempt",
    "follow_up",
    "give_up",
    "language_of",
    "open_question_for",
    "postpone",
    "record",
    "record_called_back",
    "record_told",
    "said_in",
    "tasks",
]

_ON_THE_LINE_SECONDS = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenQuestion:
    """A complaint that awaits its citizen's word about a disposal.

    `step`: `calls` (the dialer's), `agent_call` or `sms`. `called_at`: when the dialer's last call
    that may have rung was written. `others`: how many further complaints await the word of somebody
    with this number. `language`: the citizen's; None: nobody is named. `subject`: the category's
    name. `confidential`: neither it nor the number is for whoever has the telephone.
    """

    number: str
    subject: str
    subject_en: str
    confidential: bool
    complaint_id: UUID
    disposal_no: int
    step: str
    disposed_at: datetime
    called_at: datetime | None
    language: str | None
    others: int

    @property
    def was_called_about(self) -> bool:
        """Whether somebody has tried to ask: who calls before that calls for another reason."""
        return self.called_at is not None or self.step != "calls"


async def confirmed(pool: Pool, attempt_id: UUID) -> None:
    """Who took the call said that they are the complainant: its recordings go with the complaint,
    whatever becomes of the question. A repeat changes nothing. Raises `UnknownAttemptError`.
    """
    async with transaction(pool) as conn:
        attempt = await statements().complaints_attempt(conn, id=attempt_id)
        if attempt is None:
            raise UnknownAttemptError(attempt_id)
        await link_call(conn, attempt["complaint_id"], attempt_id, "feedback")


async def said_in(pool: Pool, complaint_id: UUID, call_id: UUID) -> None:
    """What the complainant said in this call of theirs goes with the complaint, though the question
    was settled meanwhile. A repeat changes nothing. Raises `UnknownComplaintError`,
    `NoEvidenceError`.
    """
    async with transaction(pool) as conn:
        complaint = await hold_by_id(conn, complaint_id)
        await _their_call(conn, complaint, call_id)
        await link_call(conn, complaint.id, call_id, "feedback")


async def record(
    pool: Pool,
    *,
    attempt_id: UUID,
    answer: Answer,
    policy: Policy,
    now: datetime,
    signer: Signer,
    grace: Grace | None = None,
) -> FeedbackResult:
    """Record the answer given in an attempt and move the complaint on.

    The first answer stands: a repeat for the same attempt changes nothing and gives its result.
    `grace`: with the row of the citizen's own words; None: two seconds.

    Raises `UnknownAttemptError`, `NotAwaitingFeedbackError` (the disposal is judged already, or
    given up).
    """
    await awaited(pool, attempt_id, answer.recording_id, grace)
    async with transaction(pool) as conn:
        attempt = await statements().complaints_attempt(conn, id=attempt_id)
        if attempt is None:
            raise UnknownAttemptError(attempt_id)
        complaint = await hold_by_id(conn, attempt["complaint_id"])
        return await carry_out(
            conn,
            complaint,
            Said(answer, attempt_id),
            policy=policy,
            now=now,
            signer=signer,
            disposal_no=attempt["disposal_no"],
        )


async def record_told(
    pool: Pool,
    complaint_number: str,
    *,
    call_id: UUID,
    agent: str,
    answer: Answer,
    policy: Policy,
    now: datetime,
    signer: Signer,
) -> FeedbackResult:
    """Record the answer that a citizen gave to an agent: called by one, or calling back.

    `agent`: the agent's id. The call is the evidence: this agent must have had it, with one of the
    citizen's numbers, and it was not over before the disposal. The first answer of a call about a
    complaint stands: a repeat changes nothing and gives its result.

    Raises the number's errors, `NoEvidenceError`, `NotAwaitingFeedbackError`.
    """
    digits = number.parse(complaint_number)
    async with transaction(pool) as conn:
        complaint = await hold(conn, digits)
        await _must_be_said_to(conn, complaint, call_id, agent)
        said = Said(answer, call_id, f"agent:{agent}")
        return await carry_out(conn, complaint, said, policy=policy, now=now, signer=signer)


async def record_called_back(
    pool: Pool,
    complaint_id: UUID,
    disposal_no: int,
    *,
    call_id: UUID,
    answer: Answer,
    policy: Policy,
    now: datetime,
    signer: Signer,
    grace: Grace | None = None,
) -> FeedbackResult:
    """Record the answer that a citizen keyed when they called back, without an agent.

    Their own call is the evidence: inbound, from one of their numbers. They must have said before
    that they are the complainant. The first answer stands. `grace`: as for `record`.

    Raises `UnknownComplaintError`, `NoEvidenceError`, `NotAwaitingFeedbackError`.
    """
    await awaited(pool, call_id, answer.recording_id, grace)
    async with transaction(pool) as conn:
        complaint = await hold_by_id(conn, complaint_id)
        call = await _their_call(conn, complaint, call_id)
        if call["direction"] != Direction.INBOUND:
            raise NoEvidenceError(call_id, "nobody called us")
        return await carry_out(
            conn,
            complaint,
            Said(answer, call_id),
            policy=policy,
            now=now,
            signer=signer,
            disposal_no=disposal_no,
        )


async def language_of(pool: Pool, call_id: UUID) -> str | None:
    """Of the citizen about whose complaint this call is: an attempt to ask, or an agent's click.

    None: it is about none.
    """
    async with read_within(pool, _ON_THE_LINE_SECONDS) as conn:
        found = await statements().complaints_language_of_call(conn, id=call_id)
    return None if found is None else str(found)


@dataclass(frozen=True, slots=True)
class AskedAbout:
    """A complaint's number and the name of its category."""

    number: str
    subject: str
    subject_en: str


async def asked_about(pool: Pool, attempt_id: UUID) -> AskedAbout | None:
    """Which complaint an attempt is to ask about; None: a confidential one, or no such attempt."""
    async with read_within(pool, _ON_THE_LINE_SECONDS) as conn:
        row = await statements().complaints_asked_about(conn, attempt_id=attempt_id)
    return None if row is None else AskedAbout(**row)


async def open_question_for(pool: Pool, calling_number: str) -> OpenQuestion | None:
    """Which complaint awaits the word of somebody who calls from this number (E.164).

    The one about which they were called last; where nobody has called yet, the one disposed of
    first. A number is not a person: whoever answers must say that they are the complainant.
    """
    async with read_within(pool, _ON_THE_LINE_SECONDS) as conn:
        rows = statements().followup_questions(conn, number=calling_number)
        found = [row async for row in rows]
    return OpenQuestion(**found[0], others=len(found) - 1) if found else None


async def _must_be_said_to(
    conn: Connection, complaint: Complaint, call_id: UUID, agent: str
) -> None:
    call = await _their_call(conn, complaint, call_id)
    if not call["answered"] or agent not in call["agents"]:
        raise NoEvidenceError(call_id, f"agent {agent} did not have it", EvidenceFault.NOT_HAD)
    if call["before_the_disposal"]:
        raise NoEvidenceError(call_id, "it was over before the disposal", EvidenceFault.BEFORE)


async def _their_call(conn: Connection, complaint: Complaint, call_id: UUID) -> asyncpg.Record:
    which = {"call_id": call_id, "complaint_id": complaint.id}
    call: asyncpg.Record | None = await statements().followup_call(conn, **which)
    if call is None:
        raise NoEvidenceError(call_id, "it is unknown")
    if not call["theirs"]:
        raise NoEvidenceError(
            call_id, "its number is none of the citizen's", EvidenceFault.NOT_THEIR_NUMBER
        )
    return call
