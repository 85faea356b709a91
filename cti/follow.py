"""What follows from changes of calls that agents have taken further: short jobs, in order."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Set
from functools import partial
from uuid import UUID

import structlog

from cti.asking import Askings
from cti.clicks import Clicks
from cti.effects import AgentHungUp, AgentReleased
from cti.errors import AmiError
from cti.keeping import Keeping
from cti.leaving import Leaving
from cti.legs import Legs
from cti.state import State, call_of

_log = structlog.get_logger(__name__)
_BOUND = 1_000

Job = Callable[[], Awaitable[None]]


class FollowUps:
    """`observe()` never waits; `run()` is the one worker and belongs to a supervisor. `done()`:
    something followed, and who waits may be different.
    """

    def __init__(self, legs: Legs, keeping: Keeping, leaving: Leaving, clicks: Clicks) -> None:
        self._legs = legs
        self._keeping = keeping
        self._leaving = leaving
        self._clicks = clicks
        self._jobs: asyncio.Queue[Job] = asyncio.Queue(_BOUND)
        self.askings = Askings(legs)
        self.done: Callable[[], None] = lambda: None
        self.dropped = 0

    def observe(self, before: State, after: State) -> None:
        """Side legs that came into their room, or are gone; citizens who came to a queue, or whom
        an agent calls.
        """
        if before.waiting is not after.waiting:
            for leg_id in after.waiting.keys() - before.waiting.keys():
                self._queued(leg_id, after)
        if before.inside is not after.inside:
            for leg_id in self._clicks.waiting & after.inside:
                self._add(partial(self._clicks.agent_joined, leg_id))
            for leg_id in after.inside - before.inside:
                self._came_in(leg_id, before, after)
        if before.legs is not after.legs:
            for leg_id in self._legs.rung.came_in_vain(before.legs, after.legs):
                self._add(partial(self._legs.hang_up, leg_id))
            for call_id in self._clicks.calls_now(before, after):
                self._add(partial(self._leaving.rings_in_vain, call_id))
        if before.spent is not after.spent:
            for leg_id in self._clicks.waiting & after.spent.keys():
                self._clicks.agent_gone(leg_id)
            for leg_id in self._legs.rung.sides.keys() & after.spent.keys():
                call_id = self._legs.rung.sides.pop(leg_id)
                self._add(partial(self._leaving.side_left, call_id))

    def _queued(self, leg_id: str, after: State) -> None:
        """A citizen waits in a queue: on hold no more, and nobody is to come into an empty room."""
        call_id = call_of(after, leg_id)
        if call_id is None:
            return
        self._legs.on_hold.discard(call_id)
        for side, of in self._legs.rung.sides.items():
            if of == call_id and side not in after.inside:
                self._add(partial(self._legs.hang_up, side))

    def _came_in(self, leg_id: str, before: State, after: State) -> None:
        """A leg is in its room. For whom its citizen waited is known before: that ends by it."""
        if leg_id in self._clicks.waiting:
            return
        call_id = call_of(after, leg_id)
        call = before.calls.get(call_id) if call_id is not None else None
        awaited = None if call is None else call.awaited
        if leg_id in self._legs.rung.sides:
            self._add(partial(self._keeping.side_joined, leg_id, awaited))
        elif call is not None and leg_id == call.citizen_leg:
            if awaited is not None:
                self._add(partial(self._leaving.citizen_came, call.id, awaited))
            else:
                self._legs.joined(call)
                self._add(partial(self._leaving.found_alone, call.id))

    def holds_found(self, legs: Set[str], away: Mapping[str, str]) -> None:
        """Citizens' legs on hold, by a snapshot, and those that wait for an agent who was lost, who
        may be back unseen; who is alone in a room was left there unseen.
        """
        self._legs.holds_found(legs)
        for leg_id, agent_id in away.items():
            call_id = call_of(self._legs.state, leg_id)
            call = self._legs.state.calls.get(call_id) if call_id is not None else None
            if call is not None and call.agent_id == agent_id:
                self._add(partial(self._keeping.returned, call.id, agent_id))
        for call in self._legs.state.calls.values():
            if self._legs.alone(call):
                self._add(partial(self._leaving.found_alone, call.id))

    def agent_answered(self, call_id: UUID) -> None:
        """An agent talks in this call."""
        self._keeping.answered(call_id)
        self._add(partial(self._leaving.agent_answered, call_id))

    def agent_left(self, effect: AgentReleased) -> None:
        """An agent does not talk in this call any more."""
        self._add(partial(self._leaving.agent_left, effect))

    def agent_hung_up(self, effect: AgentHungUp) -> None:
        """They left by hanging up; told after that they left."""
        self._add(partial(self._leaving.agent_hung_up, effect))

    def citizen_left(self, call_id: UUID) -> None:
        """The citizen is gone, or was not reached."""
        self._clicks.over(call_id)
        self._add(partial(self._leaving.citizen_left, call_id))

    async def run(self) -> None:
        """Until cancelled. What Asterisk refuses has mostly gone by itself."""
        while True:
            job = await self._jobs.get()
            try:
                await job()
            except AmiError as error:
                _log.warning("follow-up of a call not done", error=str(error))
            self.done()

    def _add(self, job: Job) -> None:
        try:
            self._jobs.put_nowait(job)
        except asyncio.QueueFull:
            self.dropped += 1
            _log.error("too many follow-ups of calls, one is lost")
