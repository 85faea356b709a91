"""Two complaints of one citizen about one matter, both registered already, become one file."""

from datetime import datetime
from uuid import UUID

import structlog

from complaints import number, texts
from complaints.additions import (
    add_weight,
    are_one_kind,
    make_confidential,
    make_incident,
    withhold_number,
)
from complaints.ending import end_merged
from complaints.errors import NotSameMatterError
from complaints.history import Event
from complaints.in_call import take_call
from complaints.lifecycle import Open, Triage
from complaints.notifications import Kind
from complaints.store import Complaint, hold, transaction
from complaints.taking import must_be_open, note, tell_citizen, tell_post
from complaints.words import clean
from db.pool import Connection, Pool
from db.statements import statements

_log = structlog.get_logger(__name__)
_LONGEST = 3900  # with "into" and the number, one text in the end


async def merge(
    pool: Pool,
    complaint_number: str,
    *,
    into: str,
    actor: str,
    now: datetime,
    text: str = "",
    call_id: UUID | None = None,
) -> None:
    """End the younger as merged: its words, weight and calls go to the older one, `into`, and so
    do its marks: where the younger is confidential, or an incident, the older is from now on.

    `call_id`: in which the agent who enters it was told.
    Raises the numbers' errors, `InvalidInputError` (text, call_id), `NotSameMatterError` (other
    citizen, category, place or kind; `into` is not the older one), `AlreadyEndedError` (either has
    an end) and `NoEvidenceError` (somebody else's call).
    """
    younger_number, older_number = number.parse(complaint_number), number.parse(into)
    text = clean("text", text, _LONGEST) if text else ""
    async with transaction(pool) as conn:
        # In one order, whichever way it is asked for: two mergers never wait for each other.
        held = {one: await hold(conn, one) for one in sorted({younger_number, older_number})}
        younger, older = held[younger_number], held[older_number]
        before = _must_be_one(younger, older)
        after = before.merge(older.id, f"into {older.number} {text}".strip(), actor, now)
        await take_call(conn, younger, call_id, actor=actor)
        entry = await end_merged(conn, younger, after, call_id, now)
        await statements().registration_share_calls(conn, younger=younger.id, older=older.id)
        await _tell(conn, younger, before, older, entry, now)
        if younger.confidential:
            older = await make_confidential(conn, older, actor, now)
        elif older.confidential:
            await withhold_number(conn, younger, now)
        newly = younger.incident and not older.incident
        if newly:
            older = await make_incident(conn, older, actor, now)
        here = await note(
            conn,
            older,
            older.state,
            event=Event.MERGED_HERE,
            actor=actor,
            now=now,
            reason=f"{younger.number}: {younger.text}",
            call_id=call_id,
        )
        await add_weight(conn, older, here, younger.weight, younger.text, now, incident=newly)
    _log.info("complaints merged", complaint=str(younger.id), into=str(older.id))


async def _tell(
    conn: Connection, younger: Complaint, before: Open, older: Complaint, entry: int, now: datetime
) -> None:
    """Citizen and officer, in which file it goes on; in the triage no officer has it."""
    body = texts.citizen_merged(younger.number, older.number)
    await tell_citizen(conn, younger, entry, Kind.CITIZEN_MERGED, body, now)
    if not isinstance(before, Triage):
        told = texts.officer_merged(younger.number, older.number)
        await tell_post(conn, younger, entry, Kind.OFFICER_MERGED, before.post, told, now)


def _must_be_one(younger: Complaint, older: Complaint) -> Open:
    if younger.citizen_id != older.citizen_id:
        raise NotSameMatterError("they are of different citizens: they can only be linked")
    if younger.category != older.category:
        raise NotSameMatterError("they are about different categories")
    if younger.place != older.place:  # the older one's officer may have nothing to say there
        raise NotSameMatterError("they are about different places")
    before = must_be_open(younger)
    if not are_one_kind(must_be_open(older).about, before.about):
        raise NotSameMatterError("information is asked for in one of them only")
    if (older.registered_at, older.number) >= (younger.registered_at, younger.number):
        raise NotSameMatterError("the older file goes on: name the younger one first")
    return before
