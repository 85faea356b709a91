"""A page that asks and asks and reads nothing: by hand, since every client library reads."""

import asyncio
import base64
import contextlib
import json
import os
import struct
import time
from urllib.parse import urlsplit

_ANSWERED = 24 * 1024  # bytes of each answer: the id that we give comes back in it
_HANDSHAKE_SECONDS = 10.0


async def flood(origin: str, cookie: str, *, per_second: float, seconds: float) -> float | None:
    """Seconds until the server cut the connection; None: it did not in `seconds`."""
    parts = urlsplit(origin)
    # Beyond twice its limit a stream reads no more by itself.
    reader, writer = await asyncio.open_connection(parts.hostname, parts.port, limit=4096)
    asked = _frame(json.dumps({"type": "flood", "id": "x" * _ANSWERED}).encode())
    try:
        async with asyncio.timeout(_HANDSHAKE_SECONDS):
            writer.write(_upgrade(parts.netloc, origin, cookie))
            await reader.readuntil(b"\r\n\r\n")
        began = time.monotonic()
        while time.monotonic() - began < seconds:
            writer.write(asked)
            await asyncio.sleep(1 / per_second)
            if writer.transport.is_closing():
                return time.monotonic() - began
        return None
    finally:
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()


def _upgrade(host: str, origin: str, cookie: str) -> bytes:
    lines = [
        "GET /agent/socket HTTP/1.1", f"Host: {host}", f"Origin: {origin}",
        f"Cookie: helpline={cookie}", "Upgrade: websocket", "Connection: Upgrade",
        f"Sec-WebSocket-Key: {base64.b64encode(os.urandom(16)).decode()}",
        "Sec-WebSocket-Version: 13", "Sec-WebSocket-Protocol: helpline.v1", "", "",
    ]  # fmt: skip
    return "\r\n".join(lines).encode()


def _frame(text: bytes) -> bytes:
    """A text frame; the mask of zeros is as good as another one here."""
    return bytes([0x81, 0x80 | 126]) + struct.pack("!H", len(text)) + bytes(4) + text
