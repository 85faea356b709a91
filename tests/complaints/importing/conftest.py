"""The emptied database: nothing was imported yet."""

import pytest

from db.pool import Pool


@pytest.fixture
def pool(emptied: Pool) -> Pool:
    return emptied
