"""The FastAGI server: a bounded number of sessions, each a task with a name and an owner."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Collection, Mapping

import structlog

from agi.connection import Connection
from agi.errors import Hangup
from agi.protocol import Request
from agi.session import Session

_log = structlog.get_logger(__name__)

Flow = Callable[[Session], Awaitable[None]]

_BACKLOG = 1024
_TO_THE_NEXT_FLOW = 0.5  # seconds
_LAST_OUTCOMES = 3.0
_MAX_HEADERLESS = 2048  # connections that have not said yet what they want


class FastAgiServer:
    """Runs the flow that `routes` names for each call.

    At most `max_sessions` calls are served; up to `max_apologies` more get `overflow`, a short flow
    for who cannot be; beyond that the connection is closed and Asterisk goes on in the dialplan.
    `follow_ups` are the scripts in which a call goes on that another one began: it is not one call
    more, so they have a bound of their own. So have calls that have ended (`h` extension), which
    say nothing and carry outcomes.

    `carried_on`: scripts after which the dialplan has a way on without us. Whose flow fails there,
    and who goes on when too many do, is left to it: only others are spoken to, by `fault` or
    `overflow`.
    """

    def __init__(
        self,
        routes: Mapping[str, Flow],
        *,
        host: str = "127.0.0.1",
        port: int = 4573,
        max_sessions: int = 500,
        max_apologies: int = 50,
        overflow: Flow | None = None,
        fault: Flow | None = None,
        follow_ups: Collection[str] = (),
        carried_on: Collection[str] = (),
        header_seconds: float = 5.0,
    ) -> None:
        self._routes = dict(routes)
        self._host, self._port = host, port
        self._max_sessions, self._max_apologies = max_sessions, max_apologies
        self._overflow, self._fault = overflow, fault
        self._follow_ups, self._carried_on = frozenset(follow_ups), frozenset(carried_on)
        self._header_seconds = header_seconds
        self._server: asyncio.Server | None = None
        self._draining = False
        self._headerless: set[Connection] = set()
        self._sessions: set[asyncio.Task[None]] = set()
        self._continued: set[asyncio.Task[None]] = set()
        self._apologies: set[asyncio.Task[None]] = set()
        self._endings: set[asyncio.Task[None]] = set()
        self.served = 0  # flows that ran to their end, hang-ups included
        self.refused = 0  # beyond a bound, apologised to or not
        self.failed = 0  # flows that raised
        self.unknown = 0  # scripts that we do not have
        self.rejected = 0  # peers that did not speak AGI

    @property
    def active(self) -> int:
        """Calls being served now."""
        return len(self._sessions) + len(self._continued)

    @property
    def port(self) -> int:
        """The port listened on (known after `start`, also when 0 was asked for)."""
        if self._server is None or not self._server.sockets:
            return self._port
        return int(self._server.sockets[0].getsockname()[1])

    async def start(self) -> None:
        """Listen. Raises `OSError` when the address is taken."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(
            self._connect, self._host, self._port, backlog=_BACKLOG
        )
        _log.info("agi listens", host=self._host, port=self.port)

    async def drain(
        self, timeout: float, *, end_calls: Callable[[], Awaitable[None]] | None = None
    ) -> bool:
        """Begin no more calls, wait up to `timeout` s for running ones, then cut them.

        A call that leaves its flow comes back for the next one (nobody took it; it is over): that
        is served, and waited for. `end_calls` hangs up every call that is left, conversations too,
        while their outcomes can still be written. Returns whether none was cut.
        """
        self._draining = True
        if not self._follow_ups:
            self._close()
        await self._until_quiet(timeout)
        if end_calls is not None:
            await end_calls()
            await self._until_quiet(_LAST_OUTCOMES)
        self._close()
        late = self._running()
        for task in late:
            task.cancel()
        await asyncio.gather(*late, return_exceptions=True)
        if late:
            _log.warning("agi drained", cut=len(late))
        return not late

    async def _until_quiet(self, timeout: float) -> None:
        """Until no flow has run for as long as Asterisk takes from one to the next."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(timeout):
                while True:
                    while running := self._running():
                        await asyncio.wait(running)
                    if not self._follow_ups:
                        return
                    await asyncio.sleep(_TO_THE_NEXT_FLOW)
                    if not self._running():
                        return

    def _close(self) -> None:
        if self._server is not None:
            self._server.close()
        for connection in list(self._headerless):
            connection.abort()

    def _running(self) -> set[asyncio.Task[None]]:
        return self._sessions | self._continued | self._apologies | self._endings

    def _connect(self) -> Connection:
        room = len(self._headerless) < _MAX_HEADERLESS
        seconds = self._header_seconds if room else 0.0
        connection = Connection(self._begin, self._no_session, header_seconds=seconds)
        self._headerless.add(connection)
        return connection

    def _no_session(self, connection: Connection, why: str | None) -> None:
        self._headerless.discard(connection)
        if why is not None:
            self.rejected += 1
            _log.debug("peer rejected", why=why)

    def _begin(self, connection: Connection, request: Request) -> None:
        self._headerless.discard(connection)
        session = Session(connection, request)
        if self._draining and session.script not in self._follow_ups:
            connection.close()
            return
        flow = self._routes.get(session.script)
        if flow is None:
            self.unknown += 1
            _log.warning("unknown script", script=session.script[:80], channel=session.channel)
            connection.close()
            return
        group = self._group(session)
        if len(group) >= self._max_sessions:
            self.refused += 1
            _log.warning("too many calls", active=self.active, script=session.script)
            silent = session.dead or session.script in self._follow_ups & self._carried_on
            if silent or not self._overflow or len(self._apologies) >= self._max_apologies:
                connection.close()
                return
            flow, group = self._overflow, self._apologies
        task = asyncio.get_running_loop().create_task(
            self._serve(connection, session, flow), name=f"agi {session.script} {session.channel}"
        )
        group.add(task)
        task.add_done_callback(group.discard)

    def _group(self, session: Session) -> set[asyncio.Task[None]]:
        if session.dead:
            return self._endings
        return self._continued if session.script in self._follow_ups else self._sessions

    async def _serve(self, connection: Connection, session: Session, flow: Flow) -> None:
        try:
            with contextlib.suppress(Hangup):
                await flow(session)
            self.served += flow is not self._overflow
        except Exception:
            self.failed += 1
            _log.exception("call flow failed", script=session.script, channel=session.channel)
            if session.script not in self._carried_on:
                await self._apologise(session)
        finally:
            connection.close()

    async def _apologise(self, session: Session) -> None:
        """The citizen did nothing wrong and must not be left in silence."""
        if self._fault is None or not session.usable:
            return
        try:
            await self._fault(session)
        except Exception as error:
            _log.warning("apology not heard", channel=session.channel, error=repr(error))
