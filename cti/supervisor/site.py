"""The supervisors' pages joined to a shell."""

from collections.abc import Iterable

from aiohttp import web

from access.rights import Right
from cti.supervisor import alarm_page, wall
from web.shell import MenuItem, Shell

PACKAGE = "cti.supervisor"
"""For `Shell(packages=...)`: where templates and texts are."""

MENU = (MenuItem("/supervisor", "menu.supervisor", Right.QUEUE_SUPERVISE),)


def add_supervisor_pages(
    app: web.Application, shell: Shell, *, cell: str, queues: Iterable[str]
) -> None:
    """All of them. `cell`: whose agents and alarms; `queues`: those of that cell."""
    wall.add_routes(app, shell, cell=cell, queues=queues)
    alarm_page.add_routes(app, shell, cell=cell)
