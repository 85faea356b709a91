"""The migrated database, empty."""

from collections.abc import AsyncIterator

import pytest

from db.pool import Pool, open_pool


@pytest.fixture
async def pool(migrated_url: str) -> AsyncIterator[Pool]:
    pool = await open_pool(migrated_url, size=3)
    await pool.execute("truncate department, place, citizen, call, officer, holiday cascade")
    yield pool
    await pool.close()
