"""When we cannot serve at all: somebody says so, and the call is counted."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from agi.caller import call_id_argument, new_inbound_call
from agi.durable import noted
from agi.ports import Journal, Prompts
from agi.session import Session
from calls.model import Outcome
from dialplans.names import SCRIPT_FEEDBACK, SCRIPT_INBOUND, VAR_CALL, VAR_FAULT
from speech.prompts import Prompt


@dataclass(frozen=True, slots=True)
class ApologyFlow:
    """Answer, say what went wrong, hang up. Writes no outcome."""

    prompts: Prompts
    words: tuple[Prompt, ...] = (Prompt.TECHNICAL_FAULT,)

    async def __call__(self, session: Session) -> None:
        """Speak and hang up."""
        await session.answer()
        await session.say([self.prompts.file(key) for key in self.words])
        await session.hangup()


@dataclass(frozen=True, slots=True, kw_only=True)
class OverloadFlow:
    """More calls than we can serve, and a call row that says so.

    Who calls is left to the dialplan, which apologises and offers the emergency key, and tells the
    outcome. Others hear the apology from us.
    """

    cell: str
    journal: Journal
    prompts: Prompts
    now: Callable[[], datetime]

    async def __call__(self, session: Session) -> None:
        """Write the row and return, or speak, hang up, and write the outcome."""
        if session.script == SCRIPT_INBOUND:
            await self._leave(session)
            return
        call_id = call_id_argument(session) if session.script == SCRIPT_FEEDBACK else None
        try:
            await ApologyFlow(self.prompts, (Prompt.ALL_BUSY, Prompt.CALL_AGAIN))(session)
        finally:
            if call_id is not None:
                await noted(self.journal.ended(call_id, Outcome.UNAVAILABLE, self.now()))

    async def _leave(self, session: Session) -> None:
        call = new_inbound_call(session, cell=self.cell, now=self.now())
        try:
            await session.set_variable(f"__{VAR_CALL}", str(call.id))
            await session.set_variable(VAR_FAULT, str(call.id))
        finally:  # who is gone by now has called all the same
            await noted(self.journal.opened(call))
