"""How many agents each hour of the week needs."""

from collections.abc import Mapping
from dataclasses import dataclass

from aiohttp import web

from access.rights import Right
from cti.erlang import Target
from cti.staffing import suggest
from cti.supervisor.wall import supervisor_of
from web.shell import Shell, Visit

_MOST_WEEKS = 52


def add_routes(app: web.Application, shell: Shell, *, wrap_up: Mapping[str, int]) -> None:
    """`/reports/staffing`. `wrap_up`: seconds by queue."""
    page = shell.page(_Staffing(wrap_up).show, right=Right.CALL_REPORT_SEE)
    app.router.add_get("/reports/staffing", page)


@dataclass(frozen=True, slots=True)
class _Staffing:
    wrap_up: Mapping[str, int]

    async def show(self, visit: Visit) -> web.StreamResponse:
        """How many agents each hour of the week needs."""
        supervisor = supervisor_of(visit, Right.CALL_REPORT_SEE)
        queues = [name for name in self.wrap_up if supervisor.may([name])]
        asked, target = visit.request.query, Target()
        queue = asked.get("queue") or next(iter(queues), "")
        if queue not in queues:
            raise web.HTTPNotFound
        given = asked.get("weeks", "")
        weeks = min(max(int(given), 1), _MOST_WEEKS) if given.isdecimal() else 4
        week = await suggest(
            visit.shell.pool,
            queue,
            weeks=weeks,
            wrap_up=self.wrap_up[queue],
            target=target,
            now=visit.shell.now(),
        )
        hours = {(one.weekday, one.hour): one for one in week.hours}
        return visit.render(
            "staffing.html.j2",
            week=week,
            hours=hours,
            queues=queues,
            target=target,
            scheduled=sum(one.scheduled for one in week.hours),
        )
