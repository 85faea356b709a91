"""Somebody leaves a call: nobody may leave a citizen alone in a room, or on hold."""

from uuid import UUID

from cti.keeping import Keeping
from cti.legs import Legs


class Leaving:
    """What follows for those who stay. Raises an `AmiError` when Asterisk does not do it."""

    def __init__(self, legs: Legs, keeping: Keeping) -> None:
        self._legs = legs
        self._keeping = keeping

    async def agent_left(self, call_id: UUID) -> None:
        """An agent's leg is gone, and with it, it may be, who talked with the citizen."""
        legs, call = self._legs, self._legs.state.calls.get(call_id)
        if call is None or call.citizen_leg is None or (call.agent_id and not legs.waits(call)):
            return
        if self._keeping.keeps(call_id):
            return  # the dialplan gives them to a queue when nobody comes back
        if legs.waits(call):
            if legs.answered_beside(call):
                await legs.rejoin(call)  # as hanging up does on any telephone: it hands over
            elif call.agent_id is None:
                await legs.back_to_queue(call)
        elif call.citizen_leg in legs.inside and not legs.answered_beside(call):
            await legs.hang_up(call.citizen_leg)

    async def side_left(self, call_id: UUID) -> None:
        """Who was asked did not answer, or hung up: agent and citizen talk again."""
        legs, call = self._legs, self._legs.state.calls.get(call_id)
        if call is None or self._keeping.keeps(call_id):
            return
        if not legs.waits(call) or legs.beside(call):
            return
        if call.agent_id is None:
            await legs.back_to_queue(call)
        else:
            await legs.rejoin(call)

    async def citizen_left(self, call_id: UUID) -> None:
        """The citizen is gone: nobody stays in the call."""
        self._legs.on_hold.discard(call_id)
        self._keeping.over(call_id)
        for leg in list(self._legs.state.legs.values()):
            if leg.call_id == call_id and not leg.citizen:
                await self._legs.hang_up(leg.channel_id)
