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
        self._lost: dict[UUID, str] = {}  # calls, and the leg that we ended since it was lost
        self._missing: dict[UUID, str] = {}  # calls whose agent was lost and is not back
        self._in_vain: dict[UUID, frozenset[str]] = {}  # calls, and legs that are being ended

    def keeps(self, call_id: UUID) -> bool:
        """Whether the citizen of this call waits for an agent who was lost."""
        return call_id in self._kept

    def lost(self, call_id: UUID, leg_id: str) -> bool:
        """Whether this leg was lost: nobody hung up, we did."""
        return self._lost.get(call_id) == leg_id

    def misses(self, call_id: UUID) -> bool:
        """Whether whoever had this call was lost and is not back."""
        return call_id in self._missing

    def waits_for(self, agent_id: str) -> UUID | None:
        """The call in which a citizen waits for this agent's return."""
        return next((call for call, agent in self._kept.items() if agent == agent_id), None)

    async def keep_for(self, agent_id: str) -> UUID:
        """The agent's telephone is lost: the citizen hears a word and waits, its leg is ended.

        In a room with others the citizen is not alone: there only the leg is ended. Whom the agent
        asked, and who has not answered, rings in vain; who was called for all three rings on.
        The call's id.
        """
        call = self._legs.mine(agent_id)
        leg = leg_of(call, agent_id)
        alone = call.agent_id == agent_id and not self._legs.answered_beside(call)
        in_vain = self._legs.beside(call) if alone and self._legs.waits(call) else []
        if call.agent_id == agent_id:
            self._missing[call.id] = agent_id
        self._in_vain[call.id] = frozenset(in_vain)
        if alone and call.citizen_leg is not None:
            self._kept[call.id] = agent_id
            self._legs.on_hold.discard(call.id)
            await self._legs.move_citizen(call, names.CONTEXT_DESK_AWAY, names.EXTEN_START)
        self._log.note(call.id, f"agent:{agent_id}", "softphone_lost")
        self._lost[call.id] = leg
        self._legs.sides.pop(leg, None)  # it may be one that rang them back before
        for one in (leg, *in_vain):
            await self._legs.hang_up(one)
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
        self._missing.pop(call_id, None)

    async def side_joined(self, leg_id: str) -> None:
        """Somebody came into the room: a citizen who waits for their agent comes in too. Who was
        called for all three may be there first: nobody waits while somebody is there for them.
        """
        leg = self._legs.state.legs.get(leg_id)
        call_id = leg.call_id if leg else None
        call = self._legs.state.calls.get(call_id) if call_id else None
        if leg is None or call is None or call.id not in self._kept:
            return
        if leg_id in self._in_vain.get(call.id, ()):
            return  # they answered while they were being told that they need not
        agent_id = self._kept.pop(call.id)
        await self._legs.rejoin(call)
        if leg.agent_id == agent_id:
            self._log.note(call.id, f"agent:{agent_id}", "softphone_back")

    def over(self, call_id: UUID) -> None:
        """The citizen is gone: nobody is waited for."""
        self._kept.pop(call_id, None)
        self._lost.pop(call_id, None)
        self._missing.pop(call_id, None)
        self._in_vain.pop(call_id, None)
