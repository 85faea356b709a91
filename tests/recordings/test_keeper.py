"""The kept copy: what it sounds like, and that the original is not given up for a bad one."""

import asyncio
import io
from itertools import pairwise
from uuid import UUID

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray

from recordings import opus
from recordings.audio import RATE, to_raw, wav_header
from recordings.errors import AudioError, CopyError
from recordings.keeper import Keeper, KeepingLimits
from recordings.opus import Encoded, Measured
from tests.recordings.room import Room, conversation, tone


def speech(seconds: float, pitch: float, talks: NDArray[np.bool_]) -> NDArray[np.int16]:
    """A buzz with formants' width, switched: what a voice is to a codec."""
    time = np.arange(round(seconds * RATE)) / RATE
    parts = [np.sin(2 * np.pi * pitch * k * time + k * k) / k for k in range(1, 24)]
    voice = np.sum(parts, axis=0)
    voice = voice / np.max(np.abs(voice)) * 0.4 * (0.6 + 0.4 * np.sin(2 * np.pi * 3 * time))
    switched: NDArray[np.int16] = (voice * 32767 * np.repeat(talks, RATE)).astype(np.int16)
    return switched


def in_turns(seconds: int = 12) -> NDArray[np.int16]:
    """The citizen talks in the first two of four seconds, whom they hear in the others."""
    citizens = np.arange(seconds) % 4 < 2
    return np.stack([speech(seconds, 130, citizens), speech(seconds, 210, ~citizens)], axis=1)


def wav(frames: NDArray[np.int16]) -> list[bytes]:
    data = to_raw(frames)
    whole = wav_header(frames.shape[1], RATE, len(data)) + data
    return [whole[at : at + 100_001] for at in range(0, len(whole), 100_001)]  # frames are cut


def decoded(ogg: bytes) -> NDArray[np.int16]:
    frames, rate = soundfile.read(io.BytesIO(ogg), dtype="int16", always_2d=True)
    assert rate == RATE
    return np.asarray(frames)


def dbfs(samples: NDArray[np.int16]) -> float:
    return float(10 * np.log10(np.mean(np.square(samples / 32768.0)) + 1e-12))


def spectrum(samples: NDArray[np.int16]) -> NDArray[np.float64]:
    """Power in bands of 200 Hz, in dB."""
    power = np.abs(np.fft.rfft(samples.astype(np.float64))) ** 2
    edges = np.linspace(0, len(power), 21, dtype=int)
    return np.array([10 * np.log10(power[a:b].sum() + 1) for a, b in pairwise(edges)])


def test_the_copy_sounds_like_the_original_at_a_tenth_of_its_size() -> None:
    frames = in_turns()
    encoded = opus.encode(wav(frames), 24)
    heard = decoded(encoded.data)
    assert len(heard) == len(frames)
    assert len(encoded.data) * 8 < 30_000 * 12
    for channel in (0, 1):
        assert dbfs(heard[:, channel]) == pytest.approx(dbfs(frames[:, channel]), abs=2)
        was, is_ = spectrum(frames[:, channel]), spectrum(heard[:, channel])
        loud = was > was.max() - 30
        assert np.abs(was - is_)[loud].max() < 6


def test_what_one_says_is_not_heard_in_the_others_channel() -> None:
    frames = in_turns()
    heard = decoded(opus.encode(wav(frames), 24).data)
    second = np.arange(len(frames)) / RATE % 4
    citizen_talks = (second > 0.3) & (second < 1.7)
    other_talks = (second > 2.3) & (second < 3.7)
    assert dbfs(heard[citizen_talks, 1]) < dbfs(heard[citizen_talks, 0]) - 50
    assert dbfs(heard[other_talks, 0]) < dbfs(heard[other_talks, 1]) - 50


def test_own_words_in_mono_are_copied_too() -> None:
    frames = tone(300, 3.0).reshape(-1, 1)
    encoded = opus.encode(wav(frames), 24)
    assert decoded(encoded.data).shape == frames.shape
    opus.judge(encoded.original, opus.measure(encoded.data))


def _of(frames: NDArray[np.int16]) -> Measured:
    return opus.encode(wav(frames), 24).original


