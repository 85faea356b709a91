"""A citizen whose agent's telephone is lost: kept waiting for the agent, who is rung back.

Who waits for whom is part of the state (`LiveCall.awaited`), and stands on the citizen's leg too.
"""

from uuid import UUID

from cti.action_log import ActionLog
from cti.directory import Kind, Target
from cti.legs import Legs, leg_of
from cti.state import LiveCall
from cti.staying import Stay, stay
from dialplans import names


class Keeping:
    """`cti.recovery` says when a telephone is lost, and when it is back."""

    def __init__(self, legs: Legs, log: ActionLog) -> None:
        self._legs = legs
        self._log = log
        self._rung: dict[str, str] = {}  # agents who were rung back, and the leg for it
        self._lost: dict[UUID, str] = {}  # calls, and the leg that we ended since it was lost
        self._missing: dict[UUID, str] = {}  # calls whose agent was lost and is not back
        self._in_vain: dict[UUID, frozenset[str]] = {}  # calls, and legs that are being ended

    def keeps(self, call_id: UUID) -> bool:
        """Whether the citizen of this call waits for an agent who was lost."""
        call = self._legs.state.calls.get(call_id)
        return call is not None and call.awaited is not None

    def lost(self, call_id: UUID, leg_id: str) -> bool:
        """Whether this leg was lost: nobody hung up, we did."""
        return self._lost.get(call_id) == leg_id

    def misses(self, call_id: UUID) -> bool:
        """Whether whoever had this call was lost and is not back."""
        return call_id in self._missing

    def waits_for(self, agent_id: str) -> UUID | None:
        """The call in which a citizen waits for this agent's return."""
        calls = self._legs.state.calls.values()
        return next((call.id for call in calls if call.awaited == agent_id), None)

    async def keep_for(self, agent_id: str) -> UUID:
        """The agent's telephone is lost: the citizen hears a word and waits, its leg is ended.

        A citizen on hold whose agent talks with somebody stays on hold, and this one waits too. In
        a room with others the citizen is not alone: there only the leg is ended. Whom the agent
        asked, and who has not answered, rings in vain; who was called for all three rings on.
        The call's id. Raises `NotNowError` for a citizen who is being called: once they are there.
        """
        call = self._legs.mine(agent_id)
        self._legs.has_come(call)
        leg = leg_of(call, agent_id)
        has, on_hold = call.agent_id == agent_id, self._legs.waits(call)
        where = stay(
            citizen=has and call.citizen_leg is not None,
            on_hold=on_hold,
            third=bool(self._legs.answered_beside(call)),
        )
        alone = where is Stay.ALONE
        in_vain = self._legs.beside(call) if alone and on_hold else []
        if has:
            self._missing[call.id] = agent_id
        self._in_vain[call.id] = frozenset(in_vain)
        if alone:
            self._legs.on_hold.discard(call.id)
        if where.context is not None:
            await self._legs.keep(call, agent_id, where.context)
        self._log.note(call.id, f"agent:{agent_id}", "softphone_lost")
        self._lost[call.id] = leg
        self._legs.rung.sides.pop(leg, None)  # it may be one that rang them back before
        for one in (leg, *in_vain):
            await self._legs.hang_up(one)
        return call.id

    async def ring_back(self, agent_id: str, call_id: UUID) -> bool:
        """Ring an agent into the room of a call that they have lost; whether it is still there."""
        call = self._legs.state.calls.get(call_id)
        if call is None or call.citizen_leg is None or call.citizen_leg in self._legs.state.waiting:
            return False
        rings = self._legs.rings(self._rung.get(agent_id, "")) or agent_id in call.offers
        if not rings:
            self._rung[agent_id] = await self._legs.ring(call, Target(Kind.AGENT, agent_id))
        return True

    def answered(self, call_id: UUID) -> None:
        """An agent talks with the citizen: whoever they are, nobody is missed."""
        self._missing.pop(call_id, None)

    async def side_joined(self, leg_id: str, awaited: str | None) -> None:
        """Somebody came into the room; `awaited`: for whom its citizen waited then. They come in
        too, to whoever is there first: nobody waits while somebody is there for them. Only whom
        their agent asked waits with them.
        """
        legs = self._legs
        leg = legs.state.legs.get(leg_id)
        call = legs.state.calls.get(leg.call_id) if leg and leg.call_id else None
        if leg is None or call is None:
            return
        if call.citizen_leg is None or call.citizen_leg in legs.state.waiting:
            await legs.hang_up(leg_id)  # the citizen is gone, or other agents', since they rang
        elif awaited is None or leg_id in self._in_vain.get(call.id, ()):
            return  # or they answered while they were being told that they need not
        elif leg.agent_id == awaited:
            await self.returned(call.id, awaited)
        elif not legs.waits(call):
            await legs.rejoin(call)

    async def returned(self, call_id: UUID, agent_id: str) -> None:
        """The agent is in the room again: all is as it was."""
        legs, call = self._legs, self._legs.state.calls.get(call_id)
        if call is None or call.citizen_leg is None:
            return
        if legs.waits(call) and legs.thirds(call, agent_id):
            await legs.move_citizen(call, names.CONTEXT_DESK_HOLD, names.EXTEN_START)
        else:
            await legs.rejoin(call)
        self._log.note(call.id, f"agent:{agent_id}", "softphone_back")

    async def third_left(self, call: LiveCall) -> None:
        """Of a call whose agent is away: whom they asked does not wait any more, the citizen
        waits on, as where nobody was asked.
        """
        if self._legs.waits(call) and not self._legs.thirds(call, call.awaited):
            self._legs.on_hold.discard(call.id)
            await self._legs.keep(call, call.awaited or "", names.CONTEXT_DESK_AWAY)

    def gave_up(self, call: LiveCall, agent_id: str) -> None:
        """Nobody came back: the dialplan gave the citizen to whoever is in the room."""
        self._legs.came_in(call)
        if call.agent_id is None:
            self._missing[call.id] = agent_id

    def over(self, call_id: UUID) -> None:
        """The citizen is gone: nobody is waited for."""
        self._lost.pop(call_id, None)
        self._missing.pop(call_id, None)
        self._in_vain.pop(call_id, None)
