"""A pause is on record before it is carried out, and never outlasts its limit or the call."""

import asyncio
from datetime import timedelta
from functools import partial
from uuid import UUID

import pytest

from db.ids import new_id
from recordings.errors import (
    NotAllowedError,
    NotRecordedError,
    PauseBusyError,
    PausedAlreadyError,
    PauseError,
    PauseUnansweredError,
)
from recordings.model import CaptureName
from recordings.pausing import (
    Pause,
    PauseWatch,
    end_overdue,
    mute_again,
    pause,
    pauses,
    resume,
)
from tests.db.locks import until_somebody_waits
from tests.recordings.room import Room, conversation

LIMIT = timedelta(seconds=60)


class Recorder:
    """Asterisk, as far as it is asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, bool]] = []
        self.works = True
        self.path = ""

    async def file(self, channel: str) -> str:
        if not self.works:
            raise PauseError(f"no such channel: {channel}")
        return self.path

    async def mute(self, channel: str, *, muted: bool) -> None:
        if not self.works:
            raise PauseError("no such channel")
        self.asked.append((channel, muted))


async def recorded(room: Room) -> tuple[UUID, UUID]:
    """A call that goes on: its id and its recording's."""
    call = await room.call()
    return call, (await room.capture().open(call, "call")).id


async def begin(room: Room, recorder: Recorder, call: UUID) -> None:
    await pause(room.pool, recorder, call, by="agent:1001", why="Aadhaar", limit=LIMIT, now=room.at)


def _seconds(one: Pause) -> float | None:
    return None if one.resumed_at is None else (one.resumed_at - one.paused_at).total_seconds()


async def shown(room: Room, recording: UUID) -> list[tuple[float | None, str | None]]:
    """Seconds, and who ended it."""
    async with room.pool.acquire() as conn:
        found = await pauses(conn, recording)
    return [(_seconds(one), one.resumed_by) for one in found]


async def test_an_agent_pauses_and_resumes_and_the_record_shows_it(room: Room) -> None:
    call, recording = await recorded(room)
    recorder = Recorder()
    await begin(room, recorder, call)
    assert await shown(room, recording) == [(None, None)]
    room.wait(10)
    await resume(room.pool, recorder, call, by="agent:1001", now=room.at)
    assert await shown(room, recording) == [(10, "agent:1001")]
    assert recorder.asked == [(str(call), True), (str(call), False)]
    kinds = await room.pool.fetch("select kind from recording_event order by at, id")
    assert [row["kind"] for row in kinds] == ["paused", "resumed"]


async def test_the_channel_is_the_one_that_asterisk_knows(room: Room) -> None:
    call, _ = await recorded(room)
    await room.pool.execute("update call set channel_id = '1763.7'")
    recorder = Recorder()
    await begin(room, recorder, call)
    assert recorder.asked == [("1763.7", True)]


async def test_a_pause_of_which_asterisk_said_nothing_is_ended_until_it_does(room: Room) -> None:
    call, recording = await recorded(room)

    class Silent(Recorder):
        async def mute(self, channel: str, *, muted: bool) -> None:
            self.asked.append((channel, muted))
            if not self.works:
                raise PauseUnansweredError("link lost")

    recorder = Silent()
    recorder.works = False
    with pytest.raises(PauseUnansweredError):
        await begin(room, recorder, call)
    assert await shown(room, recording) == [(None, None)]  # it may be muted
    room.wait(1)
    assert await end_overdue(room.pool, recorder, "a", room.at) == 0
    recorder.works = True
    room.wait(1)
    assert await end_overdue(room.pool, recorder, "a", room.at) == 1
    assert await shown(room, recording) == [(2, "limit")]
    assert recorder.asked == [(str(call), True), (str(call), False), (str(call), False)]


async def test_it_is_paused_once_at_a_time(room: Room) -> None:
    call, recording = await recorded(room)
    recorder = Recorder()
    results = await asyncio.gather(
        *(begin(room, recorder, call) for _ in range(3)), return_exceptions=True
    )
    assert sum(isinstance(result, PauseError) for result in results) == 2
    assert len(await shown(room, recording)) == 1


async def test_a_pause_that_asterisk_did_not_do_is_not_shown_as_one(room: Room) -> None:
    call, recording = await recorded(room)
    recorder = Recorder()
    recorder.works = False
    with pytest.raises(PauseError, match="no such channel"):
        await begin(room, recorder, call)
    assert await shown(room, recording) == [(0, "not carried out")]
    recorder.works = True
    await begin(room, recorder, call)


async def test_it_ends_by_itself_at_its_limit(room: Room) -> None:
    call, recording = await recorded(room)
    recorder = Recorder()
    await begin(room, recorder, call)
    room.wait(59)
    assert await end_overdue(room.pool, recorder, "a", room.at) == 0
    room.wait(1)
    assert await end_overdue(room.pool, recorder, "other", room.at) == 0
    assert await end_overdue(room.pool, recorder, "a", room.at) == 1
    assert await shown(room, recording) == [(60, "limit")]
    assert recorder.asked[-1] == (str(call), False)


