"""How many agents each hour of the week needs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from aiohttp import web

from access.rights import Right
from cti.erlang import Target
from cti.staffing import Shift, Week, planned_seats, suggest, together
from cti.supervisor.wall import supervisor_of
from web.shell import Shell, Visit

_MOST_WEEKS = 52
_ALL = "*"


def add_routes(
    app: web.Application, shell: Shell, *, wrap_up: Mapping[str, int], shifts: Sequence[Shift]
) -> None:
    """`/reports/staffing`. `wrap_up`: seconds by queue; `shifts`: of all queues together."""
    page = shell.page(_Staffing(wrap_up, planned_seats(shifts)).show, right=Right.CALL_REPORT_SEE)
    app.router.add_get("/reports/staffing", page)


@dataclass(frozen=True, slots=True)
class _Staffing:
    """`planned`: seats by the hour of the day."""

    wrap_up: Mapping[str, int]
    planned: Sequence[int]

    async def show(self, visit: Visit) -> web.StreamResponse:
        """How many agents each hour of the week needs, by queue, or of all beside the seats."""
        supervisor = supervisor_of(visit, Right.CALL_REPORT_SEE)
        queues = [name for name in self.wrap_up if supervisor.may([name])]
        asked = visit.request.query
        chosen = asked.get("queue") or next(iter(queues), "")
        if chosen not in queues and not (chosen == _ALL and supervisor.may([])):
            raise web.HTTPNotFound
        given = asked.get("weeks", "")
        weeks = min(max(int(given), 1), _MOST_WEEKS) if given.isdecimal() else 4
        wanted = queues if chosen == _ALL else [chosen]
        found = [await self._week(visit, queue, weeks) for queue in wanted]
        planned = self.planned if chosen == _ALL and any(self.planned) else None
        needed = together(found)
        return visit.render(
            "staffing.html.j2",
            chosen=chosen,
            weeks=weeks,
            calls=sum(week.calls for week in found),
            needed=needed,
            planned=planned,
            short=0 if planned is None else _short(needed, planned),
            queues=[*queues, *([_ALL] if supervisor.may([]) else [])],
            target=Target(),
            scheduled=sum(hour.scheduled for week in found for hour in week.hours),
        )

    async def _week(self, visit: Visit, queue: str, weeks: int) -> Week:
        return await suggest(
            visit.shell.pool,
            queue,
            weeks=weeks,
            wrap_up=self.wrap_up[queue],
            target=Target(),
            now=visit.shell.now(),
        )


def _short(needed: Mapping[tuple[int, int], int], planned: Sequence[int]) -> int:
    """Hours of the week in which fewer are planned than needed."""
    return sum(agents > planned[hour] for (_, hour), agents in needed.items())
