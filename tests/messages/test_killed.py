"""A delivery worker killed at any statement: each message leaves, and the gateway takes it once."""

import asyncio
from datetime import timedelta

import pytest

from db.pool import open_pool
from messages.delivery import Delivery
from messages.model import Channel
from tests.db.guillotine import Guillotine, Moment
from tests.messages.room import OPTIONS, Room, until

_STATEMENTS = 16  # of a claim of three messages and what became of them, with the driver's own


async def _work_until_killed(room: Room, line: Guillotine, messages: int) -> None:
    pool = await open_pool(line.url, size=2)
    driver = room.http()
    worker = asyncio.create_task(Delivery(pool, Channel.SMS, driver, room.now, OPTIONS).run())

    async def over() -> bool:
        query = "select count(*) from notification where sent_at is not null"
        return line.fell or await room.pool.fetchval(query) == messages

    await until(over)
    sends = [one for one in asyncio.all_tasks() if one.get_name().startswith("message ")]
    for task in (*sends, worker):  # a killed process does not tidy up
        task.cancel()
    await asyncio.gather(*sends, worker, return_exceptions=True)
    await driver.close()
    pool.terminate()
    await line.drop()
    await line.sessions_end(room.pool)


@pytest.mark.parametrize("moment", Moment)
async def test_a_killed_worker_loses_and_doubles_no_message(
    room: Room, migrated_url: str, moment: Moment
) -> None:
    deaths = 0
    for cut_at in range(1, _STATEMENTS + 1):
        await room.pool.execute("truncate notification cascade")
        room.gateway.taken.clear()
        messages = await room.messages(3)
        async with Guillotine(migrated_url, cut_at, moment) as line:
            await _work_until_killed(room, line, len(messages))
        deaths += line.fell
        room.now.advance(OPTIONS.lease + timedelta(seconds=1))
        async with room.working():
            await room.all_sent(len(messages))
        assert sorted(room.gateway.taken) == sorted(str(one) for one in messages)
        for one in messages:
            done = await room.attempts(one)
            assert done[-1][1] == "sent"
            assert {outcome for _, outcome in done[:-1]} <= {"unknown", "sent"}
    assert deaths > _STATEMENTS // 2
    assert room.gateway.doubled == []
