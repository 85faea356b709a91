"""Behind NAT: the browser asks the STUN and TURN servers of the settings, and says who it is."""

import asyncio
import base64
import hashlib
import hmac
import struct
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
import pytest_asyncio

from cti.softphones import Turn
from tests.desk.conftest import Office
from tests.desk.test_desk_browser import hears, in_call, recorded, status
from tests.system.callers import CITIZENS_TONE

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(180)]

PORT = 3478
SECRET, REALM, NONCE = "between-us-and-the-relay", b"helpline", b"0123456789abcdef"
_BINDING, _ALLOCATE, _REFUSED = 0x0001, 0x0003, 0x0113  # RFC 8489, RFC 8656
_USERNAME, _INTEGRITY, _ERROR, _REALM, _NONCE = 0x0006, 0x0008, 0x0009, 0x0014, 0x0015
_COOKIE = 0x2112A442


class Relay(asyncio.DatagramProtocol):
    """Asks who it is, as coturn does, and notes who has proved to be whom. It relays nothing:
    whoever has proved it gets no answer, as from a server that is overloaded.
    """

    def __init__(self) -> None:
        self.proved: asyncio.Queue[str] = asyncio.Queue()
        self.bindings = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport

    def datagram_received(self, data: bytes, address: tuple[str, int]) -> None:
        kind, _, cookie = struct.unpack_from("!HHI", data)
        if cookie != _COOKIE:
            return
        found = _attributes(data)
        if kind == _BINDING:
            self.bindings += 1
        elif kind == _ALLOCATE and _USERNAME in found:
            name = found[_USERNAME][1].decode()
            if _is_proved(data, name, *found[_INTEGRITY]):
                self.proved.put_nowait(name)
        elif kind == _ALLOCATE:
            self._transport.sendto(_who_are_you(data[8:20]), address)  # type: ignore[attr-defined]


def _who_are_you(transaction: bytes) -> bytes:
    values = ((_ERROR, b"\0\0\x04\x01Unauthorized"), (_REALM, REALM), (_NONCE, NONCE))  # 401
    told = b"".join(
        struct.pack("!HH", code, len(value)) + value + bytes(-len(value) % 4)
        for code, value in values
    )
    return struct.pack("!HHI", _REFUSED, len(told), _COOKIE) + transaction + told


def _attributes(data: bytes) -> dict[int, tuple[int, bytes]]:
    """By their code: where each begins, and its value."""
    found, at = {}, 20
    while at + 4 <= len(data):
        code, length = struct.unpack_from("!HH", data, at)
        found[code] = (at, data[at + 4 : at + 4 + length])
        at += 4 + length + -length % 4
    return found


def _is_proved(data: bytes, name: str, at: int, proof: bytes) -> bool:
    """By the password that our server derives from the secret it shares with the relay."""
    mac = hmac.new(SECRET.encode(), name.encode(), hashlib.sha1).digest()
    password = base64.b64encode(mac)
    key = hashlib.md5(b":".join((name.encode(), REALM, password))).digest()
    signed = data[:2] + struct.pack("!H", at + 24 - 20) + data[4:at]
    return hmac.compare_digest(hmac.new(key, signed, hashlib.sha1).digest(), proof)


@pytest_asyncio.fixture(loop_scope="session")
async def relay(office: Office) -> AsyncIterator[Relay]:
    """In the settings as STUN and as TURN server, while the test runs."""
    softphones, host = office.bed.helpline.live.softphones, office.bed.site.agent(9).host
    given = softphones._settings
    loop = asyncio.get_running_loop()
    transport, relay = await loop.create_datagram_endpoint(Relay, local_addr=(host, PORT))
    softphones._settings = replace(
        given,
        stun=(f"stun:{host}:{PORT}",),
        turn=(Turn(f"turn:{host}:{PORT}?transport=udp", secret=SECRET),),
    )
    try:
        yield relay
    finally:
        softphones._settings = given
        transport.close()


async def test_the_browser_proves_itself_to_the_turn_server_and_waits_for_no_dead_one(
    office: Office, relay: Relay
) -> None:
    now = office.bed.now
    async with office.desk() as page:
        call = await in_call(office, page)  # though the servers never answer
        async with asyncio.timeout(30):
            name = await relay.proved.get()
        until, _, agent = name.partition(":")
        assert agent == "1001"
        assert 12 < (int(until) - now().timestamp()) / 3600 < 14
        assert relay.bindings
        await hears(page, CITIZENS_TONE)
        await call.phone.bye()
        await status(page, "wrap_up")
        await recorded(call)
        await page.click("#desk-wrap-end")
