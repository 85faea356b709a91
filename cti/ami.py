"""The link to one Asterisk's manager: kept up, in order, bounded, never repeating itself."""

import asyncio
import contextlib
import logging
from dataclasses import dataclass
from enum import StrEnum

import structlog

from cti.errors import (
    AmiAuthError,
    AmiBusyError,
    AmiError,
    AmiLinkLostError,
    AmiNotConnectedError,
    AmiUnansweredError,
    AmiValueError,
)
from cti.message import AmiEvent, AmiReply, Connected
from cti.originate import OriginateCommand, OriginateReply
from cti.wire import AmiConnection, Fields
from dialplans.secrets import seal

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class AmiSettings:
    """Where and how. All times in seconds; `inbox` is the most events that may wait for us."""

    host: str
    port: int
    username: str
    secret: str
    connect_timeout: float = 5.0
    boot_timeout: float = 60.0
    ping_interval: float = 5.0
    silence: float = 15.0
    backoff_first: float = 0.5
    backoff_longest: float = 1.0  # an Asterisk that is back is found at once: agents wait
    backoff_refused: float = 60.0  # a wrong secret does not mend itself
    inbox: int = 10_000


class LinkState(StrEnum):
    """Where the link stands."""

    DOWN = "down"
    CONNECTING = "connecting"
    SYNCHRONISING = "synchronising"  # connected; the snapshot is not yet taken
    READY = "ready"
    AUTH_FAILED = "auth_failed"  # a person must act: wrong user or secret
    CLOSED = "closed"


