"""From what was measured to a document: pure."""

from collections.abc import Mapping, Sequence
from typing import Any

from bench.desk.found import Flood, Found, Scale, Slowness, Span
from bench.desk.office import Size
from bench.figures import middle, percentile, rounded

_P95_MS, _P99_MS, _CELL = 300.0, 500.0, 250

METHOD = [
    "offered to pop: from the first byte of Asterisk's AgentCalled being written to the page "
    "having parsed the screen-pop, history included; one machine, one clock (monotonic)",
    "Asterisk is scripted: it says what a real one was recorded to say, rings who has been free "
    "for longest, obeys QueueAdd, QueueRemove and QueuePause; calls begin at random moments",
    "the server is `helpline serve` on PostgreSQL with fsync; dialer, call-backs and messages "
    "stand still; what call flows write of calls the bench writes, in four commits a second that "
    "do not wait for the disk",
    "pages sign in by session, ping every 4 s, acknowledge; two processes of them, one more for "
    "the wallboards; their CPU is nobody's figure here, but they share the machine",
    "a stopped browser reads nothing until the server has dropped it, is rung for meanwhile, goes "
    "on; a page that does not read asks 100 times a second for answers of 24 kB",
    "the warm-up is left out; medians over rounds; others' figures are without the slow page",
]

Document = dict[str, Any]


def document(
    measured: Sequence[tuple[Size, Found]], scale: Scale, failed: Mapping[int, str] | None = None
) -> Document:
    """Everything that was found, smallest size first, with plain names.

    `failed`: why, by the number of agents, where nothing could be measured.
    """
    failed = failed or {}
    return {
        "method": METHOD,
        "calls_per_second": scale.per_second,
        "warm_up_seconds": scale.warm_up,
        "round_seconds": scale.round,
        "rounds": scale.rounds,
        "sizes": [_size(size, found) for size, found in measured],
        "failed": [{"agents": agents, "why": why} for agents, why in failed.items()],
        "aims": [
            *(aim for size, found in measured for aim in _aims(size, found)),
            *(_aim(f"runs that broke off at {agents:,} agents", 0, 1) for agents in failed),
        ],
    }


def _size(size: Size, found: Found) -> Document:
    return {
        "agents": size.agents,
        "wallboards": size.wallboards,
        "at_rest": _span(found.rest) | {"server_cpu_ms_per_second": _per_second(found.rest)},
        "rounds": [_round(found, one) for one in found.rounds],
        "pop_ms": _middle(found),
        "server_cpu_ms_per_call": rounded(
            middle([_per_call(one, "server") for one in found.rounds])
        ),
        "postgres_cpu_ms_per_call": rounded(
            middle([_per_call(one, "postgres") for one in found.rounds])
        ),
        "memory": {
            "empty_mb": _mb(found.empty),
            "seated_mb": _mb(found.seated),
            "after_mb": _mb(found.rounds[-1].resident),
            "kb_per_agent": rounded((found.seated - found.empty) / size.agents / 1e3, 0),
        },
        "wallboards_mb": _mb(found.board_bytes),
        "stopped_browser": _slow(found, found.slow),
        "page_that_does_not_read": _flood(found, found.flood),
        "right": _right(size, found),
        "problems": found.problems,
    }


def _round(found: Found, span: Span) -> Document:
    return _span(span) | {
        "pop_ms": _spread(found.matched.within(span.since, span.until)),
        "server_cpu_ms_per_call": rounded(_per_call(span, "server")),
        "server_cpu_ms_per_second": _per_second(span),
        "postgres_cpu_ms_per_call": rounded(_per_call(span, "postgres")),
        "events_per_call": rounded(span.events / max(span.calls, 1), 1),
    }


def _span(span: Span) -> Document:
    return {
        "seconds": rounded(span.seconds, 1),
        "calls": span.calls,
        "resident_mb": _mb(span.resident),
    }


def _slow(found: Found, slow: Slowness | None) -> Document | None:
    if slow is None:
        return None
    return {
        "dropped_after_s": rounded(slow.dropped_after, 1),
        "back_after_s": rounded(slow.back_after, 1),
        "saw_its_call": slow.healed,
        "its_call_was_shown_on_connections": found.replayed,
        "others_pop_ms": _spread(found.others_within(slow.since, slow.until)),
    }


def _flood(found: Found, flood: Flood | None) -> Document | None:
    if flood is None:
        return None
    return {
        "dropped_after_s": rounded(flood.dropped_after, 1),
        "server_grew_by_mb": _mb(flood.grown),
        "others_pop_ms": _spread(found.others_within(flood.since, flood.until)),
    }


def _right(size: Size, found: Found) -> Document:
    return {
        "calls": found.calls,
        "calls_that_died_in_the_bench": found.died.total(),
        "died_of": ", ".join(f"{what} {count}" for what, count in found.died.most_common()),
        "calls_that_did_not_end": found.stuck,
        "offers": len(found.matched.popped) + found.matched.missing,
        "without_pop": found.matched.missing,
        "at_another_agent": found.matched.wrong,
        "shown_twice": found.matched.twice,
        "rows_wrong": found.served - found.rows_right,
        "agents_ready_at_the_end": found.ready_at_end,
        "links_lost": found.lost_links,
    }


def _middle(found: Found) -> Document:
    rounds = [_spread(found.matched.within(one.since, one.until)) for one in found.rounds]
    return {name: rounded(middle([one[name] for one in rounds]), 1) for name in rounds[0]}


def _spread(values: Sequence[float]) -> dict[str, float | None]:
    shares = {"p50": 50, "p95": 95, "p99": 99, "most": 100}
    return {name: rounded(percentile(values, share), 1) for name, share in shares.items()}


def _per_call(span: Span, group: str) -> float:
    return 1000 * span.cpu[group] / max(span.calls, 1)


def _per_second(span: Span) -> float | None:
    return rounded(1000 * span.cpu["server"] / span.seconds, 0)


def _mb(size: int) -> float | None:
    return rounded(size / 1e6, 1)


def _aims(size: Size, found: Found) -> list[Document]:
    """The issue's figures are for a cell; what must be right must be so at every size."""
    at, spread = f"at {size.agents:,} agents", _middle(found)
    right = found.matched
    wrong = right.missing + right.wrong + right.twice + (found.served - found.rows_right)
    lost = found.died.total() + found.stuck
    aims = [
        _aim(f"offered to pop {at}, p95, ms", _P95_MS, spread["p95"]),
        _aim(f"offered to pop {at}, p99, ms", _P99_MS, spread["p99"]),
        _aim(f"offers and rows that went wrong {at}", 0, wrong),
        _aim(f"calls that died in the bench or did not end {at}", 0, lost),
        _aim(f"agents not ready at the end {at}", 0, size.agents - found.ready_at_end),
        _aim(f"pages that did not heal {at}", 0, int(not _healed(found))),
    ]
    return aims if size.agents <= _CELL else aims[2:]


def _healed(found: Found) -> bool:
    """Back in its call, which was shown once, on the new connection."""
    return found.slow is not None and found.slow.healed and found.replayed == [2]


def _aim(what: str, aim: float, value: float | None) -> Document:
    return {"what": what, "aim": aim, "value": value, "reached": value is not None and value <= aim}
