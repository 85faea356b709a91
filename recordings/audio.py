"""Samples and files: capture file -> WAV, and levels. 16-bit little-endian PCM throughout."""

import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from recordings.errors import AudioError
from recordings.model import Kind

RATE = 8000
SILENCE_DBFS = -120.0
_CHUNK = 1 << 20
_HEADER = struct.Struct("<4sI4s4sIHHIIHH4sI")  # RIFF, fmt, data: 44 bytes
_OURS = struct.Struct("<22xHI16x")  # of the same: channels and rate
WAV_HEADER = _HEADER.size
_FORMAT = struct.Struct("<HHIIHH")
_PCM = 1
_LARGEST = 0xFFFF_FFFF - _HEADER.size  # sizes in a WAV header have 32 bits


@dataclass(frozen=True, slots=True)
class Extent:
    """Where the whole frames lie in a file. `torn` bytes after them are part of a frame."""

    channels: int
    rate: int
    offset: int
    size: int
    torn: int

    @property
    def seconds(self) -> float:
        """How long it lasts."""
        return self.size / (2 * self.channels * self.rate)


def extent(path: Path, kind: Kind) -> Extent:
    """Where the audio of a capture file lies. Raises `AudioError` when it is none we can read.

    An empty file, and a WAV file cut off within its header, is a recording of no seconds: the
    recorder was started and heard nothing.
    """
    size = path.stat().st_size
    if kind == "call":
        return _whole(channels=2, rate=RATE, offset=0, available=size)
    with path.open("rb") as file:
        return _wav_extent(file, size)


def as_wav(path: Path, where: Extent) -> Iterator[bytes]:
    """The audio at `where` as a WAV file, in pieces of at most 1 MiB."""
    yield wav_header(where.channels, where.rate, where.size)
    with path.open("rb") as file:
        file.seek(where.offset)
        left = where.size
        while left:
            piece = file.read(min(_CHUNK, left))
            if not piece:
                raise AudioError(f"the file shrank while it was read: {left} bytes are missing")
            left -= len(piece)
            yield piece


def wav_header(channels: int, rate: int, size: int) -> bytes:
    """The 44 bytes before `size` bytes of samples. Raises `AudioError` past 4 GiB."""
    if size > _LARGEST:
        raise AudioError(f"{size} bytes of samples do not fit a WAV file")
    frame = 2 * channels
    return _HEADER.pack(
        *(b"RIFF", _HEADER.size - 8 + size, b"WAVE"),
        *(b"fmt ", _FORMAT.size, _PCM, channels, rate, rate * frame, frame, 16),
        *(b"data", size),
    )


def to_frames(data: bytes, channels: int) -> NDArray[np.int16]:
    """Interleaved samples as an array of shape (frames, channels). A torn last frame is cut."""
    whole = len(data) - len(data) % (2 * channels)
    return np.frombuffer(data[:whole], dtype="<i2").astype(np.int16).reshape(-1, channels)


def to_raw(frames: NDArray[np.int16]) -> bytes:
    """An array of shape (frames, channels) as interleaved samples."""
    return frames.astype("<i2").tobytes()


def wav_blocks(wav: Iterable[bytes]) -> tuple[int, int, Iterator[NDArray[np.int16]]]:
    """Channels, rate, and the frames of a WAV file of ours, in blocks as its pieces come. Raises
    `AudioError`.
    """
    pieces = iter(wav)
    first = next(pieces, b"")
    if len(first) < _OURS.size:
        raise AudioError("the original has no header")
    channels, rate = _OURS.unpack_from(first)
    if not (channels and rate):
        raise AudioError("the original has no channel, or no rate")
    return channels, rate, _blocks(first[_OURS.size :], pieces, channels)


def _blocks(first: bytes, pieces: Iterator[bytes], channels: int) -> Iterator[NDArray[np.int16]]:
    waiting, frame = first, 2 * channels
    while True:
        whole = len(waiting) - len(waiting) % frame
        if whole:
            yield to_frames(waiting[:whole], channels)
        piece = next(pieces, None)
        if piece is None:
            return
        waiting = waiting[whole:] + piece


def read_wav(path: Path) -> NDArray[np.int16]:
    """A 16-bit WAV file's frames, shape (frames, channels)."""
    with path.open("rb") as file:
        where = _wav_extent(file, path.stat().st_size)
        file.seek(where.offset)
        return to_frames(file.read(where.size), where.channels)


def levels(path: Path) -> list[float]:
    """RMS level of each channel of a WAV file in dBFS (0 = a full-scale square wave).

    `SILENCE_DBFS` for digital silence and for a file without samples.
    """
    frames = read_wav(path)
    if not len(frames):
        return [SILENCE_DBFS] * frames.shape[1]
    rms = np.sqrt(np.mean(np.square(frames.astype(np.float64) / 32768), axis=0))
    floor = 10 ** (SILENCE_DBFS / 20)
    return [float(level) for level in 20 * np.log10(np.maximum(rms, floor))]


def _wav_extent(file: BinaryIO, size: int) -> Extent:
    if size < _HEADER.size:
        return Extent(channels=1, rate=RATE, offset=size, size=0, torn=size)
    riff, _, wave = struct.unpack("<4sI4s", file.read(12))
    if (riff, wave) != (b"RIFF", b"WAVE"):
        raise AudioError("not a WAV file")
    channels, rate = 0, 0
    while len(head := file.read(8)) == 8:
        name, length = struct.unpack("<4sI", head)
        if name == b"data" and channels:
            return _data_extent(channels, rate, file.tell(), length, size)
        body = file.read(length + length % 2)
        if name == b"fmt " and length >= _FORMAT.size:
            channels, rate = _pcm_format(body)
    raise AudioError("a WAV file without audio")


def _data_extent(channels: int, rate: int, offset: int, length: int, size: int) -> Extent:
    """Asterisk writes the length when it closes the file: after a crash it is 0, or wrong."""
    available = size - offset
    if 0 < length <= available:
        available = length
    return _whole(channels=channels, rate=rate, offset=offset, available=available)


def _pcm_format(body: bytes) -> tuple[int, int]:
    coding, channels, rate, _, _, bits = _FORMAT.unpack_from(body)
    if (coding, bits) != (_PCM, 16) or not channels or not rate:
        raise AudioError(f"not 16-bit PCM: coding {coding}, {bits} bits")
    return int(channels), int(rate)


def _whole(*, channels: int, rate: int, offset: int, available: int) -> Extent:
    torn = available % (2 * channels)
    return Extent(channels, rate, offset, available - torn, torn)
