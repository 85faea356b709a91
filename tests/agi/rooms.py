"""Hand-written stand-ins for what the call flows need from other rooms."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from uuid import UUID, uuid4

from agi.ports import FeedbackAnswer
from calls.model import NewCall, Outcome
from speech.prompts import Prompt

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
    outcomes: dict[UUID, Outcome] = field(default_factory=dict)

    async def opened(self, call: NewCall) -> None:
        self.calls[call.id] = call
        self._maybe_away("opened")

    async def answered(self, call_id: UUID, at: datetime) -> None:
        self.answers.append(call_id)
        self._maybe_away("answered")

    async def queued(self, call_id: UUID, queue: str, at: datetime) -> None:
        self.queues.append((call_id, queue))
        self._maybe_away("queued")

    async def ended(self, call_id: UUID, outcome: Outcome, at: datetime) -> None:
        self.outcomes.setdefault(call_id, outcome)
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

    async def open(self, call_id: UUID, kind: str) -> Target:
        recording = uuid4()
        suffix = "raw" if kind == "call" else "wav"
        target = Target(recording, f"/var/spool/helpline/{recording}.{suffix}")
        self.opened.append((call_id, kind, target))
        return target

    def of(self, kind: str) -> Target:
        (target,) = [target for _, of, target in self.opened if of == kind]
        return target


class FakePrompts:
    def file(self, key: Prompt) -> str:
        return f"helpline/{key}"


@dataclass
class FakeCallbacks:
    away: int = 0
    owed: list[tuple[UUID, str, Outcome]] = field(default_factory=list)

    async def owe(self, call_id: UUID, number: str, reason: Outcome) -> None:
        if self.away > 0:
            self.away -= 1
            raise ConnectionRefusedError
        self.owed.append((call_id, number, reason))


@dataclass
class FakeBook:
    away: int = 0
    error: Exception = field(default_factory=ConnectionRefusedError)
    answers: list[tuple[UUID, FeedbackAnswer]] = field(default_factory=list)

    async def record(self, attempt_id: UUID, answer: FeedbackAnswer) -> None:
        if self.away > 0:
            self.away -= 1
            raise self.error
        self.answers.append((attempt_id, answer))

    @property
    def answer(self) -> FeedbackAnswer | None:
        return self.answers[0][1] if self.answers else None
