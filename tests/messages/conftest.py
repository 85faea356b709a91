"""The emptied database with its posts, a gateway, and a room for messages and their worker."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from db.pool import Pool
from helpline.clock import ManualClock
from tests.complaints.world import START
from tests.messages.gateway import Gateway
from tests.messages.room import Room


@pytest.fixture
def pool(staffed: Pool) -> Pool:
    return staffed


@pytest.fixture
async def gateway() -> AsyncIterator[Gateway]:
    async with Gateway() as gateway:
        yield gateway


@pytest.fixture
def room(pool: Pool, gateway: Gateway, tmp_path: Path) -> Room:
    return Room(pool, gateway, ManualClock(START), tmp_path)
