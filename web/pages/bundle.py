"""`GET /b/{token}`: a bundle as a page, for an officer's telephone or desk."""

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from uuid import UUID

import structlog
from aiohttp import web
from jinja2 import Environment, PackageLoader, StrictUndefined

from complaints import texts
from complaints.bundle_link import PATH, ended_at, opened_by
from complaints.bundles import Bundle, open_bundle
from complaints.policy import Policy
from db.errors import AWAY
from db.pool import Pool
from recordings import links
from recordings.sending import AddressOf

_log = structlog.get_logger(__name__)
_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; media-src 'self'; style-src 'unsafe-inline'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",  # the address is what opens it
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex",
}
_RECORDING_LINKS = timedelta(hours=12)  # an open page goes on playing; the bundle's end ends it
_NOT_VALID = "यह लिंक मान्य नहीं है।"
_OVER = (
    "इस लिंक की अवधि {ended} को समाप्त हो गई। शिकायत अब भी आपके पास हो तो "
    "1076 पर कॉल करके शिकायत संख्या बताएं: नया लिंक आपके पंजीकृत मोबाइल पर भेजा जाएगा।"
)
_AWAY = "अभी यह पृष्ठ नहीं खुल सकता। कृपया कुछ देर बाद फिर प्रयास करें।"


class BundlePage:
    """One answer for every link that is not ours or leads nowhere; one that says what to do when a
    link of ours is over."""

    def __init__(
        self,
        pool: Pool,
        secret: bytes,
        now: Callable[[], datetime],
        policy: Policy,
        address: AddressOf,
    ) -> None:
        self._pool = pool
        self._policy = policy
        self._secret = secret
        self._now = now
        self._address = address
        environment = Environment(
            loader=PackageLoader("complaints", "pages"), autoescape=True, undefined=StrictUndefined
        )
        self._template = environment.get_template("bundle.html.j2")
        self._refusal = environment.get_template("refusal.html.j2")

    def add_routes(self, app: web.Application) -> None:
        """Answer on `app`."""
        app.router.add_get(PATH + "{token}", self.get)

    async def get(self, request: web.Request) -> web.Response:
        """200, 403, or 503 when the database is away."""
        token, now = request.match_info["token"], self._now()
        if ended := ended_at(self._secret, token, now):
            return self._refuse(403, _OVER.format(ended=texts.clock(ended)))
        opened = opened_by(self._secret, token, now)
        if opened is None:
            return self._refuse(403, _NOT_VALID)
        bundle_id, expires = opened
        try:
            bundle = await open_bundle(
                self._pool,
                bundle_id,
                policy=self._policy,
                remote=self._address(request),
                now=self._now(),
            )
        except AWAY as error:
            _log.error("bundle not served", bundle=str(bundle_id), error=repr(error))
            return self._refuse(503, _AWAY)
        if bundle is None:
            return self._refuse(403, _NOT_VALID)
        return _page(200, self._render(bundle, expires))

    def _render(self, bundle: Bundle, expires: datetime) -> str:
        until = min(expires, self._now() + _RECORDING_LINKS)

        def link(target: UUID, folder: str = links.RECORDINGS) -> str:
            why = f"bundle:{bundle.id}"
            return links.sign(self._secret, "", target, bundle.post, until, why, folder=folder)

        return self._template.render(
            bundle=bundle,
            link=link,
            file_link=partial(link, folder=links.ATTACHMENTS),
            clock=texts.clock,
            reason=texts.reason_of,
            expires=expires,
        )

    def _refuse(self, status: int, why: str) -> web.Response:
        return _page(status, self._refusal.render(why=why))


def _page(status: int, html: str) -> web.Response:
    return web.Response(text=html, status=status, content_type="text/html", headers=_HEADERS)
