"""A real TURN server (coturn) between an agent's browser and Asterisk."""

import asyncio
import re
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from helpline.tools import Tool

PORT = 3478
REALM = "helpline.example.org"
# As docs/OPERATING.md gives it to operators, but on loopback.
_CONFIGURATION = """\
listening-ip={host}
relay-ip={host}
listening-port={port}
min-port=42000
max-port=42099
use-auth-secret
static-auth-secret={secret}
realm={realm}
denied-peer-ip=0.0.0.0-255.255.255.255
allowed-peer-ip={asterisk}
allow-loopback-peers
no-cli
no-tls
no-multicast-peers
relay-threads=1
verbose
log-binding
log-file=stdout
pidfile={folder}/turnserver.pid
userdb={folder}/turnserver.db
"""
# Said of an allocation when it is given back: what went to the peer and came from it.
_CARRIED = re.compile(r"peer usage: .*username=<(\d+):(\d+)>, rp=(\d+), rb=\d+, sp=(\d+),")


@dataclass(frozen=True, slots=True)
class Carried:
    """What the relay carried, in packets, for a name: an agent, and until when it is good."""

    until: int
    agent: str
    from_asterisk: int
    to_asterisk: int


@dataclass(frozen=True, slots=True)
class Coturn:
    """A running one."""

    process: asyncio.subprocess.Process
    log: Path

    def says(self) -> str:
        """Its log until now."""
        return self.log.read_text(encoding="utf-8", errors="replace")

    def stand_still(self) -> None:
        """It answers nothing, as one that is overloaded."""
        self.process.send_signal(signal.SIGSTOP)

    def go_on(self) -> None:
        """It answers again, also what was asked meanwhile."""
        self.process.send_signal(signal.SIGCONT)

    async def until_says(self, words: str) -> None:
        """Wait for these words in its log."""
        async with asyncio.timeout(30):
            while words not in self.says():
                await asyncio.sleep(0.1)

    async def until_carried(self) -> Carried:
        """The allocation that carried most, once one that carried something is given back."""
        async with asyncio.timeout(30):
            while not (found := self._carried()):
                await asyncio.sleep(0.1)
        return max(found, key=lambda one: one.from_asterisk)

    def _carried(self) -> list[Carried]:
        found = (
            Carried(int(until), agent, int(received), int(sent))
            for until, agent, received, sent in _CARRIED.findall(self.says())
        )
        return [one for one in found if one.from_asterisk]


@asynccontextmanager
async def coturn(
    tool: Tool, folder: Path, *, host: str, asterisk: str, secret: str
) -> AsyncIterator[Coturn]:
    """Listens on `host`, relays to `asterisk` alone, for who has a name made with `secret`."""
    folder.mkdir(exist_ok=True)
    file, log = folder / "turnserver.conf", folder / "turnserver.log"
    file.write_text(
        _CONFIGURATION.format(
            host=host, port=PORT, secret=secret, realm=REALM, asterisk=asterisk, folder=folder
        )
    )
    with log.open("wb") as told:
        process = await asyncio.create_subprocess_exec(
            "setpriv", "--pdeathsig", "TERM", *tool.command("-c", file),
            stdin=asyncio.subprocess.DEVNULL, stdout=told, stderr=asyncio.subprocess.STDOUT,
            env=tool.environment(), cwd=folder,
        )  # fmt: skip
    running = Coturn(process, log)
    try:
        await running.until_says("UDP listener opened")
        yield running
    finally:
        running.go_on()
        process.terminate()
        try:
            await asyncio.wait_for(process.wait(), 10)
        except TimeoutError:
            process.kill()
            await process.wait()
        print("\n".join(running.says().splitlines()[-60:]))
