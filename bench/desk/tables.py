"""The desk bench's document as tables for a terminal: pure."""

from collections.abc import Mapping
from typing import Any

from bench.report import table

Found = Mapping[str, Any]


def render(found: Found) -> str:
    """Latencies, costs, slow pages, what was right, and what of the aims was reached."""
    machine = found["machine"]
    sizes = found["sizes"]
    parts = [
        f"{machine['cores']} x {machine['cpu_model']}, PostgreSQL {machine['postgresql']}, "
        f"Python {machine['python']}, load average before {machine['load_average_before']}; "
        f"{found['calls_per_second']:g} calls a second; all in {found['seconds']} s",
        f"Offered to pop\n{_latencies(sizes)}",
        f"What it costs\n{_costs(sizes)}",
        f"Pages that do not read\n{_slow(sizes)}",
        f"Right\n{_right(sizes)}",
        f"Aims\n{_aims(found)}",
        "\n".join(f"* {line}" for line in found["method"]),
    ]
    return "\n\n".join(parts)


def _latencies(sizes: list[Found]) -> str:
    rows = []
    for one in sizes:
        spreads = {"rounds": one["pop_ms"]}
        spreads |= {
            f"others, {name.replace('_', ' ')}": one[name]["others_pop_ms"]
            for name in ("stopped_browser", "page_that_does_not_read")
        }
        rows += [
            [
                f"{one['agents']:,} agents, {what}",
                *(spread[p] for p in ("p50", "p95", "p99", "most")),
            ]
            for what, spread in spreads.items()
        ]
    return table(("ms", "p50", "p95", "p99", "most"), rows)


def _costs(sizes: list[Found]) -> str:
    head = ("agents", "server ms/call", "server ms/s", "at rest ms/s", "PostgreSQL ms/call", "MB",
            "kB/agent")  # fmt: skip
    rows = [
        [
            f"{one['agents']:,}", one["server_cpu_ms_per_call"],
            one["rounds"][-1]["server_cpu_ms_per_second"],
            one["at_rest"]["server_cpu_ms_per_second"], one["postgres_cpu_ms_per_call"],
            one["memory"]["after_mb"], one["memory"]["kb_per_agent"],
        ]
        for one in sizes
    ]  # fmt: skip
    return table(head, rows)


def _slow(sizes: list[Found]) -> str:
    rows = []
    for one in sizes:
        stopped, flooding = one["stopped_browser"], one["page_that_does_not_read"]
        rows.append([
            f"{one['agents']:,}", stopped["dropped_after_s"], stopped["back_after_s"],
            "yes" if stopped["saw_its_call"] else "no",
            len(stopped["its_call_was_shown_on_connections"]),
            flooding["dropped_after_s"], flooding["server_grew_by_mb"],
        ])  # fmt: skip
    head = ("agents", "stopped: dropped s", "back s", "saw its call", "times", "flood: dropped s",
            "grew MB")  # fmt: skip
    return table(head, rows)


def _right(sizes: list[Found]) -> str:
    names = list(sizes[0]["right"])
    rows = [[name.replace("_", " "), *(one["right"][name] for one in sizes)] for name in names]
    return table(("", *(f"{one['agents']:,}" for one in sizes)), rows)


def _aims(found: Found) -> str:
    rows = [
        [aim["what"], aim["aim"], aim["value"], "reached" if aim["reached"] else "missed"]
        for aim in found["aims"]
    ]
    return table(("", "at most", "value", ""), rows)
