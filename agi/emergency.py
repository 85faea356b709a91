"""Emergency: to 112 at once, or by one key to another service; the dialplan dials."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import structlog

from agi.caller import call_id_argument
from agi.durable import noted
from agi.ports import Journal, Prompts
from agi.session import Session
from dialplans.names import VAR_EMERGENCY, emergency_prompt
from speech.numbers import digits
from speech.prompts import Prompt

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class EmergencyExit:
    """`codes`: the services in their order; the first one is called unless a key names another.

    `seconds`: how long a key is waited for, once all have been named.
    """

    prompts: Prompts
    codes: tuple[str, ...]
    seconds: float = 1.5

    async def __call__(self, session: Session) -> bool:
        """Choose, say so, and leave the rest to the dialplan; False: none is configured."""
        if not self.codes:
            return False
        code = await self._choose(session)
        await session.say([self.prompts.file(Prompt.EMERGENCY_CONNECTING)])
        await session.set_variable(VAR_EMERGENCY, code)
        _log.info("caller goes to an emergency service", service=code)
        return True

    async def _choose(self, session: Session) -> str:
        others = dict(zip("12345678", self.codes[1:], strict=False))
        if not others:
            return self.codes[0]
        key = await session.ask_digits(
            [self.prompts.file(one) for key, code in others.items() for one in _choice(code, key)],
            max_digits=1,
            first_timeout=self.seconds,
            terminator="",
        )
        return others.get(key, self.codes[0])


def _choice(code: str, key: str) -> list[str]:
    """ "... के लिए दो दबाएँ"."""
    return [emergency_prompt(code), Prompt.CHOICE_FOR, *digits(key), Prompt.CHOICE_PRESS]


@dataclass(frozen=True, slots=True, kw_only=True)
class EmergencyFailedFlow:
    """No service answered: the caller is told, and waits for an agent before all others.

    Arguments: our call, the queue. The dialplan goes on to it whether or not we are here.
    """

    journal: Journal
    prompts: Prompts
    now: Callable[[], datetime]

    async def __call__(self, session: Session) -> None:
        """Say so; the row has its queue before."""
        call_id = call_id_argument(session)
        _log.error("no emergency service answered", call=str(call_id))
        if call_id is not None and len(session.args) > 1:
            await noted(self.journal.queued(call_id, session.args[1], self.now()))
        await session.say([self.prompts.file(Prompt.EMERGENCY_FAILED)])
