"""What the call flows need from others; `helpline/wiring.py` joins them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from access.pins import PinResult
from agi.hours import Opening
from agi.session import Session
from calls.admission import Verdict
from calls.model import NewCall, Outcome
from calls.waiting import KeptPlace, Queued
from complaints.officers_line import Look, Spoken
from complaints.spoken import Grace
from complaints.status import Brief, Status
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

    async def queued(
        self, call_id: UUID, queue: str, at: datetime, told_minutes: int | None = None
    ) -> None:
        """The citizen begins to wait for an agent; they were told that it takes up to so long."""

    async def ended(self, call_id: UUID, outcome: Outcome, at: datetime) -> None:
        """The call is over. The first outcome written stands."""


class Served(Protocol):
    """Who answers for what agents do is told: their own witness may have been away."""

    def __call__(self, call_id: UUID, interface: str, at: datetime, /) -> None:
        """A call is over that this member of a queue (`PJSIP/101`) had last. Never waits."""


class CaptureTarget(Protocol):
    """Where Asterisk shall write: an absolute path without any text of a caller."""

    @property
    def id(self) -> UUID:
        """The recording."""

    @property
    def path(self) -> str:
        """`<uuid>.raw` for a call, `<uuid>.wav` for own words or a remark, with its folder."""


class Capture(Protocol):
    """Recordings: the row first, then the path. Never raises for a database that is away."""

    async def open(self, call_id: UUID, kind: Kind) -> CaptureTarget:
        """Reserve a recording of that kind."""

    def withdraw(self, recording_id: UUID) -> None:
        """Its recorder was never started: nobody is to look for a file. Does not wait."""

    def stopped(self, recording_id: UUID) -> None:
        """It ends here, and the call goes on. Does not wait."""


class Prompts(Protocol):
    """Where Asterisk finds a prompt."""

    def file(self, key: str) -> str:
        """The path or sound name of a `Prompt`, number or month, without extension."""


class WordSounds(Protocol):
    """Sounds of texts that are data (`speech.words.Words`)."""

    def file(self, text: str) -> str | None:
        """The sound, without extension; None: not ready, leave it out. Never waits."""


class StatusBook(Protocol):
    """Where complaints stand. Both raise one of `db.errors.AWAY` when the database is away."""

    async def by_number(self, number: str) -> Status | None:
        """The complaint of a valid number; None when there is none."""

    async def of_contact(self, contact: str) -> Sequence[Brief]:
        """The open complaints of an E.164 number, a few at most."""


class PlaceBook(Protocol):
    """Queues as our rows tell them, and places that are kept.

    All but `keep` answer without an error when the database is away: as if they knew nothing.
    """

    async def queue_now(self, queue: str) -> Queued | None:
        """The queue as it stands; None: not known."""

    async def keep(self, call_id: UUID, number: str, queue: str, priority: int) -> bool:
        """Keep the call's place; once. False: we do not call that number. Raises one of
        `db.errors.AWAY`.
        """

    async def position(self, call_id: UUID) -> int | None:
        """Where a waiting call stands in its queue; None: not known."""

    async def kept(self, call_id: UUID) -> KeptPlace | None:
        """The place kept for a call that left its queue."""


class KnownAgents(Protocol):
    """Who has talked with a caller about what is still open."""

    async def number(self, call: NewCall, queue: str) -> int | None:
        """Of the agent to be offered the call first; None: whoever is free. Never raises."""


class Gate(Protocol):
    """Who may come in (`calls.admission`)."""

    async def verdict(self, call: NewCall) -> Verdict:
        """Never raises: who cannot be judged is let in."""


class OpenNow(Protocol):
    """Whether agents serve at this moment."""

    async def __call__(self, queue: str | None = None) -> Opening:
        """In that queue; None: in any. Never raises: in doubt they do."""


class CallbackBook(Protocol):
    """Callers whom we could not serve. Raises one of `db.errors.AWAY` when the database is away."""

    async def owe(
        self, call_id: UUID, number: str | None, reason: Outcome, queue: str | None = None
    ) -> bool:
        """We owe the caller a call. At most one per call: a repeat changes nothing.

        `number` (E.164): what the line shows; the call's row goes first, since whom we have called
        shows our own. `queue`: of who has not waited in one. False: no number is known, or it is
        none that we call.
        """


@dataclass(frozen=True, slots=True)
class FeedbackAnswer:
    """What the citizen said of a disposal. Reason and own words only with dissatisfaction."""

    satisfied: bool
    reason_code: str | None = None
    recording_id: UUID | None = None


class CitizenLanguages(Protocol):
    """In which language the citizens are spoken to whom we call."""

    async def language(self, call_id: UUID) -> str | None:
        """Of the citizen whom this call of ours is for, as it was when they registered; None: not
        known. Never raises.
        """


@dataclass(frozen=True, slots=True)
class About:
    """The complaint that a question is about, as any who answer the telephone may hear of it."""

    number: str
    subject: str
    subject_en: str = ""


class FeedbackBook(CitizenLanguages, Protocol):
    """Answers. Raises one of `db.errors.AWAY` when the database is away."""

    async def about(self, attempt_id: UUID) -> About | None:
        """Which complaint this attempt asks about; None: that cannot be had now, or is for nobody's
        ears before it is known who listens (a confidential one). Never raises.
        """

    async def confirmed(self, attempt_id: UUID) -> None:
        """Who took the call said that they are the complainant: what they said to us is handed on
        with the complaint, also without an answer. A repeat changes nothing.
        """

    async def record(
        self, attempt_id: UUID, answer: FeedbackAnswer, grace: Grace | None = None
    ) -> bool:
        """The answer of one attempt, once: a repeat changes nothing. False: the question was
        settled meanwhile; it stays so, and what was said is kept with the complaint.

        `grace`: with the row of the citizen's own words, here and below; None: two seconds.
        """


@dataclass(frozen=True, slots=True)
class OpenQuestion:
    """A disposal about which a citizen was called in vain. `language`: theirs, where known.

    `about`: None of a confidential complaint: whoever has the telephone hears this.
    """

    complaint_id: UUID
    disposal_no: int
    language: str | None = None
    about: About | None = None


class OpenQuestions(Protocol):
    """Citizens who call back. Both raise one of `db.errors.AWAY` when the database is away."""

    async def open_for(self, number: str) -> OpenQuestion | None:
        """The question that waits for this E.164 number after a missed call."""

    async def record_told(
        self,
        call_id: UUID,
        question: OpenQuestion,
        answer: FeedbackAnswer,
        grace: Grace | None = None,
    ) -> bool:
        """The answer, with the citizen's own call as evidence; once: a repeat changes nothing.

        False: as of `FeedbackBook.record`.
        """


class OfficersDesk(Protocol):
    """Officers who report by telephone. Each raises one of `db.errors.AWAY` when the database is
    away.
    """

    async def verify(self, number: str, pin: str, calling: str) -> PinResult:
        """Who calls, by a registered number, the PIN as keyed, and the number of the telephone."""

    async def look(self, number: str, officer: UUID) -> Look:
        """Whether that officer can report about the complaint of a valid number."""

    async def report(self, spoken: Spoken, grace: Grace | None = None) -> bool:
        """Write it, once: a repeat changes nothing. False: it is not theirs to report any more."""


class Listener(Protocol):
    """Gets a choice out of a citizen: by keys today, by voice when there is a recogniser."""

    async def choose(
        self,
        session: Session,
        prompts: Sequence[Prompt],
        choices: str,
        *,
        before: Sequence[str] = (),
    ) -> str | None:
        """One of the keys in `choices`, or None when every round was silent or wrong.

        `before`: files that are said once, ahead of the prompts. Raises `EmergencyKey` for the
        session's way out, unless that is one of the choices.
        """
