"""A line to the database that dies at a chosen statement, as a killed process's line does.

A relay stands between the process and the server and reads PostgreSQL's protocol 3 (the manual's
"Message Formats"). It counts the statements that are carried out, cuts all lines at the chosen one
and takes no new ones: the server sees sockets that close, with no rollback and no good-bye, and the
process can do nothing more.
"""

import asyncio
from contextlib import suppress
from enum import Enum
from typing import NamedTuple

from db.pool import Pool
from tests.db.proxy import Proxy

# Frontend: what belongs to one statement and waits for Sync, Flush or Query behind it.
_GATHERED = {b"P", b"B", b"D", b"E", b"C"}
_CARRIED_OUT = {b"E", b"Q"}
#: The driver asks for the types of new parameters, the pool sets limits of a new session: they do
#: nothing that a death could leave half done, and how often they come says nothing about the use
#: case.
_OF_THE_DRIVER = (b"typeinfo_tree", b"tcp_user_timeout")
_READY = b"Z"
_KEY_DATA = b"K"
_STILL_THERE = "select count(*) from pg_stat_activity where pid = any($1)"


class Moment(Enum):
    """When, in the life of the chosen statement, the line is cut."""

    UNSENT = "the server never hears of it"
    UNDER_WAY = "it is sent, and nobody is there any more when the server answers"
    UNANSWERED = "the server has done it, its answer is lost"


class _Message(NamedTuple):
    kind: bytes
    whole: bytes


class Guillotine(Proxy):
    """`cut_at`: 1 is the first statement that is carried out; 0: it only counts them."""

    def __init__(self, url: str, cut_at: int = 0, moment: Moment = Moment.UNSENT) -> None:
        super().__init__(url)
        self._cut_at = cut_at
        self._moment = moment
        self._sessions: list[int] = []
        self.statements = 0
        self.commits: list[int] = []  # which of the statements were those
        self.fell = False

    @property
    def url(self) -> str:
        # Without jit the driver need not turn it off: those would be statements too.
        return f"{super().url}?sslmode=disable&jit=off"

    async def sessions_end(self, pool: Pool) -> None:
        """Until the server has let go of everything that the dead process had begun."""
        async with asyncio.timeout(20):
            while await pool.fetchval(_STILL_THERE, self._sessions):
                await asyncio.sleep(0.001)

    async def _forward(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self.fell:
            writer.transport.abort()
            return
        there_reader, there_writer = await self._connect()
        ends = {writer, there_writer}
        self._writers |= ends
        swallow = asyncio.Event()
        try:
            with suppress(asyncio.IncompleteReadError, OSError):
                there_writer.write(await _startup(reader))
                await asyncio.gather(
                    self._statements(reader, there_writer, swallow),
                    self._answers(there_reader, writer, swallow),
                )
        finally:
            self._writers -= ends
            for end in ends:
                end.close()

    async def _statements(
        self, source: asyncio.StreamReader, sink: asyncio.StreamWriter, swallow: asyncio.Event
    ) -> None:
        gathered: list[_Message] = []
        drivers: set[bytes] = set()  # names of prepared statements
        while True:
            gathered.append(await _message(source))
            if gathered[-1].kind in _GATHERED:
                continue
            drivers |= {
                _parsed(one)
                for one in gathered
                if any(word in one.whole for word in _OF_THE_DRIVER)
            }
            carried_out = any(one.kind in _CARRIED_OUT for one in gathered) and not any(
                one.kind == b"B" and _bound(one) in drivers for one in gathered
            )
            self.statements += carried_out
            if any(b"COMMIT" in one.whole for one in gathered):
                self.commits.append(self.statements)
            chosen = carried_out and self.statements == self._cut_at
            if chosen and self._moment is Moment.UNSENT:
                self._fall()
            if self.fell:
                return
            if chosen and self._moment is Moment.UNANSWERED:
                swallow.set()
            sink.write(b"".join(one.whole for one in gathered))
            await sink.drain()
            gathered.clear()
            if chosen and self._moment is Moment.UNDER_WAY:
                self._fall()
                return

    async def _answers(
        self, source: asyncio.StreamReader, sink: asyncio.StreamWriter, swallow: asyncio.Event
    ) -> None:
        while True:
            answer = await _message(source)
            if answer.kind == _KEY_DATA:
                self._sessions.append(int.from_bytes(answer.whole[5:9]))
            if not swallow.is_set():
                sink.write(answer.whole)
                await sink.drain()
            elif answer.kind == _READY:
                self._fall()
                return

    def _fall(self) -> None:
        self.fell = True
        self._cut()


def _parsed(parse: _Message) -> bytes:
    """The name of the statement that is prepared: after kind and length, up to a zero."""
    return parse.whole[5:].split(b"\0", 1)[0]


def _bound(bind: _Message) -> bytes:
    """The name of the statement that is carried out: after that of the portal."""
    return bind.whole[5:].split(b"\0", 2)[1]


async def _startup(reader: asyncio.StreamReader) -> bytes:
    """The first message has no kind."""
    length = await reader.readexactly(4)
    return length + await reader.readexactly(int.from_bytes(length) - 4)


async def _message(reader: asyncio.StreamReader) -> _Message:
    head = await reader.readexactly(5)
    return _Message(head[:1], head + await reader.readexactly(int.from_bytes(head[1:]) - 4))
