"""The migrated database, emptied for each test, and a complaint that messages are about."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from complaints.reference import load
from db.migrate import migrate
from db.pool import Pool, open_pool
from helpline.clock import ManualClock
from tests.complaints.world import REFERENCE, START, World
from tests.messages.gateway import Gateway
from tests.messages.room import Room


@pytest.fixture(scope="session")
def migrated_url(postgres_url: str) -> str:
    migrate(postgres_url)
    return postgres_url


@pytest.fixture
async def pool(migrated_url: str) -> AsyncIterator[Pool]:
    pool = await open_pool(migrated_url, size=8)
    await pool.execute("truncate department, place, citizen, call cascade")
    await load(pool, REFERENCE)
    yield pool
    await pool.close()


@pytest.fixture
def world(pool: Pool) -> World:
    return World(pool)


@pytest.fixture
async def gateway() -> AsyncIterator[Gateway]:
    async with Gateway() as gateway:
        yield gateway


@pytest.fixture
def room(pool: Pool, gateway: Gateway, tmp_path: Path) -> Room:
    return Room(pool, gateway, ManualClock(START), tmp_path)
