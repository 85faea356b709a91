"""What the agents' desk needs of others; wiring joins them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

History = Mapping[str, Any]
"""JSON-ready: `{"calls": [...], "complaints": [...]}`, newest first."""


class CallerHistory(Protocol):
    """What we know of a number, for the screen-pop."""

    async def lookup(self, number: str) -> History:
        """The history of an E.164 number. May raise; the screen-pop then goes without it."""
        ...


class Floor(Protocol):
    """What stands behind the agents' pages: `cti.floor.Floor`."""

    def hello(self, agent_id: str) -> Mapping[str, Any]:
        """What a new page is told beside who its agent is."""
        ...

    def talks(self, agent_id: str) -> bool:
        """Whether the agent is in a call."""
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
