"""However many are held or were not delivered, no statement has more than a portion to do."""

from datetime import timedelta
from uuid import UUID

import pytest

from db.pool import Pool
from messages.held import release
from messages.undelivered import send_again
from tests.complaints.world import START
from tests.messages.room import Room
from tests.plans import plan_of

LINKS_LAST = timedelta(days=30)

# A row's xmin is the transaction that wrote it.
_WRITTEN_AT_ONCE = """
    select count(*) from notification where {} group by xmin::text order by 1 desc"""


@pytest.fixture(autouse=True)
def two_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    for where in ("held", "undelivered"):
        monkeypatch.setattr(f"messages.{where}._PORTION", 2, raising=False)


async def at_once(room: Room, which: str) -> list[int]:
    """How many of these each transaction wrote, the most first."""
    return [row["count"] for row in await room.pool.fetch(_WRITTEN_AT_ONCE.format(which))]


async def held(room: Room, count: int) -> list[UUID]:
    """At one time all of them, as it is where a gateway is away."""
    messages = await room.messages(count)
    await room.pool.execute(
        "update notification set held_at = $1, next_attempt_at = null, last_error = ''", room.now()
    )
    return messages


async def test_all_that_are_held_are_let_go_in_portions(room: Room) -> None:
    messages = await held(room, 6)
    await room.pool.execute(
        """update notification set body = '', variables = '{"spoilt": ""}' where id = $1""",
        messages[1],
    )
    told: list[int] = []
    released = await release(room.pool, None, room.now(), told.append)
    assert set(released) == {*messages} - {messages[1]}
    assert len(released) == 5
    assert sorted(await at_once(room, "next_attempt_at is not null")) == [1, 2, 2]
    assert told == sorted(told)
    assert (len(told), told[-1]) == (3, 5)


async def test_many_that_are_named_are_let_go_in_portions(room: Room) -> None:
    messages = await held(room, 5)
    assert {*await release(room.pool, messages[:4], room.now())} == {*messages[:4]}
    assert await at_once(room, "next_attempt_at is not null") == [2, 2]
    assert await room.pool.fetchval("select count(held_at) from notification") == 1


async def test_all_that_were_not_delivered_are_sent_again_in_portions(room: Room) -> None:
    await room.messages(5)
    await room.pool.execute(
        "update notification set sent_at = $1, undelivered_at = $1, next_attempt_at = null",
        room.now(),
    )
    told: list[int] = []
    again = await send_again(
        room.pool, None, room.now(), links_last=LINKS_LAST, progress=told.append
    )
    assert (len({*again.messages}), again.old, again.over) == (5, 0, 0)
    assert await at_once(room, "dedupe_key like '%:again'") == [2, 2, 1]
    assert told == [2, 4, 5]


async def test_a_portion_of_what_is_held_is_found_without_reading_all_messages(
    rowless: Pool,
) -> None:
    asked = ("messages_held_portion", START, START, UUID(int=0), 1000)
    [found] = (await plan_of(rowless, *asked)).of("notification")
    assert (found.index, "held_at" in found.sought) == ("notification_held", True)
