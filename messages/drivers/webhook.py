"""Signed JSON to another system: it can tell that we sent it, and that nobody repeats it later."""

import hashlib
import hmac
import json
from collections.abc import Callable
from datetime import datetime

import aiohttp

from messages.drivers.http import failure_of
from messages.errors import TransientError
from messages.model import Message

_SHORTEST_SECRET = 16
_EVENT = "complaint_"


def signature(secret: bytes, timestamp: str, body: bytes) -> str:
    """`sha256=` and the HMAC of timestamp, a full stop and the body, as hex."""
    digest = hmac.new(secret, timestamp.encode() + b"." + body, hashlib.sha256).hexdigest()
    return f"sha256={digest}"


def _told(message: Message) -> dict[str, object]:
    """What happened to a complaint is told in fields, all else in words."""
    if message.kind.startswith(_EVENT):
        return {"event": json.loads(message.body)}
    return {"text": message.body}


class Webhook:
    """POST to one URL with `Helpline-Timestamp`, `Helpline-Signature` and `Idempotency-Key`."""

    def __init__(
        self, url: str, secret: bytes, now: Callable[[], datetime], *, timeout: float
    ) -> None:
        if len(secret) < _SHORTEST_SECRET:
            raise ValueError(f"a webhook's secret has at least {_SHORTEST_SECRET} bytes")
        self._url = url
        self._secret = secret
        self._now = now
        self._timeout = aiohttp.ClientTimeout(total=timeout)
        self._session: aiohttp.ClientSession | None = None

    async def send(self, message: Message) -> str:
        """One request. The timestamp is this attempt's, the key is the message's."""
        body = json.dumps(
            {
                "key": str(message.id),
                "kind": message.kind,
                "to": message.recipient,
                "at": message.created_at.isoformat(),
                **_told(message),
            },
            ensure_ascii=False,
        ).encode()
        timestamp = str(int(self._now().timestamp()))
        headers = {
            "Content-Type": "application/json",
            "Idempotency-Key": str(message.id),
            "Helpline-Timestamp": timestamp,
            "Helpline-Signature": signature(self._secret, timestamp, body),
        }
        if self._session is None:
            self._session = aiohttp.ClientSession(timeout=self._timeout)
        try:
            async with self._session.post(
                self._url, data=body, headers=headers, allow_redirects=False
            ) as answer:
                if failure := failure_of(answer):
                    raise failure
        except TimeoutError as error:
            raise TransientError("webhook: no answer in time") from error
        except aiohttp.ClientError as error:
            raise TransientError(f"webhook: {type(error).__name__}") from error
        return ""

    async def close(self) -> None:
        """Close kept connections."""
        if self._session is not None:
            await self._session.close()
