"""Disposed complaints in a real database, a clock that is set, and a network that can fail."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import asyncpg

from calls.model import Outcome
from calls.store import end_if_open
from campaigns.dialer import Dialer, DialerSettings
from campaigns.originator import DialRequest, OriginateReply
from campaigns.pacing import Limits
from campaigns.window import IST
from db.ids import new_id
from db.pool import Connection, Pool

TEN_IST = datetime(2026, 3, 10, 10, 0, tzinfo=IST).astimezone(UTC)
SETTINGS = DialerSettings(
    cell="cell-1",
    caller_id="1600111076",
    limits=Limits(max_channels=100, calls_per_second=100, inbound_reserve=0, trunk_channels=100),
)


class Killed(BaseException):
    """The process dies here: nothing that the dialer could catch."""


@dataclass
class Clock:
    """What time it is, as the test says."""

    time: datetime = TEN_IST

    def __call__(self) -> datetime:
        return self.time

    def advance(self, **delta: float) -> None:
        self.time += timedelta(**delta)


@dataclass
class FakeOriginator:
    """A network that remembers what was really dialled, and may lose its link or its caller.

    `before` and `after` run in `originate` before and after the call is placed; they may raise.
    """

    dialled: list[DialRequest] = field(default_factory=list)
    live: set[UUID] = field(default_factory=set)
    reply: OriginateReply = OriginateReply.ACCEPTED
    linked: bool = True
    asked: int = 0
    dies_when_asked: int = 0  # the how-manyth question after `ready` kills
    asked_live: int = 0
    knows_live: bool = True
    before: Callable[[], None] = lambda: None
    after: Callable[[], None] = lambda: None
    happens: bool = True

    @property
    def ready(self) -> bool:
        self.asked += 1
        if self.asked == self.dies_when_asked:
            raise Killed
        return self.linked

    async def originate(self, request: DialRequest) -> OriginateReply:
        self.before()
        await asyncio.sleep(0)
        if self.happens and self.reply is not OriginateReply.REFUSED:
            self.dialled.append(request)
            self.live.add(request.attempt_id)
        self.after()
        return self.reply

    async def live_calls(self) -> frozenset[UUID] | None:
        self.asked_live += 1
        return frozenset(self.live) if self.knows_live else None

    def times(self) -> Counter[UUID]:
        """How often each attempt was dialled."""
        return Counter(request.attempt_id for request in self.dialled)

    def numbers(self) -> list[str]:
        return [request.number for request in self.dialled]


@dataclass
class OutagePool:
    """Stands before a real pool; while `away` it refuses as a stopped server does."""

    pool: Pool
    away: bool = False
    refused: int = 0

    def acquire(self, *, timeout: float) -> AbstractAsyncContextManager[Connection]:
        if self.away:
            self.refused += 1
            raise ConnectionRefusedError("the database is away")
        return self.pool.acquire(timeout=timeout)


@dataclass
class Centre:
    """The database as the tests see it: complaints go in, calls end, rows are read."""

    pool: Pool
    clock: Clock
    network: FakeOriginator

    def dialer(self, **changes: object) -> Dialer:
        """A new dialer process on the same database and network."""
        settings = replace(SETTINGS, **changes)  # type: ignore[arg-type]
        return Dialer(self.pool, self.network, self.clock, settings)

    async def disposed(self, number: str, serial: int = 0, *, due: datetime | None = None) -> UUID:
        """A complaint whose citizen is to be asked from `due` on (default: now)."""
        serial = serial or int(number[-9:])
        now = self.clock()
        complaint, citizen = new_id(now), new_id(now)
        async with self.pool.acquire() as conn, conn.transaction():
            await conn.execute("insert into citizen (id, created_at) values ($1, $2)", citizen, now)
            await conn.execute(
                """insert into complaint (id, number, category, place, citizen_id, contact, text_hi,
                       state, level, post, disposals, registered_at, changed_at)
                   values ($1, $2, 'handpump', 'mahroni', $3, $4, 'हैंडपंप खराब है',
                       'awaiting_feedback', 1, 'bdo', 1, $5, $5)""",
                complaint,
                f"{serial:09d}",
                citizen,
                number,
                now,
            )
            await conn.execute(
                """insert into disposal (complaint_id, disposal_no, level, post, kind, report, at)
                   values ($1, 1, 1, 'bdo', 'resolved', 'ठीक किया', $2)""",
                complaint,
                now,
            )
            await conn.execute(
                """insert into feedback_due (complaint_id, disposal_no, next_attempt_at)
                   values ($1, 1, $2)""",
                complaint,
                due or now,
            )
        return complaint

    async def ends(self, attempt: UUID, outcome: Outcome) -> None:
        """The citizen's call is over."""
        self.network.live.discard(attempt)
        async with self.pool.acquire() as conn:
            await end_if_open(conn, attempt, outcome, self.clock())

    async def judged(self, complaint: UUID) -> None:
        """What complaints' use case leaves behind once the answer is recorded."""
        async with self.pool.acquire() as conn, conn.transaction():
            await conn.execute(
                """insert into feedback (attempt_id, complaint_id, disposal_no, satisfied, at)
                   select id, complaint_id, disposal_no, true, $2 from attempt
                   where complaint_id = $1 order by attempt_no desc limit 1""",
                complaint,
                self.clock(),
            )
            await conn.execute(
                """update feedback_due set done_at = $2, outcome = 'answered'
                   where complaint_id = $1""",
                complaint,
                self.clock(),
            )
            await conn.execute(
                """update complaint set state = 'closed_satisfied', ended_at = $2,
                       closing_attempt = (select attempt_id from feedback where complaint_id = $1)
                   where id = $1""",
                complaint,
                self.clock(),
            )

    async def attempts(self, complaint: UUID | None = None) -> list[asyncpg.Record]:
        return await self.pool.fetch(
            """select attempt.*, outcome from attempt join call using (id)
               where $1::uuid is null or complaint_id = $1 order by written_at, attempt_no""",
            complaint,
        )

    async def due(self, complaint: UUID) -> asyncpg.Record:
        row = await self.pool.fetchrow(
            """select next_attempt_at, attempts_made, feedback_due.done_at, state, step
               from feedback_due join complaint on complaint.id = complaint_id
               where complaint_id = $1""",
            complaint,
        )
        assert row is not None
        return row
