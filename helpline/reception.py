"""What the inbound flows need of calls, complaints and settings, fitted to their ports."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TypeVar
from uuid import UUID

import structlog

from agi.hours import Opening, OpeningHours, Shift, opening, seats_by_hour, seats_planned
from agi.visit import Skill
from calls import admission as rules
from calls import waiting
from calls.admission import Limits, Verdict
from calls.model import NewCall
from calls.waiting import KeptPlace, Queued
from complaints import status
from complaints.calendar import IST
from complaints.status import Brief, Status
from cti.staffing import ALL_QUEUES, Plan, PlannedWeek
from db.errors import AWAY, stop_if_cancelled
from db.pool import Connection, Pool, read_within
from db.statements import statements
from helpline.clock import Clock
from helpline.options.cell import CellOptions, DayHours, QueueRoute
from helpline.settings import Settings

_log = structlog.get_logger(__name__)
_T = TypeVar("_T")
_ANY = "any"
_SECONDS = 1.0  # a citizen waits on the line
_HOLIDAYS_FOR = timedelta(minutes=10)


class Admission:
    """`agi.ports.Gate` by the rows of calls. Without a database everybody is let in."""

    def __init__(self, pool: Pool, limits: Limits, cell: str, now: Clock) -> None:
        self._pool = pool
        self._limits = limits
        self._cell = cell
        self._now = now
        self.refused = {str(one): 0 for one in Verdict if one is not Verdict.ADMIT}

    async def verdict(self, call: NewCall) -> Verdict:
        """Count and judge."""
        try:
            async with read_within(self._pool, _SECONDS) as conn:
                load = await rules.load(conn, number=call.number, cell=self._cell, now=self._now())
        except AWAY as error:
            stop_if_cancelled()
            _log.warning("caller not judged, let in", call=str(call.id), error=repr(error))
            return Verdict.ADMIT
        verdict = rules.judge(self._limits, load)
        if verdict is not Verdict.ADMIT:
            self.refused[verdict] += 1
            _log.warning(
                "caller not let in",
                call=str(call.id),
                verdict=verdict,
                caller_open=load.caller_open,
                caller_hour=load.caller_hour,
                trunks_open=load.trunks_open,
                pii={"number": call.number},
            )
        return verdict


class StatusRows:
    """`agi.ports.StatusBook` through the complaints' look-up."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def by_number(self, number: str) -> Status | None:
        """One complaint."""
        return await status.by_number(self._pool, number)

    async def of_contact(self, contact: str) -> Sequence[Brief]:
        """A number's open complaints."""
        return await status.of_contact(self._pool, contact)


class Places:
    """`agi.ports.PlaceBook` by the rows of calls."""

    def __init__(self, pool: Pool, cell: CellOptions, now: Clock, called: Sequence[str]) -> None:
        """`called`: what the numbers begin with that we call."""
        self._pool = pool
        self._cell = cell.name
        self._limits = {one.name: timedelta(seconds=one.wait_limit_seconds) for one in cell.queues}
        self._now = now
        self._called = called

    async def queue_now(self, queue: str) -> Queued | None:
        """How the queue stands; nothing without a database."""
        limit = self._limits.get(queue, waiting.LONGEST_TOLD)
        return await self._known(
            lambda conn: waiting.queue_now(conn, queue, self._cell, self._now(), limit)
        )

    async def keep(self, call_id: UUID, number: str, queue: str, priority: int) -> bool:
        """Write the row."""
        async with self._pool.acquire(timeout=_SECONDS) as conn:
            return await waiting.keep_place(
                conn,
                call_id,
                number,
                queue=queue,
                priority=priority,
                now=self._now(),
                called=self._called,
            )

    async def position(self, call_id: UUID) -> int | None:
        """Where a waiting call stands."""
        return await self._known(lambda conn: waiting.position(conn, call_id))

    async def kept(self, call_id: UUID) -> KeptPlace | None:
        """The place that waits for its caller."""
        return await self._known(lambda conn: waiting.kept_place(conn, call_id, self._cell))

    async def _known(self, read: Callable[[Connection], Awaitable[_T]]) -> _T | None:
        try:
            async with read_within(self._pool, _SECONDS) as conn:
                return await read(conn)
        except AWAY as error:
            stop_if_cancelled()
            _log.warning("queue not looked at", error=repr(error))
            return None


@dataclass(frozen=True, slots=True)
class QueueHours:
    """A queue's hours, and whose holidays count there."""

    hours: OpeningHours
    calendar: str


