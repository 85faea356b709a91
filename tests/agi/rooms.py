"""Hand-written stand-ins for what the call flows need from other rooms."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

from access.pins import PinAccepted, PinLocked, PinRefused, PinResult
from agi.closed import ClosedExit
from agi.emergency import EmergencyExit
from agi.feedback import FeedbackFlow
from agi.hours import Opening
from agi.inbound import InboundFlow
from agi.keys import KeyListener
from agi.menu import MainMenu
from agi.missed_feedback import MissedFeedback
from agi.officers_line import OfficersLine
from agi.patience import Patience
from agi.ports import About, Capture, FeedbackAnswer, Journal, OpenQuestion
from agi.reception import Reception
from agi.sentences import Speaker
from agi.server import FastAgiServer
from agi.status import StatusEnquiry
from agi.visit import Skill
from calls.admission import Verdict
from calls.model import NewCall, Outcome
from calls.waiting import KeptPlace, Queued
from complaints.officers_line import Look, Spoken
from complaints.spoken import Grace
from complaints.status import Brief, Status
from tests.agi.asterisk import Citizen

NOW = datetime(2025, 11, 3, 5, 30, tzinfo=UTC)


def now() -> datetime:
    return NOW


@dataclass
class FakeJournal:
    """Keeps rows. `away` writes in a row find no database: they raise, but stay queued."""

    away: int = 0
    away_for: str = ""
    error: Exception = field(default_factory=TimeoutError)
    calls: dict[UUID, NewCall] = field(default_factory=dict)
    answers: list[UUID] = field(default_factory=list)
    queues: list[tuple[UUID, str]] = field(default_factory=list)
    told: list[int | None] = field(default_factory=list)
    outcomes: dict[UUID, Outcome] = field(default_factory=dict)
    ended_at: dict[UUID, datetime] = field(default_factory=dict)

    async def opened(self, call: NewCall) -> None:
        self.calls[call.id] = call
        self._maybe_away("opened")

    async def answered(self, call_id: UUID, at: datetime) -> None:
        self.answers.append(call_id)
        self._maybe_away("answered")

    async def queued(
        self, call_id: UUID, queue: str, at: datetime, told_minutes: int | None = None
    ) -> None:
        self.queues.append((call_id, queue))
        self.told.append(told_minutes)
        self._maybe_away("queued")

    async def ended(self, call_id: UUID, outcome: Outcome, at: datetime) -> None:
        if call_id not in self.outcomes:
            self.outcomes[call_id], self.ended_at[call_id] = outcome, at
        self._maybe_away("ended")

    def _maybe_away(self, method: str) -> None:
        if self.away > 0 and self.away_for in ("", method):
            self.away -= 1
            raise self.error

    @property
    def outcome(self) -> Outcome | None:
        """The only call's outcome."""
        assert len(self.outcomes) <= 1
        return next(iter(self.outcomes.values()), None)

    @property
    def call(self) -> NewCall:
        """The only call."""
        (call,) = self.calls.values()
        return call


@dataclass(frozen=True)
class Target:
    id: UUID
    path: str


@dataclass
class FakeCapture:
    opened: list[tuple[UUID, str, Target]] = field(default_factory=list)
    withdrawn: list[UUID] = field(default_factory=list)
    ended_early: list[UUID] = field(default_factory=list)

    async def open(self, call_id: UUID, kind: str) -> Target:
        recording = uuid4()
        suffix = "raw" if kind == "call" else "wav"
        target = Target(recording, f"/var/spool/helpline/{recording}.{suffix}")
        self.opened.append((call_id, kind, target))
        return target

    def withdraw(self, recording_id: UUID) -> None:
        self.withdrawn.append(recording_id)

    def stopped(self, recording_id: UUID) -> None:
        self.ended_early.append(recording_id)

    def of(self, kind: str) -> Target:
        (target,) = [target for _, of, target in self.opened if of == kind]
        return target


class FakePrompts:
    def file(self, key: str) -> str:
        return f"helpline/{key}"


class FakeWords:
    """All but `unspoken` have a sound."""

    def __init__(self, *unspoken: str) -> None:
        self.unspoken = unspoken

    def file(self, text: str) -> str | None:
        return None if text in self.unspoken else f"words/{text.replace(' ', '_')}"


@dataclass
class FakeStatusBook:
    complaints: dict[str, Status] = field(default_factory=dict)
    of_numbers: dict[str, list[Brief]] = field(default_factory=dict)
    away: bool = False
    asked: list[str] = field(default_factory=list)

    async def by_number(self, number: str) -> Status | None:
        self._ask(number)
        return self.complaints.get(number)

    async def of_contact(self, contact: str) -> list[Brief]:
        self._ask(contact)
        return self.of_numbers.get(contact, [])

    def _ask(self, what: str) -> None:
        self.asked.append(what)
        if self.away:
            raise ConnectionRefusedError


