"""A database without users, and the pages on a port of their own."""

from collections.abc import AsyncIterator

import pytest

from access.passwords import Passwords
from db.pool import Pool
from helpline.clock import ManualClock
from tests.access.conftest import clock, migrated_url, passwords, pool
from tests.web.site import Site, opened

__all__ = ["clock", "migrated_url", "passwords", "pool"]


@pytest.fixture
async def site(pool: Pool, passwords: Passwords, clock: ManualClock) -> AsyncIterator[Site]:
    async with opened(pool, passwords, clock) as site:
        yield site
