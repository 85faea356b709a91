"""The migrated database, emptied for each test, with a department, its places and its posts."""

from collections.abc import AsyncIterator

import pytest

from complaints.reference import load
from db.migrate import migrate
from db.pool import Pool, open_pool
from tests.complaints.world import REFERENCE, World


@pytest.fixture(scope="session")
def migrated_url(postgres_url: str) -> str:
    migrate(postgres_url)
    return postgres_url


@pytest.fixture
async def pool(migrated_url: str) -> AsyncIterator[Pool]:
    pool = await open_pool(migrated_url, size=6)
    await pool.execute("truncate department, place, citizen, call, officer, holiday cascade")
    await load(pool, REFERENCE)
    yield pool
    await pool.close()


@pytest.fixture
def world(pool: Pool) -> World:
    return World(pool)
