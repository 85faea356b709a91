"""What was told to the agents of whole queues, and who of them has read it."""

from uuid import UUID

from aiohttp import web

from access.rights import Right
from access.users import ACQUIRE_SECONDS
from cti.supervisor.wall import supervisor_of
from db.statements import statements
from web.shell import Shell, Visit

_SHOWN = 100


def add_routes(app: web.Application, shell: Shell) -> None:
    """`/supervisor/notices`, of all cells, and `/supervisor/notices/{id}`."""
    for path, handler in (("/supervisor/notices", _all), ("/supervisor/notices/{id}", _one)):
        app.router.add_get(path, shell.page(handler, right=Right.QUEUE_SUPERVISE))


async def _all(visit: Visit) -> web.StreamResponse:
    mine = supervisor_of(visit).queues
    queues = None if mine is None else sorted(mine)
    async with visit.shell.pool.acquire(timeout=ACQUIRE_SECONDS) as conn:
        rows = statements().supervision_notices(conn, queues=queues, at_most=_SHOWN)
        notices = [row async for row in rows]
    return visit.render("notices.html.j2", notices=notices, now=visit.shell.now())


async def _one(visit: Visit) -> web.StreamResponse:
    """Another queue's is not there for them."""
    supervisor = supervisor_of(visit)
    try:
        id = UUID(visit.request.match_info["id"])
    except ValueError as error:
        raise web.HTTPNotFound from error
    async with visit.shell.pool.acquire(timeout=ACQUIRE_SECONDS) as conn:
        notice = await statements().supervision_notice(conn, id=id)
        if notice is None or not supervisor.sees([notice["queue"]]):
            raise web.HTTPNotFound
        rows = statements().supervision_notice_readers(conn, id=id)
        agents = [row async for row in rows]
    read = sum(row["at"] is not None for row in agents)
    return visit.render(
        "notice.html.j2", notice=notice, agents=agents, read=read, left=len(agents) - read
    )
