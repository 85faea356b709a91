"""Who may supervise what: the one check for the wallboard, its commands and its pages."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from access.rights import Person, Right, Scope, may_somewhere, scopes_with

Board = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Supervisor:
    """Somebody at a wallboard. `actor`: as logs name them; `name`: as agents read it.

    `phone`: their own telephone, None where they have to name one. `queues` None: all.
    """

    actor: str
    name: str
    phone: str | None = None
    queues: frozenset[str] | None = None

    def may(self, queues: Iterable[str]) -> bool:
        """Whether all these queues are theirs; none at all are nobody's but the whole cell's."""
        if self.queues is None:
            return True
        asked = frozenset(queues)
        return bool(asked) and asked <= self.queues

    def sees(self, queues: Iterable[str]) -> bool:
        """Whether one of these queues is theirs."""
        return self.queues is None or not self.queues.isdisjoint(queues)


def supervising(person: Person, right: Right = Right.QUEUE_SUPERVISE) -> Supervisor | None:
    """What a person supervises now; None: nothing."""
    if not may_somewhere(person, right):
        return None
    scopes = scopes_with(person, right)
    queues = None if any(not scope.parts for scope in scopes) else _named(scopes)
    if queues is not None and not queues:
        return None  # the right is over places or departments, not over queues
    return Supervisor(
        actor=person.actor, name=person.display_name, phone=person.agent_id, queues=queues
    )


def _named(scopes: Iterable[Scope]) -> frozenset[str]:
    """Queues of the scopes that name a queue and nothing else."""
    return frozenset(
        scope.queue for scope in scopes if scope.queue is not None and len(scope.parts) == 1
    )


def as_json(supervisor: Supervisor) -> dict[str, Any]:
    """For a command that another cell carries out."""
    queues = None if supervisor.queues is None else sorted(supervisor.queues)
    return {**asdict(supervisor), "queues": queues}


def from_json(told: Mapping[str, Any]) -> Supervisor:
    """What `as_json` wrote."""
    queues = None if told["queues"] is None else frozenset(told["queues"])
    return Supervisor(**{**told, "queues": queues})


def of_token(name: str) -> Supervisor:
    """A laboratory's supervisor, known by a token: of the whole cell."""
    return Supervisor(actor=f"supervisor:{name}", name=name)


def seen_by(board: Board, supervisor: Supervisor) -> dict[str, Any]:
    """The board without the queues, agents and alarms that are not theirs. Pure.

    The cell's own figures (calls, trunk, link) are everybody's.
    """
    if supervisor.queues is None:
        return dict(board)
    mine = supervisor.queues
    agents = [agent for agent in board["agents"] if supervisor.sees(agent["queues"])]
    by_status: dict[str, int] = {}
    for agent in agents:
        by_status[str(agent["status"])] = by_status.get(str(agent["status"]), 0) + 1
    cells = [
        {**cell, "queues": {name: one for name, one in cell["queues"].items() if name in mine}}
        for cell in board.get("cells", ())
    ]
    return {
        **board,
        "cells": cells,
        "planned": None,  # of all queues: beside the agents of some it would say nothing
        "queues": {name: queue for name, queue in board["queues"].items() if name in mine},
        "agents": agents,
        "by_status": by_status,
        "alarms": [one for one in board.get("alarms", ()) if one["queue"] in mine | {""}],
        "questions": [one for one in board.get("questions", ()) if supervisor.sees(one["queues"])],
    }
