"""Rows that follow from events: in order, late or not, and kept while the database is away."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import partial

import pytest
from structlog.testing import capture_logs

from cti.writes import Job, Writes
from db.pool import Connection, Pool
from tests.cti.fake_ami import eventually


@asynccontextmanager
async def working(writes: Writes) -> AsyncIterator[Writes]:
    task = asyncio.create_task(writes.run())
    try:
        yield writes
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def noting(seen: list[str], word: str) -> Job:
    async def job(conn: Connection) -> None:
        seen.append(await conn.fetchval("select $1::text", word))

    return job


async def test_rows_are_written_in_order_and_late_ones_let_others_pass(pool: Pool) -> None:
    seen: list[str] = []
    writes = Writes(lambda: pool)
    writes.add("late", noting(seen, "late"), delay=0.2)
    for word in "abc":
        writes.add(word, noting(seen, word))
    async with working(writes):
        await eventually(lambda: len(seen) == 4)
    assert seen == ["a", "b", "c", "late"]


async def test_while_the_database_is_away_nothing_is_lost_and_order_holds(pool: Pool) -> None:
    seen: list[str] = []
    away = True

    def sometimes() -> Pool:
        if away:
            raise ConnectionRefusedError
        return pool

    writes = Writes(sometimes, retry=0.02)
    for word in "abc":
        writes.add(word, noting(seen, word))
    async with working(writes):
        await eventually(lambda: writes.away)
        assert seen == []
        away = False
        await eventually(lambda: len(seen) == 3)
    assert seen == ["a", "b", "c"]
    assert not writes.away


async def refused_by_the_server(conn: Connection) -> None:
    await conn.execute("select 1/0")


async def not_encodable(conn: Connection) -> None:
    await conn.fetchval("select $1::int", "not a number")


@pytest.mark.parametrize("bad", [refused_by_the_server, not_encodable])
async def test_a_row_that_can_never_be_written_does_not_hold_the_others_up(
    pool: Pool, bad: Callable[[Connection], Awaitable[None]]
) -> None:
    seen: list[str] = []
    writes = Writes(lambda: pool, retry=0.02)
    writes.add("bad", bad)
    writes.add("good", noting(seen, "good"))
    async with working(writes):
        await eventually(lambda: seen)
    assert writes.refused == 1


async def test_a_refused_row_is_not_quoted_in_the_log(pool: Pool) -> None:
    """What the driver says of a value that it cannot encode has the value in it: a number, say."""
    writes = Writes(lambda: pool, retry=0.02)
    writes.add("bad", not_encodable)
    writes.add("good", noting([], "good"))
    with capture_logs() as logs:
        async with working(writes):
            await eventually(lambda: writes.pending == 0)
    assert {line["event"] for line in logs} >= {
        "rows not written together", "row refused by the database",
    }  # fmt: skip
    assert "not a number" not in str(logs)


async def test_a_row_under_way_when_the_worker_stops_is_written_by_the_next(pool: Pool) -> None:
    seen: list[str] = []
    begun = asyncio.Event()

    async def slow(conn: Connection) -> None:
        begun.set()
        await conn.execute("select pg_sleep(0.2)")
        seen.append("slow")

    writes = Writes(lambda: pool)
    writes.add("slow", slow)
    async with working(writes):
        await begun.wait()
    assert seen == []
    async with working(writes):
        await eventually(lambda: seen == ["slow"])


async def test_a_fault_of_ours_does_not_come_back_with_the_restarted_worker(pool: Pool) -> None:
    async def faulty(conn: Connection) -> None:
        raise KeyError("fault")

    writes = Writes(lambda: pool)
    writes.add("faulty", faulty)
    with pytest.raises(KeyError):
        await writes.run()
    assert writes.pending == 0


async def test_more_rows_than_the_bound_are_counted_not_gathered(pool: Pool) -> None:
    writes = Writes(lambda: pool, bound=2)
    for _ in range(5):
        writes.add("row", noting([], "x"))
    assert (writes.pending, writes.overflows) == (2, 3)


async def test_what_waits_is_written_with_one_commit_and_told_when_it_is_durable(
    pool: Pool,
) -> None:
    transactions: list[int] = []
    told: list[str] = []

    async def which(conn: Connection) -> None:
        assert told == []  # nothing is durable yet
        transactions.append(await conn.fetchval("select pg_current_xact_id()::text::bigint"))

    writes = Writes(lambda: pool)
    for word in "abc":
        writes.add(word, which, written=partial(told.append, word))
    async with working(writes):
        await eventually(lambda: len(told) == 3)
    assert len(set(transactions)) == 1
    assert (told, writes.done, writes.pending) == (["a", "b", "c"], 3, 0)


async def test_a_job_that_wants_to_be_alone_shares_its_transaction_with_none(pool: Pool) -> None:
    transactions: list[int] = []

    async def which(conn: Connection) -> None:
        transactions.append(await conn.fetchval("select pg_current_xact_id()::text::bigint"))

    writes = Writes(lambda: pool)
    for alone in (False, True, False):
        writes.add("one", which, alone=alone)
    async with working(writes):
        await eventually(lambda: writes.done == 3)
    assert len(set(transactions)) == 3


async def test_a_refused_row_takes_nothing_of_its_batch_with_it(pool: Pool) -> None:
    told: list[str] = []
    writes = Writes(lambda: pool, retry=0.02)
    writes.add("first", noting([], "first"), written=partial(told.append, "first"))
    writes.add("bad", refused_by_the_server, written=partial(told.append, "bad"))
    writes.add("last", noting([], "last"), written=partial(told.append, "last"))
    async with working(writes):
        await eventually(lambda: writes.pending == 0)
    assert (told, writes.refused, writes.done) == (["first", "last"], 1, 2)
