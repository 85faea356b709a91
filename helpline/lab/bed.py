"""A whole helpline in the laboratory, with prompts that are short tones and telephones to hand."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from ipaddress import IPv4Address
from itertools import count
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID

import asyncpg
from pydantic import SecretStr

from complaints.reference import load as load_reference
from cti.tokens import issue
from dialplans.settings import Address as Bind
from dialplans.settings import QueueSettings
from helpline.agent_commands import RELOAD
from helpline.cell import state_folder
from helpline.clock import Clock, system_clock
from helpline.demo.agent import AgentPage
from helpline.demo.reference import REFERENCE
from helpline.keys import signing_key
from helpline.lab.phones import Phone
from helpline.lab.site import Site
from helpline.lab.tones import heard, make_studio
from helpline.operator_socket import Answer, ask
from helpline.options.cell import (
    CellOptions,
    GuardOptions,
    HoursOptions,
    OfficersLineOptions,
    TargetOptions,
)
from helpline.options.following import CallbackOptions, FeedbackOptions
from helpline.options.pages import HttpOptions, SoftphoneOptions
from helpline.options.process import LogOptions, SpeechOptions
from helpline.recorded import take_out
from helpline.settings import GivenSettings, Settings
from helpline.tls import make_certificate
from helpline.tools import Tools
from helpline.wiring import Helpline

_T = TypeVar("_T")

CITIZEN = "9876543210"
OFFICERS = "1077"
"""The officers' line."""

QUICK_FEEDBACK = FeedbackOptions(
    tick_seconds=0.2,
    ring_seconds=5,
    retry_busy=(timedelta(hours=1),),
    retry_no_answer=(timedelta(hours=1),),
    retry_uncounted=timedelta(hours=1),
    refusal_held=timedelta(0),
)

# Tests that keep a place call back themselves.
NO_CALLBACKS = CallbackOptions(enabled=False)

# One telephone stands for all citizens.
OPEN_GATE = GuardOptions(caller_at_once=None, caller_per_hour=None)
ALWAYS = HoursOptions()


class BedError(Exception):
    """Something that should have happened did not."""


@dataclass(frozen=True, kw_only=True)
class CellPlan:
    """Who and what is in the cell. `ami_via`: where our server finds Asterisk's manager instead.

    `browsers`: pages by HTTPS, and agents who speak through them (wss, port 8089).
    """

    agents: int = 1
    queues: tuple[QueueSettings, ...] = (QueueSettings(),)
    patience_seconds: float = 20.0
    targets: tuple[TargetOptions, ...] = ()
    browsers: bool = False
    ami_via: Bind | None = None

    def at(self, site: Site) -> CellOptions:
        """The cell of this site, with an officers' line."""
        cell = site.cell(
            "lab",
            agent_names=[f"Agent {n}" for n in range(self.agents)],
            queues=self.queues,
            patience_seconds=self.patience_seconds,
            browsers=self.browsers,
        )
        more = {
            "ami_via": self.ami_via,
            "targets": self.targets,
            "officers_line": OfficersLineOptions(number=OFFICERS),
        }
        return cell.model_copy(update=more)


ONE_AGENT = CellPlan()


