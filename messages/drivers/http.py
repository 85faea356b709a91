"""Any SMS gateway that takes a message by one HTTP request, told how by settings."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Literal

import aiohttp

from messages.drivers.fields import fill_fields
from messages.errors import DeliveryError, PermanentError, TransientError, UnknownEndError
from messages.model import Message

_MOST_READ = 64 * 1024
_SHARE = 0.9  # of the caller's limit: who ends the request knows how far it came
# These say something about us or about now, not about the message: once mended, it can go.
_NOT_THE_MESSAGE = {401, 402, 403, 404, 405, 407, 408, 421, 423, 425, 429}
_SECONDS = re.compile("[0-9]{1,6}", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpGatewayOptions:
    """`fields`: name to value with placeholders, as `messages.drivers.fields` fills them.

    `headers` may hold secrets and are never logged. `accepted`: pattern that the answer's text must
    hold, for gateways that say 200 to everything. `already_accepted`: statuses by which a gateway
    says that it has this key already. `reference`: the answer's JSON field with its own name for
    the message, dots between levels.
    """

    url: str = field(repr=False)
    method: Literal["POST", "PUT", "GET"] = "POST"
    format: Literal["json", "form", "query"] = "json"
    fields: Mapping[str, str]
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    accepted: str | None = None
    already_accepted: tuple[int, ...] = ()
    reference: str | None = None


class HttpGateway:
    """Redirects are not followed: a message goes where the settings say, or nowhere."""

    def __init__(self, options: HttpGatewayOptions, *, timeout: float) -> None:
        """`timeout`: the caller's, of one send."""
        self._options = options
        self._timeout = aiohttp.ClientTimeout(total=_SHARE * timeout)
        self._session: aiohttp.ClientSession | None = None

    async def send(self, message: Message) -> str:
        """One request; `Idempotency-Key` is the message's key."""
        options = self._options
        fields = fill_fields(options.fields, message)
        try:
            async with self._open().request(
                options.method,
                options.url,
                params=fields if options.format == "query" else None,
                data=fields if options.format == "form" else None,
                json=fields if options.format == "json" else None,
                headers={**options.headers, "Idempotency-Key": str(message.id)},
                allow_redirects=False,
            ) as answer:
                return await self._judge(answer)
        except TimeoutError as error:
            raise TransientError("gateway: no answer in time") from error
        except aiohttp.ClientError as error:  # its text may quote the URL and what stands in it
            raise TransientError(f"gateway: {type(error).__name__}") from error

    async def close(self) -> None:
        """Close kept connections."""
        if self._session is not None:
            await self._session.close()

    async def _judge(self, answer: aiohttp.ClientResponse) -> str:
        """The status first: where that says it all, the rest need not come."""
        if answer.status in self._options.already_accepted:
            return ""
        if failure := failure_of(answer):
            raise failure
        text, whole = await _read(answer)
        pattern = self._options.accepted
        if pattern is not None and not whole:
            raise UnknownEndError(f"gateway: {answer.status}, but the answer was cut off")
        if pattern is not None and not re.search(pattern, text):
            raise TransientError(
                f"gateway: {answer.status}, but not the answer that means accepted"
            )
        return _reference(self._options.reference, text)

    def _open(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession(timeout=self._timeout)
        return self._session


def failure_of(answer: aiohttp.ClientResponse) -> DeliveryError | None:
    """What a status means; None: taken."""
    status = answer.status
    if 200 <= status < 300:
        return None
    if 400 <= status < 500 and status not in _NOT_THE_MESSAGE:
        return PermanentError(f"gateway: {status}")
    seconds = answer.headers.get("Retry-After", "")
    after = timedelta(seconds=int(seconds)) if _SECONDS.fullmatch(seconds) else None
    return TransientError(f"gateway: {status}", after)


async def _read(answer: aiohttp.ClientResponse) -> tuple[str, bool]:
    """What it says, of a long one the beginning; and whether that is all that was to be read."""
    read, whole = bytearray(), True
    try:
        async for piece in answer.content.iter_any():
            read += piece
            if len(read) >= _MOST_READ:
                break
    except (aiohttp.ClientError, TimeoutError):
        whole = False
    return read[:_MOST_READ].decode("utf-8", "replace"), whole


def _reference(path: str | None, text: str) -> str:
    """The gateway's own name, or nothing: a message that was taken does not fail over it."""
    if path is None:
        return ""
    try:
        value = json.loads(text)
    except ValueError:
        return ""
    for name in path.split("."):
        if isinstance(value, list):
            value = value[0] if value else None
        value = value.get(name) if isinstance(value, dict) else None
    # What the database would refuse (NUL, half characters) must not make a sent message unsent.
    given = str(value) if isinstance(value, str | int) else ""
    return "".join(character for character in given if character.isprintable())[:200]
