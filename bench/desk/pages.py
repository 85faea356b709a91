"""Agents' browsers, as one process: `python -m bench.desk.pages <settings>`, asked over stdin.

Each page holds its socket as the real one does (desk/socket.js): a ping every 4 s, an
acknowledgement for each screen-pop, a new connection half a second after it lost one. `report`
prints one line of JSON with what came since the last; the end of stdin ends it.
"""

import asyncio
import contextlib
import gc
import json
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

import aiohttp
import uvloop

_PING_SECONDS = 4.0
_AGAIN_SECONDS = 0.5
_LARGEST = 8 * 1024 * 1024


@dataclass(eq=False)
class Page:
    """One browser. `pops`: call, when it was parsed (monotonic ns), on which connection."""

    path: str
    name: str
    cookie: str
    parses: bool
    connections: int = 0
    state: dict[str, Any] = field(default_factory=dict)
    queues: tuple[str, ...] = ()
    pops: list[tuple[str, int, int]] = field(default_factory=list)
    others: int = 0
    bytes: int = 0
    socket: aiohttp.ClientWebSocketResponse | None = None

    async def run(self, session: aiohttp.ClientSession, rng: Random) -> None:
        """Connected for ever."""
        while True:
            try:
                headers = {"Cookie": f"helpline={self.cookie}"}
                async with session.ws_connect(
                    self.path, headers=headers, max_msg_size=_LARGEST, protocols=("helpline.v1",)
                ) as socket:
                    self.connections += 1
                    await self._stay(socket)
            except (aiohttp.ClientError, TimeoutError):
                pass  # as a browser: try again
            finally:
                self.socket = None
            await asyncio.sleep(_AGAIN_SECONDS * rng.uniform(0.75, 1.25))

    async def ping(self) -> None:
        """What keeps a page alive."""
        if self.socket is not None and not self.socket.closed:
            with contextlib.suppress(ConnectionError):
                await self.socket.send_str('{"type":"ping"}')

    async def _stay(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        async for frame in socket:
            if frame.type is not aiohttp.WSMsgType.TEXT:
                continue
            self.bytes += len(frame.data)
            if not self.parses:
                self.socket, self.others = socket, self.others + 1
                continue
            message = json.loads(frame.data)
            match message["type"]:
                case "pop":
                    at = time.monotonic_ns()
                    self.pops.append((message["call"], at, self.connections))
                    await socket.send_json({"type": "ack", "call": message["call"]})
                case "state":
                    self.state = message
                case "hello":
                    self.state, self.socket = message["state"], socket
                case _:
                    self.others += 1

    def report(self) -> dict[str, Any]:
        """What came since the last one."""
        pops, self.pops = self.pops, []
        return {
            "pops": pops,
            "connections": self.connections,
            "connected": self.socket is not None,
            "status": self.state.get("status"),
            "call": self.state.get("call"),
            "others": self.others,
            "bytes": self.bytes,
        }


async def _serve(settings: dict[str, Any]) -> None:
    rng = Random(settings["seed"])
    pages = [
        Page(settings["path"], name, cookie, parses=settings["parses"])
        for name, cookie in settings["cookies"].items()
    ]
    connector = aiohttp.TCPConnector(limit=0)
    headers = {"Origin": settings["origin"]}
    async with (
        aiohttp.ClientSession(settings["origin"], connector=connector, headers=headers) as session,
        asyncio.TaskGroup() as tasks,
    ):
        tasks.create_task(_come(pages, session, rng, settings["per_second"], tasks))
        pinging = tasks.create_task(_pings(pages))
        await _obey(pages)
        pinging.cancel()
        raise SystemExit(0)


async def _come(
    pages: list[Page],
    session: aiohttp.ClientSession,
    rng: Random,
    per_second: float,
    tasks: asyncio.TaskGroup,
) -> None:
    """A shift begins."""
    for page in pages:
        tasks.create_task(page.run(session, rng))
        await asyncio.sleep(1 / per_second)


async def _pings(pages: list[Page]) -> None:
    """Spread over the interval, as those of many browsers are."""
    pause = _PING_SECONDS / max(len(pages), 1)
    while True:
        for page in pages:
            await page.ping()
            await asyncio.sleep(pause)


async def _obey(pages: list[Page]) -> None:
    reader = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), sys.stdin
    )
    while line := (await reader.readline()).strip():
        if line == b"report":
            print(json.dumps({page.name: page.report() for page in pages}), flush=True)


def main() -> None:
    settings = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    gc.disable()  # a pause of ours would stand in the server's figures
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_serve(settings))


if __name__ == "__main__":
    main()
