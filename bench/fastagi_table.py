"""The FastAGI bench's document as tables for a terminal: pure."""

from collections.abc import Mapping
from typing import Any

from bench.report import table

Found = Mapping[str, Any]


def render(found: Found) -> str:
    """Rates and latencies, CPU, ratios, and what of the aims was reached."""
    parts = [
        _heading(found),
        f"Highest clean rate, and half of it\n{_rates(found)}",
        f"All at {found['common_rate']} calls/s: latency in ms, CPU in ms a call\n{_common(found)}",
        f"Ratios, at {found['common_rate']} calls/s\n{_ratios(found)}",
        f"Aims\n{_aims(found)}",
        "\n".join(f"* {line}" for line in found["method"]),
    ]
    return "\n\n".join(parts)


def _heading(found: Found) -> str:
    machine, rows = found["machine"], found["rows"]
    return (
        f"{machine['cores']} x {machine['cpu_model']}, Asterisk {machine['asterisk']}, "
        f"PostgreSQL {machine['postgresql']}, Python {machine['python']}\n"
        f"{rows['successful_calls']} calls of ours left {rows['rows']} rows, "
        f"{rows['ended_rows']} of them ended"
    )


def _rates(found: Found) -> str:
    rows = []
    for one in found["variants"].values():
        if "at_half_rate" in one:
            half = one["at_half_rate"]
            answer, audio = half["invite_to_200_ms"], half["answer_to_first_audio_ms"]
            rows.append(
                [
                    *(one["title"], one["highest_clean_rate"], half["rate"]),
                    *(answer["p50"], answer["p95"], audio["p50"], audio["p95"]),
                ]
            )
    latencies = ("200 p50", "200 p95", "audio p50", "audio p95")
    return table(("", "calls/s", "at", *latencies), rows)


def _common(found: Found) -> str:
    rows = []
    for one in found["variants"].values():
        at = one["at_common_rate"]
        answer, audio, cpu = (
            at[name] for name in ("invite_to_200_ms", "answer_to_first_audio_ms", "cpu_ms_per_call")
        )
        groups = (cpu.get(name) for name in ("asterisk", "python", "postgres", "sipp"))
        latencies = (answer["p50"], answer["p95"], audio["p50"], audio["p95"])
        rows.append([one["title"], *latencies, *groups])
    latency_heads = ("200 p50", "200 p95", "audio p50", "audio p95")
    return table(("", *latency_heads, "Asterisk", "Python", "PostgreSQL", "SIPp"), rows)


def _ratios(found: Found) -> str:
    rows = []
    for one in found["variants"].values():
        floor, uvloop, dialplan = (
            one["ratios"].get(f"to_{name}", {}) for name in ("floor", "floor_uvloop", "dialplan")
        )
        rows.append(
            [
                *(one["title"], floor.get("python_cpu"), uvloop.get("python_cpu")),
                *(floor.get("highest_clean_rate"), dialplan.get("highest_clean_rate")),
                *(floor.get("all_cpu_but_sipp"), dialplan.get("all_cpu_but_sipp")),
            ]
        )
    heads = ("Python/floor", "Python/floor uvloop", "rate/floor", "rate/dialplan")
    return table(("", *heads, "all CPU/floor", "all CPU/dialplan"), rows)


def _aims(found: Found) -> str:
    rows = [
        [aim["what"], aim["aim"], aim["value"], "reached" if aim["reached"] else "missed"]
        for aim in found["aims"]
    ]
    return table(("", "aim", "value", ""), rows)
