"""A clock that was wrong for a while doubles no message and keeps none back for days."""

from datetime import timedelta

from db.pool import Pool
from messages.model import Channel
from tests.complaints.world import START
from tests.messages.room import OPTIONS, Room, until
from tests.plans import plan_of

MONTH = timedelta(days=30)


class Sound:
    """Whether to act on the time; how often that was asked."""

    def __init__(self) -> None:
        self.is_so = False
        self.asked = 0

    def __call__(self) -> bool:
        self.asked += 1
        return self.is_so


async def test_a_worker_whose_clock_is_wrong_leaves_the_messages_to_others(room: Room) -> None:
    [message] = await room.messages()
    room.now.advance(MONTH)
    sound = Sound()

    async def asked_again() -> bool:
        return sound.asked >= 3

    async with room.working(sound=sound):
        await until(asked_again)
        assert (await room.attempts(message), room.gateway.seen) == ([], [])
        room.now.advance(-MONTH)
        sound.is_so = True
        await room.all_sent(1)


async def test_what_waits_since_the_clock_was_a_month_ahead_waits_no_month(room: Room) -> None:
    [delayed] = await room.messages()
    [others] = await room.messages()
    room.gateway.refuse = {(await room.row(others))["recipient"].removeprefix("+91")}
    room.now.advance(MONTH)
    room.gateway.statuses = [503, 503]
    async with room.working():
        await room.failed(delayed, 1)
        await room.failed(others, 1)
    [written_then] = await room.messages()
    room.now.advance(-MONTH)
    longest = OPTIONS.retry.furthest + OPTIONS.lease
    await room.pool.execute(
        "update notification set next_attempt_at = $2 where id = $1", others, room.now() + longest
    )
    async with room.working():
        await room.all_sent(2)
    for message in (delayed, written_then):
        assert (await room.row(message))["sent_at"] == room.now()
    assert (await room.row(others))["next_attempt_at"] == room.now() + longest


async def test_what_was_put_off_is_found_without_reading_what_waits(rowless: Pool) -> None:
    plan = await plan_of(rowless, "messages_bring_forward", Channel.SMS, START, 10, START)
    [found] = [one for one in plan.of("notification") if one.index == "notification_due"]
    assert "next_attempt_at" in found.sought
