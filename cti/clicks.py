"""An agent calls a complaint's citizen, or to whom a call is owed: the agent's telephone first.

One click is one call: its key is a row, written with the call's row before anything rings.
"""

import asyncio
from collections.abc import Callable, Set
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from uuid import UUID

import asyncpg
import structlog

from calls import owed
from calls.errors import CallbackUnderWayError
from calls.model import Outcome
from calls.store import end_if_open, open_outbound
from complaints.followup import TaskToCall, take_task, task_to_call
from complaints.number import normalise
from cti.ami import AmiLink
from cti.errors import AmiError, NotAllowedError, NotNowError, Reason
from cti.guard import DialGuard
from cti.live import LiveState
from cti.originate import OriginateCommand, OriginateReply
from cti.pages import Message
from cti.rung import COMES_WITHIN
from cti.state import State
from cti.views import AgentStatus
from cti.why import Why
from cti.writes import Writes
from db.ids import new_id
from db.pool import Connection, Pool
from db.statements import statements
from dialplans import names

_log = structlog.get_logger(__name__)
_ACQUIRE_SECONDS = 5.0
_AGENT_RING_MS = 25_000
_CITIZEN_RING_MS = 45_000
_LOOK_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Click:
    """A call that waits for its agent to answer."""

    call_id: UUID
    agent_id: str
    number: str


@dataclass(frozen=True, slots=True)
class _Calling:
    """A citizen whose leg was asked for, and the agent's leg that waits for it."""

    click: Click
    agent_leg: str
    at: datetime


