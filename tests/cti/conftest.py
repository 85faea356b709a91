from __future__ import annotations

import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from calls import dialling
from calls.dialling import Rule
from db.pool import Pool
from dialplans.settings import QueueSettings
from helpline.lab.bed import Bed, CellPlan, bed
from helpline.options.cell import TargetOptions
from helpline.tools import load_tools
from tests.database import fresh_database

CELL = "cell1"
WATER = TargetOptions(code="water", name_hi="जल", name_en="Water", number="1916")
WRAP_UP = 6
"""Seconds, in the queue of the tests with a real Asterisk."""


@pytest.fixture
async def pool(emptied: Pool) -> Pool:
    await emptied.execute(
        "insert into agent values"
        " ('1001', 'सीता देवी', 'cell1', '{helpline-hi}'),"
        " ('1002', 'मोहन', 'cell1', '{helpline-hi,helpline-en}'),"
        " ('2001', 'दूर', 'cell2', '{helpline-hi}')"
    )
    return emptied


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def running_desk(postgres_url: str) -> AsyncIterator[Bed]:
    """A whole helpline with a real Asterisk and three agents, for all tests of the desk."""
    own_database = fresh_database(postgres_url, "desk_tests")
    # A short path: Asterisk's control socket lies below it.
    with tempfile.TemporaryDirectory(prefix="hd-") as folder:
        async with bed(
            Path(folder),
            load_tools(Path(__file__).parents[2]),
            network="127.0.60",
            http_port=8360,
            database_url=own_database,
            cell=CellPlan(
                agents=3,
                queues=(
                    QueueSettings(wrap_up_seconds=WRAP_UP, ring_seconds=10),
                    QueueSettings(name="second"),
                    QueueSettings(name="short", wait_limit_seconds=5, overflow="second"),
                ),
                targets=(
                    TargetOptions(code="water", name_hi="जल", name_en="Water", number="1916"),
                ),
            ),
        ) as running:
            yield running


@pytest_asyncio.fixture(loop_scope="session")
async def desk(running_desk: Bed) -> AsyncIterator[Bed]:
    """The running helpline with free lines before and after the test; all may dial in India."""
    async with running_desk.helpline.pool.acquire() as conn:
        await conn.execute("truncate dial_rule, dial_request, dial_cut_off")
        await dialling.allow(conn, Rule("*", "+91", 1000))
    yield running_desk
    await running_desk.clear_lines()
