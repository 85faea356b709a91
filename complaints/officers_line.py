"""An officer reports a disposal by telephone (R11): recorded words, and a message to the officer.

Who calls was recognised by number and PIN before (`access.pins`); here is decided what they may do.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

import structlog

from access import grants, users
from access.rights import Right, Subject, may
from access.users import User
from complaints import number, texts
from complaints.disposal import DisposalKind, Report, Via, at_work, dispose_held
from complaints.errors import NotAllowedError, NotHeldError
from complaints.kinds import MatterKind
from complaints.notifications import Kind, Notification, notify
from complaints.policy import Policy
from complaints.spoken import Grace, awaited
from complaints.store import Complaint, hold, link_call, transaction
from db.pool import Connection, Pool
from db.statements import statements

_log = structlog.get_logger(__name__)
_ACTS = frozenset({"with_officer", "proposed", "paused"})
_ACQUIRE_SECONDS = 2.0  # the officer waits on the line


class Look(StrEnum):
    """What an officer hears before they are asked to speak."""

    YOURS = "yours"
    NOT_YOURS = "not_yours"  # or there is none: numbers are not to be tried out
    DISPOSED = "disposed"
    NOT_NOW = "not_now"


@dataclass(frozen=True, slots=True, kw_only=True)
class Spoken:
    """What was said in a call. `officer`: their user; `remark`: the recording of their words."""

    call_id: UUID
    officer: UUID
    number: str
    kind: DisposalKind
    remark: UUID | None


async def look(pool: Pool, complaint_number: str, officer: UUID, now: datetime) -> Look:
    """Whether this officer can report about it now. Raises `InvalidComplaintNumberError`."""
    digits = number.parse(complaint_number)
    async with pool.acquire(timeout=_ACQUIRE_SECONDS) as conn:
        row = await statements().complaints_of_officers_line(conn, number=digits)
        user = await users.load(conn, officer)
        if row is None or row["post"] is None or not await _holds(conn, user, row["post"], now):
            return Look.NOT_YOURS
    if row["state"] == "awaiting_feedback":
        return Look.DISPOSED
    told_so = row["kind"] != MatterKind.INFORMATION and row["state"] in _ACTS
    return Look.YOURS if told_so else Look.NOT_NOW


async def report(
    pool: Pool, spoken: Spoken, *, policy: Policy, now: datetime, grace: Grace | None = None
) -> None:
    """Write the disposal with its recording, and tell the officer; a repeat changes nothing.

    Who holds the post is asked in the same transaction. `grace`: with the recording's row;
    None: two seconds. Raises the number's errors,
    `NotHeldError`, `AlreadyDisposedError`, `AlreadyEndedError`, `NotNowError`, `NotAllowedError`
    (information is answered in writing).
    """
    digits = number.parse(spoken.number)
    async with pool.acquire(timeout=_ACQUIRE_SECONDS) as conn:
        if await _told(conn, digits, spoken):
            return
    await awaited(pool, spoken.call_id, spoken.remark, grace)
    async with transaction(pool) as conn:
        complaint = await hold(conn, digits)
        if await _told(conn, digits, spoken):  # meanwhile
            return
        await _report_held(conn, complaint, spoken, policy=policy, now=now)
    _log.info("disposal told by telephone", complaint=str(complaint.id))


async def _told(conn: Connection, digits: str, spoken: Spoken) -> bool:
    told = statements().complaints_told_in_call(conn, call_id=spoken.call_id, number=digits)
    return bool(await told)


async def _report_held(
    conn: Connection, complaint: Complaint, spoken: Spoken, *, policy: Policy, now: datetime
) -> None:
    officer = await users.load(conn, spoken.officer)
    state = at_work(complaint, "disposed of")
    if not await _holds(conn, officer, state.post, now):
        raise NotHeldError(state.post)
    if state.about is MatterKind.INFORMATION:
        raise NotAllowedError("information is answered in writing")
    remark = await _remark(conn, spoken)
    told = Report(
        kind=spoken.kind,
        text=texts.REPORTED_BY_TELEPHONE if remark else texts.REPORTED_WITHOUT_REMARK,
        actor=f"user:{officer.id}",
        via=Via.OFFICERS_LINE,
        call_id=spoken.call_id,
        recording_id=remark,
    )
    _, entry = await dispose_held(conn, complaint, told, policy=policy, now=now)
    await link_call(conn, complaint.id, spoken.call_id, "disposal")
    if officer.number is not None:
        await _confirm(conn, complaint, entry, officer, officer.number, now)


async def _confirm(
    conn: Connection, complaint: Complaint, entry: int, officer: User, number: str, now: datetime
) -> None:
    """To the registered number, whoever spoke: the officer sees what was done in their name."""
    told = Notification(
        complaint_id=complaint.id,
        entry=entry,
        kind=Kind.OFFICER_REPORTED,
        recipient=number,
        officer=officer.officer,
        body=texts.officer_reported(complaint.number, complaint.subject, complaint.place_name, now),
    )
    await notify(conn, told, now)


async def _holds(conn: Connection, officer: User, post: str, now: datetime) -> bool:
    """By tenure, charge or grant, today."""
    person = await grants.person(conn, officer, now)
    subject = Subject(posts=frozenset({post}))
    return officer.active and may(person, Right.COMPLAINT_DISPOSE, subject)


async def _remark(conn: Connection, spoken: Spoken) -> UUID | None:
    """The recording, if its row is there by now: without it the disposal counts all the same."""
    if spoken.remark is None:
        return None
    known = await statements().complaints_own_words(conn, id=spoken.remark, call_id=spoken.call_id)
    if not known:
        _log.error("remark not found, the disposal counts without", call=str(spoken.call_id))
    return spoken.remark if known else None
