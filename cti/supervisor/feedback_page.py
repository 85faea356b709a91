"""Citizens whom an agent is to ask about a disposal, since the dialer did not reach them (R19)."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from aiohttp import web

from access.rights import Person, Right, may_somewhere
from complaints import number
from complaints.errors import InvalidComplaintNumberError, NoTaskError, TaskTakenError
from complaints.followup import Task, tasks
from cti.errors import AmiError, NotAllowedError, NotNowError
from cti.why import Why
from db.ids import new_id
from web.shell import RightRefusedError, Shell, Visit

_PATH = "/feedback-tasks"
_SHOWN = 100

CallAbout = Callable[[str, UUID, str], Awaitable[UUID]]
"""Agent, key of the click, the complaint's number -> our call."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AskingParts:
    """`may_call_at`: whether citizens are called at that moment, as the dialer's window has it."""

    call: CallAbout
    may_call_at: Callable[[datetime], bool]


def add_routes(app: web.Application, shell: Shell, parts: AskingParts) -> None:
    """`/feedback-tasks`."""
    pages = _Asking(parts)
    right = Right.CALLBACK_HANDLE
    app.router.add_get(_PATH, shell.page(pages.all, right=right))
    app.router.add_post(_PATH + "/{number}/call", shell.page(pages.call, right=right))


@dataclass(frozen=True, slots=True)
class _Asking:
    parts: AskingParts

    async def all(self, visit: Visit, problem: str = "") -> web.StreamResponse:
        """The first to end first. Nobody's telephone number is here: it comes with the call."""
        now, person = visit.shell.now(), visit.signed_in.person
        found = await tasks(visit.shell.pool, at_most=_SHOWN)
        identified = may_somewhere(person, Right.CITIZEN_IDENTIFY)

        def citizen(task: Task) -> str | None:
            return task.citizen if identified and not task.confidential else None

        return visit.render(
            "feedback_tasks.html.j2",
            rows=[(one, citizen(one), _taken(one, person, now)) for one in found],
            more=found[0].of_all - len(found) if found else 0,
            desk=_desk(person),
            hours=self.parts.may_call_at(now),
            hindi=visit.language == "hi",
            key=lambda: new_id(now),
            called="called" in visit.request.query,
            problem=problem,
            status=409 if problem else 200,
        )

    async def call(self, visit: Visit) -> web.StreamResponse:
        """The agent's telephone rings; once they answer, the citizen's does."""
        agent_id, form = _desk(visit.signed_in.person), await visit.form()
        if agent_id is None:
            raise RightRefusedError
        try:
            key = UUID(form.get("key", ""))
            digits = number.parse(visit.request.match_info["number"])
        except (ValueError, InvalidComplaintNumberError) as error:
            raise web.HTTPNotFound from error
        if not self.parts.may_call_at(visit.shell.now()):
            return await self.all(visit, visit.say("tasks.fault.hours"))
        try:
            await self.parts.call(agent_id, key, digits)
        except (NoTaskError, TaskTakenError, NotAllowedError, NotNowError, AmiError) as error:
            return await self.all(visit, visit.say(f"tasks.fault.{_fault(error)}"))
        return visit.go(f"{_PATH}?called")


def _desk(person: Person) -> str | None:
    """The telephone at which they take calls."""
    return person.agent_id if may_somewhere(person, Right.CALL_TAKE) else None


def _taken(task: Task, person: Person, now: datetime) -> bool:
    """By another agent: the one who has it may call again."""
    is_taken = task.taken_until is not None and task.taken_until > now
    return is_taken and task.taken_by != person.agent_id


def _fault(error: Exception) -> str:
    match error:
        case NoTaskError():
            return "over"
        case TaskTakenError():
            return "taken"
        case NotAllowedError():
            return "over" if error.reason.code == Why.NO_SUCH_COMPLAINT else "not_allowed"
        case _:
            return "not_now"
