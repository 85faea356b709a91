"""A citizen whom an agent calls has answered: recorded from here on, and told so."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

import structlog

from agi.caller import call_id_argument
from agi.durable import noted
from agi.errors import CommandFailedError, Hangup
from agi.language import speak, to_be_spoken
from agi.ports import Capture, CitizenLanguages, Journal, Prompts
from agi.recorded import record_call
from agi.session import Session
from calls.model import Outcome
from dialplans.names import LANGUAGE_DEFAULT, VAR_NOTICE
from speech.prompts import Prompt

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskFlow:
    """Argument: our call. Returns to the dialplan, which leads the citizen to the agent, and
    records and tells them itself where this did not.

    `languages`: those that citizens can choose; a citizen who chose one hears it again, also in a
    queue to which the agent hands them.
    """

    journal: Journal
    capture: Capture
    citizens: CitizenLanguages
    prompts: Prompts
    now: Callable[[], datetime]
    languages: Sequence[str] = (LANGUAGE_DEFAULT,)

    async def __call__(self, session: Session) -> None:
        """Record, play the notice; who hangs up before the agent was heard has abandoned."""
        call_id = call_id_argument(session)
        if call_id is None:
            _log.error("desk: no call of ours", channel=session.channel)
            await session.hangup()
            return
        try:
            await session.answer()
            await record_call(
                session, call_id, self.now(), journal=self.journal, capture=self.capture
            )
            if language := to_be_spoken(await self.citizens.language(call_id), self.languages):
                await speak(session, language)
            await session.say([self.prompts.file(Prompt.RECORDING_NOTICE)])
            if not (gone := session.hung_up):
                await session.set_variable(VAR_NOTICE, "1")
        except CommandFailedError as error:
            _log.error("notice failed, the call goes on", call=str(call_id), error=str(error))
            return
        except Hangup:
            gone = True
        if gone:
            await noted(self.journal.ended(call_id, Outcome.IVR_ABANDONED, self.now()))
