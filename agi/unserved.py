"""`Queue()` gave up: an apology, and a call-back when we know the number."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import structlog

from agi.caller import call_id_argument, caller_number
from agi.closed import opens_again
from agi.durable import insisted, noted
from agi.errors import Hangup
from agi.hours import Opening
from agi.ports import CallbackBook, Journal, OpenNow, Prompts
from agi.session import Session
from calls.model import Outcome
from dialplans.names import KEY_EMERGENCY, VAR_EMERGENCY
from speech.prompts import Prompt

_log = structlog.get_logger(__name__)

_OUTCOMES = {
    "FULL": Outcome.QUEUE_FULL,
    "TIMEOUT": Outcome.QUEUE_TIMEOUT,
    "JOINEMPTY": Outcome.NO_AGENT,
    "LEAVEEMPTY": Outcome.NO_AGENT,
    "JOINUNAVAIL": Outcome.NO_AGENT,
    "LEAVEUNAVAIL": Outcome.NO_AGENT,
}
_APOLOGIES = {
    Outcome.QUEUE_FULL: Prompt.QUEUE_FULL,
    Outcome.QUEUE_TIMEOUT: Prompt.ALL_BUSY,
    Outcome.NO_AGENT: Prompt.NO_AGENT,
}


def unserved_outcome(queue_status: str) -> Outcome | None:
    """What app_queue's QUEUESTATUS means for the caller; None: the queue did not give up."""
    return _OUTCOMES.get(queue_status)


@dataclass(frozen=True, slots=True, kw_only=True)
class UnservedFlow:
    """Arguments: our call, QUEUESTATUS, its queue. The call-back is written before it is promised.

    Who presses the emergency key goes to `emergency`, the service that is called first, and has no
    outcome yet; None: there is none. `seconds`: how long that key is waited for.

    Who waited until their queue closed is told when it opens again. Whom the dialplan sent back to
    a queue that let nobody in has been offered to it all the same: of that nobody else tells.
    """

    journal: Journal
    callbacks: CallbackBook
    prompts: Prompts
    open_now: OpenNow
    now: Callable[[], datetime]
    emergency: str | None = None
    seconds: float = 3.0
    first_try: float = 2.0
    insist_for: float = 60.0

    async def __call__(self, session: Session) -> None:
        """Apologise, hang up, write the outcome: also when the citizen hangs up in between.

        Returns to the dialplan's own apology when nobody can tell what happened.
        """
        call_id, at = call_id_argument(session), self.now()
        status = session.args[1] if len(session.args) > 1 else ""
        outcome = unserved_outcome(status)
        if call_id is None or outcome is None:
            _log.error("unserved: unusable arguments", channel=session.channel, status=status[:20])
            return
        opening = await self.open_now(session.args[2]) if session.args[2:] else Opening(True)
        if not opening.is_open:
            outcome = Outcome.CLOSED
        number = caller_number(session)
        owed = await self._owe(call_id, number, outcome, self.first_try)
        gone = True
        try:
            words = self._words(outcome, opening)
            gone = await self._apologise(session, words, promise=owed is True)
        except Hangup:
            _log.debug("hung up during the apology", call=str(call_id))
        finally:
            for queue in session.args[2:3]:
                await noted(self.journal.queued(call_id, queue, at))
            if gone:
                await noted(self.journal.ended(call_id, outcome, self.now()))
        if owed is None:
            await self._owe(call_id, number, outcome, self.insist_for)

    async def _owe(
        self, call_id: UUID, number: str | None, reason: Outcome, seconds: float
    ) -> bool | None:
        """Whether we owe them a call; None: that could not be written in time."""
        return await insisted(lambda: self.callbacks.owe(call_id, number, reason), seconds=seconds)

    def _words(self, outcome: Outcome, opening: Opening) -> list[str]:
        if outcome is Outcome.CLOSED:
            return [Prompt.CLOSED, *opens_again(opening, self.now())]
        return [_APOLOGIES[outcome]]

    async def _apologise(self, session: Session, words: list[str], *, promise: bool) -> bool:
        """Whether they are hung up on; else they go to the emergency service."""
        follow_up = Prompt.CALL_BACK_PROMISE if promise else Prompt.CALL_AGAIN
        said = [self.prompts.file(one) for one in (*words, follow_up)]
        if self.emergency is None:
            await session.say(said)
        elif await self._wants_emergency(session, said):
            await session.set_variable(VAR_EMERGENCY, self.emergency)
            session.let_go()
            return False
        await session.hangup()
        return True

    async def _wants_emergency(self, session: Session, said: list[str]) -> bool:
        said = [*said, self.prompts.file(Prompt.EMERGENCY_KEY)]
        key = await session.say(said, KEY_EMERGENCY)
        return (key or await session.wait_for_digit(self.seconds)) == KEY_EMERGENCY
