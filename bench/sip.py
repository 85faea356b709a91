"""The few words of SIP and SDP that the benches' telephones speak, and sockets that stamp."""

import re
import socket
import struct
import time

SO_TIMESTAMPNS = getattr(socket, "SO_TIMESTAMPNS", 35)  # Python names it from 3.14 on


def header(text: str, name: str) -> str:
    """The value of a SIP message's header, `""` when it has none."""
    found = re.search(rf"^{name}: *(.*?)\r?$", text, re.MULTILINE | re.IGNORECASE)
    return found[1] if found else ""


def status(text: str) -> int:
    """Of an answer; 0 of a request."""
    return int(text[8:11]) if text.startswith("SIP/2.0 ") else 0


def ok(request: str) -> bytes:
    """200 to a request."""
    return reply(request, "200 OK", header(request, "To"))


def reply(request: str, line: str, to: str, contact: str = "", body: str = "") -> bytes:
    """An answer to a request, with `to` in its To header."""
    names = ("Via", "From", "Call-ID", "CSeq")
    lines = [f"SIP/2.0 {line}", *(f"{name}: {header(request, name)}" for name in names)]
    lines += [f"To: {to}", *([f"Contact: {contact}"] if contact else [])]
    return message(lines, body)


def message(lines: list[str], body: str = "") -> bytes:
    """Head and body on the wire."""
    head = [*lines, *(["Content-Type: application/sdp"] if body else [])]
    return ("\r\n".join([*head, f"Content-Length: {len(body)}"]) + "\r\n\r\n" + body).encode()


def media_address(text: str) -> tuple[str, int] | None:
    """Where the other side wants its audio."""
    host = re.search(r"^c=IN IP4 (\S+)", text, re.MULTILINE)
    port = re.search(r"^m=audio (\d+)", text, re.MULTILINE)
    return (host[1], int(port[1])) if host and port else None


def stamped_socket(host: str, port: int) -> socket.socket:
    """A UDP socket whose datagrams the kernel stamps as they arrive."""
    made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
    made.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
    made.bind((host, port))
    return made


def receive(from_socket: socket.socket) -> tuple[bytes, int]:
    """One datagram and when the kernel had it (CLOCK_REALTIME, ns)."""
    data, ancillary, _, _ = from_socket.recvmsg(65_535, 64)
    for level, kind, value in ancillary:
        if (level, kind) == (socket.SOL_SOCKET, SO_TIMESTAMPNS):
            seconds, nanoseconds = struct.unpack("@ll", value[:16])
            return data, seconds * 1_000_000_000 + nanoseconds
    return data, now_ns()


def now_ns() -> int:
    """The clock of the stamps."""
    return time.clock_gettime_ns(time.CLOCK_REALTIME)
