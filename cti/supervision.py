"""What a supervisor may do to agents and beside them: each is logged, listening with its reason."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

import structlog

from cti.ami import AmiLink
from cti.control import Control
from cti.desk import Agent, Desk
from cti.directory import Directory
from cti.errors import AmiError, DeskError, NotAllowedError, NotNowError
from cti.help import HelpChat
from cti.live import LiveState
from cti.originate import OriginateCommand, OriginateReply
from cti.presence import Presence
from cti.timeline import Timeline
from cti.views import AgentStatus
from db.errors import AWAY, stop_if_cancelled
from db.ids import new_id
from db.pool import Pool
from db.statements import statements
from dialplans import names

_log = structlog.get_logger(__name__)
_ACQUIRE_SECONDS = 5.0
_RING_MS = 30_000
_LONGEST_BROADCAST = 500


class Supervision:
    """`answer()` carries out one message of a supervisor's page."""

    def __init__(
        self,
        link: AmiLink,
        live: LiveState,
        presence: Presence,
        timeline: Timeline,
        desk: Desk,
        control: Control,
        pool: Callable[[], Pool],
        directory: Directory,
        help_chat: HelpChat,
        *,
        cell: str,
        caller_id: str,
        members_changed: Callable[[], None],
        now: Callable[[], datetime],
    ) -> None:
        self._link = link
        self._live = live
        self._presence = presence
        self._timeline = timeline
        self._desk = desk
        self._control = control
        self._pool = pool
        self._directory = directory
        self._help = help_chat
        self._cell = cell
        self._caller_id = caller_id
        self._members_changed = members_changed
        self._now = now

    def signed_in(self) -> Mapping[str, Agent]:
        """Agents by id."""
        return self._desk.serving()

    async def answer(self, name: str, asked: Mapping[str, Any]) -> dict[str, Any]:
        """Never raises what is the page's, Asterisk's or the database's fault."""
        head = {"type": "answer", "id": asked["id"]}
        try:
            known = await self._carry_out(name, asked)
        except DeskError as error:
            return head | {"ok": False, "reason": str(error)}
        except AmiError as error:
            _log.warning("supervisor's command not carried out", error=str(error))
            return head | {"ok": False, "reason": "Asterisk did not answer"}
        except AWAY as error:
            stop_if_cancelled()
            _log.warning("supervisor's command not carried out", error=repr(error))
            return head | {"ok": False, "reason": "the database is away"}
        if not known:
            return head | {"ok": False, "reason": "not a message that we know"}
        return head | {"ok": True}

    async def _carry_out(self, name: str, asked: Mapping[str, Any]) -> bool:
        match asked:
            case {"type": "force_pause", "agent": str(agent)}:
                self._presence.pause(self._present(agent), "forced")
            case {"type": "force_ready", "agent": str(agent)}:
                self._presence.ready(self._present(agent))
            case {"type": "force_sign_out", "agent": str(agent)}:
                self._desk.sign_out(self._present(agent))
            case {"type": "move", "agent": str(agent), "queues": list(queues)}:
                await self._move(self._present(agent), queues)
            case {"type": "help", "agent": str(agent), "text": str(text)}:
                await self._help.say(agent, f"supervisor:{name}", text)
            case {"type": "broadcast", "queue": str(queue), "text": str(text)}:
                self._broadcast(name, queue, text)
            case {
                "type": "listen" | "whisper" | "barge" as mode,
                "agent": str(agent),
                "phone": str(phone),
                "reason": str(reason),
            }:
                await self._beside(name, mode, agent, phone, reason.strip())
                return True
            case _:
                return False
        _log.info("supervisor acted", supervisor=name, what=asked["type"])
        return True

    def _present(self, agent_id: str) -> str:
        if agent_id not in self._desk.serving():
            raise NotNowError("this agent is not signed in")
        return agent_id

    async def _move(self, agent_id: str, queues: list[Any]) -> None:
        if not queues or not all(queue in self._directory.queues for queue in queues):
            raise NotAllowedError("no such queue")
        async with self._pool().acquire(timeout=_ACQUIRE_SECONDS) as conn:
            await statements().desk_move_agent(
                conn, agent_id=agent_id, queues=sorted(set(queues)), cell=self._cell
            )
        self._members_changed()

    def _broadcast(self, name: str, queue: str, text: str) -> None:
        if not 0 < len(text) <= _LONGEST_BROADCAST:
            raise NotAllowedError(f"a message has 1 to {_LONGEST_BROADCAST} characters")
        message = {
            "type": "broadcast", "from": name, "queue": queue, "text": text,
            "at": self._now().isoformat(),
        }  # fmt: skip
        for agent in {agent for one, agent in self._live.state.members if one == queue}:
            self._desk.tell(agent, message)

    async def _beside(self, name: str, mode: str, agent: str, phone: str, reason: str) -> None:
        """Ring the supervisor's telephone and put it beside the agent."""
        if not reason:
            raise NotAllowedError("say why")
        if phone not in self._directory.agents or phone == agent:
            raise NotAllowedError("no such telephone")
        view = self._live.view(agent)
        call = self._live.state.calls.get(view.call_id) if view.call_id else None
        if call is None or view.status is not AgentStatus.IN_CALL:
            raise NotNowError("this agent is in no call")
        leg = call.agent_leg if call.agent_id == agent else call.others[agent]
        self._control.note(call.id, f"supervisor:{name}", mode, f"agent:{agent}", reason)
        if mode == "barge":
            await self._control.barge(call, phone)
            return
        command = OriginateCommand(
            channel_id=new_id(self._now()),
            channel=names.agent_interface(phone),
            context=names.CONTEXT_DESK_SPY,
            exten=mode,
            caller_id=self._caller_id,
            timeout_ms=_RING_MS,
            variables={names.VAR_SPY: leg or ""},
            side=True,
        )
        if await self._link.originate(command) is OriginateReply.REFUSED:
            raise NotNowError("your telephone cannot be called now")
