"""A SIP phone of a few lines: calls, answers, hangs up; sends no audio."""

import asyncio
import hashlib
import re
import secrets
from typing import Self

Address = tuple[str, int]


class Phone(asyncio.DatagramProtocol):
    """One phone with at most one call at a time, bound to its own loopback address."""

    def __init__(self, address: Address) -> None:
        self.address = address
        self.received: asyncio.Queue[str] = asyncio.Queue(100)
        self.answers = True
        self._transport: asyncio.DatagramTransport | None = None
        self._peer: Address = address
        self._dialog: dict[str, str] = {}
        self._cseq = 1
        self._authorization = ""
        self._further: tuple[str, ...] = ()

    @classmethod
    async def open(cls, address: Address) -> Self:
        phone = cls(address)
        loop = asyncio.get_running_loop()
        phone._transport, _ = await loop.create_datagram_endpoint(lambda: phone, local_addr=address)
        return phone

    def close(self) -> None:
        if self._transport is not None:
            self._transport.close()

    def datagram_received(self, data: bytes, addr: Address) -> None:
        text = data.decode()
        if text.startswith("INVITE"):
            self._peer = addr
            self._take(text)
        elif not text.startswith(("SIP/2.0", "ACK")):
            self._peer = addr
            self._reply(text, "200 OK")
        self.received.put_nowait(text)

    def invite(
        self,
        to: Address,
        number: str,
        *,
        user: str = "9415012345",
        name: str = "",
        to_user: str = "",
        further: tuple[str, ...] = (),
    ) -> None:
        """`further`: header lines of this call beside those that each has."""
        self._peer, self._further = to, further
        tag, call_id = secrets.token_hex(4), secrets.token_hex(8)
        self._dialog = {
            "uri": f"sip:{number}@{to[0]}:{to[1]}",
            "from": (f'"{name}" ' if name else "") + f"<sip:{user}@{self.address[0]}>;tag={tag}",
            "to": f"<sip:{to_user or number}@{to[0]}>",
            "call_id": call_id,
        }
        self._request("INVITE", self._sdp())

    async def invite_as(self, to: Address, number: str, *, user: str, password: str) -> int:
        """Call with digest authentication (RFC 2617); the final status."""
        self.invite(to, number, user=user)
        challenge = await self.expect(r"SIP/2.0 401")
        self._request("ACK", cseq=int(header(challenge, "CSeq").split()[0]))
        self._authorization = digest(
            challenge, "INVITE", self._dialog["uri"], user=user, password=password
        )
        self._request("INVITE", self._sdp())
        self._authorization = ""
        return await self.answer()

    async def answer(self, *, seconds: float = 10) -> int:
        """The final status of our INVITE, acknowledged."""
        while True:
            text = await self.expect(r"SIP/2.0 [1-6]\d\d", seconds=seconds)
            status = int(text.split(" ", 2)[1])
            if status >= 200 and "INVITE" in header(text, "CSeq"):
                self._dialog["to"] = header(text, "To")
                self._request("ACK", cseq=int(header(text, "CSeq").split()[0]))
                return status

    def bye(self) -> None:
        self._request("BYE")

    def cancel(self) -> None:
        self._request("CANCEL", cseq=self._cseq)

    async def expect(self, pattern: str, *, seconds: float = 15) -> str:
        async with asyncio.timeout(seconds):
            while True:
                text = await self.received.get()
                if re.match(pattern, text):
                    return text

    def _take(self, invite: str) -> None:
        begins = "tag=" not in header(invite, "To")
        if begins and header(invite, "Call-ID") == self._dialog.get("call_id"):
            return  # Asterisk repeats what was not answered in half a second
        self._dialog = {
            "uri": header(invite, "Contact").strip("<>"),
            "from": header(invite, "To") + ";tag=" + secrets.token_hex(4),
            "to": header(invite, "From"),
            "call_id": header(invite, "Call-ID"),
        }
        self._reply(invite, "180 Ringing")
        if self.answers:
            self._reply(invite, "200 OK", self._sdp())

    def _request(self, method: str, body: str = "", cseq: int | None = None) -> None:
        if cseq is None:
            self._cseq += 1
            cseq = self._cseq
        host, port = self.address
        self._send(
            f"{method} {self._dialog['uri']} SIP/2.0",
            f"Via: SIP/2.0/UDP {host}:{port};branch=z9hG4bK{secrets.token_hex(6)}",
            f"From: {self._dialog['from']}",
            f"To: {self._dialog['to']}",
            f"Call-ID: {self._dialog['call_id']}",
            f"CSeq: {cseq} {method}",
            "Max-Forwards: 70",
            *([self._authorization] if self._authorization else []),
            *self._further,
            body=body,
        )

    def _reply(self, request: str, status: str, body: str = "") -> None:
        names = ("Via", "From", "Call-ID", "CSeq")
        to = header(request, "To")
        mine = self._dialog.get("from", to)
        self._send(
            f"SIP/2.0 {status}",
            *(f"{name}: {header(request, name)}" for name in names),
            f"To: {to if 'tag=' in to else mine}",
            body=body,
        )

    def _send(self, *lines: str, body: str) -> None:
        host, port = self.address
        head = [*lines, f"Contact: <sip:{host}:{port}>"]
        if body:
            head.append("Content-Type: application/sdp")
        head.append(f"Content-Length: {len(body)}")
        assert self._transport is not None
        self._transport.sendto(("\r\n".join(head) + "\r\n\r\n" + body).encode(), self._peer)

    def _sdp(self) -> str:
        host = self.address[0]
        lines = ["v=0", f"o=- 1 1 IN IP4 {host}", "s=-", f"c=IN IP4 {host}", "t=0 0"]
        lines += ["m=audio 30000 RTP/AVP 8 101", "a=rtpmap:8 PCMA/8000"]
        lines += ["a=rtpmap:101 telephone-event/8000"]
        return "\r\n".join(lines) + "\r\n"


def digest(challenge: str, method: str, uri: str, *, user: str, password: str) -> str:
    """The line that answers a 401 (RFC 2617)."""
    asked = dict(re.findall(r'(\w+)="?([^",]*)"?', header(challenge, "WWW-Authenticate")))
    nonce, count = asked["nonce"], secrets.token_hex(4)
    who = _md5(f"{user}:{asked['realm']}:{password}")
    proof = _md5(f"{who}:{nonce}:00000001:{count}:auth:" + _md5(f"{method}:{uri}"))
    return (
        f'Authorization: Digest username="{user}", realm="{asked["realm"]}", nonce="{nonce}",'
        f' uri="{uri}", response="{proof}", algorithm=MD5, qop=auth, nc=00000001,'
        f' cnonce="{count}", opaque="{asked.get("opaque", "")}"'
    )


def header(text: str, name: str) -> str:
    """Of a SIP message; empty: it has none."""
    found = re.search(rf"^{name}: *(.*?)\r?$", text, re.MULTILINE | re.IGNORECASE)
    return found[1] if found else ""


def _md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()
