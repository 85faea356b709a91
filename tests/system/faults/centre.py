"""A helpline as in production: server, Asterisk and PostgreSQL are processes that die apart."""

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from ipaddress import IPv4Address
from pathlib import Path
from random import Random
from typing import Any

import asyncpg
from pydantic import SecretStr

from complaints.reference import load as load_reference
from cti.tokens import issue, issue_supervisor
from db.pool import open_pool
from dialplans.asterisk import AsteriskProcess
from dialplans.settings import Address, QueueSettings
from helpline.cell import render_cell
from helpline.demo.agent import AgentPage
from helpline.demo.reference import REFERENCE
from helpline.keys import signing_key
from helpline.lab.site import Site
from helpline.lab.tones import make_studio
from helpline.options.cell import AgentOptions, GuardOptions
from helpline.options.following import CallbackOptions, FeedbackOptions
from helpline.options.pages import HttpOptions
from helpline.options.process import LogOptions, SpeechOptions
from helpline.postgres import EmbeddedPostgres
from helpline.prompts import prompt_store
from helpline.settings import GivenSettings, Settings
from helpline.tools import Tools
from tests.system.faults.ami_relay import AmiRelay
from tests.system.faults.telephone import Telephone
from tests.system.operator import Served

WRAP_UP = 4
_RELAYED = 5039


@dataclass
class Centre:
    """Its parts. `server` is None while there is none."""

    settings: Settings
    tools: Tools
    site: Site
    asterisk: AsteriskProcess
    postgres: EmbeddedPostgres
    ami: AmiRelay
    telephone: Telephone
    folder: Path
    agents: int
    server: Served | None = None
    without_database: list[tuple[datetime, datetime]] = field(default_factory=list)
    without_pages: list[tuple[datetime, datetime]] = field(default_factory=list)
    server_stood: list[tuple[datetime, datetime]] = field(default_factory=list)
    asterisk_died: list[datetime] = field(default_factory=list)
    _pool: asyncpg.Pool | None = field(default=None, repr=False)

    async def serve(self) -> None:
        """Start the server, until it serves."""
        given = self.settings.model_dump(
            mode="json", exclude={"database_url"}, exclude_none=True, exclude_unset=True
        )
        own = {key: value for key, value in os.environ.items() if "HELPLINE" not in key}
        for key, value in given.items():
            said = value if isinstance(value, str) else json.dumps(value)
            own[f"HELPLINE_{key.upper()}"] = said
        own["HELPLINE_DATABASE_URL"] = self.postgres.url
        log = self.folder / "serve.log"
        with log.open("ab") as errors:
            process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "helpline.cli", "serve", env=own,
                stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE, stderr=errors,
            )  # fmt: skip
        self.server = Served(process, log)
        await self.server.until_ready()

    async def kill_server(self) -> None:
        """As the kernel does when memory runs out."""
        server, self.server = self.server, None
        if server is not None and server.process.returncode is None:
            server.process.send_signal(signal.SIGKILL)
            await server.process.wait()

    async def rows(self, sql: str, *values: object) -> list[asyncpg.Record]:
        """What the database says."""
        conn = await asyncpg.connect(self.postgres.url, timeout=5)
        try:
            return list(await conn.fetch(sql, *values, timeout=10))
        finally:
            await conn.close()

    def page(self, number: int) -> AgentPage:
        """An agent's page."""
        return AgentPage(
            self.settings.http.public_url, issue(signing_key(self.settings), str(1001 + number))
        )

    async def board(self) -> dict[str, Any]:
        """The wallboard as it is now."""
        page = AgentPage(
            self.settings.http.public_url,
            issue_supervisor(signing_key(self.settings), "kavita"),
            path="/supervisor/socket",
            first="board",
        )
        async with page:
            board: dict[str, Any] = await page.wait_for("board")
            return board

    def log(self) -> str:
        """The server's last words."""
        file = self.folder / "serve.log"
        return file.read_text(encoding="utf-8")[-6000:] if file.exists() else ""


@asynccontextmanager
async def centre(
    folder: Path, tools: Tools, *, network: str, port: int, agents: int, dice: Random
) -> AsyncIterator[Centre]:
    """Running, with everything stopped at the end."""
    site = Site(network)
    make_studio(folder / "studio")
    settings = _settings(folder, site, port, agents)
    postgres = EmbeddedPostgres(folder / "pg", fast=True)
    await asyncio.to_thread(postgres.start)
    here = site.asterisk.host
    ami = AmiRelay(here, _RELAYED, (here, 5038), dice)
    await asyncio.to_thread(prompt_store(settings, tools).render_all)
    cell, kept = render_cell(settings, tools.asterisk)
    asterisk = AsteriskProcess(tools.asterisk.argv, cell.root)
    telephone = Telephone(
        _own_id(agents), kept.agents[_own_id(agents)].get_secret_value(), site.agent(agents),
        site.asterisk,
    )  # fmt: skip
    made = Centre(settings, tools, site, asterisk, postgres, ami, telephone, folder, agents)
    try:
        await ami.start()
        await asterisk.start()
        await telephone.begin()
        await made.serve()
        pool = await open_pool(postgres.url)
        try:
            await load_reference(pool, REFERENCE)
        finally:
            await pool.close()
        yield made
    finally:
        await made.kill_server()
        await telephone.end()
        await asterisk.stop()
        await ami.cut()
        await asyncio.to_thread(postgres.stop)


def _own_id(agents: int) -> str:
    """Of the agent after the others."""
    return str(1001 + agents)


def _settings(folder: Path, site: Site, port: int, agents: int) -> Settings:
    cell = site.cell(
        "lab",
        agent_names=[f"Agent {n}" for n in range(agents)],
        queues=(QueueSettings(wrap_up_seconds=WRAP_UP, ring_seconds=5),),
        patience_seconds=10,
    )
    # Whose telephone registers, and can be lost: in a queue that nobody calls.
    apart = AgentOptions(id=_own_id(agents), name="Apart", queues=("apart",))
    update = {
        "run_asterisk": False,
        "queues": (*cell.queues, QueueSettings(name="apart")),
        "agents": (*cell.agents, apart),
        "ami_via": Address(address=IPv4Address(site.asterisk.host), port=_RELAYED),
    }
    return GivenSettings(
        state_dir=folder / "state",
        database_url=SecretStr("postgresql://nowhere/"),
        policy="demo",
        cell=cell.model_copy(update=update),
        guards=GuardOptions(caller_at_once=100, caller_per_hour=100_000),
        http=HttpOptions(port=port, public_url=f"http://127.0.0.1:{port}"),
        speech=SpeechOptions(studio=folder / "studio"),
        feedback=FeedbackOptions(enabled=False),
        callbacks=CallbackOptions(enabled=False),
        log=LogOptions(level="warning"),
    )
