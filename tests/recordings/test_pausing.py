"""A pause is on record before it is carried out, and never outlasts its limit or the call."""

import asyncio
from datetime import timedelta
from uuid import UUID

import pytest

from recordings.errors import NotAllowedError, PauseError
from recordings.pausing import Pause, PauseWatch, end_overdue, pause, pauses, resume
from tests.recordings.room import Room

LIMIT = timedelta(seconds=60)


class Recorder:
    """Asterisk, as far as it is asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, bool]] = []
        self.works = True

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
