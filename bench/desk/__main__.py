"""`python -m bench.desk --agents 250`: one size by itself, shortly, to look at something.

`--markdown`: the figures of the last whole run (`python -m bench desk`) for docs/BENCHMARKS.md.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

import uvloop

from bench.desk.found import Scale
from bench.desk.office import Size
from bench.desk.subject import CELL, STRESS, run_sizes
from bench.desk.tables import markdown, render
from helpline import logs

_ROOT = Path(__file__).resolve().parents[2]


def main(arguments: Sequence[str] | None = None) -> int:
    """1 when there is nothing to show, or the size broke off."""
    parser = argparse.ArgumentParser(prog="bench.desk", description=__doc__)
    parser.add_argument("--agents", type=int, default=CELL.agents)
    parser.add_argument("--per-second", type=float, default=10.0, help="calls")
    parser.add_argument("--seconds", type=float, default=30.0, help="of the round, and at rest")
    parser.add_argument("--warm-up", type=float, default=15.0, help="seconds, with calls")
    parser.add_argument("--markdown", action="store_true", help="show the last whole run, run none")
    options = parser.parse_args(arguments)
    if options.markdown:
        return _show(_ROOT / "var" / "bench" / "desk.json")
    logs.configure(level="warning", json=False)
    usual = CELL if options.agents <= CELL.agents else STRESS
    size = Size(agents=options.agents, habits=usual.habits)
    scale = Scale(
        rest=options.seconds, warm_up=options.warm_up, round=options.seconds, rounds=1, flood=10,
        per_second=options.per_second,
    )  # fmt: skip
    found = uvloop.run(run_sizes(_ROOT, f"desk-{size.agents}", [size], scale))
    print(f"\n{render(found)}")
    return int(bool(found["failed"]))


def _show(file: Path) -> int:
    if not file.exists():
        print(f"bench.desk: no {file.name} yet: run `python -m bench desk`", file=sys.stderr)
        return 1
    print(markdown(json.loads(file.read_text(encoding="utf-8"))))
    return 0


if __name__ == "__main__":
    sys.exit(main())
