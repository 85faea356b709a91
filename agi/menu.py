"""The main menu: one key leads to what a citizen wants; who presses none gets an agent."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from agi.ports import Prompts
from agi.session import Session
from agi.status import StatusEnquiry
from agi.visit import Leave, Skill, ToAgent, ToEmergency, ToOfficersLine, Visit, Way
from calls.model import Outcome
from dialplans.names import KEY_EMERGENCY
from speech.prompts import Prompt

KEY_REGISTER, KEY_STATUS, KEY_SUGGESTION, KEY_SCHEMES, KEY_OUT_OF_SCOPE = "1", "2", "3", "4", "5"
KEY_REPEAT = "*"
KEY_OFFICERS = "7"
"""Not named in the menu: officers are told of it, where the setting allows it."""

_TO_AGENT: Final[Mapping[str, ToAgent]] = MappingProxyType(
    {
        KEY_REGISTER: ToAgent(Skill.REGISTER),
        KEY_SUGGESTION: ToAgent(Skill.SUGGESTION),
        KEY_SCHEMES: ToAgent(Skill.SCHEMES),
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class MainMenu:
    """`misses`: rounds of silence or wrong keys, then an agent. `rounds`: all of them together.

    Who has been served and then says nothing has got what they wanted: goodbye.
    """

    prompts: Prompts
    status: StatusEnquiry
    misses: int = 3
    rounds: int = 10
    seconds: float = 5.0
    for_officers: bool = False

    async def __call__(self, session: Session, visit: Visit) -> Way:
        """Where the caller goes next. Raises `Hangup`, `CommandFailedError`."""
        missed, said = 0, [Prompt.MENU]
        for _ in range(self.rounds):
            key, visit.ahead = visit.ahead or await self._ask(session, said), ""
            said = [Prompt.MENU]
            if key in _TO_AGENT:
                return _TO_AGENT[key]
            if key == KEY_EMERGENCY:
                return ToEmergency()
            if key == KEY_OFFICERS and self.for_officers:
                return ToOfficersLine()
            if key == KEY_REPEAT:
                continue
            if key == KEY_STATUS:
                if way := await self.status(session, visit):
                    return way
                continue
            if key == KEY_OUT_OF_SCOPE:
                await self._advise(session, visit)
                continue
            if not key and visit.served:
                return Leave()
            missed += 1
            if missed == self.misses:
                break
            if key:
                said = [Prompt.INVALID_KEY, Prompt.MENU]
        return ToAgent()

    async def _ask(self, session: Session, said: list[Prompt]) -> str:
        return await session.ask_digits(
            [self.prompts.file(one) for one in said],
            max_digits=1,
            first_timeout=self.seconds,
            terminator="",
        )

    async def _advise(self, session: Session, visit: Visit) -> None:
        """What is not handled here, and where to go (R5). A key takes the caller back."""
        visit.outcome = visit.outcome or Outcome.ADVISED
        await session.say([self.prompts.file(Prompt.OUT_OF_SCOPE)], KEY_REPEAT + "#")
