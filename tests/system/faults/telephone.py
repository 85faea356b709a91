"""An agent's telephone that registers (RFC 3261, section 10) and can be unplugged.

It answers Asterisk's OPTIONS, and no call: whoever has it sits in a queue of their own.
"""

import asyncio
import contextlib
import hashlib
import re
import secrets
from dataclasses import dataclass, field

from helpline.lab.phones import Address

_EVERY = 1.0  # seconds between registrations: one that Asterisk did not hear is soon made good
_LASTS = 60
_CHALLENGE = re.compile(rb"^WWW-Authenticate: Digest (.*?)\r$", re.MULTILINE | re.IGNORECASE)
_PART = re.compile(r'(\w+)="?([^",]+)')
_ECHOED = re.compile(rb"^(?:Via|From|To|Call-ID|CSeq):.*?\r\n", re.MULTILINE | re.IGNORECASE)


@dataclass
class Telephone(asyncio.DatagramProtocol):
    """`plugged`: whether Asterisk is to know of it; within a second it does."""

    user: str
    password: str
    at: Address
    asterisk: Address
    plugged: bool = True
    _call: str = field(default_factory=lambda: secrets.token_hex(8))
    _sequence: int = 0
    _expires: int = _LASTS
    _transport: asyncio.DatagramTransport | None = None
    _task: asyncio.Task[None] | None = None

    async def begin(self) -> None:
        """Register from now on."""
        loop = asyncio.get_running_loop()
        self._transport, _ = await loop.create_datagram_endpoint(
            lambda: self, local_addr=(self.at.host, self.at.port)
        )
        self._task = asyncio.create_task(self._keep_registered(), name=f"telephone {self.user}")

    async def end(self) -> None:
        """Gone without a word."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        if self._transport is not None:
            self._transport.close()

    async def _keep_registered(self) -> None:
        while True:
            self._expires = _LASTS if self.plugged else 0
            self._send()
            await asyncio.sleep(_EVERY)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        """A challenge is met, a question whether we are there is answered."""
        if self._transport is None:
            return
        if data.startswith(b"OPTIONS ") and self.plugged:
            echoed = b"".join(_ECHOED.findall(data))
            self._transport.sendto(
                b"SIP/2.0 200 OK\r\n" + echoed + b"Content-Length: 0\r\n\r\n", addr
            )
        elif data.startswith(b"SIP/2.0 401 ") and (asked := _CHALLENGE.search(data)):
            self._send(dict(_PART.findall(asked[1].decode())))

    def error_received(self, exc: Exception) -> None:
        """Asterisk is not there; it may come back."""

    def _send(self, challenge: dict[str, str] | None = None) -> None:
        if self._transport is None:
            return
        self._sequence += 1
        here, there = f"{self.at.host}:{self.at.port}", self.asterisk.host
        lines = [
            f"REGISTER sip:{there} SIP/2.0",
            f"Via: SIP/2.0/UDP {here};branch=z9hG4bK{secrets.token_hex(6)};rport",
            "Max-Forwards: 70",
            f"From: <sip:{self.user}@{there}>;tag={self._call[:6]}",
            f"To: <sip:{self.user}@{there}>",
            f"Call-ID: {self._call}",
            f"CSeq: {self._sequence} REGISTER",
            f"Contact: <sip:{self.user}@{here}>",
            f"Expires: {self._expires}",
            *([f"Authorization: Digest {self._proof(challenge)}"] if challenge else []),
            "Content-Length: 0",
        ]
        with contextlib.suppress(OSError):
            self._transport.sendto(
                ("\r\n".join(lines) + "\r\n\r\n").encode(), (there, self.asterisk.port)
            )

    def _proof(self, asked: dict[str, str]) -> str:
        realm, nonce, uri = asked["realm"], asked["nonce"], f"sip:{self.asterisk.host}"
        ours, count = secrets.token_hex(6), "00000001"
        who = _md5(f"{self.user}:{realm}:{self.password}")
        proof = _md5(f"{who}:{nonce}:{count}:{ours}:auth:{_md5(f'REGISTER:{uri}')}")
        opaque = f', opaque="{asked["opaque"]}"' if "opaque" in asked else ""
        return (
            f'username="{self.user}", realm="{realm}", nonce="{nonce}", uri="{uri}",'
            f' response="{proof}", algorithm=MD5, qop=auth, nc={count}, cnonce="{ours}"{opaque}'
        )


def _md5(text: str) -> str:
    """RFC 2617's, which is all that SIP telephones agree on."""
    return hashlib.md5(text.encode()).hexdigest()
