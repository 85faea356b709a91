"""What a registration is decided by, and what it is refused for."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from uuid import UUID

import asyncpg

from calls.numbers import is_mobile, to_e164
from complaints.calendar import IST, Counting
from complaints.categories import AnsweredCategory, answered, must_be_leaf
from complaints.ends import AdvisedAtDesk, AnsweredAtDesk, DeskEnd, Thanked
from complaints.errors import Candidate, InputFault, InvalidInputError, MonthLimitError
from complaints.kinds import MatterKind, Source
from complaints.mapping import Ladder, ladder_from
from complaints.policy import Policy
from complaints.receipts import TOLD
from complaints.registration_form import Registration
from complaints.words import clean
from db.pool import Connection
from db.statements import statements
from messages.templates import Template, Which, templates_from

LONGEST_TEXT = 4000
_LONGEST_NAME = 200
_LONGEST_CODE = 80
ENGLISH = "en"


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """As recorded, under the registration's locks.

    `answered` None: the category is out of scope, and `advice` says where to go, in the citizen's
    language where it has words in it. `citizen` None: not known yet. `candidates`: what the citizen
    has open about this, oldest first; `in_confidence`: and something of which who registers is not
    told. `this_month`: what this number has registered for officers. `matter`: of open complaints
    about this. `ladder`: of the category's department; `templates`: of what a registration tells.
    """

    category_name: str
    place_name: str
    answered: AnsweredCategory | None
    advice: str
    citizen: UUID | None
    on_number: bool
    candidates: tuple[Candidate, ...]
    in_confidence: bool
    this_month: int
    matter: UUID | None
    holidays: frozenset[date]
    ladder: Ladder
    templates: Mapping[Which, Template]
    serial: int


def cleaned(request: Registration) -> Registration:
    """The form as it is stored. Raises `InvalidInputError` for what it says by itself."""
    contact = to_e164(request.contact)
    if contact is None:
        raise InvalidInputError("contact", "is not a telephone number", InputFault.NOT_A_NUMBER)
    name = " ".join((request.citizen_name or "").split())
    source = request.source or (Source.PHONE if request.call_id else Source.AGENT)
    form = replace(
        request,
        contact=contact,
        source=source,
        category=clean("category", request.category, _LONGEST_CODE),
        place=clean("place", request.place, _LONGEST_CODE),
        text=clean("text", request.text, LONGEST_TEXT),
        citizen_name=clean("citizen_name", name, _LONGEST_NAME) if name else None,
        language=clean("language", request.language, _LONGEST_CODE),
        answer=clean("answer", request.answer, LONGEST_TEXT) if request.answer else None,
    )
    _fits(form)
    return form


def _fits(form: Registration) -> None:
    if form.answer and form.kind is not MatterKind.INFORMATION:
        why = "belongs to a request for information"
        raise InvalidInputError("answer", why, InputFault.NOT_INFORMATION)
    if form.scheme and not form.answer:
        raise InvalidInputError("scheme", "is told with an answer", InputFault.EMPTY)
    if form.adds_to and form.separate:
        raise InvalidInputError("adds_to", "or separate, not both", InputFault.NOT_BOTH)
    if form.adds_to and form.answer:
        why = "ends a request of its own: it adds to nothing"
        raise InvalidInputError("answer", why, InputFault.NOT_BOTH)
    if form.links_number and (form.citizen_id is None or form.is_self_service):
        why = "needs a known citizen, and who confirms it"
        raise InvalidInputError("links_number", why, InputFault.NEEDS_CITIZEN)


def month_began(now: datetime) -> datetime:
    """When this month began in India."""
    return now.astimezone(IST).replace(day=1, hour=0, minute=0, second=0, microsecond=0)


async def read_facts(conn: Connection, form: Registration, policy: Policy, now: datetime) -> Facts:
    """Raises `InvalidInputError` (category, place, call_id, citizen_id)."""
    rules = policy.of(form.category)
    counted = rules.counting is Counting.WORKING_DAYS
    row = await statements().registration_facts(
        conn,
        category=form.category,
        place=form.place,
        kind=form.kind,
        number=form.contact,
        citizen_id=form.citizen_id,
        name=form.citizen_name,
        call_id=form.call_id,
        calendar=rules.holidays if counted else None,
        month_began=month_began(now),
        today=now.astimezone(IST).date(),
        messages=TOLD,
        agent_id=form.told_to,
    )
    must_be_leaf(row if row["code"] else None)
    if row["place_name"] is None:
        raise InvalidInputError("place", "is unknown", InputFault.UNKNOWN)
    if not row["call_known"]:
        raise InvalidInputError("call_id", "is unknown", InputFault.UNKNOWN)
    _must_be_known(form, row)
    return Facts(
        category_name=row["name_hi"],
        place_name=row["place_name"],
        answered=answered(row) if row["in_scope"] else None,
        advice=_advice(row, form.language),
        citizen=row["citizen"],
        on_number=row["on_number"],
        candidates=_candidates(row),
        in_confidence=row["in_confidence"],
        this_month=row["this_month"],
        matter=row["matter"],
        holidays=frozenset(row["holidays"]),
        ladder=ladder_from(row["posts"], now),
        templates=templates_from(row["templates"]),
        serial=row["serial"],
    )


def _advice(row: asyncpg.Record, language: str) -> str:
    in_english = row["advice_en"] if language == ENGLISH else ""
    return in_english or row["advice_hi"] or ""


def _must_be_known(form: Registration, row: asyncpg.Record) -> None:
    if form.citizen_id is None:
        return
    if row["citizen"] is None:
        raise InvalidInputError("citizen_id", "is unknown", InputFault.UNKNOWN)
    if not row["on_number"] and not form.links_number:
        why = "is not known on this number"
        raise InvalidInputError("citizen_id", why, InputFault.NOT_ON_NUMBER)


def _candidates(row: asyncpg.Record) -> tuple[Candidate, ...]:
    if row["numbers"] is None:
        return ()
    found = zip(row["numbers"], row["registered_at"], row["states"], strict=True)
    return tuple(Candidate(*one) for one in found)


def desk_end(form: Registration, facts: Facts, actor: str, now: datetime) -> DeskEnd | None:
    """The end that it comes to at once; None: an officer gets it."""
    if facts.answered is None:
        return AdvisedAtDesk(text=facts.advice, actor=actor, ended_at=now)
    if form.answer:
        return AnsweredAtDesk(text=form.answer, actor=actor, ended_at=now)
    if form.kind is MatterKind.SUGGESTION:
        return Thanked(text="", actor=actor, ended_at=now)
    return None


def needs_room(form: Registration, facts: Facts, policy: Policy, end: DeskEnd | None) -> None:
    """Raise `MonthLimitError` where the number has used up its month.

    Whatever gives an officer nothing to do has room, and so has an incident. A landline is a
    village's or an office's: it has no limit.
    """
    limit = policy.registrations_per_month
    if limit is None or form.incident or facts.this_month < limit:
        return
    if end is not None and not isinstance(end, Thanked):
        return
    if is_mobile(form.contact):
        raise MonthLimitError(limit, facts.this_month)
