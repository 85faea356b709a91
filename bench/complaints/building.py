"""A million complaints into a database: slices made by processes of their own, copied in binary.

Keys and indices are made afterwards: at a million that is several times as fast as keeping them up
row by row. Each slice is one transaction that also notes itself, so a build that was stopped goes
on where it was.
"""

import asyncio
import gc
import json
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from contextlib import asynccontextmanager
from itertools import islice
from multiprocessing import get_context

import asyncpg

from bench.complaints import schema, slices
from bench.complaints.country import Matters, reference_data
from bench.complaints.rows import COLUMNS
from bench.complaints.schema import Definitions
from bench.complaints.slices import FIRST_SERIAL, SLICE, Plan
from complaints import reference
from db.pool import Connection, open_pool
from messages.templates import load_all

_PROCESSES = 2
_AHEAD = 4  # slices given out beyond those at work
_NOTES = """
    create table if not exists bench_slice (slice_no integer primary key);
    create table if not exists bench_build (
        only_one boolean primary key default true check (only_one),
        plan text not null, definitions text not null, step text not null default 'rows')
"""


class BuildError(Exception):
    """The complaints cannot be built; the message says why."""


async def build(url: str, plan: Plan, say: Callable[[str], None]) -> None:
    """Fill the migrated database at `url`, or finish what was begun there. Safe to repeat.

    Raises `BuildError` when it holds something else.
    """
    async with _connected(url) as conn:
        definitions = await _begun(conn, url, plan)
        step = await conn.fetchval("select step from bench_build")
        if step == "rows":
            done = {row[0] for row in await conn.fetch("select slice_no from bench_slice")}
            missing = [n for n in range(plan.slices) if n not in done]
            await asyncio.to_thread(_copy_all, url, plan, missing, say)
            await conn.execute("update bench_build set step = 'indices'")
            step = "indices"
        if step == "indices":
            await _restore(url, definitions, say)
            await _finish(conn, plan)
            say("indices and foreign keys are there, tables analysed")


async def is_built(conn: Connection, plan: Plan) -> bool:
    """Whether the database holds this plan's complaints, all of them, with their indices."""
    if not await conn.fetchval("select to_regclass('bench_build') is not null"):
        return False
    row = await conn.fetchrow("select plan, step from bench_build")
    return row is not None and (row["plan"], row["step"]) == (repr(plan), "done")


async def _begun(conn: Connection, url: str, plan: Plan) -> Definitions:
    await conn.execute(_NOTES)
    row = await conn.fetchrow("select plan, definitions from bench_build")
    if row is None:
        if await conn.fetchval("select exists (select from complaint)"):
            raise BuildError("the database holds complaints already")
        pool = await open_pool(url, size=1, statement_seconds=60)
        await reference.load(pool, reference_data())
        await pool.close()
        async with conn.transaction():
            dropped = await schema.drop(conn, list(COLUMNS))
            noted = json.dumps([dropped.keys, dropped.indices, dropped.foreign_keys])
            await conn.execute(
                "insert into bench_build (plan, definitions) values ($1, $2)", repr(plan), noted
            )
        return dropped
    if row["plan"] != repr(plan):
        raise BuildError(f"the database holds {row['plan']}, not {plan!r}")
    return Definitions(*json.loads(row["definitions"]))


def _copy_all(url: str, plan: Plan, missing: Sequence[int], say: Callable[[str], None]) -> None:
    """Give slices out, a few at a time, to processes; tell how far they are."""
    waiting = iter(missing)
    done, told = plan.slices - len(missing), 0
    with ProcessPoolExecutor(_PROCESSES, mp_context=get_context("spawn")) as processes:
        running = _given(processes, url, plan, waiting, _PROCESSES + _AHEAD)
        while running:
            ended, running = wait(running, return_when=FIRST_COMPLETED)
            for one in ended:
                one.result()
            done += len(ended)
            running |= _given(processes, url, plan, waiting, len(ended))
            if done * 20 // plan.slices > told or not running:
                told = done * 20 // plan.slices
                say(f"{done * SLICE:,} of {plan.complaints:,} complaints")


def _given(
    processes: ProcessPoolExecutor, url: str, plan: Plan, waiting: Iterator[int], at_most: int
) -> set[Future[None]]:
    some = islice(waiting, at_most)
    return {processes.submit(_copy_slice, url, plan, n) for n in some}


def _copy_slice(url: str, plan: Plan, slice_no: int) -> None:
    gc.disable()  # a slice is many small tuples and no cycles: a tenth of the time
    asyncio.run(_copied(url, plan, slice_no))
    gc.collect()


async def _copied(url: str, plan: Plan, slice_no: int) -> None:
    async with _connected(url) as conn:
        templates = {one.kind: one for one in await load_all(conn)}
        made = slices.rows(plan, slice_no, _MATTERS, templates)
        async with conn.transaction():
            for table, records in made.items():
                await conn.copy_records_to_table(
                    table, records=records, columns=COLUMNS[table], timeout=300
                )
            await conn.execute("insert into bench_slice values ($1)", slice_no)


_MATTERS = Matters()


async def _restore(url: str, definitions: Definitions, say: Callable[[str], None]) -> None:
    """Keys first, since foreign keys refer to them; two at a time."""
    for what in ("keys", "indices", "foreign_keys"):
        say(f"making {what.replace('_', ' ')}")
        waiting = list(getattr(definitions, what))
        # Two foreign keys to one table wait for each other's lock: one at a time.
        workers = 1 if what == "foreign_keys" else _PROCESSES
        async with asyncio.TaskGroup() as group:
            for _ in range(workers):
                group.create_task(_run_all(url, waiting), name=f"making {what}")


async def _run_all(url: str, waiting: list[str]) -> None:
    async with _connected(url) as conn:
        await conn.execute("set maintenance_work_mem = '512MB'")
        while waiting:
            statement = waiting.pop()
            try:
                await conn.execute(statement, timeout=7200)
            except (asyncpg.DuplicateObjectError, asyncpg.DuplicateTableError):
                continue  # made before the build was stopped
            except asyncpg.InvalidTableDefinitionError:
                continue  # a primary key that is there


async def _finish(conn: Connection, plan: Plan) -> None:
    await conn.execute(
        "select setval('complaint_serial', $1)", FIRST_SERIAL + plan.complaints, timeout=60
    )
    # Freezes, too: otherwise the first reads after the load would write.
    await conn.execute("vacuum (analyze, freeze)", timeout=7200)
    await conn.execute("update bench_build set step = 'done'")


@asynccontextmanager
async def _connected(url: str) -> AsyncIterator[asyncpg.Connection]:
    conn = await asyncpg.connect(url, server_settings={"timezone": "UTC"})
    try:
        yield conn
    finally:
        await conn.close()
