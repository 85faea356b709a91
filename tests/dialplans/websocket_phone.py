"""A browser's telephone without a browser: registers over a WebSocket, looks at what is offered."""

import re
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiohttp import ClientSession, ClientWebSocketResponse

from dialplans.settings import Address
from tests.dialplans.sip import digest, header

_WAIT = 20


class WebsocketPhone:
    """RFC 7118: one SIP message a frame."""

    def __init__(self, socket: ClientWebSocketResponse, user: str, host: str) -> None:
        self._socket = socket
        self._user = user
        self._host = host
        self._call_id = secrets.token_hex(8)

    async def register(self, password: str) -> None:
        """Until Asterisk says 200."""
        await self._register(1)
        challenge = await self.receive(r"SIP/2.0 401 ")
        uri = f"sip:{self._host}"
        proof = digest(challenge, "REGISTER", uri, user=self._user, password=password)
        await self._register(2, proof)
        await self.receive(r"SIP/2.0 200 ")

    async def receive(self, pattern: str) -> str:
        """The next message that begins so."""
        while True:
            text: str = await self._socket.receive_str(timeout=_WAIT)
            if re.match(pattern, text):
                return text

    async def refuse(self, invite: str) -> None:
        """486 Busy Here."""
        echoed = [f"{name}: {header(invite, name)}" for name in ("Via", "From", "Call-ID", "CSeq")]
        lines = ["SIP/2.0 486 Busy Here", *echoed, f"To: {header(invite, 'To')};tag=busy"]
        await self._say(lines)

    async def _register(self, sequence: int, proof: str = "") -> None:
        me = f"<sip:{self._user}@{self._host}>"
        lines = [
            f"REGISTER sip:{self._host} SIP/2.0",
            f"Via: SIP/2.0/WS browser.invalid;branch=z9hG4bK{secrets.token_hex(6)}",
            f"From: {me};tag={self._call_id[:6]}",
            f"To: {me}",
            f"Call-ID: {self._call_id}",
            f"CSeq: {sequence} REGISTER",
            f"Contact: <sip:{self._user}@browser.invalid;transport=ws>",
            "Max-Forwards: 70",
            "Expires: 60",
            *([proof] if proof else []),
        ]
        await self._say(lines)

    async def _say(self, lines: list[str]) -> None:
        await self._socket.send_str("\r\n".join([*lines, "Content-Length: 0", "", ""]))


@asynccontextmanager
async def websocket_phone(user: str, at: Address) -> AsyncIterator[WebsocketPhone]:
    """Connected, not registered."""
    async with (
        ClientSession() as session,
        session.ws_connect(f"ws://{at}/ws", protocols=["sip"]) as socket,
    ):
        yield WebsocketPhone(socket, user, str(at.address))
