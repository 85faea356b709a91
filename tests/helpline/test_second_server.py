"""A second server under the same cell's name does not start, and is noticed where it does."""

import argparse
import asyncio
from datetime import timedelta

import pytest
from pydantic import SecretStr

from cti.cell_link import CellLink
from db.pool import Pool, open_pool
from helpline.clock import system_clock
from helpline.commands import migrate
from helpline.second_server import bring_up_to_date, refuse_second
from helpline.settings import GivenSettings, SettingsError
from tests.database import fresh_database


def link(pool: Pool, cell: str = "cell-1", every: float = 0.1) -> CellLink:
    url = "https://first.example"
    return CellLink(lambda: pool, system_clock, cell=cell, url=url, every=every)


async def test_while_another_server_speaks_for_the_cell_none_is_started(emptied: Pool) -> None:
    await refuse_second(emptied, "cell-1", system_clock)  # nobody ever spoke
    first = link(emptied)
    await first.exchange()
    speaking = asyncio.create_task(first.run())
    try:
        with pytest.raises(SettingsError, match=r"cell\.name: .* https://first\.example serves"):
            await refuse_second(emptied, "cell-1", system_clock)
        await refuse_second(emptied, "cell-2", system_clock)
    finally:
        speaking.cancel()
        await asyncio.gather(speaking, return_exceptions=True)


@pytest.fixture
async def behind(postgres_url: str) -> str:
    """A database whose schema lacks the last migration, as far as is noted in it."""
    url = fresh_database(postgres_url, "behind")
    await bring_up_to_date(url)
    async with await open_pool(url, size=1) as pool:
        await pool.execute("create table left_out as table _yoyo_migration")
        await pool.execute("delete from _yoyo_migration where migration_id ~ '^0061'")
    return url


async def test_while_another_cell_serves_a_newer_version_does_not_change_its_schema(
    behind: str,
) -> None:
    async with await open_pool(behind, size=2) as pool:
        speaking = asyncio.create_task(link(pool, "cell-2").run())
        async with asyncio.timeout(20):
            while not await pool.fetchval("select count(*) from cell_board"):
                await asyncio.sleep(0.01)
        try:
            with pytest.raises(SettingsError, match=r"older than this version, and cell-2 serves"):
                await bring_up_to_date(behind)
            with pytest.raises(SettingsError, match="cell-2 serves"):
                await migrate(GivenSettings(database_url=SecretStr(behind)), argparse.Namespace())
            await pool.execute(
                "insert into _yoyo_migration select * from left_out except table _yoyo_migration"
            )
            await bring_up_to_date(behind)  # nothing is missing: others may serve
        finally:
            speaking.cancel()
            await asyncio.gather(speaking, return_exceptions=True)


async def test_after_a_killed_server_its_successor_starts(emptied: Pool) -> None:
    before = system_clock()
    await link(emptied).exchange()  # its last word
    spoke = await refuse_second(emptied, "cell-1", system_clock)
    assert spoke is not None
    assert before <= spoke <= system_clock()
    await refuse_second(emptied, "cell-1", lambda: system_clock() + timedelta(minutes=1))


async def test_two_servers_under_one_name_notice_each_other_until_one_stops(
    emptied: Pool,
) -> None:
    first, second, other = link(emptied), link(emptied), link(emptied, "cell-2")
    for _ in range(2):
        await first.exchange()
        await other.exchange()
    assert not first.shared
    for _ in range(2):
        await second.exchange()
        await first.exchange()
    assert (first.shared, second.shared, other.shared) == (True, True, False)
    for _ in range(2):
        await first.exchange()
    assert not first.shared
