"""An operator's machine: a settings file, and `helpline` run as they would run it."""

import asyncio
import contextlib
import os
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar
from uuid import UUID, uuid4

import asyncpg

from complaints.reference import load as load_reference
from complaints.registration import Registration, register
from db.pool import Pool, open_pool
from helpline.clock import system_clock
from helpline.demo.reference import CATEGORY, PLACE, REFERENCE
from helpline.lab.phones import Phone
from helpline.lab.site import Site
from helpline.lab.tones import make_studio
from helpline.policies import policy_named
from helpline.postgres import url_of_running
from helpline.recorded import recording_vault, take_out
from helpline.settings import GivenSettings
from helpline.tools import Tools

_T = TypeVar("_T")

_SETTINGS = """
state_dir = "{folder}/state"
policy = "demo"

[cell]
name = "lab"
sip = {{ address = "{network}.1", port = 5060 }}
ami = {{ address = "{network}.1", port = 5038 }}
agi = {{ address = "{network}.1", port = 4573 }}
rtp = {{ first = 20000, last = 21999 }}

[cell.trunk]
match = ["{network}.2/32", "{network}.3/32"]
contact = {{ host = "{network}.3", port = 5070 }}

[[cell.agents]]
id = "1001"
name = "सुनीता"
queues = ["helpline-hi"]

[http]
port = {port}
public_url = "http://127.0.0.1:{port}"

[speech]
studio = "{folder}/studio"

[feedback]
enabled = false

[log]
level = "warning"
"""


class Served:
    """A running `helpline serve`."""

    def __init__(self, process: asyncio.subprocess.Process, log: Path) -> None:
        self.process = process
        self._log = log

    async def until_ready(self) -> str:
        """The line that it prints when it serves."""
        if self.process.stdout is None:
            raise RuntimeError("its words are not read")
        async with asyncio.timeout(60):
            line = (await self.process.stdout.readline()).decode()
        if "serves" not in line:
            raise RuntimeError(f"it does not serve: {line} {self._log.read_text()}")
        return line

    async def end(self, signal_number: int) -> int:
        """Send it a signal; its exit status."""
        self.process.send_signal(signal_number)
        async with asyncio.timeout(60):
            return await self.process.wait()


@dataclass(frozen=True)
class Operator:
    """Works in `folder`, which must have a short path."""

    folder: Path
    tools: Tools
    network: str
    port: int

    def write_settings(self) -> Path:
        """A good settings file."""
        make_studio(self.folder / "studio")
        path = self.folder / "helpline.toml"
        good = _SETTINGS.format(folder=self.folder, network=self.network, port=self.port)
        path.write_text(good, encoding="utf-8")
        return path

    @property
    def state(self) -> Path:
        """The state folder."""
        return self.folder / "state"

    async def opened(self, pool: Pool, recording_id: UUID) -> Path:
        """A stored recording's file, out of the vault."""
        vault = recording_vault(GivenSettings(state_dir=self.state))
        return await take_out(pool, vault, recording_id, self.folder / "opened")

    @property
    def url(self) -> str:
        """Where it serves."""
        return f"http://127.0.0.1:{self.port}"

    async def run(self, *words: str) -> tuple[int, str, str]:
        """Run one command: exit status, what it printed, what it complained of."""
        process = await self._start(words, asyncio.subprocess.PIPE)
        async with asyncio.timeout(60):
            said, complained = await process.communicate()
        return process.returncode or 0, said.decode(), complained.decode()

    @asynccontextmanager
    async def serve(self, **environment: str) -> AsyncIterator[Served]:
        """`helpline serve`, ready; killed at the end if it still runs. Nothing runs after it."""
        log = self.folder / "serve.log"
        with log.open("ab") as errors:
            process = await self._start(("serve",), errors, environment)
        served = Served(process, log)
        try:
            await served.until_ready()
            yield served
        finally:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()
            async with asyncio.timeout(60):  # what it started ends by itself, and writes until then
                while self.processes():
                    await asyncio.sleep(0.05)

    def processes(self) -> list[int]:
        """Whatever runs on this state folder, whoever started it."""
        return [int(one.name) for one in Path("/proc").glob("[0-9]*") if self._is_ours(one)]

    def phone(self, name: str) -> Phone:
        """A citizen's telephone."""
        site = Site(self.network)
        return site.phone(self.tools.sipp.argv, self.folder / "phones", name, site.caller)

    @asynccontextmanager
    async def database(self) -> AsyncIterator[Pool]:
        """The embedded database while it is served."""
        url = url_of_running(self.state / "postgres")
        if url is None:
            raise RuntimeError("nothing is served")
        pool = await open_pool(url, size=2)
        try:
            yield pool
        finally:
            await pool.close()

    async def complaint(self) -> str:
        """The number of a new complaint."""
        async with self.database() as pool:
            await load_reference(pool, REFERENCE)
            form = Registration(
                key=uuid4(),
                contact="+919876520001",
                category=CATEGORY,
                place=PLACE,
                text="हैंडपंप खराब है।",
                citizen_name="रामलाल",
                separate=True,
            )
            policy, now = policy_named("demo"), system_clock()
            return (await register(pool, form, policy=policy, now=now, actor="agent:1001")).number

    async def _start(
        self, words: tuple[str, ...], errors: object, more: Mapping[str, str] | None = None
    ) -> asyncio.subprocess.Process:
        own = {name: value for name, value in os.environ.items() if "HELPLINE" not in name}
        return await asyncio.create_subprocess_exec(
            sys.executable,
            *("-m", "helpline.cli", *words),
            env={**own, "HELPLINE_CONFIG": str(self.folder / "helpline.toml"), **(more or {})},
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=errors,  # type: ignore[arg-type]  # a file, or one of asyncio's constants
        )

    def _is_ours(self, process: Path) -> bool:
        with contextlib.suppress(OSError):
            words = (process / "cmdline").read_bytes()
            if words and os.fsencode(self.state) in words:
                return True
            return (process / "cwd").readlink().is_relative_to(self.state)
        return False


async def last_call(pool: Pool) -> asyncpg.Record | None:
    """The newest call's row."""
    async with pool.acquire(timeout=5) as conn:
        return await conn.fetchrow("select * from call order by id desc limit 1")


async def until(what: str, ready: Callable[[], Awaitable[_T | None]], seconds: float = 60) -> _T:
    """Ask `ready` again and again until it gives something."""
    try:
        async with asyncio.timeout(seconds):
            while (found := await ready()) is None:
                await asyncio.sleep(0.1)
    except TimeoutError:
        raise AssertionError(f"waited {seconds:g} s in vain for: {what}") from None
    return found
