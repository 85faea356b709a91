"""What is written to a complaint without moving it: an interim reply, a comment. Clocks run on."""

from datetime import datetime, timedelta
from uuid import UUID

import structlog

from complaints import history, number, texts
from complaints.disposal import at_work
from complaints.errors import InvalidInputError
from complaints.history import Event
from complaints.in_call import take_call, take_officers_call
from complaints.notifications import Kind
from complaints.store import Complaint, hold, transaction
from complaints.taking import must_act, note, tell_citizen
from complaints.words import clean
from db.pool import Connection, Pool

_log = structlog.get_logger(__name__)
_LONGEST = 4000
_ONCE_WITHIN = timedelta(hours=1)


async def interim_reply(
    pool: Pool,
    complaint_number: str,
    *,
    text: str,
    expected_by: datetime,
    post: str,
    actor: str,
    now: datetime,
    call_id: UUID | None = None,
) -> None:
    """The officer of `post` says how it stands, and by when to expect more, themselves or through
    an agent (`actor`) in the call `call_id`. The due time is what it was.

    The same words of the same person, sent again within an hour, are told once: whoever saw no
    answer sends again.

    Raises the number's errors, `InvalidInputError` (text, expected_by, call_id), `WrongPostError`,
    `NoEvidenceError` (somebody else's call), and `dispose`'s errors when no officer has it.
    """
    digits, text = number.parse(complaint_number), clean("text", text, _LONGEST)
    if expected_by <= now:
        raise InvalidInputError("expected_by", "is not in the future")
    async with transaction(pool) as conn:
        complaint = await hold(conn, digits)
        state = at_work(complaint, "answered")
        must_act(state, post)
        why = f"expected by {expected_by.isoformat()}: {text}"
        if await _said_already(conn, complaint, Event.INTERIM_REPLY, actor, why, now):
            return
        await take_officers_call(conn, complaint, call_id, actor=actor)
        entry = await note(
            conn,
            complaint,
            state,
            event=Event.INTERIM_REPLY,
            actor=actor,
            now=now,
            reason=why,
            call_id=call_id,
        )
        body = texts.citizen_interim(digits, text, expected_by)
        await tell_citizen(conn, complaint, entry, Kind.CITIZEN_INTERIM, body, now)
    _log.info("interim reply", complaint=str(complaint.id))


async def comment(
    pool: Pool,
    complaint_number: str,
    *,
    text: str,
    actor: str,
    now: datetime,
    call_id: UUID | None = None,
) -> None:
    """Anybody's remark, at any time, also after the end; once, as an interim reply.

    `call_id`: of the agent who writes it. Raises the number's errors, `InvalidInputError` (text,
    call_id) and `NoEvidenceError` (somebody else's call).
    """
    digits, text = number.parse(complaint_number), clean("text", text, _LONGEST)
    async with transaction(pool) as conn:
        complaint = await hold(conn, digits)
        if await _said_already(conn, complaint, Event.NOTED, actor, text, now):
            return
        await take_call(conn, complaint, call_id, actor=actor)
        await note(
            conn,
            complaint,
            complaint.state,
            event=Event.NOTED,
            actor=actor,
            now=now,
            reason=text,
            call_id=call_id,
        )


async def _said_already(
    conn: Connection, complaint: Complaint, event: Event, actor: str, words: str, now: datetime
) -> bool:
    return any(
        (entry.event, entry.actor, entry.reason) == (event, actor, words)
        and abs(now - entry.at) < _ONCE_WITHIN
        for entry in await history.entries(conn, complaint.id)
    )
