"""The pages that this room has itself, joined to a shell."""

from aiohttp import web

from access.rights import Right
from web.pages import account, first, signing, users
from web.shell import MenuItem, Shell

MENU = (
    MenuItem("/", "menu.home"),
    MenuItem("/users", "menu.users", Right.USER_ADMINISTER),
    MenuItem("/account", "menu.account"),
)


def add_pages(app: web.Application, shell: Shell) -> None:
    """The shell, sign-in, the own account, the administrators' pages."""
    shell.add_to(app)
    for room in (signing, account, first, users):
        room.add_routes(app, shell)
