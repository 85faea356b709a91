"""A citizen calls back after a feedback call that did not reach them: they are asked at once."""

import asyncio
from dataclasses import dataclass
from uuid import UUID

import structlog

from agi.durable import insisted
from agi.errors import EmergencyKey, Hangup
from agi.feedback import FeedbackFlow, Heard, thanks_for
from agi.language import to_be_spoken
from agi.ports import OpenQuestion, OpenQuestions, Prompts
from agi.session import Session
from agi.visit import Visit
from calls.model import Outcome
from complaints.spoken import Grace
from db.errors import AWAY, stop_if_cancelled
from dialplans.names import LANGUAGE_DEFAULT
from speech.prompts import Prompt

_log = structlog.get_logger(__name__)
_LAST_SECONDS = 3.0
_URGENT_SECONDS = 1.0  # for an answer, before an emergency service is called


@dataclass(frozen=True, slots=True, kw_only=True)
class MissedFeedback:
    """Asks what the feedback call would have asked, in its language; the answer is this call's.

    `insist_for` (s): how long the citizen waits for a database that is away, `insist_after`: how
    long we try on when they have hung up. `most`: a family's telephone may wait for several
    questions; so many are asked in one call, each once the one before it was answered.
    """

    questions: OpenQuestions
    feedback: FeedbackFlow
    prompts: Prompts
    insist_for: float = 5.0
    insist_after: float = 60.0
    most: int = 3

    async def __call__(self, session: Session, visit: Visit) -> None:
        """Ask, if a question waits for this number; the menu comes next, whatever was said.

        Raises `Hangup` or `EmergencyKey` after what was said until then is written.
        """
        asked: set[UUID] = set()
        while len(asked) < self.most:
            question = await self._open(visit)
            if question is None or question.complaint_id in asked:
                return
            asked.add(question.complaint_id)
            if not await self._in_their_language(session, visit, question):
                return

    async def _in_their_language(
        self, session: Session, visit: Visit, question: OpenQuestion
    ) -> bool:
        language = to_be_spoken(question.language, self.feedback.languages)
        if language is None:
            return await self._ask(session, visit, question, LANGUAGE_DEFAULT)
        await session.set_language(language)
        try:
            answered = await self._ask(session, visit, question, language)
        except EmergencyKey:
            await session.set_language(LANGUAGE_DEFAULT)
            raise
        # Somebody else may have the telephone: who it is chooses for themselves.
        await session.set_language(LANGUAGE_DEFAULT)
        return answered

    async def _ask(
        self, session: Session, visit: Visit, question: OpenQuestion, language: str
    ) -> bool:
        """Whether they have answered, and that is written."""
        heard = Heard()
        await session.say([self.prompts.file(Prompt.MISSED_FEEDBACK)])
        try:
            await self.feedback.ask(session, visit.call.id, heard, question.about, language)
        except Hangup:
            visit.over_at = self.feedback.now()
            await self._write(visit, question, heard, self.insist_after)
            raise
        except asyncio.CancelledError:
            grace = Grace.as_we_stop()
            await self._write(visit, question, heard, _LAST_SECONDS, grace)
            raise
        except EmergencyKey:
            await self._write(visit, question, heard, _URGENT_SECONDS, Grace.as_we_stop())
            raise
        except Exception:
            # What was said is worth more than what went wrong after it.
            await self._write(visit, question, heard, self.insist_for)
            raise
        if (answer := heard.answer()) is None:
            return False
        taken = await self._write(visit, question, heard, self.insist_for)
        thanks = Prompt.FEEDBACK_NOT_TAKEN if taken is None else Prompt.FEEDBACK_SETTLED
        if taken:
            thanks = thanks_for(answer)
        await session.say([self.prompts.file(thanks)])
        return taken is not None

    async def _open(self, visit: Visit) -> OpenQuestion | None:
        if visit.call.number is None:
            return None
        try:
            return await self.questions.open_for(visit.call.number)
        except AWAY as error:
            stop_if_cancelled()
            _log.warning("open question not looked for", error=repr(error))
            return None

    async def _write(
        self,
        visit: Visit,
        question: OpenQuestion,
        heard: Heard,
        seconds: float,
        grace: Grace | None = None,
    ) -> bool | None:
        """Whether it was taken, or the question was settled meanwhile; None: nothing is written."""
        answer = heard.answer()
        if answer is None:
            return None
        call_id, grace = visit.call.id, grace or Grace()
        taken = await insisted(
            lambda: self.questions.record_told(call_id, question, answer, grace),
            seconds=seconds,
        )
        if taken is not None:
            visit.outcome = Outcome.FEEDBACK_GIVEN
        return taken
