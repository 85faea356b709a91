"""`python -m bench [--quick] [name ...]`: run the benches, all of them by default."""

import argparse
import sys
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import uvloop

from bench import fastagi, fastagi_table, report
from bench.complaints import subject, tables
from bench.complaints.building import BuildError
from bench.desk import subject as desk
from bench.desk import tables as desk_tables
from bench.load import LoadError
from bench.queues import figures as queue_figures
from bench.queues import subject as queues
from bench.recorded import figures as recorded_figures
from bench.recorded import subject as recorded
from bench.stage import StageError
from dialplans.errors import DialplanError
from helpline import logs
from helpline.postgres import PostgresError
from helpline.tools import ToolsError

_ROOT = Path(__file__).resolve().parents[1]
_SAID_IN_A_SENTENCE = (ToolsError, PostgresError, DialplanError, LoadError, StageError, BuildError)


class _Run(Protocol):
    def __call__(self, root: Path, *, quick: bool) -> Awaitable[dict[str, Any]]: ...


@dataclass(frozen=True)
class Bench:
    """A measurement: what it runs, and how its document reads as a table.

    `by_name_only`: too long, or too large, for who asked for all of them.
    """

    run: _Run
    render: Callable[[dict[str, Any]], str]
    by_name_only: bool = False


def benches() -> dict[str, Bench]:
    """By name."""
    return {
        "fastagi": Bench(fastagi.run, fastagi_table.render),
        "queues": Bench(queues.run, queue_figures.render),
        "recorded": Bench(recorded.run, recorded_figures.render),
        "desk": Bench(desk.run, desk_tables.render),
        "complaints": Bench(subject.run, tables.render),
        "complaints-10m": Bench(subject.run_10m, tables.render, by_name_only=True),
    }


def main(arguments: Sequence[str] | None = None) -> int:
    """Run them one after another; 1 when one could not run."""
    known = benches()
    parser = argparse.ArgumentParser(prog="bench", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="name", help=", ".join(known))
    parser.add_argument("--quick", action="store_true", help="a smoke test: figures mean little")
    options = parser.parse_args(arguments)
    unknown = [name for name in options.names if name not in known]
    if unknown:
        parser.error(f"no such bench: {', '.join(unknown)}")
    logs.configure(level="warning", json=False)
    try:
        for name in options.names or [one for one in known if not known[one].by_name_only]:
            _one(name, known[name], quick=options.quick)
    except _SAID_IN_A_SENTENCE as error:
        print(f"bench: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


def _one(name: str, bench: Bench, *, quick: bool) -> None:
    print(f"== {name}", flush=True)

    async def run() -> dict[str, Any]:
        return await bench.run(_ROOT, quick=quick)

    found = uvloop.run(run())  # as the server has it
    path = report.write(_ROOT / "var" / "bench", name, found)
    print(f"\n{bench.render(found)}\n\nwritten to {path.relative_to(_ROOT)}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
