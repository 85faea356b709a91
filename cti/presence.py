"""Pauses and wrap-ups: what agents want is kept as rows, and Asterisk is held to it.

Asterisk's own word (the state) is compared with what is wanted after every event that could
matter; where they differ, QueuePause is sent until they agree.
"""

import asyncio
import contextlib
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial
from uuid import UUID

import asyncpg
import structlog

from calls.reporting import IST, day_bounds
from cti.ami import AmiLink
from cti.errors import AmiError, NotAllowedError, NotNowError
from cti.state import State
from cti.views import WRAP_UP, pause_in_force
from cti.why import Why
from cti.wishes import Wish, WrapUp
from cti.writes import Writes
from db.errors import AWAY, stop_if_cancelled
from db.pool import Connection, Pool
from db.statements import statements
from dialplans.names import agent_interface

_log = structlog.get_logger(__name__)
_ACQUIRE_SECONDS = 5.0
_NOTHING = Wish()
FORCED = "forced"
NO_ANSWER = "no_answer"
"""Reasons of ours, as the rows of `pause_reason` have them."""


@dataclass(frozen=True, slots=True)
class PauseReason:
    """A row of `pause_reason`."""

    code: str
    name_hi: str
    name_en: str
    ours: bool = False  # given by a supervisor or by us: not an agent's to choose


