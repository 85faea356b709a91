import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from ipaddress import IPv4Address, IPv4Network
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from dialplans import secrets
from dialplans.asterisk import AsteriskProcess
from dialplans.names import PROMPTS
from dialplans.render import render, write
from dialplans.secrets import Secrets
from dialplans.settings import (
    Address,
    AgentSettings,
    CellSettings,
    Peer,
    QueueSettings,
    TrunkSettings,
)
from tests.dialplans.sip import Phone

ROOT = Path(__file__).parents[2]
CELL_SIP = ("127.0.0.20", 5060)
CITIZEN = ("127.0.0.21", 5060)
AGENT = ("127.0.0.22", 5060)
STRANGER = ("127.0.0.29", 5060)


@pytest.fixture(scope="session")
def asterisk_tool() -> Mapping[str, Any]:
    entry: Mapping[str, Any] = json.loads((ROOT / "var/tools.json").read_text())["asterisk"]
    return entry


@pytest.fixture
def argv(asterisk_tool: Mapping[str, Any]) -> list[str]:
    return list(asterisk_tool["argv"])


@pytest.fixture
def cell(tmp_path: Path, asterisk_tool: Mapping[str, Any]) -> CellSettings:
    prompts = tmp_path / "prompts"
    prompts.mkdir()
    tone = 0.2 * np.sin(np.arange(4000) * 0.3)
    for name in PROMPTS:
        soundfile.write(prompts / f"{name}.wav", tone, 8000, subtype="PCM_16")
    return CellSettings(
        name="lucknow-1",
        root=tmp_path / "cell",
        modules_dir=asterisk_tool["modules_dir"],
        documentation_dir=asterisk_tool["documentation_dir"],
        sounds_dir=asterisk_tool["sounds_dir"],
        prompts_dir=prompts,
        recordings_dir=tmp_path / "recordings",
        sip=Address(address=IPv4Address(CELL_SIP[0]), port=CELL_SIP[1]),
        ami=Address(address=IPv4Address("127.0.0.20"), port=5038),
        agi=Address(address=IPv4Address("127.0.0.20"), port=4573),
        trunk=TrunkSettings(
            match=(IPv4Network("127.0.0.21"),), contact=Peer(host=CITIZEN[0], port=CITIZEN[1])
        ),
        agents=(
            AgentSettings(id="101", name="राधा", contact=Peer(host=AGENT[0], port=AGENT[1])),
            AgentSettings(id="102", name="Imran"),
        ),
        queues=(QueueSettings(wait_limit_seconds=5, ring_seconds=3, max_length=1),),
        phone_check_seconds=0,  # a test that opens no telephone has none
    )


@pytest.fixture
def cell_secrets(cell: CellSettings) -> Secrets:
    return secrets.generate(agent.id for agent in cell.agents)


@pytest.fixture
async def asterisk(
    cell: CellSettings, cell_secrets: Secrets, argv: list[str]
) -> AsyncIterator[AsteriskProcess]:
    write(cell, render(cell, cell_secrets))
    async with AsteriskProcess(argv, cell.root) as process:
        yield process


@pytest.fixture
async def citizen() -> AsyncIterator[Phone]:
    phone = await Phone.open(CITIZEN)
    yield phone
    phone.close()


@pytest.fixture
async def agent() -> AsyncIterator[Phone]:
    phone = await Phone.open(AGENT)
    yield phone
    phone.close()


class FastAgi:
    """A FastAGI server: sends the commands set for each script, keeps what it was told."""

    def __init__(self) -> None:
        self.commands: dict[str, list[str]] = {}
        self.scripts: asyncio.Queue[tuple[str, list[str]]] = asyncio.Queue(100)
        self.headers: dict[str, str] = {}
        self.replies: list[str] = []

    async def handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        headers: dict[str, str] = {}
        while line := (await reader.readline()).decode().rstrip("\n"):
            key, _, value = line.partition(":")
            headers[key] = value.removeprefix(" ")
        script = headers["agi_network_script"]
        self.headers = headers
        numbers = range(1, 10)
        args = [headers[f"agi_arg_{n}"] for n in numbers if f"agi_arg_{n}" in headers]
        self.scripts.put_nowait((script, args))
        for command in self.commands.get(script, []):
            writer.write(command.encode() + b"\n")
            while (reply := await reader.readline()).startswith(b"HANGUP"):
                pass
            self.replies.append(reply.decode().strip())
        writer.close()

    async def told(self, script: str) -> list[str]:
        """The arguments of the next run of `script`."""
        async with asyncio.timeout(20):
            while True:
                name, args = await self.scripts.get()
                if name == script:
                    return args


@pytest.fixture
async def fastagi(cell: CellSettings) -> AsyncIterator[FastAgi]:
    server = FastAgi()
    listening = await asyncio.start_server(server.handle, str(cell.agi.address), cell.agi.port)
    yield server
    listening.close()


async def until(ready: Callable[[], Awaitable[bool]], seconds: float = 20) -> None:
    """Ask again and again until it is so."""
    async with asyncio.timeout(seconds):
        while not await ready():
            await asyncio.sleep(0.1)


async def talks(asterisk: AsteriskProcess) -> bool:
    """Whether a citizen is connected with somebody."""
    return "Up!AppDial!" in await asterisk.cli("core show channels concise")


@pytest.fixture
def ami(cell: CellSettings, cell_secrets: Secrets) -> Callable[..., Any]:
    """Sends one action in a session of its own; its response as text."""

    async def send(action: str, *, secret: str = cell_secrets.ami.get_secret_value()) -> str:
        reader, writer = await asyncio.open_connection(str(cell.ami.address), cell.ami.port)
        await reader.readline()
        login = f"Action: Login\nUsername: helpline\nSecret: {secret}\nEvents: off"
        answer = ""
        for text in (login, action):
            writer.write((text + "\n\n").replace("\n", "\r\n").encode())
            answer = (await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 10)).decode()
            if "Response: Error" in answer:
                break
        writer.close()
        return answer

    return send
