"""Watches the board and raises, tells and clears alarms. Survives restarts by its rows."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

import structlog

from cti import alarm_limits, alarm_rows
from cti.alarm_rows import Alarm
from cti.alarms import (
    AlarmKind,
    AlarmRule,
    Change,
    Thing,
    Watch,
    readings,
    rule_for,
    shown,
    step,
    with_limits,
)
from cti.board import Board
from cti.queue_titles import TitlesNow, titled
from db.errors import AWAY, stop_if_cancelled
from db.pool import Connection, Pool

_log = structlog.get_logger(__name__)
_ACQUIRE_SECONDS = 5.0

_Reader = Callable[[Connection, str, datetime], Awaitable[int]]
"""Of a cell, now."""

Counted = Callable[[], float | None]
"""What a process knows without the database; None: not now."""

_AT_ONCE: Mapping[AlarmKind, _Reader] = {
    AlarmKind.DIALLING_CUT_OFF: alarm_rows.cut_off_telephones,
    AlarmKind.TRUNK_REFUSES: alarm_rows.refusing_trunks,
    AlarmKind.TRUNK_FULL: alarm_rows.used_channels,
}
_SLOW: Mapping[AlarmKind, _Reader] = {
    AlarmKind.RECORDINGS_FAILING: alarm_rows.failing_recordings,
    AlarmKind.DEADLINES_STUCK: alarm_rows.stuck_deadlines,
    AlarmKind.PINS_GUESSED: alarm_rows.guessing_lines,
    AlarmKind.MESSAGES_HELD: alarm_rows.held_messages,
}


class AlarmBell:
    """`run()` belongs to a supervisor of services. `board` gives the whole board without alarms."""

    def __init__(
        self,
        board: Callable[[], Board],
        pool: Callable[[], Pool],
        rules: Sequence[AlarmRule],
        now: Callable[[], datetime],
        *,
        cell: str,
        tell: bool,
        every: float = 1.0,
        slow_every: float = 30.0,
        unheard: Callable[[], Mapping[str, float] | None] = dict,
        titles: TitlesNow = dict,
        counted: Mapping[AlarmKind, Counted] | None = None,
    ) -> None:
        """`rules`: of the settings; supervisors change their limits. `tell`: by webhook too.

        `unheard`: for how many seconds nothing was heard of each other cell, None while we cannot
        listen; `titles`: what people read for the queues; `counted`: of this process. `every`,
        `slow_every` (what takes longer to count): seconds between looks.
        """
        self._board = board
        self._pool = pool
        self._given = tuple(rules)
        self._rules = self._given
        self._now = now
        self._cell = cell
        self._tell = tell
        self._every = every
        self._slow_every = slow_every
        self._watches: dict[Thing, Watch] = {}
        self._open: tuple[Alarm, ...] = ()
        self._readings: dict[Thing, float | None] = {}
        self._counted = counted or {}
        self._slow: dict[AlarmKind, float | None] = {}
        self._slow_at = 0.0
        self._unheard_of = unheard
        self._unheard: Mapping[str, float] | None = None
        self._titles = titles

    def standing(self) -> list[dict[str, Any]]:
        """For the board, JSON-ready: what stands, with the figure as it is now."""
        return [
            {
                "id": str(one.id),
                "cell": one.cell,
                "kind": one.kind.value,
                "queue": one.queue,
                "shown": shown(one.kind, self._value(one.thing, one.value)),
                "raised_at": one.raised_at.isoformat(),
                "acknowledged": one.acknowledged_at is not None,
            }
            for one in self._open
        ]

    async def run(self) -> None:
        """Look until cancelled. What could not be written is tried again at the next look."""
        while True:
            try:
                await self.look()
            except AWAY as error:
                stop_if_cancelled()
                _log.warning("alarms wait for the database", error=repr(error))
            await asyncio.sleep(self._every)

    async def look(self) -> None:
        """One look. Raises one of `db.errors.AWAY`; nothing is forgotten then."""
        pool, now = self._pool(), self._now()
        self._rules = with_limits(self._given, await alarm_limits.standing(pool))
        await self._read(pool, now)
        self._open = tuple(await alarm_rows.open_alarms(pool, self._cell))
        raised = {one.thing for one in self._open}
        # A queue that is on no board any more has nobody in it, and no service level.
        gone = {thing: self._gone(thing) for thing in raised - self._readings.keys()}
        changed = await self._drop_unwatched(pool, now)
        for thing, value in {**self._readings, **gone}.items():
            rule = rule_for(self._rules, thing)
            if rule is None:
                continue
            before = replace(self._watches.get(thing, Watch()), raised=thing in raised)
            after, change = step(rule, before, value, now)
            if change is not None and value is not None:
                await self._write(pool, change, thing, rule.threshold, value, now)
                changed = True
            self._watches[thing] = after
        if changed:
            self._open = tuple(await alarm_rows.open_alarms(pool, self._cell))

    async def _drop_unwatched(self, pool: Pool, now: datetime) -> bool:
        """Clear what stands and has no limit any more: else nothing would ever clear it."""
        dropped = [one for one in self._open if rule_for(self._rules, one.thing) is None]
        for one in dropped:
            value = self._value(one.thing, one.value)
            await self._write(pool, Change.CLEARED, one.thing, one.threshold, value, now)
            self._watches.pop(one.thing, None)
        return bool(dropped)

    async def _write(
        self, pool: Pool, change: Change, thing: Thing, threshold: float, value: float,
        now: datetime,
    ) -> None:  # fmt: skip
        write = alarm_rows.raise_alarm if change is Change.RAISED else alarm_rows.clear_alarm
        about = titled(self._titles(), thing.queue, alarm_rows.LANGUAGE) if thing.queue else "-"
        cell = thing.cell or self._cell
        await write(pool, cell, thing, threshold, value, now, about=about, tell=self._tell)
        _log.warning("alarm " + change, kind=thing.kind, cell=cell, queue=thing.queue, value=value)

    async def _read(self, pool: Pool, now: datetime) -> None:
        loop = asyncio.get_running_loop()
        if loop.time() >= self._slow_at:
            self._slow = await self._asked(pool, _SLOW, now)
            self._slow_at = loop.time() + self._slow_every
        at_once = await self._asked(pool, _AT_ONCE, now)
        counted = {kind: count() for kind, count in self._counted.items()}
        self._unheard = self._unheard_of()
        self._readings = readings(
            self._board(), {**self._slow, **at_once, **counted}, self._unheard
        )

    async def _asked(
        self, pool: Pool, readers: Mapping[AlarmKind, _Reader], now: datetime
    ) -> dict[AlarmKind, float | None]:
        """What a rule is there for, by the database."""
        wanted = readers.keys() & {rule.kind for rule in self._rules}
        if not wanted:
            return {}
        async with pool.acquire(timeout=_ACQUIRE_SECONDS) as conn:
            return {kind: await readers[kind](conn, self._cell, now) for kind in wanted}

    def _value(self, thing: Thing, otherwise: float) -> float:
        value = self._readings.get(thing)
        return otherwise if value is None else value

    def _gone(self, thing: Thing) -> float | None:
        """What a thing is now that is in no reading. A cell that is not missed speaks (we do), or
        was forgotten; while we cannot listen that is not known.
        """
        if thing.kind is AlarmKind.CELL_SILENT and self._unheard is None:
            return None
        return 1.0 if thing.kind is AlarmKind.SERVICE_LEVEL else 0.0
