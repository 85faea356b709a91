"""What the player draws: the citizen above, what the citizen hears below; made once, then kept."""

import asyncio
import tracemalloc
from collections import Counter
from collections.abc import Collection
from datetime import datetime
from itertools import chain, repeat
from uuid import UUID

import numpy as np
import pytest

from db.pool import Connection
from recordings import peaks, retention, rows
from recordings.audio import RATE, wav_header
from recordings.errors import AudioError
from recordings.keeper import Keeper
from recordings.peaks import PIECES, Peaks, measured, of_ogg, of_wav, peaks_of
from recordings.vault import Role, StoredObject, Vault
from tests.recordings.room import Room, conversation


class NothingOpen:
    async def holding(self, conn: Connection, call_id: UUID, now: datetime) -> str | None:
        del conn, call_id, now
        return None

    async def held(self, conn: Connection, call_ids: Collection[UUID], now: datetime) -> set[UUID]:
        del conn, call_ids, now
        return set()


TURN = asyncio.Semaphore(1)


def parts(file: bytes, size: int) -> list[bytes]:
    return [file[at : at + size] for at in range(0, len(file), size)]


async def stored(room: Room, role: Role = "original", seconds: float = 3.0) -> StoredObject:
    recording, _ = await room.recorded(conversation(seconds), seconds=seconds)
    await room.closer().sweep()
    await Keeper(room.pool, room.vault, room.now).sweep()
    async with room.pool.acquire() as conn:
        return (await rows.objects(conn, recording))[role]


async def test_the_citizen_is_the_first_side_in_original_and_copy(room: Room) -> None:
    roles: tuple[Role, ...] = ("original", "copy")
    for role in roles:
        one = await stored(room, role)
        drawn = await peaks_of(room.pool, room.vault, one, TURN, room.now())
        assert abs(drawn.seconds - 3) < 0.1
        citizen, heard = (np.median(list(side)) for side in drawn.levels)
        assert citizen > 4 * heard > 0  # the tape's citizen is loud, what they hear soft


async def test_they_are_made_once_and_gone_with_the_recording(room: Room) -> None:
    one = await stored(room)
    first = await peaks_of(room.pool, room.vault, one, TURN, room.now())
    await room.vault.store.delete(one.location)
    assert await peaks_of(room.pool, room.vault, one, TURN, room.now()) == first
    await retention.erase(
        room.pool, NothingOpen(), one.recording_id, by="operator:a", why="court", now=room.at,
        early=True,
    )  # fmt: skip
    assert await room.pool.fetchval("select count(*) from recording_peaks") == 0


async def test_who_asks_while_it_is_drawn_does_not_have_it_drawn_again(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, drawn = await stored(room), Counter[str]()

    def counted(vault: Vault, one: StoredObject) -> Peaks:
        drawn["once"] += 1
        return measured(vault, one)

    monkeypatch.setattr(peaks, "measured", counted)
    asked = (peaks_of(room.pool, room.vault, one, TURN, room.now()) for _ in range(5))
    assert len(set(await asyncio.gather(*asked))) == 1
    assert drawn.total() == 1


def test_a_picture_has_a_bound_and_marks_where_it_is_loud() -> None:
    sound = np.zeros((RATE * 100, 2), np.int16)
    sound[RATE * 50 : RATE * 51, 1] = 32767
    raw = sound.astype("<i2").tobytes()
    picture = of_wav(parts(wav_header(2, RATE, len(raw)) + raw, 999), 44 + len(raw))
    assert [len(side) for side in picture.levels] == [PIECES, PIECES]
    assert max(picture.levels[0]) == 0
    loud = [at for at, level in enumerate(picture.levels[1]) if level > 200]
    assert (min(loud), max(loud)) == (PIECES // 2, PIECES // 2 + PIECES // 100 - 1)


def test_a_recording_of_no_seconds_has_no_picture() -> None:
    assert of_wav([wav_header(2, RATE, 0)], 44).levels == (b"", b"")


@pytest.mark.parametrize("frames", [1, PIECES - 1, PIECES, PIECES + 1, 3 * PIECES + 17, 12_345])
def test_an_original_is_drawn_by_pieces_as_it_is_at_once(frames: int) -> None:
    sound = np.random.default_rng(frames).integers(-32768, 32767, (frames, 2)).astype("<i2")
    file = wav_header(2, RATE, sound.nbytes) + sound.tobytes()
    assert of_wav(parts(file, 1_001), len(file)) == of_ogg(file)  # libsndfile reads WAV as well


def test_an_original_that_is_longer_than_it_says_is_refused() -> None:
    file = wav_header(2, RATE, 40_000) + bytes(40_000)
    with pytest.raises(AudioError):
        of_wav(parts(file, 1_000), 20_000)


def test_a_long_original_is_never_in_memory() -> None:
    piece = bytes(64 * 1024)
    size = 880 * len(piece)  # half an hour
    pieces = chain([wav_header(2, RATE, size)], repeat(piece, 880))
    tracemalloc.start()
    try:
        drawn = of_wav(pieces, 44 + size)
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert drawn.seconds == size / (4 * RATE)
    assert most < 5_000_000
