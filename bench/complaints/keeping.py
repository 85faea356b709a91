"""A database of complaints on disk: built without durability, measured with it, perhaps kept."""

import asyncio
import shutil
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import asyncpg
import psycopg

from bench.complaints import building, slices
from bench.complaints.building import BuildError
from bench.complaints.slices import Plan
from db.migrate import MIGRATIONS, migrate
from helpline.postgres import EmbeddedPostgres

#: On disk, indices included: measured at a million (docs/BENCHMARKS.md), and a tenth for what
#: building the indices needs for a while.
BYTES_EACH = 6_600
_FOR_LOADING = {
    "max_wal_size": "6GB",
    "checkpoint_timeout": "30min",
    "shared_buffers": "512MB",
    "autovacuum": "off",
}
_GIGABYTE = 1e9


@asynccontextmanager
async def filled(
    folder: Path, plan: Plan, say: Callable[[str], None]
) -> AsyncIterator[EmbeddedPostgres]:
    """A running server, as a small site has it, with the plan's complaints. Builds what is missing.

    Raises `BuildError` (room, another schema, other complaints) and `PostgresError`.
    """
    await asyncio.to_thread(folder.mkdir, parents=True, exist_ok=True)
    loading = EmbeddedPostgres(folder, fast=True, settings=_FOR_LOADING)
    await asyncio.to_thread(loading.start)
    try:
        await _prepare(loading.url, folder, plan, say)
    finally:
        await asyncio.to_thread(loading.stop, timeout=600)
    measured = EmbeddedPostgres(folder)
    await asyncio.to_thread(measured.start)
    try:
        yield measured
    finally:
        await asyncio.to_thread(measured.stop, timeout=600)


async def _prepare(url: str, folder: Path, plan: Plan, say: Callable[[str], None]) -> None:
    applied = await asyncio.to_thread(_applied, url)
    known = {file.stem for file in MIGRATIONS.glob("*.sql") if not file.stem.endswith(".rollback")}
    if newer := applied - known:
        raise BuildError(f"{folder} has migrations unknown here: {', '.join(sorted(newer))}")
    built, begun = await _progress(url, plan)
    if begun and not built and known - applied:
        raise BuildError(f"{folder} was begun with an older schema: remove it")
    done = plan.complaints if built else begun * slices.SLICE
    _check_room(folder, plan.complaints - done)
    if new := await asyncio.to_thread(migrate, url):
        say(f"schema brought up to {new[-1]}")
    if built:
        say(f"{plan.complaints:,} complaints were built before")
        return
    await building.build(url, plan, say)


async def _progress(url: str, plan: Plan) -> tuple[bool, int]:
    """Whether it is built, and how many slices are there."""
    conn = await asyncpg.connect(url)
    try:
        built = await building.is_built(conn, plan)
        there = await conn.fetchval("select to_regclass('bench_slice') is not null")
        return built, await conn.fetchval("select count(*) from bench_slice") if there else 0
    finally:
        await conn.close()


def _applied(url: str) -> set[str]:
    with psycopg.connect(url) as connection:
        [there] = connection.execute(
            "select to_regclass('_yoyo_migration') is not null"
        ).fetchone() or [False]
        if not there:
            return set()
        return {row[0] for row in connection.execute("select migration_id from _yoyo_migration")}


def _check_room(folder: Path, complaints: int) -> None:
    needed, free = complaints * BYTES_EACH, shutil.disk_usage(folder).free
    if needed > free:
        raise BuildError(
            f"{complaints:,} more complaints need about {needed / _GIGABYTE:.0f} GB in {folder}, "
            f"and {free / _GIGABYTE:.0f} GB are free"
        )
