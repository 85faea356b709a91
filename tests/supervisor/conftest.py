"""A call centre with pages: agents, no users, a clock that a test sets."""

from collections.abc import AsyncIterator

import pytest

from access.passwords import Passwords
from db.pool import Pool
from helpline.clock import ManualClock
from tests.access.conftest import clock, passwords
from tests.supervisor.site import Centre, centre
from tests.web.test_browser import browser

__all__ = ["browser", "clock", "passwords"]


@pytest.fixture
async def pool(emptied: Pool) -> Pool:
    await emptied.execute("truncate app_user, alarm, guess_limit cascade")
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
