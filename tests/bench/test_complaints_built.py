"""The builder of complaints, at a size that a test can wait for, on the real database."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest

from bench.complaints import building, slices
from bench.complaints.building import BuildError
from bench.complaints.country import BUSY_DEPARTMENTS, NOW
from bench.complaints.slices import Plan
from complaints.verification import verify_all
from db.pool import Pool, open_pool
from tests.bench.conftest import scratch

PLAN = Plan(2_000, seed=7, whole_days=60)


def _say(_text: str) -> None:
    """Nobody listens."""


@pytest.fixture(scope="module")
def built_url(postgres_url: str) -> Iterator[str]:
    """Built once: these tests only look."""
    with scratch(postgres_url) as url:
        asyncio.run(building.build(url, PLAN, _say))
        yield url


@pytest.fixture
async def built(built_url: str) -> AsyncIterator[Pool]:
    pool = await open_pool(built_url, size=2)
    yield pool
    await pool.close()


async def test_every_history_is_an_unbroken_chain(built: Pool) -> None:
    verified = [one async for one in verify_all(built)]
    assert len(verified) == PLAN.complaints
    assert {one.broken_at for one in verified} == {None}


async def test_a_complaint_stands_where_its_history_ends(built: Pool) -> None:
    differ = await built.fetchval(
        """select count(*) from complaint c
           join lateral (select * from complaint_history h where h.complaint_id = c.id
                         order by seq desc limit 1) last on true
           where (last.level, last.post, last.at) is distinct from (c.level, c.post, c.changed_at)
              or c.state = 'with_officer' and last.due_at is distinct from c.due_at"""
    )
    assert differ == 0


async def test_ten_departments_get_four_fifths(built: Pool) -> None:
    rows = await built.fetch(
        """select k.department, count(*) from complaint c
           join category k on k.code = c.category group by k.department"""
    )
    counts = Counter({row["department"]: row["count"] for row in rows})
    busiest = sum(count for _, count in counts.most_common(BUSY_DEPARTMENTS))
    assert 0.75 < busiest / PLAN.complaints < 0.85


async def test_most_complaints_have_ended_and_some_are_open_at_every_level(built: Pool) -> None:
    rows = await built.fetch("select state, level, count(*) from complaint group by state, level")
    open_states = {"with_officer", "awaiting_feedback"}
    ended = sum(row["count"] for row in rows if row["state"] not in open_states)
    assert 0.90 < ended / PLAN.complaints < 0.99
    assert {row["level"] for row in rows if row["state"] == "with_officer"} == {1, 2, 3, 4}
    states = {row["state"] for row in rows}
    assert {"closed_satisfied", "unverified", "special_closed", "withdrawn"} <= states


async def test_nothing_waits_that_should_have_happened_before_now(built: Pool) -> None:
    overdue = await built.fetchval(
        "select count(*) from complaint where due_at < $1 and overdue_at is null", NOW
    )
    unasked = await built.fetchval(
        "select count(*) from feedback_due where done_at is null and next_attempt_at < $1", NOW
    )
    assert (overdue, unasked) == (0, 0)


async def test_people_have_several_numbers_share_some_and_come_again(built: Pool) -> None:
    shared, several, often = [
        await built.fetchval(f"select max(count) from (select count(*) from {over}) as counted")
        for over in (
            "citizen_number group by number",
            "citizen_number group by citizen_id",
            "complaint group by citizen_id",
        )
    ]
    assert (shared, several) == (2, 2)
    assert often >= 5


async def test_recent_calls_are_mostly_about_something_else(built: Pool) -> None:
    row = await built.fetchrow(
        """select count(*) as calls, count(cc.call_id) as complaints from call l
           left join complaint_call cc on cc.call_id = l.id
           where l.direction = 'inbound' and l.started_at > $1::timestamptz - interval '50 days'""",
        NOW,
    )
    assert row is not None
    assert 0.16 < row["complaints"] / row["calls"] < 0.26


async def test_all_that_was_dropped_for_the_load_is_back(built: Pool, postgres_url: str) -> None:
    with scratch(postgres_url) as url:
        pool = await open_pool(url, size=1)
        as_migrated = await _definitions(pool)
        await pool.close()
    assert await _definitions(built) == as_migrated


async def _definitions(pool: Pool) -> set[tuple[Any, ...]]:
    rows = await pool.fetch(
        """select conrelid::regclass::text, conname::text, pg_get_constraintdef(oid)
           from pg_constraint
           where connamespace = 'public'::regnamespace and conrelid::regclass::text !~ '^bench_'
           union all
           select tablename::text, indexname::text, indexdef from pg_indexes
           where schemaname = 'public' and tablename !~ '^bench_'"""
    )
    return {tuple(row) for row in rows}


async def test_the_next_registration_gets_a_number_of_its_own(built: Pool) -> None:
    serial = await built.fetchval("select last_value from complaint_serial")
    assert serial >= slices.FIRST_SERIAL + PLAN.complaints


async def test_what_is_built_is_kept(built_url: str, built: Pool) -> None:
    said: list[str] = []
    await building.build(built_url, PLAN, said.append)
    assert said == []
    async with built.acquire() as conn:
        assert await building.is_built(conn, PLAN)
        assert not await building.is_built(conn, Plan(PLAN.complaints, seed=8))


async def test_other_complaints_are_not_mistaken_for_it(built_url: str) -> None:
    with pytest.raises(BuildError, match="holds"):
        await building.build(built_url, Plan(3_000), _say)
