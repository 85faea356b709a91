"""The agents at their desks: who is signed in, on which page, and which screen-pops stand open.

An agent is signed in from the first page on until they sign out, or until no page of theirs is
connected for the grace time: a reload or a short network lag must not throw anybody out.
"""

import asyncio
import contextlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

import structlog
from aiohttp import WSMsgType, web

from calls.store import set_popped
from cti.errors import AgentGoneError
from cti.pages import CLOSE_GONE, CLOSE_SIGNED_OUT, CLOSE_TAKEN_OVER, Message, Page, read
from cti.ports import Floor, History
from cti.refusals import refusal
from cti.under_way import UnderWay
from cti.why import Why
from cti.writes import Writes
from db.errors import AWAY, stop_if_cancelled
from db.ids import new_id
from db.pool import Connection, Pool
from db.statements import statements

_log = structlog.get_logger(__name__)
_ACQUIRE_SECONDS = 5.0
_MOST_POPS = 20
_COMMAND_SECONDS = 20.0


@dataclass(frozen=True, slots=True)
class Agent:
    """A row of `agent`."""

    id: str
    name: str
    queues: tuple[str, ...]


@dataclass(slots=True)
class _Pop:
    message: Message
    acknowledged: bool = False


@dataclass(slots=True)
class _Seat:
    """A signed-in agent. `lost_at` (loop time): since when no page is connected."""

    agent: Agent
    page: Page | None = None
    lost_at: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskSettings:
    """`grace` in seconds; `outgoing`: messages that a page may be behind."""

    cell: str
    grace: float = 30.0
    outgoing: int = 64


