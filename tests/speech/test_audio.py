import math
from pathlib import Path

import numpy as np
import pytest
import soundfile

from speech import audio
from speech.errors import SpeechError


def tone(seconds: float, amplitude: float = 0.5, rate: int = audio.RATE) -> audio.Samples:
    wave: audio.Samples = amplitude * np.sin(
        2 * np.pi * 440 * np.arange(int(seconds * rate)) / rate
    )
    return wave


def test_the_level_of_a_steady_tone_is_its_power() -> None:
    assert audio.active_level(tone(3, 0.5)) == pytest.approx(20 * math.log10(0.5) - 3.01, abs=0.3)


def test_pauses_do_not_lower_the_active_level() -> None:
    pauses = np.concatenate([tone(1), np.zeros(3 * audio.RATE), tone(1), np.zeros(3 * audio.RATE)])
    assert audio.active_level(pauses) == pytest.approx(audio.active_level(tone(2)), abs=1.2)


@pytest.mark.parametrize("amplitude", [0.003, 0.1, 1.0])
def test_loud_and_quiet_recordings_come_out_alike(amplitude: float) -> None:
    levelled = audio.prepare(tone(1, amplitude))
    assert audio.active_level(levelled) == pytest.approx(audio.TARGET_LEVEL, abs=0.5)


def test_a_peak_is_never_clipped() -> None:
    click = tone(1, 0.02)
    click[4000] = 1.0
    assert float(np.abs(audio.prepare(click)).max()) <= audio.PEAK + 1e-9


def test_silence_around_the_words_is_cut() -> None:
    padded = np.concatenate([np.zeros(8000), tone(0.5), np.zeros(16000)])
    assert len(audio.prepare(padded)) / audio.RATE == pytest.approx(0.6, abs=0.05)


@pytest.mark.parametrize("seconds", [0.05, 31])
def test_a_sound_of_unlikely_length_is_refused(seconds: float) -> None:
    with pytest.raises(SpeechError, match="s long"):
        audio.prepare(tone(seconds))


@pytest.mark.parametrize("samples", [np.zeros(0), np.zeros(8000), tone(1, 0.0001)])
def test_silence_is_refused(samples: audio.Samples) -> None:
    with pytest.raises(SpeechError, match="silent"):
        audio.prepare(samples)


def test_any_rate_and_channels_become_what_asterisk_reads(tmp_path: Path) -> None:
    source, target = tmp_path / "studio.flac", tmp_path / "prompt.wav"
    stereo = np.column_stack([tone(1, rate=48000)] * 2)
    soundfile.write(source, stereo, 48000)
    audio.save(audio.load(source), target)
    info = soundfile.info(target)
    assert (info.samplerate, info.channels, info.format, info.subtype) == (8000, 1, "WAV", "PCM_16")
    assert info.frames == pytest.approx(8000, abs=2)


@pytest.mark.parametrize("content", [b"", b"<html>not found</html>"])
def test_a_file_without_sound_is_refused(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "spoken"
    file.write_bytes(content)
    with pytest.raises(SpeechError, match="no sound"):
        audio.load(file)


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SpeechError, match="no sound"):
        audio.load(tmp_path / "nothing")
