"""A relay between a client and a server that can be cut, as networks are."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable

_CHUNK = 65536
_SERVER_READS = 0.5  # seconds that the server has to read the last words

Opener = Callable[[], Awaitable[tuple[asyncio.StreamReader, asyncio.StreamWriter]]]


class Relay:
    """Listens on `host:port` and passes bytes on to what `open_server` connects to."""

    def __init__(self, host: str, port: int, open_server: Opener) -> None:
        self._host = host
        self._port = port
        self._open_server = open_server
        self._server: asyncio.Server | None = None
        self._writers: set[asyncio.StreamWriter] = set()
        self._cut_after: bytes | None = None
        self._swallowing = False
        self.connections = 0

    async def start(self) -> None:
        """Listen. Also after a `cut`."""
        self._server = await asyncio.start_server(self._relay, self._host, self._port)

    async def cut(self) -> None:
        """Drop all connections and refuse new ones until `start`."""
        if self._server is not None:
            self._server.close()
            self._server = None
        self._drop()

    def cut_after(self, words: bytes) -> None:
        """Drop all connections, once, after a client's `words` were passed on and not answered."""
        self._cut_after = words

    def _drop(self) -> None:
        for writer in list(self._writers):
            transport: asyncio.WriteTransport = writer.transport
            transport.abort()

    async def _relay(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            server_reader, server_writer = await self._open_server()
        except OSError:
            writer.close()
            return
        pair = {writer, server_writer}
        self._writers |= pair
        try:
            async with asyncio.TaskGroup() as both:
                both.create_task(self._pass(reader, server_writer, from_client=True))
                both.create_task(self._pass(server_reader, writer, from_client=False))
        finally:
            self._writers -= pair
            for one in pair:
                one.close()

    async def _pass(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, from_client: bool
    ) -> None:
        with contextlib.suppress(ConnectionError):
            while data := await reader.read(_CHUNK):
                if self._swallowing and not from_client:
                    continue
                last = from_client and self._cut_after is not None and self._cut_after in data
                # Before the words leave: whatever the server answers shall not come back.
                self._swallowing = self._swallowing or last
                writer.write(data)
                await writer.drain()
                if last:
                    await asyncio.sleep(_SERVER_READS)
                    self._cut_after, self._swallowing = None, False
                    self._drop()
        writer.close()
