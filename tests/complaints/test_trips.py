"""How often a use case waits for the database: a citizen or an agent waits with it."""

from collections.abc import Awaitable, Callable
from dataclasses import replace

from complaints.store import transaction
from complaints.story import load_story
from db.pool import Pool, open_pool
from tests.complaints.world import World
from tests.db.guillotine import Guillotine


async def trips(url: str, use_case: Callable[[Pool], Awaitable[object]]) -> int:
    """Statements that are carried out, begin and commit among them, on a connection whose driver
    has asked already for the types that it meets.
    """
    async with Guillotine(url) as line:
        pool = await open_pool(line.url, size=1)
        await use_case(pool)
        before = line.statements
        await use_case(pool)
        await pool.close()
        return line.statements - before


async def test_a_registration_waits_for_the_database_six_times(
    world: World, migrated_url: str
) -> None:
    call = await world.call()

    async def register(pool: Pool) -> object:
        return await replace(world, pool=pool).register(world.form(call_id=call))

    # begin; key and locks; what it is decided by and worded with; the complaint; messages; commit
    assert await trips(migrated_url, register) == 6


async def test_a_story_is_one_statement(world: World, migrated_url: str) -> None:
    number = (await world.register(world.form(call_id=await world.call()))).number
    assert await trips(migrated_url, lambda pool: load_story(pool, number)) == 1


async def test_a_transaction_alone_is_begin_and_commit(migrated_url: str) -> None:
    async def nothing(pool: Pool) -> None:
        async with transaction(pool):
            pass

    assert await trips(migrated_url, nothing) == 2
