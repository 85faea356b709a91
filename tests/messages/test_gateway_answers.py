"""What a gateway's answer means that comes in pieces, or is cut off."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest

from messages.drivers.http import HttpGateway, HttpGatewayOptions
from messages.errors import PermanentError, UnknownEndError
from tests.messages.room import Room
from tests.messages.test_drivers import MESSAGE

_QUEUED = '"state": "queued"'


@dataclass
class Slow:
    """Says `pieces` one after the other, each once the one before has been read, and then hangs up,
    or stays silent. `said`: the length that it claims.
    """

    pieces: tuple[bytes, ...]
    status: int = 200
    said: int | None = None
    silent: bool = False
    url: str = ""
    seen: int = 0
    over: asyncio.Event = field(default_factory=asyncio.Event)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        length = next(line for line in head.split(b"\r\n") if line.lower().startswith(b"content-l"))
        await reader.readexactly(int(length.split(b":")[1]))
        self.seen += 1
        said = sum(map(len, self.pieces)) if self.said is None else self.said
        writer.write(f"HTTP/1.1 {self.status} as it is\r\nContent-Length: {said}\r\n\r\n".encode())
        for piece in self.pieces:
            await writer.drain()
            await asyncio.sleep(0.05)
            writer.write(piece)
        if self.silent:
            await self.over.wait()
        writer.close()


@asynccontextmanager
async def at_work(gateway: Slow) -> AsyncIterator[Slow]:
    server = await asyncio.start_server(gateway.serve, "127.0.0.1", 0)
    async with server:
        gateway.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/sms"
        try:
            yield gateway
        finally:
            gateway.over.set()


async def send(gateway: Slow, accepted: str | None = None, timeout: float = 5) -> str:
    options = HttpGatewayOptions(url=gateway.url, fields={}, accepted=accepted, reference="id")
    driver = HttpGateway(options, timeout=timeout)
    try:
        return await driver.send(MESSAGE)
    finally:
        await driver.close()


async def test_an_answer_in_two_pieces_is_an_answer(room: Room) -> None:
    [message] = await room.messages()
    async with (
        at_work(Slow((b'{"id": "gw-1", ', _QUEUED.encode() + b"}"))) as gateway,
        room.working(room.http(url=gateway.url, accepted=_QUEUED)),
    ):
        row = await room.failed(message, 1)  # over, be it failed or sent
    assert (row["sent_at"], row["reference"]) == (room.now(), "gw-1")
    assert gateway.seen == 1


@pytest.mark.parametrize("pieces", [(), (b'{"id": ',)])
@pytest.mark.parametrize("silent", [False, True])
async def test_what_was_taken_stays_taken_where_the_rest_does_not_come(
    pieces: tuple[bytes, ...], silent: bool
) -> None:
    async with at_work(Slow(pieces, said=999, silent=silent)) as gateway:
        assert await send(gateway, timeout=2 if silent else 5) == ""


async def test_what_has_to_be_read_and_is_cut_off_is_of_unknown_end() -> None:
    async with at_work(Slow((_QUEUED.encode(),), said=999)) as gateway:
        with pytest.raises(UnknownEndError, match="200, but the answer was cut off"):
            await send(gateway, _QUEUED)


async def test_a_refusal_is_one_however_little_is_said_of_it() -> None:
    async with at_work(Slow((b"no",), status=422, said=999)) as gateway:
        with pytest.raises(PermanentError, match="422"):
            await send(gateway, _QUEUED)


async def test_of_an_endless_answer_only_the_beginning_is_read() -> None:
    begins = b'{"state": "queued", "id": "' + b"x" * 70_000
    async with at_work(Slow((begins,), said=10**9, silent=True)) as gateway:
        assert await send(gateway, _QUEUED) == ""
