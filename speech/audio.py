"""Sound as the telephone wants it: 8 kHz mono 16 bit, trimmed, at one level. Pure but for files.

Samples are float64 between -1 and 1; levels are dBov, where 0 is a square wave at full scale.
"""

import math
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt
import soundfile
import soxr

from speech.errors import SpeechError

Samples = npt.NDArray[np.float64]

RATE: Final = 8000
"""Hz: what A-law carries."""
TARGET_LEVEL: Final = -22.0
"""dBov, active speech: loud enough beside a person's voice, with headroom for peaks."""
PEAK: Final = 0.89
"""About -1 dB: no sample is louder."""
_QUIETEST: Final = -60.0
"""dBov, active speech: what is below is no speech."""
_SHORTEST: Final = 0.15
_LONGEST: Final = 30.0
"""Seconds of speech: nothing that is said is shorter than a digit, and no prompt is so long."""
_EDGE: Final = 0.05
"""Seconds of silence kept before and after the words."""


def load(path: Path) -> Samples:
    """The sound in a file of any format and rate, as 8 kHz mono. Raises `SpeechError`."""
    try:
        samples, rate = soundfile.read(path, dtype="float64", always_2d=True)
    except (OSError, soundfile.SoundFileError) as error:
        raise SpeechError(f"{path.name} holds no sound: {error}") from error
    mono: Samples = samples.mean(axis=1)
    return np.asarray(soxr.resample(mono, rate, RATE, quality="VHQ"), dtype=np.float64)


def prepare(samples: Samples) -> Samples:
    """Trimmed and levelled 8 kHz speech. Raises `SpeechError` when it is none."""
    level = active_level(samples)
    if level < _QUIETEST:
        raise SpeechError("the sound is silent")
    spoken = _trimmed(samples)
    seconds = len(spoken) / RATE
    if not _SHORTEST <= seconds <= _LONGEST:
        raise SpeechError(f"the sound is {seconds:.2f} s long")
    gain = 10 ** ((TARGET_LEVEL - active_level(spoken)) / 20)
    levelled: Samples = spoken * min(gain, PEAK / float(np.abs(spoken).max()))
    return np.pad(levelled, int(_EDGE * RATE))


def save(samples: Samples, path: Path) -> None:
    """Write 8 kHz mono 16-bit WAV, as Asterisk's format_wav reads it."""
    soundfile.write(path, samples, RATE, format="WAV", subtype="PCM_16")


def active_level(samples: Samples) -> float:
    """The active speech level in dBov (ITU-T P.56, method B); -inf for silence.

    Pauses do not count, so a single digit and a long sentence come out equally loud.
    """
    energy = float(np.sum(samples**2))
    if energy == 0.0:
        return -math.inf
    envelope = _smoothed(_smoothed(np.abs(samples)))
    hangover = math.ceil(0.2 * RATE)
    margin = 15.9
    before: tuple[float, float] | None = None  # level, distance to the threshold
    for step in range(1, 16):
        threshold = 2.0**-step
        active = _held(envelope >= threshold, hangover)
        if not active:
            continue
        level = 10 * math.log10(energy / active)
        distance = level - 20 * math.log10(threshold) - margin
        if distance >= 0:
            if before is None:
                return level
            share = before[1] / (before[1] - distance)
            return before[0] + share * (level - before[0])
        before = level, distance
    return 10 * math.log10(energy / len(samples))


def _held(active: npt.NDArray[np.bool_], hangover: int) -> int:
    """How many samples are active, each burst lasting `hangover` samples longer."""
    index = np.arange(len(active))
    last = np.maximum.accumulate(np.where(active, index, -hangover - 1))
    return int(np.count_nonzero(index - last <= hangover))


def _smoothed(samples: Samples) -> Samples:
    """A first-order low pass with a time constant of 30 ms, as P.56 has it."""
    keep = math.exp(-1 / (RATE * 0.03))
    output = np.empty_like(samples)
    value = 0.0
    for index, sample in enumerate(samples.tolist()):
        value = keep * value + (1 - keep) * sample
        output[index] = value
    return output


def _trimmed(samples: Samples) -> Samples:
    """Without the silence around the words: what is 40 dB under the loudest part."""
    frame = RATE // 100
    frames = samples[: len(samples) // frame * frame].reshape(-1, frame)
    loudness = np.sqrt(np.mean(frames**2, axis=1))
    loud = np.flatnonzero(loudness >= loudness.max(initial=0.0) * 0.01)
    if not len(loud):
        return samples[:0]
    return samples[loud[0] * frame : (loud[-1] + 1) * frame]