class Presence:
    """`run()` belongs to a supervisor. Agents' wishes are changed from the loop, without waiting.

    `wrap_up`: seconds by queue. `ring_outs`: how many calls in a row, by queue, may ring unanswered
    before the agent is paused; 0 or not there: any number. `changed(agent)`: what the agent's page
    shows may be different.
    """

    def __init__(
        self,
        link: AmiLink,
        state: Callable[[], State],
        pool: Callable[[], Pool],
        writes: Writes,
        *,
        cell: str,
        wrap_up: Mapping[str, int],
        ring_outs: Mapping[str, int],
        now: Callable[[], datetime],
        retry: float = 1.0,
    ) -> None:
        self._link = link
        self._state = state
        self._pool = pool
        self._writes = writes
        self._cell = cell
        self._wrap_up = wrap_up
        self._ring_outs = ring_outs
        self._rang_out: Counter[str] = Counter()  # in a row; a restart of ours begins anew
        self._now = now
        self._retry = retry
        self._wishes: dict[str, Wish] = {}
        self._forced_on: dict[str, date] = {}  # who signed out in a supervisor's pause, when
        self._began = now()
        self._early: set[str] | None = set()  # signed in before that was read; None: it is
        self._differing: set[str] = set()
        self._talking: set[str] = set()  # in a call that a wrap-up follows
        self._leaving: frozenset[str] = frozenset()
        self._woken = asyncio.Event()
        self.reasons: Mapping[str, PauseReason] = {}
        self.changed: Callable[[str], None] = lambda _agent: None
        self.refused = 0

    def wish(self, agent_id: str) -> Wish:
        """What this agent wants now."""
        return self._wishes.get(agent_id, _NOTHING).at(self._now())

    def settled(self, agent_id: str) -> bool:
        """Whether Asterisk does what the agent wants, as far as pauses go."""
        return pause_in_force(self._state(), agent_id) == self.wanted(agent_id)

    def wanted(self, agent_id: str) -> str | None:
        """Why Asterisk is to give this agent no calls; None: it is to give them.

        Who talks in a call that a wrap-up follows is paused for it already: between the end of the
        call and a pause that came only then, another queue would ring them.
        """
        wish = self.wish(agent_id)
        if agent_id in self._talking:
            return WRAP_UP
        return wish.pause or (FORCED if agent_id in self._leaving else None)

    def pause(self, agent_id: str, reason: str) -> None:
        """Give no calls, by the agent's word. Raises `NotAllowedError` for a reason that there is
        not, `NotNowError` while a supervisor has paused them.
        """
        found = self.reasons.get(reason)
        if found is None or found.ours:
            raise NotAllowedError(Why.NO_SUCH_PAUSE)
        self._not_forced(agent_id)
        self._pause(agent_id, reason)

    def force_pause(self, agent_id: str) -> None:
        """Give no calls, by a supervisor's word, and until a supervisor ends it."""
        self._pause(agent_id, FORCED)

    def rang_out(self, agent_id: str, queue: str) -> None:
        """A call of this queue rang at the agent's telephone, and they did not answer."""
        self._rang_out[agent_id] += 1
        most = self._ring_outs.get(queue, 0)
        if most and self._rang_out[agent_id] >= most and self.wish(agent_id).pause is None:
            _log.info("agent does not answer, paused", agent=agent_id, queue=queue, calls=most)
            self._pause(agent_id, NO_ANSWER)

    def ready(self, agent_id: str) -> None:
        """Give calls, by the agent's word. Raises `NotNowError` in a supervisor's pause."""
        self._not_forced(agent_id)
        self._ready(agent_id)

    def force_ready(self, agent_id: str) -> None:
        """Give calls, by a supervisor's word."""
        self._not_early(agent_id)
        self._ready(agent_id)

    def _ready(self, agent_id: str) -> None:
        self._rang_out.pop(agent_id, None)
        self._put(agent_id, self.wish(agent_id).ready())

    def end_wrap_up(self, agent_id: str) -> None:
        """Done before the time is up. Raises `NotNowError`."""
        self._put(agent_id, self.wish(agent_id).wrapped_up())

    def extend_wrap_up(self, agent_id: str) -> None:
        """As long again, once. Raises `NotNowError`."""
        self._put(agent_id, self.wish(agent_id).extended())

    def in_call(self, agent_id: str, queue: str) -> None:
        """The agent has answered a call of this queue."""
        self._rang_out.pop(agent_id, None)
        if self._wrap_up.get(queue, 0):
            self._talking.add(agent_id)
            self._differ(agent_id)

    def after_call(self, agent_id: str, call_id: UUID, queue: str) -> None:
        """The agent has done with a call of this queue."""
        limit = timedelta(seconds=self._wrap_up.get(queue, 0))
        self._talking.discard(agent_id)
        self._differ(agent_id)
        if limit:
            self._put(agent_id, self.wish(agent_id).after_call(call_id, limit, self._now()))

    def forget(self, agent_id: str) -> None:
        """The agent has signed out: a pause does not outlive that, but a supervisor's for the rest
        of the day in India.
        """
        if self._wishes.pop(agent_id, _NOTHING).reason == FORCED:
            self._forced_on[agent_id] = self._today()
        else:
            self._forced_on.pop(agent_id, None)
        self._not_early(agent_id)
        self._rang_out.pop(agent_id, None)

    def signed_in(self, agent_id: str) -> None:
        """Signing out and in again is no way round a supervisor's pause."""
        if self._forced_on.pop(agent_id, None) == self._today():
            self._pause(agent_id, FORCED)
        elif self._early is not None:
            self._early.add(agent_id)

    def let_go(self, leaving: frozenset[str]) -> None:
        """Who is on the roster no more and ends what they are in: no call after that."""
        changed, self._leaving = self._leaving ^ leaving, leaving
        for agent_id in changed:
            self._differ(agent_id)

    def check(self, agent_id: str) -> None:
        """Asterisk's word on this agent may have changed."""
        if not self.settled(agent_id):
            self._differ(agent_id)

    def check_all(self) -> None:
        """The whole state is new."""
        for agent_id in {agent for _, agent in self._state().members}:
            self.check(agent_id)

    async def run(self) -> None:
        """Until cancelled."""
        if self._early is not None:
            await self._resume()
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._next_end()):
                    await self._woken.wait()
            self._woken.clear()
            self._end_wrap_ups()
            if self._link.ready and not await self._settle():
                await asyncio.sleep(self._retry)
                self._woken.set()

    def _not_forced(self, agent_id: str) -> None:
        if self.wish(agent_id).reason == FORCED:
            raise NotNowError(Why.PAUSED_BY_SUPERVISOR)

    def _not_early(self, agent_id: str) -> None:
        if self._early is not None:
            self._early.discard(agent_id)

    def _today(self) -> date:
        return self._now().astimezone(IST).date()

    def _pause(self, agent_id: str, reason: str) -> None:
        self._rang_out.pop(agent_id, None)
        self._put(agent_id, self.wish(agent_id).paused(reason))

    def _put(self, agent_id: str, wish: Wish) -> None:
        self._wishes[agent_id] = wish
        wrap_up = wish.wrap_up
        row = {
            "agent_id": agent_id,
            "pause_reason": wish.reason,
            "wrap_up_call": wrap_up and wrap_up.call_id,
            "wrap_up_until": wrap_up and wrap_up.until,
            "wrap_up_seconds": wrap_up and int(wrap_up.limit.total_seconds()),
            "wrap_up_extended": wrap_up is not None and wrap_up.extended,
        }
        self._writes.add("pause", partial(_write_wish, row), agent_id=agent_id)
        self._differ(agent_id)
        self.changed(agent_id)

    def _differ(self, agent_id: str) -> None:
        self._differing.add(agent_id)
        self._woken.set()

    def _next_end(self) -> float | None:
        """Seconds to the first end of a wrap-up. At most a minute: the clock may be changed."""
        ends = [wish.wrap_up.until for wish in self._wishes.values() if wish.wrap_up]
        if not ends:
            return None
        return min(60.0, max(0.0, (min(ends) - self._now()).total_seconds()))

    def _end_wrap_ups(self) -> None:
        now = self._now()
        wrapping_up = [one for one in self._wishes.items() if one[1].wrap_up is not None]
        for agent_id, wish in wrapping_up:
            if (left := wish.at(now)) != wish:
                self._put(agent_id, left)

    async def _settle(self) -> bool:
        """Send what differs; whether everything was answered."""
        answered = True
        for agent_id in sorted(self._differing):
            self._differing.discard(agent_id)
            if not any(agent == agent_id for _, agent in self._state().members):
                continue  # becomes a member with its pause, or not at all
            if self.settled(agent_id):
                self.changed(agent_id)
                continue
            try:
                await self._tell_asterisk(agent_id, self.wanted(agent_id))
            except AmiError as error:
                _log.warning("pause not set yet", agent=agent_id, error=str(error))
                self._differing.add(agent_id)
                answered = False
        return answered

    async def _tell_asterisk(self, agent_id: str, reason: str | None) -> None:
        fields = {
            "Interface": agent_interface(agent_id),
            "Paused": "false" if reason is None else "true",
            "Reason": reason or "",
        }
        reply = await self._link.action("QueuePause", fields)
        if not reply.ok and "not found" not in reply.message.lower():
            self.refused += 1
            _log.error("pause refused", agent=agent_id, message=reply.message)

    async def _resume(self) -> None:
        """What was wanted when we stopped; what was said since then is newer."""
        while True:
            try:
                async with self._pool().acquire(timeout=_ACQUIRE_SECONDS) as conn:
                    rows = [r async for r in statements().desk_pause_reasons(conn)]
                    wishes = [r async for r in statements().desk_wishes(conn, cell=self._cell)]
                    since, _ = day_bounds(self._today(), self._today())
                    forced = statements().desk_forced(
                        conn, cell=self._cell, reason=FORCED, since=since, before=self._began
                    )
                    left = [row["agent_id"] async for row in forced]
                break
            except AWAY as error:
                stop_if_cancelled()
                _log.warning("pauses not read yet", error=repr(error))
                await asyncio.sleep(1.0)
        self.reasons = {row["code"]: PauseReason(**row) for row in rows}
        self._forced_on = dict.fromkeys(left, self._today()) | self._forced_on
        for row in wishes:
            self._wishes.setdefault(row["agent_id"], _wish(row))
            self._differ(row["agent_id"])
        early, self._early = self._early or set(), None
        for agent_id in sorted(early):
            self.signed_in(agent_id)


async def _write_wish(row: Mapping[str, object], conn: Connection) -> None:
    await statements().desk_set_wish(conn, **row)


def _wish(row: asyncpg.Record) -> Wish:
    if row["wrap_up_call"] is None:
        return Wish(row["pause_reason"])
    limit = timedelta(seconds=row["wrap_up_seconds"])
    wrap_up = WrapUp(row["wrap_up_call"], row["wrap_up_until"], limit, row["wrap_up_extended"])
    return Wish(row["pause_reason"], wrap_up)
