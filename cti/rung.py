"""Legs beside a citizen's that we asked for: whom each is, and whether it may come yet."""

from collections.abc import Callable, Container, Iterable
from datetime import datetime, timedelta
from uuid import UUID

from cti.directory import Target
from cti.state import State

COMES_WITHIN = timedelta(seconds=35)
"""A leg of which no event has told by then will not come."""


class Rung:
    """`sides`: the legs, and the calls they are for; those of a server before us, too."""

    def __init__(self, state: Callable[[], State], now: Callable[[], datetime]) -> None:
        self._state = state
        self._now = now
        self.sides: dict[str, UUID] = {}
        self._asked: dict[str, datetime] = {}  # when each was asked for, of late
        self._whom: dict[str, Target | None] = {}  # None: a supervisor, who joins unasked
        self._given_up: set[str] = set()  # before any event told of them

    def ask(self, leg: str, call_id: UUID, whom: Target | None) -> None:
        """It is about to be asked for: it may be over before we are answered."""
        self.sides[leg] = call_id
        now = self._now()
        self._asked = {id: at for id, at in self._asked.items() if now - at < COMES_WITHIN}
        self._asked[leg] = now
        live = self._asked.keys() | self._state().legs.keys()
        self._whom = {id: who for id, who in self._whom.items() if id in live}
        self._whom[leg] = whom
        self._given_up &= live

    def refused(self, leg: str) -> None:
        """It will not come."""
        self.sides.pop(leg, None)

    def coming(self, call_id: UUID) -> list[str]:
        """Legs of which no event has told yet."""
        return [leg for leg in self._asked if self.sides.get(leg) == call_id and self.may_come(leg)]

    def may_come(self, leg: str) -> bool:
        """Whether it is one of those."""
        state = self._state()
        told = leg in state.legs or leg in state.spent or leg in self._given_up
        at = self._asked.get(leg)
        late = at is None or at <= self._now() - COMES_WITHIN
        return not told and not late

    def was(self, legs: Iterable[str], target: Target) -> bool:
        """Whether one of these is this very target."""
        return any(self._whom.get(leg) == target for leg in legs)

    def called(self, leg: str) -> bool:
        """Whether it was called for the citizen; in doubt it was. No supervisor is, who joins."""
        return self._whom.get(leg, leg) is not None

    def emergency(self, legs: Iterable[str]) -> str:
        """The code of the emergency service that is among these; empty: none is."""
        targets = (self._whom.get(leg) for leg in legs)
        return next((one.emergency for one in targets if one is not None and one.emergency), "")

    def give_up(self, legs: Iterable[str]) -> None:
        """These are being ended; what comes of them yet is to be ended then."""
        self._given_up |= {leg for leg in legs if self.may_come(leg)}

    def came_in_vain(self, before: Container[str], after: Container[str]) -> list[str]:
        """Those that were given up before they were seen, and are there now."""
        return [leg for leg in self._given_up if leg in after and leg not in before]
