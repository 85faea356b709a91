import asyncio
import hashlib
import os
import signal
import subprocess
import sys
import wave
from collections.abc import Iterable
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

import asyncpg
import pytest
from structlog.testing import capture_logs

from calls.model import Outcome
from db.errors import AWAY
from db.ids import new_id
from db.pool import Connection
from recordings import rows
from recordings.audio import levels, wav_header
from recordings.closer import Closer
from recordings.errors import StoreError
from recordings.model import CaptureName, Closed
from recordings.store import Store
from recordings.vault import StoredObject
from tests.recordings.room import START, Room, conversation, tone


async def _assert_whole(room: Room, recording_id: UUID, capture: Path) -> None:
    row = await room.row(recording_id)
    assert row["state"] == "stored"
    data = await room.opened(recording_id)
    assert hashlib.sha256(data).hexdigest() == row["sha256"]
    assert len(data) == row["bytes"]
    assert not capture.exists()
    one = await room.object(recording_id)
    sealed = (room.folder / one.location).read_bytes()
    assert (hashlib.sha256(sealed).hexdigest(), len(sealed)) == (
        one.stored_sha256,
        one.stored_bytes,
    )
    assert data[44:144] not in sealed or not data[44:144]


async def _levels(room: Room, recording_id: UUID, tmp_path: Path) -> list[float]:
    path = tmp_path / "opened.wav"
    path.write_bytes(await room.opened(recording_id))
    return levels(path)


async def test_a_calls_recording_is_stored_whole_in_stereo(room: Room, tmp_path: Path) -> None:
    recording_id, capture = await room.recorded(conversation(2.0))
    assert await room.closer().sweep() == 1
    await _assert_whole(room, recording_id, capture)
    row = await room.row(recording_id)
    one = await room.object(recording_id)
    assert row["location"] == one.location == f"2026/01/05/{recording_id}.{one.id}.sealed"
    assert room.files() == [room.folder / one.location]
    assert (float(row["seconds"]), row["channels"], row["closed_at"]) == (2.0, 2, room.at)
    citizen, heard = await _levels(room, recording_id, tmp_path)
    assert citizen - heard == pytest.approx(20, abs=0.5)
    with wave.open(str(tmp_path / "opened.wav")) as file:
        assert (file.getnchannels(), file.getframerate(), file.getnframes()) == (2, 8000, 16000)


async def test_a_citizens_own_words_are_stored_in_mono(room: Room) -> None:
    samples = tone(300, 1.5).tobytes()
    data = wav_header(1, 8000, len(samples)) + samples
    recording_id, capture = await room.recorded(data, "own_words")
    await room.closer().sweep()
    await _assert_whole(room, recording_id, capture)
    row = await room.row(recording_id)
    assert (float(row["seconds"]), row["channels"]) == (1.5, 1)
    assert await room.opened(recording_id) == data


async def test_a_torn_last_frame_is_cut_and_counted(room: Room) -> None:
    recording_id, _ = await room.recorded(conversation(1.0) + b"\1\2\3")
    closer = room.closer()
    await closer.sweep()
    assert float((await room.row(recording_id))["seconds"]) == 1.0
    assert closer.totals["torn"] == 1


async def test_an_empty_file_is_a_recording_of_no_seconds(room: Room) -> None:
    recording_id, capture = await room.recorded(b"", seconds=0.5)
    closer = room.closer()
    await closer.sweep()
    await _assert_whole(room, recording_id, capture)
    assert float((await room.row(recording_id))["seconds"]) == 0
    assert not closer.totals["short"]


async def test_a_recording_that_lacks_half_its_call_is_stored_and_counted(room: Room) -> None:
    recording_id, capture = await room.recorded(conversation(2.0), seconds=60)
    closer = room.closer()
    await closer.sweep()
    await _assert_whole(room, recording_id, capture)
    assert closer.totals["short"] == 1


