"""The migrated database, emptied for each test, with one officer and one category."""

from collections.abc import AsyncIterator

import pytest

from db.migrate import migrate
from db.pool import Pool, open_pool
from tests.campaigns.fakes import Centre, Clock, FakeOriginator

EMPTY = """
    truncate attempt, feedback_due, complaint, citizen, post, category, place, department, call
    cascade
"""


@pytest.fixture(scope="session")
def migrated_url(postgres_url: str) -> str:
    migrate(postgres_url)
    return postgres_url


@pytest.fixture
async def pool(migrated_url: str) -> AsyncIterator[Pool]:
    pool = await open_pool(migrated_url, size=6)
    await pool.execute(EMPTY)
    await pool.execute(
        """
        insert into department values ('rural', 'ग्राम्य विकास', 'Rural development');
        insert into place values ('mahroni', 'block', 'महरौनी', 'Mahroni', null);
        insert into category values ('handpump', 'हैंडपंप', 'Hand pump', 'rural', '{7,7,10,14}');
        insert into post values ('bdo', 'BDO Mahroni', 'rural', 'mahroni', 1, '+919415000001');
        """
    )
    yield pool
    await pool.close()


@pytest.fixture
def centre(pool: Pool) -> Centre:
    return Centre(pool, Clock(), FakeOriginator())
