"""What the agents' desk needs of calls and complaints, fitted to their use cases."""

from collections.abc import Callable, Mapping
from dataclasses import asdict, replace
from types import MappingProxyType
from uuid import UUID

from calls.model import Call
from calls.numbers import is_landline, to_e164
from calls.store import had_by, recent_for_number
from calls.store import load as load_call
from complaints.caller import citizens_on, history_for_number, is_known_on, language_on
from complaints.errors import (
    AlreadyEndedError,
    ComplaintError,
    DuplicateError,
    InvalidInputError,
    MonthLimitError,
    NoPostError,
)
from complaints.guidance.answers import prepared
from complaints.policy import Policy
from complaints.registration import (
    AddedTo,
    InTriage,
    MatterKind,
    Registered,
    Registration,
    SchemeVersion,
    SettledAtDesk,
    TakenUp,
    register,
)
from cti.errors import (
    ConflictError,
    DuplicateFoundError,
    FieldsRefusedError,
    NoSuchCallError,
    OpenComplaint,
    Reason,
)
from cti.ports import History, RegisteredComplaint, RegistrationForm
from cti.supervisor.hearing import LAST_CALLS
from db.pool import Connection, Pool
from db.statements import statements
from dialplans.names import LANGUAGE_DEFAULT
from helpline.clock import Clock
from recordings.master import MasterKeys

_FORM_FIELDS = {"call_id": "call", "citizen_id": "citizen"}
_NO_POST, _WITHHELD = Reason("no_post"), Reason("withheld")

Has = Callable[[str, UUID], bool]
"""Of an agent and a call."""


def nobody_has(_agent_id: str, _call_id: UUID) -> bool:
    """Where nothing is live: the rows say it."""
    return False


class NumberHistory:
    """`cti.ports.CallerHistory`: a number's latest calls and complaints."""

    def __init__(self, pool: Pool, now: Clock) -> None:
        self._pool = pool
        self._now = now

    async def lookup(self, number: str) -> History:
        """What the screen-pop shows. Raises one of `db.errors.AWAY`."""
        async with self._pool.acquire(timeout=2) as conn:
            calls = await recent_for_number(conn, number, at_most=5)
            heard = statements().listening_stored(
                conn, call_ids=[call.id for call in calls], began_after=self._now() - LAST_CALLS
            )
            stored = {row["call_id"] async for row in heard}
            agents: dict[UUID, list[str]] = {call.id: [] for call in calls}
            async for row in statements().calls_agents(conn, ids=list(agents)):
                agents[row["call_id"]].append(row["agent_id"])
            language = await language_on(conn, number)
        complaints = await history_for_number(self._pool, number, at_most=5)
        citizens = await citizens_on(self._pool, number)
        return {
            "language": language,
            "citizens": [{"citizen": str(one.id), "name": one.name} for one in citizens],
            "calls": [
                {
                    "call": str(call.id),
                    "at": call.started_at.isoformat(),
                    "outcome": call.outcome,
                    "recorded": call.id in stored,
                    "agents": agents[call.id],
                }
                for call in calls
            ],
            "complaints": [
                {
                    "number": one.number,
                    "category": one.category_name,
                    "category_en": one.category_name_en or one.category_name,
                    "state": one.state,
                    "level": one.level,
                    "registered_at": one.registered_at.isoformat(),
                }
                for one in complaints
            ],
        }


