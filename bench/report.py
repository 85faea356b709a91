"""What every bench shares: the machine it ran on, tables, the JSON file."""

import json
import os
import platform
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

from helpline.tools import Tools

Cell = str | float | int | None


def machine(tools: Tools) -> dict[str, Any]:
    """The machine and the versions that were measured."""
    return {
        "cpu_model": _cpu_model(),
        "cores": os.cpu_count(),
        "load_average_before": round(os.getloadavg()[0], 2),
        "kernel": platform.release(),
        "python": platform.python_version(),
        "asterisk": tools.asterisk.version,
        "sipp": tools.sipp.version,
        **{name: version(name) for name in ("uvloop", "asyncpg", "pyst2")},
    }


def table(head: Sequence[str], rows: Sequence[Sequence[Cell]]) -> str:
    """Columns under their heads: the first to the left, numbers to the right."""
    texts = [list(head), *([_text(cell) for cell in row] for row in rows)]
    widths = [max(map(len, column)) for column in zip(*texts, strict=True)]
    lines = [
        "  ".join(
            text.ljust(width) if place == 0 else text.rjust(width)
            for place, (text, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in texts
    ]
    return "\n".join([lines[0], "-" * len(lines[0]), *lines[1:]])


def write(folder: Path, name: str, found: dict[str, Any]) -> Path:
    """`<folder>/<name>.json`."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}.json"
    path.write_text(json.dumps(found, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    return path


def _text(cell: Cell) -> str:
    match cell:
        case None:
            return "-"
        case float():
            return f"{cell:.2f}"
        case _:
            return str(cell)


def _cpu_model() -> str:
    for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()
