"""`GET /b/{token}`: a bundle as a page, for an officer's telephone or desk.

It is the one page that needs no sign-in: its address opens it. So it has a layout of its own, which
runs no script, sends no form and names its address to nobody.
"""

from collections.abc import Mapping
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
from complaints.wording import WORDINGS
from db.errors import AWAY
from recordings import links
from web.shell import Shell, Visit
from web.texts import LANGUAGES

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
_KINDS = frozenset({"own_words", "officer_remark"})  # of recordings, that have a name


def add_routes(app: web.Application, shell: Shell, secret: bytes, policy: Policy) -> None:
    """Answer on `app`. `secret`: what links are signed with."""
    page = BundlePage(secret, policy)
    app.router.add_get(PATH + "{token}", shell.open_page(page.get))


class BundlePage:
    """One answer for every link that is not ours or leads nowhere; one that says what to do when a
    link of ours is over."""

    def __init__(self, secret: bytes, policy: Policy) -> None:
        self._secret = secret
        self._policy = policy
        self._templates = Environment(
            loader=PackageLoader("web", "templates"), autoescape=True, undefined=StrictUndefined
        )

    async def get(self, visit: Visit) -> web.StreamResponse:
        """200, 403, or 503 when the database is away. `?language=` chooses one from now on."""
        asked = visit.request.query.get("language", "")
        language = asked if asked in LANGUAGES else visit.language
        answer = await self._answer(visit, language)
        if language == asked:
            visit.shell.cookies.set_language(answer, language)
        return answer

    async def _answer(self, visit: Visit, language: str) -> web.Response:
        token, now = visit.request.match_info["token"], visit.shell.now()
        if ended := ended_at(self._secret, token, now):
            return self._refuse(visit, language, 403, "over", ended=texts.clock(ended))
        opened = opened_by(self._secret, token, now)
        if opened is None:
            return self._refuse(visit, language, 403, "not_valid")
        bundle_id, expires = opened
        try:
            bundle = await open_bundle(
                visit.shell.pool,
                bundle_id,
                policy=self._policy,
                remote=visit.remote,
                now=now,
                language=language,
            )
        except AWAY as error:
            _log.error("bundle not served", bundle=str(bundle_id), error=repr(error))
            return self._refuse(visit, language, 503, "away")
        if bundle is None:
            return self._refuse(visit, language, 403, "not_valid")
        return self._page(
            visit, language, 200, "bundle.html.j2", self._shown(bundle, expires, now, language)
        )

    def _shown(
        self, bundle: Bundle, expires: datetime, now: datetime, language: str
    ) -> Mapping[str, object]:
        until = min(expires, now + _RECORDING_LINKS)

        def link(target: UUID, folder: str = links.RECORDINGS) -> str:
            why = f"bundle:{bundle.id}"
            return links.sign(self._secret, "", target, bundle.post, until, why, folder=folder)

        return {
            "bundle": bundle,
            "link": link,
            "file_link": partial(link, folder=links.ATTACHMENTS),
            "clock": texts.clock,
            "kinds": _KINDS,
            "reason": WORDINGS[language].reason,
            "expires": expires,
        }

    def _refuse(
        self, visit: Visit, language: str, status: int, why: str, **told: str
    ) -> web.Response:
        words = visit.shell.texts.say(language, f"bundle.{why}", **told)
        return self._page(visit, language, status, "bundle_refusal.html.j2", {"why": words})

    def _page(
        self,
        visit: Visit,
        language: str,
        status: int,
        template: str,
        shown: Mapping[str, object],
    ) -> web.Response:
        html = self._templates.get_template(template).render(
            t=partial(visit.shell.texts.say, language),
            language=language,
            path=visit.request.path,
            **shown,
        )
        return web.Response(text=html, status=status, content_type="text/html", headers=_HEADERS)
