"""What each agent is doing, as far as Asterisk knows: seen from the state, never kept beside it."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Set
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from cti.state import State, changed_calls

WRAP_UP = "wrap_up"
"""Why Asterisk holds an agent paused after a call: our own reason, of no row."""


class AgentStatus(StrEnum):
    """What an agent is doing."""

    SIGNED_OUT = "signed_out"
    READY = "ready"
    UNREACHABLE = "unreachable"  # would take calls, but none can ring at their telephone
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
    away = state.unreachable
    found = {agent: _seated(whys, agent in away) for agent, whys in _pauses(state).items()}
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
    """What this agent is doing now: as in `views`, without looking at everybody."""
    whys = _whys(state, agent_id)
    found = _seated(whys, agent_id in state.unreachable) if whys else SIGNED_OUT
    for call in state.calls.values():
        if agent_id in call.offers:
            found = AgentView(AgentStatus.RINGING, call.id)
    for call in state.calls.values():
        if call.agent_id == agent_id:
            found = AgentView(AgentStatus.IN_CALL, call.id, held=call.agent_leg in state.held)
        if agent_id in call.others:
            held = call.others[agent_id] in state.held
            found = AgentView(AgentStatus.IN_CALL, call.id, held=held)
    return found


def touched(before: State, after: State) -> set[str]:
    """Agents whose view may differ between two states. An event touches few: with a thousand agents
    it matters that not everybody is looked at.
    """
    agents: set[str] = set()
    if before.calls is not after.calls:
        for call in changed_calls(before.calls, after.calls):
            agents.update(call.offers, call.others)
            if call.agent_id is not None:
                agents.add(call.agent_id)
    if before.members is not after.members:
        agents.update(agent for _, agent in before.members ^ after.members)
    if before.paused is not after.paused:
        seats = before.paused.items() ^ after.paused.items()
        agents.update(agent for (_, agent), _ in seats)
    if before.unreachable is not after.unreachable:
        agents |= before.unreachable ^ after.unreachable
    if before.held is not after.held:
        agents.update(_of_legs(before, after, before.held ^ after.held))
    return agents


def _of_legs(before: State, after: State, legs: Set[str]) -> Iterator[str]:
    """Who talks on these legs, as calls have it: that is what a view is seen from.

    All calls are looked at: few legs are held, and what a leg says of its call may be older.
    """
    for call in (*before.calls.values(), *after.calls.values()):
        if call.agent_id is not None and call.agent_leg in legs:
            yield call.agent_id
        yield from (agent for agent, other in call.others.items() if other in legs)


def pause_in_force(state: State, agent_id: str) -> str | None:
    """Why Asterisk gives this agent no calls in any queue; None: it does, in one at least."""
    whys = _whys(state, agent_id)
    return next((why for why in whys if why), "") if whys and None not in whys else None


def _whys(state: State, agent_id: str) -> list[str | None]:
    return [state.paused.get(seat) for seat in state.members if seat[1] == agent_id]


def _pauses(state: State) -> Mapping[str, list[str | None]]:
    by_agent: dict[str, list[str | None]] = defaultdict(list)
    for seat in state.members:
        by_agent[seat[1]].append(state.paused.get(seat))
    return by_agent


def _seated(whys: list[str | None], unreachable: bool) -> AgentView:
    if None in whys:
        return AgentView(AgentStatus.UNREACHABLE if unreachable else AgentStatus.READY)
    reason = next((why for why in whys if why), "")
    if reason == WRAP_UP:
        return AgentView(AgentStatus.WRAP_UP)
    return AgentView(AgentStatus.PAUSED, reason=reason)