async def test_a_recording_that_was_stopped_before_its_calls_end_is_not_short(room: Room) -> None:
    """An officer's: stopped before the PIN, and another one begun after it; or they hung up."""
    call_id = await room.call()
    capture = room.capture()
    before = await capture.open(call_id, "call")
    Path(before.path).write_bytes(conversation(9.0))
    room.wait(9)
    capture.stopped(before.id)
    room.wait(40)
    capture.stopped(before.id)
    after = await capture.open(call_id, "call")
    Path(after.path).write_bytes(conversation(1.0))
    room.wait(60)
    await room.end(call_id, Outcome.DISPOSAL_TOLD)
    assert await room.commit.drain(20)
    closer = room.closer()
    with capture_logs() as logs:
        await closer.sweep()
    told = [one["recording"] for one in logs if one["log_level"] == "error"]
    assert (closer.totals["stored"], told) == (2, [str(after.id)])


async def test_a_recording_that_ends_before_its_call_was_found_lost_is_not_short(
    room: Room,
) -> None:
    """Asterisk died; the call's row has the time at which that was found."""
    lost = await room.recorded(conversation(2.0), seconds=3600, outcome=Outcome.LOST)
    closer = room.closer()
    with capture_logs() as logs:
        await closer.sweep()
    await _assert_whole(room, *lost)
    assert (closer.totals["end_unseen"], closer.totals["short"]) == (1, 0)
    assert "error" not in [one["log_level"] for one in logs]


async def test_a_call_in_progress_is_left_alone(room: Room) -> None:
    call_id = await room.call()
    target = await room.capture().open(call_id, "call")
    Path(target.path).write_bytes(conversation(1.0))
    room.wait(3600)
    closer = room.closer()
    assert await closer.sweep() == 0
    await room.end(call_id)
    assert await closer.sweep() == 1


async def test_a_file_that_somebody_still_writes_is_left_alone(room: Room) -> None:
    recording_id, capture = await room.recorded(conversation(1.0))
    closer = room.closer()
    with capture.open("ab") as writer:
        assert await closer.sweep() == 0
        writer.write(conversation(1.0))
    assert await closer.sweep() == 1
    assert float((await room.row(recording_id))["seconds"]) == 2.0


async def test_a_file_that_still_grows_is_left_alone(room: Room) -> None:
    recording_id, capture = await room.recorded(conversation(1.0))
    closer = room.closer(settle=3600)
    assert await closer.sweep() == 0
    capture.write_bytes(conversation(2.0))
    assert await closer.sweep() == 0
    assert (await room.row(recording_id))["state"] == "open"


async def test_a_recording_without_a_file_is_missing_a_minute_after_the_call(room: Room) -> None:
    call_id = await room.call()
    target = await room.capture().open(call_id, "call")
    await room.end(call_id)
    closer = room.closer()
    room.wait(59)
    await closer.sweep()
    assert (await room.row(target.id))["state"] == "open"
    room.wait(2)
    await closer.sweep()
    await closer.sweep()
    assert (await room.row(target.id))["state"] == "missing"
    assert closer.totals["missing"] == 1


async def test_a_file_that_waits_is_not_missing(room: Room) -> None:
    recording_id, _ = await room.recorded(conversation(1.0))
    room.wait(3600)
    await room.closer(settle=3600).sweep()
    assert (await room.row(recording_id))["state"] == "open"


async def test_a_missing_recording_that_turns_up_is_stored(room: Room) -> None:
    recording_id, capture = await room.recorded(conversation(1.0))
    hidden = capture.rename(room.folder / "hidden")
    room.wait(3600)
    closer = room.closer()
    await closer.sweep()
    assert (await room.row(recording_id))["state"] == "missing"
    hidden.rename(capture)
    await closer.sweep()
    await _assert_whole(room, recording_id, capture)


async def test_a_file_without_a_row_is_given_one_when_its_call_is_over(room: Room) -> None:
    call_id = await room.call()
    name = CaptureName(call_id, new_id(room.at), "call")
    capture = room.directory / str(name)
    capture.write_bytes(conversation(1.0))
    closer = room.closer()
    assert await closer.sweep() == 0
    await room.end(call_id)
    assert await closer.sweep() == 1
    await _assert_whole(room, name.recording_id, capture)
    row = await room.row(name.recording_id)
    assert (row["call_id"], row["kind"], row["cell"], row["started_at"]) == (
        call_id,
        "call",
        "a",
        START,
    )
    assert closer.totals["adopted"] == 1