class Clicks:
    """`call()` asks for it; `agent_joined` and `agent_gone` say what became of the agent's leg.
    `run()` belongs to a supervisor.

    `to_agent` is set by whoever joins the parts.
    """

    def __init__(
        self,
        link: AmiLink,
        live: LiveState,
        pool: Callable[[], Pool],
        writes: Writes,
        guard: DialGuard,
        *,
        cell: str,
        caller_id: str,
        now: Callable[[], datetime],
    ) -> None:
        self._link = link
        self._live = live
        self._pool = pool
        self._writes = writes
        self._guard = guard
        self._cell = cell
        self._caller_id = caller_id
        self._now = now
        self._waiting: dict[str, Click] = {}  # by the agent's leg
        self._asked: dict[str, datetime] = {}  # when each of them was asked for
        self._called: dict[UUID, Click] = {}
        self._calling: dict[UUID, _Calling] = {}  # of which nothing was heard yet
        self._in_vain: set[str] = set()  # agents' legs, in a room into which nobody comes
        self.to_agent: Callable[[str, Message], None] = lambda _agent, _message: None

    async def call_task(self, agent_id: str, key: UUID, complaint: str) -> UUID:
        """As `call`, where an agent is to ask its citizen: the task is this agent's for a while.

        Raises `NoTaskError` and `TaskTakenError` of the complaints besides.
        """
        return await self.call(agent_id, key, complaint, task=True)

    async def call(self, agent_id: str, key: UUID, complaint: str, *, task: bool = False) -> UUID:
        """Our call's id; of a click that was seen before, that one's.

        Raises a `DeskError`, or one of `db.errors.AWAY`: then nothing rings.
        """
        async with self._pool().acquire(timeout=_ACQUIRE_SECONDS) as conn:
            seen = await statements().desk_called(conn, key=key)
            if seen is not None:
                return _same_agents(seen, agent_id)
            self._free(agent_id)
            click, complaint_id = await self._click(conn, agent_id, complaint)
            to_do = None
            if task:
                to_do = await task_to_call(conn, complaint_id, agent_id, self._now())
            number = await self._guard.number(conn, agent_id, click.number)
            click = replace(click, number=number)
            self._free(agent_id)
            try:
                await self._write(conn, key, click, complaint_id, to_do)
            except (asyncpg.UniqueViolationError, CallbackUnderWayError):
                if (seen := await statements().desk_called(conn, key=key)) is None:
                    raise NotNowError(Why.CALLED_BY_US) from None
                return _same_agents(seen, agent_id)
        self._called[click.call_id] = click
        await self._ring_agent(click)
        return click.call_id

    async def call_back(self, agent_id: str, key: UUID, left_call: UUID) -> UUID:
        """The same for a number to which a call is owed: this agent has to have taken it.

        Raises a `CallbackError` besides.
        """
        async with self._pool().acquire(timeout=_ACQUIRE_SECONDS) as conn:
            seen = await statements().callbacks_clicked(conn, key=key)
            if seen is not None:
                return _same_agents(seen, agent_id)
            self._free(agent_id)
            owed_to = await owed.number_to_call(conn, left_call, agent_id, self._now())
            number = await self._guard.number(conn, agent_id, owed_to)
            click = Click(new_id(self._now()), agent_id, number)
            self._free(agent_id)
            try:
                await self._write_back(conn, key, click, left_call, owed_to)
            except CallbackUnderWayError:
                if (seen := await statements().callbacks_clicked(conn, key=key)) is None:
                    raise
                return _same_agents(seen, agent_id)
        self._called[click.call_id] = click
        await self._ring_agent(click)
        return click.call_id

    @property
    def waiting(self) -> Set[str]:
        """Agents' legs that we ring, of calls whose citizen is not called yet."""
        return self._waiting.keys()

    def calls_now(self, before: State, after: State) -> list[UUID]:
        """Calls whose citizen's leg has just begun."""
        return [
            id
            for id in self._called
            if (call := after.calls.get(id)) is not None
            and call.citizen_leg is not None
            and ((was := before.calls.get(id)) is None or was.citizen_leg is None)
        ]

    async def agent_joined(self, leg_id: str) -> None:
        """The agent is in the room: the citizen is called."""
        click = self._waiting.pop(leg_id, None)
        if click is None:
            return
        command = OriginateCommand(
            channel_id=click.call_id,
            channel=names.dial_trunk(click.number),
            context=names.CONTEXT_DESK_OUTBOUND,
            exten=names.EXTEN_START,
            caller_id=self._caller_id,
            timeout_ms=_CITIZEN_RING_MS,
            variables={
                f"__{names.VAR_CALL}": str(click.call_id),
                names.VAR_AGENT: names.agent_interface(click.agent_id),
            },
        )
        self._calling[click.call_id] = calling = _Calling(click, leg_id, self._now())
        if await self._link.originate(command) is OriginateReply.REFUSED:
            self._nobody_comes(calling)

    def agent_gone(self, leg_id: str) -> None:
        """The agent did not answer, or hung up before the citizen was called."""
        click = self._waiting.pop(leg_id, None)
        if click is not None:
            self._end(click)
            self._tell_failed(click, Why.YOUR_PHONE_NOT_ANSWERED)

    def _nobody_comes(self, calling: _Calling) -> None:
        """The agent has answered, and is not left in silence."""
        self._end(calling.click)
        self._tell_failed(calling.click, Why.CANNOT_BE_CALLED)
        self._in_vain.add(calling.agent_leg)

    async def run(self) -> None:
        """Give up what never rang, until cancelled: an Originate may be lost with the link."""
        while True:
            await asyncio.sleep(_LOOK_SECONDS)
            self._give_up()
            for leg in list(self._in_vain):
                await self._let_go(leg)

    async def _let_go(self, leg: str) -> None:
        if not self._link.ready:
            return
        if leg in self._live.state.legs:
            try:
                await self._link.action("Hangup", {"Channel": leg, "Cause": "16"})
            except AmiError as error:
                _log.warning("agent's leg not ended yet", leg=leg, error=str(error))
                return
        self._in_vain.discard(leg)

    def _give_up(self) -> None:
        """Legs of which nothing was heard, and that no snapshot has shown: no event ends them."""
        if not self._link.ready:
            return
        late = self._now() - COMES_WITHIN
        for calling in list(self._calling.values()):
            if self._live.has_citizen(calling.click.call_id):
                del self._calling[calling.click.call_id]
            elif calling.at <= late:
                _log.warning("nothing was heard of a citizen's leg", leg=calling.click.call_id)
                self._nobody_comes(calling)
        self._asked = {leg: at for leg, at in self._asked.items() if leg in self._waiting}
        for leg, at in self._asked.items():
            if leg not in self._live.state.legs and at <= late:
                _log.warning("nothing was heard of an agent's leg", leg=leg)
                self.agent_gone(leg)

    def over(self, call_id: UUID) -> None:
        """The citizen's leg is gone."""
        self._called.pop(call_id, None)
        self._calling.pop(call_id, None)

    def _free(self, agent_id: str) -> None:
        self._give_up()
        ringing = any(click.agent_id == agent_id for click in self._waiting.values())
        status = self._live.view(agent_id).status
        if ringing or status in (AgentStatus.IN_CALL, AgentStatus.RINGING):
            raise NotNowError(Why.IN_A_CALL)
        if status is AgentStatus.SIGNED_OUT:
            raise NotNowError(Why.YOU_ARE_SIGNED_OUT)
        if status is AgentStatus.UNREACHABLE:
            raise NotNowError(Why.YOUR_PHONE_AWAY)
        if not self._link.ready:
            raise NotNowError(Why.NO_LINK)

    async def _click(self, conn: Connection, agent_id: str, complaint: str) -> tuple[Click, UUID]:
        digits = normalise(complaint)  # typed as it is read: with blanks, in Devanagari
        row = await statements().desk_complaint(conn, number=digits)
        if row is None:
            raise NotAllowedError(Why.NO_SUCH_COMPLAINT)
        return Click(new_id(self._now()), agent_id, row["contact"]), row["id"]

    async def _write(
        self,
        conn: Connection,
        key: UUID,
        click: Click,
        complaint_id: UUID,
        task: TaskToCall | None,
    ) -> None:
        at = self._now()
        async with conn.transaction():
            await self._open(conn, click, at)
            if task is not None:
                await take_task(conn, task, click.agent_id, at)
            await statements().desk_put_call(
                conn, key=key, call_id=click.call_id, agent_id=click.agent_id,
                complaint_id=complaint_id, at=at,
            )  # fmt: skip

    async def _write_back(
        self, conn: Connection, key: UUID, click: Click, left_call: UUID, owed_to: str
    ) -> None:
        at = self._now()
        async with conn.transaction():
            await self._open(conn, click, at)
            await owed.write_click(
                conn, left_call, click=click.call_id, number=owed_to, cell=self._cell,
                agent_id=click.agent_id, key=key, at=at,
            )  # fmt: skip

    async def _open(self, conn: Connection, click: Click, at: datetime) -> None:
        """Raises `CallbackUnderWayError`: somebody of ours is calling them, or talks with them."""
        opened = await open_outbound(
            conn, call_id=click.call_id, cell=self._cell, number=click.number,
            service_number=self._caller_id, at=at,
        )  # fmt: skip
        if not opened:
            raise CallbackUnderWayError

    async def _ring_agent(self, click: Click) -> None:
        command = OriginateCommand(
            channel_id=click.call_id,
            channel=names.agent_interface(click.agent_id),
            context=names.CONTEXT_DESK_SIDE,
            exten=names.EXTEN_START,
            caller_id=self._caller_id,
            timeout_ms=_AGENT_RING_MS,
            variables={f"__{names.VAR_CALL}": str(click.call_id)},
            side=True,
            told=click.call_id,
        )
        self._waiting[command.leg_id] = click
        self._asked[command.leg_id] = self._now()
        if await self._link.originate(command) is OriginateReply.REFUSED:
            self._waiting.pop(command.leg_id, None)
            self._end(click)
            raise NotNowError(Why.YOUR_PHONE_NOT_CALLED)

    def _tell_failed(self, click: Click, why: Why) -> None:
        """The page was told that it is called, and waits for it."""
        told = {"type": "call_failed", "call": str(click.call_id), "reason": Reason(why).told()}
        self.to_agent(click.agent_id, told)

    def _end(self, click: Click) -> None:
        self.over(click.call_id)
        job = partial(end_if_open, call_id=click.call_id, outcome=Outcome.FAILED, at=self._now())
        self._writes.add("click that came to nothing", job, call_id=click.call_id)


def _same_agents(seen: asyncpg.Record, agent_id: str) -> UUID:
    if seen["agent_id"] != agent_id:
        raise NotAllowedError(Why.OTHERS_KEY)
    call_id: UUID = seen["call_id"]
    return call_id
