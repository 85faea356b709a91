"""`GET /attachments/{id}`: an attached file, through a link that we signed.

What officers send is not trusted. A browser is told what the file is, by its bytes, and not to
guess; it shows pictures and PDF, in a sandbox without scripts, and saves everything else.
"""

from collections.abc import Awaitable, Callable
from datetime import datetime
from urllib.parse import quote
from uuid import UUID

import structlog
from aiohttp import web

from complaints.attachments import rows
from complaints.attachments.model import Attachment, may_see
from complaints.attachments.names import handed_out_as
from complaints.attachments.rows import Access
from complaints.policy import Policy
from db.errors import AWAY
from db.pool import Connection, Pool
from db.statements import statements
from recordings import sealed_files
from recordings.errors import RecordingError
from recordings.links import ATTACHMENTS, verify
from recordings.sending import AddressOf, first_piece, send_rest
from recordings.vault import SealedObject, Vault

#: Whether an audience that holds a good link to an attachment may see it: asked each time.
MaySee = Callable[[Connection, UUID, str], Awaitable[bool]]

_log = structlog.get_logger(__name__)
PATH = f"/{ATTACHMENTS}/"
_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; sandbox",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",  # the address is what opens it
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex",
}
_NOT_VALID = "यह लिंक मान्य नहीं है।"
_ERASED = "यह संलग्नक मिटाया जा चुका है।"
_AWAY = "अभी यह संलग्नक नहीं खुल सकता। कृपया कुछ देर बाद फिर प्रयास करें।"


class AttachmentPage:
    """One answer for every link that is not ours, is over, or leads nowhere."""

    def __init__(
        self,
        pool: Pool,
        vault: Vault,
        secret: bytes,
        now: Callable[[], datetime],
        may_see: MaySee,
        address: AddressOf,
    ) -> None:
        self._pool = pool
        self._vault = vault
        self._secret = secret
        self._now = now
        self._may_see = may_see
        self._address = address

    def add_routes(self, app: web.Application) -> None:
        """Answer on `app`."""
        app.router.add_get(PATH + "{id}", self.get)

    async def get(self, request: web.Request) -> web.StreamResponse:
        """200; 403, also for an audience that may not see it (any more); 410 when it was erased;
        503 when database or store are away, or the store has lost it.
        """
        access = self._signed_for(request)
        if access is None:
            return _refusal(403, _NOT_VALID)
        attachment_id = UUID(request.match_info["id"])
        try:
            async with self._pool.acquire(timeout=2) as conn:
                if not await self._may_see(conn, attachment_id, access.audience):
                    return _refusal(403, _NOT_VALID)
                one = await rows.load(conn, attachment_id)
                if one.erased_at is not None:
                    return _refusal(410, _ERASED)
                sealed = await sealed_files.find(conn, one.id)
            first = await first_piece(self._vault, sealed, 0, sealed.bytes)
            async with self._pool.acquire(timeout=2) as conn:
                await rows.log_access(conn, one.id, access, self._now())
        except (*AWAY, RecordingError) as error:
            _log.error("attachment not served", attachment=str(attachment_id), error=repr(error))
            return _refusal(503, _AWAY)
        return await self._send(request, one, sealed, first)

    def _signed_for(self, request: web.Request) -> Access | None:
        """To whom and why the link was given, if it is ours and still holds."""
        query = request.query
        audience, reason = query.get("audience", ""), query.get("reason", "")
        genuine = verify(
            self._secret,
            request.match_info["id"],
            audience,
            query.get("expires", ""),
            query.get("signature", ""),
            self._now(),
            reason,
            folder=ATTACHMENTS,
        )
        if not genuine or not reason:
            return None
        return Access(audience, reason, self._address(request))

    async def _send(
        self, request: web.Request, one: Attachment, sealed: SealedObject, piece: bytes
    ) -> web.StreamResponse:
        response = web.StreamResponse(headers=_HEADERS)
        response.content_type = one.media_type
        response.content_length = one.bytes
        response.headers["Content-Disposition"] = disposition(one)
        await send_rest(request, response, self._vault, sealed, (0, sealed.bytes), piece)
        return response


def posts_may_see(policy: Policy) -> MaySee:
    """For officers' links: by the level of the post that a link was given to, as things are now.

    An audience that is no post sees nothing.
    """

    async def ask(conn: Connection, attachment_id: UUID, audience: str) -> bool:
        row = await statements().attachments_reader(conn, id=attachment_id, post=audience)
        if row is None:
            return False
        of = policy.of(row["category"])
        return not row["confidential"] or may_see(of, row["reader"], row["author"], row["via"])

    return ask


def disposition(one: Attachment) -> str:
    """`Content-Disposition` (RFC 6266): the name in UTF-8, and the key where that is not read."""
    how = "inline" if one.media_type.shown else "attachment"
    plain = f"{one.id}{one.media_type.extensions[0]}"
    name = quote(handed_out_as(one.name, one.media_type), safe="")
    return f"{how}; filename=\"{plain}\"; filename*=UTF-8''{name}"


def _refusal(status: int, why: str) -> web.Response:
    return web.Response(text=why, status=status, headers=_HEADERS)
