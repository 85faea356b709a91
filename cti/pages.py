"""One page of an agent: a WebSocket with a bounded outgoing queue and one writer."""

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import structlog
from aiohttp import web

_log = structlog.get_logger(__name__)
_SEND_SECONDS = 5.0

Message = Mapping[str, Any]

CLOSE_SIGNED_OUT = 4000
CLOSE_TAKEN_OVER = 4001
CLOSE_GONE = 4002


@dataclass(frozen=True, slots=True)
class _Close:
    code: int
    reason: str


def read(text: str) -> dict[str, Any]:
    """What a page has sent; nothing, where it is no message.

    Half a character (a lone surrogate, which is left where a page cuts an emoji in two) becomes a
    question mark: no row could hold it.
    """
    try:
        message = json.loads(text)
        if "\\u" in text:
            whole = json.dumps(message, ensure_ascii=False).encode("utf-8", "replace")
            message = json.loads(whole)
    except (ValueError, RecursionError):
        return {}
    return message if isinstance(message, dict) else {}


class Page:
    """`send()` never waits: a page that cannot follow is dropped, and heals by reconnecting."""

    def __init__(
        self, agent_id: str, socket: web.WebSocketResponse, request: web.Request, bound: int
    ) -> None:
        self._agent_id = agent_id
        self._socket = socket
        self._transport = request.transport
        self._outgoing: asyncio.Queue[Message | _Close] = asyncio.Queue(bound)
        self.dropped = False

    def send(self, message: Message) -> None:
        """Queue a message; when the queue is full the page is dropped."""
        self._put(message)

    def close(self, code: int, reason: str) -> None:
        """Close after what is queued."""
        self._put(_Close(code, reason))

    async def write(self) -> None:
        """The one writer: until the page is closed, or does not take a message in time."""
        while True:
            item = await self._outgoing.get()
            try:
                async with asyncio.timeout(_SEND_SECONDS):
                    if isinstance(item, _Close):
                        await self._socket.close(code=item.code, message=item.reason.encode())
                        return
                    await self._socket.send_json(item)
            except TimeoutError:
                self._drop("takes no message")
                return
            except ConnectionError:
                return  # the reader sees it too

    def _put(self, item: Message | _Close) -> None:
        if self.dropped:
            return
        try:
            self._outgoing.put_nowait(item)
        except asyncio.QueueFull:
            self._drop("too slow")

    def _drop(self, why: str) -> None:
        self.dropped = True
        _log.warning("agent's page dropped", agent=self._agent_id, why=why)
        if self._transport is not None:
            self._transport.abort()
