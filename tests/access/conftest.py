"""The migrated database without users, a clock that stands, and cheap hashes."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest

from access.passwords import HashCost, Passwords
from db.pool import Pool, open_pool
from helpline.clock import ManualClock
from tests.access.people import People
from tests.database import migrate_to_be_emptied

START = datetime(2025, 11, 22, 5, 30, tzinfo=UTC)
CHEAP = HashCost(time=1, memory=64, lanes=1)


@pytest.fixture(scope="session")
def migrated_url(postgres_url: str) -> str:
    migrate_to_be_emptied(postgres_url)
    return postgres_url


@pytest.fixture
async def pool(migrated_url: str) -> AsyncIterator[Pool]:
    pool = await open_pool(migrated_url, size=8)
    await pool.execute(
        "truncate app_user, guess_limit, first_administrator_code, department, place, officer"
        " cascade"
    )
    await pool.execute(
        "insert into department values ('jal', 'जल निगम', 'Water');"
        "insert into place values ('lal', 'district', 'ललितपुर', 'Lalitpur', null);"
        "insert into post (id, title, department, place, level, number)"
        " values ('bdo', 'BDO', 'jal', 'lal', 1, '+919876500001'),"
        " ('sdo', 'SDO', 'jal', 'lal', 2, '+919876500002');"
        "insert into officer values ('o1', 'राम', null)"
    )
    yield pool
    await pool.close()


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(START)


@pytest.fixture(scope="session")
def passwords() -> Passwords:
    return Passwords(CHEAP)


@pytest.fixture
def people(pool: Pool, passwords: Passwords, clock: ManualClock) -> People:
    return People(pool, passwords, clock)
