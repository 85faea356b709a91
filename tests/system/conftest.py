"""One running helpline for all tests of this folder: real Asterisk, PostgreSQL, SIPp."""

import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from dialplans.settings import QueueSettings
from helpline.lab.bed import Bed, CellPlan, bed
from helpline.tools import Tools, load_tools
from tests.database import fresh_database

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def tools() -> Tools:
    return load_tools(ROOT)


@pytest.fixture(scope="session")
def own_database(postgres_url: str) -> str:
    return fresh_database(postgres_url, "system_tests")


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def site(tools: Tools, own_database: str) -> AsyncIterator[Bed]:
    # A short path: Asterisk's control socket lies below it.
    with tempfile.TemporaryDirectory(prefix="hl-") as folder:
        async with bed(
            Path(folder),
            tools,
            network="127.0.11",
            http_port=8276,
            database_url=own_database,
            cell=CellPlan(queues=(QueueSettings(max_length=1),)),
        ) as running:
            yield running


@pytest_asyncio.fixture(loop_scope="session")
async def helpline(site: Bed) -> AsyncIterator[Bed]:
    """The running helpline with free lines before and after the test."""
    yield site
    await site.clear_lines()
