"""The embedded database of a serving helpline, killed and back."""

import asyncio
import os
import signal
import tempfile
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import asyncpg
import pytest_asyncio

from db.group_commit import BatchStatement, GroupCommit
from db.pool import Pool, open_pool
from helpline.cell import state_folder
from helpline.database import Database
from helpline.postgres.lock import Lock
from helpline.settings import GivenSettings
from helpline.supervise import Backoff, Supervisor

ROW = BatchStatement(0, "insert into waited select * from unnest($1::int[]) on conflict do nothing")


@pytest_asyncio.fixture
async def settings() -> AsyncIterator[GivenSettings]:
    with tempfile.TemporaryDirectory(prefix="helpline-test-") as folder:
        Path(folder).chmod(0o755)
        yield GivenSettings(state_dir=Path(folder))


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(30):
        while not holds():
            await asyncio.sleep(0.02)


async def answer(pool: Pool) -> object:
    """Of a pool whose connections have been cut."""
    async with asyncio.timeout(30):
        while True:
            try:
                return await pool.fetchval("select 1")
            except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
                await asyncio.sleep(0.05)


def postmaster(settings: GivenSettings) -> int:
    lock = Lock.read(state_folder(settings).postgres / "cluster")
    assert lock is not None
    return lock.pid


async def test_a_killed_database_is_started_again_and_takes_the_rows_that_waited(
    settings: GivenSettings,
) -> None:
    database, services = Database(settings), Supervisor(Backoff(first=0.5, most=1.0))
    pool = await open_pool(await database.start(), size=2)
    try:
        await pool.execute("create table waited (id int primary key)")
        commit = GroupCommit(lambda: pool)
        services.start("PostgreSQL", database.watch)
        services.start("call rows", commit.run)
        for again in (1, 2):
            killed = postmaster(settings)
            os.kill(killed, signal.SIGKILL)
            await until(lambda: not database.running)
            commit.post(ROW, (again,))
            await until(lambda: commit.away)
            assert services.restarts()["PostgreSQL"] == again - 1
            assert await answer(pool) == 1
            await until(lambda: commit.pending == 0)
            assert database.running
            assert postmaster(settings) != killed
        assert await pool.fetchval("select array_agg(id order by id) from waited") == [1, 2]
    finally:
        await services.stop()
        pool.terminate()
        await database.stop()


async def test_a_database_that_is_stopped_while_it_starts_again_stays_stopped(
    settings: GivenSettings,
) -> None:
    database = Database(settings)
    await database.start()
    os.kill(postmaster(settings), signal.SIGKILL)
    await until(lambda: not database.running)
    watching = asyncio.create_task(database.watch())
    await asyncio.sleep(0.05)
    watching.cancel()
    await asyncio.wait({watching})
    await database.stop()
    assert not database.running
    assert not Lock.read(state_folder(settings).postgres / "cluster")
