"""What the bench of recorded calls needs: the product, and beside it an Asterisk without us."""

import asyncio
import os
import shutil
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.cells import agent_id, written_cell
from bench.cpu import used, used_by_niced
from bench.quiet import quiet
from bench.servers.ours import DATABASE_VARIABLE
from bench.stage import StageError, stop
from bench.streams import Pump, Streams, first_of_all
from bench.telephones import Telephones
from cti.tokens import issue
from dialplans.asterisk import AsteriskProcess
from dialplans.names import QUEUE_DEFAULT, agent_interface
from helpline.cell import state_folder
from helpline.demo.agent import AgentPage
from helpline.keys import signing_key
from helpline.lab.phones import Address
from helpline.lab.site import Site
from helpline.postgres import EmbeddedPostgres
from helpline.settings import GivenSettings
from helpline.tools import Tools

SERVICE = "1076"
MONO, UNRECORDED, STEREO = "9301", "9302", "9303"
# In the voice's middle: of a steady 3.1 kHz with our numbers in it libopus loses ten decibels,
# and a copy that has lost twelve is refused.
CITIZENS_HERTZ, AGENTS_HERTZ = 440.0, 700.0
_MEDIA_PORT = 40_000
_READY_SECONDS = 90.0


@dataclass(frozen=True)
class Exchange:
    """One of the two, with its telephones."""

    asterisk: AsteriskProcess
    asterisk_pid: int
    citizens: Telephones
    agents: Telephones

    async def quiet(self) -> None:
        """Until no call is left. Raises `StageError`."""
        await quiet(self.asterisk, self.citizens, self.agents)


@dataclass(frozen=True)
class RecordedStage:
    """Everything up and running: the agents of the product are signed in, and free."""

    whole: Exchange
    plain: Exchange
    recordings: Path
    """Where the plain one writes: `<number>.wav` or `<number>.raw`."""
    settings: GivenSettings
    """Of the product, to open its recordings."""
    database: EmbeddedPostgres
    server_pid: int
    speaking: Streams
    listening: Streams
    pump: Pump

    def exchange(self, dialled: str) -> Exchange:
        """Where that number is."""
        return self.whole if dialled == SERVICE else self.plain

    def cpu(self, dialled: str) -> dict[str, float]:
        """Seconds of CPU used until now by who serves that number; `copies` of it in Opus."""
        asterisk = used([self.exchange(dialled).asterisk_pid])
        if dialled != SERVICE:
            return {"asterisk": asterisk}
        copies = used_by_niced(self.server_pid)
        return {
            "asterisk": asterisk,
            "python": used([self.server_pid]) - asterisk - copies,
            "copies": copies,
            "postgres": used([self.database.pid]),
        }


