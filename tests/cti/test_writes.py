"""Rows that follow from events: in order, late or not, and kept while the database is away."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from uuid import UUID

import pytest
from structlog.testing import capture_logs

from calls.journal import CallJournal
from calls.model import Direction, NewCall, Outcome
from calls.store import end_if_open, set_popped
from cti.writes import Job, Writes
from db.group_commit import GroupCommit
from db.ids import new_id
from db.pool import Connection, Pool, open_pool
from db.statements import statements
from tests.cti.fake_ami import eventually
from tests.db.guillotine import Guillotine, Moment
from tests.db.locks import until_somebody_waits

AT = datetime(2026, 1, 5, 4, 30, tzinfo=UTC)


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
    assert (writes.pending, writes.lost_lately()) == (0, 1)


async def test_more_rows_than_the_bound_are_counted_not_gathered(pool: Pool) -> None:
    writes = Writes(lambda: pool, bound=2)
    for _ in range(5):
        writes.add("row", noting([], "x"))
    assert (writes.pending, writes.overflows) == (2, 3)


async def test_rows_that_were_lost_are_told_for_an_hour(
    pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    writes = Writes(lambda: pool, bound=2)
    writes.add("bad", refused_by_the_server)
    writes.add("good", noting([], "good"))
    writes.add("one too many", noting([], "good"))
    async with working(writes):
        await eventually(lambda: writes.pending == 0)
    assert (writes.refused, writes.overflows, writes.lost_lately()) == (1, 1, 2)
    monkeypatch.setattr("cti.writes._LATELY_SECONDS", -1.0)  # an hour later
    assert writes.lost_lately() == 0


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


async def test_a_batch_that_was_given_up_for_anothers_is_written_again_at_once(pool: Pool) -> None:
    tries: list[int] = []

    async def gives_way(conn: Connection) -> None:
        tries.append(1)
        if len(tries) == 1:
            await conn.execute("do $$ begin raise exception using errcode = '40P01'; end $$")

    writes = Writes(lambda: pool, retry=20)
    writes.add("first", noting([], "first"))
    writes.add("gives way", gives_way)
    async with working(writes):
        await eventually(lambda: writes.done == 2)
    assert len(tries) == 2
    assert (writes.refused, writes.away) == (0, False)


async def test_flows_and_events_that_write_the_same_calls_do_not_wait_for_each_other_for_ever(
    pool: Pool,
) -> None:
    first, second = sorted(new_id(AT) for _ in range(2))
    commit, writes = GroupCommit(lambda: pool), Writes(lambda: pool)
    journal = CallJournal(commit, timeout=20)
    begun = asyncio.Event()

    async def popped_when_the_flow_waits(conn: Connection) -> None:
        await set_popped(conn, first, AT)
        begun.set()
        await until_somebody_waits(conn)

    writes.add("one", popped_when_the_flow_waits, call_id=first)
    writes.add("other", partial(set_popped, call_id=second, at=AT), call_id=second)
    flows = asyncio.create_task(commit.run())
    try:
        for call_id in (first, second):
            call = NewCall(call_id, "cell1", Direction.INBOUND, AT, "+919876543210", "09876543210")
            await journal.opened(call)
        with capture_logs() as logs:
            async with working(writes):
                await begun.wait()
                await asyncio.gather(
                    journal.answered(second, AT), journal.ended(first, Outcome.LOST, AT)
                )
                await eventually(lambda: writes.done == 2)
    finally:
        flows.cancel()
        await asyncio.gather(flows, return_exceptions=True)
    assert logs == []
    rows = await pool.fetch("select pop_at, answered_at, outcome from call order by id")
    assert [tuple(row) for row in rows] == [(AT, None, "lost"), (AT, AT, None)]


async def test_who_waits_for_a_call_that_a_flow_writes_holds_no_other_one(pool: Pool) -> None:
    first, second = sorted(new_id(AT) for _ in range(2))
    await pool.executemany(
        "insert into call (id, cell, direction, citizen_number_raw, service_number, started_at)"
        " values ($1, 'cell1', 'inbound', '', '', $2)",
        [(first, AT), (second, AT)],
    )
    writes = Writes(lambda: pool)
    for call_id in (first, second):
        writes.add("popped", partial(set_popped, call_id=call_id, at=AT), call_id=call_id)
    async with pool.acquire() as flow, working(writes):
        async with flow.transaction():
            await flow.execute("select from call where id = $1 for no key update", second)
            await eventually(lambda: writes.done == 1)
            popped = await pool.fetch("select id from call where pop_at = $1", AT)
            assert [row["id"] for row in popped] == [first]
        await eventually(lambda: writes.done == 2)
    assert (writes.refused, writes.away) == (0, False)


async def test_before_a_stop_what_is_due_is_written_and_what_is_not_is_counted(
    pool: Pool,
) -> None:
    seen: list[str] = []
    writes = Writes(lambda: pool)
    for word in "ab":
        writes.add(word, noting(seen, word))
    writes.add("later", noting(seen, "later"), delay=60)
    assert await writes.drain(0.02) == 2  # nobody works
    async with working(writes):
        assert await writes.drain(20) == 0
    assert seen == ["a", "b"]


async def test_each_time_that_rows_are_lost_is_said(pool: Pool) -> None:
    seen: list[str] = []
    writes = Writes(lambda: pool, bound=1)
    with capture_logs() as logs:
        for _ in range(2):
            for word in "abc":
                writes.add(word, noting(seen, word))
            async with working(writes):
                assert await writes.drain(20) == 0
    lost = [entry for entry in logs if entry["log_level"] == "error"]
    assert (seen, writes.overflows, len(lost)) == (["a", "a"], 4, 2)


@dataclass
class Line:
    """The database, as both ask for it; each of them can be kept from it."""

    pool: Pool
    away: bool = True

    def __call__(self) -> Pool:
        if self.away:
            raise ConnectionRefusedError
        return self.pool


async def test_after_an_outage_the_end_that_the_flow_knows_stands_though_lost_was_first_to_write(
    pool: Pool,
) -> None:
    """The call ended in the outage; the flow's row waits in one place, `lost` in another."""
    events, flows = Line(pool, away=False), Line(pool)
    commit = GroupCommit(flows)
    writes = Writes(events, flow_rows=commit)
    journal = CallJournal(commit, timeout=0.05)
    call = NewCall(new_id(AT), "cell1", Direction.INBOUND, AT, "+919876543210", "09876543210")
    lost = partial(end_if_open, call_id=call.id, outcome=Outcome.LOST, at=AT)
    committing = asyncio.create_task(commit.run())
    try:
        flows.away = False
        await journal.opened(call)
        committing.cancel()
        await asyncio.gather(committing, return_exceptions=True)
        flows.away = True
        committing = asyncio.create_task(commit.run())
        with pytest.raises(TimeoutError):
            await journal.ended(call.id, Outcome.QUEUE_ABANDONED, AT)
        await eventually(lambda: commit.away)
        async with working(writes):
            writes.add("call ended", lost, call_id=call.id, yields=True)
            writes.add("other", noting([], "other"))
            await eventually(lambda: writes.done == 1)
            assert writes.pending == 1, "it waits for the flow's row, and nothing else does"
            flows.away = False
            await eventually(lambda: writes.done == 2)
    finally:
        committing.cancel()
        await asyncio.gather(committing, return_exceptions=True)
    assert await pool.fetchval("select outcome from call") == "queue_abandoned"


