"""Prompts as short tones of different pitch, so that a recording tells what was heard."""

from collections.abc import Mapping
from itertools import groupby
from pathlib import Path

import numpy as np
import soundfile

from helpline.lab.media import RATE, tone
from speech.prompts import Prompt

SECONDS = 0.4
# Long enough to press a key or to hang up in the middle.
_LONGER: Mapping[Prompt, float] = {Prompt.MENU: 2.0, Prompt.CONNECTING: 1.0}
_LOWEST, _STEP = 620, 60  # Hz; above ringing tones, below 3.4 kHz for all prompts
_WINDOW = RATE // 20
_QUIET = 0.02
_SHORTEST = 3  # windows of a prompt that count as heard
_LONGEST_GAP = 10  # windows: a prompt is said again only after a longer silence


def pitch(prompt: Prompt) -> int:
    """The tone of a prompt, in Hz."""
    return _LOWEST + _STEP * list(Prompt).index(prompt)


def seconds(prompt: Prompt) -> float:
    """How long a prompt lasts."""
    return _LONGER.get(prompt, SECONDS)


def make_studio(folder: Path) -> None:
    """A folder of studio recordings, one tone per prompt."""
    folder.mkdir(parents=True, exist_ok=True)
    for prompt in Prompt:
        soundfile.write(folder / f"{prompt}.wav", tone(pitch(prompt), seconds(prompt)), RATE)


def heard(recording: Path) -> list[Prompt]:
    """The prompts on the right channel (what the citizen hears), in order."""
    return [prompt for prompt, _ in heard_for(recording)]


def heard_for(recording: Path) -> list[tuple[Prompt, float]]:
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


def _without_gaps(runs: list[tuple[Prompt | None, int]]) -> list[tuple[Prompt | None, int]]:
    """A prompt that faltered for a moment, as on a busy machine, is still one prompt."""
    whole: list[tuple[Prompt | None, int]] = []
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
    near = np.abs(frequencies - hertz) < _STEP / 2
    return float(spectrum[near].sum() / max(spectrum.sum(), 1e-12))


def _prompt_in(window: "np.ndarray[tuple[int], np.dtype[np.float32]]", rate: int) -> Prompt | None:
    if len(window) < _WINDOW or float(np.sqrt(np.mean(window**2))) < _QUIET:
        return None
    spectrum = np.abs(np.fft.rfft(window * np.hanning(len(window)), 8 * len(window)))
    strongest = float(np.fft.rfftfreq(8 * len(window), 1 / rate)[int(spectrum.argmax())])
    index = round((strongest - _LOWEST) / _STEP)
    if not 0 <= index < len(Prompt) or abs(strongest - _LOWEST - index * _STEP) > _STEP / 3:
        return None
    return list(Prompt)[index]
