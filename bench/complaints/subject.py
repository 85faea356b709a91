"""The complaints benches: 0.1 and 1 million, built anew; 10 million, built once and kept."""

import asyncio
import shutil
from collections.abc import Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

from bench import report
from bench.complaints import importing, keeping, measures, sweeping
from bench.complaints.building import BuildError
from bench.complaints.figures import Measured, document
from bench.complaints.importing import Imported
from bench.complaints.measures import Scale, Subject
from bench.complaints.slices import Plan
from db.migrate import migrate
from db.pool import open_pool
from helpline.bootstrap.asterisk import cache_folder
from helpline.postgres import EmbeddedPostgres
from helpline.tools import load_tools

WHOLE_DAYS = 60
FULL, QUICK = (100_000, 1_000_000), (20_000,)
TEN_MILLION = 10_000_000
_FOR_BYTES = 20_000
_BACKLOG = 6_000


async def run(root: Path, *, quick: bool) -> dict[str, Any]:
    """Small and middle; what it found, as it is written to `var/bench/complaints.json`."""
    print("at most ten minutes on two cores" if not quick else "under two minutes", flush=True)
    return await _run(root, "complaints", QUICK if quick else FULL, quick=quick)


async def run_10m(root: Path, *, quick: bool) -> dict[str, Any]:
    """Ten million beside a tenth of a million. The first time it takes an hour, and much room."""
    if quick:
        raise BuildError("ten million complaints are not quick")
    return await _run(root, "complaints-10m", (FULL[0], TEN_MILLION), quick=False)


async def _run(root: Path, name: str, sizes: Sequence[int], *, quick: bool) -> dict[str, Any]:
    loop = asyncio.get_running_loop()
    began = loop.time()

    def say(text: str) -> None:
        print(f"[{loop.time() - began:5.0f} s] {text}", flush=True)

    machine = report.machine(load_tools(root))
    work = root / "var" / "bench" / "complaints"
    await asyncio.to_thread(shutil.rmtree, work, ignore_errors=True)
    scale = Scale(reads=300, writes=100, warm_up=100) if quick else Scale()
    measured = await _measure(work, sizes, scale, machine, say)
    whole = await _bytes_whole(work / "whole", say)
    imported = await _imported(work / "import", say)
    await asyncio.to_thread(shutil.rmtree, work)
    found = document(measured, whole, imported)
    return {"bench": name, "quick": quick, "machine": machine, **found} | {
        "seconds": round(loop.time() - began)
    }


def _kept() -> Path:
    """Beside everything else that is kept for later, whatever checkout built it."""
    return cache_folder() / "bench" / f"complaints-{TEN_MILLION}"


async def _measure(
    work: Path,
    sizes: Sequence[int],
    scale: Scale,
    machine: dict[str, Any],
    say: Callable[[str], None],
) -> list[Measured]:
    """All sizes are built first, and then measured in turns: in minutes of their own, what else the
    machine does would look like growth.
    """
    async with AsyncExitStack() as stack:
        built = [await _built(stack, work, complaints, scale, say) for complaints in sizes]
        subjects = [one.subject for one in built]
        machine["postgresql"] = await subjects[0].pool.fetchval("show server_version")
        say("look-ups")
        await measures.read(subjects, scale)
        say("registrations")
        await measures.write(subjects, scale)
        return [await _swept(one, say) for one in built]


@dataclass(frozen=True, slots=True)
class _Built:
    complaints: int
    seconds: float
    url: str
    subject: Subject
    bytes_each: Mapping[str, float]


async def _built(
    stack: AsyncExitStack, work: Path, complaints: int, scale: Scale, say: Callable[[str], None]
) -> _Built:
    """Running until the stack ends."""
    loop = asyncio.get_running_loop()
    began, rng = loop.time(), Random(complaints)
    say(f"{complaints:,} complaints")
    folder = _kept() if complaints == TEN_MILLION else work / str(complaints)
    plan = Plan(complaints, whole_days=WHOLE_DAYS)
    server = await stack.enter_async_context(keeping.filled(folder, plan, say))
    seconds = loop.time() - began
    pool = await open_pool(server.url, size=2, statement_seconds=60)
    stack.push_async_callback(pool.close)
    bytes_each = await measures.sizes(pool, complaints)
    drawn = await measures.sample(pool, scale.warm_up, complaints, rng)
    return _Built(complaints, seconds, server.url, Subject(pool, drawn, rng), bytes_each)


async def _swept(one: _Built, say: Callable[[str], None]) -> Measured:
    say(f"sweeps of {one.complaints:,}")
    swept = await sweeping.sweep(one.url, one.subject.pool, _BACKLOG)
    found = one.subject
    return Measured(one.complaints, one.seconds, found.reads, found.writes, swept, one.bytes_each)


async def _bytes_whole(folder: Path, say: Callable[[str], None]) -> dict[str, float]:
    """With nothing put away, at a size that is quickly built."""
    say(f"{_FOR_BYTES:,} complaints with nothing put away, for their bytes")
    async with keeping.filled(folder, Plan(_FOR_BYTES), lambda _: None) as server:
        return await _sizes(server, _FOR_BYTES)


async def _imported(folder: Path, say: Callable[[str], None]) -> list[Imported]:
    """On a server of its own, as a small site has it."""
    say("the import of a state's officers")
    server = EmbeddedPostgres(folder)
    await asyncio.to_thread(server.start)
    try:
        await asyncio.to_thread(migrate, server.url)
        pool = await open_pool(server.url, size=1, statement_seconds=60)
        try:
            return await importing.measure(pool)
        finally:
            await pool.close()
    finally:
        await asyncio.to_thread(server.stop, timeout=600)


async def _sizes(server: EmbeddedPostgres, complaints: int) -> dict[str, float]:
    pool = await open_pool(server.url, size=1, statement_seconds=60)
    try:
        return await measures.sizes(pool, complaints)
    finally:
        await pool.close()
