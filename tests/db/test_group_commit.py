import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import asyncpg
import pytest
from structlog.testing import capture_logs

from db.errors import JournalFullError
from db.group_commit import BatchStatement, GroupCommit
from db.pool import Pool
from tests.db.locks import until_somebody_waits
from tests.db.proxy import Proxy

Start = Callable[..., Awaitable[GroupCommit]]
TOPIC = BatchStatement(
    0, "insert into topic select * from unnest($1::int[]) on conflict (id) do nothing"
)
NOTE = BatchStatement(
    1,
    "insert into note (id, topic, text) select * from unnest($1::int[], $2::int[], $3::text[])"
    " on conflict (id) do nothing",
)
STRICT = BatchStatement(
    1, "insert into note (id, text) select * from unnest($1::int[], $2::text[])"
)


async def _notes(pool: Pool) -> list[int]:
    """The ids of the notes, in the order in which they were inserted."""
    return [row["id"] for row in await pool.fetch("select id from note order by place")]


async def _until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not holds():
            await asyncio.sleep(0.01)


async def _queue(commit: GroupCommit, ids: range) -> list[asyncio.Task[None]]:
    tasks = [
        asyncio.create_task(commit.write(NOTE, (number, None, "x"), timeout=None)) for number in ids
    ]
    await asyncio.sleep(0)
    return tasks


async def test_rows_of_concurrent_writers_share_transactions(pool: Pool, start: Start) -> None:
    commit = await start()
    await asyncio.gather(*(commit.write(NOTE, (number, None, "x")) for number in range(200)))
    assert await pool.fetchval("select count(*) from note") == 200
    assert await pool.fetchval("select count(distinct xmin::text) from note") <= 3


async def test_a_row_is_durable_when_write_returns(pool: Pool, start: Start) -> None:
    commit = await start()
    for number in range(3):
        await commit.write(NOTE, (number, None, "x"))
        assert number in await _notes(pool)


async def test_a_batch_is_written_by_rank_not_by_arrival(pool: Pool, start: Start) -> None:
    commit = await start()
    await asyncio.gather(
        commit.write(NOTE, (1, 7, "refers to the topic")), commit.write(TOPIC, (7,))
    )
    assert await pool.fetchval("select t.xmin = n.xmin from topic t, note n")
    assert await _notes(pool) == [1]


@pytest.mark.parametrize(
    "bad",
    [
        pytest.param((NOTE, (50, None, "a\0b")), id="refused by the server"),
        pytest.param((NOTE, (50, 99, "no such topic")), id="breaks a constraint"),
        pytest.param((STRICT, (1, "again")), id="is there already"),
        pytest.param((NOTE, ("fifty", None, "x")), id="of the wrong type"),
        pytest.param((NOTE, (50, None, "\ud800")), id="half a character"),
        pytest.param((NOTE, (50, None)), id="too short a row"),
        pytest.param((STRICT, (50, "x", "y")), id="too long a row"),
    ],
)
async def test_a_bad_row_fails_alone(
    pool: Pool, start: Start, bad: tuple[BatchStatement, tuple[Any, ...]]
) -> None:
    commit = await start()
    await commit.write(NOTE, (1, None, "first"))
    good = await _queue(commit, range(2, 5))
    refused = asyncio.create_task(commit.write(*bad))
    good += await _queue(commit, range(5, 8))
    await asyncio.gather(*good)
    with pytest.raises((asyncpg.PostgresError, asyncpg.InterfaceError, ValueError)):
        await refused
    assert await _notes(pool) == [1, 2, 3, 4, 5, 6, 7]
    assert not commit.pending


async def test_rows_wait_for_the_database_and_are_written_once_in_order(
    pool: Pool, proxy: Proxy, proxied: Pool, start: Start
) -> None:
    commit = await start(proxied)
    await commit.write(NOTE, (0, None, "before"))
    await proxy.drop()
    first = await _queue(commit, range(1, 40))
    await _until(lambda: commit.away)
    second = await _queue(commit, range(40, 80))
    assert not any(task.done() for task in first + second)
    await proxy.back()
    await asyncio.gather(*first, *second)
    assert await _notes(pool) == list(range(80))
    assert not commit.away


async def test_rows_survive_a_terminated_connection(pool: Pool, start: Start) -> None:
    commit = await start()
    await commit.write(NOTE, (0, None, "before"))
    await pool.execute(
        "select pg_terminate_backend(pid) from pg_stat_activity"
        " where datname = current_database() and pid <> pg_backend_pid()"
    )
    await commit.write(NOTE, (1, None, "after"), timeout=20)
    assert await _notes(pool) == [0, 1]


@pytest.mark.parametrize("words", [b"COMMIT", b"known only to one"])
async def test_a_commit_that_broke_off_leaves_each_row_once(
    pool: Pool, proxy: Proxy, proxied: Pool, start: Start, words: bytes
) -> None:
    commit = await start(proxied)
    await commit.write(NOTE, (0, None, "prepares the statement"))
    proxy.cut_after(words)
    batch = [commit.write(NOTE, (1, None, "known only to one"), timeout=20)]
    if words == b"COMMIT":
        batch.append(commit.write(TOPIC, (7,), timeout=20))
    await asyncio.gather(*batch)
    assert proxy.has_cut
    assert await _notes(pool) == [0, 1]


async def test_a_line_that_goes_silent_holds_rows_up_but_loses_none(
    pool: Pool, proxy: Proxy, proxied: Pool, start: Start
) -> None:
    commit = await start(proxied)
    await commit.write(NOTE, (0, None, "before"))
    proxy.stall()
    tasks = await _queue(commit, range(1, 10))
    await _until(lambda: commit.away)
    proxy.resume()
    await asyncio.wait_for(asyncio.gather(*tasks), 30)
    assert await _notes(pool) == list(range(10))


