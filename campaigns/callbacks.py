"""Whom we have promised a call is called when their turn comes, and goes on in their queue.

The same order as the dialer's: the attempt and its call row are committed, then the request is
marked and committed, then it leaves, once. Whatever dies in between, the row says how far it came.
Who hung up while waiting was promised nothing: they are listed for people, unless the settings say
that we call them too.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Protocol
from uuid import UUID

import structlog

from calls.model import Outcome
from calls.numbers import ANY
from calls.owed import NEVER_RANG, PROMISED, verdict
from calls.store import end_if_open, open_outbound
from campaigns import attempts, room, trunks
from campaigns.originator import DialRequest, OriginateReply
from campaigns.pacing import Limits, until
from campaigns.refusals import End, RefusalRules
from campaigns.turns import Due, Line, in_order, whose_turn
from campaigns.window import CallingWindow, always
from db.errors import AWAY, stop_if_cancelled
from db.ids import new_id
from db.pool import Connection, Pool
from db.statements import statements

_log = structlog.get_logger(__name__)
_POOL_SECONDS = 5.0
_DAY = timedelta(days=1)
_LATE_ROWS = timedelta(hours=1)
_LOST_EVERY = timedelta(seconds=20)  # looking for them reads a day's stays

OpenNow = Callable[[str], Awaitable[bool]]
"""Whether agents serve a queue at this hour."""


class Returner(Protocol):
    """Places calls into the waiting queue; at most once each, also over a reconnect."""

    @property
    def ready(self) -> bool:
        """Whether the link is up and in step with Asterisk."""
        ...

    async def call_back(self, request: DialRequest, left_call: UUID) -> OriginateReply:
        """Ask for the call; `left_call`: whose place was kept. Says UNKNOWN rather than raise."""
        ...

    async def live_calls(self) -> frozenset[UUID] | None:
        """Our calls that have a channel in this cell right now; None when that cannot be known."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class CallbackSettings:
    """`reasons`: for which we dial, none: we only keep the list. `most`: calls for one debt, where
    what was not the citizen's doing does not count; `most_a_day`: that their telephone rings.

    `default_queue`: of whom no row tells where they wanted to go. `listed_for`: how long who hung
    up while waiting is on the list. `no_news_after`: a call that shows nothing is looked for.
    `called`: what the numbers begin with that we call; others are for people to decide about.
    `longest`: how many a queue lets stand in it, where that is known. `retry`: so long after a call
    to a number there is none, whatever came of it and whatever they are owed since.
    """

    cell: str
    caller_id: str
    window: CallingWindow
    limits: Limits
    default_queue: str
    reasons: Sequence[Outcome] = PROMISED
    ring_seconds: int = 40
    most: int = 3
    most_a_day: int = 6
    retry: timedelta = timedelta(minutes=5)
    listed_for: timedelta = _DAY
    request_within: timedelta = timedelta(seconds=10)
    originate_seconds: float = 10.0
    called: Sequence[str] = ANY
    longest: Mapping[str, int] = field(default_factory=dict)
    refusals: RefusalRules = field(default_factory=RefusalRules)

    @property
    def no_news_after(self) -> timedelta:
        """After its request."""
        return timedelta(seconds=self.ring_seconds + 30)


@dataclass(frozen=True, slots=True)
class Written:
    """A call that is about to be asked for."""

    id: UUID
    left_call: UUID
    number: str
    at: datetime


