"""Pages, joined to this cell: their options, the agents' sessions, the sweep of sessions."""

import asyncio
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import islice, takewhile
from pathlib import Path
from uuid import UUID

import structlog
from aiohttp import web

from access import grants, sessions, users
from access.rights import Right, may_somewhere
from access.sessions import SignedIn
from cti import drafts
from cti.deskpage import MENU as DESK_MENU
from cti.supervising import Supervisor, of_token, supervising
from cti.supervisor.site import MENU as SUPERVISOR_MENU
from cti.supervisor.site import PACKAGE as SUPERVISOR_PAGES
from cti.unseating import SupervisingNow
from db.errors import AWAY, stop_if_cancelled
from db.pool import Connection, Pool
from helpline.clock import Clock
from helpline.clock_watch import Sound, always
from helpline.settings import Settings
from helpline.sign_in import passwords, session_rule
from web import csrf
from web.options import WebOptions
from web.pages.waiting import MENU as WAITING_MENU
from web.shell import Shell
from web.site import MENU

#: Where set-up puts the bundles: beside the checkout that this package was installed from.
BUNDLES = Path(__file__).parents[1] / "var" / "assets"

_log = structlog.get_logger(__name__)
_LOOK_SECONDS = 10.0
_LOOKS = 10  # in that time
_MOST_LOOKED_AT = 100  # at once: so many take a few milliseconds, in which nothing else happens
_SWEEP_SECONDS = 60.0
_DRAFTS_SECONDS = 3600.0
_ACQUIRE_SECONDS = 5.0


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
        menu=(*DESK_MENU, *MENU, *WAITING_MENU, *SUPERVISOR_MENU),
    )


def _softphones(settings: Settings) -> tuple[str, ...]:
    """Where the desk's scripts connect to beside us: Asterisk, for SIP."""
    url = settings.softphone_url
    return (url.removesuffix("/ws"),) if url else ()


@dataclass(eq=False, slots=True)
class _OpenPage:
    """A page of a desk, open for hours. `look_at`: loop time."""

    token: str
    desk: str | None
    look_at: float
    ended: asyncio.Event


class DeskSessions:
    """`cti.ports.AgentSessions`: browsers whose person may take calls at a desk of their own.

    `run()` belongs to a supervisor: it looks again at the session of each open page, every
    `look_seconds`. Pages that are due at about the same time are looked at together: one by
    one, a thousand of them were two hundred statements a second.
    """

    def __init__(self, shell: Shell, look_seconds: float = _LOOK_SECONDS) -> None:
        self._visitors = shell.visitors
        self._look_seconds = look_seconds
        self._pause = look_seconds / _LOOKS
        self._open: dict[_OpenPage, None] = {}  # who is due first is first

    async def agent_of(self, request: web.Request) -> str | None:
        """The desk of the person who signed in."""
        return _desk(await self._visitors.of(request))

    def from_our_page(self, request: web.Request) -> bool:
        """By its origin, which browsers name and pages cannot choose."""
        return self._visitors.from_our_page(request)

    def form_token(self, request: web.Request) -> str:
        """Of the session that stands now: a desk stays open over the end of one."""
        return csrf.token_for(self._visitors.token(request))

    async def until_ended(self, request: web.Request) -> None:
        """Waits for `run()` to find that; a database that is away signs nobody out."""
        desk = _desk(await self._visitors.of(request))
        page = _OpenPage(self._visitors.token(request), desk, 0.0, asyncio.Event())
        self._put_last([page])
        try:
            await page.ended.wait()
        finally:
            self._open.pop(page, None)

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            await asyncio.sleep(self._pause)
            while pages := self._due():
                try:
                    await self._look(pages)
                except AWAY as error:
                    stop_if_cancelled()
                    _log.warning("sessions not looked at", pages=len(pages), error=repr(error))

    async def _look(self, pages: Sequence[_OpenPage]) -> None:
        standing = await self._visitors.standing({page.token for page in pages})
        for page in pages:
            if _desk(standing.get(page.token)) != page.desk:
                page.ended.set()

    def _due(self) -> list[_OpenPage]:
        """Those who would be late at the next look, a bounded number. Each has its next turn."""
        soon = asyncio.get_running_loop().time() + self._pause
        due = list(
            islice(takewhile(lambda page: page.look_at <= soon, self._open), _MOST_LOOKED_AT)
        )
        self._put_last(due)
        return due

    def _put_last(self, pages: Sequence[_OpenPage]) -> None:
        look_at = asyncio.get_running_loop().time() + self._look_seconds
        for page in pages:
            page.look_at = look_at
            self._open.pop(page, None)
            self._open[page] = None


class WallboardSessions:
    """`cti.ports.SupervisorSessions`: browsers whose person supervises a queue, or all."""

    def __init__(self, shell: Shell) -> None:
        self._visitors = shell.visitors

    def from_our_page(self, request: web.Request) -> bool:
        """By its origin, as for `DeskSessions`."""
        return self._visitors.from_our_page(request)

    async def supervisor_of(self, request: web.Request) -> Supervisor | None:
        """What the person who signed in may supervise now."""
        session = await self._visitors.still(request)
        if session is None or session.must_change:
            return None
        return supervising(session.person)


def supervising_now(pool: Pool, now: Clock) -> SupervisingNow:
    """As a new page of theirs would find them; a laboratory's stay what they are."""

    async def person_of(conn: Connection, id: UUID) -> Supervisor | None:
        user = await users.load(conn, id)
        if not user.active or user.must_change:
            return None
        return supervising(await grants.person(conn, user, now()))

    async def asked(actors: Collection[str]) -> Mapping[str, Supervisor]:
        async with pool.acquire(timeout=_ACQUIRE_SECONDS) as conn:
            found = {}
            for actor in actors:
                kind, _, id = actor.partition(":")
                found[actor] = await person_of(conn, UUID(id)) if kind == "user" else of_token(id)
            return {actor: who for actor, who in found.items() if who is not None}

    return asked


class DraftSweep:
    """Drops drafts of the agents' form that nobody registered: they hold citizens' words."""

    def __init__(self, pool: Pool, keep: timedelta, now: Clock, sound: Sound = always) -> None:
        """`sound`: whether that time can be acted on; else nothing is dropped."""
        self._pool = pool
        self._keep = keep
        self._now = now
        self._sound = sound

    async def once(self) -> None:
        """Raises one of `db.errors.AWAY`."""
        if self._sound():
            async with self._pool.acquire(timeout=_ACQUIRE_SECONDS) as conn:
                await drafts.sweep(conn, self._keep, self._now())

    async def run(self) -> None:
        """Every hour, until cancelled."""
        while True:
            try:
                await self.once()
            except AWAY as error:
                stop_if_cancelled()
                _log.warning("drafts not swept", error=repr(error))
            await asyncio.sleep(_DRAFTS_SECONDS)


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
