from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from db.migrate import migrate
from db.pool import Pool, open_pool

CELL = "cell1"


@pytest.fixture(scope="session")
def schema_url(postgres_url: str) -> str:
    migrate(postgres_url)
    return postgres_url


@pytest.fixture
async def pool(schema_url: str) -> AsyncIterator[Pool]:
    pool = await open_pool(schema_url, size=4)
    try:
        await pool.execute("truncate call, callback, agent, agent_session cascade")
        await pool.execute(
            "insert into agent values"
            " ('1001', 'सीता देवी', 'cell1', '{helpline-hi}'),"
            " ('1002', 'मोहन', 'cell1', '{helpline-hi,helpline-en}'),"
            " ('2001', 'दूर', 'cell2', '{helpline-hi}')"
        )
        yield pool
    finally:
        async with asyncio.timeout(10):
            await pool.close()
