"""The application shell: what every page gets, from its session to its error pages."""

import asyncio
import secrets
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import aiohttp_jinja2
import structlog
from aiohttp import web
from aiohttp.typedefs import Handler
from jinja2 import ChoiceLoader, PackageLoader, StrictUndefined

from access import log
from access.log import By, Event
from access.passwords import Passwords
from access.rights import Right, may_somewhere
from access.sessions import SignedIn
from access.users import ACQUIRE_SECONDS
from db.errors import AWAY
from db.pool import Pool
from web import csrf, dates
from web.assets import PATH as STATIC
from web.assets import Assets
from web.back import sign_in_first
from web.flood import Flood, plain_page
from web.headers import add_headers
from web.options import WebOptions, client_address
from web.sessions import Cookies, Visitors
from web.texts import DEFAULT, LANGUAGES, Texts

_log = structlog.get_logger(__name__)
_ERRORS_WITH_TEXT = frozenset({400, 403, 404, 405, 413, 429, 500, 503})
_WITHIN_BOUND = web.RequestKey("helpline_within_bound", bool)
REQUEST_ID = web.RequestKey("helpline_request_id", str)

PageHandler = Callable[["Visit"], Awaitable[web.StreamResponse]]


@dataclass(frozen=True, slots=True)
class MenuItem:
    """An entry of the menu for those who have `right` anywhere; None: for all who signed in."""

    path: str
    text: str
    right: Right | None = None


class RightRefusedError(web.HTTPForbidden):
    """The person's roles do not allow it."""


class Visit:
    """One request to a page: who asks, in which language, and how to answer."""

    def __init__(self, shell: "Shell", request: web.Request, session: SignedIn | None) -> None:
        self.shell = shell
        self.request = request
        self.session = session

    @property
    def signed_in(self) -> SignedIn:
        """The session of a page that is only for those who signed in."""
        if self.session is None:
            raise RightRefusedError
        return self.session

    @property
    def language(self) -> str:
        """That of the session, or as chosen before, or Hindi."""
        chosen = (
            self.session.language
            if self.session is not None
            else self.shell.cookies.language(self.request)
        )
        return chosen if chosen in LANGUAGES else DEFAULT

    @property
    def remote(self) -> str:
        """The client's address."""
        return self.shell.address(self.request)

    @property
    def by(self) -> By:
        """For the access log."""
        return By(self.session.person.actor if self.session else log.NOBODY, self.remote)

    def say(self, key: str, /, **variables: object) -> str:
        """A text in the visitor's language."""
        return self.shell.texts.say(self.language, key, **variables)

    async def form(self) -> dict[str, str]:
        """The fields of the form that was sent, without files and our own token. No text of the
        database has a NUL.
        """
        sent = await self.request.post()
        fields = {
            name: value.replace("\0", "")
            for name, value in sent.items()
            if isinstance(value, str) and name != csrf.FIELD
        }
        return {n: value if "password" in n else value.strip() for n, value in fields.items()}

    async def require(self, right: Right) -> None:
        """Refuse, with a row in the log, who has the right nowhere."""
        if not may_somewhere(self.signed_in.person, right):
            await self.shell.log_refusal(self, right)
            raise RightRefusedError

    def render(self, template: str, *, status: int = 200, **context: Any) -> web.Response:
        """A page of ours. Templates have `t(key)`, `moment(at)`, `asset(name)` and so on."""
        session = self.session
        language = self.language
        return aiohttp_jinja2.render_template(
            template,
            self.request,
            {
                "t": self.say,
                "has_text": self.shell.texts.has,
                "language": language,
                "moment": lambda at: dates.moment(at, language),
                "session": session,
                "menu": self.shell.menu_for(session),
                "path": self.request.path,
                "csrf": csrf.token_for(self.shell.cookies.read(self.request)),
                "asset": self.shell.assets.url,
                **{name: make(language) for name, make in self.shell.helpers.items()},
                **context,
            },
            status=status,
        )

    def go(self, path: str) -> web.Response:
        """After a form: look at that page."""
        return web.Response(status=303, headers={"Location": path})


