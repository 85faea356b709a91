"""What the call flows need from others; `helpline/wiring.py` joins them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from agi.session import Session
from calls.model import NewCall, Outcome
from recordings.model import Kind
from speech.prompts import Prompt


class Journal(Protocol):
    """Call rows (`calls.journal.CallJournal`): each method returns when the row is durable.

    Each raises `TimeoutError` when the database is away (the row stays queued) and
    `db.errors.JournalFullError` when it cannot be queued either.
    """

    async def opened(self, call: NewCall) -> None:
        """A call begins. A repeat of the same call changes nothing."""

    async def answered(self, call_id: UUID, at: datetime) -> None:
        """The citizen's leg is up."""

    async def queued(self, call_id: UUID, queue: str, at: datetime) -> None:
        """The citizen begins to wait for an agent."""

    async def ended(self, call_id: UUID, outcome: Outcome, at: datetime) -> None:
        """The call is over. The first outcome written stands."""


class CaptureTarget(Protocol):
    """Where Asterisk shall write: an absolute path without any text of a caller."""

    @property
    def id(self) -> UUID:
        """The recording."""

    @property
    def path(self) -> str:
        """`<uuid>.raw` for a call, `<uuid>.wav` for own words, with its folder."""


class Capture(Protocol):
    """Recordings: the row first, then the path. Never raises for a database that is away."""

    async def open(self, call_id: UUID, kind: Kind) -> CaptureTarget:
        """Reserve a recording of `kind` `call` or `own_words`."""


class Prompts(Protocol):
    """Where Asterisk finds a prompt."""

    def file(self, key: Prompt) -> str:
        """The prompt's path or sound name, without extension."""


class CallbackBook(Protocol):
    """Callers whom we could not serve. Raises one of `db.errors.AWAY` when the database is away."""

    async def owe(self, call_id: UUID, number: str, reason: Outcome) -> None:
        """We owe this E.164 number a call. At most one per call: a repeat changes nothing."""


@dataclass(frozen=True, slots=True)
class FeedbackAnswer:
    """What the citizen said of a disposal. Reason and own words only with dissatisfaction."""

    satisfied: bool
    reason_code: str | None = None
    recording_id: UUID | None = None


class FeedbackBook(Protocol):
    """Answers. Raises one of `db.errors.AWAY` when the database is away."""

    async def record(self, attempt_id: UUID, answer: FeedbackAnswer) -> None:
        """The answer of one attempt, once: a repeat changes nothing."""


class Listener(Protocol):
    """Gets a choice out of a citizen: by keys today, by voice when there is a recogniser."""

    async def choose(self, session: Session, prompts: Sequence[Prompt], choices: str) -> str | None:
        """One of the keys in `choices`, or None when every round was silent or wrong."""