async def test_what_asterisk_recorded_by_itself_ends_with_its_call_and_is_not_short(
    room: Room,
) -> None:
    call_id = await room.call()
    name = CaptureName(call_id, call_id, "call")
    capture = room.directory / str(name)
    capture.write_bytes(conversation(1.0))
    room.wait(50)  # two telephones rang before anybody was recorded
    await room.end(call_id)
    closer = room.closer()
    assert await closer.sweep() == 1
    await _assert_whole(room, name.recording_id, capture)
    row = await room.row(name.recording_id)
    assert row["started_at"] == room.at - timedelta(seconds=1)
    assert (closer.totals["adopted"], closer.totals["short"]) == (1, 0)


async def test_a_file_of_a_call_without_a_row_is_not_lost(room: Room) -> None:
    name = CaptureName(new_id(room.at), new_id(room.at), "call")
    capture = room.directory / str(name)
    capture.write_bytes(conversation(2.0))
    room.wait(600)
    assert await room.closer(orphan_after=3600).sweep() == 0
    assert await room.closer().sweep() == 1
    await _assert_whole(room, name.recording_id, capture)
    call = await room.pool.fetchrow("select * from call")
    assert call is not None
    assert (call["id"], call["outcome"], call["direction"]) == (name.call_id, "lost", "inbound")
    assert (call["started_at"], (call["ended_at"] - START).total_seconds()) == (START, 2.0)


async def test_foreign_files_are_left_alone_and_reported_once(room: Room) -> None:
    (room.directory / "notes.txt").write_text("not ours")
    (room.directory / str(CaptureName(new_id(room.at), new_id(room.at), "call"))).mkdir()
    closer = room.closer()
    await closer.sweep()
    await closer.sweep()
    assert closer.totals["foreign"] == 2
    assert len(list(room.directory.iterdir())) == 2


async def test_the_oldest_are_closed_first_and_a_sweep_is_bounded(room: Room) -> None:
    ids = []
    for _ in range(5):
        recording_id, _ = await room.recorded(conversation(0.1), seconds=1)
        ids.append(recording_id)
    closer = room.closer(batch=2)
    assert await closer.sweep() == 2
    stored = await room.pool.fetch("select id from recording where state = 'stored' order by id")
    assert [row["id"] for row in stored] == ids[:2]
    assert [await closer.sweep() for _ in range(3)] == [2, 1, 0]


async def test_calls_in_progress_do_not_fill_the_bound(room: Room) -> None:
    for _ in range(3):
        target = await room.capture().open(await room.call(), "call")
        Path(target.path).write_bytes(b"")
        room.wait(1)
    recording_id, _ = await room.recorded(conversation(0.1))
    await room.closer(batch=1).sweep()
    assert (await room.row(recording_id))["state"] == "stored"


async def test_a_file_that_cannot_be_read_does_not_hold_up_the_others(room: Room) -> None:
    broken, capture = await room.recorded(b"no audio at all" * 10, "own_words")
    room.wait(1)
    good, _ = await room.recorded(conversation(0.1))
    closer = room.closer(batch=1, retry_after=3600)
    await closer.sweep()
    await closer.sweep()
    assert (await room.row(good))["state"] == "stored"
    assert (await room.row(broken))["state"] == "open"
    assert capture.exists()
    assert closer.totals["failed"] == 1


class Killed(BaseException):
    """Stands for a process that is gone: nothing may catch it."""


class DyingStore(Store):
    """Dies before or after the object is written."""

    after = False

    def put(self, location: str, pieces: Iterable[bytes]) -> None:
        if self.after:
            super().put(location, pieces)
        raise Killed


class Away(Store):
    def put(self, location: str, pieces: Iterable[bytes]) -> None:
        raise StoreError("away")