class Shell:
    """Joins pages to an application. Other rooms add their pages, texts and menu through it."""

    def __init__(
        self,
        pool: Pool,
        options: WebOptions,
        passwords: Passwords,
        now: Callable[[], datetime],
        *,
        packages: Sequence[str] = (),
        menu: Sequence[MenuItem] = (),
    ) -> None:
        """`packages`: rooms with folders `templates` and `texts` of their own."""
        self.pool = pool
        self.options = options
        self.passwords = passwords
        self.now = now
        self.cookies = Cookies(secure=options.secure)
        self.visitors = Visitors(pool, options, self.cookies, now, self.bound)
        self.assets = Assets(options.bundles)
        self._packages = ("web", *packages)
        self.texts = Texts(self._packages)
        self._menu = tuple(menu)
        self._flood = Flood(now)
        self._plain: dict[str, str] = {}
        #: What rooms bring for their templates: by name, made for a language.
        self.helpers: dict[str, Callable[[str], Callable[..., str]]] = {}

    def add_to(self, app: web.Application) -> None:
        """Middlewares, headers, templates and assets."""
        loader = ChoiceLoader([PackageLoader(name, "templates") for name in self._packages])
        aiohttp_jinja2.setup(app, loader=loader, autoescape=True, undefined=StrictUndefined)
        add_headers(app, self.options)
        guard = csrf.guard(self.cookies, self.options.origin)
        app.middlewares.extend([self._numbered, self._error_pages, guard])
        app.router.add_get(STATIC + "{name}", self.assets.get)
        app.on_response_prepare.append(_name_request)

    def page(
        self, handler: PageHandler, *, right: Right | None = None, seconds: float | None = None
    ) -> Handler:
        """A handler for those who signed in; with `right`, for those who have it somewhere.

        `seconds`: instead of the usual time limit.
        """

        async def served(visit: Visit) -> web.StreamResponse:
            if visit.session is None:
                return visit.go(sign_in_first(visit.request))
            if visit.session.must_change and not visit.request.path.startswith("/account/password"):
                return visit.go("/account/password")
            if right is not None:
                await visit.require(right)
            return await handler(visit)

        return self.open_page(served, seconds=seconds)

    def open_page(self, handler: PageHandler, *, seconds: float | None = None) -> Handler:
        """A handler for everybody, within a time limit."""
        limit = self.options.page_seconds if seconds is None else seconds

        async def served(request: web.Request) -> web.StreamResponse:
            self.bound(request)
            if "%00" in request.raw_path:  # the database takes none in a text
                raise web.HTTPBadRequest
            if request.method == "POST" and "Origin" not in request.headers:
                raise csrf.ForgedError
            try:
                async with asyncio.timeout(limit):
                    return await handler(Visit(self, request, await self.visitors.of(request)))
            except AWAY as error:
                _log.warning("page not served", route=_route_of(request), error=repr(error))
                raise web.HTTPServiceUnavailable(headers={"Retry-After": "5"}) from error

        return served

    def menu_for(self, session: SignedIn | None) -> list[MenuItem]:
        """What this person can open."""
        if session is None or session.must_change:
            return []
        person = session.person
        return [
            item for item in self._menu if item.right is None or may_somewhere(person, item.right)
        ]

    def bound(self, request: web.Request) -> None:
        """429 for one request too many from its client. Counts it once, however often asked."""
        if _WITHIN_BOUND not in request:
            request[_WITHIN_BOUND] = self._flood.admits(self.address(request))
        if not request[_WITHIN_BOUND]:
            raise web.HTTPTooManyRequests(headers={"Retry-After": "10"})

    def address(self, request: web.Request) -> str:
        """Who asks, behind our own proxies."""
        # A proxy may write a line of its own below a stranger's: they are one list (RFC 9110, 5.3).
        forwarded = ", ".join(request.headers.getall("X-Forwarded-For", ()))
        return client_address(request.remote, forwarded, self.options.proxies)

    async def log_refusal(self, visit: Visit, right: Right) -> None:
        """A row for a page that somebody's roles do not open."""
        async with self.pool.acquire(timeout=ACQUIRE_SECONDS) as conn:
            await log.write(
                conn,
                Event.RIGHT_REFUSED,
                visit.by,
                self.now(),
                subject=visit.signed_in.person.id,
                right=right,
                path=_path_of(visit.request),
            )

    @web.middleware
    async def _numbered(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """A number for each request: in its log lines, its answer and its error page."""
        request[REQUEST_ID] = secrets.token_hex(6)
        with structlog.contextvars.bound_contextvars(request=request[REQUEST_ID]):
            return await handler(request)

    @web.middleware
    async def _error_pages(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """A page in the visitor's language for browsers; programs get what they got before."""
        try:
            return await handler(request)
        except web.HTTPException as error:
            if error.status < 400 or not _wants_page(request):
                raise
            return await self._page_of(request, error)
        except Exception:
            if not _wants_page(request):
                raise
            _log.exception("request failed", method=request.method, route=_route_of(request))
            return await self._page_of(request, web.HTTPInternalServerError())

    async def _page_of(self, request: web.Request, error: web.HTTPException) -> web.Response:
        """Each counts as a request, with a cookie and without. Who asks in vain too often is told
        that by a page that costs nothing: theirs needs a template, and the database.
        """
        try:
            self.bound(request)
            answer = await self._error_page(request, error)
        except web.HTTPTooManyRequests as flood:
            error = flood
            answer = self._too_many(request)
        answer.headers.extend(
            (name, error.headers[name])
            for name in ("Retry-After", "Allow")
            if name in error.headers
        )
        return answer

    def _too_many(self, request: web.Request) -> web.Response:
        language = Visit(self, request, None).language
        if language not in self._plain:
            title, text = (
                self.texts.say(language, f"error.{one}_429") for one in ("title", "text")
            )
            self._plain[language] = plain_page(language, title, text)
        return web.Response(text=self._plain[language], content_type="text/html", status=429)

    async def _error_page(self, request: web.Request, error: web.HTTPException) -> web.Response:
        status = error.status
        kind = str(status if status in _ERRORS_WITH_TEXT else 400)
        if isinstance(error, csrf.ForgedError):
            kind = "csrf"
        try:
            session = None if status in (429, 500, 503) else await self.visitors.of(request)
        except AWAY:
            session = None
        visit = Visit(self, request, session)
        return visit.render(
            "error.html.j2", status=status, kind=kind, request_id=request[REQUEST_ID]
        )


def _route_of(request: web.Request) -> str:
    """For the log, without what was asked for there: the last part of an address may be its key."""
    resource = request.match_info.route.resource
    return "" if resource is None else resource.canonical


def _path_of(request: web.Request) -> str:
    """The route with our keys in it: who was to be seen. Whatever else was typed is in no log."""
    route = _route_of(request)
    for name, value in request.match_info.items():
        with suppress(ValueError):
            route = route.replace(f"{{{name}}}", str(UUID(value)))
    return route


def _wants_page(request: web.Request) -> bool:
    return "text/html" in request.headers.get("Accept", "")


async def _name_request(request: web.Request, response: web.StreamResponse) -> None:
    if REQUEST_ID in request:
        response.headers.setdefault("X-Request-Id", request[REQUEST_ID])
