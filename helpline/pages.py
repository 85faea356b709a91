"""Pages, joined to this cell: their options, the agents' sessions, the sweep of sessions."""

import asyncio
from pathlib import Path

import structlog
from aiohttp import web

from access import sessions
from access.rights import Right, may_somewhere
from access.sessions import SignedIn
from cti.deskpage import MENU as DESK_MENU
from cti.supervising import Supervisor, supervising
from cti.supervisor.site import MENU as SUPERVISOR_MENU
from cti.supervisor.site import PACKAGE as SUPERVISOR_PAGES
from db.errors import AWAY, stop_if_cancelled
from db.pool import Pool
from helpline.clock import Clock
from helpline.settings import Settings
from helpline.sign_in import passwords, session_rule
from web.options import WebOptions
from web.shell import Shell
from web.site import MENU

#: Where set-up puts the bundles: beside the checkout that this package was installed from.
BUNDLES = Path(__file__).parents[1] / "var" / "assets"

_log = structlog.get_logger(__name__)
_LOOK_SECONDS = 10.0
_SWEEP_SECONDS = 60.0


def page_shell(settings: Settings, pool: Pool, now: Clock) -> Shell:
    """The shell with the operator's options."""
    options = WebOptions(
        origin=settings.http.origin,
        rule=session_rule(settings),
        proxies=settings.http.proxies,
        bundles=BUNDLES,
        connect=_softphones(settings),
    )
    if not options.secure:
        _log.warning("pages are served without HTTPS: for a laboratory only", origin=options.origin)
    return Shell(
        pool,
        options,
        passwords(settings),
        now,
        packages=("cti", SUPERVISOR_PAGES),
        menu=(*DESK_MENU, *MENU, *SUPERVISOR_MENU),
    )


def _softphones(settings: Settings) -> tuple[str, ...]:
    """Where the desk's scripts connect to beside us: Asterisk, for SIP."""
    url = settings.softphone_url
    return (url.removesuffix("/ws"),) if url else ()


class DeskSessions:
    """`cti.ports.AgentSessions`: browsers whose person may take calls at a desk of their own."""

    def __init__(self, shell: Shell, look_seconds: float = _LOOK_SECONDS) -> None:
        self._visitors = shell.visitors
        self._look_seconds = look_seconds

    async def agent_of(self, request: web.Request) -> str | None:
        """The desk of the person who signed in."""
        return _desk(await self._visitors.of(request))

    async def until_ended(self, request: web.Request) -> None:
        """Looks again every few seconds; a database that is away signs nobody out."""
        desk = _desk(await self._visitors.of(request))
        while True:
            await asyncio.sleep(self._look_seconds)
            try:
                if _desk(await self._visitors.still(request)) != desk:
                    return
            except AWAY as error:
                stop_if_cancelled()
                _log.warning("session not looked at", error=repr(error))


class WallboardSessions:
    """`cti.ports.SupervisorSessions`: browsers whose person supervises a queue, or all."""

    def __init__(self, shell: Shell) -> None:
        self._visitors = shell.visitors

    async def supervisor_of(self, request: web.Request) -> Supervisor | None:
        """What the person who signed in may supervise now."""
        session = await self._visitors.still(request)
        if session is None or session.must_change:
            return None
        return supervising(session.person)


class SessionSweep:
    """Marks sessions that are over, forgets old guesses."""

    def __init__(self, shell: Shell) -> None:
        self._shell = shell

    async def run(self) -> None:
        """Every minute, until cancelled."""
        shell = self._shell
        while True:
            try:
                await sessions.tidy(shell.pool, shell.options.rule, shell.now())
            except AWAY as error:
                stop_if_cancelled()
                _log.warning("sessions not tidied", error=repr(error))
            await asyncio.sleep(_SWEEP_SECONDS)


def _desk(session: SignedIn | None) -> str | None:
    if session is None or session.must_change:
        return None
    may_take = may_somewhere(session.person, Right.CALL_TAKE)
    return session.person.agent_id if may_take else None