async def _killed_at(room: Room, monkeypatch: pytest.MonkeyPatch, point: str) -> Closer:
    closer = room.closer()
    if point in ("before the store", "after the store"):
        dying = DyingStore.local(room.folder)
        dying.after = point == "after the store"  # type: ignore[attr-defined]
        return room.closer(dying)

    async def die(*_: object) -> None:
        raise Killed

    def die_now(*_: object, **__: object) -> None:
        raise Killed

    if point == "before the row":
        monkeypatch.setattr(rows, "set_stored", die)
    if point == "before the deletion":
        monkeypatch.setattr(Path, "unlink", die_now)
    return closer


@pytest.mark.parametrize(
    "point", ["before the store", "after the store", "before the row", "before the deletion"]
)
async def test_a_closer_killed_at_any_point_leaves_one_whole_recording_to_the_next(
    room: Room, monkeypatch: pytest.MonkeyPatch, point: str
) -> None:
    recording_id, capture = await room.recorded(conversation(1.0))
    with monkeypatch.context() as patch:
        closer = await _killed_at(room, patch, point)
        with pytest.raises(Killed):
            await closer.sweep()
    assert capture.exists()
    await room.closer().sweep()
    await _assert_whole(room, recording_id, capture)


async def test_a_call_whose_rows_are_still_to_be_written_is_not_adopted_without_its_number(
    room: Room,
) -> None:
    name = CaptureName(new_id(room.at), new_id(room.at), "call")
    (room.directory / str(name)).write_bytes(conversation(1.0))
    waiting = True
    closer = room.closer(rows_wait=lambda: waiting, orphan_after=0.001)
    for _ in range(3):
        assert await closer.sweep() == 0
        await asyncio.sleep(0.01)
    waiting = False
    assert await closer.sweep() == 1


