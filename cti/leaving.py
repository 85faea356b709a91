"""Somebody leaves a call: nobody may leave a citizen alone in a room, or on hold."""

from uuid import UUID

from cti.action_log import ActionLog
from cti.effects import AgentHungUp, AgentReleased
from cti.keeping import Keeping
from cti.legs import HANDED_ON, Legs
from cti.state import LiveCall


class Leaving:
    """What follows for those who stay. Raises an `AmiError` when Asterisk does not do it."""

    def __init__(self, legs: Legs, keeping: Keeping, log: ActionLog) -> None:
        self._legs = legs
        self._keeping = keeping
        self._log = log
        self._handed: dict[UUID, tuple[str, str]] = {}  # calls: which agent left, who has them now

    async def agent_left(self, released: AgentReleased) -> None:
        """An agent's leg is gone, and with it, it may be, who talked with the citizen."""
        self._handed.pop(released.call_id, None)
        legs, call = self._legs, self._legs.state.calls.get(released.call_id)
        if call is None or call.citizen_leg is None:
            return
        if released.had and self._others_have(call, released.agent_id):
            await legs.end_pause(call.id, HANDED_ON, of=f"agent:{released.agent_id}")
            return
        if call.agent_id and not legs.waits(call):
            return
        if self._keeping.keeps(call.id) or call.agent_id == released.agent_id:
            return  # away (the dialplan knows who gets them when nobody comes back), or back again
        if legs.waits(call):
            if released.had:  # else whoever asked them is still there: see `side_left`
                await self._asker_left(call, released.agent_id)
        elif call.citizen_leg in legs.inside and not legs.answered_beside(call):
            await self._nobody_left(call)
        else:
            await self.rings_in_vain(call.id)

    def _others_have(self, call: LiveCall, agent_id: str) -> bool:
        """Whether the citizen of whom this agent had goes on talking in the room."""
        legs = self._legs
        if call.agent_id == agent_id or legs.waits(call) or self._keeping.keeps(call.id):
            return False
        there = bool(call.agent_id) or bool(legs.answered_beside(call))
        return there and call.citizen_leg in legs.inside

    async def _nobody_left(self, call: LiveCall) -> None:
        """The citizen is alone in the room. The conversation is over, as where a telephone is hung
        up; but whom their agent lost is not done, and waits while the agent is rung back.
        """
        legs = self._legs
        if self._keeping.misses(call.id):
            if legs.alone(call):
                await legs.back_to_queue(call)
        elif not await self._left_for_who_rings(call) and call.citizen_leg is not None:
            await legs.hang_up(call.citizen_leg)

    async def _left_for_who_rings(self, call: LiveCall) -> bool:
        """The agent is gone before anybody answered whom they called for all three; whether there
        is one. An emergency service is called on by the dialplan, which goes on to the next and in
        the end to an agent; who was to talk with anybody else comes to the next agent.
        """
        legs = self._legs
        # Of those whom we rang: the agent's own leg may not have ended yet.
        ringing = [leg for leg in legs.everybody_beside(call) if leg in legs.rung.sides]
        called = [leg for leg in ringing if legs.rung.called(leg)]
        if not called:
            return False
        if any(legs.state.legs[leg].up for leg in called if leg in legs.state.legs):
            return True  # about to come in
        if code := legs.rung.emergency(called):
            if not await legs.to_emergency(call, code):
                return True
        else:
            await legs.back_to_queue(call)
        await legs.give_up(ringing)
        return True

    async def found_alone(self, call_id: UUID) -> None:
        """They came into the room after the last one had left it, or a snapshot found them there:
        they may not be done.
        """
        call = self._legs.state.calls.get(call_id)
        if call is None or self._keeping.keeps(call_id):
            return
        if self._legs.alone(call):
            await self._legs.back_to_queue(call)
        elif self._legs.left(call) and not self._keeping.misses(call_id):
            await self._left_for_who_rings(call)

    async def rings_in_vain(self, call_id: UUID) -> None:
        """An agent has called a citizen, who has not answered, and is gone."""
        legs, call = self._legs, self._legs.state.calls.get(call_id)
        if call is None or call.citizen_leg is None or call.agent_leg or legs.beside(call):
            return
        if not legs.state.legs[call.citizen_leg].up:
            await legs.hang_up(call.citizen_leg)

    async def agent_answered(self, call_id: UUID) -> None:
        """An agent of a queue has the citizen: who stayed in the room that the citizen left has
        nobody more to come, and would be joined by the next whom this one asks.
        """
        legs, call = self._legs, self._legs.state.calls.get(call_id)
        if call is None or call.agent_leg is None or legs.waits(call):
            return
        if not {call.agent_leg, call.citizen_leg} & legs.inside:
            for leg in legs.in_room(call):
                await legs.hang_up(leg)

    async def _asker_left(self, call: LiveCall, agent_id: str) -> None:
        """As on any telephone: who was asked has the citizen now, if they have answered."""
        legs = self._legs
        if legs.in_room(call):
            await legs.end_pause(call.id, HANDED_ON)
            if not legs.waits(call):
                return
        if there := legs.in_room(call):  # an agent who was asked has the call by now
            target = legs.who(there[0])
            await legs.rejoin(call)
            self._handed[call.id] = agent_id, target
            return
        await legs.back_to_queue(call)
        for leg in legs.beside(call):  # it rings in vain
            await legs.hang_up(leg)

    async def agent_hung_up(self, hung_up: AgentHungUp) -> None:
        """Told after `agent_left`. Who asked somebody and hung up has handed the citizen over to
        them; whose telephone was lost wanted nothing.
        """
        call_id, agent_id = hung_up.call_id, hung_up.agent_id
        left, target = self._handed.pop(call_id, ("", ""))
        if left == agent_id and not self._keeping.lost(call_id, hung_up.leg):
            self._log.handed_on(call_id, agent_id, "transfer_consulted", target)

    async def side_left(self, call_id: UUID) -> None:
        """Who was asked did not answer, or hung up: agent and citizen talk again, if the agent is
        there still.
        """
        legs, call = self._legs, self._legs.state.calls.get(call_id)
        if call is None:
            return
        if self._keeping.keeps(call_id):
            await self._keeping.third_left(call)
            return
        if not legs.waits(call):
            if legs.alone(call):
                await self._nobody_left(call)
            return
        if legs.beside(call):
            return
        if call.agent_id is None:
            await legs.back_to_queue(call)
        else:
            await legs.rejoin(call)

    async def citizen_came(self, call_id: UUID, awaited: str) -> None:
        """Whom nobody came back to has come into the room by the dialplan; or by us, to whoever
        was there first.
        """
        call = self._legs.state.calls.get(call_id)
        if call is None:
            return
        self._keeping.gave_up(call, awaited)
        if self._legs.alone(call):
            await self._nobody_left(call)

    async def citizen_left(self, call_id: UUID) -> None:
        """The citizen is gone: nobody stays in the call."""
        self._legs.on_hold.discard(call_id)
        self._keeping.over(call_id)
        self._handed.pop(call_id, None)
        for leg in list(self._legs.state.legs.values()):
            if leg.call_id == call_id and not leg.citizen:
                await self._legs.hang_up(leg.channel_id)