@dataclass
class FakeGate:
    answer: Verdict = Verdict.ADMIT

    async def verdict(self, call: NewCall) -> Verdict:
        return self.answer


@dataclass
class FakeKnown:
    """Agents' numbers by queue."""

    numbers: dict[str, int] = field(default_factory=dict)

    async def number(self, call: NewCall, queue: str) -> int | None:
        return self.numbers.get(queue)


@dataclass
class FakeHours:
    """`closed`: the queues in which nobody serves."""

    open: bool = True
    closed: frozenset[str] = frozenset()
    opens_at: datetime | None = None

    async def __call__(self, queue: str | None = None) -> Opening:
        return Opening(self.open and queue not in self.closed, self.opens_at)


@dataclass
class FakePlaces:
    queues: dict[str, Queued] = field(default_factory=dict)
    places: dict[UUID, KeptPlace] = field(default_factory=dict)
    at: int | None = None
    away: bool = False
    called: bool = True  # whether we call that number
    keeping: list[tuple[UUID, str, str, int]] = field(default_factory=list)

    async def queue_now(self, queue: str) -> Queued | None:
        return self.queues.get(queue)

    async def keep(self, call_id: UUID, number: str, queue: str, priority: int) -> bool:
        if self.away:
            raise ConnectionRefusedError
        if self.called:
            self.keeping.append((call_id, number, queue, priority))
        return self.called

    async def position(self, call_id: UUID) -> int | None:
        return self.at

    async def kept(self, call_id: UUID) -> KeptPlace | None:
        return self.places.get(call_id)


@dataclass
class FakeQuestions:
    """Waits for an answer of `waiting` numbers, and then for one to each of `further`."""

    waiting: dict[str, OpenQuestion] = field(default_factory=dict)
    further: list[OpenQuestion] = field(default_factory=list)
    away: int = 0
    settled: bool = False  # meanwhile, whatever is answered
    told: list[tuple[UUID, OpenQuestion, FeedbackAnswer]] = field(default_factory=list)

    async def open_for(self, number: str) -> OpenQuestion | None:
        if number not in self.waiting:
            return None
        told = [question for _, question, _ in self.told]
        waiting = [self.waiting[number], *self.further]
        return next((one for one in waiting if one not in told), None)

    async def record_told(
        self,
        call_id: UUID,
        question: OpenQuestion,
        answer: FeedbackAnswer,
        grace: Grace | None = None,
    ) -> bool:
        if self.away > 0:
            self.away -= 1
            raise ConnectionRefusedError
        self.told.append((call_id, question, answer))
        return not self.settled


@dataclass
class FakeCallbacks:
    away: int = 0
    owed: list[tuple[UUID, str, Outcome]] = field(default_factory=list)
    queues: list[str | None] = field(default_factory=list)
    known: str | None = None  # what the call's row says

    async def owe(
        self, call_id: UUID, number: str | None, reason: Outcome, queue: str | None = None
    ) -> bool:
        if self.away > 0:
            self.away -= 1
            raise ConnectionRefusedError
        if (number := self.known or number) is None:
            return False
        self.owed.append((call_id, number, reason))
        self.queues.append(queue)
        return True


@dataclass
class FakeBook:
    away: int = 0
    error: Exception = field(default_factory=ConnectionRefusedError)
    answers: list[tuple[UUID, FeedbackAnswer]] = field(default_factory=list)
    grace: list[Grace | None] = field(default_factory=list)
    confirmations: list[UUID] = field(default_factory=list)
    settled: bool = False  # meanwhile, whatever is answered
    of: str | None = "hi"
    asks: About | None = None

    async def confirmed(self, attempt_id: UUID) -> None:
        if self.away > 0:
            self.away -= 1
            raise self.error
        self.confirmations.append(attempt_id)

    async def record(
        self, attempt_id: UUID, answer: FeedbackAnswer, grace: Grace | None = None
    ) -> bool:
        self.grace.append(grace)
        if self.away > 0:
            self.away -= 1
            raise self.error
        self.answers.append((attempt_id, answer))
        return not self.settled

    async def language(self, attempt_id: UUID) -> str | None:
        return self.of

    async def about(self, attempt_id: UUID) -> About | None:
        return self.asks

    @property
    def answer(self) -> FeedbackAnswer | None:
        return self.answers[0][1] if self.answers else None


