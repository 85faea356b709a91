"""The desk's bench: a cell of 250 agents, and four times as many."""

import asyncio
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

from bench import report
from bench.desk.figures import document
from bench.desk.office import Size, office
from bench.desk.phases import Found, Scale
from bench.desk.phases import run as measure
from bench.desk.traffic import Habits
from helpline.tools import load_tools

CELL = Size(agents=250, habits=Habits(talk=(6.0, 12.0)))
STRESS = Size(agents=1_000, habits=Habits(talk=(42.0, 78.0)))
FULL = (CELL, STRESS)
QUICK = (Size(agents=50, habits=Habits(talk=(4.0, 8.0)), callers=50),)
QUICK_SCALE = Scale(rest=5, warm_up=10, round=10, rounds=1, flood=10, per_second=2)


async def run(root: Path, *, quick: bool) -> dict[str, Any]:
    """All sizes; what it found, as it is written to `var/bench/desk.json`."""
    loop = asyncio.get_running_loop()
    began = loop.time()

    def say(text: str) -> None:
        print(f"[{loop.time() - began:5.0f} s] {text}", flush=True)

    machine = report.machine(load_tools(root))
    scale = QUICK_SCALE if quick else Scale()
    measured = []
    for size in QUICK if quick else FULL:
        say(f"{size.agents:,} agents")
        measured.append((size, await _measure(root, size, scale, machine, say)))
    return {"bench": "desk", "quick": quick, "machine": machine} | {
        **document(measured, scale),
        "seconds": round(loop.time() - began),
    }


async def _measure(
    root: Path, size: Size, scale: Scale, machine: dict[str, Any], say: Callable[[str], None]
) -> Found:
    folder = root / "var" / "bench" / "desk"
    async with office(folder, size, say) as on:
        machine["postgresql"] = await on.pool.fetchval("show server_version")
        found = await measure(on, scale, say)
    await asyncio.to_thread(shutil.rmtree, folder)
    return found