class Desk:
    """Pages come and go by `serve()`; `run()` ends the sessions of those who stay away."""

    def __init__(
        self,
        settings: DeskSettings,
        pool: Callable[[], Pool],
        writes: Writes,
        *,
        floor: Floor,
        members_changed: Callable[[], None],
        now: Callable[[], datetime],
    ) -> None:
        self._settings = settings
        self._pool = pool
        self._writes = writes
        self._floor = floor
        self._members_changed = members_changed
        self._now = now
        self._seats: dict[str, _Seat] = {}
        # Beside the seats: an agent may come back to a call that began before we knew them.
        self._pops: dict[str, dict[UUID, _Pop]] = {}
        self._under_way = UnderWay()
        self.pops = 0
        self.acknowledged = 0
        self.slow_pages = 0

    @property
    def signed_in(self) -> int:
        """Agents signed in."""
        return len(self._seats)

    @property
    def connected(self) -> int:
        """Agents with a page."""
        return sum(seat.page is not None for seat in self._seats.values())

    def is_away(self, agent_id: str) -> bool:
        """Whether the agent has no page now, but is signed in, or in a call that outlived that."""
        seat = self._seats.get(agent_id)
        return self._floor.talks(agent_id) if seat is None else seat.page is None

    def pop(self, agent_id: str, call_id: UUID, message: Message) -> None:
        """Show the caller: now, and again on each new page until the call leaves the agent."""
        self.pops += 1
        standing = self._pops.setdefault(agent_id, {})
        if len(standing) >= _MOST_POPS:
            standing.pop(next(iter(standing)))
        standing[call_id] = _Pop(message)
        self._send(agent_id, message)

    def tell(self, agent_id: str, message: Message, *, ends: UUID | None = None) -> None:
        """Any other message; `ends`: the screen-pop of this call does not stand any more."""
        if ends is not None and (standing := self._pops.get(agent_id)) is not None:
            standing.pop(ends, None)
            if not standing:
                del self._pops[agent_id]
        self._send(agent_id, message)

    def sign_out(self, agent_id: str) -> bool:
        """By a supervisor; whether the agent was signed in. Their call, if any, goes on."""
        seat = self._seats.get(agent_id)
        if seat is not None:
            self._sign_out(seat)
        return seat is not None

    def follow(self, roster: Mapping[str, Agent]) -> None:
        """Who works here is different. Who is signed in and not there any more is told so."""
        for agent_id, seat in list(self._seats.items()):
            if (agent := roster.get(agent_id)) is None:
                self._sign_out(seat, CLOSE_GONE, "not an agent any more")
            else:
                seat.agent = agent

    def serving(self) -> dict[str, Agent]:
        """Who is signed in."""
        return {id: seat.agent for id, seat in self._seats.items()}

    async def agent(self, agent_id: str) -> Agent | None:
        """Who this is; None: nobody of this cell.

        Raises `AgentGoneError` or one of `db.errors.AWAY`, but never for an agent who is signed
        in.
        """
        if (seat := self._seats.get(agent_id)) is not None:
            return seat.agent
        async with self._pool().acquire(timeout=_ACQUIRE_SECONDS) as conn:
            row = await statements().cti_agent(conn, id=agent_id, cell=self._settings.cell)
        if row is not None and row["gone"]:
            raise AgentGoneError(agent_id)
        return None if row is None else Agent(row["id"], row["name"], tuple(row["queues"]))

    async def serve(
        self,
        agent: Agent,
        socket: web.WebSocketResponse,
        request: web.Request,
        told: Message | None = None,
    ) -> None:
        """The life of one page. A newer page of the same agent takes over.

        `told`: what its `hello` has beside what the floor says.
        """
        page = Page(agent.id, socket, request, self._settings.outgoing)
        self._seat(agent, page, told or {})
        writer = asyncio.create_task(page.write(), name=f"page of agent {agent.id}")
        try:
            async for message in socket:
                if message.type is WSMsgType.TEXT:
                    self._received(agent, page, message.data)
        finally:
            self._left(agent.id, page)  # first: this task may be cancelled at any await
            writer.cancel()
            await asyncio.gather(writer, return_exceptions=True)

    async def run(self) -> None:
        """Sign out those who stay away too long, until cancelled."""
        try:
            await self._resume()
            await self._watch()
        finally:
            await self._under_way.end()

    async def _watch(self) -> None:
        while True:
            await asyncio.sleep(min(1.0, self._settings.grace / 4))
            latest = asyncio.get_running_loop().time() - self._settings.grace
            for seat in list(self._seats.values()):
                away = seat.page is None and seat.lost_at <= latest
                # Who talks is there: a lost network ends neither the call nor what follows it.
                if away and not self._floor.talks(seat.agent.id):
                    _log.info("agent stayed away, signed out", agent=seat.agent.id)
                    self._sign_out(seat)

    async def _resume(self) -> None:
        """Whoever was signed in when we stopped has the grace time to come back."""
        while True:
            try:
                async with self._pool().acquire(timeout=_ACQUIRE_SECONDS) as conn:
                    rows = statements().cti_signed_in(conn, cell=self._settings.cell)
                    agents = [Agent(r["id"], r["name"], tuple(r["queues"])) async for r in rows]
                break
            except AWAY as error:
                stop_if_cancelled()
                _log.warning("open sessions not read yet", error=repr(error))
                await asyncio.sleep(1.0)
        lost_at = asyncio.get_running_loop().time()
        for agent in agents:
            self._seats.setdefault(agent.id, _Seat(agent, lost_at=lost_at))

    def _seat(self, agent: Agent, page: Page, told: Message) -> None:
        signs_in = agent.id not in self._seats
        seat = self._seats.setdefault(agent.id, _Seat(agent))
        if seat.page is not None:
            seat.page.close(CLOSE_TAKEN_OVER, "another page took over")
        seat.page = page
        job = partial(_write_sign_in, agent.id, self._now())
        self._writes.add("sign in", job, agent_id=agent.id, written=self._members_changed)
        if signs_in:
            self._floor.signed_in(agent.id)  # what it writes belongs to that session
        about = {"agent": agent.id, "name": agent.name, "queues": agent.queues}
        page.send({"type": "hello", **about, **told, **self._floor.hello(agent.id)})
        for pop in self._pops.get(agent.id, {}).values():
            page.send(pop.message)

    def _left(self, agent_id: str, page: Page) -> None:
        self.slow_pages += page.dropped
        seat = self._seats.get(agent_id)
        if seat is not None and seat.page is page:
            seat.page = None
            seat.lost_at = asyncio.get_running_loop().time()

    def _received(self, agent: Agent, page: Page, text: str) -> None:
        seat = self._seats.get(agent.id)
        if seat is None or seat.page is not page:
            return  # taken over or signed out: only the newest page counts
        match read(text):
            case {"type": "ack", "call": str(call)}:
                self._acknowledge(seat, call)
            case {"type": "ping"}:
                page.send({"type": "pong"})
            case {"type": "sign_out"}:
                self._sign_out(seat)
            case {"type": str(type), "id": str() | int()} as asked:
                self._begin(agent.id, page, type, asked)
            case _:
                page.send({"type": "error", "message": "not a message that we know"})

    def _begin(self, agent_id: str, page: Page, type: str, asked: Mapping[str, Any]) -> None:
        """One command of a page."""
        if not self._under_way.has_room(agent_id, type):
            page.send(refusal(asked, Why.TOO_MUCH_AT_ONCE))
            return
        self._under_way.begin(agent_id, type, self._answer(agent_id, page, type, asked))

    async def _answer(self, agent_id: str, page: Page, type: str, asked: Mapping[str, Any]) -> None:
        try:
            async with (
                asyncio.timeout(_COMMAND_SECONDS),
                self._under_way.turn(agent_id, type),
            ):
                page.send(await self._floor.command(agent_id, asked))
        except TimeoutError:
            page.send(refusal(asked, Why.NOT_IN_TIME))
        except Exception:  # a fault of ours is told to the page and does not end the desk
            _log.exception("command failed", agent=agent_id, type=type[:40])
            page.send(refusal(asked, Why.FAULT))

    def _acknowledge(self, seat: _Seat, call: str) -> None:
        with contextlib.suppress(ValueError):
            call_id = UUID(call)
            pop = self._pops.get(seat.agent.id, {}).get(call_id)
            if pop is not None and not pop.acknowledged:
                pop.acknowledged = True
                self.acknowledged += 1
                job = partial(set_popped, call_id=call_id, at=self._now())
                self._writes.add("screen-pop acknowledged", job, call_id=call_id)

    def _sign_out(self, seat: _Seat, code: int = CLOSE_SIGNED_OUT, why: str = "signed out") -> None:
        self._seats.pop(seat.agent.id, None)
        self._floor.signed_out(seat.agent.id)
        if seat.page is not None:
            seat.page.close(code, why)
        job = partial(_write_sign_out, seat.agent.id, self._now())
        self._writes.add("sign out", job, agent_id=seat.agent.id, written=self._members_changed)

    def _send(self, agent_id: str, message: Message) -> None:
        seat = self._seats.get(agent_id)
        if seat is not None and seat.page is not None:
            seat.page.send(message)


async def _write_sign_in(agent_id: str, at: datetime, conn: Connection) -> None:
    await statements().cti_sign_in(conn, id=new_id(at), agent_id=agent_id, at=at)


async def _write_sign_out(agent_id: str, at: datetime, conn: Connection) -> None:
    await statements().cti_sign_out(conn, agent_id=agent_id, at=at)


def pop_message(
    call_id: UUID,
    queue: str,
    caller: str | None,
    offered_at: datetime,
    history: History | None,
    languages: Mapping[str, str],
) -> Message:
    """A screen-pop. `caller` is E.164, None when withheld; `history` None: not to be had now.

    `languages`: of queues. Its `language` is what was chosen in the call, or what who is known on
    the number speaks; None: not known.
    """
    return {
        "language": languages.get(queue) or (history or {}).get("language"),
        "type": "pop",
        "call": str(call_id),
        "queue": queue,
        "caller": caller,
        "offered_at": offered_at.isoformat(),
        "history": None if history is None else dict(history),
    }


def call_message(type: str, call_id: UUID, at: datetime) -> Message:
    """`pop_withdrawn`, `answered` or `released`."""
    return {"type": type, "call": str(call_id), "at": at.isoformat()}
