"""From what was measured to a document: pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bench.complaints.importing import Imported
from bench.complaints.measures import Timed
from bench.complaints.sweeping import Swept
from bench.figures import percentile, ratio, rounded

LOOK_UPS = ("status", "story", "phone")
_LOOK_UP_MS, _COMMITS, _SWEPT_PER_SECOND, _GROWTH = 5.0, 3.0, 2_000.0, 1.5

METHOD = [
    "warm: each of the complaints drawn was read once before it is read measured; one client",
    "the sizes are measured in turns, twenty acts at a time, each in a server of its own",
    "status: one complaint by its number; story: all that `complaint show` reads; phone: the "
    "screen-pop's list; officers_list: the first page of the posts with the longest lists",
    "registration beside a commit (one short row inserted and committed, fsync on) and a bare "
    "transaction (six such rows, one statement each), turn by turn on one connection pool; the "
    "multiples are of their p50",
    "sweep: processes that move on a backlog until nothing is due, batches of 200; each number of "
    "workers has a backlog of its own",
    "import: a made-up state's departments, places, categories, posts, officers and tenures, from "
    "their files into a database that holds nothing yet, reading them included",
    "of complaints older than the plan's whole_days, messages, recordings, calls that nobody "
    "answered and calls about other things are left out; bytes_whole is with all of it",
]


@dataclass(frozen=True, slots=True)
class Measured:
    """One size. `bytes_each`: by table."""

    complaints: int
    build_seconds: float
    reads: Timed
    writes: Timed
    swept: Sequence[Swept]
    bytes_each: Mapping[str, float]


def document(
    measured: Sequence[Measured],
    bytes_whole: Mapping[str, float],
    imported: Sequence[Imported] = (),
) -> dict[str, Any]:
    """Everything that was found, smallest size first, with plain names."""
    return {
        "method": METHOD,
        "sizes": [_size(one) for one in measured],
        "bytes_whole": _bytes(bytes_whole),
        "import": [
            {"what": one.what, "rows": one.rows, "seconds": rounded(one.seconds)}
            for one in imported
        ],
        "growth": _growth(measured[0], measured[-1]),
        "aims": _aims(measured),
    }


def _size(one: Measured) -> dict[str, Any]:
    acts = one.reads.ms | one.writes.ms
    return {
        "complaints": one.complaints,
        "build_seconds": rounded(one.build_seconds, 0),
        "ms": {name: _spread(values) for name, values in acts.items()},
        "registration_in_commits": rounded(_registration_in(one, "commit")),
        "registration_in_bare_transactions": rounded(_registration_in(one, "bare transaction")),
        "sweep": [
            {
                "workers": swept.workers,
                "complaints": swept.complaints,
                "seconds": rounded(swept.seconds),
                "per_second": rounded(swept.per_second, 0),
            }
            for swept in one.swept
        ],
        "bytes": _bytes(one.bytes_each),
    }


def _spread(values: Sequence[float]) -> dict[str, Any]:
    found = {f"p{percent}": rounded(percentile(values, percent)) for percent in (50, 95, 99)}
    return {"count": len(values), **found}


def _bytes(each: Mapping[str, float]) -> dict[str, float | None]:
    return {"all": rounded(sum(each.values()), 0)} | {
        table: rounded(size, 0) for table, size in each.items()
    }


def _registration_in(one: Measured, measure: str) -> float | None:
    return ratio(
        percentile(one.writes.ms["registration"], 50), percentile(one.writes.ms[measure], 50)
    )


def _growth(first: Measured, last: Measured) -> dict[str, Any]:
    """p50 of each act, at the largest size as a multiple of the smallest's."""
    at_first, at_last = first.reads.ms | first.writes.ms, last.reads.ms | last.writes.ms
    return {
        name: rounded(ratio(percentile(at_last[name], 50), percentile(at_first[name], 50)))
        for name in at_first
    }


def _aims(measured: Sequence[Measured]) -> list[dict[str, Any]]:
    first, last = measured[0], measured[-1]
    at = f"at {last.complaints:,}"
    two = next((one.per_second for one in last.swept if one.workers == 2), None)
    found = [
        _aim(f"{name} {at}, p99, ms", _LOOK_UP_MS, percentile(last.reads.ms[name], 99))
        for name in LOOK_UPS
    ]
    for measure in ("bare transaction", "commit"):
        multiple = _registration_in(last, measure)
        found.append(_aim(f"registration {at}, in {measure}s", _COMMITS, multiple))
    found.append(_aim(f"sweep {at}, two workers, a second", _SWEPT_PER_SECOND, two, least=True))
    if last.complaints > first.complaints:
        growth = _growth(first, last)
        of = f"p50 {at} to that at {first.complaints:,}"
        found += [_aim(f"{name}: {of}", _GROWTH, growth[name]) for name in LOOK_UPS]
    return found


def _aim(what: str, aim: float, value: float | None, *, least: bool = False) -> dict[str, Any]:
    reached = value is not None and (value >= aim if least else value <= aim)
    return {"what": what, "aim": aim, "value": rounded(value), "reached": reached}
