"""What telephones really get: the sound in the packets that are sent to them.

A recording shows what Asterisk gives to a recorder; what is added to a channel after it would not
be heard there.
"""

import asyncio
import io
import socket
import struct
import threading
import time
from collections import defaultdict

import numpy as np
import numpy.typing as npt
import soundfile

from helpline.lab.media import ALAW_TYPE, EVENT_TYPE, RATE

Sound = npt.NDArray[np.float32]
_IP = 0x0800
_TO_US = 0  # of the loopback's two copies of a packet, the one that arrives
_LONGEST = 4096
_RCVBUFFORCE, _SOL_PACKET, _STATISTICS = 33, 263, 6  # Linux; Python has no names for them
_BUFFER = (
    64 << 20
)  # all of the loopback passes here; the usual 200 KB are three packets of a download
_KEYS = "0123456789*#"  # as RFC 4733 numbers them


async def heard_at(host: str, seconds: float) -> dict[int, Sound]:
    """What the telephones at `host` get in these seconds, by their port. Needs raw sockets."""
    return await asyncio.to_thread(_listen, socket.inet_aton(host), seconds)


async def keys_at(host: str, seconds: float) -> asyncio.Task[dict[int, str]]:
    """Which keys the telephones at `host` get in these seconds, in order, by their port.

    When this returns, it listens.
    """
    listens = threading.Event()
    wire = asyncio.create_task(_keys(socket.inet_aton(host), seconds, listens))
    while not (listens.is_set() or wire.done()):
        await asyncio.sleep(0.01)
    return wire


def share(sound: Sound, hertz: float) -> float:
    """Of a sound's energy, what is near this tone."""
    spectrum = np.abs(np.fft.rfft(sound)) ** 2
    near = np.abs(np.fft.rfftfreq(len(sound), 1 / RATE) - hertz) < 30
    return float(spectrum[near].sum() / max(float(spectrum.sum()), 1e-12))


async def _keys(host: bytes, seconds: float, listens: threading.Event) -> dict[int, str]:
    packets = await asyncio.to_thread(_packets, host, seconds, listens)
    return {
        port: "".join(_KEYS[code] for code in _events(sent).values())
        for port, sent in packets.items()
    }


def _listen(host: bytes, seconds: float) -> dict[int, Sound]:
    sent = _packets(host, seconds)
    payloads = {
        port: b"".join(rtp[12:] for rtp in packets if _type_of(rtp) == ALAW_TYPE)
        for port, packets in sent.items()
    }
    return {port: _decoded(alaw) for port, alaw in payloads.items() if alaw}


def _events(packets: list[bytes]) -> dict[int, int]:
    """Keys by when they began: each is told in several packets."""
    begun: dict[int, int] = {}
    for rtp in (one for one in packets if _type_of(one) == EVENT_TYPE):
        at, key = int.from_bytes(rtp[4:8], "big"), rtp[12]
        first = begun.setdefault(at, key)
        # A telephone, too, tells events apart by this (RFC 4733).
        assert first == key, f"{_KEYS[first]} and {_KEYS[key]} are sent as begun at once, at {at}"
    return begun


def _type_of(rtp: bytes) -> int:
    return rtp[1] & 0x7F


def _packets(
    host: bytes, seconds: float, listens: threading.Event | None = None
) -> dict[int, list[bytes]]:
    """RTP to that host, by port."""
    found: dict[int, list[bytes]] = defaultdict(list)
    with socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(_IP)) as wire:
        _enlarge(wire)
        wire.bind(("lo", _IP))
        wire.settimeout(0.1)
        end = time.monotonic() + seconds
        if listens is not None:
            listens.set()
        while time.monotonic() < end:
            try:
                packet, (_, _, kind, *_) = wire.recvfrom(_LONGEST)
            except TimeoutError:
                continue
            if kind == _TO_US and packet[16:20] == host and packet[9] == socket.IPPROTO_UDP:
                udp = packet[(packet[0] & 15) * 4 :]
                rtp = udp[8:]
                if len(rtp) > 12 and rtp[0] >> 6 == 2:
                    found[int.from_bytes(udp[2:4], "big")].append(rtp)
        _, missed = struct.unpack("II", wire.getsockopt(_SOL_PACKET, _STATISTICS, 8))
    assert not missed, f"{missed} packets were not heard: this machine is too slow"
    return found


def _enlarge(wire: socket.socket) -> None:
    """Beyond the system's limit where we may: that takes more than a raw socket does."""
    try:
        wire.setsockopt(socket.SOL_SOCKET, _RCVBUFFORCE, _BUFFER)
    except PermissionError:
        wire.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _BUFFER)


def _decoded(alaw: bytes) -> Sound:
    samples, _ = soundfile.read(
        io.BytesIO(alaw), format="RAW", subtype="ALAW", samplerate=RATE, channels=1, dtype="float32"
    )
    found: Sound = samples
    return found