class Callbacks:
    """Calls back those of one cell's process. `run()` belongs to a supervisor."""

    def __init__(
        self,
        pool: Pool,
        returner: Returner,
        now: Callable[[], datetime],
        settings: CallbackSettings,
        open_now: OpenNow,
        sound: Callable[[], bool] = always,
    ) -> None:
        """`sound`: whether that time can be acted on; else no round begins."""
        self._sound = sound
        self._pool = pool
        self._returner = returner
        self._now = now
        self._settings = settings
        self._open_now = open_now
        self._listed_at: datetime | None = None
        self._lost_at: datetime | None = None
        self._presses = False
        self._next: datetime | None = None

    async def run(self, interval: float) -> None:
        """One round every `interval` s, or when the rate lets the next begin; for ever.

        Waits for an absent database.
        """
        while True:
            try:
                if self._sound():
                    await self.tick()
            except AWAY as error:
                stop_if_cancelled()
                _log.warning("call-backs wait for the database", error=repr(error))
            await asyncio.sleep(self.pause(interval))

    def pause(self, interval: float) -> float:
        """Seconds until the next round."""
        return until(self._next, self._now(), interval)

    async def tick(self) -> int:
        """One round; how many were asked for. Raises one of `db.errors.AWAY`."""
        await self._reconcile()
        async with self._connection() as conn, conn.transaction():
            await self._settle(conn, self._now())
        await self._list()
        return sum([await self._dial(one) for one in await self._write()])

    async def _settle(self, conn: Connection, now: datetime) -> None:
        """Draw the consequence of each attempt that is over; then who was served otherwise."""
        settings = self._settings
        seen = await trunks.look(conn, settings.cell, now, settings.refusals)
        over = [row async for row in statements().callbacks_over(conn)]
        for row in over:
            outcome = await self._outcome(conn, row, seen, now)
            if outcome is None:
                continue
            found = verdict(outcome, answered=row["answered"], talked=row["talked"])
            await statements().callbacks_settle(conn, id=row["id"], at=now)
            await statements().callbacks_count(
                conn,
                number=row["number"],
                written_at=row["written_at"],
                counts=found.counts,
                result=found.result,
                most=settings.most,
                retry_at=now + settings.retry,
                now=now,
            )
        await statements().callbacks_served(conn, now=now)

    async def _outcome(
        self, conn: Connection, row: Mapping[str, Any], seen: trunks.Trunks, now: datetime
    ) -> Outcome | None:
        """How it ended; None: whether the trunk refused it, what is dialled next will tell. Who
        clicked does not wait for that.
        """
        end = End(row["number"], row["written_at"], Outcome(row["outcome"]), row["answered"])
        return await trunks.blamed(
            conn, seen, row["id"], row["cell"], end, now, self._settings.refusals,
            waits=row["agent_id"] is None,
        )  # fmt: skip

    async def _list(self) -> None:
        """Who hung up while waiting, since we looked last: the whole time once, then what is new.

        Their rows can be an hour late, when the database was away.
        """
        settings, now = self._settings, self._now()
        since = now - settings.listed_for
        if self._listed_at is not None:
            since = max(since, min(self._listed_at, now) - _LATE_ROWS)
        async with self._connection() as conn, conn.transaction():
            lost = self._lost_at is None or abs(now - self._lost_at) >= _LOST_EVERY
            await statements().callbacks_hung_up(conn, since=since, lost=lost)
            await statements().callbacks_expire(
                conn, before=now - settings.listed_for, dialled=list(settings.reasons), now=now
            )
        self._listed_at = now
        if lost:
            self._lost_at = now

    def _may_dial(self) -> bool:
        settings = self._settings
        return (
            bool(settings.reasons) and self._returner.ready and settings.window.is_open(self._now())
        )

    async def _reconcile(self) -> None:
        """End calls of which nothing can come any more; their attempts are settled after that."""
        settings, now = self._settings, self._now()
        live = await self._live_calls()
        async with self._connection() as conn, conn.transaction():
            found = statements().callbacks_unrequested(
                conn, written_before=now - 3 * settings.request_within
            )
            for row in [row async for row in found]:
                await end_if_open(conn, row["id"], Outcome.FAILED, now)
            silent = statements().callbacks_unheard_of(
                conn, cell=settings.cell, requested_before=now - settings.no_news_after
            )
            for row in [row async for row in silent]:
                if live is not None and row["id"] not in live:
                    await end_if_open(conn, row["id"], Outcome.LOST, now)

    async def _live_calls(self) -> frozenset[UUID] | None:
        try:
            async with asyncio.timeout(self._settings.originate_seconds):
                return await self._returner.live_calls()
        except TimeoutError:
            return None

    async def _write(self) -> list[Written]:
        if not self._may_dial() or not (at_work := await self._at_work()):
            return []
        async with self._connection() as conn, conn.transaction():
            if not await attempts.take_pacing_lock(conn):
                return []
            now, settings = self._now(), self._settings
            cell, limits = settings.cell, settings.limits
            there = await room.look(conn, cell, limits, settings.refusals, now)
            due = await self._turns(conn, at_work, limits.burst, now)
            found = [
                Written(new_id(now), one.call_id, one.number, now) for one in due[: there.allowed]
            ]
            written = [one for one in found if await self._written(conn, one)]
            if written:
                await trunks.probed(conn, cell, now)
            await self._press(conn, len(due) - there.free, now)
            self._next = there.next_start(len(written), now) if due else None
            return written

    async def _press(self, conn: Connection, calls: int, now: datetime) -> None:
        """So many found no room: the feedback dialers leave it to them."""
        if calls > 0 or self._presses:
            await room.press(conn, self._settings.cell, max(0, calls), now)
        self._presses = calls > 0

    async def _at_work(self) -> frozenset[str]:
        """Queues that agents of this cell serve, at this hour. Hours are read with a connection of
        their own: so before the pacing lock, for which other dialers wait.
        """
        async with self._connection() as conn:
            rows = statements().callbacks_seats(conn, cell=self._settings.cell)
            served = [row["queue"] async for row in rows]
        return frozenset([queue for queue in served if await self._open_now(queue)])

    async def _turns(
        self, conn: Connection, at_work: frozenset[str], allowance: int, now: datetime
    ) -> list[Due]:
        """Whose turn it is, over all these queues."""
        turns: list[Due] = []
        seats = [row async for row in statements().callbacks_seats(conn, cell=self._settings.cell)]
        for row in seats:
            if row["queue"] not in at_work:
                continue
            if due := await self._due(conn, row["queue"], allowance, now):
                stands = await statements().callbacks_line(
                    conn, cell=self._settings.cell, queue=row["queue"]
                )
                longest = self._settings.longest.get(row["queue"])
                line = Line(row["seats"], **stands, longest=longest)
                turns += whose_turn(line, due)
        return in_order(turns)[:allowance]

    async def _due(self, conn: Connection, queue: str, allowance: int, now: datetime) -> list[Due]:
        settings = self._settings
        rows = statements().callbacks_due(
            conn,
            queue=queue,
            default_queue=settings.default_queue,
            reasons=list(settings.reasons),
            now=now,
            day_ago=now - _DAY,
            most_a_day=settings.most_a_day,
            never_rang=sorted(NEVER_RANG),
            rested=now - settings.retry,
            called=list(settings.called),
            at_most=allowance,
        )
        return [Due(**row) async for row in rows]

    async def _written(self, conn: Connection, one: Written) -> bool:
        cell, caller_id = self._settings.cell, self._settings.caller_id
        opened = await open_outbound(
            conn,
            call_id=one.id,
            cell=cell,
            number=one.number,
            service_number=caller_id,
            at=one.at,
        )
        if not opened:
            return False  # somebody of ours is calling them: they are still owed a call
        status = await statements().callbacks_write(
            conn,
            id=one.id,
            left_call=one.left_call,
            number=one.number,
            cell=cell,
            written_at=one.at,
        )
        if status == "INSERT 0 1":
            return True
        # The same number twice in one claim: the second is called when the first is over.
        await end_if_open(conn, one.id, Outcome.FAILED, one.at)
        return False

    async def _dial(self, one: Written) -> bool:
        late = self._now() - one.at > self._settings.request_within
        async with self._connection() as conn:
            if late or not self._may_dial():
                await end_if_open(conn, one.id, Outcome.FAILED, self._now())
                return False
            marked = await statements().callbacks_mark_requested(conn, id=one.id, at=self._now())
        if marked != "UPDATE 1":
            return False
        reply = await self._ask(one)
        _log.info("call-back requested", call=str(one.id), reply=reply, pii={"number": one.number})
        if reply is OriginateReply.REFUSED:
            async with self._connection() as conn:
                await end_if_open(conn, one.id, Outcome.FAILED, self._now())
        return True

    async def _ask(self, one: Written) -> OriginateReply:
        settings = self._settings
        request = DialRequest(
            one.id, one.number, settings.caller_id, settings.ring_seconds, settings.cell
        )
        try:
            async with asyncio.timeout(settings.originate_seconds):
                return await self._returner.call_back(request, one.left_call)
        except TimeoutError:
            return OriginateReply.UNKNOWN

    def _connection(self) -> "contextlib.AbstractAsyncContextManager[Connection]":
        return self._pool.acquire(timeout=_POOL_SECONDS)
