"""After any crash, rows and store come together again: processes are really killed."""

import asyncio
import os
import shutil
import signal
import subprocess
import sys
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

import asyncpg
import pytest
from structlog.testing import capture_logs

from db.ids import new_id
from db.statements import statements
from recordings.keeper import Keeper
from recordings.model import object_location
from recordings.retention import NoCases, erase
from recordings.sweeper import Lost, Sweeper, SweepLimits, left_by_crashes
from recordings.verification import verify_one
from tests.recordings.room import START, Room, conversation

AT_ONCE = SweepLimits(young=0, grace=0)
DAY = "2026/01/05"


def sweeper(room: Room, limits: SweepLimits = AT_ONCE) -> Sweeper:
    return Sweeper(room.pool, room.vault, room.now, limits)


async def kept(room: Room) -> UUID:
    recording_id, _ = await room.recorded(conversation(1.0), seconds=1)
    await room.closer().sweep()
    return recording_id


async def test_an_object_without_a_row_is_deleted_when_it_is_old_enough(room: Room) -> None:
    recording_id = await kept(room)
    location = object_location(recording_id, new_id(room.at), START)
    (room.folder / location).write_bytes(b"left by a crash")
    young = Sweeper(room.pool, room.vault, room.now)
    await young.reconcile(DAY)
    room.wait(34 * 86_400)
    await young.reconcile(DAY)
    assert (room.folder / location).exists()  # it may be of another database
    room.wait(86_400)
    await young.reconcile(DAY)
    assert room.files() == [await room.file(recording_id)]
    assert young.totals == {"unnamed": 1, "rubbish": 1}


async def test_objects_without_a_row_are_told_once_a_day_old_and_counted_each_time(
    room: Room,
) -> None:
    """As after the backup of the evening before was restored: weeks before they are deleted."""
    for _ in range(3):
        await kept(room)
    for _ in range(2):
        location = object_location(new_id(room.at), new_id(room.at), START)
        (room.folder / location).write_bytes(b"of another database")
    sweep = Sweeper(room.pool, room.vault, room.now)
    with capture_logs() as logs:
        for days in (0.9, 0.2, 1, 1):
            room.wait(days * 86_400)
            await sweep.reconcile(DAY)
    (told,) = [one for one in logs if one["log_level"] == "warning"]
    assert (told["day"], told["without_row"], told["with_row"]) == (DAY, 2, 3)
    assert told["grace_days"] == 35
    assert sweep.totals == {"unnamed": 6}


async def test_while_the_clock_cannot_be_trusted_nothing_is_taken_for_old(room: Room) -> None:
    recording_id = await kept(room)
    location = object_location(recording_id, new_id(room.at), START)
    (room.folder / location).write_bytes(b"left by a crash")
    (room.folder / f"{location}#1").write_bytes(b"half written")
    room.wait(40 * 86_400)
    sound = False
    sweep = Sweeper(room.pool, room.vault, room.now, sound=lambda: sound)
    await sweep.reconcile(DAY)
    assert ((room.folder / location).exists(), sweep.totals) == (True, {})
    sound = True
    await sweep.reconcile(DAY)
    assert sweep.totals == {"rubbish": 1, "half_written": 1}


@pytest.mark.parametrize(
    ("unnamed", "named", "by_crashes"),
    [
        (1, 1, True),
        (10, 1, True),
        (11, 1, False),
        (400, 400, True),
        (401, 400, False),
        (1, 0, False),
    ],
)
def test_what_more_than_crashes_leave_is_not_taken_for_rubbish(
    unnamed: int, named: int, by_crashes: bool
) -> None:
    assert left_by_crashes(unnamed, named) is by_crashes


async def test_another_database_deletes_nothing_of_the_store(room: Room) -> None:
    """Empty, or a backup of before: what it does not know is not rubbish."""
    recordings = [await kept(room) for _ in range(12)]
    before = room.files()
    await room.pool.execute("truncate call, recording cascade")
    room.wait(50 * 86_400)
    sweep = Sweeper(room.pool, room.vault, room.now)
    with capture_logs() as logs:
        await sweep.reconcile_all()
        await sweep.reconcile(DAY)
    assert room.files() == before
    assert sweep.totals == {"left_alone": 2 * len(recordings)}
    (told,) = [one for one in logs if one["log_level"] == "error"]  # once a day of the store
    assert (told["day"], told["without_row"], told["with_row"]) == (DAY, 12, 0)


async def test_what_is_being_stored_is_not_told_as_unknown(room: Room) -> None:
    location = object_location(new_id(room.at), new_id(room.at), START)
    (room.folder / location).parent.mkdir(parents=True)
    (room.folder / location).write_bytes(b"about to get its row")
    sweep = Sweeper(room.pool, room.vault, room.now)
    await sweep.reconcile(DAY)
    assert sweep.totals == {}


