"""An officer reports a disposal: the clock stops, and the citizen is to be asked."""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

import structlog

from complaints import history, number, texts
from complaints.attachments import rows
from complaints.attachments.intake import Intake
from complaints.attachments.model import TakenIn, lines
from complaints.ending import end_answered
from complaints.ends import Answered
from complaints.errors import (
    AlreadyDisposedError,
    AlreadyEndedError,
    ComplaintError,
    InvalidInputError,
    NotNowError,
)
from complaints.history import Entry, Event
from complaints.in_call import agent_of, take_officers_call
from complaints.kinds import DisposalKind, MatterKind
from complaints.lifecycle import (
    AwaitingFeedback,
    Paused,
    Proposed,
    Returned,
    Triage,
    WithOfficer,
)
from complaints.notifications import Kind
from complaints.policy import Policy
from complaints.store import STATE_NAMES, Complaint, hold, move, transaction
from complaints.taking import must_act, tell_citizen
from complaints.words import clean
from db.pool import Connection, Pool
from db.statements import statements

# What is reported belongs to the subject, for those who use it.
__all__ = [
    "DisposalKind",
    "Disposed",
    "Report",
    "Via",
    "at_work",
    "dispose",
    "dispose_held",
]

_log = structlog.get_logger(__name__)
_LONGEST_REPORT = 4000


class Via(StrEnum):
    """How the report reached us: an agent may be told by telephone (R31), an operator types what
    came by letter.
    """

    PORTAL = "portal"
    OFFICERS_LINE = "officers_line"
    AGENT = "agent"
    OPERATOR = "operator"


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What is reported (आख्या), by whom, and how it reached us.

    `recording_id`: the officer's own words, where they were told on the officers' line.
    `files`: in the store already.
    """

    kind: DisposalKind
    text: str
    actor: str
    via: Via = Via.PORTAL
    call_id: UUID | None = None
    recording_id: UUID | None = None
    files: tuple[TakenIn, ...] = ()

    @property
    def columns(self) -> dict[str, Any]:
        """As the row has it."""
        return {
            "kind": self.kind,
            "report": self.text,
            "via": self.via,
            "actor": self.actor,
            "call_id": self.call_id,
            "recording_id": self.recording_id,
        }


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
    attachments: Intake | None = None,
) -> Disposed:
    """Record the officer's report (आख्या) and ask for the citizen's feedback.

    `post`: which reports; it must be the one that has the complaint. `actor`: who entered it: its
    officer; an operator (`operator:anita`); or the agent (`agent:101`) who was told by it on the
    telephone, in the call `call_id`: without that one nothing is told by an agent (R31), nor in the
    citizen's own.
    Information ends with it: the report is the answer, and the citizen gets it.
    `attachments`: all that the officer sends with it; a disposal gets no more later.

    Raises `InvalidComplaintNumberError`, `UnknownComplaintError`, `InvalidInputError` (report,
    actor, call_id), `NoEvidenceError` (somebody else's call), `WrongPostError`,
    `AlreadyDisposedError` when submitted twice, `AlreadyEndedError`, `NotNowError` when no officer
    has it, `IntakeOverError`; then nothing is changed, and the files are given up.
    """
    files = attachments.hand_over(now) if attachments else ()
    try:
        disposed = await _dispose(
            pool,
            complaint_number,
            Report(kind=kind, text=report, actor=actor, via=via, call_id=call_id, files=files),
            post=post,
            policy=policy,
            now=now,
        )
    except ComplaintError:
        # Nothing was committed: it is raised within the transaction, or before it.
        if attachments:
            await attachments.give_up()
        raise
    _log.info(
        "complaint disposed",
        complaint=str(disposed.complaint_id),
        disposal=disposed.disposal_no,
        files=len(files),
    )
    return disposed


async def _dispose(
    pool: Pool, complaint_number: str, told: Report, *, post: str, policy: Policy, now: datetime
) -> Disposed:
    digits = number.parse(complaint_number)
    told = replace(told, text=clean("report", told.text, _LONGEST_REPORT))
    if told.via is Via.AGENT and agent_of(told.actor) is None:
        raise InvalidInputError("actor", "is not an agent")
    if (told.via is Via.OPERATOR) != told.actor.startswith("operator:"):
        raise InvalidInputError("actor", "is an operator where one enters it, and only there")
    async with transaction(pool) as conn:
        complaint = await hold(conn, digits)
        must_act(at_work(complaint, "disposed of"), post)
        await take_officers_call(conn, complaint, told.call_id, actor=told.actor, role="disposal")
        disposed, _ = await dispose_held(conn, complaint, told, policy=policy, now=now)
    return disposed


async def dispose_held(
    conn: Connection, complaint: Complaint, report: Report, *, policy: Policy, now: datetime
) -> tuple[Disposed, int]:
    """Write the report about the complaint that the caller holds, and tell the citizen; with the
    history's entry.

    Raises `AlreadyDisposedError`, `AlreadyEndedError`, `NotNowError`.
    """
    before = at_work(complaint, "disposed of")
    if before.about is MatterKind.INFORMATION:
        answered = before.answer(report.text, report.actor, now)
        entry = await end_answered(
            conn, complaint, answered, report.call_id, now, lines(report.files)
        )
        await _add_report(conn, complaint.id, answered, report, now)
        await _add_files(conn, complaint.id, answered, entry, report, now)
        return _disposed(complaint, answered, None), entry
    after = before.dispose()
    ask_from = now + policy.of(complaint.category).feedback_delay
    await _write(conn, complaint.id, after, report, ask_from, now)
    told = Entry(
        at=now,
        event=Event.DISPOSED,
        level=after.level,
        actor=report.actor,
        reason=f"{report.kind}: {report.text}",
        call_id=report.call_id,
        post=after.post,
        attached=lines(report.files),
    )
    entry = await history.append(conn, complaint.id, told)
    await _add_files(conn, complaint.id, after, entry, report, now)
    body = texts.citizen_disposed(complaint.number, report.kind, report.text)
    await tell_citizen(conn, complaint, entry, Kind.CITIZEN_DISPOSED, body, now)
    return _disposed(complaint, after, ask_from), entry


def _disposed(
    complaint: Complaint, after: AwaitingFeedback | Answered, ask_from: datetime | None
) -> Disposed:
    return Disposed(complaint.number, complaint.id, after.disposals, after.level, ask_from)


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
    report: Report,
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
    report: Report,
    now: datetime,
) -> None:
    await statements().complaints_add_disposal(
        conn,
        complaint_id=complaint_id,
        disposal_no=after.disposals,
        level=after.level,
        post=after.post,
        at=now,
        **report.columns,
    )


async def _add_files(
    conn: Connection,
    complaint_id: UUID,
    after: AwaitingFeedback | Answered,
    entry: int,
    report: Report,
    now: datetime,
) -> None:
    if report.files:
        await rows.write(conn, complaint_id, after.disposals, entry, report.files, now)
