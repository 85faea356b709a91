"""A scripted Asterisk: its manager and its queues' members, without audio.

It says what a real one said (`recorded`), does what our server asks of members (add, remove, pause)
and rings the agent who has been free for longest. So the moment at which Asterisk speaks is known
exactly, and a thousand agents' telephones take nothing of the machine.
"""

import asyncio
import contextlib
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import count

from bench.desk.recorded import Phase, Recorded
from bench.stage import StageError
from cti.events import agent_of
from dialplans.names import agent_interface
from dialplans.secrets import seal

SYSTEM = "bench"
_SINCE = "1795333258"

Action = Mapping[str, str]


@dataclass(eq=False)
class Member:
    """An agent as the queues have them. `paused`: why; None: not."""

    agent: str
    name: str
    queues: list[str] = field(default_factory=list)
    paused: str | None = None
    busy: bool = False
    free_since: float = 0.0


class Exchange:
    """Listens for one AMI client. `connections`: more than one means that a link was lost."""

    def __init__(self, host: str, port: int) -> None:
        self._host = host
        self._port = port
        self._recorded = Recorded()
        self._server: asyncio.Server | None = None
        self._writer: asyncio.StreamWriter | None = None
        self._freed = asyncio.Event()
        self._numbers = count(1)
        self._seal = ""
        self.members: dict[str, Member] = {}
        self.connections = 0
        self.events = 0
        self.pauses = 0

    async def start(self) -> None:
        """Listen."""
        self._server = await asyncio.start_server(self._serve, self._host, self._port)

    async def stop(self) -> None:
        """Cut and close."""
        if self._writer is not None:
            self._writer.close()
        if self._server is not None:
            self._server.close()

    def say(self, phase: Phase, about: Mapping[str, str]) -> int:
        """Send the events of one phase; when (monotonic, ns) their first byte was written.

        Raises `StageError` when nobody is connected.
        """
        said = self._recorded.said(phase, {**about, "SEAL": self._seal})
        self.events += self._recorded.events[phase]
        at = time.monotonic_ns()
        if self._writer is None or self._writer.is_closing():
            raise StageError("the server's AMI link is gone")
        self._writer.write(said)
        return at

    def legs(self, *, trunk: bool) -> tuple[str, str]:
        """Id and channel of a new leg; an agent's channel wants its endpoint before it."""
        number = next(self._numbers)
        channel = f"PJSIP/trunk-{number:08x}" if trunk else f"-{number:08x}"
        return f"{SYSTEM}-1795333260.{number}", channel

    async def take(self, queue: str) -> Member:
        """The member who has been free for longest, once there is one; busy from now on."""
        while True:
            free = [one for one in self.members.values() if queue in one.queues and _is_free(one)]
            if free:
                member = min(free, key=lambda one: one.free_since)
                member.busy = True
                return member
            self._freed.clear()
            await self._freed.wait()

    async def take_this(self, agent: str) -> Member:
        """This member, once free."""
        while (member := self.members.get(agent)) is None or not _is_free(member):
            self._freed.clear()
            await self._freed.wait()
        member.busy = True
        return member

    def release(self, member: Member) -> None:
        """No leg of theirs is left."""
        member.busy = False
        member.free_since = asyncio.get_running_loop().time()
        self._freed.set()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self._writer = writer
        writer.write(b"Asterisk Call Manager/11.0.0\r\n")
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                block = (await reader.readuntil(b"\r\n\r\n")).decode()
                lines = (line.partition(": ") for line in block.split("\r\n"))
                action = {key.lower(): value for key, separator, value in lines if separator}
                for message in self._answer(action):
                    writer.write(("\r\n".join(message) + "\r\n\r\n").encode())

    def _answer(self, action: Action) -> Iterator[list[str]]:
        match action.get("action"):
            case "Login":
                self._seal = seal(action.get("secret", ""))
                yield _reply(action, "Authentication accepted")
                yield ["Event: FullyBooted", "Privilege: system,all", "Status: Fully Booted"]
            case "Ping":
                yield ["Response: Success", "Ping: Pong"]
            case "CoreShowChannels":
                yield [*_reply(action, "Channels will follow"), "EventList: start"]
                yield _ended(action, "CoreShowChannelsComplete")
            case "QueueStatus":
                yield [*_reply(action, "Queue status will follow"), "EventList: start"]
                for member in self.members.values():
                    for queue in member.queues:
                        yield [*_listed(member, queue), f"ActionID: {action.get('actionid', '')}"]
                yield _ended(action, "QueueStatusComplete")
            case "QueueAdd" | "QueueRemove" | "QueuePause":
                yield from self._member_changed(action)
            case _:
                yield _reply(action, "")

    def _member_changed(self, action: Action) -> Iterator[list[str]]:
        agent = agent_of(action.get("interface", "")) or ""
        queue, verb = action.get("queue", ""), action["action"]
        member = self.members.setdefault(agent, Member(agent, action.get("membername", agent)))
        queues = list(member.queues)
        match verb:
            case "QueueAdd":
                member.queues.append(queue)
                member.paused = "" if action.get("paused") == "true" else member.paused
                queues, event = [queue], "QueueMemberAdded"
            case "QueueRemove":
                member.queues = [one for one in member.queues if one != queue]
                queues, event = [queue], "QueueMemberRemoved"
            case _:
                self.pauses += 1
                why = action.get("reason", "")
                member.paused = why if action.get("paused") == "true" else None
                event = "QueueMemberPause"
        self.events += len(queues)
        self._freed.set()
        yield _reply(action, "Interface changed successfully")
        for one in queues:
            yield [f"Event: {event}", "Privilege: agent,all", *_shown(member, one, "MemberName")]


def about_agent(member: Member, leg: str, channel: str) -> dict[str, str]:
    """What templates want to know of an agent's leg."""
    return {
        "AGENT": member.agent,
        "NAME": member.name,
        "AGENT_LEG": leg,
        "AGENT_CHANNEL": agent_interface(member.agent) + channel,
        "SINCE": _SINCE,
    }


def _is_free(member: Member) -> bool:
    return not member.busy and member.paused is None


def _reply(action: Action, message: str) -> list[str]:
    return ["Response: Success", f"ActionID: {action.get('actionid', '')}", f"Message: {message}"]


def _ended(action: Action, event: str) -> list[str]:
    return [f"Event: {event}", f"ActionID: {action.get('actionid', '')}", "EventList: Complete"]


def _listed(member: Member, queue: str) -> list[str]:
    shown = _shown(member, queue, "Name")
    return ["Event: QueueMember", *(line.replace("Interface:", "Location:", 1)
            if line.startswith("Interface:") else line for line in shown)]  # fmt: skip


def _shown(member: Member, queue: str, name: str) -> list[str]:
    interface = agent_interface(member.agent)
    return [
        f"SystemName: {SYSTEM}", f"Queue: {queue}", f"{name}: {member.name}",
        f"Interface: {interface}", f"StateInterface: {interface}", "Membership: dynamic",
        "Penalty: 0", "CallsTaken: 0", "LastCall: 0", "LastPause: 0", f"LoginTime: {_SINCE}",
        f"InCall: {int(member.busy)}", f"Status: {3 if member.busy else 1}",
        f"Paused: {int(member.paused is not None)}", f"PausedReason: {member.paused or ''}",
        "Ringinuse: 0", "Wrapuptime: 0",
    ]  # fmt: skip
