"""What a signed link answers: a recording, whole or in ranges, with a note of who fetched it.

The kept copy is given where there is one: it is a tenth of the original. Its tag (ETag) is the
file's hash, so that a player that began with the original before the copy was made, and asks
for the rest `If-Range`, gets the copy from its beginning and not a mixture.
"""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime
from uuid import UUID

import structlog
from aiohttp import web

from db.errors import AWAY
from db.pool import Connection, Pool
from recordings import rows
from recordings.errors import RecordingError
from recordings.links import verify
from recordings.peaks import peaks_of
from recordings.sending import AddressOf, first_piece, send_rest
from recordings.vault import StoredObject, Vault

#: Whether a recording may be heard by an audience that holds a good link to it: asked each time.
MayHear = Callable[[Connection, UUID, str], Awaitable[bool]]

_log = structlog.get_logger(__name__)
_HEADERS = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
_NOT_VALID = "This link is not valid."
_NO_AUDIO = {
    "open": "The recording is still being closed. Please try again in a minute.",
    "stored": "The recording cannot be found in the store. It is being looked into.",
    "missing": "There is no audio for this recording.",
    "erased": "The recording was erased.",
}


class Downloads:
    """`GET /recordings/{id}?audience=&expires=&signature=` as `recordings.links.sign` writes it."""

    def __init__(
        self,
        pool: Pool,
        vault: Vault,
        secret: bytes,
        now: Callable[[], datetime],
        may_hear: MayHear,
        address: AddressOf,
    ) -> None:
        self._pool = pool
        self._vault = vault
        self._secret = secret
        self._now = now
        self._may_hear = may_hear
        self._address = address
        self._turn = asyncio.Semaphore(1)  # one picture is made at a time: calls come first

    def add_routes(self, app: web.Application) -> None:
        """Answer on `app`."""
        app.router.add_get("/recordings/{id}", self.get)
        app.router.add_get("/recordings/{id}/peaks", self.get_peaks)

    async def get(self, request: web.Request) -> web.StreamResponse:
        """403 for a link that is not ours, has expired or leads nowhere, and for an audience that
        may not hear it (any more): one answer for all.

        404 while the recording is being closed, or when it has no audio; 416 for a range outside;
        503 when database or store are away.
        """
        if not self._is_ours(request):
            return _refusal(403, _NOT_VALID)
        recording_id = UUID(request.match_info["id"])
        try:
            found = await self._look_up(recording_id, request.query["audience"])
            if isinstance(found, web.Response):
                return found
            span = _span(request, found)
            if span is None:
                return _no_such_range(found.bytes)
            first = await first_piece(self._vault, found, *span)
            await self._log_access(request, found, span)
        except (*AWAY, RecordingError) as error:
            _log.error("recording not served", recording=str(recording_id), error=repr(error))
            return _refusal(503, "The recording cannot be fetched now. Please try again later.")
        return await self._send(request, found, span, first)

    async def get_peaks(self, request: web.Request) -> web.StreamResponse:
        """The picture of what the same link plays, as JSON. No sound leaves: no row is written."""
        if not self._is_ours(request):
            return _refusal(403, _NOT_VALID)
        recording_id = UUID(request.match_info["id"])
        try:
            found = await self._look_up(recording_id, request.query["audience"])
            if isinstance(found, web.Response):
                return found
            peaks = await peaks_of(self._pool, self._vault, found, self._turn, self._now())
        except (*AWAY, RecordingError) as error:
            _log.error("recording not drawn", recording=str(recording_id), error=repr(error))
            return _refusal(503, "The recording cannot be drawn now.")
        return web.json_response(peaks.as_json(), headers=_HEADERS)

    async def _look_up(self, recording_id: UUID, audience: str) -> StoredObject | web.Response:
        async with self._pool.acquire(timeout=2) as conn:
            state = await rows.state_of(conn, recording_id)
            if state is None or not await self._may_hear(conn, recording_id, audience):
                return _refusal(403, _NOT_VALID)
            objects = await rows.objects(conn, recording_id)
        found = objects.get("copy") or objects.get("original")
        if found is not None:
            return found
        return _refusal(503 if state == "stored" else 404, _NO_AUDIO[state])

    async def _log_access(
        self, request: web.Request, found: StoredObject, span: tuple[int, int]
    ) -> None:
        """Before the first byte leaves."""
        access = rows.Access(
            audience=request.query["audience"],
            reason=request.query.get("reason", ""),
            remote=self._address(request),
            role=found.role,
            first=span[0],
            last=span[1] - 1,
        )
        async with self._pool.acquire(timeout=2) as conn:
            await rows.log_access(conn, found.recording_id, access, self._now())

    def _is_ours(self, request: web.Request) -> bool:
        query = request.query
        return verify(
            self._secret,
            request.match_info["id"],
            query.get("audience", ""),
            query.get("expires", ""),
            query.get("signature", ""),
            self._now(),
            query.get("reason", ""),
        )

    async def _send(
        self, request: web.Request, found: StoredObject, span: tuple[int, int], piece: bytes
    ) -> web.StreamResponse:
        start, end = span
        partial = _is_partial(request, found)
        response = web.StreamResponse(status=206 if partial else 200, headers=_HEADERS)
        response.content_type = found.content_type
        response.content_length = end - start
        response.headers["Accept-Ranges"] = "bytes"
        response.headers["ETag"] = _tag(found)
        response.headers["Content-Disposition"] = f'inline; filename="{found.file_name}"'
        if partial:
            response.headers["Content-Range"] = f"bytes {start}-{end - 1}/{found.bytes}"
        await send_rest(request, response, self._vault, found, span, piece)
        return response


def _tag(found: StoredObject) -> str:
    return f'"{found.sha256}"'


def _is_partial(request: web.Request, found: StoredObject) -> bool:
    """Whether a range was asked for, and of this very file."""
    if request.headers.get("Range") is None:
        return False
    return request.headers.get("If-Range", _tag(found)) == _tag(found)


def _span(request: web.Request, found: StoredObject) -> tuple[int, int] | None:
    """The bytes asked for, from and to (exclusive); None when there are none."""
    if not _is_partial(request, found):
        return 0, found.bytes
    try:
        asked = request.http_range
    except ValueError:  # several ranges, or nonsense
        return None
    start, end, _ = asked.indices(found.bytes)
    return (start, end) if start < end else None


def _no_such_range(size: int) -> web.Response:
    answer = _refusal(416, "The recording has no such range.")
    answer.headers["Content-Range"] = f"bytes */{size}"
    return answer


def _refusal(status: int, message: str) -> web.Response:
    return web.json_response({"error": message}, status=status, headers=_HEADERS)
