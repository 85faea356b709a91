"""A hand-written AMI server: speaks the protocol, does what the test's handler says."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from cti.ami import AmiLink, AmiSettings
from cti.message import Connected
from dialplans.secrets import seal

_STATE = "channelstate"
Action = dict[str, list[str]]
Handler = Callable[["Session", Action], Awaitable[bool]]


async def nothing_special(session: "Session", action: Action) -> bool:
    return False


@dataclass(eq=False)
class Session:
    server: "FakeAmi"
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def send(self, *lines: str) -> None:
        """One message, with the headers that every genuine one has."""
        if lines[0].startswith("Event: "):
            lines = tuple(self._genuine(*lines))
        await self.send_bytes(("\r\n".join(lines) + "\r\n\r\n").encode())

    def _genuine(self, first: str, *rest: str) -> list[str]:
        lines = list(rest)
        for prefix in _channels(lines):
            name = f"{prefix}chanvariable"
            variables = [line for line in lines if _key(line) == name]
            lines = [line for line in lines if _key(line) != name]
            lines += [*variables, f"{prefix.title()}ChanVariable: {seal(self.server.secret)}="]
        asked = any(line.startswith("ActionID: cti-") for line in lines)
        given = asked or "privilege" in map(_key, lines)
        return [first, *([] if given else ["Privilege: call,all"]), *lines]

    async def send_bytes(self, data: bytes) -> None:
        with contextlib.suppress(ConnectionError):
            self.writer.write(data)
            await self.writer.drain()

    async def reply(self, action: Action, response: str, message: str, *more: str) -> None:
        await self.send(
            f"Response: {response}", f"ActionID: {one(action, 'actionid')}",
            f"Message: {message}", *more,
        )  # fmt: skip

    def cut(self) -> None:
        self.writer.transport.abort()


def _key(line: str) -> str:
    return line.partition(":")[0].lower()


def _channels(lines: list[str]) -> set[str]:
    """The prefixes of all that is told of channels: none, `dest`."""
    ends = (_STATE, "chanvariable")
    keys = list(map(_key, lines))
    return {key.removesuffix(end) for key in keys for end in ends if key.endswith(end)}


def one(action: Action, key: str) -> str:
    return action.get(key, [""])[0]


@dataclass(eq=False)
class FakeAmi:
    """`actions`: all that was ever received, over all connections."""

    handler: Handler = nothing_special
    secret: str = "secret"
    booted: bool = True
    answers_pings: bool = True
    actions: list[Action] = field(default_factory=list)
    sessions: list[Session] = field(default_factory=list)
    port: int = 0
    _server: asyncio.Server | None = None

    async def __aenter__(self) -> "FakeAmi":
        await self.listen()
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self.stop()

    async def listen(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        if self._server:
            self._server.close()
        for session in self.sessions:
            session.cut()

    def names(self) -> list[str]:
        return [one(action, "action") for action in self.actions]

    def count(self, name: str) -> int:
        return self.names().count(name)

    async def event(self, *lines: str) -> None:
        await self.sessions[-1].send(*lines)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        session = Session(self, reader, writer)
        self.sessions.append(session)
        await session.send_bytes(b"Asterisk Call Manager/11.0.0\r\n")
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                action = parse(await reader.readuntil(b"\r\n\r\n"))
                self.actions.append(action)
                if not await self.handler(session, action):
                    await self._usual(session, action)

    async def _usual(self, session: Session, action: Action) -> None:
        match one(action, "action"):
            case "Login" if one(action, "secret") != self.secret:
                await session.reply(action, "Error", "Authentication failed")
                session.cut()
            case "Login":
                await session.reply(action, "Success", "Authentication accepted")
                if self.booted:
                    await session.send("Event: FullyBooted", "Status: Fully Booted")
            case "Ping":
                if self.answers_pings:
                    await session.send("Response: Success", "Ping: Pong")
            case "CoreShowChannels":
                await session.reply(action, "Success", "Channels will follow", "EventList: start")
                await self.end_list(session, action, "CoreShowChannelsComplete")
            case "QueueStatus":
                await session.reply(
                    action, "Success", "Queue status will follow", "EventList: start"
                )
                await self.end_list(session, action, "QueueStatusComplete")
            case "Originate":
                await session.reply(action, "Success", "Originate successfully queued")
            case _:
                await session.reply(action, "Success", "")

    async def end_list(self, session: Session, action: Action, name: str) -> None:
        await session.send(
            f"Event: {name}", f"ActionID: {one(action, 'actionid')}", "EventList: Complete"
        )


def parse(block: bytes) -> Action:
    action: Action = {}
    for line in block.decode().split("\r\n"):
        key, separator, value = line.partition(": ")
        if separator:
            action.setdefault(key.lower(), []).append(value)
    return action


def settings(server: FakeAmi, **changes: float | str | int) -> AmiSettings:
    quick: dict[str, float | str | int] = {
        "host": "127.0.0.1", "port": server.port, "username": "helpline", "secret": "secret",
        "backoff_first": 0.02, "backoff_longest": 0.3, "backoff_refused": 0.3,
        "ping_interval": 0.05, "silence": 20.0,
    }  # fmt: skip
    return AmiSettings(**(quick | changes))  # type: ignore[arg-type]


@contextlib.asynccontextmanager
async def running(link: AmiLink, *, ready: bool = True):  # type: ignore[no-untyped-def]
    """The link, running; with `ready`, connected and confirmed."""
    task = asyncio.create_task(link.run())
    try:
        if ready:
            await confirm(link)
        yield link
    finally:
        link.close()
        async with asyncio.timeout(5):
            await task


async def confirm(link: AmiLink) -> None:
    """Take events until the connection's beginning, as a consumer would after its snapshot."""
    async with asyncio.timeout(10):
        while not isinstance(item := await link.next(), Connected):
            pass
    link.synchronised(item)


async def eventually(condition: Callable[[], object], seconds: float = 10.0) -> None:
    async with asyncio.timeout(seconds):
        while not condition():
            await asyncio.sleep(0.01)
