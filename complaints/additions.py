"""The same citizen tells the same matter again: no second file, but more weight."""

from dataclasses import replace
from datetime import datetime

import structlog

from complaints import number, texts
from complaints.errors import (
    InputFault,
    InvalidComplaintNumberError,
    InvalidInputError,
    UnknownComplaintError,
)
from complaints.history import Event
from complaints.intake import Facts
from complaints.kinds import MatterKind
from complaints.lifecycle import AwaitingFeedback, Paused, Proposed, WithOfficer
from complaints.notifications import NAMES_CITIZEN, Kind, word_anew
from complaints.registration_form import Registration
from complaints.store import Complaint, hold, link_call
from complaints.taking import must_be_open, note, tell_citizen, tell_post
from db.pool import Connection
from db.statements import statements

_log = structlog.get_logger(__name__)


async def add_to(
    conn: Connection, form: Registration, facts: Facts, actor: str, now: datetime
) -> Complaint:
    """The older complaint gets the words, the call with its recordings, and one more weight.

    Told in confidence, it is confidential from then on, with all that was recorded before: the
    voice is the same in every call, and a file has one citizen. Told as an incident, it is one.

    Raises `InvalidInputError` (adds_to) where it is not this citizen's, or about something or some
    place else, and `AlreadyEndedError`.
    """
    older = await _older(conn, form, facts)
    await statements().registration_key_adds(conn, key=form.key, complaint_id=older.id)
    if not facts.on_number:
        await statements().registration_link_number(
            conn, citizen_id=older.citizen_id, number=form.contact
        )
    if form.call_id:
        await link_call(conn, older.id, form.call_id, "follow_up")
    if form.confidential:
        older = await make_confidential(conn, older, actor, now)
    newly = form.incident and not older.incident
    if newly:
        older = await make_incident(conn, older, actor, now)
    entry = await note(
        conn,
        older,
        older.state,
        event=Event.ADDED,
        actor=actor,
        now=now,
        reason=form.text,
        call_id=form.call_id,
    )
    body = texts.citizen_added(older.number)
    await tell_citizen(conn, older, entry, Kind.CITIZEN_ADDED, body, now)
    await add_weight(conn, older, entry, 1, form.text, now, incident=newly)
    _log.info("told again", complaint=str(older.id))
    return older


async def make_confidential(
    conn: Connection, complaint: Complaint, actor: str, now: datetime
) -> Complaint:
    """From now on the office complained of learns neither name, number nor voice.

    What it was told before cannot be taken back; links that it has open no recording any more, and
    what has not left yet is worded anew. Nothing happens where it is so already: the mark is never
    taken off.
    """
    if complaint.confidential:
        return complaint
    await statements().registration_make_confidential(conn, id=complaint.id)
    await note(
        conn, complaint, complaint.state, event=Event.MADE_CONFIDENTIAL, actor=actor, now=now
    )
    await withhold_number(conn, complaint, now)
    _log.info("confidential from now on", complaint=str(complaint.id))
    return replace(complaint, confidential=True)


async def withhold_number(conn: Connection, complaint: Complaint, now: datetime) -> None:
    """What has not left yet, also of files that were merged into this one before, tells no officer
    the citizen's number: also none who may know it, and finds it in the file.
    """
    files = [row["id"] async for row in statements().registration_files_of(conn, id=complaint.id)]
    await word_anew(conn, files, NAMES_CITIZEN, {"contact": texts.CONFIDENTIAL}, now)


async def make_incident(
    conn: Connection, complaint: Complaint, actor: str, now: datetime
) -> Complaint:
    """From now on whoever gets it reads that it is about an incident. The mark is never taken off:
    nothing happens where it is there already.
    """
    if complaint.incident:
        return complaint
    await statements().registration_make_incident(conn, id=complaint.id)
    await note(conn, complaint, complaint.state, event=Event.MADE_INCIDENT, actor=actor, now=now)
    _log.info("an incident from now on", complaint=str(complaint.id))
    return replace(complaint, incident=True)


async def add_weight(
    conn: Connection,
    older: Complaint,
    entry: int,
    more: int,
    words: str,
    now: datetime,
    *,
    incident: bool = False,
) -> None:
    """Count it, and tell the officer who is at work on it, or has disposed of it. `entry`: the
    history's; `incident`: it has become one by this.
    """
    weight = await statements().registration_add_weight(conn, id=older.id, more=more)
    state = older.state
    if isinstance(state, WithOfficer | Proposed | Paused | AwaitingFeedback):
        body = texts.officer_added(older.number, weight, words, incident=incident)
        await tell_post(conn, older, entry, Kind.OFFICER_ADDED, state.post, body, now)


def are_one_kind(one: MatterKind, other: MatterKind) -> bool:
    """Information ends otherwise than the others: it is never one with them."""
    return (one is MatterKind.INFORMATION) == (other is MatterKind.INFORMATION)


async def _older(conn: Connection, form: Registration, facts: Facts) -> Complaint:
    try:
        older = await hold(conn, number.parse(form.adds_to or ""))
    except (InvalidComplaintNumberError, UnknownComplaintError) as error:
        raise _refused("is no complaint's number") from error
    of_form, of_older = (form.category, form.place), (older.category, older.place)
    if older.citizen_id != facts.citizen or of_form != of_older:
        raise _refused("is not this citizen's complaint about this")
    if not are_one_kind(must_be_open(older).about, form.kind):
        raise _refused("is not of this kind")
    return older


def _refused(why: str) -> InvalidInputError:
    return InvalidInputError("adds_to", why, InputFault.NOT_THEIRS)
