"""Nobody serves at this hour: when somebody will, and a call-back for who wants one."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from agi.durable import insisted
from agi.hours import Opening
from agi.ports import CallbackBook, Prompts
from agi.session import Session
from agi.visit import Leave, ToEmergency, Visit, Way
from calls.model import Outcome
from complaints.calendar import IST
from dialplans.names import KEY_EMERGENCY
from speech import numbers
from speech.prompts import Prompt

KEY_CALL_ME_BACK: Final = "1"
_NIGHT_UNTIL: Final = 4  # the hours before belong, as people speak, to the evening before


def opens_again(opening: Opening, now: datetime) -> list[str]:
    """ "... आज शाम चार बजे से ...", in India's time; nothing where nobody can say. Pure."""
    if opening.opens_at is None:
        return []
    local, today = opening.opens_at.astimezone(IST), now.astimezone(IST).date()
    date = local.date()
    if local.hour < _NIGHT_UNTIL and date > today:
        date -= timedelta(days=1)
    match (date - today).days:
        case 0:
            day: list[str] = [Prompt.TODAY]
        case 1:
            day = [Prompt.TOMORROW]
        case _:
            day = [*numbers.day(date), Prompt.ON_DAY]
    return [Prompt.OPENS_AGAIN, *day, *numbers.clock(local.time()), Prompt.OPENS_FROM]


@dataclass(frozen=True, slots=True, kw_only=True)
class ClosedExit:
    """`offers`: whether a call-back is offered, to whom we can call. `seconds`: for the key."""

    prompts: Prompts
    callbacks: CallbackBook
    now: Callable[[], datetime]
    offers: bool = True
    seconds: float = 4.0
    insist_for: timedelta = timedelta(seconds=5)

    async def __call__(self, session: Session, visit: Visit, opening: Opening, queue: str) -> Way:
        """Tell it, of the `queue` that they wanted; goodbye is next, or an emergency service.

        Raises `Hangup`.
        """
        number = visit.call.number
        visit.outcome = Outcome.CLOSED
        said = [Prompt.CLOSED, *opens_again(opening, self.now())]
        offered = self.offers and number is not None
        key = await session.ask_digits(
            [self.prompts.file(one) for one in self._question(said, offered=offered)],
            max_digits=1,
            first_timeout=self.seconds if offered else 1.0,
            terminator="",
        )
        if key == KEY_EMERGENCY:
            return ToEmergency()
        if key == KEY_CALL_ME_BACK and offered and number is not None:
            await self._call_back(session, visit, number, queue)
        return Leave()

    def _question(self, said: list[str], *, offered: bool) -> list[str]:
        return [*said, Prompt.CALL_BACK_OFFER if offered else Prompt.CALL_AGAIN]

    async def _call_back(self, session: Session, visit: Visit, number: str, queue: str) -> None:
        """The row is written before it is promised."""
        owed = await insisted(
            lambda: self.callbacks.owe(visit.call.id, number, Outcome.CLOSED, queue),
            seconds=self.insist_for.total_seconds(),
        )
        promise = Prompt.CALL_BACK_PROMISE if owed else Prompt.CALL_AGAIN
        await session.say([self.prompts.file(promise)])
