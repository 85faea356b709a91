"""Many telephones of one role: they place calls and take them, at a real Asterisk, by SIP.

One thread serves hundreds, so that what is measured is Asterisk and not they. Arrivals are stamped
by the kernel. Audio is not theirs: all of a role name one address for it (`bench/streams.py`).
"""

import asyncio
import re
import secrets
import socket
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from bench.sip import (
    header,
    media_address,
    message,
    now_ns,
    ok,
    receive,
    reply,
    stamped_socket,
    status,
)
from helpline.lab.phones import Address

_TYPES = "RTP/AVP 8 101\r\na=rtpmap:8 PCMA/8000\r\na=rtpmap:101 telephone-event/8000\r\n"
_RESEND_SECONDS, _RESENDS = 1.0, 6
_AT_ONCE = 64  # datagrams read before others have their turn


@dataclass(eq=False, slots=True)
class Leg:
    """One telephone's call. Times are CLOCK_REALTIME in ns, 0: not yet.

    `number`: who calls, as this side sees it; `user`: whom they called.
    """

    id: str
    number: str
    user: str
    invited: int
    answered: int = 0
    hung_up: int = 0
    """When this telephone hung up."""
    ended: int = 0
    refused: int = 0
    """The status of a call that was not answered."""
    media: tuple[str, int] | None = None
    socket_: socket.socket | None = field(default=None, repr=False)
    uri: str = ""
    mine: str = ""
    theirs: str = ""
    pending: asyncio.TimerHandle | None = field(default=None, repr=False)


def _nothing(_leg: Leg) -> None:
    return