class OpeningBook:
    """`agi.ports.OpenNow` by shifts and the holidays on record, read anew every ten minutes."""

    def __init__(self, pool: Pool, queues: Mapping[str, QueueHours], now: Clock) -> None:
        self._pool = pool
        self._queues = queues
        self._now = now
        self._holidays: dict[str, frozenset[date]] = {}
        self._read_at: datetime | None = None

    async def __call__(self, queue: str | None = None) -> Opening:
        """Whether agents serve now, in that queue or in any."""
        now = self._now()
        await self._read(now)
        own = None if queue is None else self._queues.get(queue)
        asked = [own] if own else list(self._queues.values())
        found = [
            opening(one.hours, self._holidays.get(one.calendar, frozenset()), now) for one in asked
        ]
        if any(one.is_open for one in found):
            return Opening(True)
        return Opening(False, min((one.opens_at for one in found if one.opens_at), default=None))

    async def is_open(self, queue: str) -> bool:
        """Whether agents serve now in that queue."""
        return (await self(queue)).is_open

    async def seats(self) -> int:
        """How many seats are planned now, of all shifts that run."""
        now = self._now()
        await self._read(now)
        return sum(
            seats_planned(one.hours, self._holidays.get(one.calendar, frozenset()), now)
            for one in self._queues.values()
        )

    async def coming_week(self, queue: str) -> PlannedWeek | None:
        """The seats of that queue's shifts, from today on; None: nobody has planned any."""
        own = self._queues.get(queue)
        if own is None:
            return None
        now = self._now()
        await self._read(now)
        today, holidays = now.astimezone(IST).date(), self._holidays.get(own.calendar, frozenset())
        seats = seats_by_hour(own.hours, holidays, today)
        days = (today + timedelta(ahead) for ahead in range(7))
        marked = () if own.hours.holidays_too else holidays
        off = frozenset(day.weekday() for day in days if day in marked)
        return PlannedWeek(today, seats, off) if any(seats.values()) else None

    async def _read(self, now: datetime) -> None:
        calendars = {one.calendar for one in self._queues.values() if not one.hours.holidays_too}
        if not calendars:
            return
        if self._read_at is not None and abs(now - self._read_at) < _HOLIDAYS_FOR:
            return
        try:
            async with read_within(self._pool, _SECONDS) as conn:
                for calendar in sorted(calendars):
                    days = await statements().complaints_holidays(conn, calendar=calendar)
                    self._holidays[calendar] = frozenset(days)
        except AWAY as error:
            stop_if_cancelled()
            _log.warning("holidays not read, those known stand", error=repr(error))
            return
        self._read_at = now


def queue_routes(routes: Sequence[QueueRoute], default: str) -> Callable[[str, Skill], str]:
    """The first route that fits language and skill; else the cell's first queue."""

    def queue_for(language: str, skill: Skill) -> str:
        for route in routes:
            if route.language in (None, language) and route.skill in (None, skill):
                return route.queue
        return default

    return queue_for


def queue_languages(routes: Sequence[QueueRoute]) -> dict[str, str]:
    """The language of each queue in which callers of one language only wait."""
    spoken: dict[str, set[str]] = {}
    for route in routes:
        spoken.setdefault(route.queue, set()).add(route.language or _ANY)
    return {
        queue: language
        for queue, found in spoken.items()
        for language in found
        if len(found) == 1 and language != _ANY
    }


def admission(settings: Settings, pool: Pool, now: Clock) -> Admission:
    """The gate of these settings: what is reserved for emergencies is left free by all others."""
    guards = settings.guards
    limits = Limits(
        caller_at_once=guards.caller_at_once,
        caller_per_hour=guards.caller_per_hour,
        trunks_at_once=settings.feedback.trunk_channels - guards.emergency_reserve,
        trunk_per_hour=guards.trunk_per_hour,
    )
    return Admission(pool, limits, settings.cell.name, now)


def opening_book(settings: Settings, pool: Pool, now: Clock) -> OpeningBook:
    """The hours of these settings, for each of the cell's queues."""
    own = settings.hours.queues
    queues = {one.name: _hours(own.get(one.name, settings.hours)) for one in settings.cell.queues}
    return OpeningBook(pool, queues, now)


def planned_seats(settings: Settings, pool: Pool, now: Clock) -> Callable[[], Awaitable[int]]:
    """Asks how many seats of the whole centre, all queues and cells, are planned now."""
    return OpeningBook(pool, {"": _hours(settings.hours)}, now).seats


def staffing_plan(settings: Settings, pool: Pool, now: Clock) -> Plan:
    """The seats of the whole centre's shifts, and of the queues that have shifts of their own."""
    own = {name: _hours(given) for name, given in settings.hours.queues.items()}
    return OpeningBook(pool, {**own, ALL_QUEUES: _hours(settings.hours)}, now).coming_week


def _hours(given: DayHours) -> QueueHours:
    shifts = tuple(Shift(one.begins, one.ends, one.weekdays, one.seats) for one in given.shifts)
    on_holidays = tuple(
        Shift(one.begins, one.ends, seats=one.seats) for one in given.holiday_shifts
    )
    return QueueHours(OpeningHours(shifts, given.holidays_too, on_holidays), given.calendar)
