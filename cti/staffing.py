"""How many agents each hour of the week needs, suggested from the calls that really came."""

import math
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from calls.report_sql import fetch_slowly
from cti.erlang import Target, agents_needed, service_level
from db.pool import Pool

_IST = ZoneInfo("Asia/Kolkata")
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_HOUR = 3600.0
_SECONDS = 120.0
ALL_QUEUES = "*"


@dataclass(frozen=True, slots=True)
class Hour:
    """One hour of the week (`weekday` Monday 0; Indian time), and whom it needs.

    `calls`: offered in it, at the target's quantile. `handling`: seconds of an agent's time a call.
    `agents` at the desk; `scheduled` to have them there.
    """

    weekday: int
    hour: int
    calls: float
    handling: float
    agents: int
    scheduled: int
    service_level: float
    occupancy: float


@dataclass(frozen=True, slots=True)
class Week:
    """A suggestion for one queue. `calls`: how many it rests on."""

    queue: str
    first: date
    weeks: int
    calls: int
    hours: tuple[Hour, ...]


async def suggest(
    pool: Pool, queue: str, *, weeks: int, wrap_up: float, target: Target, now: datetime
) -> Week:
    """From the last `weeks` whole weeks (Monday to Sunday in India) before `now`.

    `wrap_up`: seconds of an agent's time after a call. An hour of the day in which nobody was
    answered takes the mean of all. Raises `TimeoutError` when a sum takes longer than a minute, or
    another of `db.errors.AWAY`.
    """
    today = now.astimezone(_IST).date()
    first = today - timedelta(days=today.weekday() + 7 * weeks)
    between = {"first": _midnight(first), "until": _midnight(first + timedelta(7 * weeks))}
    async with pool.acquire(timeout=5) as conn, conn.transaction(readonly=True):
        offered = await fetch_slowly(conn, "staffing_offered", queue=queue, **between)
        talked = await fetch_slowly(conn, "staffing_talked", queue=queue, **between)
    counts = {(row["day"], row["hour"]): int(row["calls"]) for row in offered}
    handling = _handling([dict(row) for row in talked], wrap_up)
    hours = tuple(week(counts, handling, first=first, weeks=weeks, target=target))
    return Week(queue, first, weeks, sum(counts.values()), hours)


def _handling(talked: Sequence[Mapping[str, float]], wrap_up: float) -> dict[int, float]:
    """Seconds of agents' time for each answered caller, by the hour of the day: of all talks that
    they had, each with its wrap-up.
    """
    stays = sum(row["stays"] for row in talked)
    if not stays:
        return {}
    spent = {int(row["hour"]): row["seconds"] + wrap_up * row["talks"] for row in talked}
    found = dict.fromkeys(range(24), sum(spent.values()) / stays)
    for row in talked:
        if row["stays"] and row["talks"]:
            found[int(row["hour"])] = spent[int(row["hour"])] / row["stays"]
    return found


@dataclass(frozen=True, slots=True)
class PlannedWeek:
    """Seats of the seven days from `first` on, by weekday and hour: the fewest of each hour.

    `holidays`: the weekdays that are one, on which other shifts count.
    """

    first: date
    seats: Mapping[tuple[int, int], int]
    holidays: frozenset[int] = frozenset()


Plan = Callable[[str], Awaitable[PlannedWeek | None]]
"""Asks for the seats of a queue with shifts of its own, or of `ALL_QUEUES`; None: none planned."""


def short(needed: Mapping[tuple[int, int], int], planned: PlannedWeek) -> int:
    """Hours with fewer seats than agents needed. Holidays are not counted: the weeks that the need
    is taken from had others. Pure.
    """
    return sum(
        agents > planned.seats.get(at, 0)
        for at, agents in needed.items()
        if at[0] not in planned.holidays
    )


def together(weeks: Iterable[Week]) -> dict[tuple[int, int], int]:
    """Agents at the desk for all queues, by weekday and hour. Pure.

    The sum errs on the safe side: agents who take several queues need fewer.
    """
    needed: dict[tuple[int, int], int] = {}
    for one in (hour for week in weeks for hour in week.hours):
        needed[one.weekday, one.hour] = needed.get((one.weekday, one.hour), 0) + one.agents
    return needed


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), _IST)


def week(
    counts: Mapping[tuple[date, int], int],
    handling: Mapping[int, float],
    *,
    first: date,
    weeks: int,
    target: Target,
) -> Iterator[Hour]:
    """The 168 hours, from `weeks` whole weeks that begin on `first`.

    `counts`: calls offered, by day and hour; an hour that is missing had none, and counts.
    `handling`: seconds a call, by the hour of the day.
    """
    for day in range(7):
        for hour in range(24):
            seen = [counts.get((first + timedelta(7 * n + day), hour), 0) for n in range(weeks)]
            weekday = (first + timedelta(day)).weekday()
            yield _hour(weekday, hour, seen, handling.get(hour, 0.0), target)


def _hour(weekday: int, hour: int, seen: Sequence[int], handling: float, target: Target) -> Hour:
    calls = _quantile(seen, target.quantile)
    erlangs = calls * handling / _HOUR
    agents = agents_needed(erlangs, handling, target)
    return Hour(
        weekday=weekday,
        hour=hour,
        calls=calls,
        handling=handling,
        agents=agents,
        scheduled=math.ceil(agents / (1 - target.shrinkage)),
        service_level=service_level(agents, erlangs, handling, target.within),
        occupancy=erlangs / agents if agents else 0.0,
    )


def _quantile(seen: Sequence[int], share: float) -> float:
    """Nearest rank: a number of calls that really came."""
    ordered = sorted(seen)
    return float(ordered[max(0, math.ceil(share * len(ordered)) - 1)])


def render(week: Week, target: Target) -> str:
    """Plain text: an hour a line, a column a day; the agents to have at the desk."""
    if not week.calls:
        return (
            f"{week.queue}: no calls in {week.weeks} week(s) from {week.first}, nothing to suggest"
        )
    by_hour = {(one.hour, one.weekday): one for one in week.hours}
    lines = [
        f"{week.queue}: {week.calls} calls in {week.weeks} week(s) from {week.first:%d-%m-%Y}",
        f"agents at the desk for {target.share:.0%} answered within {target.within:g} s, busy at "
        f"most {target.occupancy:.0%}",
        "hour   " + "".join(f"{day:>6}" for day in _DAYS),
    ]
    for hour in range(24):
        agents = [by_hour[hour, day].agents for day in range(7)]
        lines.append(f"{hour:02}-{hour + 1:02}  " + "".join(f"{n:6}" for n in agents))
    paid = sum(one.scheduled for one in week.hours)
    busiest = max(week.hours, key=lambda one: one.agents)
    lines += [
        f"{paid} agent hours a week, with {target.shrinkage:.0%} away from the desk",
        f"most at once: {busiest.agents} ({_DAYS[busiest.weekday]} {busiest.hour:02}h, "
        f"{busiest.calls:g} calls of {busiest.handling:.0f} s), {busiest.scheduled} scheduled",
    ]
    return "\n".join(lines)