async def test_it_ends_with_the_call_at_the_time_of_the_hang_up(room: Room) -> None:
    call, recording = await recorded(room)
    recorder = Recorder()
    await begin(room, recorder, call)
    room.wait(20)
    await room.end(call)
    room.wait(100)
    assert await end_overdue(room.pool, recorder, "a", room.at) == 1
    assert await shown(room, recording) == [(20, "hang-up")]
    assert len(recorder.asked) == 1


async def test_while_asterisk_does_not_answer_the_pause_stands_and_is_tried_again(
    room: Room,
) -> None:
    call, recording = await recorded(room)
    recorder = Recorder()
    await begin(room, recorder, call)
    room.wait(60)
    recorder.works = False
    assert await end_overdue(room.pool, recorder, "a", room.at) == 0
    with pytest.raises(PauseError):
        await resume(room.pool, recorder, call, by="agent:1001", now=room.at)
    assert await shown(room, recording) == [(None, None)]
    recorder.works = True
    watch = asyncio.create_task(PauseWatch(room.pool, recorder, room.now, "a", 0.01).run())
    async with asyncio.timeout(20):
        while await shown(room, recording) != [(60, "limit")]:
            await asyncio.sleep(0.01)
    watch.cancel()


async def test_only_a_recording_that_goes_on_is_paused_and_only_with_a_reason(room: Room) -> None:
    call, _ = await recorded(room)
    recorder = Recorder()
    for by, why in (("", "x"), ("x", " ")):
        with pytest.raises(NotAllowedError):
            await pause(room.pool, recorder, call, by=by, why=why, limit=LIMIT, now=room.at)
    with pytest.raises(PauseError, match="not paused"):
        await resume(room.pool, recorder, call, by="agent:1001", now=room.at)
    await room.end(call)
    with pytest.raises(PauseError, match="is going on"):
        await begin(room, recorder, call)
    assert recorder.asked == []


async def test_a_recording_without_its_row_gets_it_and_is_paused(room: Room) -> None:
    call = await room.call()
    recorder, name = Recorder(), CaptureName(call, new_id(room.at), "call")
    recorder.path = str(room.directory / str(name))
    room.wait(8)
    await begin(room, recorder, call)
    assert recorder.asked == [(str(call), True)]
    row = await room.row(name.recording_id)
    assert (row["state"], row["cell"]) == ("open", "a")
    assert row["started_at"] == room.at - timedelta(seconds=8)
    with pytest.raises(PausedAlreadyError):
        await begin(room, recorder, call)


async def test_what_asterisk_records_by_itself_began_as_long_ago_as_its_file_is(room: Room) -> None:
    call = await room.call()
    recorder, path = Recorder(), room.directory / str(CaptureName(call, call, "call"))
    recorder.path = str(path)
    path.write_bytes(conversation(3.0))
    room.wait(20)
    await begin(room, recorder, call)
    assert (await room.row(call))["started_at"] == room.at - timedelta(seconds=3)
    assert await shown(room, call) == [(None, None)]


async def test_only_asterisk_says_that_a_call_is_not_recorded(room: Room) -> None:
    call = await room.call()
    recorder = Recorder()
    with pytest.raises(NotRecordedError):
        await begin(room, recorder, call)
    recorder.path = str(room.directory / str(CaptureName(new_id(room.at), call, "call")))
    for works in (True, False):
        recorder.works = works
        with pytest.raises(PauseError) as raised:  # another call's file; no answer
            await begin(room, recorder, call)
        assert not isinstance(raised.value, NotRecordedError)
    with pytest.raises(PauseError, match="no row") as raised:
        await begin(room, recorder, new_id(room.at))
    assert not isinstance(raised.value, NotRecordedError)
    assert recorder.asked == []


async def watched(room: Room, recorder: Recorder, until: list[tuple[str, bool]]) -> None:
    """A process that begins now, until Asterisk was asked for this."""
    watch = asyncio.create_task(PauseWatch(room.pool, recorder, room.now, "a", 0.01).run())
    try:
        async with asyncio.timeout(20):
            while recorder.asked != until:
                await asyncio.sleep(0.01)
    finally:
        watch.cancel()
        await asyncio.gather(watch, return_exceptions=True)


class Killed(Recorder):
    """The process ends between the row and Asterisk's answer."""

    async def mute(self, channel: str, *, muted: bool) -> None:
        raise asyncio.CancelledError