async def test_what_yields_is_written_though_a_flows_row_never_is(
    pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    @dataclass
    class Stuck:
        away: bool = False
        queued: int = 1
        written: int = 0

    monkeypatch.setattr("cti.writes._YIELD_SECONDS", 0.001)
    writes = Writes(lambda: pool, flow_rows=Stuck())
    writes.add("call ended", noting([], "lost"), yields=True)
    async with working(writes):
        await eventually(lambda: writes.done == 1)


def begins(id: UUID, state: str, call_id: UUID | None, at: datetime) -> Job:
    """As `cti.timeline` writes that an agent does something else from now on."""

    async def job(conn: Connection) -> None:
        await statements().desk_end_state(conn, agent_id="1001", at=at, next=id)
        await statements().desk_begin_state(
            conn, id=id, agent_id="1001", state=state, reason="", call_id=call_id, at=at
        )

    return job


async def written(pool: Pool, line: Guillotine, jobs: Sequence[Job]) -> list[tuple[object, ...]]:
    """The agent's states after these were written by way of this line."""
    async with line, await open_pool(line.url, size=2) as cut:
        writes = Writes(lambda: pool if line.fell else cut, retry=0.02)
        for job in jobs:
            writes.add("agent's state", job, agent_id="1001")
        async with working(writes):
            await eventually(lambda: writes.done == len(jobs))
        cut.terminate()
    rows = await pool.fetch("select state, from_at, until_at from agent_state order by from_at")
    return [tuple(row) for row in rows]


async def test_states_whose_commit_was_not_answered_are_written_again_and_stay_as_they_are(
    pool: Pool, migrated_url: str
) -> None:
    times = [AT + timedelta(seconds=seconds) for seconds in range(3)]
    states = ("ready", "ringing", "in_call")
    calls = (None, call := new_id(AT), call)
    each = zip(states, calls, times, strict=True)
    jobs = [begins(new_id(at), state, its_call, at) for state, its_call, at in each]
    whole = Guillotine(migrated_url)
    ends = (*times[1:], None)
    expected = list(zip(states, times, ends, strict=True))
    assert await written(pool, whole, jobs) == expected
    await pool.execute("delete from agent_state")
    cut = Guillotine(migrated_url, whole.commits[-1], Moment.UNANSWERED)
    assert await written(pool, cut, jobs) == expected
    assert cut.fell
