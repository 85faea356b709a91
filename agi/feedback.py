"""We call a citizen: was the disposal satisfactory? By keys, the reason too, then in own words."""

import asyncio
import contextlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Final
from uuid import UUID

import structlog

from agi.caller import call_id_argument
from agi.durable import insist, insisted, noted
from agi.errors import AgiError, Hangup
from agi.language import to_be_spoken
from agi.ports import About, Capture, FeedbackAnswer, FeedbackBook, Journal, Listener, Prompts
from agi.recorded import record_call, record_words
from agi.sentences import Speaker, which
from agi.session import RecordEnd, Session
from calls.model import Outcome
from complaints.spoken import Grace
from dialplans.names import LANGUAGE_DEFAULT
from speech.prompts import Prompt

_log = structlog.get_logger(__name__)

# No question has a key of the one before it: a key pressed twice, or doubled by a trunk, must not
# answer the next question, least of all with "satisfied".
COMPLAINANT, SOMEBODY_ELSE = "5", "6"
YES, NO = "1", "2"
_LAST_SECONDS = 3.0  # to write an answer while we are being stopped
REASONS: Final = MappingProxyType(
    {
        "3": "not_done",
        "4": "partly_done",
        "5": "officer_did_not_contact",
        "6": "false_report",
        "7": "other",
    }
)


@dataclass(slots=True)
class Heard:
    """What the citizen has said so far: a hang-up does not take it back.

    `confirmed`: they said that they are the complainant. `over_at`: when the talk was over, however
    long the answer then waits for a database.
    """

    confirmed: bool = False
    satisfied: bool | None = None
    reason: str | None = None
    own_words: UUID | None = None
    over_at: datetime | None = None

    def answer(self) -> FeedbackAnswer | None:
        """What can be written of it; None: nothing was decided."""
        if self.satisfied is None:
            return None
        if self.satisfied:
            return FeedbackAnswer(satisfied=True)
        return FeedbackAnswer(False, self.reason, self.own_words)


def thanks_for(answer: FeedbackAnswer) -> Prompt:
    """What is said of an answer that was taken. Pure."""
    if answer.satisfied:
        return Prompt.FEEDBACK_THANKS_SATISFIED
    return Prompt.FEEDBACK_THANKS_DISSATISFIED


