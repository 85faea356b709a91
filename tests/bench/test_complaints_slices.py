"""Slices of complaints: the same whoever makes them; builds that stop go on."""

import asyncio
import shutil
from pathlib import Path
from uuid import UUID

import asyncpg
import pytest

from bench.complaints import building, keeping, slices
from bench.complaints.building import BuildError
from bench.complaints.country import NOW, Matters
from bench.complaints.rows import key_at
from bench.complaints.slices import Plan
from complaints.notifications import Kind
from messages.model import Channel
from messages.templates import Template
from tests.bench.conftest import scratch

PLAN = Plan(3_000, seed=7)


# What a message is worded with is no concern of these tests.
_NO_TEMPLATES: dict[str, Template] = {
    kind: Template(
        kind=kind,
        channel=Channel.SMS,
        language="hi",
        template_id="",
        header="",
        subject="",
        text="",
        variables=(),
    )
    for kind in Kind
}


def test_a_slice_is_the_same_whoever_makes_it_and_another_with_another_seed() -> None:
    busy = Matters()
    other = slices.rows(Plan(3_000, seed=8), 1, busy, _NO_TEMPLATES)
    again = slices.rows(PLAN, 1, busy, _NO_TEMPLATES)
    assert slices.rows(PLAN, 1, Matters(), _NO_TEMPLATES) == again
    assert again != other


def test_a_key_sorts_by_its_time_and_is_of_version_7() -> None:
    keys = [key_at(PLAN.begins(n), 2**74 - 1 - n) for n in range(3)]
    assert keys == sorted(keys)
    assert {(key.version, key.variant) for key in keys} == {(7, UUID(int=8 << 60).variant)}


def test_the_last_slice_ends_before_now() -> None:
    assert PLAN.begins(0) < PLAN.begins(PLAN.slices - 1) < PLAN.begins(PLAN.slices) < NOW


async def test_a_column_that_the_builder_does_not_know_stops_it(postgres_url: str) -> None:
    with scratch(postgres_url) as url:
        conn = await asyncpg.connect(url)
        await conn.execute("alter table disposal add column weather text not null")
        await building._begun(conn, url, PLAN)
        with pytest.raises(asyncpg.NotNullViolationError, match="weather"):
            await asyncio.to_thread(building._copy_slice, url, PLAN, 0)
        await conn.close()


async def test_a_build_that_was_stopped_goes_on_where_it_was(postgres_url: str) -> None:
    with scratch(postgres_url) as url:
        conn = await asyncpg.connect(url)
        await building._begun(conn, url, PLAN)
        await asyncio.to_thread(building._copy_slice, url, PLAN, 1)
        said: list[str] = []
        await building.build(url, PLAN, said.append)
        done = [text for text in said if "of 3,000" in text]
        assert [await conn.fetchval("select count(*) from complaint"), done[0], len(done)] == [
            *(3_000, "2,000 of 3,000 complaints", 2)
        ]
        await conn.close()


async def test_a_build_that_was_stopped_between_two_indices_goes_on(postgres_url: str) -> None:
    plan = Plan(1_000, seed=7)
    with scratch(postgres_url) as url:
        conn = await asyncpg.connect(url)
        await building.build(url, plan, lambda _: None)
        await conn.execute("update bench_build set step = 'indices'")
        await conn.execute("alter table feedback drop constraint feedback_recording_id_fkey")
        await building.build(url, plan, lambda _: None)
        assert await conn.fetchval("select to_regclass('complaint_pkey') is not null")
        assert await conn.fetchval(
            "select exists (select from pg_constraint where conname = 'feedback_recording_id_fkey')"
        )
        await conn.close()


def test_without_room_nothing_is_begun(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    free = shutil.disk_usage(tmp_path)._replace(free=10**9)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: free)
    keeping._check_room(tmp_path, 100_000)
    with pytest.raises(BuildError, match=r"66 GB .* 1 GB are free"):
        keeping._check_room(tmp_path, 10_000_000)
