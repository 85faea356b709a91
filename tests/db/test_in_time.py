"""Rows that a database which answers does not take in their time hold no others up."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from calls.model import Outcome
from db.group_commit import BatchStatement, GroupCommit, LeftRow
from db.in_time import InTime, make_sure_it_answers
from db.left_rows import LeftRows
from db.pool import Connection, Pool, open_pool
from tests.db.proxy import Proxy
from tests.db.test_group_commit import NOTE, TOPIC, _notes, _queue, _until
from tests.db.test_left_rows import calls_without_a_database

Start = Callable[..., Awaitable[GroupCommit]]
LATE = BatchStatement(9, "select 1 from unnest($1::int[])")


@pytest.fixture
async def hasty(postgres_url: str) -> AsyncIterator[Pool]:
    """A pool whose statements have little time."""
    pool = await open_pool(postgres_url, size=3, statement_seconds=0.3)
    yield pool
    await pool.close()


@asynccontextmanager
async def locked(pool: Pool, what: str) -> AsyncIterator[Connection]:
    async with pool.acquire() as other, other.transaction():
        await other.execute(what)
        yield other


class Kept(list[LeftRow]):
    """Rows that were put by; `full`: there is no place for them."""

    full = False

    def holds(self, row: Sequence[object]) -> bool:
        return False

    async def keep(self, rows: Sequence[LeftRow]) -> None:
        if self.full:
            raise OSError("no space left on device")
        self.extend(rows)

    async def refuse(self, rows: Sequence[LeftRow], error: Exception) -> None:
        raise AssertionError(f"{rows} refused: {error}")


NOTES = "lock table note in access exclusive mode"


async def test_a_locked_table_stops_only_the_rows_of_its_statement_and_none_is_lost(
    pool: Pool, hasty: Pool, start: Start
) -> None:
    kept = Kept()
    commit = await start(hasty, put_by=kept)
    async with locked(pool, NOTES):
        notes = await _queue(commit, range(9))
        await asyncio.wait_for(asyncio.gather(*_topics(commit, range(20))), 30)
        assert all(isinstance(one, TimeoutError) for one in await _ends(notes))
        assert kept == [LeftRow(NOTE.sql, (n, None, "x")) for n in range(9)]
        commit.post(NOTE, (9, None, "x"))
        await asyncio.wait_for(asyncio.gather(*_topics(commit, range(20, 30))), 30)
        await _until(lambda: commit.refused == 10)
    assert await pool.fetchval("select count(*) from topic") == 30
    await commit.write(NOTE, (10, None, "x"), timeout=20)
    await commit.write(NOTE, (11, None, "x"), timeout=20)
    assert (len(kept), commit.pending, commit.written, commit.away) == (10, 0, 42, False)


async def test_a_row_that_alone_is_held_up_is_put_by_and_those_beside_it_are_written(
    pool: Pool, hasty: Pool, start: Start
) -> None:
    kept = Kept()
    commit = await start(hasty, put_by=kept)
    async with locked(pool, "insert into note (id) values (2), (4)"):
        tasks = await _queue(commit, range(6))
        await asyncio.wait_for(asyncio.wait(tasks), 30)
        assert [row.values[0] for row in kept] == [2, 4]
    assert [type(one) for one in await _ends(tasks)].count(TimeoutError) == 2
    await commit.write(NOTE, (6, None, "x"), timeout=20)
    assert sorted(await _notes(pool)) == [0, 1, 2, 3, 4, 5, 6]


async def test_a_lock_that_goes_in_time_costs_no_row(pool: Pool, hasty: Pool, start: Start) -> None:
    kept = Kept()
    commit = await start(hasty, put_by=kept)
    async with locked(pool, NOTES):
        [note] = await _queue(commit, range(1))
        await _until(lambda: commit.away)
    await asyncio.wait_for(note, 20)
    assert (kept, commit.refused, commit.away) == ([], 0, False)


async def test_where_nobody_puts_rows_by_they_wait_and_others_go_on(
    pool: Pool, hasty: Pool, start: Start
) -> None:
    commit = await start(hasty)
    async with locked(pool, NOTES):
        [note] = await _queue(commit, range(1))
        await _until(lambda: commit.away)
        late = asyncio.create_task(commit.write(LATE, (1,), timeout=None))
        await asyncio.wait_for(asyncio.gather(*_topics(commit, range(3))), 20)
        assert not note.done()
    await asyncio.wait_for(asyncio.gather(note, late), 20)
    assert (commit.refused, commit.pending) == (0, 0)


async def test_rows_that_cannot_be_put_by_wait_until_they_can(
    pool: Pool, hasty: Pool, start: Start
) -> None:
    kept = Kept()
    kept.full = True
    commit = await start(hasty, put_by=kept)
    async with locked(pool, NOTES):
        commit.post(NOTE, (1, None, "x"))
        await _until(lambda: NOTE.sql in commit._in_time)
        assert commit.pending == 1
        kept.full = False
        await _until(lambda: commit.pending == 0)
    assert kept == [LeftRow(NOTE.sql, (1, None, "x"))]


async def test_a_line_gone_silent_is_not_taken_for_a_slow_statement(
    proxy: Proxy, proxied: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("db.in_time._ANSWER_SECONDS", 0.2)
    async with proxied.acquire() as conn:
        in_time = InTime()
        assert await in_time(conn, LATE.sql, [[1]])
        proxy.stall()
        with pytest.raises(TimeoutError):
            await in_time(conn, LATE.sql, [[1]])
        assert not in_time
        proxy.resume()


async def test_a_database_that_answers_also_commits(pool: Pool) -> None:
    """One that reads and keeps every commit waiting is away: its rows are not put by."""
    async with pool.acquire() as conn:
        await conn.execute("set synchronous_commit = on")  # these tests' server is quicker
        before = await conn.fetchval("select pg_current_wal_insert_lsn() - '0/0'::pg_lsn")
        await make_sure_it_answers(conn)
        assert await conn.fetchval("select pg_current_wal_flush_lsn() - '0/0'::pg_lsn") > before
        await conn.execute("reset synchronous_commit")


async def test_rows_over_are_counted_only_as_far_as_none_before_them_waits(
    pool: Pool, start: Start
) -> None:
    """What must come after the flows' rows waits for a number of them (`cti.writes`)."""
    commit = await start()
    async with locked(pool, "insert into note (id) values (2)"):
        note = await _queue(commit, range(2, 3))
        topic = asyncio.create_task(commit.write(TOPIC, (7,), timeout=None))
        bad = asyncio.create_task(commit.write(NOTE, ("bad", None, "x"), timeout=None))
        await asyncio.wait_for(topic, 20)  # of a lower rank: written before the first
        assert (commit.queued, commit.written) == (3, 0)
    await asyncio.wait_for(asyncio.wait([*note, bad]), 20)
    assert isinstance(bad.exception(), Exception)
    assert (commit.written, commit.pending, commit.refused) == (3, 0, 1)


