"""What the FastAGI bench needs: Asterisk, PostgreSQL with fsync, the servers."""

import asyncio
import os
import shutil
import sys
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network
from pathlib import Path

import asyncpg

from bench.load import Callers
from bench.probe import Probe
from bench.servers.ours import CELL, DATABASE_VARIABLE
from db.migrate import migrate
from dialplans.asterisk import AsteriskProcess
from dialplans.render import render, write
from dialplans.secrets import generate
from dialplans.settings import Address as Bind
from dialplans.settings import (
    BenchRoute,
    BenchSettings,
    CellSettings,
    Peer,
    PortRange,
    TrunkSettings,
)
from helpline.lab.phones import Address
from helpline.postgres import EmbeddedPostgres
from helpline.tools import Asterisk, Tools

ASTERISK = Address("127.0.0.50")
CALLERS = Address("127.0.0.51", 5071)
PROBE = Address("127.0.0.52", 5072)
_READY_SECONDS = 20.0
_QUIET_SECONDS = 45.0


class StageError(Exception):
    """Something of the bench did not start or did not end; the message says what."""


@dataclass(frozen=True)
class Server:
    """A FastAGI server: `python -m <module> <host> <port> <arguments>`."""

    module: str
    address: Address
    arguments: tuple[str, ...] = ()


@dataclass(frozen=True)
class Stage:
    """Everything up and running."""

    asterisk: AsteriskProcess
    database: EmbeddedPostgres
    servers: Mapping[str, int]  # process ids by name
    callers: Callers
    probe: Probe

    async def quiet(self) -> None:
        """Wait until Asterisk has no call left. Raises `StageError`."""
        async with asyncio.timeout(_QUIET_SECONDS):
            while True:
                said = await self.asterisk.cli("core show channels count")
                if said.lstrip().startswith("0 active channels"):
                    return
                await asyncio.sleep(0.3)

    async def postgresql(self) -> str:
        """The database's version."""
        connection = await asyncpg.connect(self.database.url)
        try:
            return str(await connection.fetchval("show server_version"))
        finally:
            await connection.close()

    async def rows(self) -> tuple[int, int]:
        """Call rows, and how many of them have an end."""
        connection = await asyncpg.connect(self.database.url)
        try:
            row = await connection.fetchrow(
                "select count(*), count(ended_at) from call where cell = $1", CELL
            )
        finally:
            await connection.close()
        return (row[0], row[1]) if row else (0, 0)


@asynccontextmanager
async def stage(
    folder: Path,
    tools: Tools,
    servers: Mapping[str, Server],
    routes: Mapping[str, tuple[str, str]],
    plain: str,
    progress: Callable[[str], None] = lambda _: None,
) -> AsyncIterator[Stage]:
    """Set up in `folder` (emptied first); `routes`: a number's server and script."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    async with AsyncExitStack() as stack:
        progress("PostgreSQL, with fsync")
        database = EmbeddedPostgres(folder / "postgres")
        await asyncio.to_thread(database.start)
        stack.push_async_callback(asyncio.to_thread, database.stop)
        await asyncio.to_thread(migrate, database.url)
        progress("FastAGI servers")
        pids = {
            name: await stack.enter_async_context(_running(name, server, folder, database.url))
            for name, server in servers.items()
        }
        progress("Asterisk")
        bench = BenchSettings(
            plain_exten=plain,
            routes=tuple(
                BenchRoute(exten=exten, url=f"agi://{servers[name].address}/{script}")
                for exten, (name, script) in routes.items()
            ),
        )
        cell = _cell(folder, tools.asterisk, bench)
        write(cell, render(cell, generate(())))
        asterisk = await stack.enter_async_context(AsteriskProcess(tools.asterisk.argv, cell.root))
        probe = Probe(PROBE, ASTERISK)
        stack.callback(probe.close)
        callers = Callers(tools.sipp.argv, folder / "sipp", CALLERS, ASTERISK)
        yield Stage(asterisk, database, pids, callers, probe)


def _cell(folder: Path, asterisk: Asterisk, bench: BenchSettings) -> CellSettings:
    prompts = folder / "prompts"
    prompts.mkdir()
    own = IPv4Address(ASTERISK.host)
    return CellSettings(
        name=CELL,
        root=folder / "asterisk",
        modules_dir=asterisk.modules_dir,
        documentation_dir=asterisk.documentation_dir,
        sounds_dir=asterisk.sounds_dir,
        prompts_dir=prompts,
        recordings_dir=folder / "recordings",
        sip=Bind(address=own, port=ASTERISK.port),
        rtp=PortRange(first=30000, last=39999),
        ami=Bind(address=own, port=5038),
        agi=Bind(address=own, port=4573),
        trunk=TrunkSettings(
            match=(IPv4Network(CALLERS.host), IPv4Network(PROBE.host)),
            contact=Peer(host=CALLERS.host, port=CALLERS.port),
        ),
        bench=bench,
        max_calls=4000,
        rtp_timeout_seconds=0,
    )


@asynccontextmanager
async def _running(name: str, server: Server, folder: Path, url: str) -> AsyncIterator[int]:
    """The server as a process that ends with us; its id once it listens."""
    host, port = server.address.host, str(server.address.port)
    log = folder / f"{name}.log"
    with log.open("wb") as errors:
        process = await asyncio.create_subprocess_exec(
            *("setpriv", "--pdeathsig", "TERM", sys.executable, "-m", server.module),
            *(host, port, *server.arguments),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=errors,
            env={**os.environ, DATABASE_VARIABLE: url},
            start_new_session=True,
        )
    try:
        await _ready(process, name, log)
        yield process.pid
    finally:
        await stop(process)


async def _ready(process: asyncio.subprocess.Process, name: str, log: Path) -> None:
    assert process.stdout is not None
    async with asyncio.timeout(_READY_SECONDS):
        said = await process.stdout.readline()
    if said != b"ready\n":
        words = log.read_text(encoding="utf-8", errors="replace").strip()[-600:]
        raise StageError(f"server {name} did not start: {words}")


async def stop(process: asyncio.subprocess.Process) -> None:
    """End a process of ours: told, then killed."""
    if process.returncode is None:
        process.terminate()
        try:
            async with asyncio.timeout(15):
                await process.wait()
        except TimeoutError:
            process.kill()
            await process.wait()
