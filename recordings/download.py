"""What a signed link answers: a recording, whole or in ranges, with a note of who fetched it."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import structlog
from aiohttp import web

from db.errors import AWAY
from db.pool import Connection, Pool
from recordings import rows
from recordings.errors import StoreError
from recordings.links import verify
from recordings.store import Store

#: Whether a recording may be heard by an audience that holds a good link to it: asked each time.
MayHear = Callable[[Connection, UUID, str], Awaitable[bool]]

_log = structlog.get_logger(__name__)
_PIECE = 256 * 1024
_HEADERS = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
_NOT_VALID = "This link is not valid."
_NO_AUDIO = {
    "open": "The recording is still being closed. Please try again in a minute.",
    "missing": "There is no audio for this recording.",
}


@dataclass(frozen=True, slots=True)
class _Stored:
    id: UUID
    location: str
    bytes: int


class Downloads:
    """`GET /recordings/{id}?audience=&expires=&signature=` as `recordings.links.sign` writes it."""

    def __init__(
        self,
        pool: Pool,
        store: Store,
        secret: bytes,
        now: Callable[[], datetime],
        may_hear: MayHear,
    ) -> None:
        self._pool = pool
        self._store = store
        self._secret = secret
        self._now = now
        self._may_hear = may_hear

    def add_routes(self, app: web.Application) -> None:
        """Answer on `app`."""
        app.router.add_get("/recordings/{id}", self.get)

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
            found = await self._look_up(recording_id, request)
            if isinstance(found, web.Response):
                return found
            span = _span(request, found.bytes)
            if span is None:
                return _no_such_range(found.bytes)
            # Read before the head leaves: a store that is away is then still an answer of its own.
            first = await self._store.read(found.location, span[0], min(span[0] + _PIECE, span[1]))
        except (*AWAY, StoreError) as error:
            _log.error("recording not served", recording=str(recording_id), error=repr(error))
            return _refusal(503, "The recording cannot be fetched now. Please try again later.")
        return await self._send(request, found, span, first)

    async def _look_up(self, recording_id: UUID, request: web.Request) -> _Stored | web.Response:
        async with self._pool.acquire(timeout=2) as conn:
            row = await rows.load(conn, recording_id)
            if row is None:
                return _refusal(403, _NOT_VALID)
            audience, remote = request.query["audience"], request.remote or ""
            if not await self._may_hear(conn, row.id, audience):
                return _refusal(403, _NOT_VALID)
            if row.location is None or row.bytes is None:
                return _refusal(404, _NO_AUDIO[row.state])
            await rows.log_access(conn, row.id, audience, self._now(), remote)
        return _Stored(row.id, row.location, row.bytes)

    def _is_ours(self, request: web.Request) -> bool:
        query = request.query
        return verify(
            self._secret,
            request.match_info["id"],
            query.get("audience", ""),
            query.get("expires", ""),
            query.get("signature", ""),
            self._now(),
        )

    async def _send(
        self, request: web.Request, found: _Stored, span: tuple[int, int], piece: bytes
    ) -> web.StreamResponse:
        start, end = span
        partial = request.headers.get("Range") is not None
        response = web.StreamResponse(status=206 if partial else 200, headers=_HEADERS)
        response.content_type = "audio/wav"
        response.content_length = end - start
        response.headers["Accept-Ranges"] = "bytes"
        response.headers["Content-Disposition"] = f'inline; filename="{found.id}.wav"'
        if partial:
            response.headers["Content-Range"] = f"bytes {start}-{end - 1}/{found.bytes}"
        await response.prepare(request)
        while request.method != "HEAD" and piece:
            await response.write(piece)
            start += len(piece)
            stop = min(start + _PIECE, end)
            piece = await self._store.read(found.location, start, stop) if start < end else b""
        await response.write_eof()
        return response


def _span(request: web.Request, size: int) -> tuple[int, int] | None:
    """The bytes asked for, from and to (exclusive); None when there are none."""
    try:
        asked = request.http_range
    except ValueError:  # several ranges, or nonsense
        return None
    start, end, _ = asked.indices(size)
    return (start, end) if start < end else None


def _no_such_range(size: int) -> web.Response:
    answer = _refusal(416, "The recording has no such range.")
    answer.headers["Content-Range"] = f"bytes */{size}"
    return answer


def _refusal(status: int, message: str) -> web.Response:
    return web.json_response({"error": message}, status=status, headers=_HEADERS)
