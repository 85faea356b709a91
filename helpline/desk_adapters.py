"""What the agents' desk needs of calls and complaints, fitted to their use cases."""

from collections.abc import Mapping
from dataclasses import asdict, replace
from types import MappingProxyType

from calls.model import Call
from calls.store import had_by, recent_for_number
from calls.store import load as load_call
from complaints.caller import citizens_on, history_for_number
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
from db.pool import Pool
from db.statements import statements
from dialplans.names import LANGUAGE_DEFAULT
from helpline.clock import Clock
from recordings.master import MasterKeys

_FORM_FIELDS = {"call_id": "call", "citizen_id": "citizen"}
_NO_POST, _WITHHELD = Reason("no_post"), Reason("withheld")


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
        complaints = await history_for_number(self._pool, number, at_most=5)
        citizens = await citizens_on(self._pool, number)
        return {
            "citizens": [{"citizen": str(one.id), "name": one.name} for one in citizens],
            "calls": [
                {
                    "call": str(call.id),
                    "at": call.started_at.isoformat(),
                    "outcome": call.outcome,
                    "recorded": call.id in stored,
                    "agent": call.agent_id if call.agent_answered_at else None,
                }
                for call in calls
            ],
            "complaints": [
                {
                    "number": one.number,
                    "category": one.category_name,
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
    ) -> None:
        """`keys` wrap those of what is sealed. `languages`: of queues in which one is spoken."""
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
        return _told(registered)

    async def _request(self, form: RegistrationForm) -> Registration:
        """The form, with the number that the call came from where it names none.

        The call's recordings will belong to the complaint, so it must be the agent's own.
        """
        async with self._pool.acquire(timeout=2) as conn:
            call = await load_call(conn, form.call_id)
            if call is None:
                raise NoSuchCallError
            handles = _handles(form.agent_id, call)
            if not handles:  # who handed the citizen on writes down what they were told
                handles = await had_by(conn, form.call_id, form.agent_id)
        if not handles:
            raise ConflictError("another agent has, or had, this call", Reason("not_yours"))
        request = Registration(
            key=form.key,
            contact=form.contact or "",
            category=form.category,
            place=form.place,
            text=form.text,
            citizen_name=form.citizen_name,
            language=self._languages.get(call.queue or "", LANGUAGE_DEFAULT),
            call_id=form.call_id,
            kind=MatterKind(form.kind),
            incident=form.incident,
            confidential=form.confidential,
            citizen_id=form.citizen,
            links_number=form.links_number,
            answer=form.answer,
            adds_to=form.adds_to,
            separate=form.separate,
            scheme=SchemeVersion(*form.scheme) if form.scheme else None,
        )
        if form.contact:
            return request
        if call.number is None:
            raise FieldsRefusedError(
                {"contact": "is needed: the caller's number was withheld"}, {"contact": _WITHHELD}
            )
        return replace(request, contact=call.number)


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
        case SettledAtDesk() as one:
            return RegisteredComplaint(number=one.number, result=one.state, words=one.text)
        case AddedTo() as one:
            return RegisteredComplaint(number=one.number, result="added")


def _handles(agent_id: str, call: Call) -> bool:
    """Whether the call is this agent's; while it goes on, who has it may not be written yet."""
    if call.agent_id is None:
        return call.ended_at is None
    return call.agent_id == agent_id
