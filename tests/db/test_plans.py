"""What is asked again and again reads what it needs and no more, however many years are kept.

Without rows the planner is asked for what an index can serve, not for what it costs.
"""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import asyncpg
import pytest

from db.statements import sql

NOW = datetime(2025, 11, 22, 6, 30, tzinfo=UTC)
DAY = timedelta(days=1)


async def plan(url: str, name: str, *asked: object, without: tuple[str, ...] = ()) -> list[str]:
    """The lines of a named statement's plan for any values, `without` these ways of reading."""
    return await planned(url, sql(name), *asked, without=without)


async def planned(
    url: str, statement: str, *asked: object, without: tuple[str, ...] = ()
) -> list[str]:
    """As `plan`, of any statement."""
    connection = await asyncpg.connect(url)
    try:
        for way in ("seqscan", *without):
            await connection.execute(f"set enable_{way} = off")
        await connection.execute("set plan_cache_mode = force_generic_plan")
        rows = await connection.fetch("explain (costs off) " + statement, *asked)
    finally:
        await connection.close()
    return [row[0].strip() for row in rows]


@pytest.mark.parametrize(
    ("name", "asked"),
    [("desk_day", (NOW, NOW - DAY, "1001")), ("supervision_day", (NOW - DAY, NOW, "cell1"))],
)
async def test_of_an_agents_years_a_days_figures_read_that_day_and_what_reaches_in(
    rowless_url: str, name: str, asked: tuple[object, ...]
) -> None:
    lines = await plan(rowless_url, name, *asked)
    read = [line for line in lines if line.startswith("Index Cond") and "agent_id" in line]
    within = [line for line in read if "from_at >=" in line]
    before = [line for line in read if line not in within and "from_at <" in line]
    assert (len(within), len(before)) == (1, 1), lines
    assert "Limit" in " ".join(lines), lines


async def test_of_all_sign_ins_a_day_reads_those_of_moved_agents_that_reach_into_it(
    rowless_url: str,
) -> None:
    lines = await plan(rowless_url, "supervision_day", NOW - DAY, NOW, "cell1")
    read = next(i for i, line in enumerate(lines) if "agent_session_moved" in line)
    assert lines[read + 1].startswith("Index Cond: (COALESCE(signed_out_at"), lines


async def test_whether_a_post_may_change_its_level_is_read_from_indexes(rowless_url: str) -> None:
    """By who imports, and by the foreign keys at the change itself."""
    asked = "officers_posts_that_had_complaints"
    lines = await plan(rowless_url, asked, ["p"], without=("bitmapscan",))
    assert not [line for line in lines if "Seq Scan" in line], lines
    assert sum("(post = p.id)" in line for line in lines if "Index Cond" in line) == 5, lines
    for table in ("complaint", "disposal", "complaint_end"):
        text = f"select from only {table} x where $1 = post and $2 = level for key share of x"
        lines = await planned(rowless_url, text, "p", 1, without=("bitmapscan",))
        assert any("_of_post" in line for line in lines), lines
        assert any(line.startswith("Index Cond: (post =") for line in lines), lines


async def test_which_histories_grew_in_a_time_is_read_by_that_time(rowless_url: str) -> None:
    lines = await plan(rowless_url, "complaints_moved_between", NOW - DAY, NOW)
    assert any("complaint_history_by_time" in line for line in lines), lines
    read = next(line for line in lines if line.startswith("Index Cond"))
    assert "(at >= " in read, lines
    assert "(at < " in read, lines
    lines = await plan(rowless_url, "complaints_heads_of", [UUID(int=1)], NOW)
    assert any(line.startswith("Index Cond: (id = ANY") for line in lines), lines
    assert not [line for line in lines if "Seq Scan" in line], lines


@pytest.mark.parametrize("name", ["complaints_words_to_speak", "complaints_english_words"])
async def test_which_posts_have_an_open_complaint_is_read_beside_all_that_have_ended(
    rowless_url: str, name: str
) -> None:
    lines = await plan(rowless_url, name)
    assert any("complaint_open_at_post" in line for line in lines), lines


async def test_who_was_served_is_sought_among_a_numbers_calls_of_that_time(
    rowless_url: str,
) -> None:
    lines = await plan(
        rowless_url, "callbacks_served", NOW, without=("hashjoin", "mergejoin", "bitmapscan")
    )
    read = next(i for i, line in enumerate(lines) if "call_by_citizen_number" in line)
    assert "started_at >" in lines[read + 1], lines


@pytest.mark.parametrize(
    ("name", "asked", "index"),
    [
        ("callbacks_notes", ("+919810000001", NOW), "callback_by_number"),
        ("staffing_talked", ("q", NOW - DAY, NOW), "agent_talk_by_queue"),
    ],
)
async def test_what_is_asked_of_one_number_or_queue_is_read_from_its_index(
    rowless_url: str, name: str, asked: tuple[object, ...], index: str
) -> None:
    lines = await plan(rowless_url, name, *asked)
    assert any(index in line for line in lines), lines


async def test_a_draw_numbers_an_agents_talks_and_looks_at_no_more_calls_than_it_needs(
    rowless_url: str,
) -> None:
    asked = ("seed", NOW - DAY, NOW, None, "call", 2)
    lines = await plan(rowless_url, "quality_sample", *asked)
    lot = next(i for i, line in enumerate(lines) if line.startswith("Sort Key: (md5("))
    cut = max(i for i, line in enumerate(lines[:lot]) if "Limit" in line)
    assert not [line for line in lines[cut:lot] if "Hash" in line or "Merge" in line], lines
    assert not [line for line in lines[cut:lot] if " on call" in line or " on recording" in line]


async def test_which_files_are_in_one_or_one_is_in_is_read_step_by_step(rowless_url: str) -> None:
    only = ("bitmapscan", "hashjoin", "mergejoin")
    lines = await plan(rowless_url, "registration_files_of", UUID(int=1), without=only)
    assert any(line.startswith("Index Cond: (merged_into = f.id") for line in lines), lines
    for name, asked in (
        ("messages_undelivered_ids", (NOW, [UUID(int=1)])),
        ("messages_hold_complaints", ([UUID(int=1)],)),
    ):
        lines = await plan(rowless_url, name, *asked, without=only)
        steps = [line for line in lines if line.startswith("Index Cond: (complaint_id = f.")]
        assert len(steps) == 1, lines
        assert not [line for line in lines if "Seq Scan" in line], lines
