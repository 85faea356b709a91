"""An agent as software: the page's socket, the screen-pop, the form."""

import asyncio
import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count
from typing import Any, Self

import aiohttp

Message = dict[str, Any]


class AgentError(Exception):
    """The agent's page was refused, or did not get what it waited for."""


class OfferedError(AgentError):
    """The citizen has open complaints about this: send the form again with the agent's answer.

    `adds_to` one of `candidates`, or `separate`.
    """

    def __init__(self, candidates: list[Message]) -> None:
        super().__init__(f"open already: {', '.join(one['number'] for one in candidates)}")
        self.candidates = candidates


@dataclass
class AgentPage:
    """What an agent's browser does: holds the socket, acknowledges pops, sends the form."""

    url: str
    token: str
    path: str = "/agent/socket"
    first: str = "hello"
    messages: list[Message] = field(default_factory=list)
    _asked: Iterator[int] = field(default_factory=count)
    _session: aiohttp.ClientSession | None = None
    _socket: aiohttp.ClientWebSocketResponse | None = None
    _reader: asyncio.Task[None] | None = None
    _news: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def __aenter__(self) -> Self:
        """Open the page: that signs the agent in."""
        headers = {"Authorization": f"Bearer {self.token}"}
        self._session = aiohttp.ClientSession(
            self.url, headers=headers, timeout=aiohttp.ClientTimeout(total=15)
        )
        try:
            self._socket = await self._session.ws_connect(self.path, heartbeat=20)
        except aiohttp.ClientError as error:
            await self._session.close()
            raise AgentError(f"the agent's page was refused: {error}") from error
        self._reader = asyncio.create_task(self._read(self._socket), name="agent page")
        await self.wait_for(self.first)
        return self

    async def __aexit__(self, *_exc: object) -> None:
        """Close the page without signing out, as a closed browser does."""
        if self._reader is not None:
            self._reader.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._reader
        if self._socket is not None:
            await self._socket.close()
        if self._session is not None:
            await self._session.close()

    async def wait_for(self, kind: str, timeout: float = 30, **fields: str) -> Message:
        """The first message of this type (and with these fields), also one that came before."""

        def found() -> Message | None:
            for message in self.messages:
                if message["type"] == kind and fields.items() <= message.items():
                    return message
            return None

        try:
            async with asyncio.timeout(timeout), self._news:
                await self._news.wait_for(lambda: found() is not None)
        except TimeoutError:
            got = [message["type"] for message in self.messages]
            raise AgentError(f"no {kind} in {timeout:g} s; the page got {got}") from None
        message = found()
        if message is None:
            raise AgentError(f"{kind} vanished")
        return message

    async def register_complaint(self, form: Message) -> Message:
        """Send the form.

        `OfferedError` where it may be open already; `AgentError` with the server's words when it is
        refused.
        """
        status, answer = await self.post_form(form)
        if status == 409 and "candidates" in answer:
            raise OfferedError(answer["candidates"])
        if status not in (200, 201):
            raise AgentError(f"{status}: {answer}")
        return answer

    async def post_form(self, form: Message) -> tuple[int, Message]:
        """Send the form; the HTTP status and what the server answers."""
        if self._session is None:
            raise AgentError("the page is closed")
        async with self._session.post("/agent/complaints", json=form) as response:
            return response.status, await response.json(content_type=None)

    async def ask(self, kind: str, **more: object) -> Message:
        """Send a command; its answer."""
        if self._socket is None:
            raise AgentError("the page is closed")
        asked = str(next(self._asked))
        await self._socket.send_json({"type": kind, "id": asked, **more})
        return await self.wait_for("answer", id=asked)

    async def until_state(self, timeout: float = 30, **fields: object) -> Message:
        """The newest state, once it has these fields."""

        def newest() -> Message | None:
            state = self.state()
            return state if state and fields.items() <= state.items() else None

        try:
            async with asyncio.timeout(timeout), self._news:
                await self._news.wait_for(newest)
        except TimeoutError:
            got = [m for m in self.messages if m["type"] == "state"][-3:]
            raise AgentError(f"no state {fields} in {timeout:g} s; the last were {got}") from None
        state = newest()
        if state is None:
            raise AgentError("the state vanished")
        return state

    @property
    def is_open(self) -> bool:
        """Whether the server is still there, as far as the page knows."""
        return self._reader is not None and not self._reader.done()

    async def closed(self, timeout: float = 30) -> int | None:
        """By the server; with which code. Raises `TimeoutError`."""
        if self._reader is None or self._socket is None:
            raise AgentError("the page is closed")
        async with asyncio.timeout(timeout):
            await asyncio.shield(self._reader)
        return self._socket.close_code

    def state(self) -> Message:
        """The newest state; empty before the first."""
        states = [m for m in self.messages if m["type"] in ("hello", "state")]
        if not states:
            return {}
        state: Message = states[-1].get("state", states[-1])
        return state

    async def sign_out(self) -> None:
        """Leave all queues."""
        if self._socket is not None:
            await self._socket.send_json({"type": "sign_out"})

    async def _read(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        async for frame in socket:
            if frame.type is not aiohttp.WSMsgType.TEXT:
                continue
            message: Message = frame.json()
            if message["type"] == "pop":
                await socket.send_json({"type": "ack", "call": message["call"]})
            async with self._news:
                self.messages.append(message)
                self._news.notify_all()
