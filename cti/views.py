"""What each agent is doing, as far as Asterisk knows: seen from the state, never kept beside it."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from cti.state import State

WRAP_UP = "wrap_up"
"""Why Asterisk holds an agent paused after a call: our own reason, of no row."""


class AgentStatus(StrEnum):
    """What an agent is doing."""

    SIGNED_OUT = "signed_out"
    READY = "ready"
    PAUSED = "paused"
    RINGING = "ringing"
    IN_CALL = "in_call"
    WRAP_UP = "wrap_up"


@dataclass(frozen=True, slots=True)
class AgentView:
    """One agent. `reason`: of a pause; `held`: the citizen is on hold."""

    status: AgentStatus
    call_id: UUID | None = None
    reason: str = ""
    held: bool = False


SIGNED_OUT = AgentView(AgentStatus.SIGNED_OUT)


def views(state: State) -> dict[str, AgentView]:
    """Everybody who is not signed out."""
    found = {agent: _seated(whys) for agent, whys in _pauses(state).items()}
    for call in state.calls.values():
        for agent in call.offers:
            found[agent] = AgentView(AgentStatus.RINGING, call.id)
    for call in state.calls.values():
        if call.agent_id is not None:
            held = call.agent_leg in state.held
            found[call.agent_id] = AgentView(AgentStatus.IN_CALL, call.id, held=held)
        for agent, leg in call.others.items():
            found[agent] = AgentView(AgentStatus.IN_CALL, call.id, held=leg in state.held)
    return found


def agent_view(state: State, agent_id: str) -> AgentView:
    """What this agent is doing now."""
    return views(state).get(agent_id, SIGNED_OUT)


def pause_in_force(state: State, agent_id: str) -> str | None:
    """Why Asterisk gives this agent no calls in any queue; None: it does, in one at least."""
    whys = [state.paused.get(seat) for seat in state.members if seat[1] == agent_id]
    return next((why for why in whys if why), "") if whys and None not in whys else None


def _pauses(state: State) -> Mapping[str, list[str | None]]:
    by_agent: dict[str, list[str | None]] = defaultdict(list)
    for seat in state.members:
        by_agent[seat[1]].append(state.paused.get(seat))
    return by_agent


def _seated(whys: list[str | None]) -> AgentView:
    if None in whys:
        return AgentView(AgentStatus.READY)
    reason = next((why for why in whys if why), "")
    if reason == WRAP_UP:
        return AgentView(AgentStatus.WRAP_UP)
    return AgentView(AgentStatus.PAUSED, reason=reason)
