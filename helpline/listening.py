"""Takes connections for the HTTP server: a bounded number, none of which may stay silent.

aiohttp has one limit of time for a connection that waits for a request, and none for how many
there are; and asyncio tells nobody of a client that never agrees on TLS. So sockets are taken
here, counted from before TLS until they are closed, and aiohttp's own protocol answers on them.
"""

import asyncio
import socket
from collections.abc import Callable
from ssl import SSLContext
from typing import cast

import structlog
from aiohttp import StreamReader
from aiohttp.web_protocol import RequestHandler

from helpline.door import Door, HttpLimits, Refused

_log = structlog.get_logger(__name__)

_BACKLOG = 1024
_NO_SOCKET_SECONDS = 1.0
_TELL_SECONDS = 60.0


class Connection(asyncio.Protocol):
    """One connection: what comes is aiohttp's, when it has to have come is ours."""

    def __init__(
        self,
        inner: RequestHandler,
        limits: HttpLimits,
        leave: Callable[[], None],
        cut: Callable[[Refused], None],
    ) -> None:
        """`leave` is called when it is over, `cut` before we end it."""
        self._inner = inner
        self._limits = limits
        self._leave = leave
        self._cut = cut
        self._timer: asyncio.TimerHandle | None = None
        self._transport: asyncio.Transport | None = None

    @property
    def made(self) -> bool:
        """Whether it was open ever: then `leave` is, or will be, called."""
        return self._transport is not None

    def asked(self, body: StreamReader) -> None:
        """A request's headers have come: now what follows them has to."""
        self._wait_no_longer()
        if not body.is_eof():
            self._wait_for(Refused.NO_BODY, self._limits.body_seconds)
            body.on_eof(self._wait_no_longer)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """It is open, TLS agreed on: now a request has to come."""
        self._transport = cast(asyncio.Transport, transport)
        self._wait_for(Refused.NO_REQUEST, self._limits.request_seconds)
        self._inner.connection_made(transport)

    def connection_lost(self, exc: BaseException | None) -> None:
        """It is over."""
        self._wait_no_longer()
        self._leave()
        self._inner.connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """For aiohttp, as are the three that follow."""
        self._inner.data_received(data)

    def eof_received(self) -> None:
        """The transport closes."""
        self._inner.eof_received()

    def pause_writing(self) -> None:
        """They read too slowly."""
        self._inner.pause_writing()

    def resume_writing(self) -> None:
        """They read again."""
        self._inner.resume_writing()

    def _wait_for(self, what: Refused, seconds: float) -> None:
        loop = asyncio.get_running_loop()
        self._timer = loop.call_later(seconds, self._give_up, what)

    def _wait_no_longer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _give_up(self, missed: Refused) -> None:
        self._timer = None
        self._cut(missed)
        if self._transport is not None:
            self._transport.abort()


class Listener:
    """Takes connections from `start` to `stop`; `make` gives each its protocol."""

    def __init__(
        self, make: Callable[[], RequestHandler], limits: HttpLimits, tls: SSLContext | None
    ) -> None:
        self._make = make
        self._limits = limits
        self._tls = tls
        self.door = Door(limits)
        self._open: dict[RequestHandler, Connection] = {}
        self._sockets: list[socket.socket] = []
        self._accepting: list[asyncio.Task[None]] = []
        self._opening: set[asyncio.Task[None]] = set()
        self._told_at: float | None = None

    async def start(self, host: str, port: int) -> None:
        """Listen on all that `host` means. `OSError` when one of it is taken."""
        loop = asyncio.get_running_loop()
        found = await loop.getaddrinfo(
            host or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )
        try:
            for family, _, _, _, address in dict.fromkeys(found):
                one = socket.create_server(address[:2], family=family, backlog=_BACKLOG)
                one.setblocking(False)
                self._sockets.append(one)
        except OSError:
            self._close_sockets()
            raise
        self._accepting = [
            loop.create_task(self._accept(one), name="http accept") for one in self._sockets
        ]

    async def stop(self) -> None:
        """Take no more; what is open is aiohttp's to end."""
        tasks = [*self._accepting, *self._opening]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._close_sockets()

    def asked(self, protocol: RequestHandler, body: StreamReader) -> None:
        """A request has come on that connection."""
        if (connection := self._open.get(protocol)) is not None:
            connection.asked(body)

    def _close_sockets(self) -> None:
        while self._sockets:
            self._sockets.pop().close()

    async def _accept(self, listening: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        while True:
            try:
                taken, address = await loop.sock_accept(listening)
            except ConnectionError:
                continue  # gone before we looked
            except OSError as error:
                _log.error("no connection can be taken", error=repr(error))
                await asyncio.sleep(_NO_SOCKET_SECONDS)
                continue
            self._let_in(taken, address[0])
            await asyncio.sleep(0)  # one in line is taken without waiting: others have turns too

    def _let_in(self, taken: socket.socket, address: str) -> None:
        match self.door.enter(address):
            case Refused() as why:
                taken.close()
                self._tell(why, address)
            case leave:
                opening = self._begin(taken, leave)
                task = asyncio.get_running_loop().create_task(opening, name="http connection")
                self._opening.add(task)
                task.add_done_callback(self._opening.discard)

    async def _begin(self, taken: socket.socket, leave: Callable[[], None]) -> None:
        inner = self._make()

        def gone() -> None:
            self._open.pop(inner, None)
            leave()

        connection = Connection(inner, self._limits, gone, self.door.cut)
        self._open[inner] = connection
        loop, seconds = asyncio.get_running_loop(), self._limits.request_seconds
        try:
            await loop.connect_accepted_socket(
                lambda: connection,
                taken,
                ssl=self._tls,
                ssl_handshake_timeout=seconds if self._tls else None,
            )
        except OSError as error:  # what they sent is no TLS, or came too late
            self.door.cut(Refused.NO_TLS)
            _log.debug("connection not opened", error=repr(error))
        finally:
            if not connection.made:
                gone()

    def _tell(self, why: Refused, address: str) -> None:
        """Once in a while: the log must not be flooded either."""
        now = asyncio.get_running_loop().time()
        if self._told_at is None or now >= self._told_at + _TELL_SECONDS:
            self._told_at = now
            _log.warning(
                "connections refused", why=why, inside=self.door.inside, pii={"address": address}
            )