@pytest.mark.parametrize("code", ["53100", "57014", "25006", "40P01", "58030"])
async def test_a_server_in_trouble_keeps_rows_waiting_instead_of_refusing_them(
    pool: Pool, start: Start, code: str
) -> None:
    await pool.execute(
        "create or replace function trouble() returns trigger language plpgsql as"
        f" $$ begin raise exception 'in trouble' using errcode = '{code}'; end $$;"
        " create trigger trouble before insert on note for each row execute function trouble()"
    )
    commit = await start()
    tasks = await _queue(commit, range(5))
    await _until(lambda: commit.away)
    assert not any(task.done() for task in tasks)
    await pool.execute("drop trigger trouble on note")
    await asyncio.gather(*tasks)
    assert await _notes(pool) == list(range(5))


async def test_a_full_journal_refuses_at_once_and_keeps_what_it_took(
    pool: Pool, proxy: Proxy, proxied: Pool, start: Start
) -> None:
    commit = await start(proxied, bound=10)
    await proxy.drop()
    taken = await _queue(commit, range(10))
    await _until(lambda: commit.away)
    with pytest.raises(JournalFullError):
        await commit.write(NOTE, (10, None, "one too many"))
    await proxy.back()
    await asyncio.gather(*taken)
    assert await _notes(pool) == list(range(10))
    await commit.write(NOTE, (11, None, "there is room again"))


async def test_a_timeout_ends_the_wait_not_the_row(
    pool: Pool, proxy: Proxy, proxied: Pool, start: Start
) -> None:
    commit = await start(proxied)
    await proxy.drop()
    with pytest.raises(TimeoutError):
        await commit.write(NOTE, (1, None, "x"), timeout=0.05)
    [cancelled] = await _queue(commit, range(2, 3))
    cancelled.cancel()
    assert commit.pending == 2
    await _until(lambda: commit.away)
    await proxy.back()
    assert await commit.drain(20)
    assert await _notes(pool) == [1, 2]


async def test_a_batch_that_was_given_up_for_anothers_is_written_again_at_once(
    pool: Pool, start: Start
) -> None:
    await pool.execute("""
        create sequence asked;
        create function gives_way() returns boolean language plpgsql as $$ begin
            if nextval('asked') = 1 then raise exception using errcode = '40P01'; end if;
            return true;
        end $$""")
    gives_way = BatchStatement(
        1, "insert into note (id) select unnest($1::int[]) where gives_way()"
    )
    commit = await start()
    try:
        with capture_logs() as logs:
            await commit.write(gives_way, (1,), timeout=20)
    finally:
        await pool.execute("drop function gives_way; drop sequence asked")
    assert [one["event"] for one in logs] == ["rows are written again"]
    assert await _notes(pool) == [1]
    assert not commit.away


async def test_a_consumer_stopped_in_mid_flush_loses_no_row(pool: Pool) -> None:
    commit = GroupCommit(lambda: pool)
    consumer = asyncio.create_task(commit.run())
    async with pool.acquire() as other, other.transaction():
        await other.execute("lock table note in exclusive mode")
        tasks = await _queue(commit, range(4))
        await until_somebody_waits(other)
        await _stop(consumer)
        assert commit.pending == 4
    await _finish(commit, tasks)
    assert await _notes(pool) == [0, 1, 2, 3]


async def test_a_consumer_stopped_while_it_writes_singly_loses_no_row(pool: Pool) -> None:
    commit = GroupCommit(lambda: pool)
    consumer = asyncio.create_task(commit.run())
    async with pool.acquire() as other, other.transaction():
        await other.execute("insert into note (id) values (2)")
        refused = asyncio.create_task(commit.write(NOTE, ("bad", None, "x"), timeout=None))
        tasks = await _queue(commit, range(1, 5))  # 2 waits for the other transaction
        with pytest.raises(asyncpg.DataError):
            await refused
        await until_somebody_waits(other)
        await _stop(consumer)
        assert commit.pending == 3
        await other.execute("delete from note where id = 2")
    await _finish(commit, tasks)
    assert await _notes(pool) == [1, 2, 3, 4]


async def test_a_consumer_ends_although_its_connection_breaks_at_that_moment(
    pool: Pool, proxy: Proxy
) -> None:
    # Ours says nothing when it takes a connection back; another one, or a rollback, does.
    talkative = await asyncpg.create_pool(proxy.url, min_size=1, max_size=1)
    commit = GroupCommit(lambda: talkative)
    consumer = asyncio.create_task(commit.run())
    await commit.write(NOTE, (0, None, "now it has a connection"))
    proxy.cut_after(b"advisory_unlock")  # what asyncpg says when it takes a connection back
    consumer.cancel()
    done, _ = await asyncio.wait([consumer], timeout=10)
    assert done
    assert proxy.has_cut
    assert consumer.cancelled()
    talkative.terminate()


async def test_drain_says_whether_everything_was_written(pool: Pool, start: Start) -> None:
    stopped = GroupCommit(lambda: pool)
    waiting = await _queue(stopped, range(1))
    assert not await stopped.drain(0.05)
    waiting[0].cancel()
    commit = await start()
    await _queue(commit, range(10))
    assert await commit.drain(20)
    assert await _notes(pool) == list(range(10))


async def _stop(consumer: asyncio.Task[None]) -> None:
    consumer.cancel()
    with pytest.raises(asyncio.CancelledError):
        await consumer


async def _finish(commit: GroupCommit, tasks: list[asyncio.Task[None]]) -> None:
    again = asyncio.create_task(commit.run())
    await asyncio.wait_for(asyncio.gather(*tasks), 20)
    await _stop(again)
