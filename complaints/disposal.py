"""An officer reports a disposal: the clock stops, and the citizen is to be asked."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

import structlog

from complaints import history, number
from complaints.ending import end_answered
from complaints.ends import Answered
from complaints.errors import (
    AlreadyDisposedError,
    AlreadyEndedError,
    InvalidInputError,
    NotNowError,
)
from complaints.history import Entry, Event
from complaints.kinds import MatterKind
from complaints.lifecycle import (
    AwaitingFeedback,
    Paused,
    Proposed,
    Returned,
    Triage,
    WithOfficer,
)
from complaints.policy import Policy
from complaints.store import STATE_NAMES, Complaint, hold, move, transaction
from complaints.taking import must_act
from complaints.words import clean
from db.pool import Connection, Pool
from db.statements import statements

_log = structlog.get_logger(__name__)
_LONGEST_REPORT = 4000


class DisposalKind(StrEnum):
    """What the officer says about the matter."""

    RESOLVED = "resolved"
    NOT_POSSIBLE = "not_possible"


class Via(StrEnum):
    """How the report reached us: an agent may be told by telephone (R31)."""

    PORTAL = "portal"
    OFFICERS_LINE = "officers_line"
    AGENT = "agent"


@dataclass(frozen=True, slots=True)
class Disposed:
    """What became of it. `ask_from`: the feedback call is due from then on.

    None: it was information, which the report answers; nobody is asked.
    """

    number: str
    complaint_id: UUID
    disposal_no: int
    level: int
    ask_from: datetime | None


async def dispose(
    pool: Pool,
    complaint_number: str,
    *,
    kind: DisposalKind,
    report: str,
    post: str,
    actor: str,
    policy: Policy,
    now: datetime,
    via: Via = Via.PORTAL,
    call_id: UUID | None = None,
) -> Disposed:
    """Record the officer's report (आख्या) and ask for the citizen's feedback.

    `post`: which reports; it must be the one that has the complaint. `actor`: who entered it: its
    officer, or the agent (`agent:101`) who was told by it on the telephone.
    Information ends with it: the report is the answer, and the citizen gets it.

    Raises `InvalidComplaintNumberError`, `UnknownComplaintError`, `InvalidInputError` (report,
    actor), `WrongPostError`, `AlreadyDisposedError` when submitted twice,
    `AlreadyEndedError`, `NotNowError` when no officer has it; then nothing is changed.
    """
    digits = number.parse(complaint_number)
    report = clean("report", report, _LONGEST_REPORT)
    if via is Via.AGENT and not actor.startswith("agent:"):
        raise InvalidInputError("actor", "is not an agent")
    async with transaction(pool) as conn:
        complaint = await hold(conn, digits)
        before = at_work(complaint, "disposed of")
        must_act(before, post)
        report_row = {"kind": kind, "report": report, "via": via, "actor": actor}
        if before.about is MatterKind.INFORMATION:
            answered = before.answer(report, actor, now)
            await end_answered(conn, complaint, answered, call_id, now)
            await _add_report(conn, complaint.id, answered, report_row | {"call_id": call_id}, now)
            return Disposed(digits, complaint.id, answered.disposals, answered.level, None)
        after = before.dispose()
        ask_from = now + policy.of(complaint.category).feedback_delay
        await _write(conn, complaint.id, after, report_row | {"call_id": call_id}, ask_from, now)
        entry = Entry(
            at=now,
            event=Event.DISPOSED,
            level=after.level,
            actor=actor,
            reason=report,
            call_id=call_id,
            post=after.post,
        )
        await history.append(conn, complaint.id, entry)
    _log.info("complaint disposed", complaint=str(complaint.id), disposal=after.disposals)
    return Disposed(digits, complaint.id, after.disposals, after.level, ask_from)


def at_work(complaint: Complaint, move: str) -> WithOfficer | Proposed | Paused:
    """The state, when an officer has it; else the error that says why it cannot be `move`."""
    match complaint.state:
        case WithOfficer() | Proposed() | Paused() as state:
            return state
        case AwaitingFeedback():
            raise AlreadyDisposedError(complaint.number)
        case Triage() | Returned():
            raise NotNowError(complaint.number, STATE_NAMES[type(complaint.state)], move)
        case ended:
            raise AlreadyEndedError(complaint.number, STATE_NAMES[type(ended)])


async def _write(
    conn: Connection,
    complaint_id: UUID,
    after: AwaitingFeedback,
    report: dict[str, Any],
    ask_from: datetime,
    now: datetime,
) -> None:
    await move(conn, complaint_id, after, now)
    await _add_report(conn, complaint_id, after, report, now)
    await statements().complaints_feedback_owed(
        conn, complaint_id=complaint_id, disposal_no=after.disposals, next_attempt_at=ask_from
    )


async def _add_report(
    conn: Connection,
    complaint_id: UUID,
    after: AwaitingFeedback | Answered,
    report: dict[str, Any],
    now: datetime,
) -> None:
    await statements().complaints_add_disposal(
        conn,
        complaint_id=complaint_id,
        disposal_no=after.disposals,
        level=after.level,
        post=after.post,
        at=now,
        **report,
    )