@dataclass
class Bed:
    """A running helpline. Telephones are made on first use and hung up at the end.

    `in_file`: what it finds where it reads its settings again.
    """

    helpline: Helpline
    settings: Settings
    tools: Tools
    site: Site
    now: Clock
    in_file: list[Settings]
    _phones: dict[str, Phone] = field(default_factory=dict)

    @property
    def caller(self) -> Phone:
        """A citizen's telephone, to call from."""
        return self._phone("caller", self.site.caller)

    def free_phone(self) -> Phone:
        """A citizen's telephone that is not in use: for several calls at a time."""
        phones = (self._phone(f"citizen{n}", self.site.citizen(n)) for n in count())
        return next(phone for phone in phones if not phone.busy)

    @property
    def line(self) -> Phone:
        """The citizens' telephones, to be called."""
        return self._phone("line", self.site.line)

    def agent_phone(self, number: int = 0) -> Phone:
        """The telephone of an agent."""
        return self._phone(f"agent{number}", self.site.agent(number))

    def page(self, number: int = 0) -> AgentPage:
        """The page of an agent; open it with `async with`."""
        token = issue(signing_key(self.settings), str(1001 + number))
        return AgentPage(self.settings.http.public_url, token)

    async def reload(self, settings: Settings) -> Answer:
        """As `helpline agent reload` does, with these in the file."""
        self.in_file.append(settings)
        return await ask(state_folder(self.settings).control, RELOAD)

    async def rows(self, sql: str, *values: object) -> list[asyncpg.Record]:
        """What the database says."""
        async with self.helpline.pool.acquire(timeout=5) as conn:
            return list(await conn.fetch(sql, *values))

    async def until(
        self, what: str, ready: Callable[[], Awaitable[_T | None]], seconds: float = 30
    ) -> _T:
        """Ask `ready` again and again until it gives something. Raises `BedError`."""
        try:
            async with asyncio.timeout(seconds):
                while (found := await ready()) is None:
                    await asyncio.sleep(0.1)
        except TimeoutError:
            raise BedError(f"waited {seconds:g} s in vain for: {what}") from None
        return found

    async def last_call_id(self) -> UUID | None:
        """The newest call, if there is one."""
        rows = await self.rows("select id from call order by id desc limit 1")
        return rows[0]["id"] if rows else None

    async def stored(self, call_id: UUID, kind: str = "call", seconds: float = 30) -> Path:
        """The file of a call's recording, once it is stored."""

        async def found() -> Path | None:
            rows = await self.rows(
                "select id from recording where call_id = $1 and kind = $2 and state = 'stored'",
                call_id,
                kind,
            )
            if not rows:
                return None
            folder = self.settings.state_dir / "opened"
            return await take_out(self.helpline.pool, self.helpline.vault, rows[0]["id"], folder)

        return await self.until("a recording to be stored", found, seconds)

    async def heard(self, call_id: UUID) -> list[str]:
        """What the citizen heard in a recorded call."""
        return heard(await self.stored(call_id))

    async def clear_lines(self) -> None:
        """Every call is over and every telephone free."""
        await self.helpline.asterisk.end_calls()
        await asyncio.gather(*(phone.let_go() for phone in self._phones.values()))

    async def hang_up_all(self) -> None:
        """Cut every telephone off, so that the next test finds free lines."""
        for phone in self._phones.values():
            await phone.hang_up()

    def _phone(self, name: str, local: Any) -> Phone:
        if name not in self._phones:
            folder = self.settings.state_dir / "phones"
            self._phones[name] = self.site.phone(self.tools.sipp.argv, folder, name, local)
        return self._phones[name]


@asynccontextmanager
async def bed(
    folder: Path,
    tools: Tools,
    *,
    network: str,
    http_port: int,
    database_url: str | None = None,
    cell: CellPlan = ONE_AGENT,
    feedback: FeedbackOptions = QUICK_FEEDBACK,
    now: Clock = system_clock,
) -> AsyncIterator[Bed]:
    """A helpline on `network` (three octets), with the demo's officers; stopped at the end."""
    site = Site(network)
    make_studio(folder / "studio")
    settings = GivenSettings(
        state_dir=folder / "state",
        database_url=SecretStr(database_url) if database_url else None,
        policy="demo",
        cell=cell.at(site),
        guards=OPEN_GATE,
        hours=ALWAYS,
        http=_https(folder, site, http_port) if cell.browsers else _plain(http_port),
        softphone=_softphone(site) if cell.browsers else None,
        speech=SpeechOptions(studio=folder / "studio"),
        feedback=feedback,
        callbacks=NO_CALLBACKS,
        log=LogOptions(level="warning"),
    )
    in_file: list[Settings] = [settings]
    helpline = Helpline(settings, tools, now, reread=lambda: in_file[-1])
    made = Bed(helpline, settings, tools, site, now, in_file)
    try:
        await helpline.start()
        await load_reference(helpline.pool, REFERENCE)
        yield made
    finally:
        await made.hang_up_all()
        await helpline.stop()


def _plain(port: int) -> HttpOptions:
    return HttpOptions(port=port, public_url=f"http://127.0.0.1:{port}")


def _softphone(site: Site) -> SoftphoneOptions:
    return SoftphoneOptions(bind=Bind(address=IPv4Address(site.asterisk.host), port=8089))


def _https(folder: Path, site: Site, port: int) -> HttpOptions:
    """By a certificate of our own, at Asterisk's address, as both show it."""
    host = site.asterisk.host
    _, certificate, key = make_certificate(folder / "tls", [host], system_clock())
    return HttpOptions(
        host=host, port=port, public_url=f"https://{host}:{port}", certificate=certificate, key=key
    )
