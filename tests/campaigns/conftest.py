"""The migrated database, emptied for each test, with one officer and one category."""

import pytest

from db.pool import Pool
from tests.campaigns.fakes import Centre, Clock, FakeOriginator


@pytest.fixture
async def pool(emptied: Pool) -> Pool:
    await emptied.execute(
        """
        insert into department values ('rural', 'ग्राम्य विकास', 'Rural development');
        insert into place values ('mahroni', 'block', 'महरौनी', 'Mahroni', null);
        insert into category values ('handpump', 'हैंडपंप', 'Hand pump', 'rural', '{7,7,10,14}');
        insert into post values ('bdo', 'BDO Mahroni', 'rural', 'mahroni', 1, '+919415000001');
        """
    )
    return emptied


@pytest.fixture
def centre(pool: Pool) -> Centre:
    return Centre(pool, Clock(), FakeOriginator())
