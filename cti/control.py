"""What an agent does with a call: by our server, so that it is allowed, logged and recorded."""

import re
from collections.abc import Mapping
from uuid import UUID

from cti.action_log import ActionLog
from cti.directory import Kind, Target
from cti.errors import AmiError, AmiUnansweredError, NotNowError
from cti.guard import DialGuard
from cti.legs import Legs, leg_of
from cti.ports import QueueIsOpen
from cti.state import LiveCall
from cti.why import Why
from dialplans import names

_KEYS = re.compile(r"[0-9*#]{1,32}", re.ASCII)


class Control:
    """Each method raises a `DeskError` when it may not or cannot be, an `AmiError` when Asterisk
    does not do it.
    """

    def __init__(
        self, legs: Legs, guard: DialGuard, log: ActionLog, queue_is_open: QueueIsOpen
    ) -> None:
        self._legs = legs
        self._guard = guard
        self._queue_is_open = queue_is_open
        self.log = log

    async def transfer(self, agent_id: str, target: Target) -> None:
        """Hand the citizen over at once; the agent is free."""
        call, target = await self._prepared(agent_id, target, alone=False)
        with self._legs.changing(call):
            await self._hand_over(agent_id, call, target)

    async def _hand_over(self, agent_id: str, call: LiveCall, target: Target) -> None:
        await self._legs.end_pause(call.id, f"agent:{agent_id}")
        match target.kind:
            case Kind.AGENT:
                context, exten = names.CONTEXT_DESK_AGENT, target.value
            case Kind.QUEUE:
                context, exten = names.CONTEXT_QUEUES, target.value
            case Kind.NUMBER if target.emergency:
                # Who does not answer there leads to the next service, the last to an agent.
                context, exten = names.CONTEXT_EMERGENCY, target.emergency
            case Kind.NUMBER:
                context, exten = names.CONTEXT_DESK_NUMBER, names.EXTEN_START
                await self._legs.set_variable(call, names.VAR_TARGET, target.value)
        at = self.log.now()
        # Looked at first: whom the citizen is handed to rings beside them a moment later.
        left = self._left_behind(agent_id, call)
        await self._legs.hand_over(call, context, exten)
        self.log.handed_on(call.id, agent_id, "transfer", str(target))
        if target.kind is Kind.QUEUE:
            self.log.sent(call.id, target.value, at)
        await self._legs.give_up(left)

    def _left_behind(self, agent_id: str, call: LiveCall) -> list[str]:
        """Who has nothing more to do with the citizen: whoever was asked or called for all three,
        and of a consultation the agent, whose leg does not end with the move.
        """
        left = self._legs.everybody_beside(call)
        return [*left, leg_of(call, agent_id)] if self._legs.waits(call) else left

    async def consult(self, agent_id: str, target: Target) -> str:
        """Ask somebody while the citizen waits; the id of the leg that rings."""
        call, target = await self._prepared(agent_id, target)
        with self._legs.changing(call):
            await self._legs.set_variable(call, names.VAR_WAITS_FOR, agent_id)
            self._legs.on_hold.add(call.id)
            try:
                await self._legs.part(call, names.CONTEXT_DESK_HOLD)
            except AmiUnansweredError:
                raise  # the citizen may be on hold, as when this is cut short: can be taken back
            except AmiError:
                self._legs.on_hold.discard(call.id)
                raise
            self.log.note(call.id, f"agent:{agent_id}", "consult", str(target))
            return await self._ring_or_rejoin(call, target)

    async def complete(self, agent_id: str) -> None:
        """Who was asked takes the citizen; the agent leaves."""
        call, _ = self._asked(agent_id)
        await self._legs.end_pause(call.id, f"agent:{agent_id}")
        call, asked = self._asked(agent_id)  # who may have hung up meanwhile
        await self._legs.rejoin(call)
        self.log.handed_on(call.id, agent_id, "transfer_consulted", self._legs.who(asked))
        await self._legs.hang_up(leg_of(call, agent_id))

    def _asked(self, agent_id: str) -> tuple[LiveCall, str]:
        """The call, and the leg of who was asked and has answered. Raises `NotNowError`."""
        call = self._legs.with_citizen(agent_id)
        asked = self._legs.answered_beside(call)
        if not self._legs.waits(call) or not asked:
            raise NotNowError(Why.NOBODY_ANSWERED)
        return call, asked[0]

    async def cancel(self, agent_id: str) -> None:
        """Who was asked leaves; the agent talks with the citizen again."""
        call = self._legs.with_citizen(agent_id)
        if call.id not in self._legs.on_hold:
            raise NotNowError(Why.CITIZEN_NOT_WAITING)
        self.log.note(call.id, f"agent:{agent_id}", "consult_cancelled")
        await self._legs.together(call)
        for leg in self._legs.beside(call):
            await self._legs.hang_up(leg)

    async def conference(self, agent_id: str, target: Target) -> str:
        """All three talk; the id of the leg that rings. Of a consultation, too."""
        call, target = await self._prepared(agent_id, target)
        with self._legs.changing(call):
            if call.citizen_leg not in self._legs.inside:
                await self._legs.part(call, names.CONTEXT_DESK_CITIZEN)
            self.log.note(call.id, f"agent:{agent_id}", "conference", str(target))
            return await self._legs.ring(call, target)

    async def emergency(self, agent_id: str, target: Target) -> str:
        """As `conference`, whoever is asked or beside already: a waiting citizen is taken back.

        The same service is not rung a second time while it rings or is in the call.
        """
        call, target = await self._prepared(agent_id, target, alone=False)
        await self._legs.unchanging(call)
        call = self._legs.with_citizen(agent_id)
        if self._legs.was_rung(call, target):
            raise NotNowError(Why.ASKED_ALREADY)
        with self._legs.changing(call):
            if self._legs.waits(call) or call.citizen_leg not in self._legs.inside:
                await self._legs.together(call)
            self.log.note(call.id, f"agent:{agent_id}", "conference", str(target))
            return await self._legs.ring(call, target)

    async def barge(self, call: LiveCall, phone: str, variables: Mapping[str, str]) -> str:
        """A supervisor's telephone into the conversation: as a room, so that it is recorded.

        The leg that rings; it has these variables.
        """
        self._legs.none_beside(call)
        self._legs.has_come(call)
        with self._legs.changing(call):
            if call.citizen_leg not in self._legs.inside:
                await self._legs.part(call, names.CONTEXT_DESK_CITIZEN)
            return await self._legs.ring(call, Target(Kind.AGENT, phone), variables)

    async def can_ring(self, phone: str) -> bool:
        """Whether a supervisor's telephone is there."""
        return await self._legs.can_ring(phone)

    async def spy(self, mode: str, phone: str, leg: str, variables: Mapping[str, str]) -> str:
        """A supervisor's telephone beside an agent's leg, to listen or to whisper, as `barge`."""
        return await self._legs.spy(mode, phone, leg, variables)

    async def leave(self, leg: str | None) -> None:
        """A supervisor's telephone that goes on to something else."""
        if leg is not None:
            await self._legs.hang_up(leg)

    async def join(self, agent_id: str) -> None:
        """From a consultation to a conference: the citizen joins in."""
        call = self._legs.with_citizen(agent_id)
        if call.id not in self._legs.on_hold:
            raise NotNowError(Why.CITIZEN_NOT_WAITING)
        await self._legs.together(call)
        self.log.note(call.id, f"agent:{agent_id}", "conference")

    async def keys(self, agent_id: str, keys: str) -> None:
        """Press keys towards the third party where there is one, else towards the citizen."""
        call = self._legs.with_citizen(agent_id)
        if not _KEYS.fullmatch(keys):
            raise NotNowError(Why.NOT_KEYS)
        leg = next(iter(self._legs.answered_beside(call)), call.citizen_leg)
        await self._legs.press(leg or "", keys)
        self.log.note(call.id, f"agent:{agent_id}", "keys")  # never which: it may be a PIN

    async def hang_up(self, agent_id: str) -> None:
        """Leave the call. It ends, unless somebody else talks with the citizen."""
        call = self._legs.mine(agent_id)
        self.log.note(call.id, f"agent:{agent_id}", "hang_up")
        await self._legs.hang_up(leg_of(call, agent_id))

    def leg_of(self, agent_id: str) -> str | None:
        """The leg of the agent whose call with a citizen it is, and of nobody beside them."""
        try:
            return self._legs.with_citizen(agent_id).agent_leg
        except NotNowError:
            return None

    def call_of(self, agent_id: str) -> UUID:
        """The call with a citizen that is this agent's. Raises `NotNowError`."""
        return self._legs.with_citizen(agent_id).id

    def report(self, agent_id: str, what: str) -> None:
        """The softphone says that it holds or mutes: logged."""
        self.log.note(self._legs.mine(agent_id).id, f"agent:{agent_id}", what)

    async def _prepared(
        self, agent_id: str, target: Target, *, alone: bool = True
    ) -> tuple[LiveCall, Target]:
        """The call, and what may be dialled; looked at again once that is on record."""
        self._possible(agent_id, target, alone=alone)
        if target.kind is Kind.QUEUE and not await self._queue_is_open(target.value):
            raise NotNowError(Why.QUEUE_CLOSED)
        allowed = await self._guard.target(agent_id, target)
        return self._possible(agent_id, target, alone=alone), allowed

    def _possible(self, agent_id: str, target: Target, *, alone: bool) -> LiveCall:
        call = self._legs.with_citizen(agent_id)
        if alone:
            self._legs.none_beside(call)
        self._reachable(target)
        return call

    def _reachable(self, target: Target) -> None:
        if target.kind is Kind.AGENT and not self._legs.free(target.value):
            raise NotNowError(Why.AGENT_NOT_FREE)

    async def _ring_or_rejoin(self, call: LiveCall, target: Target) -> str:
        try:
            return await self._legs.ring(call, target, exten=names.EXTEN_ASKED)
        except NotNowError:
            await self._legs.rejoin(call)
            raise
