"""A process killed at any statement of any use case: all of it happened once, or nothing."""

from collections.abc import Awaitable, Callable
from dataclasses import replace

import pytest

from complaints.errors import ComplaintError
from complaints.reference import load
from db.pool import Pool
from tests.complaints.use_cases import USE_CASES, UseCase
from tests.complaints.world import REFERENCE, World
from tests.conftest import EMPTY
from tests.db.killed import Trial
from tests.db.killed import UseCase as OnPool


@pytest.mark.parametrize("prepare", USE_CASES, ids=lambda prepare: prepare.__name__)
async def test_a_killed_use_case_has_happened_once_or_not_at_all(
    pool: Pool, migrated_url: str, prepare: Callable[[World], Awaitable[UseCase]]
) -> None:
    async def begin() -> OnPool:
        await pool.execute(EMPTY)
        await load(pool, REFERENCE)
        world = World(pool)
        use_case = await prepare(world)
        return lambda doomed: use_case(replace(world, pool=doomed))

    killings = await Trial(pool, migrated_url, begin, (ComplaintError,)).killed_everywhere()
    assert killings.statements > 4
    assert killings.happened >= 2  # the commit was under way, or its answer was lost
