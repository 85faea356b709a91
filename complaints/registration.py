"""Registering a complaint: number, officer, deadline and messages in one transaction."""

from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

import structlog

from calls.numbers import to_e164
from complaints import history, lifecycle, number, texts
from complaints.errors import InvalidInputError, NoPostError
from complaints.history import Entry, Event
from complaints.lifecycle import Terms, Triage, WithOfficer
from complaints.mapping import Post, ladder_for
from complaints.notifications import Kind, Notification, notify_each
from complaints.policy import Policy
from complaints.store import STATE_NAMES, holidays, link_call, transaction
from complaints.words import clean
from db.ids import new_id
from db.pool import Connection, Pool
from db.statements import statements

_log = structlog.get_logger(__name__)
_LONGEST_TEXT = 4000
_LONGEST_NAME = 200
_LONGEST_CODE = 80


@dataclass(frozen=True, slots=True, kw_only=True)
class Registration:
    """What the agent's form holds.

    `key`: made by the page once per form, so that a double click registers once.
    `contact`: whom the feedback call goes to. `call_id`: the call in which it was registered.
    """

    key: UUID
    contact: str
    category: str
    place: str
    text: str
    citizen_name: str | None = None
    language: str = "hi"
    call_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Registered:
    """What the citizen is told. The same for every repeat with the same key."""

    number: str
    complaint_id: UUID
    level: int
    post_id: str
    post_title: str
    due_at: datetime


@dataclass(frozen=True, slots=True)
class _Matter:
    """What the request refers to."""

    category_name: str
    place_name: str
    terms: Terms
    state: WithOfficer | Triage
    post: Post


async def register(
    pool: Pool, request: Registration, *, policy: Policy, now: datetime, actor: str
) -> Registered:
    """Register the complaint, or answer what was registered under its key before.

    Raises `InvalidInputError` (contact, text, citizen_name, category, place, call_id) and
    `NoPostError`; then nothing is written.
    """
    form = _cleaned(request)
    complaint_id = new_id(now)
    async with transaction(pool) as conn:
        if not await _take_key(conn, form.key, complaint_id):
            return await _registered_before(conn, form.key)
        matter = await _look_up(conn, form, policy, now)
        complaint_number = await _write(conn, complaint_id, form, matter, now)
        entry = await history.append(conn, complaint_id, _entry(form, matter, now, actor))
        await _tell(conn, complaint_id, complaint_number, form, matter, entry, now)
    _log.info("complaint registered", complaint=str(complaint_id), level=matter.state.level)
    post = matter.post
    return Registered(
        complaint_number, complaint_id, post.level, post.id, post.title, matter.state.due_at
    )


def _cleaned(request: Registration) -> Registration:
    contact = to_e164(request.contact)
    if contact is None:
        raise InvalidInputError("contact", "is not a telephone number")
    name = (request.citizen_name or "").strip()
    return replace(
        request,
        contact=contact,
        category=clean("category", request.category, _LONGEST_CODE),
        place=clean("place", request.place, _LONGEST_CODE),
        text=clean("text", request.text, _LONGEST_TEXT),
        citizen_name=clean("citizen_name", name, _LONGEST_NAME) if name else None,
        language=clean("language", request.language, _LONGEST_CODE),
    )


async def _take_key(conn: Connection, key: UUID, complaint_id: UUID) -> bool:
    done = await statements().complaints_take_key(conn, key=key, complaint_id=complaint_id)
    return bool(done == "INSERT 0 1")


async def _registered_before(conn: Connection, key: UUID) -> Registered:
    row = await statements().complaints_registered_under(conn, key=key)
    return Registered(
        row["number"], row["id"], row["level"], row["post"], row["title"], row["due_at"]
    )


async def _look_up(conn: Connection, form: Registration, policy: Policy, now: datetime) -> _Matter:
    category = await statements().complaints_category(conn, code=form.category)
    if category is None:
        raise InvalidInputError("category", "is unknown")
    place = await statements().complaints_place(conn, code=form.place)
    if place is None:
        raise InvalidInputError("place", "is unknown")
    if form.call_id and not await statements().complaints_call_exists(conn, id=form.call_id):
        raise InvalidInputError("call_id", "is unknown")
    ladder = await ladder_for(conn, category["department"], form.place, now)
    rules = policy.of(form.category)
    terms = Terms(rules, ladder, tuple(category["level_days"]), await holidays(conn, rules))
    state = lifecycle.registered(terms, now)
    if state is None:
        raise NoPostError(category["department"], form.place, level=1)
    post = ladder.posts[state.level]
    return _Matter(category["name_hi"], place["name_hi"], terms, state, post)


async def _write(
    conn: Connection, complaint_id: UUID, form: Registration, matter: _Matter, now: datetime
) -> str:
    complaint_number = number.make(await statements().complaints_next_serial(conn))
    clock = matter.state.clock
    await statements().complaints_add(
        conn,
        id=complaint_id,
        number=complaint_number,
        category=form.category,
        place=form.place,
        citizen_id=await _citizen(conn, form, now),
        contact=form.contact,
        text_hi=form.text,
        state=STATE_NAMES[type(matter.state)],
        level=matter.state.level,
        post=matter.state.post,
        due_at=clock.due_at,
        due_since=clock.since,
        due_days=clock.days,
        due_policy=clock.policy,
        due_counting=clock.counting,
        remind_at=clock.remind_at,
        registered_at=now,
    )
    if form.call_id:
        await link_call(conn, complaint_id, form.call_id, "registration")
    return complaint_number


async def _citizen(conn: Connection, form: Registration, now: datetime) -> UUID:
    """The citizen of this name on this number, found or made."""
    await statements().complaints_hold_number(conn, number=form.contact)
    found: UUID | None = await statements().complaints_citizen(
        conn, number=form.contact, name=form.citizen_name
    )
    if found:
        return found
    citizen_id = new_id(now)
    await statements().complaints_add_citizen(
        conn,
        id=citizen_id,
        name=form.citizen_name,
        language=form.language,
        created_at=now,
        number=form.contact,
    )
    return citizen_id


def _entry(form: Registration, matter: _Matter, now: datetime, actor: str) -> Entry:
    return Entry(
        at=now,
        event=Event.TRIAGE if isinstance(matter.state, Triage) else Event.REGISTERED,
        level=matter.state.level,
        actor=actor,
        call_id=form.call_id,
        post=matter.state.post,
        due_at=matter.state.due_at,
        basis=matter.state.clock.basis,
    )


async def _tell(
    conn: Connection,
    complaint_id: UUID,
    complaint_number: str,
    form: Registration,
    matter: _Matter,
    entry: int,
    now: datetime,
) -> None:
    state, post = matter.state, matter.post
    if isinstance(state, Triage):  # nobody's yet
        in_triage = texts.citizen_in_triage(complaint_number)
        messages = [(Kind.CITIZEN_IN_TRIAGE, form.contact, in_triage)]
    else:
        names = (matter.category_name, matter.place_name)
        assigned = texts.officer_assigned(
            complaint_number, *names, form.text, form.contact, state.due_at
        )
        registered = texts.citizen_registered(complaint_number, post.title, state.due_at)
        messages = [
            (Kind.OFFICER_ASSIGNED, post.number, assigned),
            (Kind.CITIZEN_REGISTERED, form.contact, registered),
        ]
    told = [
        Notification(
            complaint_id=complaint_id, entry=entry, kind=kind, recipient=recipient, body=body
        )
        for kind, recipient, body in messages
    ]
    await notify_each(conn, told, now)
