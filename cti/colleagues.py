"""Whom an agent may hand a citizen to, of those who are there: the free ones first. Pure."""

from collections.abc import Collection, Mapping
from typing import Any

from cti.desk import Agent
from cti.timeline import Standing
from cti.views import AgentStatus


def colleagues(
    agent_id: str,
    reachable: Collection[str],
    seated: Mapping[str, Agent],
    standings: Mapping[str, Standing],
) -> list[dict[str, Any]]:
    """JSON-ready: `agent`, `name`, `status`, `free`. Without the agent who asks.

    `reachable`: the directory's; `seated`: who is signed in; `standings`: what they do.
    """
    found = []
    for id, agent in seated.items():
        if id == agent_id or id not in reachable:
            continue
        standing = standings.get(id)
        status = standing.view.status if standing else AgentStatus.SIGNED_OUT
        free = status is AgentStatus.READY
        found.append({"agent": id, "name": agent.name, "status": status, "free": free})
    return sorted(found, key=lambda one: (not one["free"], one["name"], one["agent"]))
