"""Supervisors beside an agent: any number listen, one at a time is heard.

Whoever whispers or joins would talk over another who does; listening disturbs nobody. Each takes
a seat before anything rings, so that of two at once one is told. A server that was started anew
knows of who joined a call (they are in its room), and of nobody who whispers or listens.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from cti.errors import NotNowError
from cti.state import State
from cti.supervising import Supervisor
from cti.why import Why

HEARD = frozenset({"whisper", "barge"})
_RINGS_FOR = timedelta(minutes=1)
"""A leg that was asked for and has not been seen by then will not come."""


@dataclass(eq=False, slots=True)
class Seat:
    """`leg` None: their telephone is being called."""

    call_id: UUID
    who: Supervisor
    mode: str
    at: datetime
    leg: str | None = None


class Seats:
    """Who sits where, as long as their leg lives."""

    def __init__(self, state: Callable[[], State], now: Callable[[], datetime]) -> None:
        self._state = state
        self._now = now
        self._seats: list[Seat] = []

    def take(self, call_id: UUID, who: Supervisor, mode: str) -> Seat:
        """A seat for a telephone that is rung next; `leave()` it if that comes to nothing.

        Raises `NotNowError`: somebody else is heard there, or it is their own seat already.
        """
        self._seats = [one for one in self._seats if self._lives(one)]
        there = [one for one in self._seats if one.call_id == call_id]
        for one in there:
            if one.who.actor == who.actor and (one.mode == mode or one.leg is None):
                raise NotNowError(Why.BESIDE_YOURSELF)
            if one.who.actor != who.actor and {mode, one.mode} <= HEARD:
                raise NotNowError(Why.BESIDE_ANOTHER, who=one.who.name)
        seat = Seat(call_id, who, mode, self._now())
        self._seats.append(seat)
        return seat

    def earlier(self, seat: Seat) -> list[Seat]:
        """Their other seats in that call: who goes on to another mode leaves the one before."""
        return [
            one
            for one in self._seats
            if one is not seat and (one.call_id, one.who.actor) == (seat.call_id, seat.who.actor)
        ]

    def leave(self, seat: Seat) -> None:
        """It is free again."""
        if seat in self._seats:
            self._seats.remove(seat)

    def _lives(self, seat: Seat) -> bool:
        if seat.leg is None:
            return True
        state = self._state()
        if seat.leg in state.legs:
            return True
        return seat.leg not in state.spent and self._now() - seat.at < _RINGS_FOR
