"""A telephone that measures: a few calls a second beside the load, timed to the first sound heard.

It sends audio from its answer on, as every telephone does: the first packet goes when its 20 ms
have been heard, and Asterisk's Answer waits for it. Arrivals are stamped by the kernel, so that it
does not matter when this process, on a busy machine, comes to read them.
"""

import asyncio
import re
import secrets
import socket
import struct
from dataclasses import dataclass

from bench.sip import header, media_address, now_ns, ok, receive, stamped_socket
from helpline.lab.phones import Address

_PACKET_SECONDS, _SAMPLES = 0.02, 160
_SILENCE = frozenset((0xD5, 0x55))  # A-law for nothing
_PATIENCE_SECONDS = 10.0
_RTP_HEADER = 12


@dataclass(frozen=True, slots=True)
class Heard:
    """One call that was answered, heard and ended by Asterisk: times in ms."""

    invite_to_200: float
    answer_to_audio: float


class ProbeError(Exception):
    """The call went wrong; the message says where."""


class Probe:
    """Places calls from its own address, several at once."""

    def __init__(self, local: Address, asterisk: Address) -> None:
        self._local = local
        self._asterisk = (asterisk.host, asterisk.port)
        self._socket = stamped_socket(local.host, local.port)
        self._calls: dict[str, _Call] = {}
        asyncio.get_running_loop().add_reader(self._socket, self._read)

    def close(self) -> None:
        """Give the address back."""
        asyncio.get_running_loop().remove_reader(self._socket)
        self._socket.close()

    async def call(self, dialled: str) -> Heard:
        """Call, listen, wait for Asterisk to hang up. Raises `ProbeError`."""
        call = _Call(self._socket, self._local, self._asterisk, dialled)
        self._calls[call.id] = call
        try:
            return await call.run()
        finally:
            del self._calls[call.id]

    async def sample(self, dialled: str, rate: float, seconds: float) -> tuple[list[Heard], int]:
        """Call `rate` times a second for `seconds`: what was heard, and how many calls failed."""
        async with asyncio.TaskGroup() as group:
            tasks = []
            for number in range(round(rate * seconds)):
                tasks.append(group.create_task(self._try(dialled), name=f"probe {number}"))
                await asyncio.sleep(1 / rate)
        heard = [result for task in tasks if (result := task.result()) is not None]
        return heard, len(tasks) - len(heard)

    async def _try(self, dialled: str) -> Heard | None:
        try:
            return await self.call(dialled)
        except ProbeError:
            return None

    def _read(self) -> None:
        data, at = receive(self._socket)
        text = data.decode(errors="replace")
        call = self._calls.get(header(text, "Call-ID"))
        if call is not None:
            call.signalled(text, at)
        elif text.startswith("BYE"):  # of a call that we gave up
            self._socket.sendto(ok(text), self._asterisk)


class _Call:
    """One call: SIP through the shared socket, audio through its own."""

    def __init__(
        self, sip: socket.socket, local: Address, asterisk: tuple[str, int], dialled: str
    ) -> None:
        self.id = secrets.token_hex(8)
        self._sip, self._local, self._asterisk = sip, local, asterisk
        self._uri = f"sip:{dialled}@{asterisk[0]}:{asterisk[1]}"
        self._tag = secrets.token_hex(4)
        self._rtp = stamped_socket(local.host, 0)
        self._loop = asyncio.get_running_loop()
        self._over: asyncio.Future[None] = self._loop.create_future()
        self._ticker: asyncio.TimerHandle | None = None
        self._peer: tuple[str, int] | None = None
        self._packets = 0
        self._invited = self._answered = self._audible = 0  # CLOCK_REALTIME, ns

    async def run(self) -> Heard:
        self._loop.add_reader(self._rtp, self._listen)
        self._invited = now_ns()
        self._send("INVITE", self._uri, f"<{self._uri}>", self._offer())
        try:
            async with asyncio.timeout(_PATIENCE_SECONDS):
                await self._over
        except TimeoutError:
            raise ProbeError(f"answered={bool(self._answered)}, no end") from None
        finally:
            self._loop.remove_reader(self._rtp)
            if self._ticker is not None:
                self._ticker.cancel()
            self._rtp.close()
        if not self._audible:
            raise ProbeError("ended unheard")
        return Heard(
            invite_to_200=(self._answered - self._invited) / 1e6,
            answer_to_audio=(self._audible - self._answered) / 1e6,
        )

    def signalled(self, text: str, at: int) -> None:
        if text.startswith("BYE"):
            self._sip.sendto(ok(text), self._asterisk)
            if not self._over.done():
                self._over.set_result(None)
            return
        status = re.match(r"SIP/2\.0 (\d{3})", text)
        if status is None or int(status[1]) < 200 or "INVITE" not in header(text, "CSeq"):
            return
        contact = re.search(r"<(.*?)>", header(text, "Contact"))
        self._send("ACK", contact[1] if contact else self._uri, header(text, "To"))
        if int(status[1]) >= 300:
            if not self._over.done():
                self._over.set_exception(ProbeError(f"refused with {status[1]}"))
        elif not self._answered:
            self._answered = at
            self._peer = media_address(text)
            self._ticker = self._loop.call_later(_PACKET_SECONDS, self._speak)

    def _listen(self) -> None:
        packet, at = receive(self._rtp)
        if not self._audible and not _SILENCE.issuperset(packet[_RTP_HEADER:]):
            self._audible = at

    def _speak(self) -> None:
        """One packet of silence, and the next in 20 ms."""
        if self._peer is None or self._over.done():
            return
        head = struct.pack("!BBHII", 0x80, 8, self._packets, self._packets * _SAMPLES, 0x1076)
        self._rtp.sendto(head + b"\xd5" * _SAMPLES, self._peer)
        self._packets += 1
        self._ticker = self._loop.call_later(_PACKET_SECONDS, self._speak)

    def _offer(self) -> str:
        host, port = self._rtp.getsockname()
        lines = ["v=0", f"o=probe 1 1 IN IP4 {host}", "s=-", f"c=IN IP4 {host}", "t=0 0"]
        lines += [f"m=audio {port} RTP/AVP 8", "a=rtpmap:8 PCMA/8000"]
        return "\r\n".join(lines) + "\r\n"

    def _send(self, method: str, uri: str, to: str, body: str = "") -> None:
        lines = [
            f"{method} {uri} SIP/2.0",
            f"Via: SIP/2.0/UDP {self._local};branch=z9hG4bK{secrets.token_hex(6)}",
            f"From: <sip:9415012345@{self._local.host}>;tag={self._tag}",
            f"To: {to}",
            f"Call-ID: {self.id}",
            f"CSeq: 1 {method}",
            f"Contact: <sip:probe@{self._local}>",
            "Max-Forwards: 70",
            *(["Content-Type: application/sdp"] if body else []),
            f"Content-Length: {len(body)}",
        ]
        self._sip.sendto(("\r\n".join(lines) + "\r\n\r\n" + body).encode(), self._asterisk)