@asynccontextmanager
async def recorded_stage(
    folder: Path,
    tools: Tools,
    networks: tuple[str, str],
    http_port: int,
    agents: int,
    progress: Callable[[str], None] = lambda _: None,
) -> AsyncIterator[RecordedStage]:
    """Set up in `folder` (emptied first). `networks`: the product's, the plain Asterisk's."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    whole, plain = (Site(network) for network in networks)
    async with AsyncExitStack() as stack:
        database = await _database(stack, folder / "postgres")
        progress("the product")
        server, asterisk_pid = await stack.enter_async_context(
            _product(folder / "whole", whole, http_port, agents, database.url)
        )
        settings = GivenSettings(state_dir=folder / "whole" / "state")
        progress("Asterisk alone")
        cell, _ = written_cell(
            folder / "plain", tools, plain, agents=1, dialplan=_dialplan(folder / "plain")
        )
        alone = await stack.enter_async_context(AsteriskProcess(tools.asterisk.argv, cell.root))
        media = (
            Address(whole.caller.host, _MEDIA_PORT),
            Address(whole.agent(0).host, _MEDIA_PORT),
        )
        speaking = _streams(stack, media[0], CITIZENS_HERTZ)
        listening = _streams(stack, media[1], AGENTS_HERTZ)
        pump = Pump(speaking, listening)
        asterisk = AsteriskProcess(tools.asterisk.argv, state_folder(settings).asterisk)
        made = RecordedStage(
            whole=_exchange(stack, whole, media, asterisk, asterisk_pid, agents),
            plain=_exchange(stack, plain, media, alone, alone.pid, 1),
            recordings=cell.recordings_dir,
            settings=settings,
            database=database,
            server_pid=server,
            speaking=speaking,
            listening=listening,
            pump=pump,
        )
        progress(f"{agents} agents sign in")
        await _sign_in(stack, made, http_port, agents)
        with first_of_all():  # after all that is measured was started
            pump.start()
            stack.callback(pump.stop)
            yield made


async def _database(stack: AsyncExitStack, folder: Path) -> EmbeddedPostgres:
    database = EmbeddedPostgres(folder)
    await asyncio.to_thread(database.start)
    stack.push_async_callback(asyncio.to_thread, database.stop)
    return database


def _streams(stack: AsyncExitStack, at: Address, hertz: float) -> Streams:
    streams = Streams(at, hertz, 0)
    stack.callback(streams.close)
    return streams


def _exchange(
    stack: AsyncExitStack,
    site: Site,
    media: tuple[Address, Address],
    asterisk: AsteriskProcess,
    pid: int,
    agents: int,
) -> Exchange:
    citizens = Telephones([site.caller], site.asterisk, media[0])
    stack.callback(citizens.close)
    phones = Telephones([site.agent(n) for n in range(agents)], site.asterisk, media[1])
    stack.callback(phones.close)
    return Exchange(asterisk, pid, citizens, phones)


def _dialplan(folder: Path) -> list[str]:
    """Answer, MixMonitor, Dial: what somebody writes who has only Asterisk."""
    agent, recordings = agent_interface(agent_id(0)), folder / "recordings"
    mixed = f"MixMonitor({recordings}/${{CALLERID(num)}}"
    lines = []
    for number, record in (
        (MONO, f"{mixed}.wav)"),
        (UNRECORDED, None),
        (STEREO, f"{mixed}.raw,D)"),
    ):
        lines += [f"exten => {number},1,Answer()"]
        lines += [f" same => n,{record}"] if record else []
        lines += [f" same => n,Dial({agent},20)", " same => n,Hangup()"]
    return lines


@asynccontextmanager
async def _product(
    folder: Path, site: Site, http_port: int, agents: int, url: str
) -> AsyncIterator[tuple[int, int]]:
    """The product as a process that ends with us: its id, and that of its Asterisk."""
    folder.mkdir()
    log = folder / "errors.log"
    with log.open("wb") as errors:
        process = await asyncio.create_subprocess_exec(
            *("setpriv", "--pdeathsig", "TERM", sys.executable, "-m", "bench.servers.whole"),
            *(str(folder), site.network, str(http_port), str(agents)),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=errors,
            env={**os.environ, DATABASE_VARIABLE: url},
            start_new_session=True,
        )
    try:
        yield process.pid, await _ready(process, log)
    finally:
        await stop(process)


async def _ready(process: asyncio.subprocess.Process, log: Path) -> int:
    said = b""
    if process.stdout is not None:
        async with asyncio.timeout(_READY_SECONDS):
            said = await process.stdout.readline()
    if not said.startswith(b"ready "):
        words = log.read_text(encoding="utf-8", errors="replace").strip()[-600:]
        raise StageError(f"the product did not start: {words}")
    return int(said.split()[1])


async def _sign_in(stack: AsyncExitStack, on: RecordedStage, http_port: int, agents: int) -> None:
    """Each agent by their own page, until Asterisk has all of them in the queue."""
    key, url = signing_key(on.settings), f"http://127.0.0.1:{http_port}"
    for number in range(agents):
        page = AgentPage(url, issue(key, agent_id(number)))
        await stack.enter_async_context(page)
    try:
        async with asyncio.timeout(_READY_SECONDS):
            while await _seated(on.whole.asterisk) < agents:
                await asyncio.sleep(0.5)
    except TimeoutError:
        raise StageError("not all agents got into the queue") from None


async def _seated(asterisk: AsteriskProcess) -> int:
    return (await asterisk.cli(f"queue show {QUEUE_DEFAULT}")).count("Not in use")
