"""The emptied database with a department, its places and its posts."""

import pytest

from db.pool import Pool


@pytest.fixture
def pool(staffed: Pool) -> Pool:
    return staffed
