"""The desk bench's document as tables, for a terminal and for docs/BENCHMARKS.md: pure."""

from collections.abc import Callable, Mapping
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
        *_broken(found),
        f"Offered to pop\n{_latencies(sizes)}",
        f"What it costs\n{_costs(sizes)}",
        f"Pages that do not read\n{_slow(sizes)}",
        f"Right\n{_right(sizes)}",
        f"Aims\n{_aims(found)}",
        "\n".join(f"* {line}" for line in found["method"]),
    ]
    return "\n\n".join(parts)


def _broken(found: Found) -> list[str]:
    """What could not be measured: nothing of it stands in the tables below."""
    lines = [f"{one['agents']:,} agents, nothing measured: {one['why']}" for one in found["failed"]]
    lines += [
        f"{size['agents']:,} agents, {problem}"
        for size in found["sizes"]
        for problem in size["problems"]
    ]
    return ["Broke off\n" + "\n".join(lines)] if lines else []


def _latencies(sizes: list[Found]) -> str:
    rows = []
    for one in sizes:
        spreads = {"rounds": one["pop_ms"]}
        spreads |= {
            f"others, {name.replace('_', ' ')}": one[name]["others_pop_ms"]
            for name in ("stopped_browser", "page_that_does_not_read")
            if one[name] is not None
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
        stopped = one["stopped_browser"] or {}
        flooding = one["page_that_does_not_read"] or {}
        rows.append([
            f"{one['agents']:,}", stopped.get("dropped_after_s"), stopped.get("back_after_s"),
            {True: "yes", False: "no"}.get(stopped.get("saw_its_call", "")),
            len(stopped.get("its_call_was_shown_on_connections", ())),
            flooding.get("dropped_after_s"), flooding.get("server_grew_by_mb"),
        ])  # fmt: skip
    head = ("agents", "stopped: dropped s", "back s", "saw its call", "times", "flood: dropped s",
            "grew MB")  # fmt: skip
    return table(head, rows)


def _right(sizes: list[Found]) -> str:
    names = list(sizes[0]["right"]) if sizes else []
    rows = [[name.replace("_", " "), *(one["right"][name] for one in sizes)] for name in names]
    return table(("", *(f"{one['agents']:,}" for one in sizes)), rows)


def _aims(found: Found) -> str:
    rows = [
        [aim["what"], aim["aim"], aim["value"], "reached" if aim["reached"] else "missed"]
        for aim in found["aims"]
    ]
    return table(("", "at most", "value", ""), rows)


def markdown(found: Found) -> str:
    """What stands between `<!-- figures: desk -->` and `<!-- end -->` in docs/BENCHMARKS.md."""
    machine, sizes = found["machine"], found["sizes"]
    lines = [
        f"Run on {machine['cpu_model']}, {machine['cores']} cores, Python {machine['python']}, "
        f"PostgreSQL {machine['postgresql']}, load average before "
        f"{machine['load_average_before']:g}; {found['rounds']} rounds of "
        f"{found['round_seconds']:g} s, {found['calls_per_second']:g} calls a second.",
        "",
        _row("", [f"{one['agents']:,} agents" for one in sizes]),
        "|---" * (len(sizes) + 1) + "|",
        *(_row(what, [tell(one) for one in sizes]) for what, tell in _TOLD.items()),
    ]
    lines += [
        f"\nAt {one['agents']:,} agents nothing was measured: {one['why']}."
        for one in found["failed"]
    ]
    missed = [f"{aim['what']}: {aim['value']:g}" for aim in found["aims"] if not aim["reached"]]
    return "\n".join([*lines, "", f"Missed: {'; '.join(missed) or 'nothing'}."])


def _row(what: str, cells: list[str]) -> str:
    return f"| {' | '.join([what, *cells])} |"


def _spread(spread: Found | None) -> str:
    return " / ".join(_number((spread or {}).get(name)) for name in ("p50", "p95", "p99"))


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:g}"


def _of(name: str, part: str) -> Callable[[Found], str]:
    return lambda size: _number((size[name] or {}).get(part))


def _right_of(*names: str) -> Callable[[Found], str]:
    return lambda size: ", ".join(f"{size['right'][name]:,}" for name in names)


_TOLD: Mapping[str, Callable[[Found], str]] = {
    "offered to pop, p50 / p95 / p99, ms": lambda size: _spread(size["pop_ms"]),
    "the same while a browser is stopped": lambda size: _spread(
        (size["stopped_browser"] or {}).get("others_pop_ms")
    ),
    "the same while a page does not read": lambda size: _spread(
        (size["page_that_does_not_read"] or {}).get("others_pop_ms")
    ),
    "our server's CPU, ms a second (at rest)": lambda size: (
        f"{_number(size['rounds'][-1]['server_cpu_ms_per_second'])} "
        f"({_number(size['at_rest']['server_cpu_ms_per_second'])})"
    ),
    "our server's CPU, ms a call": lambda size: _number(size["server_cpu_ms_per_call"]),
    "PostgreSQL's CPU, ms a call": lambda size: _number(size["postgres_cpu_ms_per_call"]),
    "resident, MB": _of("memory", "after_mb"),
    "resident for each agent, kB": _of("memory", "kb_per_agent"),
    "stopped browser dropped after, s": _of("stopped_browser", "dropped_after_s"),
    "stopped browser back in its call after, s": _of("stopped_browser", "back_after_s"),
    "page that does not read dropped after, s": _of("page_that_does_not_read", "dropped_after_s"),
    "calls, offers": _right_of("calls", "offers"),
    "offers without a pop, elsewhere, twice": _right_of(
        "without_pop", "at_another_agent", "shown_twice"
    ),
    "calls that died in the bench, that did not end": _right_of(
        "calls_that_died_in_the_bench", "calls_that_did_not_end"
    ),
    "rows wrong, AMI links lost": _right_of("rows_wrong", "links_lost"),
    "agents ready at the end": _right_of("agents_ready_at_the_end"),
}
