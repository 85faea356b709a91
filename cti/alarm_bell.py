"""Watches the board and raises, tells and clears alarms. Survives restarts by its rows."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import structlog

from access import pins
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
from db.pool import Pool

_log = structlog.get_logger(__name__)
_HOUR = timedelta(hours=1)
_STUCK = timedelta(minutes=10)
_GUESSED_LATELY = timedelta(minutes=10)


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
        recordings_every: float = 30.0,
        unheard: Callable[[], Mapping[str, float] | None] = dict,
        titles: TitlesNow = dict,
        rows_kept: Callable[[], int] = int,
        rows_lost: Callable[[], int] = int,
        disk_used: Callable[[], float | None] = lambda: None,
    ) -> None:
        """`rules`: of the settings; supervisors change their limits. `tell`: by webhook too.

        `unheard`: for how many seconds nothing was heard of each other cell, None while we cannot
        listen; `titles`: what people read for the queues; `rows_kept`: rows of calls in files;
        `rows_lost`: rows of events that were not written in the last hour;
        `disk_used`: share of the fullest disk, None: not known.
        `every`, `recordings_every` (deadlines and PINs too): seconds between looks.
        """
        self._board = board
        self._pool = pool
        self._given = tuple(rules)
        self._rules = self._given
        self._now = now
        self._cell = cell
        self._tell = tell
        self._every = every
        self._recordings_every = recordings_every
        self._watches: dict[Thing, Watch] = {}
        self._open: tuple[Alarm, ...] = ()
        self._readings: dict[Thing, float | None] = {}
        self._failing: int | None = None
        self._stuck: int | None = None
        self._guessing: int | None = None
        self._rows_kept, self._rows_lost = rows_kept, rows_lost
        self._disk_used = disk_used
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
        wanted = {rule.kind for rule in self._rules}
        if loop.time() >= self._slow_at:
            if AlarmKind.RECORDINGS_FAILING in wanted:
                self._failing = await alarm_rows.failing_recordings(
                    pool, self._cell, now - _HOUR, now - _STUCK
                )
            if AlarmKind.DEADLINES_STUCK in wanted:
                self._stuck = await alarm_rows.stuck_deadlines(pool)
            if AlarmKind.PINS_GUESSED in wanted:
                self._guessing = await pins.resting_lines(pool, now - _GUESSED_LATELY, now)
            self._slow_at = loop.time() + self._recordings_every
        cut_off = None
        if AlarmKind.DIALLING_CUT_OFF in wanted:
            cut_off = await alarm_rows.cut_off_telephones(pool, self._cell)
        refusing = None
        if AlarmKind.TRUNK_REFUSES in wanted:
            refusing = await alarm_rows.refusing_trunks(pool, self._cell)
        self._unheard = self._unheard_of()
        self._readings = readings(
            self._board(), self._failing, cut_off, self._unheard, self._stuck, self._guessing,
            self._rows_kept(), self._rows_lost(), self._disk_used(), refusing,
        )  # fmt: skip

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
