"""The desk's bench: a cell of 250 agents, and four times as many."""

import asyncio
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from bench import report
from bench.desk.figures import document
from bench.desk.found import Found, Scale
from bench.desk.office import Size, office
from bench.desk.phases import run as measure
from bench.desk.traffic import Habits
from bench.stage import StageError
from db.errors import AWAY
from helpline.postgres import PostgresError
from helpline.tools import load_tools

CELL = Size(agents=250, habits=Habits(talk=(6.0, 12.0)))
STRESS = Size(agents=1_000, habits=Habits(talk=(42.0, 78.0)))
FULL = (CELL, STRESS)
QUICK = (Size(agents=50, habits=Habits(talk=(4.0, 8.0)), callers=50),)
QUICK_SCALE = Scale(rest=5, warm_up=10, round=10, rounds=1, flood=10, per_second=2)

_BREAKS_OFF = (StageError, PostgresError, OSError, *AWAY)


async def run(root: Path, *, quick: bool) -> dict[str, Any]:
    """All sizes; what it found, as it is written to `var/bench/desk.json`."""
    sizes, scale = (QUICK, QUICK_SCALE) if quick else (FULL, Scale())
    return {**await run_sizes(root, "desk", sizes, scale), "quick": quick}


async def run_sizes(root: Path, name: str, sizes: Sequence[Size], scale: Scale) -> dict[str, Any]:
    """The same of these sizes. `var/bench/<name>.json` is written after each: one that breaks off
    takes nothing with it, and is reported.
    """
    loop = asyncio.get_running_loop()
    began = loop.time()

    def say(text: str) -> None:
        print(f"[{loop.time() - began:5.0f} s] {text}", flush=True)

    machine = report.machine(load_tools(root)) | {"postgresql": ""}
    measured: list[tuple[Size, Found]] = []
    failed: dict[int, str] = {}
    found: dict[str, Any] = {}
    for size in sizes:
        say(f"{size.agents:,} agents")
        folder = root / "var" / "bench" / "desk" / str(size.agents)
        try:
            measured.append((size, await _measure(folder, size, scale, machine, say)))
        except _BREAKS_OFF as error:
            failed[size.agents] = str(error) or type(error).__name__
            say(f"{size.agents:,} agents broke off: {failed[size.agents]} (logs in {folder})")
        found = {"bench": name, "machine": machine, **document(measured, scale, failed)}
        found["seconds"] = round(loop.time() - began)
        report.write(root / "var" / "bench", name, found)
    return found


async def _measure(
    folder: Path, size: Size, scale: Scale, machine: dict[str, Any], say: Callable[[str], None]
) -> Found:
    async with office(folder, size, say) as on:
        machine["postgresql"] = await on.pool.fetchval("show server_version")
        found = await measure(on, scale, say)
    await asyncio.to_thread(shutil.rmtree, folder)
    return found
