"""The database does not take the call's row: the citizen is asked to wait, and 9 leads out."""

import asyncio
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

import structlog

from agi.durable import noted
from agi.ports import Journal, Prompts
from agi.session import Session
from calls.model import NewCall
from db.errors import JournalFullError
from dialplans.names import KEY_EMERGENCY
from speech.prompts import Prompt

_log = structlog.get_logger(__name__)


class Waited(StrEnum):
    """How the waiting ended."""

    OPENED = "opened"
    IN_VAIN = "in_vain"
    EMERGENCY = "emergency"  # its key was pressed; the row is written later


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """`seconds`: how long a citizen is kept, `pause`: between two tries and two words."""

    journal: Journal
    prompts: Prompts
    seconds: float
    pause: float

    async def __call__(self, session: Session, call: NewCall, answered_at: datetime) -> Waited:
        """Ask the citizen to wait until the row can be written; a key is heard all the time.

        That they were answered is noted, whoever hangs up. Raises `Hangup`.
        """
        row = asyncio.create_task(
            self._written(call, answered_at), name=f"row of call {call.id} is tried again"
        )
        await asyncio.sleep(0)  # so that it has begun, whatever ends this
        try:
            while not row.done():
                if await self._ask_to_wait(session):
                    return Waited.EMERGENCY
            return Waited.OPENED if row.result() else Waited.IN_VAIN
        finally:
            row.cancel()  # of the waiting alone: a row that is queued stays so
            await asyncio.gather(row, return_exceptions=True)

    async def opened(self, call: NewCall) -> bool:
        """Whether the row is durable now."""
        try:
            await self.journal.opened(call)
        except (TimeoutError, JournalFullError) as error:
            _log.warning("citizen waits for the call's row", call=str(call.id), error=repr(error))
            return False
        return True

    async def _written(self, call: NewCall, answered_at: datetime) -> bool:
        await noted(self.journal.answered(call.id, answered_at))
        loop = asyncio.get_running_loop()
        deadline = loop.time() + self.seconds
        while not await self.opened(call):
            if loop.time() >= deadline:
                return False
            await asyncio.sleep(self.pause)
        return True

    async def _ask_to_wait(self, session: Session) -> bool:
        """Whether the emergency key was pressed."""
        said = [self.prompts.file(Prompt.PLEASE_WAIT)]
        key = await session.say(said, KEY_EMERGENCY) or await session.wait_for_digit(self.pause)
        return key == KEY_EMERGENCY
