"""After any crash, rows and store come together again: processes are really killed."""

import asyncio
import signal
import subprocess
import sys
from pathlib import Path
from uuid import UUID

import pytest

from db.ids import new_id
from recordings.keeper import Keeper
from recordings.model import object_location
from recordings.retention import NoCases, erase
from recordings.sweeper import Sweeper, SweepLimits
from recordings.verification import verify_one
from tests.recordings.room import START, Room, conversation

AT_ONCE = SweepLimits(grace=0)
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
    assert (room.folder / location).exists()  # it may be about to get its row
    room.wait(86_400)
    await young.reconcile(DAY)
    assert room.files() == [await room.file(recording_id)]
    assert young.totals == {"rubbish": 1}


async def test_foreign_files_in_the_store_are_left_alone(room: Room) -> None:
    await kept(room)
    (room.folder / DAY / "notes.txt").write_text("not ours")
    (room.folder / "some" / "thing" / "else").mkdir(parents=True)
    (room.folder / "some" / "thing" / "else" / "notes.txt").write_text("not ours either")
    await sweeper(room).reconcile_all()
    assert (room.folder / "some" / "thing" / "else" / "notes.txt").exists()
    assert (room.folder / DAY / "notes.txt").exists()


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
    assert sweep.totals["rubbish"] == 1
    await sweep.reconcile_some()
    assert sweep.totals["rubbish"] == 2


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
