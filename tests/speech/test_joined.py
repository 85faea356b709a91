"""Sounds made of sounds, as Asterisk plays them."""

from pathlib import Path

import numpy as np
import pytest
import soundfile

from speech.errors import SpeechError
from speech.joined import join


def prompt(folder: Path, name: str, level: float, rate: int = 8000) -> Path:
    soundfile.write(folder / name, np.full(800, level), rate, subtype="PCM_16")
    return folder / name


def test_sounds_follow_each_other_and_anybody_may_read_them(tmp_path: Path) -> None:
    files = [prompt(tmp_path, "a.wav", 0.25), prompt(tmp_path, "b.wav", 0.5)]
    target = tmp_path / "own/where.wav"
    join(files, target)
    samples, rate = soundfile.read(target)
    assert (rate, len(samples)) == (8000, 1600)
    assert (samples[0], samples[-1]) == (0.25, 0.5)
    assert target.stat().st_mode & 0o777 == 0o644
    assert [file.name for file in target.parent.iterdir()] == ["where.wav"]


@pytest.mark.parametrize("fault", ["missing", "empty", "rate"])
def test_what_cannot_be_joined_leaves_what_was_there(tmp_path: Path, fault: str) -> None:
    target = tmp_path / "own/where.wav"
    join([prompt(tmp_path, "a.wav", 0.25)], target)
    before = target.read_bytes()
    bad = tmp_path / "bad.wav"
    if fault == "empty":
        bad.touch()
    elif fault == "rate":
        prompt(tmp_path, "bad.wav", 0.1, rate=16000)
    with pytest.raises(SpeechError, match=r"bad\.wav"):
        join([tmp_path / "a.wav", bad], target)
    assert target.read_bytes() == before
