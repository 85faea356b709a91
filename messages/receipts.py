"""What an SMS gateway reports afterwards: `POST /receipts/sms`."""

import hmac
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

import structlog
from aiohttp import web

from db.errors import AWAY
from db.pool import Pool
from messages import rows

_log = structlog.get_logger(__name__)
_SHORTEST_TOKEN = 16
_LONGEST = 200
_LATER = "please send it again later"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiptOptions:
    """How the gateway names things.

    `token`: it sends this as `Authorization: Bearer ...`, or in `header`. `key`: its field with our
    key; `reference`: with its own name for the message. `status`: its field with what became of it;
    a value that is neither of `delivered` nor of `failed` (on its way, queued) changes nothing.
    """

    token: str = field(repr=False)
    header: str = "Authorization"
    key: str = "key"
    reference: str = "reference"
    status: str = "status"
    delivered: tuple[str, ...] = ("delivered", "DELIVRD")
    failed: tuple[str, ...] = ("failed", "undelivered", "UNDELIV", "REJECTD", "EXPIRED")

    def __post_init__(self) -> None:
        if len(self.token) < _SHORTEST_TOKEN:
            raise ValueError(f"a token for receipts has at least {_SHORTEST_TOKEN} characters")


class Receipts:
    """Takes JSON or form fields, any number of times and in any order."""

    def __init__(self, pool: Pool, options: ReceiptOptions, now: Callable[[], datetime]) -> None:
        self._pool = pool
        self._options = options
        self._now = now

    def add_routes(self, app: web.Application) -> None:
        """Answer on `app`."""
        app.router.add_post("/receipts/sms", self.post)

    async def post(self, request: web.Request) -> web.Response:
        """204 when it is written or changes nothing; 403, 400, 404 (no such message); 503 while
        the database is away, and where it may be about a message that is being sent.
        """
        if not self._is_ours(request):
            return _answer(403, "not allowed")
        fields = await _fields(request)
        if fields is None:
            return _answer(400, "neither JSON nor a form")
        key, reference = _uuid(fields.get(self._options.key)), fields.get(self._options.reference)
        if key is None and not reference:
            return _answer(400, "names no message")
        return await self._write(key, reference or None, fields.get(self._options.status, ""))

    async def _write(self, key: UUID | None, reference: str | None, status: str) -> web.Response:
        options = self._options
        if status not in (*options.delivered, *options.failed):
            return web.Response(status=204)
        failure = None if status in options.delivered else f"not delivered: {status}"
        try:
            taken = await rows.receipt(
                self._pool, key=key, reference=reference, at=self._now(), failure=failure
            )
        except AWAY as error:
            _log.error("receipt not written", error=repr(error))
            return _answer(503, _LATER)
        match taken:
            case rows.Receipt.TAKEN:
                return web.Response(status=204)
            case rows.Receipt.NOT_YET:
                return _answer(503, _LATER)
            case rows.Receipt.UNKNOWN:
                return _answer(404, "no such message")

    def _is_ours(self, request: web.Request) -> bool:
        given = request.headers.get(self._options.header, "").removeprefix("Bearer ")
        return hmac.compare_digest(
            given.encode("utf-8", "surrogateescape"), self._options.token.encode()
        )


async def _fields(request: web.Request) -> Mapping[str, str] | None:
    try:
        if request.content_type == "application/json":
            found = await request.json()
            if not isinstance(found, dict):
                return None
        else:
            found = dict(await request.post())
    except (ValueError, UnicodeDecodeError, json.JSONDecodeError):
        return None
    return {
        str(name): str(value)[:_LONGEST]
        for name, value in found.items()
        if isinstance(value, str | int)
    }


def _uuid(text: str | None) -> UUID | None:
    try:
        return UUID(text) if text else None
    except ValueError:
        return None


def _answer(status: int, why: str) -> web.Response:
    return web.json_response({"error": why}, status=status)
