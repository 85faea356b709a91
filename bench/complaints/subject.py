"""The complaints benches: 0.1 and 1 million, built anew; 10 million, built once and kept."""

import asyncio
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from random import Random
from typing import Any

from bench import report
from bench.complaints import keeping, measures, sweeping
from bench.complaints.building import BuildError
from bench.complaints.figures import Measured, document
from bench.complaints.measures import Scale
from bench.complaints.slices import Plan
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
    measured = []
    for complaints in sizes:
        folder = _kept() if complaints == TEN_MILLION else work / str(complaints)
        measured.append(await _measure(folder, complaints, scale, machine, say))
        if folder.is_relative_to(work):
            await asyncio.to_thread(shutil.rmtree, folder)
    whole = await _bytes_whole(work / "whole", say)
    await asyncio.to_thread(shutil.rmtree, work)
    return {"bench": name, "quick": quick, "machine": machine, **document(measured, whole)} | {
        "seconds": round(loop.time() - began)
    }


def _kept() -> Path:
    """Beside everything else that is kept for later, whatever checkout built it."""
    return cache_folder() / "bench" / f"complaints-{TEN_MILLION}"


async def _measure(
    folder: Path,
    complaints: int,
    scale: Scale,
    machine: dict[str, Any],
    say: Callable[[str], None],
) -> Measured:
    loop = asyncio.get_running_loop()
    began, rng = loop.time(), Random(complaints)
    say(f"{complaints:,} complaints")
    async with keeping.filled(folder, Plan(complaints, whole_days=WHOLE_DAYS), say) as server:
        built = loop.time() - began
        pool = await open_pool(server.url, size=2, statement_seconds=60)
        machine["postgresql"] = await pool.fetchval("show server_version")
        bytes_each = await measures.sizes(pool, complaints)
        drawn = await measures.sample(pool, scale.warm_up, complaints, rng)
        say("look-ups")
        reads = await measures.read(pool, drawn, scale)
        say("registrations")
        writes = await measures.write(pool, drawn, scale, rng)
        say("sweeps")
        swept = await sweeping.sweep(server.url, pool, _BACKLOG)
        await pool.close()
    return Measured(complaints, built, reads, writes, swept, bytes_each)


async def _bytes_whole(folder: Path, say: Callable[[str], None]) -> dict[str, float]:
    """With nothing put away, at a size that is quickly built."""
    say(f"{_FOR_BYTES:,} complaints with nothing put away, for their bytes")
    async with keeping.filled(folder, Plan(_FOR_BYTES), lambda _: None) as server:
        return await _sizes(server, _FOR_BYTES)


async def _sizes(server: EmbeddedPostgres, complaints: int) -> dict[str, float]:
    pool = await open_pool(server.url, size=1, statement_seconds=60)
    try:
        return await measures.sizes(pool, complaints)
    finally:
        await pool.close()
