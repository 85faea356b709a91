"""The one consumer of events: reduces them in order and carries out what follows.

Nothing here waits for the database: rows go through `Writes`, screen-pops fetch the caller's
history in tasks of their own.
"""

import asyncio
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from functools import partial
from uuid import UUID

import structlog

from calls.model import Outcome
from calls.store import end_if_open, set_agent_answered, set_agent_left, set_left_queue, set_waiting
from cti.ami import AmiLink
from cti.effects import (
    AgentAnswered,
    AgentHungUp,
    AgentReleased,
    CitizenLegEnded,
    CitizenWaits,
    Effect,
    LeftQueue,
    OfferToAgent,
    OfferWithdrawn,
    OriginateFailed,
    QueueAbandoned,
    RangOut,
)
from cti.errors import AmiError
from cti.events import MemberChanged, parse
from cti.floor import Floor
from cti.live import LiveState
from cti.message import AmiEvent, Connected
from cti.reducer import reduce
from cti.screenpop import ScreenPops
from cti.snapshot import resync, take
from cti.state import State
from cti.sweep import (
    YOUNG,
    Missing,
    end_as_lost,
    live_of,
    sweep,
    sweep_of_before,
    without_channel,
)
from cti.unanswered import Unanswered
from cti.writes import Writes
from db.pool import Connection

_log = structlog.get_logger(__name__)
_OTHER_WITNESS = 2.0
_LOST_AFTER = 15.0  # seconds in which a call flow writes the exact outcome itself
_SWEEP_EVERY = 60.0
_GONE_BEFORE = 1.5  # the same, of what ended before we looked: its flow has, or there was none


