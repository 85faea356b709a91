"""What a voice may have to name: asked for beside the calls, and again when nobody answered."""

import asyncio
from collections.abc import Iterable

from complaints.registration import register
from complaints.status import words_to_speak
from db.pool import open_pool
from helpline.words_ahead import WordsAhead
from tests.complaints.world import World

WAIT = 20


async def until(given: list[str], word: str) -> None:
    async with asyncio.timeout(WAIT):
        while word not in given:
            await asyncio.sleep(0.02)


async def test_words_that_were_not_told_in_time_are_asked_for_again_and_each_is_given_once(
    world: World, migrated_url: str
) -> None:
    given: list[str] = []
    asked = asyncio.Event()
    impatient = await open_pool(migrated_url, size=1, statement_seconds=0.2)

    async def ask() -> Iterable[str]:
        asked.set()
        return await words_to_speak(impatient)

    service = WordsAhead(ask, given.extend, again_seconds=0.05, next_seconds=0.05)
    async with world.pool.acquire() as conn:
        begun = conn.transaction()
        await begun.start()
        await conn.execute("lock table complaint")
        running = asyncio.create_task(service.run())
        for _ in range(2):  # the second time is after the first one's end
            asked.clear()
            async with asyncio.timeout(WAIT):
                await asked.wait()
        assert given == []
        await begun.rollback()
    try:
        await until(given, "हैंडपंप खराब")
        assert "अवर अभियंता महरौनी" not in given
        form = world.form()
        await register(world.pool, form, policy=world.policy, now=world.now, actor="agent:101")
        await until(given, "अवर अभियंता महरौनी")
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        impatient.terminate()
    assert len(given) == len(set(given))


async def test_who_is_stopped_while_the_database_breaks_stops() -> None:
    async def ask() -> Iterable[str]:
        try:
            await asyncio.sleep(WAIT)
        finally:
            raise OSError("broken in giving the connection back")

    running = asyncio.create_task(WordsAhead(ask, list[str]().extend).run())
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    running.cancel()
    done, _ = await asyncio.wait({running}, timeout=WAIT)
    assert done
    assert running.cancelled()