async def test_foreign_files_in_the_store_are_left_alone(room: Room) -> None:
    await kept(room)
    (room.folder / DAY / "notes.txt").write_text("not ours")
    (room.folder / "some" / "thing" / "else").mkdir(parents=True)
    (room.folder / "some" / "thing" / "else" / "notes.txt").write_text("not ours either")
    await sweeper(room).reconcile_all()
    assert (room.folder / "some" / "thing" / "else" / "notes.txt").exists()
    assert (room.folder / DAY / "notes.txt").exists()


async def test_a_day_whose_rows_take_too_long_holds_no_other_up(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    recording_id = await kept(room)
    (await room.file(recording_id)).unlink()
    (room.folder / "2025/12/01").mkdir(parents=True)
    (room.folder / "2025/12/01" / "x").write_text("an older day")
    room.wait(20 * 86_400)
    sweep, read = sweeper(room), Sweeper._rows_of

    async def slow(self: Sweeper, day: str) -> list[asyncpg.Record]:
        if day != DAY:
            raise TimeoutError
        return await read(self, day)

    monkeypatch.setattr(Sweeper, "_rows_of", slow)
    await sweep.reconcile_some()  # three recent days and the oldest one
    await sweep.reconcile_some()
    assert sweep.totals == {"lost": 1}


async def test_a_days_rows_are_read_in_parts_to_its_last_moment(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = list[tuple[datetime, datetime]]()
    read = statements().recordings_objects_of_day

    def noted(conn: object, *, since: datetime, until: datetime) -> object:
        asked.append((since, until))
        return read(conn, since=since, until=until)

    monkeypatch.setattr(statements(), "recordings_objects_of_day", noted)
    monkeypatch.setattr("recordings.sweeper._AT_ONCE", 2)
    first = START.replace(hour=0, minute=0)
    moments = [first, START, first + timedelta(days=1, microseconds=-1)]
    for at in moments:
        room.at = at
        await kept(room)
    room.at = START
    for number in range(3):  # and objects without a row
        (room.folder / f"{DAY}/{number}").write_text("not ours")
    sweep = sweeper(room)
    await sweep.reconcile(DAY)
    assert sweep.totals == {"foreign": 3}, "each row was read, so none is without one"
    assert max(until - since for since, until in asked) < timedelta(hours=1)
    assert [asked[0][0], asked[-1][1]] == [first, first + timedelta(days=1)]


async def test_a_row_whose_object_is_gone_is_told_and_healed_when_it_is_back(room: Room) -> None:
    recording_id = await kept(room)
    await Keeper(room.pool, room.vault, room.now).sweep()
    path = await room.file(recording_id, "copy")
    hidden = path.rename(room.folder / "hidden")
    sweep = sweeper(room)
    await sweep.reconcile(DAY)
    await sweep.reconcile(DAY)
    assert sweep.totals["lost"] == 1
    with pytest.raises(KeyError):  # the original is given instead
        await room.object(recording_id, "copy")
    await room.object(recording_id)
    hidden.rename(path)
    await sweep.reconcile(DAY)
    assert sweep.totals["found_again"] == 1
    await room.opened(recording_id, "copy")


async def test_what_is_lost_is_told_by_each_look_at_its_day_until_it_is_back_or_erased(
    room: Room,
) -> None:
    recordings = [await kept(room) for _ in range(3)]
    paths = [await room.file(one) for one in recordings]
    (back, erased_, whole) = paths
    hidden = back.rename(room.folder / "hidden")
    erased_.unlink()
    missing = sorted(str(path.relative_to(room.folder)) for path in (back, erased_))
    await sweeper(room).reconcile(DAY)  # the server's, which marks them
    room.wait(30 * 86_400)
    again = sweeper(room)
    await again.reconcile_all()
    assert again.lost == {DAY: Lost(2, missing)}
    assert (again.lost_now, again.totals) == (2, {})
    hidden.rename(back)
    await erase(room.pool, NoCases(), recordings[1], by="a", why="b", now=room.at, early=True)
    shutil.move(room.folder / DAY, room.folder / "moved")  # no day of the store any more
    await again.reconcile_some()
    assert again.lost_now == 2
    shutil.move(room.folder / "moved", room.folder / DAY)
    await again.reconcile_some()
    assert again.lost == {}
    assert whole.exists()


async def test_an_object_of_another_size_counts_as_lost(room: Room) -> None:
    recording_id = await kept(room)
    path = await room.file(recording_id)
    path.write_bytes(path.read_bytes()[:-1])
    sweep = sweeper(room)
    await sweep.reconcile_all()
    assert sweep.totals["lost"] == 1


async def test_the_last_days_and_each_older_day_have_their_turn(room: Room) -> None:
    await kept(room)
    for day in ("2025/11/01", "2025/11/02"):
        location = object_location(new_id(START), new_id(START), START).replace(DAY, day)
        path = room.folder / location
        path.parent.mkdir(parents=True)
        path.write_bytes(b"rubbish")
    sweep = sweeper(room)
    await sweep.reconcile_some()
    assert sweep.totals["left_alone"] == 1
    await sweep.reconcile_some()
    assert sweep.totals["left_alone"] == 2


async def undeletable(room: Room) -> Path:
    """A recording that was erased, and that the store does not delete."""
    recording_id = await kept(room)
    path = await room.file(recording_id)
    path.unlink()
    path.mkdir()
    await erase(room.pool, NoCases(), recording_id, by="a", why="b", now=room.at, early=True)
    return path


async def erased(room: Room) -> Path:
    recording_id = await kept(room)
    path = await room.file(recording_id)
    await erase(room.pool, NoCases(), recording_id, by="a", why="b", now=room.at, early=True)
    return path


def healed(path: Path) -> None:
    path.rmdir()
    path.write_bytes(b"")


async def test_an_object_that_cannot_be_deleted_holds_up_none_after_it(room: Room) -> None:
    bad, good = await undeletable(room), await erased(room)
    sweep = sweeper(room)
    with capture_logs() as logs:
        assert await sweep.delete_removed() == 1
        assert await sweep.delete_removed() == 0
    assert not good.exists()
    assert sweep.totals == {"deleted": 1, "not_deleted": 2}
    told = [one for one in logs if one["log_level"] == "error"]
    assert [one["location"] for one in told] == [str(bad.relative_to(room.folder))]  # once
    healed(bad)
    assert await sweep.delete_removed() == 1
    assert not bad.exists()
    assert await sweep.delete_removed() == 0


async def test_many_that_cannot_be_deleted_end_a_turn_and_not_the_next_ones(room: Room) -> None:
    """A store that is away is not asked for each; those behind are not kept waiting for ever."""
    bad = [await undeletable(room) for _ in range(7)]
    good = await erased(room)
    # All at once, as retention does it: only the id tells one from another.
    await room.pool.execute(
        "alter table recording_object disable trigger user;"
        f"update recording_object set removed_at = '{room.at.isoformat()}';"
        "alter table recording_object enable trigger user"
    )
    sweep = sweeper(room, SweepLimits(batch=2))
    assert await sweep.delete_removed() == 0
    assert sweep.totals["not_deleted"] == 5
    assert await sweep.delete_removed() == 1
    assert not good.exists()
    for path in bad:
        healed(path)
    assert await sweep.delete_removed() == 7


async def test_rubbish_that_cannot_be_deleted_holds_up_no_other_rubbish(room: Room) -> None:
    recording_id = await kept(room)
    day = room.folder / DAY
    names = sorted(object_location(new_id(room.at), new_id(room.at), START) for _ in range(3))
    for name in names:
        (room.folder / name).parent.mkdir(parents=True, exist_ok=True)
        (room.folder / name).write_bytes(b"left by a crash")
    (room.folder / f"{names[0]}#1").mkdir()  # half written, and no file
    (room.folder / f"{names[1]}#1").write_bytes(b"")
    sweep = sweeper(room)
    await sweep.reconcile(DAY)
    assert sweep.totals == {"rubbish": 3, "half_written": 1, "not_deleted": 1}
    left = {(await room.file(recording_id)).name, Path(f"{names[0]}#1").name}
    assert {path.name for path in day.iterdir()} == left


async def test_a_day_that_cannot_be_listed_holds_up_no_other_day(room: Room) -> None:
    await kept(room)
    older = room.folder / "2025/11/01"
    older.mkdir(parents=True)
    (older / os.fsdecode(b"\xff")).write_bytes(b"")  # a name that is no text
    location = object_location(new_id(START), new_id(START), START).replace(DAY, "2025/11/02")
    (room.folder / location).parent.mkdir(parents=True)
    (room.folder / location).write_bytes(b"rubbish")
    sweep = sweeper(room)
    for _ in range(2):
        await sweep.reconcile_some()
    assert sweep.totals["left_alone"] == 1


CRASH = """
import asyncio, os, signal, sys
from datetime import datetime, UTC
from pathlib import Path
from uuid import UUID
from db.pool import open_pool
from recordings import retention, rows
from recordings.closer import Closer, ClosingLimits
from recordings.keeper import Keeper
from recordings.master import MasterKeys
from recordings.store import Store
from recordings.sweeper import Sweeper
from recordings.vault import Vault

url, folder, captures, step, at, recording = sys.argv[1:]
now = lambda: datetime.fromisoformat(at)

def die(*_a, **_k):
    os.kill(os.getpid(), signal.SIGKILL)

def dying(function, *, after=False):
    async def instead(*a, **k):
        if after:
            await function(*a, **k)
        die()
    return instead

class Half(Store):
    def put(self, location, pieces):
        def some():
            yield next(iter(pieces)) + bytes(6 << 20)
            die()
        super().put(location, some())

class Full(Store):
    def put(self, location, pieces):
        super().put(location, pieces)
        die()

async def main():
    pool = await open_pool(url, size=2)
    kind = {"half": Half, "put": Full}.get(step.partition(" ")[2], Store)
    vault = Vault(kind.local(Path(folder)), MasterKeys([bytes(range(32))]))
    closing = ClosingLimits(settle=0, orphan_after=0, retry_after=0)
    closer = Closer(pool, vault, now, "a", Path(captures), closing)
    keeper = Keeper(pool, vault, now)
    if step == "close row":
        rows.set_stored = dying(rows.set_stored, after=True)
    if step == "copy row":
        Keeper._write = dying(Keeper._write, after=True)
    if step.startswith("close"):
        await closer.sweep()
    if step.startswith("copy"):
        await keeper.sweep()
    if step.startswith("erase"):
        await retention.erase(pool, retention.NoCases(), UUID(recording), by="a", why="b",
                              now=now(), early=True)
        if step == "erase delete":
            Store.delete = dying(Store.delete, after=True)
            await Sweeper(pool, vault, now).delete_removed()
    die()

asyncio.run(main())
"""


async def _killed(room: Room, url: str, step: str, recording_id: UUID) -> None:
    words = [url, str(room.folder), str(room.directory), step, room.at.isoformat()]
    command = [sys.executable, "-c", CRASH, *words, str(recording_id)]
    ended = await asyncio.to_thread(subprocess.run, command, check=False, timeout=60)
    assert ended.returncode == -signal.SIGKILL


async def _recover(room: Room) -> None:
    """What a new process does, when every lease and grace has ended."""
    room.wait(86_400)
    await room.closer().sweep()
    await Keeper(room.pool, room.vault, room.now).sweep()
    again = sweeper(room)
    await again.delete_removed()
    await again.reconcile_all()
    assert again.totals["lost"] == 0


@pytest.mark.parametrize("step", ["close half", "close put", "close row"])
async def test_a_closer_killed_at_any_step_leaves_one_whole_recording(
    room: Room, migrated_url: str, step: str
) -> None:
    recording_id, capture = await room.recorded(conversation(1.0), seconds=1)
    await _killed(room, migrated_url, step, recording_id)
    assert capture.exists()
    await _recover(room)
    await _assert_whole(room, recording_id, capture)


@pytest.mark.parametrize("step", ["copy half", "copy put", "copy row"])
async def test_a_keeper_killed_at_any_step_leaves_one_copy(
    room: Room, migrated_url: str, step: str
) -> None:
    recording_id, capture = await room.recorded(conversation(1.0), seconds=1)
    await room.closer().sweep()
    await _killed(room, migrated_url, step, recording_id)
    await _recover(room)
    await _assert_whole(room, recording_id, capture)


@pytest.mark.parametrize("step", ["erase row", "erase delete"])
async def test_an_erasure_killed_at_any_step_leaves_nothing(
    room: Room, migrated_url: str, step: str
) -> None:
    recording_id = await kept(room)
    await Keeper(room.pool, room.vault, room.now).sweep()
    await _killed(room, migrated_url, step, recording_id)
    await _recover(room)
    assert room.files() == []
    assert (await room.row(recording_id))["state"] == "erased"
    assert (await verify_one(room.pool, room.vault, recording_id)).faults == ()


async def test_a_capture_of_an_erased_recording_is_deleted_not_stored(room: Room) -> None:
    recording_id, capture = await room.recorded(conversation(1.0), seconds=1)
    data = capture.read_bytes()
    await room.closer().sweep()
    await erase(room.pool, NoCases(), recording_id, by="a", why="b", now=room.at, early=True)
    capture.write_bytes(data)  # as after a crash before the deletion
    await room.closer().sweep()
    assert not capture.exists()
    assert (await room.row(recording_id))["state"] == "erased"


async def _assert_whole(room: Room, recording_id: UUID, capture: Path) -> None:
    assert not capture.exists()
    assert (await verify_one(room.pool, room.vault, recording_id)).faults == ()
    one, copy = await room.object(recording_id), await room.object(recording_id, "copy")
    assert room.files() == sorted(room.folder / each.location for each in (one, copy))
    assert await room.pool.fetchval("select count(*) from recording_object") == 2