class Telephones:
    """Telephones at `addresses`, whose audio is at `media`. Calls that come are answered at once.

    `offered`, `answered`, `ended` are called as it happens. Whoever calls does so from the first.
    """

    def __init__(
        self,
        addresses: Iterable[Address],
        asterisk: Address,
        media: Address,
        *,
        offered: Callable[[Leg], None] = _nothing,
        answered: Callable[[Leg], None] = _nothing,
        ended: Callable[[Leg], None] = _nothing,
    ) -> None:
        self._asterisk = (asterisk.host, asterisk.port)
        self._media = media
        self.offered, self.answered, self.ended = offered, answered, ended
        self.legs: dict[str, Leg] = {}
        """Those that have not ended."""
        self.resent = 0
        self._loop = asyncio.get_running_loop()
        self._sockets = [stamped_socket(one.host, one.port) for one in addresses]
        for one in self._sockets:
            one.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
            self._loop.add_reader(one, self._read, one)

    def close(self) -> None:
        """Give the addresses back."""
        for leg in self.legs.values():
            _settle(leg)
        for one in self._sockets:
            self._loop.remove_reader(one)
            one.close()

    def place(self, dialled: str, number: str) -> Leg:
        """Call `dialled` as `number`."""
        host, port = self._asterisk
        mine = self._sockets[0].getsockname()
        leg = Leg(secrets.token_hex(8), number, dialled, now_ns(), socket_=self._sockets[0])
        leg.uri = leg.theirs = f"sip:{dialled}@{host}:{port}"
        leg.theirs = f"<{leg.uri}>"
        leg.mine = f"<sip:{number}@{mine[0]}>;tag={secrets.token_hex(4)}"
        self.legs[leg.id] = leg
        self._request(leg, "INVITE", 1, self._sdp())
        return leg

    def hang_up(self, leg: Leg) -> None:
        """End an answered call."""
        if leg.answered and not leg.hung_up and not leg.ended:
            leg.hung_up = now_ns()
            self._request(leg, "BYE", 2)

    def _read(self, at_socket: socket.socket) -> None:
        for _ in range(_AT_ONCE):
            try:
                data, at = receive(at_socket)
            except BlockingIOError:
                return
            text = data.decode(errors="replace")
            leg = self.legs.get(header(text, "Call-ID"))
            if code := status(text):
                if leg is not None:
                    self._replied(leg, text, code, at)
            else:
                self._asked(leg, text, at, at_socket)

    def _asked(self, leg: Leg | None, text: str, at: int, at_socket: socket.socket) -> None:
        method = text.split(" ", 1)[0]
        if method == "INVITE" and leg is None:
            self._take(text, at, at_socket)
        elif method == "INVITE" and leg is not None:
            self._send(leg, reply(text, "200 OK", leg.mine, self._contact(leg), self._sdp()))
        elif method != "ACK":
            at_socket.sendto(ok(text), self._asterisk)
            if leg is not None and method in ("BYE", "CANCEL"):
                self._over(leg, at)

    def _take(self, text: str, at: int, at_socket: socket.socket) -> None:
        number = re.search(r"sip:([^@>;]+)@", header(text, "From"))
        user = re.match(r"INVITE sip:([^@>; ]+)", text)
        leg = Leg(header(text, "Call-ID"), number[1] if number else "", user[1] if user else "", at)
        leg.socket_, leg.media = at_socket, media_address(text)
        leg.mine = f"{header(text, 'To')};tag={secrets.token_hex(4)}"
        leg.theirs = header(text, "From")
        leg.uri = header(text, "Contact").strip("<>")
        self.legs[leg.id] = leg
        self.offered(leg)
        self._send(leg, reply(text, "180 Ringing", leg.mine, self._contact(leg)))
        self._send(leg, reply(text, "200 OK", leg.mine, self._contact(leg), self._sdp()))
        leg.answered = now_ns()
        self.answered(leg)

    def _replied(self, leg: Leg, text: str, code: int, at: int) -> None:
        _settle(leg)
        if code < 200:
            return
        if "BYE" in header(text, "CSeq"):
            self._over(leg, at)
            return
        leg.theirs = header(text, "To")
        if code >= 300:
            self._request(leg, "ACK", 1)
            leg.refused = code
            self._over(leg, at)
            return
        leg.uri = header(text, "Contact").strip("<>") or leg.uri
        self._request(leg, "ACK", 1)
        if not leg.answered:
            leg.answered, leg.media = at, media_address(text)
            self.answered(leg)

    def _over(self, leg: Leg, at: int) -> None:
        _settle(leg)
        if self.legs.pop(leg.id, None) is not None:
            leg.ended = at
            self.ended(leg)

    def _request(self, leg: Leg, method: str, number: int, body: str = "") -> None:
        host, port = leg.socket_.getsockname() if leg.socket_ else ("", 0)
        lines = [
            f"{method} {leg.uri} SIP/2.0",
            f"Via: SIP/2.0/UDP {host}:{port};branch=z9hG4bK{secrets.token_hex(6)}",
            f"From: {leg.mine}",
            f"To: {leg.theirs}",
            f"Call-ID: {leg.id}",
            f"CSeq: {number} {method}",
            f"Contact: {self._contact(leg)}",
            "Max-Forwards: 70",
        ]
        text = message(lines, body)
        self._send(leg, text)
        if method != "ACK":
            self._later(leg, text, _RESENDS)

    def _later(self, leg: Leg, text: bytes, left: int) -> None:
        """Say it again when nobody answers."""

        def again() -> None:
            self.resent += 1
            self._send(leg, text)
            self._later(leg, text, left - 1)

        leg.pending = self._loop.call_later(_RESEND_SECONDS, again) if left else None

    def _send(self, leg: Leg, text: bytes) -> None:
        if leg.socket_ is not None:
            leg.socket_.sendto(text, self._asterisk)

    def _contact(self, leg: Leg) -> str:
        host, port = leg.socket_.getsockname() if leg.socket_ else ("", 0)
        return f"<sip:{host}:{port}>"

    def _sdp(self) -> str:
        host, port = self._media.host, self._media.port
        lines = ["v=0", f"o=bench 1 1 IN IP4 {host}", "s=-", f"c=IN IP4 {host}", "t=0 0"]
        return "\r\n".join([*lines, f"m=audio {port} {_TYPES}"])


def _settle(leg: Leg) -> None:
    if leg.pending is not None:
        leg.pending.cancel()
        leg.pending = None
