import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path

import pytest

from db.group_commit import GroupCommit
from db.pool import Pool
from tests.recordings.room import Room


@pytest.fixture
def pool(emptied: Pool) -> Pool:
    return emptied


@pytest.fixture
async def room(pool: Pool, tmp_path: Path) -> AsyncIterator[Room]:
    directory = tmp_path / "capture"
    directory.mkdir()
    commit = GroupCommit(lambda: pool)
    consumer = asyncio.create_task(commit.run())
    yield Room(pool, commit, directory, tmp_path / "store")
    consumer.cancel()
    with suppress(asyncio.CancelledError):
        await consumer
