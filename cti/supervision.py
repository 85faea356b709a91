"""What a supervisor may do to agents and beside them: each is logged, listening with its reason."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import structlog

from cti.beside import Seat, Seats, words_of
from cti.control import Control
from cti.desk import Agent, Desk
from cti.directory import Directory
from cti.errors import AmiError, DeskError, NotAllowedError, NotNowError
from cti.help import HelpChat
from cti.live import LiveState
from cti.notices import DEFAULT, Notices
from cti.presence import Presence
from cti.refusals import refusal, refused_by
from cti.state import LiveCall
from cti.supervising import Supervisor
from cti.timeline import Timeline
from cti.views import AgentStatus
from cti.why import Why
from db.errors import AWAY
from db.ids import new_id
from db.pool import Connection, Pool
from db.statements import statements
from dialplans import names

_log = structlog.get_logger(__name__)
_ACQUIRE_SECONDS = 5.0
_LONGEST_REASON = 500
_NEED_A_REASON = frozenset(
    {"force_pause", "force_ready", "force_sign_out", "move", "listen", "whisper", "barge"}
)


class Supervision:
    """`answer()` carries out one message of a supervisor's page."""

    def __init__(
        self,
        live: LiveState,
        presence: Presence,
        timeline: Timeline,
        desk: Desk,
        control: Control,
        pool: Callable[[], Pool],
        directory: Directory,
        help_chat: HelpChat,
        notices: Notices,
        *,
        cell: str,
        members_changed: Callable[[], None],
        now: Callable[[], datetime],
    ) -> None:
        self._live = live
        self._presence = presence
        self._timeline = timeline
        self._desk = desk
        self._control = control
        self._pool = pool
        self._directory = directory
        self._help = help_chat
        self._notices = notices
        self._cell = cell
        self._members_changed = members_changed
        self._now = now
        self.seats = Seats(lambda: live.state, now)

    def signed_in(self) -> Mapping[str, Agent]:
        """Agents by id."""
        return self._desk.serving()

    async def answer(self, who: Supervisor, asked: Mapping[str, Any]) -> dict[str, Any]:
        """Never raises what is the page's, Asterisk's or the database's fault."""
        try:
            more = await self._carry_out(who, asked)
        except (DeskError, AmiError, *AWAY) as error:
            return refused_by(asked, error, who.actor)
        if more is None:
            return refusal(asked, Why.UNKNOWN_MESSAGE)
        return {"type": "answer", "id": asked["id"], "ok": True} | dict(more)

    async def _carry_out(
        self, who: Supervisor, asked: Mapping[str, Any]
    ) -> Mapping[str, Any] | None:
        """What the answer has beside `ok`; None: no such command."""
        more: Mapping[str, Any] = {}
        match asked:
            case {
                "type": "force_pause" | "force_ready" | "force_sign_out" as what,
                "agent": str(agent),
                "reason": str(reason),
            }:
                await self._force(who, what, agent, _why(reason))
            case {"type": "move", "agent": str(agent), "queues": list(queues), "reason": str(why)}:
                await self._move(who, agent, queues, _why(why), asked.get("from"))
            case {"type": "broadcast", "queue": str(queue), "text": str(text)}:
                more = await self._broadcast(who, queue, text, asked)
            case {"type": "help_history", "agent": str(agent)}:
                return {"messages": await self._help.history(agent, who)}
            case {"type": "help" | "help_take" | "help_close", "agent": str(agent)}:
                await self._help_with(who, agent, asked)
            case {
                "type": "listen" | "whisper" | "barge" as mode,
                "agent": str(agent),
                "reason": str(reason),
            }:
                phone = await self._phone(who, agent, asked.get("phone"))
                await self._beside(who, mode, agent, phone, _why(reason))
            case {"type": "leave", "agent": str(agent)}:
                await self._leave(who, agent)
            case {"type": str(what)} if what in _NEED_A_REASON:
                raise NotAllowedError(Why.SAY_WHY)
            case _:
                return None
        _log.info("supervisor acted", supervisor=who.actor, what=asked["type"])
        return more

    async def _help_with(self, who: Supervisor, agent: str, asked: Mapping[str, Any]) -> None:
        """What an agent asks, of whichever cell: the log is one."""
        match asked:
            case {"type": "help", "text": str(text)}:
                await self._help.answer(who, agent, text)
            case {"type": "help_take", "seen": str(seen)}:
                await self._help.take(who, agent, seen)
            case {"type": "help_close"}:
                await self._help.close(who, agent)
            case _:
                raise NotAllowedError(Why.SOMETHING_MISSING)

    async def _force(self, who: Supervisor, what: str, agent: str, reason: str) -> None:
        """Pause, make ready or sign out: written down first."""
        self._mine(who, agent)
        async with self._pool().acquire(timeout=_ACQUIRE_SECONDS) as conn:
            await self._note(conn, who, what, f"agent:{agent}", reason)
        match what:
            case "force_pause":
                self._presence.force_pause(agent)
            case "force_ready":
                self._presence.force_ready(agent)
            case _:
                self._desk.sign_out(agent)

    def _mine(self, who: Supervisor, agent_id: str) -> Sequence[str]:
        """The agent's queues. An agent is whose who supervise one of them."""
        if agent_id not in self._desk.serving():
            raise NotNowError(Why.AGENT_SIGNED_OUT)
        queues = self._queues_of(agent_id)
        if not who.sees(queues):
            raise NotAllowedError(Why.NOT_YOUR_QUEUE)
        return queues

    def _queues_of(self, agent_id: str) -> Sequence[str]:
        """As Asterisk has them; before it has them, where the agent belongs."""
        joined = [queue for queue, agent in self._live.state.members if agent == agent_id]
        seated = self._desk.serving().get(agent_id)
        return joined or (list(seated.queues) if seated else [])

    async def _move(
        self, who: Supervisor, agent: str, queues: list[Any], reason: str, seen: object
    ) -> None:
        """From and to queues that are all theirs. `seen`: the agent's queues as the page had them:
        whoever moved them meanwhile is not overruled unawares.
        """
        present = self._mine(who, agent)
        if not queues or not all(queue in self._directory.queues for queue in queues):
            raise NotAllowedError(Why.NO_SUCH_QUEUE)
        if not who.may([*present, *queues]):
            raise NotAllowedError(Why.NOT_YOUR_QUEUE)
        target = sorted(set(queues))
        async with self._pool().acquire(timeout=_ACQUIRE_SECONDS) as conn, conn.transaction():
            held = await statements().desk_queues_held(conn, agent_id=agent, cell=self._cell)
            if held is None:
                raise NotNowError(Why.AGENT_SIGNED_OUT)
            if isinstance(seen, list) and set(held) & self._directory.queues != set(map(str, seen)):
                raise NotNowError(Why.MOVED_MEANWHILE)
            if not who.may([*held, *queues]):
                raise NotAllowedError(Why.NOT_YOUR_QUEUE)
            await self._note(conn, who, "move", f"agent:{agent}", reason, target)
            await statements().desk_move_agent(conn, agent_id=agent, queues=target, cell=self._cell)
        self._members_changed()

    async def _broadcast(
        self, who: Supervisor, queue: str, text: str, asked: Mapping[str, Any]
    ) -> Mapping[str, Any]:
        """`notice` in what is asked: another cell has written it down, and asks us to tell it."""
        if not queue or not who.may([queue]):
            raise NotAllowedError(Why.NOT_YOUR_QUEUE)
        match asked:
            case {"notice": str(id)}:
                told = await self._notices.written(UUID(id))
            case _ if queue not in self._directory.queues:
                raise NotAllowedError(Why.NO_SUCH_QUEUE)
            case {"hours": int(hours)}:
                told = await self._put_notice(who, queue, text, hours)
            case _:
                told = await self._put_notice(who, queue, text, DEFAULT)
        for agent in {agent for one, agent in self._live.state.members if one == told["queue"]}:
            self._desk.tell(agent, told)
        return {"notice": told["notice"]}

    async def _put_notice(
        self, who: Supervisor, queue: str, text: str, hours: int
    ) -> dict[str, Any]:
        async with self._pool().acquire(timeout=_ACQUIRE_SECONDS) as conn, conn.transaction():
            told = await self._notices.put(conn, who, queue, text, hours)
            await self._note(conn, who, "broadcast", f"queue:{queue}", text)
        return told

    async def _note(
        self,
        conn: Connection,
        who: Supervisor,
        action: str,
        target: str,
        reason: str,
        queues: Sequence[str] = (),
    ) -> None:
        at = self._now()
        await statements().supervision_note(
            conn,
            id=new_id(at),
            actor=who.actor,
            action=action,
            target=target,
            reason=reason,
            queues=list(queues),
            at=at,
        )

    async def _phone(self, who: Supervisor, agent: str, named: object) -> str:
        """Their own telephone, or the one that they name: never one that an agent works with, nor
        one where nothing can ring, as a browser's that is not signed in.
        """
        phone = who.phone or named
        if not isinstance(phone, str) or phone not in self._directory.agents or phone == agent:
            raise NotAllowedError(Why.NO_SUCH_PHONE)
        if phone != who.phone and phone in self._desk.serving():
            raise NotAllowedError(Why.PHONE_IN_USE)
        if not await self._control.can_ring(phone):
            raise NotNowError(Why.PHONE_AWAY)
        return phone

    async def _beside(
        self, who: Supervisor, mode: str, agent: str, phone: str, reason: str
    ) -> None:
        """Ring the supervisor's telephone and put it beside the agent: written down first."""
        call = self._call_of(agent)
        if not who.sees(self._queues_of_call(call, agent)):
            raise NotAllowedError(Why.NOT_YOUR_QUEUE)
        seat = self.seats.take(call.id, agent, who, mode)
        try:
            async with self._pool().acquire(timeout=_ACQUIRE_SECONDS) as conn:
                log, target = self._control.log, f"agent:{agent}"
                await log.written(conn, call.id, who.actor, mode, target, reason)
            call = self._call_of(agent, of=call.id)
            leg = call.agent_leg if call.agent_id == agent else call.others[agent]
            for one in self.seats.earlier(seat):
                await self._control.leave(one.leg)
                self.seats.leave(one)
            told = {names.VAR_BESIDE: words_of(seat)}
            if mode == "barge":
                seat.leg = await self._control.barge(call, phone, told)
            else:
                seat.leg = await self._control.spy(mode, phone, leg or "", told)
        finally:
            if seat.leg is None:
                self.seats.leave(seat)

    def queues_beside(self, seat: Seat) -> Sequence[str]:
        """One of these has to be theirs who sit there; empty: none is known."""
        return self._queues_of_call(self._live.state.calls.get(seat.call_id), seat.agent)

    def _queues_of_call(self, call: LiveCall | None, agent: str) -> Sequence[str]:
        return [call.queue] if call is not None and call.queue else self._queues_of(agent)

    def _call_of(self, agent: str, of: UUID | None = None) -> LiveCall:
        """The call that this agent is in. Raises `NotNowError` for none, or another one."""
        view = self._live.view(agent)
        call = self._live.state.calls.get(view.call_id) if view.call_id else None
        if call is None or view.status is not AgentStatus.IN_CALL or of not in (None, call.id):
            raise NotNowError(Why.AGENT_IN_NO_CALL)
        return call

    async def _leave(self, who: Supervisor, agent: str) -> None:
        """End what they do beside this agent, as if they had hung up."""
        mine = self.seats.at(agent, who.actor)
        if not mine:
            raise NotNowError(Why.NOT_BESIDE)
        for seat in mine:
            await self._control.leave(seat.leg)
            self.seats.leave(seat)


def _why(reason: str) -> str:
    """Raises `NotAllowedError` for no reason at all."""
    if not reason.strip() or "\0" in reason:
        raise NotAllowedError(Why.SAY_WHY)
    return reason.strip()[:_LONGEST_REASON]
