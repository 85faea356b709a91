import asyncio
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from structlog.testing import capture_logs

from calls.journal import CallJournal
from calls.model import Direction, NewCall
from db.group_commit import GroupCommit
from db.ids import new_id
from db.statements import sql
from recordings.capture import Capture
from recordings.model import CaptureName, Kind, id_time
from tests.recordings.room import START, Room, conversation

ID = "01a202d7-915b-718f-bec4-281e5590428e"


async def test_the_row_is_there_before_the_file_is_named(room: Room) -> None:
    call_id = await room.call()
    target = await room.capture().open(call_id, "call")
    row = await room.row(target.id)
    assert (row["call_id"], row["kind"], row["cell"], row["state"]) == (
        call_id,
        "call",
        "a",
        "open",
    )
    assert row["started_at"] == START
    assert not await asyncio.to_thread(Path(target.path).exists)


@pytest.mark.parametrize(("kind", "extension"), [("call", ".raw"), ("own_words", ".wav")])
async def test_the_file_name_says_whose_it_is(room: Room, kind: Kind, extension: str) -> None:
    call_id = await room.call()
    target = await room.capture().open(call_id, kind)
    path = Path(target.path)
    assert path.is_absolute()
    assert path.suffix == extension
    assert CaptureName.parse(path.name) == CaptureName(call_id, target.id, kind)
    assert id_time(target.id) == START


async def test_call_and_recording_may_be_opened_at_once(room: Room) -> None:
    call = NewCall(new_id(START), "a", Direction.INBOUND, START, None)
    target, _ = await asyncio.gather(
        room.capture().open(call.id, "call"), CallJournal(room.commit).opened(call)
    )
    assert (await room.row(target.id))["call_id"] == call.id


async def test_a_call_is_recorded_while_the_database_is_away(room: Room) -> None:
    nobody_writes = GroupCommit(lambda: room.pool, bound=1)
    capture = Capture(nobody_writes, room.now, "a", room.directory, timeout=0.01)
    late = await capture.open(uuid4(), "call")
    full = await capture.open(uuid4(), "call")  # the journal has no room any more
    assert CaptureName.parse(Path(late.path).name)
    assert CaptureName.parse(Path(full.path).name)


async def test_a_call_without_a_row_is_recorded_all_the_same(room: Room) -> None:
    target = await room.capture().open(uuid4(), "call")
    assert CaptureName.parse(Path(target.path).name)
    assert await room.pool.fetchval("select count(*) from recording") == 0


async def test_a_recording_that_was_never_begun_is_not_called_missing(room: Room) -> None:
    call_id = await room.call()
    capture = room.capture()
    target = await capture.open(call_id, "call")
    capture.withdraw(target.id)
    await room.end(call_id)
    room.wait(3600)
    closer = room.closer()
    await closer.sweep()
    assert closer.totals["missing"] == 0
    assert await room.pool.fetchval("select count(*) from recording") == 0


async def test_who_is_stopped_while_the_database_is_away_leaves_no_row(room: Room) -> None:
    """The row is still queued then, and so written later."""
    call_id = await room.call()
    later = GroupCommit(lambda: room.pool)
    capture = Capture(later, room.now, "a", room.directory)
    opening = asyncio.create_task(capture.open(call_id, "call"))
    await asyncio.sleep(0)
    opening.cancel()
    with pytest.raises(asyncio.CancelledError):
        await opening
    writing = asyncio.create_task(later.run())
    try:
        assert await later.drain(20)
    finally:
        writing.cancel()
    assert await room.pool.fetchval("select count(*) from recording") == 0


async def test_what_is_stored_is_not_withdrawn(room: Room) -> None:
    recording_id, _ = await room.recorded(conversation(1.0))
    await room.closer().sweep()
    room.capture().withdraw(recording_id)
    assert await room.commit.drain(20)
    assert (await room.row(recording_id))["state"] == "stored"


async def test_a_journal_without_room_withdraws_nothing_and_says_so(room: Room) -> None:
    full = Capture(GroupCommit(lambda: room.pool, bound=0), room.now, "a", room.directory)
    with capture_logs() as logs:
        full.withdraw(uuid4())
        full.stopped(uuid4())
    assert [one["event"] for one in logs] == ["row not withdrawn", "stop not written"]


def test_a_relative_folder_is_refused(room: Room) -> None:
    with pytest.raises(ValueError, match="relative"):
        Capture(room.commit, room.now, "a", Path("capture"))


@pytest.mark.parametrize(
    "name",
    [
        "",
        "notes.txt",
        "0.raw",
        f"{ID}.raw",
        f"{ID}.{ID}.call.wav",
        f"{ID}.{ID}.own_words.raw",
        f"{ID}.{ID}.call.raw.part",
        f"x{ID}.{ID}.call.raw",
        f"{ID}.{ID}.call.raw\n",
    ],
)
def test_other_names_are_no_capture_files(name: str) -> None:
    assert CaptureName.parse(name) is None


@pytest.mark.parametrize("join", ["hashjoin", "mergejoin", "nestloop"])
async def test_the_first_of_two_stops_in_one_batch_stands_however_it_is_planned(
    room: Room, join: str
) -> None:
    target = await room.capture().open(await room.call(), "call")
    stops = [START + timedelta(seconds=seconds) for seconds in (9, 49, 3)]
    async with room.pool.acquire() as conn, conn.transaction():
        for other in {"hashjoin", "mergejoin", "nestloop"} - {join}:
            await conn.execute(f"set local enable_{other} = off")
        await conn.execute(sql("recordings_stop_batch"), [target.id] * 3, stops)
    assert (await room.row(target.id))["stopped_at"] == stops[0]
