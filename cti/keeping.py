"""A citizen whose agent's telephone is lost: kept waiting for the agent, who is rung back."""

from uuid import UUID

from cti.action_log import ActionLog
from cti.directory import Kind, Target
from cti.legs import Legs, leg_of
from dialplans import names


class Keeping:
    """Who waits for whom. `cti.recovery` says when a telephone is lost, and when it is back."""

    def __init__(self, legs: Legs, log: ActionLog) -> None:
        self._legs = legs
        self._log = log
        self._kept: dict[UUID, str] = {}  # calls whose agent was lost, and who that is
        self._rung: dict[str, str] = {}  # agents who were rung back, and the leg for it

    def keeps(self, call_id: UUID) -> bool:
        """Whether the citizen of this call waits for an agent who was lost."""
        return call_id in self._kept

    def waits_for(self, agent_id: str) -> UUID | None:
        """The call in which a citizen waits for this agent's return."""
        return next((call for call, agent in self._kept.items() if agent == agent_id), None)

    async def keep_for(self, agent_id: str) -> UUID:
        """The agent's telephone is lost: the citizen hears a word and waits, its leg is ended.

        In a room with others the citizen is not alone: there only the leg is ended. The call's id.
        """
        call = self._legs.mine(agent_id)
        leg = leg_of(call, agent_id)
        alone = call.agent_id == agent_id and not self._legs.beside(call)
        if alone and call.citizen_leg is not None:
            self._kept[call.id] = agent_id
            self._legs.on_hold.discard(call.id)
            await self._legs.move_citizen(call, names.CONTEXT_DESK_AWAY, names.EXTEN_START)
        self._log.note(call.id, f"agent:{agent_id}", "softphone_lost")
        self._legs.sides.pop(leg, None)  # it may be one that rang them back before
        await self._legs.hang_up(leg)
        return call.id

    async def ring_back(self, agent_id: str, call_id: UUID) -> bool:
        """Ring an agent into the room of a call that they have lost; whether it is still there."""
        call = self._legs.state.calls.get(call_id)
        if call is None or call.citizen_leg is None or call.citizen_leg in self._legs.state.waiting:
            self._kept.pop(call_id, None)
            return False
        if self._rung.get(agent_id) not in self._legs.sides:  # else they are being rung already
            self._rung[agent_id] = await self._legs.ring(call, Target(Kind.AGENT, agent_id))
        return True

    def answered(self, call_id: UUID, agent_id: str) -> None:
        """An agent talks with the citizen: whoever got them from a queue, nobody is waited for."""
        call = self._legs.state.calls.get(call_id)
        back = call is not None and (call.agent_leg or "").startswith(names.SIDE_LEG)
        if not back or self._kept.get(call_id) != agent_id:
            self._kept.pop(call_id, None)

    async def side_joined(self, leg_id: str) -> None:
        """Somebody came into the room: if a citizen waits for them, they come in too."""
        leg = self._legs.state.legs.get(leg_id)
        call_id = leg.call_id if leg else None
        call = self._legs.state.calls.get(call_id) if call_id else None
        if leg is None or call is None or leg.agent_id is None:
            return
        if self._kept.get(call.id) != leg.agent_id:
            return
        del self._kept[call.id]
        await self._legs.rejoin(call)
        self._log.note(call.id, f"agent:{leg.agent_id}", "softphone_back")

    def over(self, call_id: UUID) -> None:
        """The citizen is gone: nobody is waited for."""
        self._kept.pop(call_id, None)