def _outcome(taken: bool | None) -> Outcome:
    """Who answered has answered, though the question was settled meanwhile."""
    return Outcome.LOST if taken is None else Outcome.FEEDBACK_GIVEN


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedbackFlow:
    """Argument: the attempt, which is also our call. Times in seconds.

    `languages`: those that citizens can choose; a citizen who chose one hears it again. `speaker`:
    says which complaint it is about; a family's telephone may wait for several questions.

    The answer is written whether or not the citizen is still there; if it cannot be written within
    `insist_for`, the call ends as `lost` and the citizen will be asked again.
    """

    journal: Journal
    capture: Capture
    book: FeedbackBook
    prompts: Prompts
    listener: Listener
    now: Callable[[], datetime]
    languages: Sequence[str] = (LANGUAGE_DEFAULT,)
    speaker: Speaker | None = None
    own_words_seconds: float = 60.0
    shortest_words: float = 0.5
    silence_seconds: int = 4
    thanks_after: float = 2.0
    insist_for: float = 60.0

    async def __call__(self, session: Session) -> None:
        """Ask, write the answer, thank, write the outcome."""
        attempt = call_id_argument(session)
        if attempt is None:
            _log.error("feedback: no attempt of ours", channel=session.channel)
            return
        heard = Heard()
        try:
            await self._ask_and_write(session, attempt, heard)
        except asyncio.CancelledError:
            # We are being stopped. What was said is not taken back by that, either.
            if (said := heard.answer()) is not None:
                over = heard.over_at or self.now()
                written = await self._write(attempt, said, _LAST_SECONDS, Grace.as_we_stop())
                await noted(self.journal.ended(attempt, _outcome(written), over))
            await self._keep_confirmation(attempt, heard, _LAST_SECONDS)
            raise

    async def _ask_and_write(self, session: Session, attempt: UUID, heard: Heard) -> None:
        try:
            outcome = await self._converse(session, attempt, heard)
        except Hangup:
            heard.over_at = self.now()
            outcome = Outcome.FEEDBACK_HUNG_UP
        except Exception:
            if heard.satisfied is None:
                await noted(self.journal.ended(attempt, Outcome.UNAVAILABLE, self.now()))
                await self._keep_confirmation(attempt, heard, self.insist_for)
                raise
            # What has been said is worth more than what went wrong after it.
            _log.exception("feedback call failed after the answer", call=str(attempt))
            outcome = Outcome.FEEDBACK_GIVEN
        if (answer := heard.answer()) is not None:
            try:
                outcome = _outcome(await self._write_and_thank(session, attempt, answer, heard))
            except Exception:
                await noted(self.journal.ended(attempt, Outcome.LOST, heard.over_at or self.now()))
                raise
        await noted(self.journal.ended(attempt, outcome, heard.over_at or self.now()))
        await self._keep_confirmation(attempt, heard, self.insist_for)

    async def _converse(self, session: Session, attempt: UUID, heard: Heard) -> Outcome:
        await self._answered(session, attempt)
        if language := to_be_spoken(await self.book.language(attempt), self.languages):
            await session.set_language(language)
        about = await self.book.about(attempt)
        await self._say(session, Prompt.FEEDBACK_GREETING, Prompt.RECORDING_NOTICE)
        outcome = await self.ask(session, attempt, heard, about, language or LANGUAGE_DEFAULT)
        if outcome is Outcome.WRONG_PERSON:
            await self._part(session, Prompt.WRONG_PERSON_THANKS)
        elif outcome is Outcome.FEEDBACK_NO_INPUT:
            await self._part(session, Prompt.FEEDBACK_NO_ANSWER)
        return outcome

    async def _answered(self, session: Session, attempt: UUID) -> None:
        """The dialplan begins with us once it was answered, also by who is gone again."""
        answered_at = self.now()
        try:
            await session.answer()
        except Hangup:
            await noted(self.journal.answered(attempt, answered_at))
            raise
        await record_call(session, attempt, answered_at, journal=self.journal, capture=self.capture)

    async def ask(
        self,
        session: Session,
        call_id: UUID,
        heard: Heard,
        about: About | None = None,
        language: str = LANGUAGE_DEFAULT,
    ) -> Outcome:
        """The questions alone, also for a citizen who calls back; `heard` is filled as they answer.

        FEEDBACK_GIVEN, WRONG_PERSON or FEEDBACK_NO_INPUT. Raises `Hangup`, `EmergencyKey`.
        """
        person = await self.listener.choose(
            session,
            [Prompt.FEEDBACK_CONFIRM],
            COMPLAINANT + SOMEBODY_ELSE,
            before=self._which(about, language),
        )
        if person == SOMEBODY_ELSE:
            return Outcome.WRONG_PERSON
        heard.confirmed = person == COMPLAINANT
        verdict = None
        if person == COMPLAINANT:
            verdict = await self.listener.choose(session, [Prompt.FEEDBACK_QUESTION], YES + NO)
        if verdict is None:
            return Outcome.FEEDBACK_NO_INPUT
        heard.satisfied = verdict == YES
        if not heard.satisfied:
            await self._ask_why(session, call_id, heard)
        return Outcome.FEEDBACK_GIVEN

    def _which(self, about: About | None, language: str) -> list[str]:
        if about is None or self.speaker is None:
            return []
        named = which(about.number, about.subject, about.subject_en)
        return self.speaker.files(named, language)

    async def _ask_why(self, session: Session, attempt: UUID, heard: Heard) -> None:
        key = await self.listener.choose(session, [Prompt.FEEDBACK_REASON], "".join(REASONS))
        heard.reason = REASONS.get(key) if key else None
        await self._say(session, Prompt.FEEDBACK_OWN_WORDS)
        if session.hung_up:
            raise Hangup
        target, result = await record_words(
            session,
            attempt,
            "own_words",
            capture=self.capture,
            max_seconds=self.own_words_seconds,
            silence_seconds=self.silence_seconds,
        )
        # How long it is that a hang-up ended is not always known.
        if result.reason is RecordEnd.HUNG_UP or result.seconds >= self.shortest_words:
            heard.own_words = target.id
        session.heed(result.key)

    async def _write_and_thank(
        self, session: Session, attempt: UUID, answer: FeedbackAnswer, heard: Heard
    ) -> bool | None:
        """Write first, but do not let the citizen wait for a database that is away."""
        writing = asyncio.create_task(
            self._write(attempt, answer, self.insist_for, Grace()), name=f"feedback {attempt}"
        )
        try:
            await asyncio.wait((writing,), timeout=self.thanks_after)
            await self._thank(session, answer, settled=writing.done() and writing.result() is False)
            heard.over_at = heard.over_at or self.now()
            return await writing
        finally:
            writing.cancel()

    async def _write(
        self, attempt: UUID, answer: FeedbackAnswer, seconds: float, grace: Grace
    ) -> bool | None:
        """Whether it was taken, or the question was settled meanwhile; None: not written."""
        return await insisted(lambda: self.book.record(attempt, answer, grace), seconds=seconds)

    async def _keep_confirmation(self, attempt: UUID, heard: Heard, seconds: float) -> None:
        """Of a call without an answer, which would say it as well; nobody waits for it."""
        if heard.confirmed and heard.satisfied is None:
            await insist(lambda: self.book.confirmed(attempt), seconds=seconds)

    async def _thank(self, session: Session, answer: FeedbackAnswer, *, settled: bool) -> None:
        thanks = Prompt.FEEDBACK_SETTLED if settled else thanks_for(answer)
        with contextlib.suppress(AgiError):
            await self._part(session, thanks)

    async def _part(self, session: Session, last: Prompt) -> None:
        """Last words. What was decided before them stands, whoever hangs up first."""
        with contextlib.suppress(Hangup):
            await self._say(session, last)
            await session.hangup()

    async def _say(self, session: Session, *keys: Prompt) -> None:
        await session.say([self.prompts.file(key) for key in keys])
