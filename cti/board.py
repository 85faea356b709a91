"""What a wallboard shows, from the state that Asterisk's events made: pure."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from calls.reporting import Fate, Line
from cti.beside import Seat
from cti.queue_titles import Titles
from cti.state import State
from cti.timeline import Standing

Board = dict[str, Any]


def board(
    state: State,
    standings: Mapping[str, Standing],
    names: Mapping[str, str],
    lines: Mapping[str, Line],
    *,
    in_step: bool,
    now: datetime,
    trunk_limit: int | None = None,
    titles: Titles | None = None,
    beside: Mapping[str, Sequence[Seat]] | None = None,
) -> Board:
    """JSON-ready. `lines`: the last half hour by queue. Waits in whole seconds. `titles`: what
    people read for the queues. `beside`: by agent, the supervisors who hear them now.

    `in_step` False: the link to Asterisk is down, and all of it is from before.
    """
    queues = {queue for queue, _ in state.members} | set(lines)
    seats: dict[str, list[str]] = defaultdict(list)
    for queue, agent in sorted(state.members):
        seats[agent].append(queue)
    queues |= {waiting.queue for waiting in state.waiting.values()}
    return {
        "type": "board",
        "at": now.isoformat(),
        "in_step": in_step,
        "queues": {queue: _queue(queue, state, lines.get(queue), now) for queue in sorted(queues)},
        "agents": [
            _agent(id, one, seats[id], names) | {"beside": _seats((beside or {}).get(id, ()))}
            for id, one in sorted(standings.items())
        ],
        "by_status": dict(Counter(str(one.view.status) for one in standings.values())),
        "calls": len(state.calls),
        "trunk_channels": sum(leg.trunk for leg in state.legs.values()),
        "trunk_limit": trunk_limit,
        "telephones": {"all": len(seats), "away": len(state.unreachable & seats.keys())},
        "titles": titles or {},
    }


def _queue(queue: str, state: State, line: Line | None, now: datetime) -> Board:
    waits = [
        max(0, int((now - waiting.since).total_seconds()))
        for waiting in state.waiting.values()
        if waiting.queue == queue
    ]
    return {
        "waiting": len(waits),
        "longest_wait": max(waits, default=0),
        "agents": sum(name == queue for name, _ in state.members),
        **queue_figures(line or Line()),
    }


def queue_figures(line: Line) -> Board:
    """The last half hour of a queue. `in_time` of `decided` is its service level, and of several
    queues the sum of the one by the sum of the other.
    """
    level = line.service_level
    return {
        "service_level": None if level is None else round(level, 3),
        "in_time": line.answered_in_time,
        "decided": line.timed,
        "offered": line.offered,
        "answered": line.fates[Fate.ANSWERED],
        "abandoned": line.fates[Fate.ABANDONED],
    }


def _agent(id: str, standing: Standing, seats: list[str], names: Mapping[str, str]) -> Board:
    view = standing.view
    return {
        "agent": id,
        "name": names.get(id, id),
        "status": view.status,
        "reason": view.reason,
        "held": view.held,
        "call": None if view.call_id is None else str(view.call_id),
        "since": standing.since.isoformat(),
        "queues": seats,
    }


def _seats(beside: Sequence[Seat]) -> list[dict[str, str]]:
    return [{"who": one.who.actor, "name": one.who.name, "mode": one.mode} for one in beside]
