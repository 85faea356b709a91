"""Who is called back to a queue now. Pure.

Who kept their place is called when fewer stand before that place than agents serve the queue: they
would be next. To whom a call was only promised is called when fewer wait in all than agents serve
it: nobody who waits loses an agent to somebody who does not, and a night's calls do not keep the
morning's out (ADR 35).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Due:
    """Somebody who may be called. `kept`: they left their place; others were promised a call."""

    call_id: UUID
    number: str
    kept: bool
    entered_at: datetime


@dataclass(frozen=True, slots=True)
class Line:
    """A queue in one cell. `seats`: who serves it; `waiting`: since when each waits.

    `under_way`: how many call-backs to it have not ended; each has an agent, or needs one.
    `standing`: all who stand in it now, who was called back too; `longest`: how many it lets stand.
    """

    seats: int
    waiting: Sequence[datetime] = ()
    under_way: int = 0
    standing: int = 0
    longest: int | None = None

    def lets_in(self, more: int) -> bool:
        """Whether one fits in behind so many more: app_queue turns away who does not."""
        return self.longest is None or self.standing + more < self.longest


def whose_turn(line: Line, due: Sequence[Due]) -> list[Due]:
    """Those of `due` for whom an agent will be there, in the order in which they are called."""
    chosen: list[Due] = []
    for one in in_order(due):
        before = [at for at in line.waiting if not one.kept or at < one.entered_at]
        soon = len(before) + line.under_way + len(chosen) < line.seats
        if soon and line.lets_in(len(chosen)):
            chosen.append(one)
    return chosen


def in_order(due: Iterable[Due]) -> list[Due]:
    """Kept places first, then who has been owed a call for longest; each number once."""
    found: dict[str, Due] = {}
    for one in sorted(due, key=lambda one: (not one.kept, one.entered_at, one.call_id)):
        found.setdefault(one.number, one)
    return list(found.values())
