"""The session's cookie, and who is behind a request."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from aiohttp import web

from access import sessions
from access.sessions import SignedIn
from db.pool import Pool
from web.options import WebOptions

_LANGUAGE_COOKIE = "helpline-language"
_A_YEAR = 365 * 24 * 3600
_LONGEST = 200


@dataclass(frozen=True, slots=True)
class _Found:
    session: SignedIn | None


_FOUND = web.RequestKey("helpline_session", _Found)


class Cookies:
    """Two cookies: the session's, which scripts cannot read, and the language before sign-in."""

    def __init__(self, *, secure: bool) -> None:
        # "__Host-": a browser takes it only over HTTPS, for this host alone and all its paths.
        self._name = "__Host-helpline" if secure else "helpline"
        self._secure = secure

    def read(self, request: web.Request) -> str:
        """The session's token; empty when there is none."""
        return request.cookies.get(self._name, "")[:_LONGEST]

    def set(self, response: web.StreamResponse, token: str) -> None:
        """For as long as the browser is open; the database ends it earlier."""
        response.set_cookie(
            self._name, token, path="/", secure=self._secure, httponly=True, samesite="Lax"
        )

    def clear(self, response: web.StreamResponse) -> None:
        """Take it away."""
        response.del_cookie(
            self._name, path="/", secure=self._secure, httponly=True, samesite="Lax"
        )

    def language(self, request: web.Request) -> str:
        """The language that was chosen before sign-in; empty when none was."""
        return request.cookies.get(_LANGUAGE_COOKIE, "")

    def set_language(self, response: web.StreamResponse, language: str) -> None:
        """Keep the choice in this browser."""
        response.set_cookie(
            _LANGUAGE_COOKIE, language, max_age=_A_YEAR, path="/", secure=self._secure,
            httponly=True, samesite="Lax",
        )  # fmt: skip


class Visitors:
    """Who asks. The session is looked up once for each request, and only when it matters."""

    def __init__(
        self,
        pool: Pool,
        options: WebOptions,
        cookies: Cookies,
        now: Callable[[], datetime],
        bound: Callable[[web.Request], None],
    ) -> None:
        """`bound` refuses a request before the database is asked about its cookie."""
        self._bound = bound
        self._pool = pool
        self._options = options
        self._cookies = cookies
        self._now = now

    async def of(self, request: web.Request) -> SignedIn | None:
        """The session of the browser, if it stands. Raises one of `db.errors.AWAY`, and
        `HTTPTooManyRequests` for one request too many: a cookie can be anything.

        A WebSocket is a GET that no form's token guards: it has to come from a page of ours.
        """
        if _FOUND not in request:
            request[_FOUND] = _Found(await self.still(request))
        return request[_FOUND].session

    async def still(self, request: web.Request) -> SignedIn | None:
        """The same, asked anew: a socket is open for hours. It counts as use of the session."""
        token = self.token(request)
        if not token:
            return None
        self._bound(request)
        return (await self.standing([token])).get(token)

    def token(self, request: web.Request) -> str:
        """What the browser shows for itself; empty when that is nothing, or does not count."""
        if _opens_socket(request) and not self._names_us(request):
            return ""
        return self._cookies.read(request)

    def from_our_page(self, request: web.Request) -> bool:
        """Whether a page of ours opens a socket, whoever is at it. Counts as a request: raises
        `HTTPTooManyRequests` for one too many.
        """
        self._bound(request)
        return _opens_socket(request) and self._names_us(request)

    def _names_us(self, request: web.Request) -> bool:
        return request.headers.get("Origin") == self._options.origin

    async def standing(self, tokens: Collection[str]) -> Mapping[str, SignedIn]:
        """Of many browsers at once, those whose session stands, by token. Counts as use, too."""
        return await sessions.load_many(self._pool, tokens, self._options.rule, self._now())


def _opens_socket(request: web.Request) -> bool:
    return request.headers.get("Upgrade", "").lower() == "websocket"