class Consumer:
    """`run()` belongs to a supervisor; when it is started again, it begins with a snapshot."""

    def __init__(
        self,
        link: AmiLink,
        live: LiveState,
        screen_pops: ScreenPops,
        writes: Writes,
        *,
        cell: str,
        floor: Floor,
        members_changed: Callable[[], None],
        seats_found: Callable[[Mapping[str, str]], None],
        now: Callable[[], datetime],
        lost_after: float = _LOST_AFTER,
        unanswered_wait: float = _OTHER_WITNESS,
        sweep_every: float = _SWEEP_EVERY,
    ) -> None:
        self._link = link
        self._live = live
        self._screen_pops = screen_pops
        self._writes = writes
        self._cell = cell
        self._floor = floor
        self._members_changed = members_changed
        self._seats_found = seats_found
        self._now = now
        self._began = now()
        self._lost_after = lost_after
        self._unanswered = Unanswered(writes, live.has_citizen, wait=unanswered_wait)
        self._sweep_every = sweep_every
        self._missing = Missing(sweep_every)
        self.taken = 0
        self.resyncs = 0
        self.abandoned = 0

    def live_calls(self) -> frozenset[UUID] | None:
        """Our calls that have a channel right now; None while that cannot be known."""
        return frozenset(self._live.state.calls) if self._link.ready else None

    async def run(self) -> None:
        """Take events until cancelled."""
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._look(), name="calls without a channel")
                while True:
                    item = await self._link.next()
                    if isinstance(item, Connected):
                        await self._synchronise(item, tasks)
                    else:
                        self._take(item, tasks)
        finally:
            # What was being done may be half done: the next run begins with a snapshot.
            self._link.drop("the consumer stopped")

    def _take(self, item: AmiEvent, tasks: asyncio.TaskGroup) -> None:
        self.taken += 1
        event = parse(item)
        if event is None:
            return
        before = self._live.state
        self._live.state, effects = reduce(before, event, self._now())
        self._follow(before, effects, tasks)
        if isinstance(event, MemberChanged):
            self._floor.member_changed(event.agent_id)

    async def _synchronise(self, connected: Connected, tasks: asyncio.TaskGroup) -> None:
        try:
            snapshot = await take(self._link)
        except AmiError as error:
            _log.warning("no snapshot, connecting again", error=str(error))
            self._link.drop("no snapshot")
            return
        self.resyncs += 1
        before = self._live.state
        self._live.state, effects = resync(before, snapshot, self._now())
        self._floor.holds_found(
            snapshot.on_hold,
            {leg: agent for leg, agent in snapshot.waits_for.items() if leg in snapshot.away},
        )
        self._seats_found(snapshot.beside)
        self._link.synchronised(connected)
        self._follow(before, effects, tasks, whole=True)
        self._members_changed()
        self._writes.add("sweep", self._sweep, alone=True, yields=True)
        if self.resyncs == 1:
            # Agents whose citizen went while no server ran: nobody else lets them go.
            for call in self._live.state.calls.values():
                if call.citizen_leg is None:
                    self._floor.citizen_gone(call.id)
            self._writes.add(
                "sweep of before",
                self._sweep_of_before,
                delay=_GONE_BEFORE,
                alone=True,
                yields=True,
            )
        # Once more for those that were too young to be judged.
        late = YOUNG.total_seconds() + 5
        self._writes.add("sweep", self._sweep, delay=late, alone=True, yields=True)

    def _follow(
        self,
        before: State,
        effects: Iterable[Effect],
        tasks: asyncio.TaskGroup,
        *,
        whole: bool = False,
    ) -> None:
        for effect in effects:
            self._carry_out(effect, tasks)
            if isinstance(effect, AgentReleased):
                call = before.calls.get(effect.call_id)
                self._floor.released(effect, call.queue if call else "")
            elif isinstance(effect, AgentAnswered):
                now_in = self._live.state.calls.get(effect.call_id)
                self._floor.answered(effect, now_in.queue if now_in else "")
            elif isinstance(effect, AgentHungUp):
                self._floor.hung_up(effect)
            elif isinstance(effect, RangOut):
                self._floor.rang_out(effect)
            elif isinstance(effect, CitizenLegEnded | OriginateFailed):
                self._floor.citizen_gone(effect.call_id)
        self._floor.observe(before, whole=whole)

    def _carry_out(self, effect: Effect, tasks: asyncio.TaskGroup) -> None:
        match effect:
            case OfferToAgent():
                self._screen_pops.offer(effect, tasks)
            case AgentAnswered(call_id, agent_id, at):
                self._screen_pops.tell(effect)
                answered = partial(set_agent_answered, call_id=call_id, agent_id=agent_id, at=at)
                self._writes.add("agent answered", answered, call_id=call_id)
            case CitizenWaits(call_id, queue, at):
                waits = partial(set_waiting, call_id=call_id, queue=queue, at=at)
                self._writes.add("citizen waits", waits, call_id=call_id)
            case LeftQueue(call_id, at):
                gone = partial(set_left_queue, call_id=call_id, at=at)
                self._writes.add("citizen left the queue", gone, call_id=call_id)
            case AgentReleased(call_id, agent_id, at):
                self._screen_pops.tell(effect)
                left = partial(set_agent_left, call_id=call_id, agent_id=agent_id, at=at)
                self._writes.add("agent left", left, call_id=call_id)
            case OfferWithdrawn():
                self._screen_pops.tell(effect)
            case CitizenLegEnded(outbound=True, answered=False, witnessed=True):
                self._unanswered.leg_ended(effect)
            case CitizenLegEnded(call_id, at=at):
                self._unanswered.answered(call_id)
                lost = partial(end_if_open, call_id=call_id, outcome=Outcome.LOST, at=at)
                delay = self._lost_after if effect.witnessed else _GONE_BEFORE
                delay = min(delay, self._lost_after)
                self._writes.add("call ended", lost, call_id=call_id, delay=delay, yields=True)
            case OriginateFailed():
                self._unanswered.originate_failed(effect)
            case QueueAbandoned():
                self.abandoned += 1

    async def _look(self) -> None:
        """The end of a call may be lost on its way into its row: nobody would call them again."""
        while True:
            await asyncio.sleep(self._sweep_every)
            if not self._writes.away:
                self._writes.add("sweep", self._end_missing, alone=True, yields=True)

    async def _end_missing(self, conn: Connection) -> None:
        if self._link.ready:
            live, now = live_of(self._live.state), self._now()
            missing = await without_channel(conn, self._cell, live, now)
            overdue = self._missing.overdue(missing, asyncio.get_running_loop().time())
            await end_as_lost(conn, overdue, now)

    async def _sweep(self, conn: Connection) -> None:
        if self._link.ready:
            await sweep(conn, self._cell, live_of(self._live.state), self._now())

    async def _sweep_of_before(self, conn: Connection) -> None:
        if self._link.ready:
            live = live_of(self._live.state)
            await sweep_of_before(conn, self._cell, live, self._began, self._now())
