"""A request that changes something comes from our own page, or is refused."""

import hashlib
import hmac

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from web.sessions import Cookies

FIELD = "csrf"
HEADER = "X-CSRF-Token"
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")


class ForgedError(web.HTTPForbidden):
    """Not from a page of ours, or from one of another session."""


def token_for(cookie: str) -> str:
    """The token of a session's forms: it shows knowledge of the cookie without being it."""
    return hmac.new(cookie.encode(), b"helpline csrf", hashlib.sha256).hexdigest()


def guard(cookies: Cookies, origin: str) -> Middleware:
    """A middleware. Browsers name the origin of every request that changes something, and send
    our cookie with it; programs with a token of their own in `Authorization` have neither.
    """

    @web.middleware
    async def guarded(request: web.Request, handler: Handler) -> web.StreamResponse:
        if request.method not in _SAFE:
            named = request.headers.get("Origin")
            if named is not None and named != origin:
                raise ForgedError
            cookie = cookies.read(request)
            if (
                cookie
                and "Authorization" not in request.headers
                and (named is None or not await _given(request, token_for(cookie)))
            ):
                raise ForgedError
        return await handler(request)

    return guarded


async def _given(request: web.Request, expected: str) -> bool:
    given = request.headers.get(HEADER, "")
    if not given and request.content_type in _FORMS:
        field = (await request.post()).get(FIELD)
        given = field if isinstance(field, str) else ""
    return hmac.compare_digest(given.encode(), expected.encode())