async def test_a_pause_whose_process_was_killed_before_it_muted_is_carried_out_by_the_next(
    room: Room,
) -> None:
    call, recording = await recorded(room)
    with pytest.raises(asyncio.CancelledError):
        await begin(room, Killed(), call)
    assert await shown(room, recording) == [(None, None)]
    room.wait(5)
    recorder = Recorder()
    recorder.works = False  # Asterisk is not reached at once
    watch = asyncio.create_task(watched(room, recorder, [(str(call), True)]))
    await asyncio.sleep(0.1)
    recorder.works = True
    await watch
    assert await shown(room, recording) == [(None, None)]
    await resume(room.pool, recorder, call, by="agent:1001", now=room.at)
    assert recorder.asked == [(str(call), True), (str(call), False)]


async def test_what_was_resumed_or_is_due_or_of_this_process_is_not_muted_again(room: Room) -> None:
    call, _ = await recorded(room)
    recorder = Recorder()
    await begin(room, recorder, call)
    again = partial(mute_again, room.pool, recorder, cell="a")
    assert await again(began=room.at, now=room.at) == 0, "its own process knows"
    room.wait(60)
    assert await again(began=room.at, now=room.at) == 0, "due"
    await resume(room.pool, recorder, call, by="agent:1001", now=room.at)
    assert await again(began=room.at, now=room.at) == 0
    assert recorder.asked == [(str(call), True), (str(call), False)]


async def test_who_resumes_while_it_is_muted_again_is_recorded(room: Room) -> None:
    """Whichever comes first to Asterisk, recording is the last."""
    call, recording = await recorded(room)
    await begin(room, Recorder(), call)
    room.wait(5)
    begun, go = asyncio.Event(), asyncio.Event()

    class Slow(Recorder):
        async def mute(self, channel: str, *, muted: bool) -> None:
            if muted:
                begun.set()
                await go.wait()
            await super().mute(channel, muted=muted)

    recorder = Slow()
    muting = asyncio.create_task(
        mute_again(room.pool, recorder, began=room.at, now=room.at, cell="a")
    )
    await begun.wait()
    resuming = asyncio.create_task(resume(room.pool, recorder, call, by="agent:1001", now=room.at))
    async with room.pool.acquire() as conn:
        await until_somebody_waits(conn)
    go.set()
    await asyncio.gather(muting, resuming)
    assert recorder.asked == [(str(call), True), (str(call), False)]
    assert await shown(room, recording) == [(5, "agent:1001")]


class Stalled(Recorder):
    """It takes what it is asked and does not answer, until it is let go."""

    def __init__(self) -> None:
        super().__init__()
        self.begun, self.go = asyncio.Event(), asyncio.Event()
        self.tries = 0

    async def mute(self, channel: str, *, muted: bool) -> None:
        self.tries += 1
        self.begun.set()
        await self.go.wait()
        await super().mute(channel, muted=muted)


async def test_who_comes_second_at_a_stalled_asterisk_is_told_so_and_may_try_again(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("recordings.recorder._ASTERISK_SECONDS", 60)
    call, recording = await recorded(room)
    await begin(room, Recorder(), call)
    room.wait(5)
    recorder = Stalled()
    again = asyncio.create_task(
        mute_again(room.pool, recorder, began=room.at, now=room.at, cell="a")
    )
    await recorder.begun.wait()
    with pytest.raises(PauseBusyError):
        await resume(room.pool, recorder, call, by="agent:1001", now=room.at)
    recorder.go.set()
    assert await again == 1
    await resume(room.pool, recorder, call, by="agent:1001", now=room.at)
    assert recorder.asked == [(str(call), True), (str(call), False)]
    assert await shown(room, recording) == [(5, "agent:1001")]


async def test_asterisk_has_one_short_time_for_all_of_a_muting(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("recordings.recorder._ASTERISK_SECONDS", 0.05)
    call, recording = await recorded(room)
    await begin(room, Recorder(), call)
    with pytest.raises(PauseUnansweredError):
        await resume(room.pool, Stalled(), call, by="agent:1001", now=room.at)
    assert await shown(room, recording) == [(None, None)]
    await resume(room.pool, Recorder(), call, by="agent:1001", now=room.at)  # nobody holds it


async def test_the_watch_asks_a_stalled_asterisk_once_a_turn_and_still_ends_what_is_hung_up(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("recordings.recorder._ASTERISK_SECONDS", 0.05)
    calls = [await recorded(room) for _ in range(3)]
    for call, _ in calls:
        await begin(room, Recorder(), call)
        room.wait(1)
    recorder = Stalled()
    with pytest.raises(PauseUnansweredError):
        await mute_again(room.pool, recorder, began=room.at, now=room.at, cell="a")
    assert recorder.tries == 1
    await room.end(calls[2][0])
    room.wait(120)
    assert await end_overdue(room.pool, recorder, "a", room.at) == 1
    assert recorder.tries == 2
    assert [(await shown(room, recording))[0][1] for _, recording in calls] == [
        None, None, "hang-up",
    ]  # fmt: skip
    recorder.go.set()
    assert await end_overdue(room.pool, recorder, "a", room.at) == 2
