"""A block in Lalitpur, its officers, and citizens who call, are called, and answer."""

import asyncio
from collections.abc import Coroutine
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar
from uuid import UUID

import asyncpg

from calls.model import Direction, NewCall, Outcome
from calls.store import end_if_open
from complaints.disposal import DisposalKind, Disposed, dispose
from complaints.feedback import Answer, DissatisfactionReason, FeedbackResult, record
from complaints.number import parse
from complaints.policy import UP_1076, Policy
from complaints.reference import Category, Department, Place, PostRow, ReferenceData
from complaints.registration import InTriage, Registered, Registration, TakenUp, register
from complaints.spoken import Grace
from db.ids import new_id
from db.pool import Pool
from db.statements import sql

START = datetime(2025, 11, 20, 5, 30, tzinfo=UTC)  # 11:00 in India
CITIZEN = "+919876543210"
DAYS = (7, 7, 10, 14)
WAITING = """
    select count(*) from pg_stat_activity
    where datname = current_database() and wait_event_type = 'Lock'
"""
T = TypeVar("T")

REFERENCE = ReferenceData(
    departments=(
        Department("jal-nigam", "जल निगम", "Jal Nigam"),
        Department("bijli", "ऊर्जा विभाग", "Energy"),
    ),
    # The block before its district: the order of rows does not matter.
    places=(
        Place("lalitpur-mahroni", "block", "महरौनी", "Mahroni", "lalitpur"),
        Place("lalitpur", "district", "ललितपुर", "Lalitpur", "up"),
        Place("up", "state", "उत्तर प्रदेश", "Uttar Pradesh", None),
    ),
    categories=(
        Category("handpump", "हैंडपंप खराब", "Broken hand pump", "jal-nigam", DAYS),
        Category("power-cut", "बिजली नहीं", "No power", "bijli", DAYS),
    ),
    posts=(
        PostRow("L1-MAH", "अवर अभियंता महरौनी", "jal-nigam", "lalitpur-mahroni", 1, "+919415000001"),
        PostRow("L2-LAL", "अधिशासी अभियंता ललितपुर", "jal-nigam", "lalitpur", 2, "+919415000002"),
        PostRow("L3-LAL", "मुख्य विकास अधिकारी ललितपुर", "jal-nigam", "lalitpur", 3, "+919415000003"),
        PostRow("L4-UP", "प्रमुख सचिव जल निगम", "jal-nigam", "up", 4, "+919415000004"),
    ),
)


def sign(bundle: UUID) -> str:
    """Stands in for the bundles' signer."""
    return f"https://helpline.example/b/{bundle}"


