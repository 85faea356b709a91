"""One TCP connection from Asterisk: bytes in, replies out, in step.

An `asyncio.Protocol` instead of streams: no task before the headers are whole, one future and one
timer a command, and a `HANGUP` line is seen when it arrives, not at the next command.
"""

import asyncio
from collections.abc import Callable
from typing import cast

from agi.errors import AgiError, CommandTimeoutError, Hangup, ProtocolError
from agi.protocol import (
    MAX_HEADER_BYTES,
    MAX_REPLY_BYTES,
    Reply,
    Request,
    closes,
    is_open,
    parse_reply,
    parse_request,
)


class Connection(asyncio.Protocol):
    """Reads the header block, calls `begin` once, then answers `ask`, one command at a time.

    `refuse` hears why a peer was dropped before its headers were whole (None: it closed by itself).
    """

    def __init__(
        self,
        begin: Callable[["Connection", Request], None],
        refuse: Callable[["Connection", str | None], None],
        *,
        header_seconds: float,
    ) -> None:
        self._begin: Callable[[Connection, Request], None] | None = begin
        self._refuse = refuse
        self._header_seconds = header_seconds
        self._loop = asyncio.get_running_loop()
        self._transport: asyncio.Transport | None = None
        self._header_timer: asyncio.TimerHandle | None = None
        self._buffer = b""
        self._lines: list[bytes] = []  # of a reply that has more than one
        self._waiter: asyncio.Future[Reply] | None = None
        self._broken: AgiError | None = None
        self._executing = False  # the command under way is an EXEC
        self._stray_usage = False
        self.hung_up = False

    @property
    def closed(self) -> bool:
        """Nothing can be asked any more."""
        return self._transport is None

    @property
    def usable(self) -> bool:
        """Commands and replies are in step and the connection stands."""
        return self._transport is not None and self._broken is None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """A peer has connected; it has `header_seconds` for its headers."""
        # What create_server gives; uvloop's transports are not subclasses of asyncio's.
        self._transport = cast(asyncio.Transport, transport)
        self._header_timer = self._loop.call_later(
            self._header_seconds, self._drop, "no headers in time"
        )

    def data_received(self, data: bytes) -> None:
        """Bytes, cut anywhere."""
        self._buffer = self._buffer + data if self._buffer else data
        if self._begin is not None:
            self._read_headers()
        if self._begin is None:
            self._read_lines()

    def connection_lost(self, exc: Exception | None) -> None:
        """The peer or we have closed: for a session that is a hang-up."""
        self._transport = None
        self.hung_up = True
        if self._header_timer is not None:
            self._header_timer.cancel()
        if self._begin is not None:
            self._begin = None
            self._refuse(self, None)
        self._fail(Hangup("connection ended"))

    def close(self) -> None:
        """End the connection; Asterisk goes on in the dialplan."""
        if self._transport is not None:
            self._transport.close()

    def abort(self) -> None:
        """End the connection at once, whatever is still unsent."""
        if self._transport is not None:
            self._transport.abort()

    async def ask(self, command: bytes, seconds: float) -> Reply:
        """Send one command line and wait for its reply, at most `seconds`.

        After a timeout or a cancellation the next reply could be this command's (Asterisk gives
        none at all to a prompt that a later command cuts short), so nothing more can be asked.
        """
        if self._broken is not None:
            raise self._broken
        if self._transport is None:
            raise Hangup("connection ended")
        if self._waiter is not None:
            raise ProtocolError("a command before the reply to the last one")
        waiter: asyncio.Future[Reply] = self._loop.create_future()
        self._waiter = waiter
        self._executing = command.startswith(b"EXEC ")
        timer = self._loop.call_later(seconds, self._expire, command)
        self._transport.write(command)
        try:
            return await waiter
        except asyncio.CancelledError:
            self._broken = ProtocolError("out of step: a command was cancelled")
            raise
        finally:
            timer.cancel()
            self._waiter = None

    def _read_headers(self) -> None:
        buffer = self._buffer
        end = buffer.find(b"\n\n")
        if end < 0:
            if len(buffer) > MAX_HEADER_BYTES:
                self._drop("headers without an end")
            elif buffer[:4] != b"agi_"[: len(buffer)]:
                self._drop("not AGI")
            return
        begin = self._begin
        try:
            request = parse_request(buffer[:end])
        except ProtocolError as error:
            self._drop(str(error))
            return
        self._begin = None
        self._buffer = buffer[end + 2 :]
        if self._header_timer is not None:
            self._header_timer.cancel()
        if begin is not None:
            begin(self, request)

    def _read_lines(self) -> None:
        while (end := self._buffer.find(b"\n")) >= 0:
            line, self._buffer = self._buffer[:end], self._buffer[end + 1 :]
            self._line(line[:-1] if line.endswith(b"\r") else line)
        if len(self._buffer) > MAX_REPLY_BYTES:
            self._out_of_step("a reply without an end")

    def _line(self, line: bytes) -> None:
        if line == b"HANGUP":
            # Not a reply: that of the command under way still comes.
            self.hung_up = True
            return
        if self._lines:
            self._continue(line)
        elif is_open(line):
            self._lines = [line]
        else:
            self._reply(line)

    def _continue(self, line: bytes) -> None:
        self._lines.append(line)
        if closes(self._lines[0], line):
            whole, self._lines = b"\n".join(self._lines), []
            self._reply(whole)
        elif sum(map(len, self._lines)) + len(self._lines) > MAX_REPLY_BYTES:
            self._out_of_step("a reply without an end")

    def _reply(self, raw: bytes) -> None:
        if self._broken is not None:
            return
        try:
            reply = parse_reply(raw)
        except ProtocolError as error:
            self._out_of_step(str(error))
            return
        if self._is_stray(reply):
            return
        if self._waiter is None or self._waiter.done():
            self._out_of_step("a reply that nothing asked for")
        else:
            self._waiter.set_result(reply)

    def _is_stray(self, reply: Reply) -> bool:
        """Asterisk adds a usage text (520) to the reply of an EXEC whose application returned 1."""
        stray = self._stray_usage and reply.code == 520
        self._stray_usage = self._executing and reply.code == 200 and reply.result == "1"
        return stray

    def _expire(self, command: bytes) -> None:
        name = command[:40].decode(errors="replace").strip()
        self._broken = CommandTimeoutError(name.partition('"')[0])
        self._fail(self._broken)

    def _out_of_step(self, why: str) -> None:
        self._broken = ProtocolError(why)
        self._buffer = b""
        self._fail(self._broken)
        self.abort()

    def _fail(self, error: AgiError) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_exception(error)

    def _drop(self, why: str) -> None:
        if self._begin is not None:
            self._begin = None
            self._refuse(self, why)
        self._buffer = b""
        self._broken = ProtocolError(why)
        self.abort()
