"""Mail servers that are slow, silent, or take a mail and do not say so."""

import asyncio
import socket
from collections.abc import AsyncIterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field, replace
from typing import Any, Literal
from uuid import UUID

import pytest

from messages.drivers.file import FileDriver
from messages.drivers.smtp import Smtp, SmtpOptions
from messages.errors import TransientError, UnknownEndError
from messages.model import Channel
from tests.messages.room import Room
from tests.messages.test_drivers import MESSAGE

MAIL = replace(MESSAGE, recipient="dm@up.example", channel=Channel.EMAIL)
Security = Literal["starttls", "tls", "none"]
_ANSWERS = {"RCPT": "250 ok", "DATA": "354 go on", "QUIT": "221 bye", "STAR": "220 go on"}


@dataclass
class MailServer:
    """Answers until it comes to the step `slow_at`: there a byte now and then, for ever, or until
    `goes_on`. `lines`: what it was sent; `contents`: whole mails.
    """

    slow_at: str
    port: int = 0
    lines: list[str] = field(default_factory=list)
    contents: list[str] = field(default_factory=list)
    goes_on: asyncio.Event = field(default_factory=asyncio.Event)
    reached: asyncio.Event = field(default_factory=asyncio.Event)
    left: asyncio.Event = field(default_factory=asyncio.Event)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError, EOFError):
            await self._talk(reader, writer)
        writer.close()
        self.left.set()

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await self._say(writer, "hello", "220 mail")
        while line := (await reader.readline()).decode("latin-1").rstrip("\r\n"):
            self.lines.append(line)
            verb = line[:4].upper()
            answer = "250-mail\r\n250 STARTTLS" if verb == "EHLO" else "250 ok"
            await self._say(writer, verb, _ANSWERS.get(verb, answer))
            if verb == "STAR":
                await self._say(writer, "handshake", "nothing of TLS")
            if verb == "DATA":
                content = await reader.readuntil(b"\r\n.\r\n")
                self.contents.append(content.decode())
                await self._say(writer, "content", "250 taken")

    async def _say(self, writer: asyncio.StreamWriter, step: str, answer: str) -> None:
        if step == self.slow_at:
            self.reached.set()
            while not self.goes_on.is_set():
                writer.write(b"2")
                await writer.drain()
                with suppress(TimeoutError):
                    await asyncio.wait_for(self.goes_on.wait(), 0.05)
            answer = answer[1:]
        writer.write(f"{answer}\r\n".encode())
        await writer.drain()


@asynccontextmanager
async def mail_server(slow_at: str) -> AsyncIterator[MailServer]:
    one = MailServer(slow_at)
    server = await asyncio.start_server(one.serve, "127.0.0.1", 0)
    async with server:
        one.port = server.sockets[0].getsockname()[1]
        yield one
        one.goes_on.set()


def smtp(port: int, *, limit: float = 3, security: Security = "none", at_once: int = 8) -> Smtp:
    options = SmtpOptions(
        host="127.0.0.1", port=port, sender="no-reply@helpline.example", security=security
    )
    return Smtp(options, timeout=limit, at_once=at_once)


async def threads_end(driver: Smtp) -> None:
    """Whatever the other side does meanwhile."""
    async with asyncio.timeout(20):
        await asyncio.to_thread(driver._threads.shutdown)


class CountedThreads(ThreadPoolExecutor):
    """What everybody uses who asks for no threads in particular."""

    asked = 0

    def submit(self, *args: Any, **kwargs: Any) -> Future[Any]:
        self.asked += 1
        return super().submit(*args, **kwargs)


@pytest.mark.parametrize(
    ("step", "security"),
    [
        ("hello", "none"),
        ("EHLO", "none"),
        ("MAIL", "none"),
        ("RCPT", "none"),
        ("DATA", "none"),
        ("handshake", "starttls"),
        ("hello", "tls"),
    ],
)
async def test_a_server_that_drips_keeps_no_thread_and_never_gets_the_mail_later(
    step: str, security: Security
) -> None:
    async with mail_server(step) as server:
        driver = smtp(server.port, security=security)
        with pytest.raises(TransientError) as failed:
            await driver.send(MAIL)
        assert not isinstance(failed.value, UnknownEndError)
        await threads_end(driver)
        server.goes_on.set()
        async with asyncio.timeout(20):
            await server.left.wait()
        assert (server.contents, server.reached.is_set()) == ([], True)


async def test_a_server_that_lets_nobody_in_keeps_no_thread() -> None:
    """Its queue of connections is full: what is sent to it is dropped."""
    with socket.socket() as full, socket.socket() as first, socket.socket() as second:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        for one in (first, second):
            one.setblocking(False)
            one.connect_ex(full.getsockname())
        driver = smtp(full.getsockname()[1])
        with pytest.raises(TransientError):
            await driver.send(MAIL)
        await threads_end(driver)


@pytest.mark.parametrize("how", ["mail", "file"])
async def test_messages_take_no_thread_that_others_wait_for(room: Room, how: str) -> None:
    loop = asyncio.get_running_loop()
    others = CountedThreads(1)
    loop.set_default_executor(others)
    async with mail_server("DATA") as server:
        if how == "mail":
            driver = smtp(server.port, limit=0.5)
            ended = await asyncio.gather(
                *(driver.send(MAIL) for _ in range(8)), return_exceptions=True
            )
            assert {type(one) for one in ended} == {TransientError}
            asked = others.asked
            await threads_end(driver)
        else:
            outbox = FileDriver(room.folder, room.now)
            await asyncio.gather(*(outbox.send(MAIL) for _ in range(8)))
            asked = others.asked
            await outbox.close()
    assert asked == 0


async def test_who_is_cancelled_says_nothing_more_to_the_server() -> None:
    async with mail_server("RCPT") as server:
        driver = smtp(server.port, limit=60)
        sending = asyncio.create_task(driver.send(MAIL))
        await server.reached.wait()
        sending.cancel()
        with pytest.raises(asyncio.CancelledError):
            await sending
        server.goes_on.set()
        await threads_end(driver)
        async with asyncio.timeout(20):
            await server.left.wait()
    assert server.contents == []
    assert "data" not in [line.lower() for line in server.lines]


async def mail_of(room: Room) -> UUID:
    [message] = await room.messages(body="a text as it is")
    await room.pool.execute(
        """update notification set channel = 'email', recipient = 'dm@up.example', encoding = null,
                                   parts = null"""
    )
    return message


async def test_a_mail_that_was_handed_over_without_an_answer_may_have_been_taken(
    room: Room,
) -> None:
    message = await mail_of(room)
    async with (
        mail_server("content") as server,
        room.working(smtp(server.port, limit=5), Channel.EMAIL, send_seconds=5),
    ):
        row = await room.failed(message, 1)
        assert await room.attempts(message) == [(1, "unknown")]
        assert "may have been taken" in row["last_error"]
        assert row["next_attempt_at"] > room.now()
        assert len(server.contents) == 1


async def test_a_mail_that_was_taken_is_sent_whatever_the_server_says_to_goodbye(
    room: Room,
) -> None:
    message = await mail_of(room)
    async with (
        mail_server("QUIT") as server,
        room.working(smtp(server.port, limit=5), Channel.EMAIL, send_seconds=5),
    ):
        await room.all_sent(1)
    assert await room.attempts(message) == [(1, "sent")]
