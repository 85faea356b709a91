import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import psycopg
import pytest

from db.group_commit import GroupCommit
from db.pool import Pool, open_pool
from tests.database import drop_database
from tests.db.proxy import Proxy

NOTES = """
    drop table if exists note, topic;
    create table topic (id int primary key);
    create table note (id int primary key, topic int references topic, text text, place bigserial);
"""


@pytest.fixture
def empty_url(postgres_url: str) -> Iterator[str]:
    """A database of this test's own, without our schema."""
    name = f"empty_{uuid4().hex}"
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute(f'create database "{name}"')
        yield urlsplit(postgres_url)._replace(path=f"/{name}").geturl()
        drop_database(connection, name)


@pytest.fixture
async def pool(postgres_url: str) -> AsyncIterator[Pool]:
    """With two small tables that statements of these tests write to."""
    pool = await open_pool(postgres_url, size=4)
    await pool.execute(NOTES)
    yield pool
    await pool.execute("drop table note, topic")
    await pool.close()


@pytest.fixture
async def proxy(postgres_url: str) -> AsyncIterator[Proxy]:
    async with Proxy(postgres_url) as proxy:
        yield proxy


@asynccontextmanager
async def _running(commit: GroupCommit) -> AsyncIterator[GroupCommit]:
    consumer = asyncio.create_task(commit.run())
    try:
        yield commit
    finally:
        consumer.cancel()
        with suppress(asyncio.CancelledError):
            await consumer


@pytest.fixture
async def start(pool: Pool) -> AsyncIterator[Callable[..., Any]]:
    """Start a group commit on a pool (this test's own when none is given)."""
    async with AsyncExitStack() as stack:

        async def start(on: Pool | None = None, **settings: Any) -> GroupCommit:
            used = on or pool
            commit = GroupCommit(lambda: used, **settings)
            return await stack.enter_async_context(_running(commit))

        yield start


@pytest.fixture
async def proxied(proxy: Proxy, pool: Pool) -> AsyncIterator[Pool]:
    """A pool behind the proxy."""
    pool = await open_pool(proxy.url, size=2, statement_seconds=0.5)
    yield pool
    pool.terminate()