@dataclass
class World:
    """The database as citizens and officers use it. `now` is moved by hand."""

    pool: Pool
    policy: Policy = UP_1076
    now: datetime = START

    def later(self, **by: float) -> datetime:
        self.now += timedelta(**by)
        return self.now

    def form(self, **changes: object) -> Registration:
        form = Registration(
            key=new_id(self.now),
            contact=CITIZEN,
            category="handpump",
            place="lalitpur-mahroni",
            text="गाँव का हैंडपंप दो महीने से खराब है",
            citizen_name="रामप्यारी देवी",
            separate=True,  # tests make many of one kind; what a duplicate is has tests of its own
        )
        return replace(form, **changes)  # type: ignore[arg-type]

    async def call(self, direction: Direction = Direction.INBOUND) -> UUID:
        call = NewCall(new_id(self.now), "cell-1", direction, self.now, CITIZEN, CITIZEN, "1076")
        if direction is Direction.OUTBOUND:  # one of ours at a time: the one before is over
            await self.pool.execute(
                "update call set ended_at = $2, outcome = 'lost' where citizen_number = $1"
                " and direction = 'outbound' and ended_at is null",
                *(CITIZEN, self.now),
            )
        await self.pool.execute(
            sql("calls_open_one"),
            *(call.id, call.cell, call.direction, CITIZEN, "1076", call.started_at),
        )
        return call.id

    async def talked_with(self, agent: str, number: str = CITIZEN) -> UUID:
        """A call of this number's that an agent answered."""
        call_id = await self.call()
        await self.pool.execute(
            "update call set citizen_number = $2, answered_at = $3 where id = $1",
            *(call_id, number, self.now),
        )
        await self.pool.execute(sql("calls_agent_answered"), call_id, agent, self.now)
        return call_id

    async def recording(
        self, call_id: UUID, kind: str = "call", state: str = "stored", id: UUID | None = None
    ) -> UUID:
        recording_id = id or new_id(self.now)
        whole = state == "stored"
        await self.pool.execute(
            """insert into recording (id, call_id, kind, cell, started_at, state, closed_at, sha256,
                                      seconds, channels, bytes, location)
               values ($1, $2, $3, 'cell-1', $4, $5, $6, $7, $8, $9, $10, $11)""",
            *(recording_id, call_id, kind, self.now, state),
            *(
                (self.now, "ab" * 32, 12, 2, 384_000, f"{recording_id}.wav")
                if whole
                else [None] * 6
            ),
        )
        return recording_id

    async def register(self, form: Registration | None = None) -> Registered:
        """What an officer gets, be it after the CM's team has seen it."""
        registered = await self.taken_up(form or self.form())
        if isinstance(registered, InTriage):
            async with self.pool.acquire(timeout=5) as conn:  # which any pool has, also a worker's
                found = "select level, post, due_at from complaint where id = $1"
                row = await conn.fetchrow(found, registered.complaint_id)
            assert row is not None
            taken = registered.number, registered.complaint_id
            return Registered(*taken, row["level"], row["post"], "", row["due_at"])
        assert isinstance(registered, Registered)
        return registered

    async def taken_up(self, form: Registration) -> TakenUp:
        """Whatever comes of it."""
        return await register(self.pool, form, policy=self.policy, now=self.now, actor="agent:101")

    async def post_of(self, number: str) -> str:
        """Who has it."""
        digits = parse(number)
        found = await self.pool.fetchval("select post from complaint where number = $1", digits)
        return str(found)

    async def dispose(
        self, number: str, report: str = "हैंडपंप ठीक कर दिया गया", post: str | None = None
    ) -> Disposed:
        post = post or await self.post_of(number)
        return await dispose(
            self.pool,
            number,
            kind=DisposalKind.RESOLVED,
            report=report,
            post=post,
            actor=f"officer:{post}",
            policy=self.policy,
            now=self.now,
        )

    async def attempt(self, complaint_id: UUID, disposal_no: int, *, settled: bool = True) -> UUID:
        """The dialer reaches for the citizen."""
        call_id = await self.call(Direction.OUTBOUND)
        await self.pool.execute(
            """insert into attempt (id, complaint_id, disposal_no, attempt_no, number, cell,
                                    written_at, settled_at)
               values ($1, $2, $3, 1 + (select count(*) from attempt
                                        where complaint_id = $2 and disposal_no = $3),
                       $4, 'cell-1', $5, $6)""",
            *(call_id, complaint_id, disposal_no, CITIZEN, self.now),
            self.now if settled else None,
        )
        return call_id

    async def answer(
        self, attempt_id: UUID, answer: Answer, grace: Grace | None = None
    ) -> FeedbackResult:
        return await record(
            self.pool,
            attempt_id=attempt_id,
            answer=answer,
            policy=self.policy,
            now=self.now,
            signer=sign,
            grace=grace,
        )

    async def disposed_and_called(self, number: str) -> UUID:
        """Disposal and the call that asks about it; the attempt."""
        disposed = await self.dispose(number)
        self.later(hours=1)
        return await self.attempt(disposed.complaint_id, disposed.disposal_no)

    async def dissatisfied(self, number: str) -> FeedbackResult:
        attempt = await self.disposed_and_called(number)
        return await self.answer(attempt, Answer(False, DissatisfactionReason.NOT_DONE))

    async def hung_up(self, call_id: UUID, outcome: Outcome) -> None:
        async with self.pool.acquire() as conn:
            await end_if_open(conn, call_id, outcome, self.now)

    async def at_once(
        self, complaint_id: UUID, *uses: Coroutine[Any, Any, T]
    ) -> list[T | BaseException]:
        """Let use cases run up to the complaint's row, all of them, and only then go on."""
        async with self.pool.acquire() as conn, conn.transaction():
            await conn.execute("select from complaint where id = $1 for update", complaint_id)
            running = [asyncio.create_task(use) for use in uses]
            async with asyncio.timeout(20):
                while await self.pool.fetchval(WAITING) < len(running):
                    await asyncio.sleep(0.01)
        return await asyncio.gather(*running, return_exceptions=True)

    async def complaint(self, complaint_id: UUID) -> asyncpg.Record:
        row = await self.pool.fetchrow("select * from complaint where id = $1", complaint_id)
        assert row is not None
        return row

    async def messages(self, complaint_id: UUID, kind: str) -> list[asyncpg.Record]:
        return await self.pool.fetch(
            "select * from notification where complaint_id = $1 and kind = $2 order by created_at",
            complaint_id,
            kind,
        )

    async def events(self, complaint_id: UUID) -> list[str]:
        rows = await self.pool.fetch(
            "select event from complaint_history where complaint_id = $1 order by seq", complaint_id
        )
        return [row["event"] for row in rows]
