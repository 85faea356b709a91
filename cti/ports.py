"""What the agents' desk needs of others; wiring joins them."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

from aiohttp import web

from cti.supervising import Supervisor

History = Mapping[str, Any]
"""JSON-ready: `{"calls": [...], "complaints": [...]}`, newest first; each call with the `agent` who
talked with them (or null); and
`citizens`, who may be speaking, longest known first; `language`, what they all speak."""


QueueIsOpen = Callable[[str], Awaitable[bool]]
"""Whether agents serve in that queue at this moment. Never raises: in doubt they do."""


class EndPause(Protocol):
    """Of a call's recording, before somebody else gets its citizen."""

    async def __call__(self, call_id: UUID, by: str, /, *, of: str | None = None) -> None:
        """Record again, by whom; `of`: only where they paused it. Never raises."""
        ...


class CallerHistory(Protocol):
    """What we know of a number, for the screen-pop."""

    async def lookup(self, number: str) -> History:
        """The history of an E.164 number. May raise; the screen-pop then goes without it."""
        ...


class AgentSessions(Protocol):
    """Browsers that are signed in: the other way, beside the token, to say which agent asks."""

    async def agent_of(self, request: web.Request) -> str | None:
        """The agent whose browser this is; None: nobody signed in, or no agent.

        Raises one of `db.errors.AWAY`.
        """
        ...

    def from_our_page(self, request: web.Request) -> bool:
        """Whether a page of ours asks for its socket, whoever is at it.

        Raises `HTTPTooManyRequests`.
        """
        ...

    def form_token(self, request: web.Request) -> str:
        """What the pages of this browser's session show with all that they send."""
        ...

    async def until_ended(self, request: web.Request) -> None:
        """Returns when the session of this request has ended, or its person is no agent any more.

        Until then it counts as used.
        """
        ...


class SupervisorSessions(Protocol):
    """Browsers that are signed in: whose person supervises, and what."""

    def from_our_page(self, request: web.Request) -> bool:
        """As `AgentSessions.from_our_page`."""
        ...

    async def supervisor_of(self, request: web.Request) -> Supervisor | None:
        """Asked anew each time: a right that was taken back counts at once.

        Raises one of `db.errors.AWAY`.
        """
        ...


class Floor(Protocol):
    """What stands behind the agents' pages: `cti.floor.Floor`."""

    def hello(self, agent_id: str) -> Mapping[str, Any]:
        """What a new page is told beside who its agent is."""
        ...

    def talks(self, agent_id: str) -> bool:
        """Whether the agent is in a call."""
        ...

    def signed_in(self, agent_id: str) -> None:
        """The agent has signed in; a page that comes back in time is no sign-in."""
        ...

    def signed_out(self, agent_id: str) -> None:
        """The agent has signed out."""
        ...

    async def command(self, agent_id: str, asked: Mapping[str, Any]) -> Mapping[str, Any]:
        """Carry out what a page asks (`type`, `id` and more); the answer to send. Never refuses
        by raising.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class RegistrationForm:
    """What the agent's page sends. `contact` None: the number that the call came from.

    `kind`: complaint, information, demand, suggestion. `citizen`: who is speaking, of those known
    on the number; `links_number`: known elsewhere, and on this number too. `answer`: information
    that the agent has at hand. `scheme`: code and version of the scheme whose text that is.
    `fields`: what was answered to the category's fields, by code. `adds_to`, `separate`: the answer
    to `DuplicateFoundError`.
    """

    agent_id: str
    call_id: UUID
    key: UUID
    category: str
    place: str
    text: str
    citizen_name: str | None
    contact: str | None
    kind: str = "complaint"
    incident: bool = False
    confidential: bool = False
    citizen: UUID | None = None
    links_number: bool = False
    answer: str | None = None
    adds_to: str | None = None
    separate: bool = False
    scheme: tuple[str, int] | None = None
    fields: Mapping[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisteredComplaint:
    """What the agent tells the citizen.

    `result`: registered (with officer and due time), in_triage (the CM's team looks first: no
    officer and no due time yet), added (to the older complaint, whose number this is),
    added_disposed (and that one awaits the citizen's answer: they can be asked now), or how it
    ended at the desk: advised, answered, thanked, with `words` to tell.
    `officer`: the post's title in Hindi, `officer_en` in English, empty where it has none. `sms`:
    whether the citizen gets the number by SMS too: no landline does.
    """

    number: str
    result: str = "registered"
    level: int | None = None
    officer: str | None = None
    officer_en: str = ""
    due_at: datetime | None = None
    words: str = ""
    sms: bool = True


class Registrar(Protocol):
    """Registers complaints."""

    async def register(self, form: RegistrationForm) -> RegisteredComplaint:
        """Register once per `key`; a repeat gives the same answer.

        Raises `cti.errors.FieldsRefusedError`, `NoSuchCallError`, `DuplicateFoundError` (the same
        form again, with `adds_to` or `separate`, is the answer), `ConflictError`, or one of
        `db.errors.AWAY`; then nothing was written.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class ToldForm:
    """What an agent was told in a call of theirs. `what`: satisfied, dissatisfied, reopen,
    withdraw, disposal or comment. `speaker`: who said it, as the agent made sure: complainant,
    for_complainant, officer; None: a comment. `confirmed`: how, where the call's number does not
    show it. `read_out`: the citizen heard the question and said yes. `post`: whose report it is.
    """

    agent_id: str
    call_id: UUID
    complaint: str
    what: str
    speaker: str | None = None
    confirmed: str = ""
    read_out: bool = False
    reason: str | None = None
    disposal: str | None = None
    post: str | None = None
    text: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class ToldResult:
    """What followed: the event's name; by level and due time, where an officer has it again."""

    number: str
    result: str
    level: int | None = None
    due_at: datetime | None = None


class Tellings(Protocol):
    """What agents are told about complaints, entered with the call as its evidence."""

    async def about(
        self, agent_id: str, call_id: UUID, complaint: str | None
    ) -> Sequence[Mapping[str, Any]]:
        """Complaints of this call, or the one whose number was said, JSON-ready; each with `deeds`.

        Raises as `tell`.
        """
        ...

    async def tell(self, form: ToldForm) -> ToldResult:
        """Enter it once for each call, complaint and deed; a repeat gives the same answer.

        Raises `cti.errors.FieldsRefusedError`, `NoSuchCallError`, `ConflictError`, or one of
        `db.errors.AWAY`; then nothing was written.
        """
        ...