async def test_a_row_left_that_is_locked_at_the_start_stays_for_the_next_one(
    emptied: Pool, migrated_url: str, tmp_path: Path
) -> None:
    path = tmp_path / "rows-left"
    files = LeftRows(path)
    await files.keep((await calls_without_a_database(tmp_path)).left())
    hasty = await open_pool(migrated_url, size=2, statement_seconds=0.3)
    try:
        async with locked(emptied, "lock table recording in access exclusive mode"):
            assert await files.bring_in(hasty) == 4
        assert await emptied.fetchval("select outcome from call") == Outcome.QUEUE_ABANDONED
        assert len(path.read_text().splitlines()) == 1
        assert path.stat().st_mode & 0o077 == 0
        assert await files.bring_in(hasty) == 1
    finally:
        await hasty.close()
    assert await emptied.fetchval("select count(*) from recording") == 1
    assert [one.name for one in tmp_path.iterdir()] == []


def _topics(commit: GroupCommit, ids: range) -> list[asyncio.Task[None]]:
    return [asyncio.create_task(commit.write(TOPIC, (n,), timeout=None)) for n in ids]


async def _ends(tasks: Sequence[asyncio.Task[None]]) -> list[BaseException | None]:
    return await asyncio.wait_for(asyncio.gather(*tasks, return_exceptions=True), 30)
