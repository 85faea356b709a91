"""The kept copy: Opus in Ogg. Encoded by libopus, judged with another decoder (libsndfile).

The two channels are two streams (RFC 7845, channel mapping family 255): coupled stereo at this
rate mixes some of each speaker into the other's channel, and who said what must stay apart.
"""

import io
from collections.abc import Iterable
from dataclasses import dataclass

import av
import av.error
import numpy as np
import soundfile
from numpy.typing import NDArray

from recordings.audio import wav_blocks
from recordings.errors import AudioError, CopyError

TOOL = f"libopus by PyAV {av.__version__}"
_LENGTH_TOLERANCE = 0.1  # seconds
_HEARD = -45.0  # dBFS: a second of a channel that is louder than this must be heard in the copy
_DROP = 12.0  # dB by which a second of the copy may be softer
_FLOOR = 1e-12
_BLOCK = 1 << 16


@dataclass(frozen=True, slots=True)
class Measured:
    """How long something lasts, and its mean square in each whole second, for each channel."""

    seconds: float
    energy: NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Encoded:
    """An Ogg file, what went into it, and how it was made."""

    data: bytes
    original: Measured
    parameters: str


class _Meter:
    """Measures audio that passes in blocks of any size."""

    def __init__(self, channels: int, rate: int) -> None:
        self._rate = rate
        self._rest = np.zeros((0, channels), np.float64)
        self._seconds: list[NDArray[np.float64]] = []
        self._frames = 0

    def add(self, frames: NDArray[np.int16]) -> None:
        self._frames += len(frames)
        waiting = np.concatenate([self._rest, frames.astype(np.float64) / 32768])
        whole = len(waiting) // self._rate
        used = whole * self._rate
        blocks = waiting[:used].reshape(whole, self._rate, waiting.shape[1])
        self._seconds.extend(np.mean(np.square(blocks), axis=1))
        self._rest = waiting[used:]

    def measured(self) -> Measured:
        energy = np.array(self._seconds).reshape(-1, self._rest.shape[1])
        return Measured(self._frames / self._rate, energy)


def encode(wav: Iterable[bytes], kbits: int) -> Encoded:
    """Make an Ogg Opus file of a WAV file of ours. Raises `AudioError`. Blocks, in C mostly."""
    channels, rate, blocks = wav_blocks(wav)
    family = 0 if channels == 1 else 255
    meter, out = _Meter(channels, rate), io.BytesIO()
    layout = "mono" if channels == 1 else "stereo"
    options = {
        "application": "voip",
        "compression_level": "5",
        "mapping_family": str(family),
        "vbr": "on",
    }
    try:
        with av.open(out, "w", format="ogg") as container:
            stream = container.add_stream("libopus", rate=rate, layout=layout, options=options)
            stream.bit_rate = kbits * 1000
            done = 0
            for block in blocks:
                meter.add(block)
                frame = av.AudioFrame.from_ndarray(block.reshape(1, -1), "s16", layout)
                frame.sample_rate, frame.pts = rate, done
                done += len(block)
                container.mux(stream.encode(frame))
            container.mux(stream.encode(None))
    except av.error.FFmpegError as error:
        raise AudioError(f"libopus refused: {error}") from error
    parameters = f"{kbits} kbit/s, vbr, voip, complexity 5, mapping family {family}, {rate} Hz"
    return Encoded(out.getvalue(), meter.measured(), parameters)


def measure(ogg: bytes) -> Measured:
    """Decode an Ogg Opus file and measure it. Raises `CopyError` when it does not decode."""
    try:
        with soundfile.SoundFile(io.BytesIO(ogg)) as file:
            meter = _Meter(file.channels, file.samplerate)
            for block in file.blocks(_BLOCK, dtype="int16", always_2d=True):
                meter.add(block)
    except (soundfile.LibsndfileError, RuntimeError) as error:
        raise CopyError(f"the copy does not decode: {error}") from error
    return meter.measured()


def judge(original: Measured, copy: Measured) -> None:
    """Raises `CopyError` when the copy has another length, or lacks what the original has."""
    if abs(original.seconds - copy.seconds) > _LENGTH_TOLERANCE:
        raise CopyError(f"{copy.seconds:.2f} s instead of {original.seconds:.2f} s")
    if original.energy.shape[1] != copy.energy.shape[1]:
        raise CopyError("another number of channels")
    whole = min(len(original.energy), len(copy.energy))
    was, is_ = _dbfs(original.energy[:whole]), _dbfs(copy.energy[:whole])
    softer = (was > _HEARD) & (is_ < was - _DROP)
    if softer.any():
        second, channel = np.argwhere(softer)[0]
        raise CopyError(f"channel {channel} has lost what is in second {second}")


def _dbfs(energy: NDArray[np.float64]) -> NDArray[np.float64]:
    levels: NDArray[np.float64] = 10 * np.log10(np.maximum(energy, _FLOOR))
    return levels
