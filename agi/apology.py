"""When we cannot serve at all: somebody says so, and the call is counted."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from agi.caller import call_id_argument, new_inbound_call
from agi.durable import noted
from agi.ports import Journal, Prompts
from agi.session import Session
from calls.model import Outcome
from dialplans.names import SCRIPT_FEEDBACK, SCRIPT_INBOUND, VAR_CALL
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
    """More calls than we can serve: an apology, and a call row that says so."""

    cell: str
    journal: Journal
    prompts: Prompts
    now: Callable[[], datetime]

    async def __call__(self, session: Session) -> None:
        """Speak, hang up, write the outcome."""
        call_id = await self._call_id(session)
        try:
            await ApologyFlow(self.prompts, (Prompt.ALL_BUSY, Prompt.CALL_AGAIN))(session)
        finally:
            if call_id is not None:
                await noted(self.journal.ended(call_id, Outcome.UNAVAILABLE, self.now()))

    async def _call_id(self, session: Session) -> UUID | None:
        if session.script == SCRIPT_FEEDBACK:
            return call_id_argument(session)
        if session.script != SCRIPT_INBOUND:
            return None
        call = new_inbound_call(session, cell=self.cell, now=self.now())
        await session.set_variable(f"__{VAR_CALL}", str(call.id))
        await noted(self.journal.opened(call))
        return call.id
