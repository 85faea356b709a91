"""What a scripted phone sends: speech as G.711 A-law and keys, in one continuous RTP stream.

SIPp plays pcap files, which it sends through a raw socket; its own have fixed sequence numbers, so
that a second digit is dropped as old. Ours continue one stream over all files of a phone's call,
with keys as RFC 4733 events. Without the right to raw sockets the same stream is written as a
sound file with the keys as DTMF tones, which any user's SIPp can play.
"""

import io
import secrets
import struct
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt
import soundfile
import soxr

RATE = 8000
ALAW_TYPE, EVENT_TYPE = 8, 101  # RTP payload types; `scenario.py` offers the same in its SDP
_FRAME = 160  # samples in a packet: 20 ms
_KEY_SAMPLES = 120 * 8
_KEY_GAP = 150 * 8
_KEYS = "0123456789*#"
_ROWS, _COLUMNS = (697, 770, 852, 941), (1209, 1336, 1477)  # ITU-T Q.23
_PAD = ("123", "456", "789", "*0#")

Samples = npt.NDArray[np.int16]


def load_speech(path: Path) -> Samples:
    """A sound file as 8 kHz mono 16-bit samples."""
    samples, rate = soundfile.read(path, dtype="float32", always_2d=True)
    mono = soxr.resample(samples.mean(axis=1), rate, RATE)
    limited: Samples = np.clip(mono * 32767, -32768, 32767).astype(np.int16)
    return limited


def tone(hertz: float, seconds: float, level: float = 0.25) -> Samples:
    """A sine at `level` of full scale: to recognise one side of a recording by its spectrum."""
    time = np.arange(int(seconds * RATE)) / RATE
    return (np.sin(2 * np.pi * hertz * time) * level * 32767).astype(np.int16)


def silence(seconds: float) -> Samples:
    """Nothing said."""
    return np.zeros(int(seconds * RATE), dtype=np.int16)


def alaw(samples: Samples) -> bytes:
    """16-bit samples as G.711 A-law."""
    encoded = io.BytesIO()
    soundfile.write(encoded, samples, RATE, format="RAW", subtype="ALAW")
    return encoded.getvalue()


@dataclass
class Stream:
    """One phone's outgoing stream: say and press, then write; the next write continues it.

    `sequence`: the next packet's number. A stream begins anywhere (RFC 3550, 5.1).
    """

    ssrc: int = 0x1076
    sequence: int = field(default_factory=lambda: secrets.randbelow(1 << 16))
    _timestamp: int = 1000
    _said: list[Samples | str | int] = field(default_factory=list)

    def speak(self, samples: Samples) -> None:
        """Speech, padded to whole packets."""
        self._said.append(np.pad(samples, (0, -len(samples) % _FRAME)))

    def press(self, keys: str) -> None:
        """Keys, 120 ms each with 150 ms between them."""
        for key in keys:
            self._said.append(key)
            self.speak(silence(_KEY_GAP / RATE))

    def jump(self, packets: int) -> None:
        """The next packet's number is so many further, or back."""
        self._said.append(packets)

    def write_pcap(self, path: Path) -> float:
        """What was said since the last write, as a pcap file; its length in seconds."""
        at = 0
        with path.open("wb") as file:
            file.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1))
            for said in self._said:
                if isinstance(said, int):
                    self.sequence += said
                    continue
                for offset, packet in (
                    self._key(said) if isinstance(said, str) else self._audio(said)
                ):
                    microseconds = (at + offset) * 1_000_000 // RATE
                    frame = _ethernet(packet)
                    file.write(struct.pack("<II", *divmod(microseconds, 1_000_000)))
                    file.write(struct.pack("<II", len(frame), len(frame)) + frame)
                at += _KEY_SAMPLES if isinstance(said, str) else len(said)
        self._said = []
        return at / RATE

    def write_wav(self, path: Path) -> float:
        """The same as a sound file, keys as DTMF tones; its length in seconds."""
        heard = [said for said in self._said if not isinstance(said, int)]
        parts = [_dtmf(said) if isinstance(said, str) else said for said in heard]
        samples = np.concatenate(parts) if parts else silence(0)
        soundfile.write(path, samples, RATE, subtype="ALAW")
        self._said = []
        return len(samples) / RATE

    def _audio(self, samples: Samples) -> list[tuple[int, bytes]]:
        packets = []
        for start in range(0, len(samples), _FRAME):
            packets.append((start, self._packet(ALAW_TYPE, alaw(samples[start : start + _FRAME]))))
            self._timestamp += _FRAME
        return packets

    def _key(self, key: str) -> list[tuple[int, bytes]]:
        code = _KEYS.index(key)
        packets = []
        for duration in range(_FRAME, _KEY_SAMPLES + 1, _FRAME):
            event = struct.pack("!BBH", code, 10, duration)
            packets.append((duration - _FRAME, self._packet(EVENT_TYPE, event, duration == _FRAME)))
        end = struct.pack("!BBH", code, 0x80 | 10, _KEY_SAMPLES)
        packets += [(_KEY_SAMPLES, self._packet(EVENT_TYPE, end)) for _ in range(3)]
        self._timestamp += _KEY_SAMPLES
        return packets

    def _packet(self, payload_type: int, payload: bytes, marker: bool = False) -> bytes:
        second = payload_type | marker << 7
        header = struct.pack(
            "!BBHII", 0x80, second, self.sequence & 0xFFFF, self._timestamp, self.ssrc
        )
        self.sequence += 1
        return header + payload


def _dtmf(key: str) -> Samples:
    row = next(index for index, keys in enumerate(_PAD) if key in keys)
    low, high = _ROWS[row], _COLUMNS[_PAD[row].index(key)]
    seconds = _KEY_SAMPLES / RATE
    return tone(low, seconds, 0.3) + tone(high, seconds, 0.3)


def _ethernet(payload: bytes) -> bytes:
    """Payload as UDP in IPv4 in Ethernet: SIPp keeps the payload and puts its own addresses."""
    udp = struct.pack("!HHHH", 6000, 6000, 8 + len(payload), 0) + payload
    here = b"\x7f\0\0\1"
    ip = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(udp), 0, 0, 64, 17, 0, here, here)
    return bytes(12) + b"\x08\0" + ip + udp
