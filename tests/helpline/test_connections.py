"""Connections to the HTTP server, by real sockets: how many, and how long without a request."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import UTC, datetime
from ipaddress import ip_network
from pathlib import Path
from ssl import SSLContext
from typing import Any

import aiohttp
import pytest
import uvloop
from aiohttp import web
from aiohttp.test_utils import unused_port

from access.clients import client_behind
from helpline.door import Door, HttpLimits, Refused
from helpline.http import HttpServer
from helpline.options.pages import HttpOptions
from helpline.tls import make_certificate, tls_context

_PATIENCE = 20.0
_SOON = 0.3
_IN_TIME = 1.0  # long enough for who does ask, on a busy machine
_ASK = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"

Stream = tuple[asyncio.StreamReader, asyncio.StreamWriter]
Scene = Callable[[], Coroutine[Any, Any, None]]


async def _page(_request: web.Request) -> web.Response:
    return web.Response(text="page")


async def _form(request: web.Request) -> web.Response:
    return web.Response(text=await request.text())


async def _echo(request: web.Request) -> web.WebSocketResponse:
    ready = web.WebSocketResponse()
    await ready.prepare(request)
    async for message in ready:
        await ready.send_str(message.data)
    return ready


@asynccontextmanager
async def serving(
    limits: HttpLimits, tls: SSLContext | None = None
) -> AsyncIterator[tuple[HttpServer, int]]:
    app = web.Application()
    app.add_routes([web.get("/", _page), web.post("/form", _form), web.get("/socket", _echo)])
    port = unused_port()
    server = HttpServer(app, "127.0.0.1", port, tls, limits)
    await server.start()
    try:
        yield server, port
    finally:
        await server.stop()


@asynccontextmanager
async def connected(port: int, of: str = "127.0.0.1") -> AsyncIterator[Stream]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port, local_addr=(of, 0))
    try:
        yield reader, writer
    finally:
        writer.close()


async def answered(stream: Stream) -> bool:
    """Whether a page comes; not, where the connection was closed."""
    reader, writer = stream
    try:
        async with asyncio.timeout(_PATIENCE):
            writer.write(_ASK)
            await reader.readuntil(b"page")
    except (asyncio.IncompleteReadError, ConnectionError):
        return False
    return True


async def closed(stream: Stream) -> None:
    """Until the server has."""
    async with asyncio.timeout(_PATIENCE):
        try:
            await stream[0].read()
        except ConnectionError:
            return


async def empty(server: HttpServer, left: int = 0) -> None:
    """Until the server counts no more than `left`."""
    async with asyncio.timeout(_PATIENCE):
        while server.connections > left:
            await asyncio.sleep(0.01)


def on_both_loops(scene: Scene) -> Callable[[Any], None]:
    """The cell runs on uvloop, most tests do not: sockets differ between the two."""

    def test(loop_factory: Callable[[], asyncio.AbstractEventLoop]) -> None:
        with asyncio.Runner(loop_factory=loop_factory) as runner:
            runner.run(scene())

    test.__name__ = scene.__name__
    factories = [asyncio.new_event_loop, uvloop.new_event_loop]
    return pytest.mark.parametrize("loop_factory", factories, ids=["asyncio", "uvloop"])(test)


@on_both_loops
async def test_a_connection_that_asks_nothing_is_closed() -> None:
    async with serving(HttpLimits(request_seconds=_SOON)) as (server, port):
        async with connected(port) as silent:
            await closed(silent)
        assert server.refused == {Refused.NO_REQUEST: 1}
        await empty(server)


@on_both_loops
async def test_headers_that_never_end_are_cut_off() -> None:
    async with (
        serving(HttpLimits(request_seconds=_SOON)) as (server, port),
        connected(port) as (reader, writer),
    ):
        writer.write(b"GET / HTTP/1.1\r\nHost: x\r\n")
        over = asyncio.create_task(closed((reader, writer)))
        while not over.done():
            if not writer.is_closing():
                writer.write(b"X-More: x\r\n")
            await asyncio.wait([over], timeout=0.05)
        await over
        assert server.refused == {Refused.NO_REQUEST: 1}


@on_both_loops
async def test_a_body_that_never_ends_is_cut_off() -> None:
    limits = HttpLimits(request_seconds=_PATIENCE, body_seconds=_SOON)
    async with serving(limits) as (server, port), connected(port) as (reader, writer):
        writer.write(b"POST /form HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\nsome")
        await closed((reader, writer))
        assert server.refused == {Refused.NO_BODY: 1}


@on_both_loops
async def test_a_body_that_came_in_time_is_answered() -> None:
    limits = HttpLimits(request_seconds=_IN_TIME, body_seconds=_PATIENCE)
    async with serving(limits) as (server, port), connected(port) as (reader, writer):
        head = b"POST /form HTTP/1.1\r\nHost: x\r\nContent-Length: 8\r\n\r\n"
        for part in (head, b"half", b"page"):
            writer.write(part)
            await asyncio.sleep(0.05)
        async with asyncio.timeout(_PATIENCE):
            assert (await reader.readuntil(b"halfpage")).startswith(b"HTTP/1.1 200")
        assert not server.refused


@on_both_loops
async def test_an_idle_connection_is_closed_after_its_answer() -> None:
    limits = HttpLimits(request_seconds=_PATIENCE, idle_seconds=_SOON)
    async with serving(limits) as (server, port), connected(port) as stream:
        assert await answered(stream)
        await closed(stream)
        await empty(server)
        assert not server.refused


@on_both_loops
async def test_a_desks_socket_outlives_every_limit() -> None:
    limits = HttpLimits(request_seconds=_IN_TIME, body_seconds=_SOON, idle_seconds=_IN_TIME)
    async with (
        serving(limits) as (_, port),
        aiohttp.ClientSession(f"http://127.0.0.1:{port}") as client,
        client.ws_connect("/socket") as desk,
    ):
        async with connected(port) as silent, connected(port) as idle:
            assert await answered(idle)
            await closed(silent)  # they are younger than the desk's
            await closed(idle)
        await desk.send_str("still here")
        assert await desk.receive_str(timeout=_PATIENCE) == "still here"


@on_both_loops
async def test_one_client_has_a_bound_and_another_still_comes_in() -> None:
    async with serving(HttpLimits(of_one=2)) as (server, port):
        async with connected(port) as first, connected(port) as second:
            assert await answered(first)
            assert await answered(second)
            async with connected(port) as third:
                await closed(third)
            async with connected(port, of="127.0.0.2") as other:
                assert await answered(other)
            assert server.refused == {Refused.ONE_CLIENT: 1}
        await empty(server)
        async with connected(port) as later:
            assert await answered(later)


@on_both_loops
async def test_all_together_have_a_bound() -> None:
    async with serving(HttpLimits(at_once=2)) as (server, port):
        async with connected(port) as first, connected(port, of="127.0.0.2") as second:
            assert await answered(first)
            assert await answered(second)
            async with connected(port, of="127.0.0.3") as third:
                await closed(third)
            assert server.refused == {Refused.FULL: 1}
        await empty(server)
        async with connected(port, of="127.0.0.3") as later:
            assert await answered(later)


@on_both_loops
async def test_a_proxy_of_ours_is_many_clients() -> None:
    limits = HttpLimits(of_one=1, proxies=(ip_network("127.0.0.1/32"),))
    async with serving(limits) as (server, port):
        async with connected(port) as first, connected(port) as second:
            assert await answered(first)
            assert await answered(second)
        assert not server.refused


@asynccontextmanager
async def serving_tls(folder: Path, limits: HttpLimits) -> AsyncIterator[tuple[HttpServer, int]]:
    _, certificate, key = make_certificate(folder, ["127.0.0.1"], datetime.now(UTC))
    given = HttpOptions(certificate=certificate, key=key, public_url="https://127.0.0.1:8443")
    async with serving(limits, tls_context(given)) as both:
        yield both


@pytest.mark.parametrize("sent", [b"", b"GET / HTTP/1.1\r\n\r\n"], ids=["silent", "no tls"])
@pytest.mark.parametrize("factory", [asyncio.new_event_loop, uvloop.new_event_loop])
def test_who_never_agrees_on_tls_is_counted_and_cut_off(
    tmp_path: Path, sent: bytes, factory: Callable[[], asyncio.AbstractEventLoop]
) -> None:
    async def scene() -> None:
        limits = HttpLimits(request_seconds=_SOON)
        async with serving_tls(tmp_path, limits) as (server, port), connected(port) as stream:
            stream[1].write(sent)
            await closed(stream)
            await empty(server)
            assert server.refused == {Refused.NO_TLS: 1}

    with asyncio.Runner(loop_factory=factory) as runner:
        runner.run(scene())


async def test_connections_that_agree_on_tls_count_against_the_bound(tmp_path: Path) -> None:
    limits = HttpLimits(of_one=1, request_seconds=_PATIENCE)
    async with serving_tls(tmp_path, limits) as (server, port), connected(port):
        async with asyncio.timeout(_PATIENCE):
            while not server.connections:
                await asyncio.sleep(0.01)
        async with connected(port) as second:
            await closed(second)
        assert server.refused == {Refused.ONE_CLIENT: 1}


async def test_a_server_stops_while_somebody_is_silent(tmp_path: Path) -> None:
    silent: list[AbstractAsyncContextManager[Stream]] = []
    async with asyncio.timeout(_PATIENCE), serving_tls(tmp_path, HttpLimits()) as (server, port):
        silent.append(connected(port))
        await silent[0].__aenter__()
    await silent[0].__aexit__(None, None, None)
    assert server.connections == 0


async def test_a_port_that_is_taken_is_an_error() -> None:
    async with serving(HttpLimits()) as (_, port):
        second = HttpServer(web.Application(), "127.0.0.1", port)
        with pytest.raises(OSError, match="in use"):
            await second.start()
        await second.stop()


@pytest.mark.parametrize(
    ("address", "client"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("", ""),
    ],
)
def test_a_client_by_ipv6_is_a_whole_network(address: str, client: str) -> None:
    assert client_behind(address) == client


def test_who_leaves_twice_is_counted_once() -> None:
    door = Door(HttpLimits(at_once=5))
    first, second = door.enter("192.0.2.1"), door.enter("192.0.2.1")
    assert not isinstance(first, Refused)
    assert not isinstance(second, Refused)
    first()
    first()
    assert door.inside == 1
