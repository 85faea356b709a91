"""Supervisors beside an agent: any number listen, one at a time is heard.

Whoever whispers or joins would talk over another who does; listening disturbs nobody. Each takes
a seat before anything rings, so that of two at once one is told. Whose seat it is stands on the
leg too, in a channel variable: a server that was started anew reads it there.
"""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import quote, unquote
from uuid import UUID

from cti.errors import NotNowError
from cti.state import State
from cti.supervising import Supervisor
from cti.why import Why

HEARD = frozenset({"whisper", "barge"})
_MODES = HEARD | {"listen"}
_RINGS_FOR = timedelta(minutes=1)
"""A leg that was asked for and has not been seen by then will not come."""
_LONGEST_NAME = 40  # a letter in Devanagari is nine characters there


@dataclass(eq=False, slots=True)
class Seat:
    """Beside `agent` in a call. `leg` None: their telephone is being called."""

    call_id: UUID
    agent: str
    who: Supervisor
    mode: str
    at: datetime
    leg: str | None = None


def words_of(seat: Seat) -> str:
    """What stands on its leg: ASCII without what a channel variable cannot have."""
    who = seat.who
    parts = (seat.mode, str(seat.call_id), seat.agent, who.actor, who.name[:_LONGEST_NAME])
    return ":".join(quote(part, safe="") for part in parts)


def seat_of(leg: str, words: str, at: datetime) -> Seat | None:
    """The seat of which `words_of` told; None: this is no supervisor's leg."""
    parts = [unquote(part) for part in words.split(":")]
    if len(parts) != 5 or parts[0] not in _MODES:
        return None
    mode, call_id, agent, actor, name = parts
    try:
        return Seat(UUID(call_id), agent, Supervisor(actor=actor, name=name), mode, at, leg)
    except ValueError:
        return None


class Seats:
    """Who sits where, as long as their leg lives."""

    def __init__(self, state: Callable[[], State], now: Callable[[], datetime]) -> None:
        self._state = state
        self._now = now
        self._seats: list[Seat] = []

    def take(self, call_id: UUID, agent: str, who: Supervisor, mode: str) -> Seat:
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
        seat = Seat(call_id, agent, who, mode, self._now())
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

    def found(self, words: Mapping[str, str]) -> None:
        """What stands on live legs, by a snapshot: of a server before us, too."""
        self._seats = [one for one in self._seats if self._lives(one)]
        known = {one.leg for one in self._seats}
        for leg, told in words.items():
            seat = seat_of(leg, told, self._now())
            if seat is not None and leg not in known:
                self._seats.append(seat)

    def at(self, agent: str, actor: str) -> list[Seat]:
        """Theirs beside this agent, whether it rings or was answered."""
        return [
            one
            for one in self._seats
            if (one.agent, one.who.actor) == (agent, actor) and one.leg and self._lives(one)
        ]

    def taken(self) -> list[Seat]:
        """All whose telephone rings or was answered."""
        return [one for one in self._seats if one.leg and self._lives(one)]

    def answered(self) -> Mapping[str, Sequence[Seat]]:
        """By agent: who is beside them now."""
        legs = self._state().legs
        found: defaultdict[str, list[Seat]] = defaultdict(list)
        for one in self._seats:
            leg = legs.get(one.leg) if one.leg else None
            if leg is not None and leg.up:
                found[one.agent].append(one)
        return found

    def _lives(self, seat: Seat) -> bool:
        if seat.leg is None:
            return True
        state = self._state()
        if seat.leg in state.legs:
            return True
        return seat.leg not in state.spent and self._now() - seat.at < _RINGS_FOR
