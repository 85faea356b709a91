"""A call centre with pages: agents, no users, a clock that a test sets."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.async_api import expect

from access.passwords import Passwords
from db.group_commit import GroupCommit
from db.pool import Pool
from helpline.clock import ManualClock
from tests.access.conftest import clock, passwords
from tests.supervisor.site import Centre, centre
from tests.supervisor.tapes import Tapes
from tests.web.test_browser import browser

# As long as its other waits, for the same pages.
expect.set_options(timeout=30_000)

__all__ = ["browser", "clock", "passwords"]


@pytest.fixture
async def pool(emptied: Pool) -> Pool:
    await emptied.execute("truncate app_user, alarm, alarm_limit, guess_limit cascade")
    await emptied.execute(
        "insert into agent values"
        " ('1001', 'सीता देवी', 'cell1', '{helpline-hi}'),"
        " ('1002', 'मोहन लाल', 'cell1', '{helpline-hi,helpline-en}'),"
        " ('1003', 'Asha Verma', 'cell1', '{helpline-en}')"
    )
    return emptied


@pytest.fixture
async def hall(pool: Pool, passwords: Passwords, clock: ManualClock) -> AsyncIterator[Centre]:
    async with centre(pool, passwords, clock) as found:
        yield found


@pytest.fixture
async def tapes(pool: Pool, tmp_path: Path, clock: ManualClock) -> AsyncIterator[Tapes]:
    """Recordings with a real store: sealed as the closer does it."""
    directory = tmp_path / "capture"
    directory.mkdir()
    commit = GroupCommit(lambda: pool)
    consumer = asyncio.create_task(commit.run())
    yield Tapes(pool, commit, directory, tmp_path / "store", clock() - timedelta(hours=2))
    consumer.cancel()
    with suppress(asyncio.CancelledError):
        await consumer


@pytest.fixture
async def archive(
    pool: Pool, passwords: Passwords, clock: ManualClock, tapes: Tapes
) -> AsyncIterator[Centre]:
    """The centre with the recordings of `tapes`."""
    async with centre(pool, passwords, clock, vault=tapes.vault) as found:
        yield found
