"""A line to the database that a test can cut, at a chosen moment."""

import asyncio
from typing import Self
from urllib.parse import quote

from psycopg.conninfo import conninfo_to_dict

Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class Proxy:
    """Forwards to the server of `url` (TCP or unix socket) from a port of its own."""

    def __init__(self, url: str) -> None:
        self._parts = {key: str(value) for key, value in conninfo_to_dict(url).items()}
        self._server: asyncio.Server | None = None
        self._writers: set[asyncio.StreamWriter] = set()
        self._flows = asyncio.Event()
        self._flows.set()
        self._cut_after: bytes | None = None
        self.port = 0

    @property
    def url(self) -> str:
        user, name = quote(self._parts["user"]), self._parts["dbname"]
        password = quote(self._parts.get("password", ""))
        return f"postgresql://{user}:{password}@127.0.0.1:{self.port}/{name}"

    async def __aenter__(self) -> Self:
        await self.back()
        return self

    async def __aexit__(self, *_: object) -> None:
        self._flows.set()
        await self.drop()

    async def back(self) -> None:
        """Accept connections (again)."""
        self._server = await asyncio.start_server(self._forward, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def drop(self) -> None:
        """Cut every connection and refuse new ones, as a server that is stopped does."""
        if self._server is not None:
            self._server.close()
        self._cut()
        await asyncio.sleep(0)

    def stall(self) -> None:
        """Keep the connections, but let nothing through."""
        self._flows.clear()

    def resume(self) -> None:
        self._flows.set()

    def cut_after(self, words: bytes) -> None:
        """Pass on the next message that contains `words`, and cut before the answer comes back."""
        self._cut_after = words

    @property
    def has_cut(self) -> bool:
        return self._cut_after is None

    def _cut(self) -> None:
        for writer in list(self._writers):
            writer.transport.abort()

    async def _pass_on_and_cut(self, data: bytes, sink: asyncio.StreamWriter) -> None:
        self.stall()
        sink.write(data)
        await asyncio.sleep(0.2)  # long enough for the server to have done it
        self._cut_after = None
        self._cut()
        self.resume()

    async def _connect(self) -> Streams:
        host, port = self._parts.get("host", "127.0.0.1"), self._parts.get("port", "5432")
        if host.startswith("/"):
            return await asyncio.open_unix_connection(f"{host}/.s.PGSQL.{port}")
        return await asyncio.open_connection(host, int(port))

    async def _forward(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there_reader, there_writer = await self._connect()
        ends = {writer, there_writer}
        self._writers |= ends
        try:
            await asyncio.gather(
                self._copy(reader, there_writer, watched=True), self._copy(there_reader, writer)
            )
        finally:
            self._writers -= ends

    async def _copy(
        self, source: asyncio.StreamReader, sink: asyncio.StreamWriter, *, watched: bool = False
    ) -> None:
        try:
            while data := await source.read(65536):
                await self._flows.wait()
                if watched and self._cut_after is not None and self._cut_after in data:
                    await self._pass_on_and_cut(data, sink)
                    break
                sink.write(data)
                await sink.drain()
        except OSError:
            pass
        finally:
            sink.close()
