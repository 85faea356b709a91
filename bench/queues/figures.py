"""From the scenes of the queue bench to its document and tables: pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bench import report
from bench.figures import percentile, ratio, rounded
from bench.queues.floor import Crowd, Offers
from bench.stage import StageError

METHOD = [
    "agents' telephones are PJSIP endpoints at addresses of their own, played by one process that "
    "answers at once; SIP, stamped by the kernel; nobody sends audio",
    "freed: from an agent's BYE to the next INVITE at their telephone, while citizens wait",
    "arriving: from a citizen's INVITE to the agent's, agents being free",
    "at once: from the end of each agent's break (QueuePause) to their INVITE",
    "Asterisk CPU: per cent of one core while measured; ours (queues.conf, AMI) as rendered, one "
    "AMI reader connected; of our server only what tells each caller their place is here, with "
    "answers as they would be after a quarter of an hour",
]
_PERCENTS = (50, 95, 99)


@dataclass(frozen=True)
class Measured:
    """One scene and what was seen."""

    table: str
    title: str
    crowd: Crowd
    offers: Offers


def document(measured: Sequence[Measured]) -> dict[str, Any]:
    """Everything that was found. Raises `StageError` when something went wrong on the floor."""
    for one in measured:
        if one.offers.faults:
            faults = one.offers.faults
            raise StageError(f"{one.title}: {len(faults)} faults, first: {faults[0]}")
    tables: dict[str, list[dict[str, Any]]] = {}
    for one in measured:
        tables.setdefault(one.table, []).append(_row(one))
    return {"method": METHOD, "tables": tables}


def told(one: Measured) -> str:
    """One scene in one line."""
    row = _row(one)
    waited = " / ".join(f"{row['waited_ms'][f'p{p}']}" for p in _PERCENTS)
    fault = f"; {len(one.offers.faults)} FAULTS" if one.offers.faults else ""
    return f"{one.title}: {waited} ms of {row['offers']}, CPU {row['cpu_percent']} %{fault}"


def _row(one: Measured) -> dict[str, Any]:
    offers, crowd = one.offers, one.crowd
    return {
        "title": one.title,
        "queue": crowd.queue,
        "agents": crowd.agents,
        "waiting": crowd.waiting,
        "freed_a_second": crowd.freed,
        "offers": len(offers.waited_ms),
        "waited_ms": {
            f"p{percent}": rounded(percentile(offers.waited_ms, percent), 1)
            for percent in _PERCENTS
        },
        "cpu_percent": rounded(ratio(100 * offers.asterisk_seconds, offers.seconds), 1),
        "cpu_ms_per_offer": rounded(
            ratio(1000 * offers.asterisk_seconds, len(offers.waited_ms)), 1
        ),
        "ami_events_a_second": rounded(ratio(offers.events, offers.seconds), 0),
    }


def render(found: Mapping[str, Any]) -> str:
    """One table, all scenes under their heads."""
    machine = found["machine"]
    parts = [
        f"{machine['cores']} x {machine['cpu_model']}, Asterisk {machine['asterisk']}, load "
        f"average before {machine['load_average_before']}"
    ]
    for name, rows in found["tables"].items():
        cells = [
            [
                *(row["title"], row["offers"], *(row["waited_ms"][f"p{p}"] for p in _PERCENTS)),
                *(row["cpu_percent"], row["cpu_ms_per_offer"], row["ami_events_a_second"]),
            ]
            for row in rows
        ]
        heads = ("p50 ms", "p95 ms", "p99 ms", "CPU %", "CPU ms/offer", "events/s")
        parts.append(report.table((name, "offers", *heads), cells))
    return "\n\n".join([*parts, "\n".join(f"* {line}" for line in found["method"])])