class ComplaintRegistrar:
    """`cti.ports.Registrar` through the complaint's use case."""

    def __init__(
        self,
        pool: Pool,
        policy: Policy,
        now: Clock,
        keys: MasterKeys,
        languages: Mapping[str, str] = MappingProxyType({}),
        has: Has = nobody_has,
    ) -> None:
        """`keys` wrap those of what is sealed. `languages`: of queues in which one is spoken.
        `has`: whether an agent has a call, as known before its row is written.
        """
        self._has = has
        self._languages = languages
        self._pool = pool
        self._keys = keys
        self._policy = policy
        self._now = now

    async def register(self, form: RegistrationForm) -> RegisteredComplaint:
        """Register what the agent's page sent."""
        request = await self._request(form)
        try:
            answers = await prepared(
                self._pool, self._keys, request.category, form.fields, self._now()
            )
            request = replace(request, answers=answers)
            registered = await register(
                self._pool,
                request,
                policy=self._policy,
                now=self._now(),
                actor=f"agent:{form.agent_id}",
            )
        except InvalidInputError as error:
            field = _FORM_FIELDS.get(error.field, error.field)
            why = str(error).partition(" ")[2]
            reason = Reason(error.fault, error.values)
            raise FieldsRefusedError({field: why}, {field: reason}) from error
        except NoPostError as error:
            raise FieldsRefusedError({"place": str(error)}, {"place": _NO_POST}) from error
        except DuplicateError as error:
            raise DuplicateFoundError(
                [OpenComplaint(**asdict(one)) for one in error.candidates]
            ) from error
        except MonthLimitError as error:
            limit = Reason("month_limit", {"limit": error.limit})
            raise ConflictError(str(error), limit) from error
        except AlreadyEndedError as error:
            raise ConflictError(str(error), Reason("ended")) from error
        except ComplaintError as error:
            raise ConflictError(str(error)) from error
        return replace(_told(registered), sms=not _is_landline(request.contact))

    async def _request(self, form: RegistrationForm) -> Registration:
        """The form, with the number that the call came from where it names none.

        The call's recordings will belong to the complaint, so it must be the agent's own.
        """
        async with self._pool.acquire(timeout=2) as conn:
            call = await their_call(conn, form.agent_id, form.call_id, self._has)
            links = form.links_number or await _is_known_caller(conn, form, call)
            language = self._languages.get(call.queue or "")
            if language is None and call.number is not None:  # as of a call by click
                language = await language_on(conn, call.number)
        return _registration(form, call.number, links=links, language=language or LANGUAGE_DEFAULT)


async def their_call(conn: Connection, agent_id: str, call_id: UUID, has: Has) -> Call:
    """A call that this agent has, or had: who handed the citizen on writes down what they were
    told. At whom it only rang is not the one to write for who still waits.

    Raises `NoSuchCallError` and `ConflictError`.
    """
    call = await load_call(conn, call_id)
    if call is None:
        raise NoSuchCallError
    had = has(agent_id, call_id) or call.agent_id == agent_id
    if not had and not await had_by(conn, call_id, agent_id):
        raise ConflictError("another agent has, or had, this call", Reason("not_yours"))
    return call


async def _is_known_caller(conn: Connection, form: RegistrationForm, call: Call) -> bool:
    """Known on the number that they call from, to be called on another: theirs too."""
    if form.citizen is None or form.contact is None or call.number is None:
        return False
    return await is_known_on(conn, form.citizen, call.number)


def _registration(
    form: RegistrationForm, number: str | None, *, links: bool, language: str
) -> Registration:
    """What is registered for a citizen who called from `number`; None: it was withheld."""
    contact = form.contact or number
    if contact is None:
        raise FieldsRefusedError(
            {"contact": "is needed: the caller's number was withheld"}, {"contact": _WITHHELD}
        )
    return Registration(
        key=form.key,
        contact=contact,
        category=form.category,
        place=form.place,
        text=form.text,
        citizen_name=form.citizen_name,
        language=language,
        call_id=form.call_id,
        kind=MatterKind(form.kind),
        incident=form.incident,
        confidential=form.confidential,
        citizen_id=form.citizen,
        told_to=form.agent_id,
        links_number=links,
        answer=form.answer,
        adds_to=form.adds_to,
        separate=form.separate,
        scheme=SchemeVersion(*form.scheme) if form.scheme else None,
    )


def _told(taken_up: TakenUp) -> RegisteredComplaint:
    match taken_up:
        case Registered() as one:
            return RegisteredComplaint(
                number=one.number,
                level=one.level,
                officer=one.post_title,
                officer_en=one.post_title_en,
                due_at=one.due_at,
            )
        case InTriage() as one:
            return RegisteredComplaint(number=one.number, result="in_triage")
        case SettledAtDesk() as one:
            return RegisteredComplaint(number=one.number, result=one.state, words=one.text)
        case AddedTo() as one:
            result = "added_disposed" if one.disposed else "added"
            return RegisteredComplaint(number=one.number, result=result)


def _is_landline(contact: str) -> bool:
    number = to_e164(contact)
    return number is not None and is_landline(number)
