"""How many agents each hour of the week needs."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta

from aiohttp import web

from access.rights import Right
from cti.erlang import Target
from cti.staffing import ALL_QUEUES, Plan, PlannedWeek, Week, short, suggest, together
from cti.supervisor.wall import asked_count, supervisor_of
from web.dates import IST, day
from web.shell import Shell, Visit

_MOST_WEEKS = 52
_PAGE_SECONDS = 250.0
"""Two sums for each queue, each of which the database stops after a minute."""


def add_routes(
    app: web.Application,
    shell: Shell,
    *,
    wrap_up: Mapping[str, int],
    within: Mapping[str, int],
    plan: Plan,
) -> None:
    """`/reports/staffing`. `wrap_up`, `within` (the service level): seconds by queue."""
    pages = _Staffing(wrap_up, within, plan)
    page = shell.page(pages.show, right=Right.CALL_REPORT_SEE, seconds=_PAGE_SECONDS)
    app.router.add_get("/reports/staffing", page)


@dataclass(frozen=True, slots=True)
class _Staffing:
    """`_turn`: this process answers calls too, so one sum of weeks is made at a time."""

    wrap_up: Mapping[str, int]
    within: Mapping[str, int]
    plan: Plan
    _turn: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(1))

    async def show(self, visit: Visit) -> web.StreamResponse:
        """How many agents each hour of the week needs, by queue, or of all beside the seats."""
        supervisor = supervisor_of(visit, Right.CALL_REPORT_SEE)
        queues = [name for name in self.wrap_up if supervisor.may([name])]
        asked = visit.request.query
        chosen = asked.get("queue") or next(iter(queues), "")
        if chosen not in queues and not (chosen == ALL_QUEUES and supervisor.may([])):
            raise web.HTTPNotFound
        weeks = asked_count(visit, "weeks", 4, _MOST_WEEKS)
        wanted = queues if chosen == ALL_QUEUES else [chosen]
        try:
            async with self._turn:
                found = [await self._week(visit, queue, weeks) for queue in wanted]
        except TimeoutError:
            said = {"heading": "report.staffing", "back": "/reports/staffing"}
            return visit.render("too_long.html.j2", **said, why="report.weeks_too_long", status=503)
        planned = await self.plan(chosen)
        needed = together(found)
        return visit.render(
            "staffing.html.j2",
            chosen=chosen,
            weeks=weeks,
            calls=sum(week.calls for week in found),
            needed=needed,
            planned=planned,
            since="" if planned is None else _since(planned, visit.language),
            day_of={} if planned is None else _days(planned),
            short=0 if planned is None else short(needed, planned),
            queues=[*queues, *([ALL_QUEUES] if supervisor.may([]) else [])],
            target=Target(),
            within={queue: round(self._target(queue).within) for queue in wanted},
            scheduled=sum(hour.scheduled for week in found for hour in week.hours),
        )

    async def _week(self, visit: Visit, queue: str, weeks: int) -> Week:
        return await suggest(
            visit.shell.pool,
            queue,
            weeks=weeks,
            wrap_up=self.wrap_up[queue],
            target=self._target(queue),
            now=visit.shell.now(),
        )

    def _target(self, queue: str) -> Target:
        """The queue's own service level."""
        within = self.within.get(queue)
        return Target() if within is None else Target(within=within)


def _since(planned: PlannedWeek, language: str) -> str:
    return day(datetime.combine(planned.first, time(), IST), language)


def _days(planned: PlannedWeek) -> dict[int, date]:
    """Each weekday's date in that week."""
    days = (planned.first + timedelta(ahead) for ahead in range(7))
    return {one.weekday(): one for one in days}
