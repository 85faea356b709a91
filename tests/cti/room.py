"""The whole room, joined as wiring does: a fake Asterisk, a real database, real sockets."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from aiohttp import ClientWebSocketResponse, web
from aiohttp.test_utils import TestClient, TestServer

from cti import tokens
from cti.alarms import AlarmRule
from cti.ami import AmiLink
from cti.api import AgentApi, routes
from cti.consumer import Consumer
from cti.desk import Desk
from cti.directory import Directory
from cti.errors import (
    ConflictError,
    DuplicateFoundError,
    FieldsRefusedError,
    NoSuchCallError,
    OpenComplaint,
    Reason,
)
from cti.joined import Cti, CtiSettings
from cti.live import LiveState
from cti.membership import Membership
from cti.message import AmiEvent
from cti.ports import (
    AgentSessions,
    History,
    RegisteredComplaint,
    RegistrationForm,
    SupervisorSessions,
)
from cti.wallboards import Planned
from cti.writes import Writes
from db.pool import Pool
from tests.cti.fake_ami import FakeAmi, eventually, settings
from tests.cti.streams import AT

SECRET = b"a secret of the tests"


@dataclass
class FakeHistory:
    looked_up: list[str] = field(default_factory=list)
    delay: float = 0.0
    error: Exception | None = None

    async def lookup(self, number: str) -> History:
        self.looked_up.append(number)
        await asyncio.sleep(self.delay)
        if self.error:
            raise self.error
        return {"calls": [{"queue": "helpline-hi"}], "complaints": []}


@dataclass
class FakeRegistrar:
    forms: list[RegistrationForm] = field(default_factory=list)

    async def register(self, form: RegistrationForm) -> RegisteredComplaint:
        self.forms.append(form)
        match form.category:
            case "unknown":
                raise FieldsRefusedError(
                    {"category": "is unknown"}, {"category": Reason("unknown")}
                )
            case "no-call":
                raise NoSuchCallError
            case "conflict":
                raise ConflictError("this call is with another agent", Reason("not_yours"))
            case "twice" if form.adds_to is None:
                raise DuplicateFoundError([OpenComplaint("100000007", AT, "with_officer")])
            case "twice":
                return RegisteredComplaint(number="100000007", result="added")
            case "away":
                raise ConnectionRefusedError
        return RegisteredComplaint(number="100000007", level=1, officer="BDO", due_at=AT)


@dataclass
class Room:
    pool: Pool
    server: FakeAmi
    link: AmiLink
    live: LiveState
    desk: Desk
    writes: Writes
    consumer: Consumer
    membership: Membership
    history: FakeHistory
    registrar: FakeRegistrar
    cti: Cti
    client: TestClient[web.Request, web.Application]
    away: bool = False

    async def page(self, agent_id: str = "1001") -> ClientWebSocketResponse:
        token = tokens.issue(SECRET, agent_id)
        return await self.client.ws_connect(
            "/agent/socket", headers={"Authorization": f"Bearer {token}"}
        )

    async def asterisk_says(self, *events: AmiEvent) -> None:
        """Send, and wait until the consumer has taken all of it."""
        before = self.consumer.taken
        for event in events:
            await self.server.event(*lines(event))
        await eventually(lambda: self.consumer.taken >= before + len(events))

    async def written(self) -> None:
        """Until every row that was due when this was asked is written."""
        done = asyncio.Event()

        async def last(_conn: object) -> None:
            """Nothing: it is the commit that counts, and rows before it may share it."""

        self.writes.add("last", last, written=done.set)
        async with asyncio.timeout(10):
            await done.wait()

    async def row(self, table: str, id: UUID) -> dict[str, Any]:
        row = await self.pool.fetchrow(f"select * from {table} where id = $1", id)
        assert row is not None
        return dict(row)

    async def outcome(self, id: UUID) -> str:
        async with asyncio.timeout(10):
            while True:
                if outcome := (await self.row("call", id))["outcome"]:
                    return str(outcome)
                await asyncio.sleep(0.02)

    async def open_call(
        self,
        id: UUID,
        direction: str = "inbound",
        channel: str | None = None,
        age: int = 1,
        cell: str = "cell1",
    ) -> None:
        await self.pool.execute(
            "insert into call (id, cell, direction, channel_id, started_at)"
            " values ($1, $2, $3, $4, $5)",
            id, cell, direction, channel, AT - timedelta(seconds=age),
        )  # fmt: skip


def lines(event: AmiEvent) -> list[str]:
    return [
        *(f"{key.capitalize()}: {value}" for key, value in event.fields.items()),
        *(f"ChanVariable: {key}={value}" for key, value in event.variables.items()),
        *(f"DestChanVariable: {key}={value}" for key, value in event.dest_variables.items()),
    ]


async def receive(page: ClientWebSocketResponse, *expected: str) -> list[dict[str, Any]]:
    """The next messages; their types must be as expected. `state` comes between, unless asked."""
    messages: list[dict[str, Any]] = []
    while len(messages) < len(expected):
        message = await page.receive_json(timeout=10)
        if message["type"] != "state" or "state" in expected:
            messages.append(message)
    assert [message["type"] for message in messages] == list(expected)
    return messages


async def shows(page: ClientWebSocketResponse, **fields: object) -> dict[str, Any]:
    """The next `state` that has these fields."""
    while True:
        message: dict[str, Any] = await page.receive_json(timeout=10)
        if message["type"] == "state" and fields.items() <= message.items():
            return message


async def ask(page: ClientWebSocketResponse, type: str, **more: object) -> dict[str, Any]:
    """The answer to a command, which may come after other messages."""
    await page.send_json({"type": type, "id": type, **more})
    while True:
        message: dict[str, Any] = await page.receive_json(timeout=10)
        if message["type"] == "answer" and message["id"] == type:
            return message


@asynccontextmanager
async def opened(
    pool: Pool, server: FakeAmi | None = None, *, grace: float = 30.0, outgoing: int = 64,
    lost_after: float = 0.1, unanswered_wait: float = 0.8,
    sessions: AgentSessions | None = None, supervisors: SupervisorSessions | None = None,
    directory: Directory | None = None, look_every: float = 10.0,
    alarms: tuple[AlarmRule, ...] = (), tell_alarms: bool = False,
    cell: str = "cell1",
    planned: Planned | None = None,
    wrap_up: dict[str, int] | None = None, now: Callable[[], datetime] = lambda: AT,
) -> AsyncIterator[Room]:  # fmt: skip
    async with server or FakeAmi() as asterisk:
        link, history, registrar = AmiLink(settings(asterisk)), FakeHistory(), FakeRegistrar()

        def the_pool() -> Pool:
            if room is not None and room.away:
                raise ConnectionRefusedError
            return pool

        room: Room | None = None
        cti = Cti(
            link,
            CtiSettings(
                cell=cell, wrap_up=wrap_up or {}, grace=grace, outgoing=outgoing, settle=0.01,
                lost_after=lost_after, unanswered_wait=unanswered_wait, write_retry=0.02,
                directory=directory or Directory(), look_every=look_every,
                alarms=alarms, tell_alarms=tell_alarms, alarms_every=0.1, trunk_limit=240,
                planned=planned, cells_every=0.1, commands_every=0.05, url=f"https://{cell}.example",
            ),
            the_pool, history, now,
        )  # fmt: skip
        live, writes, membership, desk, consumer = (
            cti.live, cti.writes, cti.membership, cti.desk, cti.consumer,
        )  # fmt: skip
        app = web.Application()
        api = AgentApi(
            SECRET, desk, registrar, sessions, wallboards=cti.wallboards, drafts=cti.drafts,
            supervisors=supervisors,
        )  # fmt: skip
        app.add_routes(routes(api))
        async with TestClient(TestServer(app)) as client:
            room = Room(
                pool, asterisk, link, live, desk, writes, consumer, membership, history,
                registrar, cti, client,
            )  # fmt: skip
            services = (
                link.run(), consumer.run(), writes.run(), desk.run(), membership.run(),
                cti.presence.run(), cti.follow_ups.run(), cti.wallboards.run(),
                cti.alarms.run(), cti.cells.run(), cti.cells.run_commands(),
            )  # fmt: skip
            tasks = [asyncio.create_task(service) for service in services]
            try:
                await eventually(lambda: link.ready)
                yield room
            finally:
                link.close()
                for task in tasks:
                    task.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)
