"""The office under test: a database with history, a scripted Asterisk, `helpline serve`, people."""

import asyncio
import json
import shutil
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

import aiohttp
from prometheus_client.parser import text_string_to_metric_families

from bench.desk import history, people
from bench.desk.exchange import Exchange
from bench.desk.processes import Browsers, browsers, helpline
from bench.desk.traffic import CELL, Habits, Traffic
from bench.stage import StageError
from calls.journal import CallJournal
from db.group_commit import GroupCommit
from db.migrate import migrate
from db.pool import Pool, open_pool
from helpline.clock import system_clock
from helpline.lab.tones import make_studio
from helpline.postgres import EmbeddedPostgres

NETWORK = "127.0.52"
ORIGIN = f"http://{NETWORK}.3:8352"
QUEUES = ("helpline-hi", "helpline-en")
_SECOND_QUEUE = 4  # every so many agents serve it too
_READY_SECONDS = 400.0
_ROW_SECONDS = 60.0
_LINGER_SECONDS = 0.25

Reports = Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """`talk`: seconds, so that more agents have more calls at once. `wrap_up` in seconds."""

    agents: int
    habits: Habits
    wrap_up: int = 4
    wallboards: int = 4
    callers: int = 200


@dataclass(frozen=True)
class Office:
    """Everything up, everybody in. `slow_agent`: whose browser will be stopped; `idle_agent`: in no
    queue, and not in. `kept`: what pages reported, which they tell once.
    """

    size: Size
    server: int
    database: int
    exchange: Exchange
    traffic: Traffic
    pages: tuple[Browsers, ...]
    slow: Browsers
    slow_agent: str
    cookies: Mapping[str, str]
    pool: Pool
    empty: int  # bytes that the server held before anybody came
    idle_agent: str
    kept: list[Reports] = field(default_factory=list)


async def figure(name: str) -> float:
    """One figure of the server's own `/metrics`. Raises `StageError`."""
    try:
        async with aiohttp.ClientSession() as http, http.get(f"{ORIGIN}/metrics") as response:
            text = await response.text()
    except aiohttp.ClientError as error:
        raise StageError("the server does not answer") from error
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            if sample.name in (f"helpline_{name}", f"helpline_{name}_total"):
                return float(sample.value)
    raise StageError(f"no figure {name} in /metrics")


async def until(name: str, wanted: float, seconds: float, every: float = 0.2) -> None:
    """Until a figure is that. Raises `StageError`."""
    try:
        async with asyncio.timeout(seconds):
            while await figure(name) != wanted:
                await asyncio.sleep(every)
    except TimeoutError:
        raise StageError(f"{name} is not {wanted:g} after {seconds:g} s") from None


