"""From the greeting to what the caller wants: guards, an open question, language, hours, menu."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from agi.closed import ClosedExit
from agi.menu import MainMenu
from agi.missed_feedback import MissedFeedback
from agi.ports import Gate, OpenNow, Prompts
from agi.session import DOUBLED_SECONDS, Session
from agi.visit import Leave, Skill, ToAgent, ToEmergency, Visit, Way
from calls.admission import Verdict
from dialplans.names import KEY_EMERGENCY, LANGUAGE_DEFAULT, language_prompt
from speech.numbers import digits
from speech.prompts import Prompt

QueueFor = Callable[[str, Skill], str]
"""Language and skill -> the queue's name."""

REFUSALS: Final = {
    Verdict.BLOCKED: Prompt.CALLER_BLOCKED,
    Verdict.CALLER_LIMIT: Prompt.CALLER_LIMIT,
    Verdict.LINES_FULL: Prompt.LINES_FULL,
}
"""What somebody hears who is not let in."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reception:
    """`languages`: in the order of their keys; asked for only where there are several.

    `seconds`: how long a key is waited for where none is the usual answer.
    """

    prompts: Prompts
    gate: Gate
    open_now: OpenNow
    menu: MainMenu
    queue_for: QueueFor
    closed: ClosedExit
    missed: MissedFeedback | None = None
    languages: Sequence[str] = ("hi",)
    seconds: float = 4.0

    async def __call__(self, session: Session, visit: Visit) -> Way:
        """Where the caller goes. Raises `Hangup`, `CommandFailedError`, `EmergencyKey`."""
        verdict = await self.gate.verdict(visit.call)
        if verdict is not Verdict.ADMIT:
            return await self._refuse(session, visit, verdict)
        if await self._say(session, Prompt.GREETING, Prompt.RECORDING_NOTICE):
            return ToEmergency()
        if self.missed is not None:
            await self.missed(session, visit)
        await self._language(session, visit)
        opening = await self.open_now()
        # Who has keyed ahead is on their way, perhaps to an emergency service.
        silent = opening.is_open or visit.ahead
        if not silent and await self._say(session, Prompt.CLOSED, Prompt.CLOSED_SERVICES):
            return ToEmergency()
        way = await self.menu(session, visit)
        if isinstance(way, ToAgent):
            queue = self.queue_for(visit.language, way.skill)
            opening = await self.open_now(queue)
            if not opening.is_open:
                return await self.closed(session, visit, opening, queue)
        return way

    async def _say(self, session: Session, *said: Prompt) -> bool:
        """Say it; True when the emergency key cut it short."""
        return (
            await session.say([self.prompts.file(one) for one in said], KEY_EMERGENCY) is not None
        )

    async def _ask(self, session: Session, *said: str, seconds: float | None = None) -> str:
        files = [self.prompts.file(one) for one in said]
        first = self.seconds if seconds is None else seconds
        return await session.ask_digits(files, max_digits=1, first_timeout=first, terminator="")

    async def _refuse(self, session: Session, visit: Visit, verdict: Verdict) -> Way:
        """Not let in, but never kept from an emergency service.

        The notice stands first for them, too: the line is recorded, and so is that conversation.
        """
        visit.outcome = verdict.outcome
        said = (Prompt.RECORDING_NOTICE, REFUSALS[verdict], Prompt.EMERGENCY_KEY)
        key = await self._ask(session, *said)
        return ToEmergency() if key == KEY_EMERGENCY else Leave()

    async def _language(self, session: Session, visit: Visit) -> None:
        keys = {str(number): name for number, name in enumerate(self.languages, 1)}
        if len(keys) < 2:
            return
        said = [
            one
            for key, name in keys.items()
            for one in (language_prompt(name), Prompt.CHOICE_FOR, *digits(key), Prompt.CHOICE_PRESS)
        ]
        key = await self._ask(session, *said)
        if key not in keys:
            session.heed(key)
        visit.language = keys.get(key, self.languages[0])
        visit.ahead = await self._ask(session, seconds=DOUBLED_SECONDS) if key else ""
        if visit.language != LANGUAGE_DEFAULT:
            await session.set_language(visit.language)
