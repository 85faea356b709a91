"""The whole room, joined as wiring does: a fake Asterisk, a real database, real sockets."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID
from weakref import WeakKeyDictionary

from aiohttp import ClientWebSocketResponse, web
from aiohttp.test_utils import TestClient, TestServer

from calls import dialling
from calls.dialling import Rule
from cti import tokens
from cti.ami import AmiLink
from cti.api import AgentApi, routes
from cti.consumer import Consumer
from cti.desk import Desk
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
    ToldForm,
    ToldResult,
)
from cti.softphones import Publish
from cti.writes import Writes
from db.pool import Pool
from tests.cti.fake_ami import FakeAmi, eventually, settings
from tests.cti.streams import AT, event

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
class FakeTellings:
    forms: list[ToldForm] = field(default_factory=list)

    async def about(
        self, agent_id: str, call_id: UUID, complaint: str | None
    ) -> Sequence[Mapping[str, Any]]:
        if complaint == "unknown":
            raise FieldsRefusedError({"complaint": "is unknown"}, {"complaint": Reason("unknown")})
        return [{"number": complaint or "100000006", "agent": agent_id, "call": str(call_id)}]

    async def tell(self, form: ToldForm) -> ToldResult:
        self.forms.append(form)
        if form.complaint == "ended":
            raise ConflictError("it has ended", Reason("ended"))
        return ToldResult(number="100000006", result="reopened", level=1, due_at=AT)


@dataclass
class Database:
    """The pool, as the room asks for it."""

    pool: Pool
    away: bool = False

    def __call__(self) -> Pool:
        if self.away:
            raise ConnectionRefusedError
        return self.pool


@dataclass(slots=True)
class Room:
    database: Database
    server: FakeAmi
    cti: Cti
    history: FakeHistory
    registrar: FakeRegistrar
    tellings: FakeTellings
    client: TestClient[web.Request, web.Application]

    @property
    def pool(self) -> Pool:
        return self.database.pool

    @property
    def link(self) -> AmiLink:
        return self.cti.link

    @property
    def live(self) -> LiveState:
        return self.cti.live

    @property
    def desk(self) -> Desk:
        return self.cti.desk

    @property
    def writes(self) -> Writes:
        return self.cti.writes

    @property
    def consumer(self) -> Consumer:
        return self.cti.consumer

    @property
    def membership(self) -> Membership:
        return self.cti.membership

    async def page(self, agent_id: str = "1001") -> ClientWebSocketResponse:
        token = tokens.issue(SECRET, agent_id)
        return await self.client.ws_connect(
            "/agent/socket", headers={"Authorization": f"Bearer {token}"}
        )

    async def asterisk_says(self, *events: AmiEvent) -> None:
        """Send, and wait until the consumer has taken all of it."""
        before = self.consumer.taken
        for one in events:
            await self.server.event(*lines(one))
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


#: What a command does may be shown before it is answered.
_PASSED_OVER: WeakKeyDictionary[ClientWebSocketResponse, dict[str, Any]] = WeakKeyDictionary()


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
    """The `state` that has these fields: the last one before an answer, or one that comes."""
    message = _PASSED_OVER.pop(page, {"type": ""})
    while message["type"] != "state" or not fields.items() <= message.items():
        message = await page.receive_json(timeout=10)
    return message


async def ask(page: ClientWebSocketResponse, type: str, **more: object) -> dict[str, Any]:
    """The answer to a command, which may come after other messages."""
    _PASSED_OVER.pop(page, None)
    await page.send_json({"type": type, "id": type, **more})
    while True:
        message: dict[str, Any] = await page.receive_json(timeout=10)
        if message["type"] == "answer" and message["id"] == type:
            return message
        if message["type"] == "state":
            _PASSED_OVER[page] = message


QUICK = CtiSettings(
    cell="cell1", wrap_up={}, settle=0.01, lost_after=0.1, unanswered_wait=0.8, write_retry=0.02,
    tell_alarms=False, alarms_every=0.1, trunk_limit=240, cells_every=0.1, commands_every=0.05,
    unheard_after=0.0,
)  # fmt: skip


async def _nobody(_passwords: Mapping[str, str]) -> None:
    """No Asterisk has softphones."""


@asynccontextmanager
async def opened(
    pool: Pool,
    server: FakeAmi | None = None,
    *,
    sessions: AgentSessions | None = None,
    supervisors: SupervisorSessions | None = None,
    now: Callable[[], datetime] = lambda: AT,
    publish: Publish = _nobody,
    **changes: Any,
) -> AsyncIterator[Room]:
    """The room, running, its link ready. `changes`: of the settings, otherwise `QUICK`; `publish`:
    what softphones' passwords are told.
    """
    given = replace(QUICK, **changes)
    given = replace(given, url=f"https://{given.cell}.example")
    async with server or FakeAmi() as asterisk:
        database, history, registrar = Database(pool), FakeHistory(), FakeRegistrar()
        tellings = FakeTellings()
        cti = Cti(AmiLink(settings(asterisk)), given, database, history, now, publish)
        api = AgentApi(
            SECRET, cti.desk, registrar, sessions, wallboards=cti.wallboards, drafts=cti.drafts,
            supervisors=supervisors, tellings=tellings,
        )  # fmt: skip
        app = web.Application()
        app.add_routes(routes(api))
        async with TestClient(TestServer(app)) as client, _running(cti):
            yield Room(database, asterisk, cti, history, registrar, tellings, client)


@asynccontextmanager
async def may_click(
    pool: Pool, **changes: Any
) -> AsyncIterator[tuple[Room, ClientWebSocketResponse]]:
    """A room whose telephones may dial in India, and the page of agent 1001, a queue's member."""
    async with pool.acquire() as conn:
        await dialling.allow(conn, Rule("*", "+91", 100))
    async with opened(pool, **changes) as room:
        page = await room.page()
        await receive(page, "hello")
        await room.asterisk_says(
            event("QueueMemberAdded", interface="PJSIP/1001", queue="helpline-hi")
        )
        yield room, page


@asynccontextmanager
async def _running(cti: Cti) -> AsyncIterator[None]:
    """All services, the link ready."""
    services = (
        cti.link.run(), cti.consumer.run(), cti.writes.run(), cti.desk.run(), cti.membership.run(),
        cti.presence.run(), cti.follow_ups.run(), cti.clicks.run(), cti.wallboards.run(),
        cti.alarms.run(), cti.cells.run(), cti.cells.run_commands(), cti.softphones.run(),
        cti.unseating.run(),
    )  # fmt: skip
    tasks = [asyncio.create_task(service) for service in services]
    try:
        await eventually(lambda: cti.link.ready)
        yield
    finally:
        cti.link.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
