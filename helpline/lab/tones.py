"""Prompts as pairs of short tones, so that a recording tells what was heard.

A pair is one tone of a low and one of a high band, as keys are (DTMF), but from wider bands: all
prompts, numbers and months have a pair of their own, and one person's single tone is none.
"""

from collections.abc import Mapping
from itertools import groupby
from pathlib import Path

import numpy as np
import numpy.typing as npt
import soundfile

from helpline.lab.media import RATE, Samples, tone
from speech.numbers import TEXTS
from speech.prompts import Prompt

SECONDS = 0.4
# Long enough to press a key or to hang up in the middle.
_LONGER: Mapping[str, float] = {Prompt.MENU: 2.0, Prompt.CONNECTING: 1.0}
_SHORT = 0.2  # numbers and months: there are many, and nobody acts on one of them
_LOWEST, _LOW_STEP, _LOWS = 620, 60, 16  # Hz; above ringing tones
_HIGHEST_LOW = _LOWEST + _LOW_STEP * _LOWS
_HIGH, _HIGH_STEP, _HIGHS = 1680, 75, 23  # Hz; below 3.4 kHz
_KEYS = [Prompt(key) if key in set(Prompt) else key for key in TEXTS]
_WINDOW = RATE // 20
_QUIET = 0.02
_SHORTEST = 3  # windows of a prompt that count as heard
_LONGEST_GAP = 10  # windows: a prompt is said again only after a longer silence


def pair(prompt: str) -> tuple[int, int]:
    """The two tones of a prompt, in Hz."""
    high, low = divmod(_KEYS.index(prompt), _LOWS)
    return _LOWEST + _LOW_STEP * low, _HIGH + _HIGH_STEP * high


def _sound(prompt: str) -> Samples:
    low, high = pair(prompt)
    length = seconds(prompt)
    return tone(low, length, 0.2) + tone(high, length, 0.2)


def seconds(prompt: str) -> float:
    """How long a prompt lasts."""
    return _LONGER.get(prompt, _SHORT if prompt.startswith(("number_", "month_")) else SECONDS)


def make_studio(folder: Path) -> None:
    """A folder of studio recordings, one tone per prompt."""
    folder.mkdir(parents=True, exist_ok=True)
    for prompt in _KEYS:
        soundfile.write(folder / f"{prompt}.wav", _sound(prompt), RATE)


def heard(recording: Path) -> list[str]:
    """The prompts, numbers and months on the right channel (what the citizen hears), in order."""
    return [prompt for prompt, _ in heard_for(recording)]


def heard_for(recording: Path) -> list[tuple[str, float]]:
    """Each prompt on the right channel with its length in s, cut ones among them, in order."""
    samples, rate = soundfile.read(recording, dtype="float32", always_2d=True)
    right = samples[:, -1]
    windows = [_prompt_in(right[at : at + _WINDOW], rate) for at in range(0, len(right), _WINDOW)]
    runs = [(prompt, len(list(run))) for prompt, run in groupby(windows)]
    return [
        (prompt, length * _WINDOW / RATE)
        for prompt, length in _without_gaps(runs)
        if prompt is not None and length >= _SHORTEST
    ]


def _without_gaps(runs: list[tuple[str | None, int]]) -> list[tuple[str | None, int]]:
    """A prompt that faltered for a moment, as on a busy machine, is still one prompt."""
    whole: list[tuple[str | None, int]] = []
    for prompt, length in runs:
        faltered = len(whole) > 1 and whole[-1][1] <= _LONGEST_GAP
        if faltered and prompt is not None and whole[-2][0] == prompt:
            whole[-2:] = [(prompt, whole[-2][1] + whole[-1][1] + length)]
        else:
            whole.append((prompt, length))
    return whole


def level(recording: Path, channel: int, hertz: float) -> float:
    """How strong a tone is in a channel (0 left, 1 right), as a share of its whole energy."""
    samples, rate = soundfile.read(recording, dtype="float32", always_2d=True)
    spectrum = np.abs(np.fft.rfft(samples[:, channel])) ** 2
    frequencies = np.fft.rfftfreq(len(samples), 1 / rate)
    near = np.abs(frequencies - hertz) < _LOW_STEP / 2
    return float(spectrum[near].sum() / max(spectrum.sum(), 1e-12))


def _prompt_in(window: npt.NDArray[np.float32], rate: int) -> str | None:
    if len(window) < _WINDOW or float(np.sqrt(np.mean(window**2))) < _QUIET:
        return None
    spectrum = np.abs(np.fft.rfft(window * np.hanning(len(window)), 8 * len(window)))
    frequencies = np.fft.rfftfreq(8 * len(window), 1 / rate)
    split = int(np.searchsorted(frequencies, _HIGHEST_LOW))
    strongest = float(spectrum.max())
    low, high = int(spectrum[:split].argmax()), split + int(spectrum[split:].argmax())
    if min(spectrum[low], spectrum[high]) < strongest / 4:
        return None  # one tone alone is a person's
    at_low = _nearest(float(frequencies[low]), _LOWEST, _LOW_STEP, _LOWS)
    at_high = _nearest(float(frequencies[high]), _HIGH, _HIGH_STEP, _HIGHS)
    if at_low is None or at_high is None or (index := at_high * _LOWS + at_low) >= len(_KEYS):
        return None
    return _KEYS[index]


def _nearest(hertz: float, first: int, step: int, count: int) -> int | None:
    index = round((hertz - first) / step)
    fits = 0 <= index < count and abs(hertz - first - index * step) <= step / 3
    return index if fits else None
