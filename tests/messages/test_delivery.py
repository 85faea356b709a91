"""What becomes of a message, against a gateway that fails in every way, on real PostgreSQL."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta

import pytest

from messages import held, rows
from messages.drivers.file import FileDriver
from messages.errors import TransientError
from messages.model import Channel, Message
from tests.messages.room import OPTIONS, Room, until


class Stubborn:
    """A driver that takes nothing until it is let go."""

    def __init__(self) -> None:
        self.go = asyncio.Event()
        self.began: list[Message] = []

    async def send(self, message: Message) -> str:
        self.began.append(message)
        await self.go.wait()
        return ""

    async def close(self) -> None:
        self.go.set()


class Broken:
    """A driver with a fault of its own."""

    async def send(self, message: Message) -> str:
        raise ZeroDivisionError(message.recipient)

    async def close(self) -> None:
        pass


async def test_a_message_is_sent_under_its_key_with_its_registration(room: Room) -> None:
    await room.pool.execute("update message_template set template_id = '1107'")
    try:
        [message] = await room.messages()
    finally:
        await room.pool.execute("update message_template set template_id = ''")
    async with room.working():
        await room.all_sent(1)
    row = await room.row(message)
    assert (row["sent_at"], row["reference"], row["attempts"]) == (room.now(), "gw-1", 1)
    [seen] = room.gateway.seen
    assert seen == {"to": "9800000001", "text": row["body"], "entity": "1107", "key": str(message)}
    assert room.gateway.headers[0]["Idempotency-Key"] == str(message)
    assert await room.attempts(message) == [(1, "sent")]


async def test_a_failing_gateway_is_asked_again_after_growing_pauses(room: Room) -> None:
    [message] = await room.messages()
    room.gateway.statuses = [503, 500]
    async with room.working():
        row = await room.failed(message, 1)
        assert row["next_attempt_at"] == room.now() + timedelta(seconds=30)
        assert row["last_error"] == "gateway: 503"
        room.now.advance(timedelta(seconds=30))
        row = await room.failed(message, 2)
        assert row["next_attempt_at"] == room.now() + timedelta(minutes=5)
        room.now.advance(timedelta(minutes=5))
        await room.all_sent(1)
    assert await room.attempts(message) == [(1, "failed"), (2, "failed"), (3, "sent")]
    assert {headers["Idempotency-Key"] for headers in room.gateway.headers} == {str(message)}
    assert (await room.row(message))["last_error"] is None


async def test_after_the_last_pause_it_is_held_until_a_person_lets_it_go(room: Room) -> None:
    [message] = await room.messages()
    room.gateway.statuses = [503, 503, 503]
    async with room.working() as worker:
        for times in (1, 2, 3):
            row = await room.failed(message, times)
            room.now.advance(timedelta(hours=1))
        assert (row["held_at"] is not None, row["next_attempt_at"]) == (True, None)
        assert worker.counts.held == 1
        [one] = await held.held(room.pool)
        assert (one.id, one.last_error, one.attempts) == (message, "gateway: 503", 3)
        assert len(room.gateway.seen) == 3
        assert await held.release(room.pool, [message], room.now()) == [message]
        await room.all_sent(1)
    assert (await room.row(message))["attempts"] == 4
    assert await held.held(room.pool) == []


async def test_what_the_gateway_refuses_for_good_is_held_at_once(room: Room) -> None:
    refused, other = await room.messages(2)
    room.gateway.refuse = {(await room.row(refused))["recipient"].removeprefix("+91")}
    async with room.working():
        row = await room.failed(refused, 1)
        await room.all_sent(1)
    assert row["held_at"] == room.now()
    assert await room.attempts(refused) == [(1, "refused")]
    assert (await room.row(other))["sent_at"] is not None


async def test_being_refused_ourselves_is_not_held_against_the_message(room: Room) -> None:
    [message] = await room.messages()
    room.gateway.statuses = [401]
    async with room.working():
        row = await room.failed(message, 1)
    assert row["next_attempt_at"] is not None


async def test_a_gateway_that_asks_for_a_pause_gets_it(room: Room) -> None:
    [message] = await room.messages()
    room.gateway.statuses, room.gateway.retry_after = [429], "600"
    async with room.working():
        row = await room.failed(message, 1)
    assert row["next_attempt_at"] == room.now() + timedelta(minutes=10)


async def test_no_answer_in_time_is_tried_again_and_taken_once(room: Room) -> None:
    [message] = await room.messages()
    room.gateway.hold.clear()
    async with room.working(send_seconds=0.2):
        row = await room.failed(message, 1)
        assert row["last_error"] == "no answer in time"
        room.gateway.hold.set()
        room.now.advance(timedelta(minutes=1))
        await room.all_sent(1)
    assert len(room.gateway.seen) == 2
    assert list(room.gateway.taken) == [str(message)]


async def test_killed_between_send_and_mark_it_goes_out_again_under_the_same_key(
    room: Room, migrated_url: str
) -> None:
    [message] = await room.messages()
    room.gateway.hold.clear()
    doomed = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.messages.doomed"),
        *(migrated_url, room.gateway.url, room.now().isoformat()),
    )
    try:
        await until(lambda: _answer(str(message) in room.gateway.taken))
    finally:
        doomed.kill()
        await doomed.wait()
    assert await room.attempts(message) == [(1, None)]
    room.gateway.hold.set()
    async with room.working():
        await asyncio.sleep(0.1)
        assert len(room.gateway.seen) == 1  # its lease has not ended
        room.now.advance(OPTIONS.lease)
        await room.all_sent(1)
    assert await room.attempts(message) == [(1, "unknown"), (2, "sent")]
    assert len(room.gateway.seen) == 2
    assert list(room.gateway.taken) == [str(message)]


async def test_one_that_kills_its_worker_every_time_is_held_in_the_end(room: Room) -> None:
    [message] = await room.messages()
    for _ in range(3):
        assert await _claim(room)
        room.now.advance(OPTIONS.lease)
    assert not await _claim(room)
    row = await room.row(message)
    assert (row["held_at"], row["last_error"]) == (room.now(), "no attempt has a known end")


async def test_a_claim_looks_at_as_many_as_it_may_take_and_sends_none_too_often(room: Room) -> None:
    """All processes wait while one claims: it does not read the whole backlog."""
    await room.messages(3)
    await room.pool.execute("update notification set failures = 3")
    for looked_at in (1, 2, 3):
        assert await _claim(room) == []
        assert await room.pool.fetchval("select count(held_at) from notification") == looked_at


async def test_a_worker_that_is_stopped_lets_what_is_under_way_end(room: Room) -> None:
    await room.messages(2)
    room.gateway.hold.clear()
    async with room.working():
        await until(lambda: _answer(room.gateway.now_open == 2))
        asyncio.get_running_loop().call_later(0.2, room.gateway.hold.set)
    assert await room.pool.fetchval("select count(sent_at) from notification") == 2


async def test_two_workers_never_have_the_same_message(room: Room) -> None:
    await room.messages(60)
    async with room.working(), room.working(), room.working():
        await room.all_sent(60)
    assert len(room.gateway.seen) == 60
    assert room.gateway.doubled == []


async def test_a_message_that_somebody_has_hold_of_does_not_keep_the_others_waiting(
    room: Room,
) -> None:
    other, held_by_somebody = await room.messages(2)
    async with room.pool.acquire() as conn, conn.transaction():
        await conn.execute("select from notification where id = $1 for update", held_by_somebody)
        async with room.working():
            await room.all_sent(1)
    assert (await room.row(other))["sent_at"] is not None
    assert (await room.row(held_by_somebody))["attempts"] == 0


async def test_no_more_leave_in_a_second_than_the_channel_may(room: Room) -> None:
    await room.messages(12)
    async with room.working(per_second=5, at_once=8), room.working(per_second=5, at_once=8):
        for most in (5, 10, 12):
            await room.all_sent(most)
            await asyncio.sleep(0.1)
            assert len(room.gateway.seen) == most  # and not one more while the second lasts
            room.now.advance(timedelta(seconds=1))
    begun = await room.pool.fetch(
        "select began_at, count(*) from notification_attempt group by 1 order by 1"
    )
    assert [row["count"] for row in begun] == [5, 5, 2]


async def test_a_slow_gateway_holds_no_more_than_the_bound_at_once(room: Room) -> None:
    await room.messages(9)
    room.gateway.hold.clear()
    async with room.working(at_once=3):
        await until(lambda: _answer(room.gateway.now_open == 3))
        await asyncio.sleep(0.1)
        room.gateway.hold.set()
        await room.all_sent(9)
    assert room.gateway.most_open == 3


async def test_a_drivers_own_fault_is_a_failed_attempt_without_the_number(room: Room) -> None:
    [message] = await room.messages()
    async with room.working(Broken()):
        row = await room.failed(message, 1)
    assert row["last_error"] == "driver failed: ZeroDivisionError"


async def test_a_worker_that_was_too_slow_does_not_undo_another_ones_success(room: Room) -> None:
    [message] = await room.messages()
    slow = (await _claim(room))[0]
    room.now.advance(OPTIONS.lease)
    async with room.working():
        await room.all_sent(1)
    await rows.not_sent(
        room.pool, slow.message, TransientError("late"), room.now(), room.now() + OPTIONS.lease
    )
    row = await room.row(message)
    assert row["next_attempt_at"] is None
    assert row["last_error"] is None


async def test_the_file_driver_writes_a_line_for_each_message(room: Room) -> None:
    told = await room.messages(2)
    outbox = room.folder / "outbox"
    async with room.working(FileDriver(outbox, room.now)):
        await room.all_sent(2)
    [file] = outbox.iterdir()
    assert file.name == "2025-11-20.jsonl"
    assert file.stat().st_mode & 0o077 == 0
    lines = [json.loads(line) for line in file.read_text("utf-8").splitlines()]
    assert {line["key"] for line in lines} == {str(message) for message in told}
    assert lines[0]["body"].startswith("आपकी संतुष्टि")
    with file.open("ab") as torn:
        torn.write(b'{"key": "torn')
    await room.messages(1)
    async with room.working(FileDriver(outbox, room.now)):
        await room.all_sent(3)
    assert json.loads(file.read_text("utf-8").splitlines()[-1])["parts"] == 2


async def test_one_whose_template_was_spoilt_is_worded_when_it_is_let_go(room: Room) -> None:
    [message] = await room.messages(body={"numbr": "1"})
    row = await room.row(message)
    assert (row["body"], row["held_at"]) == ("", room.now())
    assert await held.release(room.pool, None, room.now()) == []
    await room.pool.execute('update notification set variables = \'{"number": "100000017"}\'')
    assert await held.release(room.pool, None, room.now()) == [message]
    assert "100000017" in (await room.row(message))["body"]


@pytest.fixture
async def closed_template(room: Room) -> AsyncIterator[Callable[[str, str], Awaitable[None]]]:
    """Changes the id and the text of what a citizen is told at the end; as it was at the end."""
    kept = await room.pool.fetchrow(
        "select template_id, text from message_template where kind = 'citizen_closed'"
    )
    assert kept is not None

    async def change(template_id: str, text: str) -> None:
        await room.pool.execute(
            "update message_template set template_id = $1, text = $2 where kind = 'citizen_closed'",
            *(template_id, text),
        )

    yield change
    await change(*kept)


async def test_what_was_refused_for_its_registration_goes_with_the_mended_one(
    room: Room, closed_template: Callable[[str, str], Awaitable[None]]
) -> None:
    await closed_template("WRONG", "{number} ended")
    [message] = await room.messages()
    [as_it_is] = await room.messages(body="WRONG ended")
    room.gateway.statuses = [422, 422]
    async with room.working():
        for one in (message, as_it_is):
            assert (await room.failed(one, 1))["held_at"]
    await closed_template("RIGHT", "{number} has ended")
    assert len(await held.release(room.pool, None, room.now())) == 2
    row = await room.row(message)
    assert (row["template_id"], row["body"]) == ("RIGHT", "100000017 has ended")
    assert (row["encoding"], row["variables"]) == ("gsm7", '{"number": "100000017"}')
    async with room.working():
        await room.all_sent(2)
    assert {headers["Idempotency-Key"] for headers in room.gateway.headers[2:]} == {
        str(message),
        str(as_it_is),
    }
    assert (await room.row(as_it_is))["body"] == "WRONG ended"


async def test_what_no_text_fits_any_more_goes_as_it_was_written(
    room: Room, closed_template: Callable[[str, str], Awaitable[None]]
) -> None:
    [message] = await room.messages()
    before = (await room.row(message))["body"]
    room.gateway.statuses = [422]
    async with room.working():
        await room.failed(message, 1)
    await closed_template("", "{number} {spoilt}")
    assert await held.release(room.pool, [message], room.now()) == [message]
    assert (await room.row(message))["body"] == before


async def _claim(room: Room) -> list[rows.Claimed]:
    return await rows.claim(
        room.pool,
        Channel.SMS,
        room.now(),
        lease=OPTIONS.lease,
        at_most=1,
        per_second=10,
        attempts=3,
    )


async def _answer(value: bool) -> bool:
    return value
