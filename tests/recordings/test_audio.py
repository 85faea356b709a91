import struct
import wave
from pathlib import Path

import numpy as np
import pytest

from recordings.audio import (
    SILENCE_DBFS,
    as_wav,
    extent,
    levels,
    read_wav,
    to_frames,
    to_raw,
    wav_header,
)
from recordings.errors import AudioError
from recordings.model import Kind
from tests.recordings.room import conversation, tone


def _convert(path: Path, kind: Kind) -> Path:
    target = path.with_suffix(".out.wav")
    target.write_bytes(b"".join(as_wav(path, extent(path, kind))))
    return target


def test_interleaved_samples_become_a_stereo_wav_file(tmp_path: Path) -> None:
    raw = tmp_path / "x.raw"
    raw.write_bytes(struct.pack("<6h", 1, -1, 2, -2, 3, -3))
    with wave.open(str(_convert(raw, "call"))) as file:
        assert (file.getnchannels(), file.getsampwidth(), file.getframerate()) == (2, 2, 8000)
        assert file.getnframes() == 3
    assert read_wav(_convert(raw, "call")).tolist() == [[1, -1], [2, -2], [3, -3]]


def test_a_torn_frame_is_cut(tmp_path: Path) -> None:
    raw = tmp_path / "x.raw"
    raw.write_bytes(struct.pack("<4h", 1, -1, 2, -2) + b"\1\2\3")
    assert extent(raw, "call").torn == 3
    assert read_wav(_convert(raw, "call")).tolist() == [[1, -1], [2, -2]]


def test_a_long_file_is_converted_piece_by_piece(tmp_path: Path) -> None:
    raw = tmp_path / "x.raw"
    raw.write_bytes(conversation(80))
    pieces = [len(piece) for piece in as_wav(raw, extent(raw, "call"))]
    assert max(pieces) <= 1 << 20
    assert sum(pieces) == 44 + raw.stat().st_size
    assert extent(raw, "call").seconds == 80


@pytest.mark.parametrize("claimed", [0, 0xFFFF_FFFF, 3200])
def test_a_wav_file_whose_writer_crashed_is_read_to_its_end(tmp_path: Path, claimed: int) -> None:
    samples = tone(300, 0.2).tobytes()
    path = tmp_path / "x.wav"
    path.write_bytes(wav_header(1, 8000, claimed & 0x7FFF_FFFF) + samples)
    where = extent(path, "own_words")
    assert (where.channels, where.size) == (1, len(samples))
    assert read_wav(_convert(path, "own_words")).shape == (1600, 1)


def test_other_parts_of_a_wav_file_are_passed_over(tmp_path: Path) -> None:
    samples = tone(300, 0.1).tobytes()
    plain = wav_header(1, 8000, len(samples))
    path = tmp_path / "x.wav"
    path.write_bytes(plain[:12] + b"LIST\3\0\0\0abc\0" + plain[12:] + samples + b"LIST\0\0\0\0")
    assert read_wav(path).tobytes() == samples


@pytest.mark.parametrize("size", [0, 1, 43, 44])
def test_a_file_without_samples_lasts_no_time(tmp_path: Path, size: int) -> None:
    path = tmp_path / "x.wav"
    path.write_bytes(wav_header(1, 8000, 0)[:size])
    assert extent(path, "own_words").seconds == 0


@pytest.mark.parametrize(
    "data",
    [
        b"x" * 100,
        b"RIFF\0\0\0\0WAVE" + b"junk\0\0\0\0" * 8,
        wav_header(1, 8000, 8).replace(b"fmt \x10\0\0\0\1\0", b"fmt \x10\0\0\0\6\0") + b"x" * 8,
    ],
)
def test_what_is_no_pcm_is_an_audio_error(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "x.wav"
    path.write_bytes(data)
    with pytest.raises(AudioError):
        extent(path, "own_words")


def test_what_does_not_fit_a_wav_file_is_an_audio_error() -> None:
    with pytest.raises(AudioError):
        wav_header(2, 8000, 1 << 32)


def test_levels_are_those_of_each_channel(tmp_path: Path) -> None:
    raw = tmp_path / "x.raw"
    left, right = tone(300, 1, 1.0), np.zeros(8000, np.int16)
    raw.write_bytes(to_raw(np.stack([left, right], axis=1)))
    loud, silent = levels(_convert(raw, "call"))
    assert loud == pytest.approx(-3.01, abs=0.05)  # a sine is 3 dB below a square wave
    assert silent == SILENCE_DBFS
    raw.write_bytes(b"")
    assert levels(_convert(raw, "call")) == [SILENCE_DBFS, SILENCE_DBFS]


def test_frames_and_samples_are_each_others_inverse() -> None:
    data = conversation(0.1)
    assert to_raw(to_frames(data + b"\1", 2)) == data
