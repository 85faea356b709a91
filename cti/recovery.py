"""A softphone that is lost in a call: the citizen is kept, and the agent rung again on return.

A page that is reloaded takes the agent's side of the conversation with it, and Asterisk would learn
so only a minute later. The page that comes back says that its telephone knows of no call; a page
that stays away is noticed by its silence: no packet of its telephone for some seconds.

Asterisk holds a telephone that was silent for unreachable until it asks it again, by and by: it is
told to ask at once, and the agent is rung until one answers.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

import structlog

from cti.ami import AmiLink
from cti.control import Control
from cti.errors import AmiError, DeskError, NotNowError
from cti.keeping import Keeping
from cti.live import LiveState
from cti.softphones import Softphones
from cti.views import AgentStatus
from cti.why import Why

_log = structlog.get_logger(__name__)
_LOOK_SECONDS = 1.0
_SILENT_LOOKS = 4


@dataclass(frozen=True, slots=True)
class PhoneReady:
    """What a telephone that is there again is told. `rings_for`: the call into which it will be
    rung; `stale`: Asterisk has no leg of it, what it takes for a call is over.
    """

    rings_for: UUID | None = None
    stale: bool = False


class Recovery:
    """`run()` belongs to a supervisor; `away(agent)` says whether they have no page now."""

    def __init__(
        self,
        link: AmiLink,
        live: LiveState,
        control: Control,
        keeping: Keeping,
        softphones: Softphones,
    ) -> None:
        self._link = link
        self._live = live
        self._control = control
        self._keeping = keeping
        self._softphones = softphones
        self._heard: dict[str, tuple[str, int]] = {}  # leg: what was counted, how often the same
        self._back: set[str] = set()  # whose telephone is there again, and not yet in the call
        self.away: Callable[[str], bool] = lambda _agent: False
        self.kept = 0

    async def phone_ready(self, agent_id: str, calls: int) -> PhoneReady:
        """The page's softphone is registered and knows of `calls`.

        Raises a `DeskError`, an `AmiError`: then it is to ask again.
        """
        if not self._softphones.has(agent_id):
            return PhoneReady()
        self._in_step()
        await self._ask_telephone(agent_id)
        self._in_step()
        if calls:
            stale = not self._has_leg(agent_id)
            if not stale and self._keeping.waits_for(agent_id) is not None:
                self._back.add(agent_id)  # it rings for that: a server before us asked for it
            return PhoneReady(stale=stale)
        call_id = self._keeping.waits_for(agent_id)
        if call_id is None:
            if self._live.view(agent_id).status is not AgentStatus.IN_CALL:
                return PhoneReady()
            call_id = await self._keeping.keep_for(agent_id)
            self.kept += 1
        if not await self._keeping.ring_back(agent_id, call_id):
            return PhoneReady()
        self._back.add(agent_id)
        return PhoneReady(rings_for=call_id)

    def _in_step(self) -> None:
        """Before the first snapshot we know of no call: nobody may be judged by that."""
        if not self._link.ready:
            raise NotNowError(Why.NO_LINK)

    def _has_leg(self, agent_id: str) -> bool:
        """Also one of no call: a supervisor's who listens."""
        return any(leg.agent_id == agent_id for leg in self._live.state.legs.values())

    async def run(self) -> None:
        """Look after agents in calls who have no page, or are back, until cancelled."""
        while True:
            await asyncio.sleep(_LOOK_SECONDS)
            for agent_id in sorted(self._softphones.agents):
                try:
                    if not self.away(agent_id) or not self._link.ready:
                        self._heard.pop(agent_id, None)
                        await self._ring_again(agent_id)
                    else:
                        self._back.discard(agent_id)
                        await self._look(agent_id)
                except (AmiError, DeskError) as error:
                    _log.warning(
                        "lost softphone not looked after", agent=agent_id, error=str(error)
                    )

    async def _ring_again(self, agent_id: str) -> None:
        if agent_id not in self._back or not self._link.ready:
            return
        call_id = self._keeping.waits_for(agent_id)
        status = self._live.view(agent_id).status
        if call_id is None or status is AgentStatus.IN_CALL:
            self._back.discard(agent_id)
        elif status is not AgentStatus.RINGING:
            await self._ask_telephone(agent_id)
            await self._keeping.ring_back(agent_id, call_id)

    async def _ask_telephone(self, agent_id: str) -> None:
        reply = await self._link.action("PJSIPQualify", {"Endpoint": agent_id})
        if not reply.ok:
            _log.info("telephone not asked", agent=agent_id, message=reply.message)

    async def _look(self, agent_id: str) -> None:
        leg = self._control.leg_of(agent_id)
        if leg is None:
            self._heard.pop(agent_id, None)
            return
        fields = {"Channel": leg, "Variable": "CHANNEL(rtcp,rxcount)"}
        reply = await self._link.action("Getvar", fields)
        counted = reply.fields.get("value", "")
        before, times = self._heard.get(agent_id, ("", 0))
        times = times + 1 if counted == before else 0
        self._heard[agent_id] = (counted, times)
        if reply.ok and times >= _SILENT_LOOKS:
            self._heard.pop(agent_id, None)
            _log.info("softphone lost in the call, the citizen is kept", agent=agent_id)
            await self._keeping.keep_for(agent_id)
            self.kept += 1
