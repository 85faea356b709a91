import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path

import pytest

from db.group_commit import GroupCommit
from db.migrate import migrate
from db.pool import Pool, open_pool
from tests.recordings.room import Room


@pytest.fixture(scope="session")
def migrated_url(postgres_url: str) -> str:
    migrate(postgres_url)
    return postgres_url


@pytest.fixture
async def pool(migrated_url: str) -> AsyncIterator[Pool]:
    pool = await open_pool(migrated_url, size=4)
    await pool.execute("truncate call cascade")
    yield pool
    await pool.close()


@pytest.fixture
async def room(pool: Pool, tmp_path: Path) -> AsyncIterator[Room]:
    directory = tmp_path / "capture"
    directory.mkdir()
    commit = GroupCommit(lambda: pool)
    consumer = asyncio.create_task(commit.run())
    yield Room(pool, commit, directory, tmp_path / "store")
    consumer.cancel()
    with suppress(asyncio.CancelledError):
        await consumer
