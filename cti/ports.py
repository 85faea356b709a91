"""What the agents' desk needs of others; wiring joins them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

from aiohttp import web

History = Mapping[str, Any]
"""JSON-ready: `{"calls": [...], "complaints": [...]}`, newest first."""


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

    async def until_ended(self, request: web.Request) -> None:
        """Returns when the session of this request has ended, or its person is no agent any more.

        Until then it counts as used.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class RegistrationForm:
    """What the agent's page sends. `contact` None: the number that the call came from."""

    agent_id: str
    call_id: UUID
    key: UUID
    category: str
    place: str
    text: str
    citizen_name: str | None
    contact: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisteredComplaint:
    """What the agent tells the citizen."""

    number: str
    level: int
    officer: str
    due_at: datetime


class Registrar(Protocol):
    """Registers complaints."""

    async def register(self, form: RegistrationForm) -> RegisteredComplaint:
        """Register once per `key`; a repeat gives the same answer.

        Raises `cti.errors.FieldsRefusedError`, `NoSuchCallError`, `ConflictError`, or one of
        `db.errors.AWAY`; then nothing was written.
        """
        ...
