"""The complaints bench's document as tables for a terminal: pure."""

from collections.abc import Mapping
from typing import Any

from bench.report import table

Found = Mapping[str, Any]


def render(found: Found) -> str:
    """Times, sweeps, bytes, growth, an import, and what of the aims was reached."""
    machine = found["machine"]
    parts = [
        f"{machine['cores']} x {machine['cpu_model']}, PostgreSQL {machine['postgresql']}, "
        f"Python {machine['python']}, load average before {machine['load_average_before']}; "
        f"all in {found['seconds']} s",
        *(_size(one) for one in found["sizes"]),
        f"Bytes a complaint\n{_bytes(found)}",
        f"Import of 61 departments and 6,500 officers\n{_imports(found)}",
        f"Aims\n{_aims(found)}",
        "\n".join(f"* {line}" for line in found["method"]),
    ]
    return "\n\n".join(parts)


def _size(one: Found) -> str:
    times = table(
        ("ms", "p50", "p95", "p99", "count"),
        [
            [name, spread["p50"], spread["p95"], spread["p99"], spread["count"]]
            for name, spread in one["ms"].items()
        ],
    )
    sweeps = table(
        ("sweep, workers", "a second", "complaints", "s"),
        [
            [str(run["workers"]), run["per_second"], run["complaints"], run["seconds"]]
            for run in one["sweep"]
        ],
    )
    return (
        f"{one['complaints']:,} complaints (built in {one['build_seconds']:.0f} s); a registration "
        f"costs {one['registration_in_bare_transactions']} bare transactions, "
        f"{one['registration_in_commits']} commits\n{times}\n\n{sweeps}"
    )


def _bytes(found: Found) -> str:
    heads = [f"{one['complaints']:,}" for one in found["sizes"]]
    rows = [
        [name, *(one["bytes"][name] for one in found["sizes"]), whole]
        for name, whole in found["bytes_whole"].items()
    ]
    return table(("", *heads, "whole"), rows)


def _imports(found: Found) -> str:
    rows = [[run["what"], run["rows"], run["seconds"]] for run in found["import"]]
    return table(("", "rows", "s"), rows)


def _aims(found: Found) -> str:
    rows = [
        [aim["what"], aim["aim"], aim["value"], "reached" if aim["reached"] else "missed"]
        for aim in found["aims"]
    ]
    return table(("", "aim", "value", ""), rows)
