"""An officer reports a disposal: the clock stops, and the citizen is to be asked."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

import structlog

from complaints import history, number
from complaints.errors import AlreadyDisposedError, AlreadyEndedError
from complaints.history import Entry, Event
from complaints.lifecycle import AwaitingFeedback, WithOfficer
from complaints.policy import Policy
from complaints.store import STATE_NAMES, Complaint, hold, move, transaction
from complaints.words import clean
from db.pool import Connection, Pool
from db.statements import statements

_log = structlog.get_logger(__name__)
_LONGEST_REPORT = 4000


class DisposalKind(StrEnum):
    """What the officer says about the matter."""

    RESOLVED = "resolved"
    NOT_POSSIBLE = "not_possible"


@dataclass(frozen=True, slots=True)
class Disposed:
    """What became of it. `ask_from`: the feedback call is due from then on."""

    number: str
    complaint_id: UUID
    disposal_no: int
    level: int
    ask_from: datetime


async def dispose(
    pool: Pool,
    complaint_number: str,
    *,
    kind: DisposalKind,
    report: str,
    actor: str,
    policy: Policy,
    now: datetime,
) -> Disposed:
    """Record the officer's report (आख्या) and ask for the citizen's feedback.

    Raises `InvalidComplaintNumberError`, `UnknownComplaintError`, `InvalidInputError` (report),
    `AlreadyDisposedError` when submitted twice, `AlreadyEndedError`; then nothing is changed.
    """
    digits = number.parse(complaint_number)
    report = clean("report", report, _LONGEST_REPORT)
    ask_from = now + policy.feedback_delay
    async with transaction(pool) as conn:
        complaint = await hold(conn, digits)
        after = _with_officer(complaint).dispose()
        await _write(conn, complaint.id, after, kind, report, ask_from, now)
        entry = Entry(
            at=now,
            event=Event.DISPOSED,
            level=after.level,
            actor=actor,
            reason=report,
            post=after.post,
        )
        await history.append(conn, complaint.id, entry)
    _log.info("complaint disposed", complaint=str(complaint.id), disposal=after.disposals)
    return Disposed(digits, complaint.id, after.disposals, after.level, ask_from)


def _with_officer(complaint: Complaint) -> WithOfficer:
    match complaint.state:
        case WithOfficer() as state:
            return state
        case AwaitingFeedback():
            raise AlreadyDisposedError(complaint.number)
        case ended:
            raise AlreadyEndedError(complaint.number, STATE_NAMES[type(ended)])


async def _write(
    conn: Connection,
    complaint_id: UUID,
    after: AwaitingFeedback,
    kind: DisposalKind,
    report: str,
    ask_from: datetime,
    now: datetime,
) -> None:
    await move(conn, complaint_id, after, now)
    await statements().complaints_add_disposal(
        conn,
        complaint_id=complaint_id,
        disposal_no=after.disposals,
        level=after.level,
        post=after.post,
        kind=kind,
        report=report,
        at=now,
    )
    await statements().complaints_feedback_owed(
        conn, complaint_id=complaint_id, disposal_no=after.disposals, next_attempt_at=ask_from
    )
