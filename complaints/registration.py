"""Registering what a citizen brings: number, officer, deadline and messages in one transaction."""

from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

import structlog

from complaints import history, lifecycle, number
from complaints.additions import add_to
from complaints.brought import sealed
from complaints.confidentiality import may_know
from complaints.ends import AnsweredAtDesk, AtDesk, Thanked
from complaints.errors import DuplicateError, InputFault, InvalidInputError, NoPostError
from complaints.guidance.answers import keep
from complaints.history import Entry, Event
from complaints.intake import (
    ENGLISH,
    LONGEST_TEXT,
    Facts,
    cleaned,
    desk_end,
    needs_room,
    read_facts,
)
from complaints.kinds import MatterKind, Source
from complaints.lifecycle import AwaitingFeedback, Terms, Triage
from complaints.notifications import notify_each
from complaints.policy import Policy
from complaints.receipts import NewComplaint, messages
from complaints.registration_form import (
    AddedTo,
    InTriage,
    Registered,
    Registration,
    SchemeVersion,
    SettledAtDesk,
    TakenUp,
)
from complaints.store import STATE_NAMES, transaction
from complaints.words import clean
from db.ids import new_id
from db.pool import Connection, Pool
from db.statements import statements

# The form and what it comes to belong to the subject, for those who use it.
__all__ = [
    "AddedTo",
    "InTriage",
    "MatterKind",
    "Registered",
    "Registration",
    "SchemeVersion",
    "SettledAtDesk",
    "Source",
    "TakenUp",
    "register",
]

_log = structlog.get_logger(__name__)
_AT_DESK = {"advised": Event.ADVISED, "answered": Event.ANSWERED, "thanked": Event.THANKED}


async def register(
    pool: Pool, request: Registration, *, policy: Policy, now: datetime, actor: str
) -> TakenUp:
    """Register it, or answer what came of the form with this key before.

    What is not for an officer ends here: out of scope with advice, information that the agent has
    at hand with the answer, a suggestion with thanks.

    Raises `InvalidInputError` (a field), `NoPostError`, `MonthLimitError`, `DuplicateError` (the
    citizen has it open already, and the form does not say what to do), and for `adds_to`
    `AlreadyEndedError`; then nothing is written, and the key can be used again.

    What the citizen has open in confidence is no candidate for an agent whom they have not told it:
    the form then comes to a complaint of its own, in confidence as well.
    """
    form = cleaned(request)
    complaint_id = new_id(now)
    async with transaction(pool) as conn:
        if not await _begin(conn, form, complaint_id):
            return await _came_of(conn, form.key)
        form = await _with_scheme(conn, form)
        facts = await read_facts(conn, form, policy, now)
        if form.adds_to:
            added = await add_to(conn, form, facts, actor, now)
            await keep(conn, added.id, form.answers, now)
            return AddedTo(added.number, added.id, isinstance(added.state, AwaitingFeedback))
        if facts.in_confidence:  # the same matter is not told aloud because another agent hears it
            form = replace(form, confidential=True)
        new = _decided(complaint_id, form, facts, policy, actor, now)
        await _write(conn, new, form, facts, actor, now)
        await keep(conn, new.id, form.answers, now)
        await _note_scheme(conn, new, form)
        await notify_each(conn, messages(form, new), now, facts.templates)
    _log.info("registered", complaint=str(complaint_id), kind=form.kind, level=new.state.level)
    return _outcome(new)


async def _begin(conn: Connection, form: Registration, complaint_id: UUID) -> bool:
    """Whether the key is new. Then number and subject are ours until the transaction ends."""
    new: bool = await statements().registration_begin(
        conn,
        key=form.key,
        complaint_id=complaint_id,
        number=form.contact,
        category=form.category,
        place=form.place,
    )
    return new


async def _came_of(conn: Connection, key: UUID) -> TakenUp:
    row = await statements().registration_done(conn, key=key)
    if row["added"]:
        return AddedTo(row["number"], row["id"], row["state"] == STATE_NAMES[AwaitingFeedback])
    if row["level"] is None:
        return SettledAtDesk(row["number"], row["id"], row["state"], row["end_text"])
    if row["event"] == Event.TRIAGE:
        return InTriage(row["number"], row["id"], row["due_at"])
    return Registered(
        row["number"], row["id"], row["level"], row["post"], row["title"], row["due_at"],
        row["title_en"],
    )  # fmt: skip


def _outcome(new: NewComplaint) -> TakenUp:
    state = new.state
    if isinstance(state, AtDesk):
        return SettledAtDesk(new.number, new.id, STATE_NAMES[type(state)], state.text)
    if isinstance(state, Triage):
        return InTriage(new.number, new.id, state.due_at)
    if new.post is None:
        raise TypeError("an officer has it, but no post is known")
    post = new.post
    return Registered(
        new.number, new.id, post.level, post.id, post.title, state.due_at, post.title_en
    )


