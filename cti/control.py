"""What an agent does with a call: done by our server, so that it is allowed, logged and recorded.

The citizen's leg is moved, never replaced: our call id and the recording hang on it. Whatever more
than two people talk in is a room named by the call. Nothing here tells a page that something is so:
Asterisk's events do.
"""

import re
from collections.abc import Awaitable, Callable, Set
from datetime import datetime
from functools import partial
from uuid import UUID

import structlog

from cti.ami import AmiLink
from cti.directory import Kind, Target
from cti.errors import AmiRefusedError, NotNowError
from cti.guard import DialGuard
from cti.live import LiveState
from cti.originate import OriginateCommand, OriginateReply
from cti.state import LiveCall
from cti.views import AgentStatus
from cti.writes import Writes
from db.ids import new_id
from db.pool import Connection
from db.statements import statements
from dialplans import names

_log = structlog.get_logger(__name__)
_KEYS = re.compile(r"[0-9*#]{1,32}", re.ASCII)
_RING_MS = 30_000
_HANDED_ON = "handed on"  # who ended a pause: nobody did


class Control:
    """Each method raises a `DeskError` when it may not or cannot be, an `AmiError` when Asterisk
    does not do it. `caller_id`: what third parties are shown when we ring them; `end_pause`: of the
    call's recording, by whom.
    """

    def __init__(
        self,
        link: AmiLink,
        live: LiveState,
        writes: Writes,
        guard: DialGuard,
        end_pause: Callable[[UUID, str], Awaitable[None]],
        *,
        caller_id: str,
        now: Callable[[], datetime],
    ) -> None:
        self._link = link
        self._live = live
        self._writes = writes
        self._guard = guard
        self._end_pause = end_pause
        self._caller_id = caller_id
        self._now = now
        self._on_hold: set[UUID] = set()
        self._kept: dict[UUID, str] = {}  # calls whose agent was lost, and who that is
        self._rung: dict[str, str] = {}  # agents who were rung back, and the leg for it
        self.sides: dict[str, UUID] = {}
        """Legs that were asked for, and the calls that they are for."""

    async def transfer(self, agent_id: str, target: Target) -> None:
        """Hand the citizen over at once; the agent is free."""
        call, target = await self._prepared(agent_id, target, alone=False)
        await self._end_pause(call.id, f"agent:{agent_id}")
        match target.kind:
            case Kind.AGENT:
                context, exten = names.CONTEXT_DESK_AGENT, target.value
            case Kind.QUEUE:
                context, exten = names.CONTEXT_QUEUES, target.value
                self._note_queue(call, target.value)
            case Kind.NUMBER if target.emergency:
                # Who does not answer there leads to the next service, the last to an agent.
                context, exten = names.CONTEXT_EMERGENCY, target.emergency
            case Kind.NUMBER:
                context, exten = names.CONTEXT_DESK_NUMBER, names.EXTEN_START
                await self._set_variable(call, names.VAR_TARGET, target.value)
        await self._move_citizen(call, context, exten)
        self.note(call.id, f"agent:{agent_id}", "transfer", str(target))

    async def consult(self, agent_id: str, target: Target) -> str:
        """Ask somebody while the citizen waits; the id of the leg that rings."""
        call, target = await self._prepared(agent_id, target)
        self._on_hold.add(call.id)
        try:
            await self._part(call, names.CONTEXT_DESK_HOLD)
        except BaseException:
            self._on_hold.discard(call.id)
            raise
        self.note(call.id, f"agent:{agent_id}", "consult", str(target))
        return await self._ring_or_rejoin(call, target)

    async def complete(self, agent_id: str) -> None:
        """Who was asked takes the citizen; the agent leaves."""
        call = self._with_citizen(agent_id)
        if call.id not in self._on_hold or not self._answered_beside(call):
            raise NotNowError("nobody who was asked has answered")
        await self._rejoin(call)
        self.note(call.id, f"agent:{agent_id}", "transfer_consulted")
        await self._hang_up(_leg_of(call, agent_id))

    async def cancel(self, agent_id: str) -> None:
        """Who was asked leaves; the agent talks with the citizen again."""
        call = self._with_citizen(agent_id)
        if call.id not in self._on_hold:
            raise NotNowError("the citizen is not waiting")
        self.note(call.id, f"agent:{agent_id}", "consult_cancelled")
        await self._rejoin(call)
        for leg in self._beside(call):
            await self._hang_up(leg)

    async def conference(self, agent_id: str, target: Target) -> str:
        """All three talk; the id of the leg that rings. Of a consultation, too."""
        call, target = await self._prepared(agent_id, target)
        if call.citizen_leg not in self._live.state.inside:
            await self._part(call, names.CONTEXT_DESK_CITIZEN)
        self.note(call.id, f"agent:{agent_id}", "conference", str(target))
        return await self._ring(call, target)

    async def barge(self, call: LiveCall, phone: str) -> None:
        """A supervisor's telephone into the conversation: as a room, so that it is recorded."""
        self._none_beside(call)
        if call.citizen_leg not in self._live.state.inside:
            await self._part(call, names.CONTEXT_DESK_CITIZEN)
        await self._ring(call, Target(Kind.AGENT, phone))

    async def join(self, agent_id: str) -> None:
        """From a consultation to a conference: the citizen joins in."""
        call = self._with_citizen(agent_id)
        if call.id not in self._on_hold:
            raise NotNowError("the citizen is not waiting")
        await self._rejoin(call)
        self.note(call.id, f"agent:{agent_id}", "conference")

    async def keys(self, agent_id: str, keys: str) -> None:
        """Press keys towards the third party where there is one, else towards the citizen."""
        call = self._with_citizen(agent_id)
        if not _KEYS.fullmatch(keys):
            raise NotNowError("keys are 0-9, * and #, at most 32")
        leg = next(iter(self._answered_beside(call)), call.citizen_leg)
        for key in keys:
            await self._act("PlayDTMF", Channel=leg or "", Digit=key)
        self.note(call.id, f"agent:{agent_id}", "keys")  # never which: it may be a PIN

    async def hang_up(self, agent_id: str) -> None:
        """Leave the call. It ends, unless somebody else talks with the citizen."""
        call = self._mine(agent_id)
        self.note(call.id, f"agent:{agent_id}", "hang_up")
        await self._hang_up(_leg_of(call, agent_id))

    def leg_of(self, agent_id: str) -> str | None:
        """The leg of an agent who talks with a citizen, and nobody beside them."""
        try:
            call = self._with_citizen(agent_id)
        except NotNowError:
            return None
        return call.agent_leg if call.id not in self._on_hold else None

    def waits_for(self, agent_id: str) -> UUID | None:
        """The call in which a citizen waits for this agent's return."""
        return next((call for call, agent in self._kept.items() if agent == agent_id), None)

    async def keep_for(self, agent_id: str) -> UUID:
        """The agent's telephone is lost: the citizen hears a word and waits, its leg is ended.

        In a room with others the citizen is not alone: there only the leg is ended. The call's id.
        """
        call = self._mine(agent_id)
        leg = _leg_of(call, agent_id)
        alone = call.agent_id == agent_id and not self._beside(call)
        if alone and call.citizen_leg is not None:
            self._kept[call.id] = agent_id
            self._on_hold.discard(call.id)
            await self._move_citizen(call, names.CONTEXT_DESK_AWAY, names.EXTEN_START)
        self.note(call.id, f"agent:{agent_id}", "softphone_lost")
        self.sides.pop(leg, None)  # it may be one that rang them back before
        await self._hang_up(leg)
        return call.id

    async def ring_back(self, agent_id: str, call_id: UUID) -> bool:
        """Ring an agent into the room of a call that they have lost; whether it is still there."""
        call = self._live.state.calls.get(call_id)
        if call is None or call.citizen_leg is None or call.citizen_leg in self._live.state.waiting:
            self._kept.pop(call_id, None)
            return False
        if self._rung.get(agent_id) not in self.sides:  # else they are being rung already
            self._rung[agent_id] = await self._ring(call, Target(Kind.AGENT, agent_id))
        return True

    def answered(self, call_id: UUID, agent_id: str) -> None:
        """An agent talks with the citizen: whoever got them from a queue, nobody is waited for."""
        call = self._live.state.calls.get(call_id)
        back = call is not None and (call.agent_leg or "").startswith(names.SIDE_LEG)
        if not back or self._kept.get(call_id) != agent_id:
            self._kept.pop(call_id, None)

    async def side_joined(self, leg_id: str) -> None:
        """Somebody came into the room: if a citizen waits for them, they come in too."""
        leg = self._live.state.legs.get(leg_id)
        call_id = leg.call_id if leg else None
        call = self._live.state.calls.get(call_id) if call_id else None
        if leg is None or call is None or leg.agent_id is None:
            return
        if self._kept.get(call.id) != leg.agent_id:
            return
        del self._kept[call.id]
        await self._rejoin(call)
        self.note(call.id, f"agent:{leg.agent_id}", "softphone_back")

    def holds_found(self, legs: Set[str]) -> None:
        """Citizens' legs that Asterisk says are on hold: of a server before us, too."""
        state = self._live.state
        self._on_hold |= {leg.call_id for id in legs if (leg := state.legs.get(id)) and leg.call_id}
        self._on_hold -= {
            call.id for call in state.calls.values() if call.citizen_leg in state.waiting
        }

    def call_of(self, agent_id: str) -> UUID:
        """The call with a citizen that is this agent's. Raises `NotNowError`."""
        return self._with_citizen(agent_id).id

    def report(self, agent_id: str, what: str) -> None:
        """The softphone says that it holds or mutes: logged."""
        self.note(self._mine(agent_id).id, f"agent:{agent_id}", what)

    async def agent_left(self, call_id: UUID) -> None:
        """An agent's leg is gone: nobody may leave a citizen alone in a room, or on hold."""
        call = self._live.state.calls.get(call_id)
        if call is None or call.citizen_leg is None or (call.agent_id and not self._waits(call)):
            return
        if call_id in self._kept:
            return  # the dialplan gives them to a queue when nobody comes back
        if self._waits(call):
            if self._answered_beside(call):
                await self._rejoin(call)  # as hanging up does on any telephone: it hands over
            elif call.agent_id is None:
                await self._back_to_queue(call)
        elif call.citizen_leg in self._live.state.inside and not self._answered_beside(call):
            await self._hang_up(call.citizen_leg)

    async def side_left(self, call_id: UUID) -> None:
        """Who was asked did not answer, or hung up: agent and citizen talk again."""
        call = self._live.state.calls.get(call_id)
        if call is None or call_id in self._kept or not self._waits(call) or self._beside(call):
            return
        if call.agent_id is None:
            await self._back_to_queue(call)
        else:
            await self._rejoin(call)

    async def citizen_left(self, call_id: UUID) -> None:
        """The citizen is gone: nobody stays in the call."""
        self._on_hold.discard(call_id)
        self._kept.pop(call_id, None)
        for leg in list(self._live.state.legs.values()):
            if leg.call_id == call_id and not leg.citizen:
                await self._hang_up(leg.channel_id)

    def note(
        self, call_id: UUID, actor: str, action: str, target: str = "", reason: str = ""
    ) -> None:
        """Log what was done."""
        at = self._now()
        row = {
            "id": new_id(at), "call_id": call_id, "actor": actor, "action": action,
            "target": target, "reason": reason, "at": at,
        }  # fmt: skip
        self._writes.add("desk action", partial(_write_action, row))

    def _mine(self, agent_id: str) -> LiveCall:
        view = self._live.view(agent_id)
        call = self._live.state.calls.get(view.call_id) if view.call_id else None
        if call is None or view.status is not AgentStatus.IN_CALL:
            raise NotNowError("you are in no call")
        return call

    def _with_citizen(self, agent_id: str) -> LiveCall:
        call = self._mine(agent_id)
        if call.citizen_leg is None:
            raise NotNowError("the citizen is not in the call")
        if call.agent_id != agent_id:
            raise NotNowError("the call is another agent's")
        return call

    async def _prepared(
        self, agent_id: str, target: Target, *, alone: bool = True
    ) -> tuple[LiveCall, Target]:
        """The call, and what may be dialled; looked at again once that is on record."""
        self._possible(agent_id, target, alone=alone)
        allowed = await self._guard.target(agent_id, target)
        return self._possible(agent_id, target, alone=alone), allowed

    def _possible(self, agent_id: str, target: Target, *, alone: bool) -> LiveCall:
        call = self._with_citizen(agent_id)
        if alone:
            self._none_beside(call)
        self._reachable(target)
        return call

    def _reachable(self, target: Target) -> None:
        free = self._live.view(target.value).status is AgentStatus.READY
        if target.kind is Kind.AGENT and not free:
            raise NotNowError("this agent is not free")

    def _waits(self, call: LiveCall) -> bool:
        return call.id in self._on_hold

    def _none_beside(self, call: LiveCall) -> None:
        if self._beside(call) or self._waits(call):
            raise NotNowError("somebody is being asked already")

    def _beside(self, call: LiveCall) -> list[str]:
        """Legs that are neither the citizen's nor of the agent who has the call."""
        return [
            leg.channel_id
            for leg in self._live.state.legs.values()
            if leg.call_id == call.id and not leg.citizen and leg.channel_id != call.agent_leg
        ]

    def _answered_beside(self, call: LiveCall) -> list[str]:
        return [leg for leg in self._beside(call) if leg in self._live.state.inside]

    async def _part(self, call: LiveCall, context: str) -> None:
        """The agent into the room, the citizen to `context`."""
        if call.agent_leg in self._live.state.inside:
            await self._move_citizen(call, context, names.EXTEN_START)
            return
        await self._act(
            "Redirect", Channel=call.citizen_leg or "", Context=context,
            Exten=names.EXTEN_START, Priority="1", ExtraChannel=call.agent_leg or "",
            ExtraContext=names.CONTEXT_DESK_SIDE, ExtraExten=names.EXTEN_START, ExtraPriority="1",
        )  # fmt: skip

    async def _move_citizen(self, call: LiveCall, context: str, exten: str) -> None:
        await self._act(
            "Redirect", Channel=call.citizen_leg or "", Context=context, Exten=exten, Priority="1"
        )

    async def _rejoin(self, call: LiveCall) -> None:
        self._on_hold.discard(call.id)
        await self._move_citizen(call, names.CONTEXT_DESK_CITIZEN, names.EXTEN_START)

    async def _back_to_queue(self, call: LiveCall) -> None:
        self._on_hold.discard(call.id)
        await self._end_pause(call.id, _HANDED_ON)
        await self._move_citizen(call, names.CONTEXT_BACK, names.EXTEN_START)

    async def _ring_or_rejoin(self, call: LiveCall, target: Target) -> str:
        try:
            return await self._ring(call, target)
        except NotNowError:
            await self._rejoin(call)
            raise

    async def _ring(self, call: LiveCall, target: Target) -> str:
        match target.kind:
            case Kind.AGENT:
                channel = names.agent_interface(target.value)
            case Kind.NUMBER:
                channel = names.dial_trunk(target.value)
                if target.contact is not None:
                    channel = names.dial_contact(target.value, target.contact)
            case Kind.QUEUE:
                raise NotNowError("a queue cannot be asked")
        command = OriginateCommand(
            channel_id=new_id(self._now()),
            channel=channel,
            context=names.CONTEXT_DESK_SIDE,
            exten=names.EXTEN_START,
            caller_id=self._caller_id,
            timeout_ms=_RING_MS,
            variables={f"__{names.VAR_CALL}": str(call.id)},
            side=True,
        )
        self.sides[command.leg_id] = call.id  # first: it may be over before we are answered
        if await self._link.originate(command) is OriginateReply.REFUSED:
            self.sides.pop(command.leg_id, None)
            raise NotNowError("they cannot be called now")
        return command.leg_id

    async def _set_variable(self, call: LiveCall, name: str, value: str) -> None:
        await self._act("Setvar", Channel=call.citizen_leg or "", Variable=name, Value=value)

    async def _hang_up(self, leg: str) -> None:
        try:
            await self._act("Hangup", Channel=leg, Cause="16")
        except AmiRefusedError:
            _log.debug("leg was gone already", leg=leg)

    async def _act(self, name: str, **fields: str) -> None:
        reply = await self._link.action(name, fields)
        if not reply.ok:
            raise AmiRefusedError(name, reply.message)

    def _note_queue(self, call: LiveCall, queue: str) -> None:
        job = partial(_write_queue, call_id=call.id, queue=queue, at=self._now())
        self._writes.add("moved to a queue", job)


def _leg_of(call: LiveCall, agent_id: str) -> str:
    if call.agent_id == agent_id and call.agent_leg is not None:
        return call.agent_leg
    return call.others[agent_id]


async def _write_action(row: dict[str, object], conn: Connection) -> None:
    await statements().desk_note_action(conn, **row)


async def _write_queue(conn: Connection, *, call_id: UUID, queue: str, at: datetime) -> None:
    await statements().calls_queue_batch(conn, ids=[call_id], queues=[queue], ats=[at])
