"""What the agents' desk needs of calls and complaints, fitted to their use cases."""

from dataclasses import asdict, replace

from calls.model import Call
from calls.store import load as load_call
from calls.store import recent_for_number
from complaints.caller import citizens_on, history_for_number
from complaints.errors import ComplaintError, DuplicateError, InvalidInputError, NoPostError
from complaints.policy import Policy
from complaints.registration import (
    AddedTo,
    MatterKind,
    Registered,
    Registration,
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
)
from cti.ports import History, RegisteredComplaint, RegistrationForm
from db.pool import Pool
from helpline.clock import Clock

_FORM_FIELDS = {"call_id": "call", "citizen_id": "citizen"}


class NumberHistory:
    """`cti.ports.CallerHistory`: a number's latest calls and complaints."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def lookup(self, number: str) -> History:
        """What the screen-pop shows. Raises one of `db.errors.AWAY`."""
        async with self._pool.acquire(timeout=2) as conn:
            calls = await recent_for_number(conn, number, at_most=5)
        complaints = await history_for_number(self._pool, number, at_most=5)
        citizens = await citizens_on(self._pool, number)
        return {
            "citizens": [{"citizen": str(one.id), "name": one.name} for one in citizens],
            "calls": [
                {
                    "call": str(call.id),
                    "at": call.started_at.isoformat(),
                    "outcome": call.outcome,
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

    def __init__(self, pool: Pool, policy: Policy, now: Clock) -> None:
        self._pool = pool
        self._policy = policy
        self._now = now

    async def register(self, form: RegistrationForm) -> RegisteredComplaint:
        """Register what the agent's page sent."""
        request = await self._request(form)
        try:
            registered = await register(
                self._pool,
                request,
                policy=self._policy,
                now=self._now(),
                actor=f"agent:{form.agent_id}",
            )
        except InvalidInputError as error:
            field = _FORM_FIELDS.get(error.field, error.field)
            raise FieldsRefusedError({field: str(error).partition(" ")[2]}) from error
        except NoPostError as error:
            raise FieldsRefusedError({"place": str(error)}) from error
        except DuplicateError as error:
            raise DuplicateFoundError(
                [OpenComplaint(**asdict(one)) for one in error.candidates]
            ) from error
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
        if not _handles(form.agent_id, call):
            raise ConflictError("another agent has, or had, this call")
        request = Registration(
            key=form.key,
            contact=form.contact or "",
            category=form.category,
            place=form.place,
            text=form.text,
            citizen_name=form.citizen_name,
            call_id=form.call_id,
            kind=MatterKind(form.kind),
            incident=form.incident,
            confidential=form.confidential,
            citizen_id=form.citizen,
            links_number=form.links_number,
            answer=form.answer,
            adds_to=form.adds_to,
            separate=form.separate,
        )
        if form.contact:
            return request
        if call.number is None:
            raise FieldsRefusedError({"contact": "is needed: the caller's number was withheld"})
        return replace(request, contact=call.number)


def _told(taken_up: TakenUp) -> RegisteredComplaint:
    match taken_up:
        case Registered() as one:
            return RegisteredComplaint(
                number=one.number, level=one.level, officer=one.post_title, due_at=one.due_at
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
