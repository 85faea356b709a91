"""The legs of calls that agents talk in: found in the state, moved, rung and ended.

The citizen's leg is moved, never replaced: our call id and the recording hang on it. Whatever more
than two people talk in is a room named by the call. Nothing here tells a page that something is so:
Asterisk's events do.
"""

import asyncio
from collections.abc import Callable, Iterable, Iterator, Mapping, Set
from contextlib import contextmanager
from datetime import datetime
from uuid import UUID

import structlog

from cti.ami import AmiLink
from cti.directory import Kind, Target
from cti.errors import AmiRefusedError, NotNowError
from cti.events import Leg
from cti.live import LiveState
from cti.originate import OriginateCommand, OriginateReply
from cti.ports import EndPause
from cti.rung import Rung
from cti.state import LiveCall, State, is_outbound
from cti.views import AgentStatus
from cti.why import Why
from db.ids import new_id
from dialplans import names

_log = structlog.get_logger(__name__)
_RING_MS = 30_000
_CHANGE_SECONDS = (
    15.0  # a change is three actions at most, each of which Asterisk has 5 s to answer
)
_BETWEEN_KEYS = 0.08  # ITU-T Q.24 asks for 65 ms, and equal keys must not become one
_NOT_THERE = frozenset({"UNAVAILABLE", "INVALID"})  # a telephone's device state
HANDED_ON = "handed on"  # who ended a pause: nobody did


