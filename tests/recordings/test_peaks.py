"""What the player draws: the citizen above, what the citizen hears below; made once, then kept."""

import asyncio
from collections import Counter
from collections.abc import Collection
from datetime import datetime
from uuid import UUID

import numpy as np
import pytest

from db.pool import Connection
from recordings import peaks, retention, rows
from recordings.audio import RATE, wav_header
from recordings.keeper import Keeper
from recordings.peaks import PIECES, Peaks, measured, peaks_of
from recordings.vault import Role, StoredObject
from tests.recordings.room import Room, conversation


class NothingOpen:
    async def holding(self, conn: Connection, call_id: UUID, now: datetime) -> str | None:
        del conn, call_id, now
        return None

    async def held(self, conn: Connection, call_ids: Collection[UUID], now: datetime) -> set[UUID]:
        del conn, call_ids, now
        return set()


TURN = asyncio.Semaphore(1)


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

    def counted(file: bytes) -> Peaks:
        drawn["once"] += 1
        return measured(file)

    monkeypatch.setattr(peaks, "measured", counted)
    asked = (peaks_of(room.pool, room.vault, one, TURN, room.now()) for _ in range(5))
    assert len(set(await asyncio.gather(*asked))) == 1
    assert drawn.total() == 1


def test_a_picture_has_a_bound_and_marks_where_it_is_loud() -> None:
    sound = np.zeros((RATE * 100, 2), np.int16)
    sound[RATE * 50 : RATE * 51, 1] = 32767
    raw = sound.astype("<i2").tobytes()
    picture = measured(wav_header(2, RATE, len(raw)) + raw)
    assert [len(side) for side in picture.levels] == [PIECES, PIECES]
    assert max(picture.levels[0]) == 0
    loud = [at for at, level in enumerate(picture.levels[1]) if level > 200]
    assert (min(loud), max(loud)) == (PIECES // 2, PIECES // 2 + PIECES // 100 - 1)


def test_a_recording_of_no_seconds_has_no_picture() -> None:
    assert measured(wav_header(2, RATE, 0)).levels == (b"", b"")
