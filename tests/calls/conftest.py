from collections.abc import AsyncIterator

import pytest

from db.migrate import migrate
from db.pool import Pool, open_pool


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
