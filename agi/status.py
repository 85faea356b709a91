"""Where a complaint stands: by its number, keyed, or by the number that calls. Needs no agent."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Final

import structlog

from agi.ports import Prompts, StatusBook, WordSounds
from agi.sentences import Sentence, Speaker, Word, which
from agi.session import Session
from agi.visit import ToAgent, Visit, Way
from calls.model import Outcome
from complaints import number
from complaints.calendar import IST
from complaints.status import Brief, Status
from db.errors import AWAY, stop_if_cancelled
from speech import numbers
from speech.prompts import Prompt

_log = structlog.get_logger(__name__)
_DIGITS = 9

_STATES: Final[Mapping[str, Prompt]] = MappingProxyType(
    {
        "triage": Prompt.STATE_TRIAGE,
        "with_officer": Prompt.STATE_WITH_OFFICER,
        "proposed": Prompt.STATE_WITH_OFFICER,  # what officers propose to each other is not settled
        "paused": Prompt.STATE_PAUSED,
        "returned": Prompt.STATE_RETURNED,
        "awaiting_feedback": Prompt.STATE_AWAITING_FEEDBACK,
        "closed_satisfied": Prompt.STATE_CLOSED_SATISFIED,
        "unverified": Prompt.STATE_UNVERIFIED,
        "special_closed": Prompt.STATE_SPECIAL_CLOSED,
        "withdrawn": Prompt.STATE_WITHDRAWN,
        "advised": Prompt.STATE_ADVISED,
        "answered": Prompt.STATE_ANSWERED,
        "thanked": Prompt.STATE_THANKED,
        "merged": Prompt.STATE_MERGED,
    }
)
_LEVELS: Final = (Prompt.LEVEL_1, Prompt.LEVEL_2, Prompt.LEVEL_3, Prompt.LEVEL_4)
_WITH_SOMEBODY: Final = ("with_officer", "proposed", "paused")


def brief(complaint: Brief) -> Sentence:
    """What a calling number may hear: number, subject, state. Pure."""
    named = which(complaint.number, complaint.subject, complaint.subject_en)
    return [*named, _STATES[complaint.state]]


def full(complaint: Status) -> Sentence:
    """What the complaint number opens besides: with which post it is, and until when. Pure."""
    sentence = brief(complaint)
    if complaint.state in _WITH_SOMEBODY and complaint.level and complaint.post_title:
        level = _LEVELS[complaint.level - 1]
        post = Word(complaint.post_title, complaint.post_title_en)
        sentence += [Prompt.STATUS_OFFICER, level, post]
        if complaint.overdue:
            sentence.append(Prompt.STATUS_OVERDUE)
        elif complaint.due_at is not None:
            sentence += [Prompt.STATUS_DUE, *_day(complaint.due_at)]
    return sentence


def _day(at: datetime) -> Sequence[str]:
    return numbers.day(at.astimezone(IST).date())


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusEnquiry:
    """`tries`: wrong numbers until an agent is called; `lookups`: answers in one call.

    `english`: where words in English are spoken; None: nowhere.
    """

    prompts: Prompts
    words: WordSounds
    english: WordSounds | None = None
    book: StatusBook
    tries: int = 3
    lookups: int = 5

    async def __call__(self, session: Session, visit: Visit) -> Way | None:
        """Tell it; None: back to the menu.

        Raises `Hangup`, `CommandFailedError`, `EmergencyKey`.
        """
        said = [Prompt.STATUS_ASK]
        for _ in range(self.tries):
            digits = await session.ask_digits(
                [self.prompts.file(one) for one in said],
                max_digits=_DIGITS,
                whole=number.is_valid,
            )
            if not digits:
                await self._of_caller(session, visit)
                return None
            if number.is_valid(digits):
                await self._of_number(session, visit, digits)
                return None
            session.heed(digits)
            said = [Prompt.STATUS_WRONG_NUMBER, Prompt.STATUS_ASK]
        return ToAgent()

    async def _of_number(self, session: Session, visit: Visit, digits: str) -> None:
        if not self._may_look(visit):
            await self._speak(session, visit, [Prompt.STATUS_UNAVAILABLE])
            return
        try:
            found = await self.book.by_number(digits)
        except AWAY as error:
            await self._away(session, visit, error)
            return
        visit.outcome = visit.outcome or Outcome.STATUS_TOLD
        sentence: Sentence = [Prompt.STATUS_UNKNOWN] if found is None else full(found)
        await self._speak(session, visit, sentence)

    async def _of_caller(self, session: Session, visit: Visit) -> None:
        caller = visit.call.number
        if caller and not self._may_look(visit):
            await self._speak(session, visit, [Prompt.STATUS_UNAVAILABLE])
            return
        try:
            found = await self.book.of_contact(caller) if caller else []
        except AWAY as error:
            await self._away(session, visit, error)
            return
        visit.outcome = visit.outcome or (Outcome.STATUS_TOLD if found else None)
        sentences = [brief(one) for one in found] or [[Prompt.STATUS_NONE_OF_CALLER]]
        for sentence in sentences:
            await self._speak(session, visit, sentence)

    def _may_look(self, visit: Visit) -> bool:
        """Nobody tries numbers until one fits."""
        visit.lookups += 1
        return visit.lookups <= self.lookups

    async def _away(self, session: Session, visit: Visit, error: BaseException) -> None:
        stop_if_cancelled()
        _log.warning("status not told", error=repr(error))
        await self._speak(session, visit, [Prompt.STATUS_UNAVAILABLE])

    async def _speak(self, session: Session, visit: Visit, sentence: Sequence[str | Word]) -> None:
        """Any of the two keys stops it: who has heard enough goes back to the menu."""
        speaker = Speaker(prompts=self.prompts, words=self.words, english=self.english)
        await session.say(speaker.files(sentence, visit.language), "*#")