class Legs:
    """What moves or rings raises an `AmiError` when Asterisk does not do it.

    `caller_id`: what third parties are shown when we ring them. `on_hold`: calls whose citizen
    waits while somebody is asked. `rung`: legs that were asked for.
    """

    def __init__(
        self,
        link: AmiLink,
        live: LiveState,
        end_pause: EndPause,
        *,
        caller_id: str,
        now: Callable[[], datetime],
    ) -> None:
        self._link = link
        self.end_pause = end_pause
        self._live = live
        self._caller_id = caller_id
        self._now = now
        self.on_hold: set[UUID] = set()
        self.rung = Rung(lambda: live.state, now)
        self._changing: dict[UUID, asyncio.Event] = {}
        self._sent_out: set[str] = set()  # citizens' legs: no event may have told of it yet

    @property
    def state(self) -> State:
        """What is live now."""
        return self._live.state

    @property
    def inside(self) -> Set[str]:
        """Legs in their call's room."""
        return self._live.state.inside

    def free(self, agent_id: str) -> bool:
        """Whether this agent is ready for a call."""
        return self._live.view(agent_id).status is AgentStatus.READY

    def mine(self, agent_id: str) -> LiveCall:
        """The call that this agent is in. Raises `NotNowError`."""
        view = self._live.view(agent_id)
        call = self.state.calls.get(view.call_id) if view.call_id else None
        if call is None or view.status is not AgentStatus.IN_CALL:
            raise NotNowError(Why.IN_NO_CALL)
        return call

    def with_citizen(self, agent_id: str) -> LiveCall:
        """The call with a citizen that is this agent's. Raises `NotNowError`."""
        call = self.mine(agent_id)
        if call.citizen_leg is None:
            raise NotNowError(Why.CITIZEN_GONE)
        if call.agent_id != agent_id:
            raise NotNowError(Why.OTHERS_CALL)
        self.has_come(call)
        return call

    def has_come(self, call: LiveCall) -> None:
        """Raises `NotNowError` while a citizen whom an agent calls rings, or hears the notice: who
        is moved then would come to nobody, unrecorded.
        """
        leg = self.state.legs.get(call.citizen_leg or "")
        if (
            leg is None
            or not is_outbound(leg)
            or not (call.agent_leg or "").startswith(names.SIDE_LEG)
        ):
            return  # agents of whose telephone a queue or Dial has made a call have them
        moved = self.waits(call) or call.awaited is not None or leg.channel_id in self._sent_out
        if leg.channel_id not in self.inside and not moved:
            raise NotNowError(Why.CITIZEN_GONE)

    def waits(self, call: LiveCall) -> bool:
        """Whether the citizen is on hold."""
        return call.id in self.on_hold

    def none_beside(self, call: LiveCall) -> None:
        """Raises `NotNowError` while somebody is asked, or on their way into the room."""
        if self.everybody_beside(call) or self.waits(call):
            raise NotNowError(Why.ASKED_ALREADY)

    def rings(self, leg: str) -> bool:
        """Whether a leg that we asked for is there or may come yet; not one that was given up."""
        return leg in self.rung.sides and (leg in self.state.legs or self.rung.may_come(leg))

    def was_rung(self, call: LiveCall, target: Target) -> bool:
        """Whether this very target rings for the call, or has come into it, by what we asked."""
        return self.rung.was(self.everybody_beside(call), target)

    @contextmanager
    def changing(self, call: LiveCall) -> Iterator[None]:
        """One at a time moves or adds legs of a call: the second would undo what the first does.

        Raises `NotNowError`.
        """
        if call.id in self._changing:
            raise NotNowError(Why.ASKED_ALREADY)
        over = self._changing[call.id] = asyncio.Event()
        try:
            yield
        finally:
            del self._changing[call.id]
            over.set()

    async def unchanging(self, call: LiveCall, patience: float = _CHANGE_SECONDS) -> None:
        """Until nobody moves or adds legs of it: for what should not be refused.

        Raises `NotNowError` after `patience` s.
        """
        try:
            async with asyncio.timeout(patience):
                while (over := self._changing.get(call.id)) is not None:
                    await over.wait()
        except TimeoutError:
            raise NotNowError(Why.ASKED_ALREADY) from None

    def alone(self, call: LiveCall) -> bool:
        """Whether the citizen is in the room, and nobody else is there or on their way."""
        return self.left(call) and not self.everybody_beside(call)

    def left(self, call: LiveCall) -> bool:
        """Whether the citizen is in the room, and nobody has them; somebody may ring."""
        there = call.citizen_leg in self.inside and call.citizen_leg not in self._sent_out
        return there and not call.agent_leg and not self.answered_beside(call)

    def everybody_beside(self, call: LiveCall) -> list[str]:
        """As `beside`, and legs of which no event has told yet."""
        return [*self.beside(call), *self.rung.coming(call.id)]

    def beside(self, call: LiveCall) -> list[str]:
        """Legs that are neither the citizen's nor of the agent who has the call."""
        return [
            leg.channel_id
            for leg in self.state.legs.values()
            if leg.call_id == call.id and not leg.citizen and leg.channel_id != call.agent_leg
        ]

    def thirds(self, call: LiveCall, agent_id: str | None) -> list[str]:
        """Of them, those that are not this agent's, who may be on their way back."""
        legs = self.state.legs
        return [leg for leg in self.beside(call) if legs[leg].agent_id != agent_id or not agent_id]

    def answered_beside(self, call: LiveCall) -> list[str]:
        """Of them, those in the room."""
        return [leg for leg in self.beside(call) if leg in self.inside]

    def in_room(self, call: LiveCall) -> list[str]:
        """Whoever talks in the room without the citizen, or with them."""
        return [
            leg.channel_id
            for leg in self.state.legs.values()
            if leg.call_id == call.id
            and not leg.citizen
            and leg.channel_id in self.inside
            and leg.channel_id not in self.state.spent
        ]

    def who(self, leg_id: str) -> str:
        """Who is on a leg beside the citizen's: an agent, or somebody outside; as a target."""
        leg = self.state.legs.get(leg_id)
        return who_is(leg) if leg else str(Kind.NUMBER)

    def holds_found(self, legs: Set[str]) -> None:
        """Citizens' legs that Asterisk says are on hold, and who is beside a citizen: of a server
        before us, too.
        """
        state = self.state
        for one in state.legs.values():
            if one.call_id is not None and one.channel_id.startswith(names.SIDE_LEG):
                self.rung.sides.setdefault(one.channel_id, one.call_id)
        self._sent_out -= state.inside
        self.on_hold |= {leg.call_id for id in legs if (leg := state.legs.get(id)) and leg.call_id}
        self.on_hold -= {
            call.id for call in state.calls.values() if call.citizen_leg in state.waiting
        }

    async def keep(self, call: LiveCall, agent_id: str, context: str) -> None:
        """The citizen waits there for an agent whose telephone was lost."""
        await self.set_variable(call, names.VAR_WAITS_FOR, agent_id)
        self._live.await_agent(call.id, agent_id)  # first: their leg may end with the move
        try:
            await self.move_citizen(call, context, names.EXTEN_START)
        except AmiRefusedError:
            self._live.await_agent(call.id, None)
            raise

    def came_in(self, call: LiveCall) -> None:
        """By the dialplan: nobody came for them, and they are with whoever is in the room."""
        self.on_hold.discard(call.id)
        self._sent_out.discard(call.citizen_leg or "")

    def joined(self, call: LiveCall) -> None:
        """The citizen is in the room. On hold, and not just being put there: the dialplan has
        waited for long enough.
        """
        if self.waits(call) and call.id not in self._changing:
            self.came_in(call)

    async def part(self, call: LiveCall, context: str) -> None:
        """The agent into the room, the citizen to `context`.

        Of two who are in it the agent comes in anew: else they would be sent away with the citizen.
        """
        if call.agent_leg in self.inside and call.citizen_leg not in self.inside:
            await self.move_citizen(call, context, names.EXTEN_START)
            return
        with self._moved(call, context):
            await self._act(
                "Redirect", Channel=call.citizen_leg or "", Context=context,
                Exten=names.EXTEN_START, Priority="1", ExtraChannel=call.agent_leg or "",
                ExtraContext=names.CONTEXT_DESK_SIDE, ExtraExten=names.EXTEN_START,
                ExtraPriority="1",
            )  # fmt: skip

    async def move_citizen(self, call: LiveCall, context: str, exten: str) -> None:
        """Only the citizen: into the room, or out of it or of a conversation that ends with it."""
        with self._moved(call, context):
            await self._act(
                "Redirect",
                Channel=call.citizen_leg or "",
                Context=context,
                Exten=exten,
                Priority="1",
            )

    async def hand_over(self, call: LiveCall, context: str, exten: str) -> None:
        """The citizen to somebody else, off hold: who asked gets them back no more."""
        waits = self.waits(call)
        self.on_hold.discard(call.id)
        try:
            await self.move_citizen(call, context, exten)
        except AmiRefusedError:
            if waits:
                self.on_hold.add(call.id)
            raise

    @contextmanager
    def _moved(self, call: LiveCall, context: str) -> Iterator[None]:
        """Where the citizen is, from the moment on that Asterisk is told."""
        leg = {call.citizen_leg or ""}
        self._sent_out &= self.state.legs.keys()
        into_room = context == names.CONTEXT_DESK_CITIZEN
        self._sent_out = self._sent_out - leg if into_room else self._sent_out | leg
        try:
            yield
        except AmiRefusedError:
            self._sent_out -= leg
            raise

    async def rejoin(self, call: LiveCall) -> None:
        """The citizen into the room, off hold."""
        self.on_hold.discard(call.id)
        await self.move_citizen(call, names.CONTEXT_DESK_CITIZEN, names.EXTEN_START)

    async def together(self, call: LiveCall) -> None:
        """Agent and citizen talk in the room, wherever either of them was left."""
        self.on_hold.discard(call.id)
        await self.part(call, names.CONTEXT_DESK_CITIZEN)

    async def to_emergency(self, call: LiveCall, code: str) -> bool:
        """The citizen, who was left in the room, to this service by the dialplan; to the next where
        it does not answer. False: somebody has come in meanwhile.
        """
        await self.end_pause(call.id, HANDED_ON)
        now = self.state.calls.get(call.id)
        if now is None or not self.left(now):
            return False
        await self.move_citizen(call, names.CONTEXT_EMERGENCY, code)
        return True

    async def back_to_queue(self, call: LiveCall) -> None:
        """The citizen to the agents again, before those who came later."""
        self.on_hold.discard(call.id)
        await self.end_pause(call.id, HANDED_ON)
        await self.move_citizen(call, names.CONTEXT_BACK, names.EXTEN_START)

    async def ring(
        self,
        call: LiveCall,
        target: Target,
        variables: Mapping[str, str] | None = None,
        *,
        exten: str = names.EXTEN_START,
    ) -> str:
        """Ring somebody into the call's room; the id of the leg. Raises `NotNowError`.

        `variables`: of a supervisor's leg, whom nobody called.
        """
        match target.kind:
            case Kind.AGENT:
                channel = names.agent_interface(target.value)
            case Kind.NUMBER:
                channel = names.dial_trunk(target.value)
                if target.contact is not None:
                    channel = names.dial_contact(target.value, target.contact)
            case Kind.QUEUE:
                raise NotNowError(Why.QUEUE_NOT_ASKED)
        command = OriginateCommand(
            channel_id=new_id(self._now()),
            channel=channel,
            context=names.CONTEXT_DESK_SIDE,
            exten=exten,
            caller_id=self._caller_id,
            timeout_ms=_RING_MS,
            variables={f"__{names.VAR_CALL}": str(call.id), **(variables or {})},
            side=True,
            told=call.id if target.kind is Kind.AGENT else None,
        )
        self.rung.ask(command.leg_id, call.id, target if variables is None else None)
        if await self._link.originate(command) is OriginateReply.REFUSED:
            self.rung.refused(command.leg_id)
            raise NotNowError(Why.CANNOT_BE_CALLED)
        return command.leg_id

    async def can_ring(self, phone: str) -> bool:
        """Whether a call can ring at this telephone, by Asterisk's word; in doubt it can.

        An Originate is answered before anything rings: it does not tell.
        """
        state = f"DEVICE_STATE({names.agent_interface(phone)})"
        reply = await self._link.action("Getvar", {"Variable": state})
        return reply.fields.get("value") not in _NOT_THERE

    async def spy(self, mode: str, phone: str, leg: str, variables: Mapping[str, str]) -> str:
        """Ring a telephone that then hears `leg`; the leg that rings. Raises `NotNowError`."""
        command = OriginateCommand(
            channel_id=new_id(self._now()),
            channel=names.agent_interface(phone),
            context=names.CONTEXT_DESK_SPY,
            exten=mode,
            caller_id=self._caller_id,
            timeout_ms=_RING_MS,
            variables={names.VAR_SPY: leg, **variables},
            side=True,
        )
        if await self._link.originate(command) is OriginateReply.REFUSED:
            raise NotNowError(Why.YOUR_PHONE_NOT_CALLED)
        return command.leg_id

    async def set_variable(self, call: LiveCall, name: str, value: str) -> None:
        """On the citizen's leg."""
        await self._act("Setvar", Channel=call.citizen_leg or "", Variable=name, Value=value)

    async def press(self, leg: str, keys: str) -> None:
        """Send keys into a leg, each apart from the next: Asterisk answers when it is over, and who
        hears tones needs a pause between them.
        """
        for key in keys:
            await self._act("PlayDTMF", Channel=leg, Digit=key)
            await asyncio.sleep(_BETWEEN_KEYS)

    async def give_up(self, legs: Iterable[str]) -> None:
        """End these, whether they are there or come yet."""
        legs = list(legs)
        self.rung.give_up(legs)
        for leg in legs:
            await self.hang_up(leg)

    async def hang_up(self, leg: str) -> None:
        """End a leg, which may be gone already."""
        try:
            await self._act("Hangup", Channel=leg, Cause="16")
        except AmiRefusedError:
            _log.debug("leg was gone already", leg=leg)

    async def _act(self, name: str, **fields: str) -> None:
        reply = await self._link.action(name, fields)
        if not reply.ok:
            raise AmiRefusedError(name, reply.message)


def who_is(leg: Leg) -> str:
    """As a target: an agent, or somebody outside."""
    return f"{Kind.AGENT}:{leg.agent_id}" if leg.agent_id else str(Kind.NUMBER)


def leg_of(call: LiveCall, agent_id: str) -> str:
    """The leg of an agent in this call."""
    if call.agent_id == agent_id and call.agent_leg is not None:
        return call.agent_leg
    return call.others[agent_id]
