"""Emergency: to 112 at once, or by one key to another service; the dialplan dials."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import structlog

from agi.caller import call_id_argument
from agi.durable import noted
from agi.errors import CommandFailedError
from agi.ports import Journal, Prompts
from agi.session import ANY_KEY, Session
from dialplans.names import KEYS_OTHER_SERVICES, VAR_EMERGENCY, emergency_prompt
from speech.numbers import digits
from speech.prompts import Prompt

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class EmergencyExit:
    """`codes`: the services in their order; the first one is called unless a key names another.

    It is named first: to wait is to be connected with it, and so is any key that names none.
    """

    prompts: Prompts
    codes: tuple[str, ...]

    async def __call__(self, session: Session) -> bool:
        """Say so, let choose, and leave the rest to the dialplan; False: none is configured."""
        if not self.codes:
            return False
        code = await self._choose(session)
        await session.set_variable(VAR_EMERGENCY, code)
        _log.info("caller goes to an emergency service", service=code)
        return True

    async def _choose(self, session: Session) -> str:
        first, *rest = self.codes
        others = dict(zip(KEYS_OTHER_SERVICES, rest, strict=False))
        said: list[str] = [Prompt.EMERGENCY_CONNECTING]
        if others:
            said = [emergency_prompt(first), Prompt.EMERGENCY_FIRST]
            said += [one for key, code in others.items() for one in _choice(code, key)]
        try:
            key = await session.say([self.prompts.file(one) for one in said], ANY_KEY)
        except CommandFailedError as error:
            # Nor does a prompt that is missing stand between a citizen and an emergency service.
            _log.error("emergency prompt failed, caller goes on", error=str(error))
            return first
        return others.get(key or "", first)


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
