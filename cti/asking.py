"""Agents who ask somebody while their citizen waits, as Asterisk has it: for their pages."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from uuid import UUID

from cti.events import Leg
from cti.legs import Legs, who_is
from cti.state import State


class Step(StrEnum):
    """How far whoever is asked has come. `NOBODY`: not rung yet, or gone again."""

    NOBODY = "nobody"
    RINGING = "ringing"
    ANSWERED = "answered"
    IN_ROOM = "in_room"


@dataclass(frozen=True, slots=True)
class Asking:
    """The citizen waits. `who` is asked: `agent:1002`, `number`, or empty."""

    step: Step = Step.NOBODY
    who: str = ""

    def fields(self) -> dict[str, Any]:
        """JSON-ready."""
        return {"step": self.step, "who": self.who}


def askings(state: State, on_hold: Set[UUID]) -> dict[str, Asking]:
    """By the agent who has the call. `on_hold`: calls whose citizen waits."""
    beside: defaultdict[UUID, list[Leg]] = defaultdict(list)
    for leg in state.legs.values():
        if leg.call_id in on_hold and leg.call_id is not None and not leg.citizen:
            beside[leg.call_id].append(leg)
    calls = [call for id in on_hold if (call := state.calls.get(id)) is not None]
    return {
        call.agent_id: _asking(
            [leg for leg in beside[call.id] if leg.channel_id != call.agent_leg], state.inside
        )
        for call in calls
        if call.agent_id is not None
    }


def _asking(beside: Iterable[Leg], inside: Set[str]) -> Asking:
    steps = {
        Step.IN_ROOM if leg.channel_id in inside else Step.ANSWERED if leg.up else Step.RINGING: leg
        for leg in beside
    }
    for step in (Step.IN_ROOM, Step.ANSWERED, Step.RINGING):
        if (leg := steps.get(step)) is not None:
            return Asking(step, who_is(leg))
    return Asking()


class Askings:
    """What was so when it was last looked at."""

    def __init__(self, legs: Legs) -> None:
        self._legs = legs
        self._seen = State()
        self._on_hold: Set[UUID] = frozenset()
        self.now: Mapping[str, Asking] = {}

    def look(self) -> set[str]:
        """Agents of whom something else is so now."""
        seen, state = self._seen, self._legs.state
        same = state.legs is seen.legs and state.calls is seen.calls and state.inside is seen.inside
        if same and self._legs.on_hold == self._on_hold:
            return set()
        self._seen, self._on_hold = state, frozenset(self._legs.on_hold)
        before, self.now = self.now, askings(state, self._on_hold) if self._on_hold else {}
        return {agent for agent, _ in before.items() ^ self.now.items()}