@dataclass
class FakeDesk:
    """Officers by number, with their PIN; complaints by number, with how they look."""

    officers: dict[tuple[str, str], PinAccepted] = field(default_factory=dict)
    locked: frozenset[str] = frozenset()
    complaints: dict[str, Look] = field(default_factory=dict)
    away: int = 0
    taken: bool = True
    guesses: list[tuple[str, str]] = field(default_factory=list)
    calling: list[str] = field(default_factory=list)
    reported: list[Spoken] = field(default_factory=list)
    grace: list[Grace | None] = field(default_factory=list)

    async def verify(self, number: str, pin: str, calling: str) -> PinResult:
        self.guesses.append((number, pin))
        self.calling.append(calling)
        if number in self.locked:
            return PinLocked(NOW)
        return self.officers.get((number, pin), PinRefused())

    async def look(self, number: str, officer: UUID) -> Look:
        return self.complaints.get(number, Look.NOT_YOURS)

    async def report(self, spoken: Spoken, grace: Grace | None = None) -> bool:
        self.grace.append(grace)
        if self.away > 0:
            self.away -= 1
            raise ConnectionRefusedError
        if self.taken:
            self.reported.append(spoken)
        return self.taken


QUEUE = "helpline-hi"


def queue_for(language: str, skill: Skill) -> str:
    """One queue for what most people want, others by skill."""
    return QUEUE if skill is Skill.REGISTER else f"{skill}-{language}"


def queue_by_language(language: str, skill: Skill) -> str:
    """A queue for each language and skill."""
    return f"{skill}-{language}"


@dataclass
class Hall:
    """All that an inbound call meets, with the flow that leads through it."""

    status: FakeStatusBook = field(default_factory=FakeStatusBook)
    words: FakeWords = field(default_factory=FakeWords)
    english: FakeWords | None = None
    gate: FakeGate = field(default_factory=FakeGate)
    hours: FakeHours = field(default_factory=FakeHours)
    questions: FakeQuestions = field(default_factory=FakeQuestions)
    callbacks: FakeCallbacks = field(default_factory=FakeCallbacks)
    places: FakePlaces = field(default_factory=FakePlaces)
    known: FakeKnown = field(default_factory=FakeKnown)
    desk: FakeDesk = field(default_factory=FakeDesk)
    offers_call_back: bool = True
    officers_number: str | None = "1077"
    languages: tuple[str, ...] = ("hi",)
    by_language: bool = False
    services: tuple[str, ...] = ("112", "108", "102")

    def flow(
        self, journal: Journal, capture: Capture, *, patience: float = 20.0, pause: float = 0.0
    ) -> InboundFlow:
        """The inbound flow of this hall."""
        prompts = FakePrompts()
        feedback = FeedbackFlow(
            journal=journal,
            capture=capture,
            book=FakeBook(),
            prompts=prompts,
            listener=KeyListener(prompts),
            languages=self.languages,
            speaker=Speaker(prompts=prompts, words=self.words, english=self.english),
            now=now,
        )
        reception = Reception(
            prompts=prompts,
            gate=self.gate,
            open_now=self.hours,
            menu=MainMenu(
                prompts=prompts,
                status=StatusEnquiry(
                    prompts=prompts, words=self.words, english=self.english, book=self.status
                ),
                for_officers=True,
            ),
            queue_for=queue_for,
            closed=ClosedExit(
                prompts=prompts, callbacks=self.callbacks, now=now, offers=self.offers_call_back
            ),
            missed=MissedFeedback(questions=self.questions, feedback=feedback, prompts=prompts),
            languages=self.languages,
        )
        return InboundFlow(
            cell="c1",
            queue_for=queue_by_language if self.by_language else queue_for,
            journal=journal,
            capture=capture,
            prompts=prompts,
            reception=reception,
            emergency=EmergencyExit(prompts=prompts, codes=self.services),
            places=self.places,
            known=self.known,
            officers=self._officers_line(journal, capture),
            now=now,
            patience=Patience(journal=journal, prompts=prompts, seconds=patience, pause=pause),
        )

    def _officers_line(self, journal: Journal, capture: Capture) -> OfficersLine:
        prompts = FakePrompts()
        return OfficersLine(
            desk=self.desk,
            gate=self.gate,
            journal=journal,
            capture=capture,
            prompts=prompts,
            listener=KeyListener(prompts),
            now=now,
            number=self.officers_number,
            insist_for=1.0,
            insist_after=5.0,
        )


@dataclass
class InboundLine:
    """One inbound call, from the trunk to the queue or to its end."""

    serve: Callable[..., Awaitable[FastAgiServer]]
    hall: Hall = field(default_factory=Hall)
    journal: FakeJournal = field(default_factory=FakeJournal)
    capture: FakeCapture = field(default_factory=FakeCapture)

    async def ring(
        self, citizen: Citizen, *, patience: float = 20.0, failures: int = 0, **env: Any
    ) -> Citizen:
        """Let the citizen call and behave; the flow has ended afterwards."""
        flow = self.hall.flow(self.journal, self.capture, patience=patience)
        server = await self.serve({"inbound": flow})
        await citizen.call(server.port, "inbound", **env)
        async with asyncio.timeout(30):
            while not server.served + server.failed:
                await asyncio.sleep(0.002)
        await server.drain(10)
        assert server.failed == failures
        return citizen
