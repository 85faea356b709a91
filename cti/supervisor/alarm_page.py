"""Alarms: what stands, what was, and who looks after it."""

from dataclasses import dataclass
from uuid import UUID

from aiohttp import web

from access.rights import Right
from cti import alarm_rows
from cti.alarms import shown
from cti.errors import ConflictError
from cti.supervisor.wall import supervisor_of
from web.shell import Shell, Visit

_SHOWN = 100


def add_routes(app: web.Application, shell: Shell) -> None:
    """`/supervisor/alarms`, and to acknowledge one; of all cells."""
    pages = _Alarms()
    right = Right.QUEUE_SUPERVISE
    app.router.add_get("/supervisor/alarms", shell.page(pages.show, right=right))
    path = "/supervisor/alarms/{id}/acknowledge"
    app.router.add_post(path, shell.page(pages.acknowledge, right=right))


@dataclass(frozen=True, slots=True)
class _Alarms:
    async def show(self, visit: Visit, problem: str = "") -> web.StreamResponse:
        mine = supervisor_of(visit).queues
        queues = None if mine is None else sorted(mine)
        alarms = await alarm_rows.latest(visit.shell.pool, _SHOWN, queues)
        return visit.render(
            "alarms.html.j2",
            alarms=alarms,
            shown=shown,
            problem=problem,
            status=409 if problem else 200,
        )

    async def acknowledge(self, visit: Visit) -> web.StreamResponse:
        supervisor = supervisor_of(visit)
        queues = None if supervisor.queues is None else sorted(supervisor.queues)
        try:
            id = UUID(visit.request.match_info["id"])
        except ValueError as error:
            raise web.HTTPNotFound from error
        try:
            await alarm_rows.acknowledge(
                visit.shell.pool, id, supervisor.actor, queues, visit.shell.now()
            )
        except ConflictError:
            return await self.show(visit, visit.say("alarm.conflict"))
        return visit.go("/supervisor/alarms")