@asynccontextmanager
async def office(folder: Path, size: Size, say: Callable[[str], None]) -> AsyncIterator[Office]:
    """Set up in `folder` (emptied first)."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    make_studio(folder / "studio")
    async with AsyncExitStack() as stack:
        say(f"PostgreSQL, {size.callers} citizens who have called before")
        database = EmbeddedPostgres(folder / "postgres")
        await asyncio.to_thread(database.start)
        stack.push_async_callback(asyncio.to_thread, database.stop)
        await asyncio.to_thread(migrate, database.url)
        pool = await open_pool(database.url, size=4)
        stack.push_async_callback(pool.close)
        exchange = Exchange(f"{NETWORK}.1", 5038)
        await exchange.start()
        stack.push_async_callback(exchange.stop)
        traffic = await _traffic(stack, database.url, exchange, size)
        say("helpline serve")
        ids = [str(1001 + n) for n in range(size.agents + 1)]
        settings = _settings(folder, database.url, size, ids)
        server = await stack.enter_async_context(helpline(folder, settings))
        cookies = await people.agents(pool, ids, system_clock())
        bosses = await people.supervisors(pool, size.wallboards, system_clock())
        await until("words_waiting", 0, _READY_SECONDS, every=1.0)
        empty = resident(server)
        say(f"{size.agents} agents and {size.wallboards} wallboards come in")
        slow, slow_agent = await _slow(stack, folder, cookies)
        pages = await _pages(stack, folder, cookies, bosses)
        await until("agents_connected", size.agents, _READY_SECONDS)
        await _until_seated(exchange, size)
        yield Office(
            size,
            server,
            database.pid,
            exchange,
            traffic,
            pages,
            slow,
            slow_agent,
            cookies,
            pool,
            empty,
            ids[-1],
        )


def resident(pid: int) -> int:
    """Bytes of a process in memory."""
    for line in Path(f"/proc/{pid}/status").read_text(encoding="utf-8").splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) * 1024
    raise StageError(f"process {pid} has ended")


async def _slow(
    stack: AsyncExitStack, folder: Path, cookies: Mapping[str, str]
) -> tuple[Browsers, str]:
    agent = next(iter(cookies))
    one = {agent: cookies[agent]}
    return await stack.enter_async_context(browsers(folder, "slow", ORIGIN, one)), agent


async def _pages(
    stack: AsyncExitStack, folder: Path, cookies: Mapping[str, str], bosses: Mapping[str, str]
) -> tuple[Browsers, ...]:
    """Two processes of agents, so that one page's work holds fewer others up; the wallboards
    (first) in one of their own.
    """
    _, *others, _idle = cookies
    boards = browsers(
        folder, "boards", ORIGIN, bosses, path="/supervisor/socket", parses=False, seed=3
    )
    halves = [
        browsers(folder, f"pages{n}", ORIGIN, {id: cookies[id] for id in others[n::2]}, seed=n)
        for n in (0, 1)
    ]
    return tuple([await stack.enter_async_context(one) for one in (boards, *halves)])


async def _traffic(stack: AsyncExitStack, url: str, exchange: Exchange, size: Size) -> Traffic:
    """The bench is the call flow, and writes its rows. They are not what is measured: few commits,
    none of which waits for the disk that the server's own rows need.
    """
    pool = await open_pool(f"{url}&synchronous_commit=off", size=2, statement_seconds=30)
    stack.push_async_callback(pool.close)
    commit = GroupCommit(lambda: pool, linger=_LINGER_SECONDS)
    writing = asyncio.create_task(commit.run(), name="call rows")
    stack.callback(writing.cancel)
    journal = CallJournal(commit, timeout=_ROW_SECONDS)
    numbers = await history.callers(pool, journal, size.callers, CELL, system_clock)
    return Traffic(
        exchange, journal, QUEUES, numbers, size.habits, Random(size.agents), system_clock
    )


async def _until_seated(exchange: Exchange, size: Size) -> None:
    try:
        async with asyncio.timeout(_READY_SECONDS):
            while sum(bool(one.queues) for one in exchange.members.values()) < size.agents:
                await asyncio.sleep(0.2)
    except TimeoutError:
        raise StageError("not all agents were seated in their queues") from None


def _settings(folder: Path, url: str, size: Size, ids: list[str]) -> str:
    """What belongs to calls at desks. Dialer, call-backs and messages stand still: nobody is to be
    called, and what the bench's complaints still have to tell is not measured here.
    """
    agents = [
        f'[[cell.agents]]\nid = "{id}"\nname = "{_name(n)}"\n'
        f"queues = {json.dumps(_queues(n, size))}\n"
        f'contact = {{ host = "{NETWORK}.4", port = {20_000 + n} }}\n'
        for n, id in enumerate(ids)
    ]
    queues = [
        f'[[cell.queues]]\nname = "{name}"\nwrap_up_seconds = {size.wrap_up}\nmax_length = 1000\n'
        for name in QUEUES
    ]
    here = f'address = "{NETWORK}.1"'
    return "\n".join([
        f"state_dir = {json.dumps(str(folder / 'state'))}", f"database_url = {json.dumps(url)}",
        'policy = "up-1076"',
        f'[http]\nhost = "{NETWORK}.3"\nport = 8352\npublic_url = "{ORIGIN}"',
        f"[speech]\nstudio = {json.dumps(str(folder / 'studio'))}",
        '[log]\nlevel = "warning"', "[feedback]\nenabled = false", "[callbacks]\nenabled = false",
        "[notifications]\nenabled = false",
        f'[cell]\nname = "{CELL}"\nrun_asterisk = false\nsip = {{ {here}, port = 5060 }}',
        f"ami = {{ {here}, port = 5038 }}\nagi = {{ {here}, port = 4573 }}",
        *queues, *agents,
    ])  # fmt: skip


def _queues(number: int, size: Size) -> tuple[str, ...]:
    if number == size.agents:
        return ()
    return QUEUES if number % _SECOND_QUEUE == 0 else QUEUES[:1]


def _name(number: int) -> str:
    return f"कर्मचारी {number + 1}"