def _decided(
    complaint_id: UUID,
    form: Registration,
    facts: Facts,
    policy: Policy,
    actor: str,
    now: datetime,
) -> NewComplaint:
    """What becomes of it, and the officer who gets it, be it only for information."""
    named = number.make(facts.serial), facts.category_name, facts.place_name
    end = desk_end(form, facts, actor, now)
    # Also of what is out of scope by now: what the citizen has open goes on.
    if (end is None or facts.answered is None) and facts.candidates and not form.separate:
        raise DuplicateError(facts.candidates)  # to add to one there is always room
    needs_room(form, facts, policy, end)
    category = facts.answered
    if end and not (isinstance(end, Thanked) and category):
        return NewComplaint(complaint_id, *named, end, None)
    if category is None:
        raise TypeError("what is out of scope ends at the desk")
    rules = policy.of(form.category)
    first = facts.ladder.at_or_above(1, rules.last_level)
    if end:
        return NewComplaint(complaint_id, *named, end, first)
    terms = Terms(rules, facts.ladder, category.level_days, facts.holidays)
    state = lifecycle.registered(terms, now, form.kind)
    if state is None or first is None:
        raise NoPostError(category.department, form.place, level=1)
    shown = not form.confidential or may_know(rules, first.level)
    return NewComplaint(complaint_id, *named, state, first, citizen_shown=shown)


async def _write(
    conn: Connection, new: NewComplaint, form: Registration, facts: Facts, actor: str, now: datetime
) -> None:
    state = new.state
    brought = {
        "kind": form.kind,
        "incident": form.incident,
        "confidential": form.confidential,
        "source": form.source,
        "confirmed_by": actor if form.is_confirmed else None,
        "category": form.category,
        "place": form.place,
        "citizen_id": facts.citizen or new_id(now),
        "contact": form.contact,
        "text_hi": form.text,
    }
    await statements().registration_add(
        conn,
        id=new.id,
        number=new.number,
        matter=facts.matter or new.id,
        new_citizen=facts.citizen is None,
        new_number=not facts.on_number,
        name=form.citizen_name,
        language=form.language,
        call_id=form.call_id,
        state=STATE_NAMES[type(state)],
        level=state.level,
        post=state.post,
        end_text=state.text if isinstance(state, AtDesk) else None,
        at=now,
        **brought,
        **_clock_columns(new),
        **history.first(new.id, new.number, _entry(new, form, sealed(brought), actor, now)),
    )


async def _note_scheme(conn: Connection, new: NewComplaint, form: Registration) -> None:
    """Which text was told."""
    if form.scheme and isinstance(new.state, AnsweredAtDesk):
        await statements().guidance_told(
            conn, complaint_id=new.id, scheme=form.scheme.code, version=form.scheme.version
        )


async def _with_scheme(conn: Connection, form: Registration) -> Registration:
    """The answer names its scheme, and so do the evidence and the history that are made of it."""
    if form.scheme is None or form.answer is None:
        return form
    asked = {"code": form.scheme.code, "version": form.scheme.version}
    names = await statements().guidance_scheme_name(conn, **asked)
    if names is None:
        raise InvalidInputError("scheme", "is unknown", InputFault.UNKNOWN)
    if any(name in form.answer for name in names):
        return form
    name = names["name_en"] if form.language == ENGLISH else names["name_hi"]
    return replace(form, answer=clean("answer", f"{name}: {form.answer}", LONGEST_TEXT))


def _clock_columns(new: NewComplaint) -> dict[str, Any]:
    clock = None if isinstance(new.state, AtDesk) else new.state.clock
    return {
        "due_at": clock.due_at if clock else None,
        "due_since": clock.since if clock else None,
        "due_days": clock.days if clock else None,
        "due_policy": clock.policy if clock else None,
        "due_counting": clock.counting if clock else None,
        "due_left": clock.left_then if clock else None,
        "remind_at": clock.remind_at if clock else None,
    }


def _entry(new: NewComplaint, form: Registration, brought: str, actor: str, now: datetime) -> Entry:
    state = new.state
    clock = None if isinstance(state, AtDesk) else state.clock
    return Entry(
        at=now,
        event=_event(new),
        level=state.level,
        actor=actor,
        reason=state.text if isinstance(state, AtDesk) else "",
        call_id=form.call_id,
        post=state.post,
        due_at=clock.due_at if clock else None,
        basis=clock.basis if clock else "",
        brought=brought,
    )


def _event(new: NewComplaint) -> Event:
    if isinstance(new.state, AtDesk):
        return _AT_DESK[STATE_NAMES[type(new.state)]]
    return Event.TRIAGE if isinstance(new.state, Triage) else Event.REGISTERED
