"""Rows of events that one lock holds up hold up nobody else's."""

from collections.abc import AsyncIterator
from functools import partial

import pytest

from cti.writes import ALL_AGENTS, Job, Writes
from db.pool import Connection, Pool, open_pool
from tests.cti.fake_ami import eventually
from tests.cti.test_writes import working

TABLE = """
    create table standing (agent text primary key, number int not null);
    insert into standing select n::text, 0 from generate_series(1, 9) n;
"""


@pytest.fixture
async def standings(pool: Pool) -> AsyncIterator[Pool]:
    await pool.execute(TABLE)
    yield pool
    await pool.execute("drop table standing")


@pytest.fixture
async def hasty(standings: Pool, postgres_url: str) -> AsyncIterator[Pool]:
    """A pool whose statements have little time."""
    async with await open_pool(postgres_url, size=2, statement_seconds=0.3) as pool:
        yield pool


def stands(agent: str, number: int, seen: list[tuple[str, int]] | None = None) -> Job:
    async def job(conn: Connection) -> None:
        await conn.execute("update standing set number = $2 where agent = $1", agent, number)
        if seen is not None:
            seen.append((agent, number))

    return job


async def _locked(conn: Connection) -> None:
    await conn.execute("select from standing where agent = '1' for update")


async def test_one_locked_row_holds_up_only_what_follows_it_of_the_same_agent(
    standings: Pool, hasty: Pool
) -> None:
    done: list[tuple[str, int]] = []
    writes = Writes(lambda: hasty, held_up=0.5)
    async with working(writes), standings.acquire() as other:
        async with other.transaction():
            await _locked(other)
            for number in (1, 2):
                for agent in "123456789":
                    note = partial(done.append, (agent, number))
                    writes.add("state", stands(agent, number), agent_id=agent, written=note)
            await eventually(lambda: len(done) == 16)
            assert not any(agent == "1" for agent, _ in done)
            writes.add(
                "state", stands("1", 3), agent_id="1", written=partial(done.append, ("1", 3))
            )
            writes.add(
                "state", stands("2", 3), agent_id="2", written=partial(done.append, ("2", 3))
            )
            await eventually(lambda: ("2", 3) in done)
            assert (writes.pending, writes.away, writes.refused) == (3, False, 0)
        await eventually(lambda: not writes.pending)
    assert [number for agent, number in done if agent == "1"] == [1, 2, 3]
    assert await standings.fetchval("select number from standing where agent = '1'") == 3


async def test_what_is_about_all_agents_is_not_overtaken_by_one_of_them(
    standings: Pool, hasty: Pool
) -> None:
    done: list[str] = []
    writes = Writes(lambda: hasty, held_up=0.5)

    def add(what: str, job: Job, agent_id: str | None = None) -> None:
        writes.add(what, job, agent_id=agent_id, written=partial(done.append, what))

    async with working(writes), standings.acquire() as other:
        async with other.transaction():
            await _locked(other)
            add("all", stands("1", 1), ALL_AGENTS)
            add("agent", stands("2", 1), "2")
            add("other", stands("3", 1))
            await eventually(lambda: done == ["other"])
        await eventually(lambda: len(done) == 3)
    assert done == ["other", "all", "agent"]


async def test_before_a_stop_what_a_lock_held_up_is_tried_once_more(
    standings: Pool, hasty: Pool
) -> None:
    done: list[str] = []
    writes = Writes(lambda: hasty, held_up=3600)
    async with working(writes), standings.acquire() as other:
        async with other.transaction():
            await _locked(other)
            writes.add("one", stands("1", 1), agent_id="1", written=partial(done.append, "one"))
            writes.add("two", stands("2", 1), agent_id="2", written=partial(done.append, "two"))
            await eventually(lambda: done == ["two"])
            assert await writes.drain(0.05) == 1
        assert await writes.drain(20) == 0
    assert done == ["two", "one"]


async def test_a_statement_that_the_server_cancels_is_held_up_too(
    standings: Pool, hasty: Pool
) -> None:
    async def cancelled(conn: Connection) -> None:
        async with conn.transaction():
            await conn.execute("set local statement_timeout = '20ms'")
            await conn.execute("select pg_sleep(5)")

    done: list[str] = []
    writes = Writes(lambda: hasty, held_up=3600)
    writes.add("slow", cancelled)
    writes.add("other", stands("2", 1), written=partial(done.append, "other"))
    async with working(writes):
        await eventually(lambda: done == ["other"])
    assert (writes.pending, writes.away) == (1, False)