@pytest.mark.parametrize("channels", [1, 2])
def test_words_of_less_than_a_second_are_copied(channels: int) -> None:
    frames = np.stack([speech(1, 150, np.array([True]))[: RATE // 3]] * channels, axis=1)
    encoded = opus.encode(wav(frames), 24)
    measured = opus.measure(encoded.data)
    opus.judge(encoded.original, measured)
    assert measured.seconds == pytest.approx(1 / 3, abs=0.05)


def test_a_copy_that_lacks_something_is_refused() -> None:
    frames = in_turns()
    whole = _of(frames)
    opus.judge(whole, opus.measure(opus.encode(wav(frames), 24).data))
    hole = frames.copy()
    hole[4 * RATE : 6 * RATE, 0] = 0
    for bad, why in (
        (frames[: 11 * RATE], "instead of"),
        (hole, "channel 0 has lost what is in second 4"),
        (np.zeros_like(frames), "channel 0"),
        (frames[:, :1], "number of channels"),
    ):
        with pytest.raises(CopyError, match=why):
            opus.judge(whole, _of(bad))


def test_what_does_not_decode_is_no_copy() -> None:
    with pytest.raises(CopyError, match="does not decode"):
        opus.measure(b"OggS and then nothing")
    with pytest.raises(AudioError):
        opus.encode([b"RIFF"], 24)


def keeper(room: Room, **limits: float) -> Keeper:
    return Keeper(room.pool, room.vault, room.now, limits=KeepingLimits(**limits))  # type: ignore[arg-type]


async def closed(room: Room, seconds: float = 2.0) -> UUID:
    recording_id, _ = await room.recorded(conversation(seconds), seconds=seconds)
    await room.closer().sweep()
    return recording_id


async def test_a_closed_recording_gets_a_sealed_copy_linked_to_its_original(room: Room) -> None:
    recording_id = await closed(room)
    worker = keeper(room)
    assert await worker.sweep() == 1
    assert await worker.sweep() == 0
    original, copy = await room.object(recording_id), await room.object(recording_id, "copy")
    assert (copy.format, copy.tool) == ("ogg", opus.TOOL)
    assert "24 kbit/s" in copy.parameters
    assert len(decoded(await room.opened(recording_id, "copy"))) == 2 * RATE
    facts = await room.pool.fetchval(
        "select facts::json from recording_event where kind = 'copied'"
    )
    assert f'"source_sha256":"{original.sha256}"' in facts
    assert f'"sha256":"{copy.sha256}"' in facts
    assert (await room.row(recording_id))["copied_at"] == room.at
    assert len(room.files()) == 2  # the original stays until the policy says otherwise


async def test_a_recording_of_no_seconds_has_nothing_to_copy(room: Room) -> None:
    await room.recorded(b"")
    await closed(room)
    stood = await room.pool.fetchval("select count(*) from recording where copy_after <= now()")
    assert stood == 1, "what no turn will copy is not passed in each turn"
    assert await keeper(room).sweep() == 1


async def test_two_keepers_make_one_copy(room: Room) -> None:
    recording_id = await closed(room)
    workers = [keeper(room, lease=-1) for _ in range(3)]  # as if each lease had ended
    await asyncio.gather(*(worker.sweep() for worker in workers))
    assert sum(worker.totals["copied"] for worker in workers) == 1
    assert await room.pool.fetchval("select count(*) from recording_object") == 2
    assert len(room.files()) == 2
    await room.opened(recording_id, "copy")


async def test_a_copy_of_a_changed_original_is_not_made_and_tried_again_later(room: Room) -> None:
    recording_id = await closed(room)
    path = await room.file(recording_id)
    sound = path.read_bytes()
    path.write_bytes(sound[:1000] + bytes([sound[1000] ^ 1]) + sound[1001:])
    worker = keeper(room)
    await worker.sweep()
    assert worker.totals == {"failed": 1}
    assert await worker.sweep() == 0  # not at once
    path.write_bytes(sound)
    room.wait(61)
    await worker.sweep()
    assert worker.totals["copied"] == 1


async def test_a_bad_copy_is_not_stored(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    await closed(room)

    def silent(wav: object, kbits: int) -> Encoded:
        good = encode(wav, kbits)  # type: ignore[arg-type]
        nothing = encode(_silence(2.0), kbits)
        return Encoded(nothing.data, good.original, good.parameters)

    encode = opus.encode
    monkeypatch.setattr(opus, "encode", silent)
    worker = keeper(room)
    await worker.sweep()
    assert worker.totals == {"failed": 1}
    assert len(room.files()) == 1


def _silence(seconds: float) -> list[bytes]:
    return wav(np.zeros((round(seconds * RATE), 2), np.int16))


async def test_a_keeper_that_died_is_followed_when_its_lease_ends(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    recording_id = await closed(room)

    class Killed(BaseException):
        pass

    async def die(*_: object) -> bool:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(Keeper, "_write", die)
        with pytest.raises(Killed):
            await keeper(room).sweep()
    assert await keeper(room).sweep() == 0
    room.wait(901)
    assert await keeper(room).sweep() == 1
    await room.opened(recording_id, "copy")
