"""What a FastAGI call costs: ours, with its durable row, beside the dialplan, pyst2 and the floor.

The dialogue is the same in all: ANSWER first, STREAM FILE beep, HANGUP.
"""

import asyncio
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

from bench import report
from bench.fastagi_figures import FLOOR, OURS, document, told
from bench.rounds import Results, Rounds, Scale, Step, Variant
from bench.search import Plan
from bench.servers.ours import ANSWER_FIRST, ROW_FIRST
from bench.stage import Server, Stage, stage
from helpline.lab.phones import Address
from helpline.tools import load_tools

PLAIN = "9000"
SERVERS = {
    "ours": Server("bench.servers.ours", Address("127.0.0.53", 4573)),
    "pyst2": Server("bench.servers.pyst2", Address("127.0.0.54", 4573)),
    "floor": Server("bench.servers.floor", Address("127.0.0.55", 4573)),
    "floor_uvloop": Server("bench.servers.floor", Address("127.0.0.56", 4573), ("--uvloop",)),
}
VARIANTS = (
    Variant("dialplan", "(i) dialplan alone", PLAIN),
    Variant(OURS, "(ii) ours, durable row", "9001", "ours", ANSWER_FIRST, keeps_rows=True),
    Variant("pyst2", "(iii) pyst2 in threads", "9002", "pyst2"),
    Variant(FLOOR, "(iv) bare asyncio", "9003", "floor"),
    Variant("floor_uvloop", "(iv) bare, on uvloop", "9004", "floor_uvloop"),
    Variant(
        *("ours_row_first", "(ii) ours, row first", "9005", "ours", ROW_FIRST),
        keeps_rows=True,
        searched=False,
    ),
)
ROUTES = {one.exten: (one.server, one.script) for one in VARIANTS if one.server is not None}

FULL = Scale(step_seconds=5, rounds=3, half_rounds=1, plan=Plan(), longest_search=9)
QUICK = Scale(
    step_seconds=2, rounds=1, half_rounds=1, plan=Plan(factor=1.5, gap=0.3), longest_search=3
)


async def run(root: Path, *, quick: bool) -> dict[str, Any]:
    """The whole bench; what it found, as it is written to `var/bench/fastagi.json`."""
    loop = asyncio.get_running_loop()
    began = loop.time()

    def say(text: str) -> None:
        print(f"[{loop.time() - began:5.0f} s] {text}", flush=True)

    tools = load_tools(root)
    work = root / "var" / "bench" / "work"
    machine = report.machine(tools)
    scale = QUICK if quick else FULL
    async with stage(work, tools, SERVERS, ROUTES, PLAIN, say) as on:
        machine["postgresql"] = await on.postgresql()
        results = await Rounds(on, VARIANTS, scale, _narrator(say)).run()
        rows = await _rows(on, results)
    shutil.rmtree(work)
    found = document(results, VARIANTS, scale)
    return {"bench": "fastagi", "quick": quick, "machine": machine, "rows": rows, **found} | {
        "seconds": round(loop.time() - began)
    }


def _narrator(say: Callable[[str], None]) -> Callable[[str, Variant, Step], None]:
    def narrate(phase: str, variant: Variant, done: Step) -> None:
        say(f"{phase:<11}  {variant.title:<24} {told(done)}")

    return narrate


async def _rows(on: Stage, results: Results) -> dict[str, int]:
    """Every call of ours must have left one row with an end."""
    rows, ended = await on.rows()
    calls = sum(results.calls[variant.name] for variant in VARIANTS if variant.keeps_rows)
    return {"successful_calls": calls, "rows": rows, "ended_rows": ended}