class AmiLink:
    """`run()` belongs to a supervisor; one consumer takes `next()` and confirms each `Connected`.

    Nothing is ever sent twice: an action that was under way when the link was lost ends in
    `AmiLinkLostError`, and whoever asked decides by our call id what became of it.
    """

    def __init__(self, settings: AmiSettings) -> None:
        self._settings = settings
        self._connection: AmiConnection | None = None
        self._booted: asyncio.Future[str] | None = None
        self._inbox: asyncio.Queue[AmiEvent | Connected] = asyncio.Queue()
        self._closing = asyncio.Event()
        self._end_expected = False
        self._generation = 0
        self.state = LinkState.DOWN
        self.events = 0
        self.connects = 0
        self.overflows = 0
        self.losses = 0
        self._forgeries = 0

    @property
    def ready(self) -> bool:
        """Whether the link is up and what we know of Asterisk's calls is in step with it."""
        connection = self._connection
        return self.state is LinkState.READY and connection is not None and connection.is_open

    @property
    def forgeries(self) -> int:
        """Messages that Asterisk did not write."""
        return self._forgeries + (0 if self._connection is None else self._connection.forged)

    @property
    def waiting(self) -> int:
        """Events that the consumer has not taken yet."""
        return self._inbox.qsize()

    async def next(self) -> AmiEvent | Connected:
        """The next event, in Asterisk's order. `Connected` stands where a connection begins."""
        return await self._inbox.get()

    def synchronised(self, connected: Connected) -> None:
        """The snapshot that belongs to `connected` was taken: from here on the link is ready."""
        if connected.generation == self._generation and self.state is LinkState.SYNCHRONISING:
            self.state = LinkState.READY
            _log.info("AMI link ready", generation=connected.generation)

    def drop(self, reason: str) -> None:
        """Break the connection off, so that a new one begins with a snapshot."""
        if self._connection is not None:
            self._connection.abort(reason)

    def expect_end(self) -> None:
        """Asterisk is about to be stopped by us: its going is nothing to warn of."""
        self._end_expected = True

    def close(self) -> None:
        """End for good: `run()` returns, also while it waits to reconnect."""
        self._closing.set()
        self.drop("closed by us")

    async def action(self, name: str, fields: Fields = (), timeout: float = 5.0) -> AmiReply:
        """One action with one answer.

        Raises `AmiValueError`, `AmiNotConnectedError`, `AmiBusyError` (nothing was sent),
        `AmiTimeoutError`, `AmiLinkLostError` (it may have had its effect).
        """
        return await self._request(name, fields, as_list=False, timeout=timeout)

    async def action_list(self, name: str, fields: Fields = (), timeout: float = 15.0) -> AmiReply:
        """One action whose answer is a list of events, gathered to its end. Raises as `action`."""
        return await self._request(name, fields, as_list=True, timeout=timeout)

    async def originate(self, command: OriginateCommand, timeout: float = 10.0) -> OriginateReply:
        """Ask for one call, once. Never raises."""
        call = command.leg_id
        if not self.ready:
            return OriginateReply.REFUSED
        try:
            reply = await self._request(
                "Originate", command.fields(), as_list=False, timeout=timeout, action_id=call
            )
        except (AmiValueError, AmiNotConnectedError, AmiBusyError) as error:
            _log.warning("originate not sent", call=call, error=str(error))
            return OriginateReply.REFUSED
        except AmiUnansweredError as error:
            _log.warning("originate not answered", call=call, error=str(error))
            return OriginateReply.UNKNOWN
        if reply.ok:
            return OriginateReply.ACCEPTED
        _log.warning("originate refused", call=call, message=reply.message)
        return OriginateReply.REFUSED

    async def run(self) -> None:
        """Keep the link up until `close()`."""
        failures = 0
        try:
            while not self._closing.is_set():
                was_ready = await self._session()
                failures = 1 if was_ready else failures + 1
                await self._pause(failures)
        finally:
            self.state = LinkState.CLOSED if self._closing.is_set() else LinkState.DOWN

    async def _session(self) -> bool:
        """One connection from beginning to end; whether it ever was ready."""
        refused = self.state is LinkState.AUTH_FAILED
        reached = LinkState.CONNECTING
        try:
            await self._connect_and_stay()
        except AmiAuthError as error:
            if not refused:
                _log.error("AMI login refused: check user and secret", error=str(error))
            self.state = LinkState.AUTH_FAILED
            return False
        except (OSError, TimeoutError, AmiError) as error:
            level = logging.INFO if self._end_expected else logging.WARNING
            _log.log(level, "AMI link down", error=str(error) or repr(error))
        finally:
            reached = self.state
            if self._connection is not None:
                self._connection.abort("session over")
                self._forgeries += self._connection.forged
                self._connection = None
        self.state = LinkState.DOWN
        self.losses += reached is LinkState.READY
        return reached is LinkState.READY

    async def _connect_and_stay(self) -> None:
        settings = self._settings
        loop = asyncio.get_running_loop()
        self._booted = loop.create_future()
        if self.state is not LinkState.AUTH_FAILED:
            self.state = LinkState.CONNECTING
        async with asyncio.timeout(settings.connect_timeout):
            _, connection = await loop.create_connection(
                lambda: AmiConnection(self._receive, seal=seal(settings.secret)),
                settings.host,
                settings.port,
            )
        self._connection = connection
        self.connects += 1
        login = [
            ("Username", settings.username),
            ("Secret", settings.secret),
            ("Events", "on"),
        ]
        reply = await self._request("Login", login, as_list=False, timeout=settings.connect_timeout)
        if not reply.ok:
            raise AmiAuthError(reply.message)
        await self._until_booted(connection, self._booted)
        await self._stay(connection)

    async def _until_booted(self, connection: AmiConnection, booted: asyncio.Future[str]) -> None:
        """Asterisk takes logins before its modules are loaded; a snapshot of then is too empty."""
        await asyncio.wait(
            {booted, connection.lost},
            timeout=self._settings.boot_timeout,
            return_when=asyncio.FIRST_COMPLETED,
        )
        if not booted.done():
            reason = "no FullyBooted event: may our AMI user read system events?"
            raise AmiLinkLostError(connection.lost.result() if connection.lost.done() else reason)

    async def _stay(self, connection: AmiConnection) -> None:
        """Ping, and listen for silence: a half-open connection reports nothing by itself."""
        loop = asyncio.get_running_loop()
        while not connection.lost.done():
            connection.ping()
            await asyncio.wait({connection.lost}, timeout=self._settings.ping_interval)
            if loop.time() - connection.last_heard > self._settings.silence:
                connection.abort("Asterisk is silent")
                raise AmiLinkLostError("Asterisk is silent")
        raise AmiLinkLostError(connection.lost.result())

    async def _pause(self, failures: int) -> None:
        settings = self._settings
        doubled = settings.backoff_first * 2.0 ** min(failures - 1, 16)
        refused = self.state is LinkState.AUTH_FAILED
        longest = settings.backoff_refused if refused else settings.backoff_longest
        seconds = min(longest, doubled)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._closing.wait()

    def _receive(self, event: AmiEvent) -> None:
        """The one callback. Synchronous, only queues, cannot fail: whatever raised here would end
        the connection.
        """
        if event.name == "FullyBooted" and self._booted is not None and not self._booted.done():
            self._generation += 1
            self.state = LinkState.SYNCHRONISING
            self._inbox.put_nowait(Connected(self._generation))
            self._booted.set_result(event.name)
        elif self._inbox.qsize() < self._settings.inbox:
            self.events += 1
            self._inbox.put_nowait(event)
        else:
            # A gap would show agents wrong calls: better all over again from a snapshot.
            self.overflows += 1
            self.drop("events come faster than they are taken")

    async def _request(
        self, name: str, fields: Fields, *, as_list: bool, timeout: float, action_id: str = ""
    ) -> AmiReply:
        connection = self._connection
        if connection is None or not connection.is_open:
            raise AmiNotConnectedError
        return await connection.request(
            name, fields, as_list=as_list, timeout=timeout, action_id=action_id
        )
