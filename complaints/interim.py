"""What is written to a complaint without moving it: an interim reply, a comment. Clocks run on."""

from datetime import datetime

import structlog

from complaints import number, texts
from complaints.disposal import at_work
from complaints.errors import InvalidInputError
from complaints.history import Event
from complaints.notifications import Kind
from complaints.store import hold, transaction
from complaints.taking import must_act, note, tell_citizen
from complaints.words import clean
from db.pool import Pool

_log = structlog.get_logger(__name__)
_LONGEST = 4000


async def interim_reply(
    pool: Pool,
    complaint_number: str,
    *,
    text: str,
    expected_by: datetime,
    post: str,
    actor: str,
    now: datetime,
) -> None:
    """The officer of `post` says how it stands, and by when to expect more, themselves or through
    an agent (`actor`). The due time is what it was.

    Raises the number's errors, `InvalidInputError` (text, expected_by), `WrongPostError`, and
    `dispose`'s errors when no officer has it.
    """
    digits, text = number.parse(complaint_number), clean("text", text, _LONGEST)
    if expected_by <= now:
        raise InvalidInputError("expected_by", "is not in the future")
    async with transaction(pool) as conn:
        complaint = await hold(conn, digits)
        state = at_work(complaint, "answered")
        must_act(state, post)
        why = f"expected by {expected_by.isoformat()}: {text}"
        entry = await note(
            conn, complaint, state, event=Event.INTERIM_REPLY, actor=actor, now=now, reason=why
        )
        body = texts.citizen_interim(digits, text, expected_by)
        await tell_citizen(conn, complaint, entry, Kind.CITIZEN_INTERIM, body, now)
    _log.info("interim reply", complaint=str(complaint.id))


async def comment(
    pool: Pool, complaint_number: str, *, text: str, actor: str, now: datetime
) -> None:
    """Anybody's remark, at any time, also after the end. Raises the number's errors."""
    digits, text = number.parse(complaint_number), clean("text", text, _LONGEST)
    async with transaction(pool) as conn:
        complaint = await hold(conn, digits)
        state = complaint.state
        await note(conn, complaint, state, event=Event.NOTED, actor=actor, now=now, reason=text)