async def test_an_adoption_that_was_cut_short_is_taken_up(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = CaptureName(new_id(room.at), new_id(room.at), "call")
    capture = room.directory / str(name)
    capture.write_bytes(conversation(1.0))
    with pytest.raises(Killed):
        await room.closer(DyingStore.local(room.folder)).sweep()
    await room.closer().sweep()
    await _assert_whole(room, name.recording_id, capture)
    assert await room.pool.fetchval("select count(*) from recording") == 1


KILL_IN_MID_PUT = """
import os, signal, sys
from pathlib import Path
from recordings.store import Store

def pieces():
    for _ in range(40):
        yield bytes(1 << 20)
    os.kill(os.getpid(), signal.SIGKILL)
    yield b""

Store.local(Path(sys.argv[1])).put(sys.argv[2], pieces())
"""


async def test_a_kill_in_mid_write_leaves_no_torn_recording_and_no_rubbish(room: Room) -> None:
    recording_id, capture = await room.recorded(conversation(1.0))
    location = f"2026/01/05/{recording_id}.{new_id(room.at)}.sealed"
    command = [sys.executable, "-c", KILL_IN_MID_PUT, str(room.folder), location]
    ended = await asyncio.to_thread(subprocess.run, command, check=False)
    assert ended.returncode == -signal.SIGKILL
    assert not (room.folder / location).exists()
    assert list((room.folder / location).parent.iterdir())  # the half-written one
    await room.closer().sweep()
    await _assert_whole(room, recording_id, capture)


async def test_a_store_that_is_away_keeps_the_file(room: Room) -> None:
    recording_id, capture = await room.recorded(conversation(1.0))
    closer = room.closer(Away.local(room.folder))
    await closer.sweep()
    assert capture.exists()
    assert closer.totals["failed"] == 1
    await room.closer().sweep()
    await _assert_whole(room, recording_id, capture)


async def test_a_file_is_not_deleted_before_the_store_really_has_it(room: Room) -> None:
    recording_id, capture = await room.recorded(conversation(1.0))
    data = capture.read_bytes()
    await room.closer().sweep()
    (await room.file(recording_id)).unlink()
    capture.write_bytes(data)  # as after a crash before the deletion
    await room.closer().sweep()
    await _assert_whole(room, recording_id, capture)


async def test_a_file_that_differs_from_what_was_stored_is_kept(room: Room) -> None:
    recording_id, capture = await room.recorded(conversation(1.0))
    await room.closer().sweep()
    (await room.file(recording_id)).unlink()
    capture.write_bytes(conversation(0.5))
    closer = room.closer()
    await closer.sweep()
    assert capture.exists()
    assert closer.totals["failed"] == 1


async def test_a_file_whose_row_goes_while_it_is_stored_is_kept_and_given_another(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    recording_id, capture = await room.recorded(conversation(1.0))
    set_stored = rows.set_stored

    async def gone(conn: Connection, closed: Closed, original: StoredObject, at: datetime) -> bool:
        await conn.execute("delete from recording where id = $1", recording_id)
        return await set_stored(conn, closed, original, at)

    monkeypatch.setattr(rows, "set_stored", gone)
    closer = room.closer()
    await closer.sweep()
    assert await asyncio.to_thread(capture.exists)
    monkeypatch.undo()
    await closer.sweep()
    await _assert_whole(room, recording_id, capture)


class Unwritten:
    """A database that answers, and takes no row of a stored recording while it is `full`.

    PostgreSQL itself refuses. `committed`: it is written, and its answer is lost.
    """

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.full, self.committed = True, False
        self.tries = 0
        self.only: UUID | None = None
        self._set_stored = rows.set_stored
        monkeypatch.setattr(rows, "set_stored", self)

    async def __call__(
        self, conn: Connection, closed: Closed, original: StoredObject, at: datetime
    ) -> bool:
        self.tries += 1
        if self.committed:
            await self._set_stored(conn, closed, original, at)
            raise asyncpg.ConnectionDoesNotExistError("connection was closed")
        if not self.full or self.only not in (None, original.recording_id):
            return await self._set_stored(conn, closed, original, at)
        async with conn.transaction(readonly=True):
            return await self._set_stored(conn, closed, original, at)

    async def refused(self, closer: Closer, times: int = 1) -> None:
        """So many looks that end with the database's refusal."""
        for _ in range(times):
            with pytest.raises(AWAY):
                await closer.sweep()


@pytest.fixture
def unwritten(monkeypatch: pytest.MonkeyPatch) -> Unwritten:
    return Unwritten(monkeypatch)


async def test_while_the_database_takes_no_writes_a_recording_is_stored_once(
    room: Room, unwritten: Unwritten
) -> None:
    recording_id, capture = await room.recorded(conversation(1.0), seconds=60)
    closer = room.closer()
    await unwritten.refused(closer, 4)
    stored = room.files()
    assert len(stored) == 1
    assert capture.exists()
    unwritten.full = False
    assert await closer.sweep() == 1
    await _assert_whole(room, recording_id, capture)
    assert room.files() == stored == [await room.file(recording_id)]
    assert closer.totals == {"stored": 1, "short": 1, "foreign": 0}


async def test_that_the_database_takes_no_writes_is_told_once_and_ends_by_itself(
    room: Room, unwritten: Unwritten
) -> None:
    recording_id, capture = await room.recorded(conversation(0.1), seconds=1)
    closer = room.closer(interval=0.1, retry_after=0.2)
    with capture_logs() as logs:
        task = asyncio.create_task(closer.run())
        async with asyncio.timeout(20):
            while unwritten.tries < 4:
                await asyncio.sleep(0.01)
            unwritten.full = False
            while not closer.totals["stored"]:
                await asyncio.sleep(0.01)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    await room.closer().sweep()
    await _assert_whole(room, recording_id, capture)
    assert len([one for one in logs if one["log_level"] == "warning"]) == 1


async def test_a_row_that_was_written_though_the_answer_was_lost_names_what_is_stored(
    room: Room, unwritten: Unwritten
) -> None:
    recording_id, capture = await room.recorded(conversation(1.0))
    closer = room.closer()
    unwritten.committed = True
    await unwritten.refused(closer)
    await closer.sweep()
    await _assert_whole(room, recording_id, capture)
    assert room.files() == [await room.file(recording_id)]


async def test_an_earlier_try_that_is_written_late_keeps_its_object(
    room: Room, unwritten: Unwritten, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its commit went on in the server while we tried again: our second try then wins nothing."""
    recording_id, capture = await room.recorded(conversation(1.0))
    closer = room.closer()
    await unwritten.refused(closer)
    set_stored = unwritten._set_stored

    async def second(
        conn: Connection, closed: Closed, original: StoredObject, at: datetime
    ) -> bool:
        assert await set_stored(conn, closed, original, at), "the first one"
        return await set_stored(conn, closed, original, at)

    monkeypatch.setattr(rows, "set_stored", second)
    await closer.sweep()
    assert room.files() == [await room.file(recording_id)]
    await closer.sweep()
    await _assert_whole(room, recording_id, capture)
    assert room.files() == [await room.file(recording_id)]


async def test_what_another_closer_stored_meanwhile_stands(
    room: Room, unwritten: Unwritten
) -> None:
    recording_id, capture = await room.recorded(conversation(1.0))
    data, closer = capture.read_bytes(), room.closer()
    await unwritten.refused(closer)
    unwritten.full = False
    await room.closer().sweep()
    capture.write_bytes(data)  # as before the deletion
    await closer.sweep()
    await _assert_whole(room, recording_id, capture)
    assert await room.file(recording_id) in room.files()


@pytest.mark.parametrize("what", ["grown", "not in the store"])
async def test_what_is_not_as_it_was_stored_is_stored_anew(
    room: Room, unwritten: Unwritten, what: str
) -> None:
    recording_id, capture = await room.recorded(conversation(1.0))
    closer = room.closer()
    await unwritten.refused(closer)
    if what == "grown":
        capture.write_bytes(conversation(2.0))
    else:
        room.files()[0].unlink()
    unwritten.full = False
    await closer.sweep()
    await _assert_whole(room, recording_id, capture)
    seconds = float((await room.row(recording_id))["seconds"])
    assert seconds == (2.0 if what == "grown" else 1.0)


async def test_a_recording_whose_row_cannot_be_written_holds_up_no_other(
    room: Room, unwritten: Unwritten
) -> None:
    first, capture = await room.recorded(conversation(1.0))
    second, _ = await room.recorded(conversation(1.0))
    unwritten.only = first
    closer = room.closer(interval=3600, retry_after=3600)
    await unwritten.refused(closer)
    await closer.sweep()
    assert ((await room.row(second))["state"], capture.exists()) == ("stored", True)


async def test_only_so_many_recordings_are_stored_while_no_row_is_written(
    room: Room, unwritten: Unwritten, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("recordings.closer._OWED_AT_MOST", 2)
    for _ in range(4):
        await room.recorded(conversation(0.1), seconds=1)
    closer = room.closer(interval=3600, retry_after=3600)  # each has its turn
    await unwritten.refused(closer, 2)
    assert await closer.sweep() == 0
    assert len(room.files()) == 2
    for seen in closer._seen.values():
        seen.not_before = 0
    unwritten.full = False
    await closer.sweep()
    await closer.sweep()
    assert len(room.files()) == closer.totals["stored"] == 4


async def test_two_closers_of_one_cell_store_a_recording_once(room: Room) -> None:
    recording_id, capture = await room.recorded(conversation(5.0), seconds=5)
    await asyncio.gather(*(room.closer().sweep() for _ in range(3)))
    await room.closer().sweep()
    await _assert_whole(room, recording_id, capture)
    assert room.files() == [await room.file(recording_id)]


async def test_the_stored_file_is_flushed_to_the_disk_before_the_row_says_so(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    flushed: list[str] = []
    fsync = os.fsync

    def watched(descriptor: int) -> None:
        flushed.append(os.readlink(f"/proc/self/fd/{descriptor}"))
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", watched)
    recording_id, _ = await room.recorded(conversation(0.1))
    await room.closer().sweep()
    stored = await room.file(recording_id)
    assert flushed == [str(path) for path in (stored, *list(stored.parents)[:4])]


async def test_run_closes_what_comes_and_ends_when_cancelled(room: Room) -> None:
    closer = room.closer()
    task = asyncio.create_task(closer.run())
    ids = [(await room.recorded(conversation(0.1), seconds=1))[0] for _ in range(3)]
    async with asyncio.timeout(20):
        while closer.totals["stored"] < len(ids):
            await asyncio.sleep(0.01)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
