"""Who kept their place in a queue is called when its turn comes, and goes on at that place.

The same order as the dialer's: the attempt and its call row are committed, then the request is
marked and committed, then it leaves, once. Whatever dies in between, the row says how far it came.
Others to whom a call is owed are an agent's to call: they are only listed.
"""

import asyncio
import contextlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol
from uuid import UUID

import structlog

from calls.model import Outcome
from calls.store import end_if_open, open_outbound
from campaigns import attempts
from campaigns.originator import DialRequest, OriginateReply
from campaigns.pacing import Limits, allowed_now
from campaigns.window import CallingWindow
from db.errors import AWAY, stop_if_cancelled
from db.ids import new_id
from db.pool import Connection, Pool
from db.statements import statements

_log = structlog.get_logger(__name__)
_POOL_SECONDS = 5.0


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
    """`most`: calls to one caller. `no_news_after`: a call that shows nothing is looked for."""

    cell: str
    caller_id: str
    window: CallingWindow
    limits: Limits
    ring_seconds: int = 40
    most: int = 3
    retry: timedelta = timedelta(minutes=5)
    request_within: timedelta = timedelta(seconds=10)
    originate_seconds: float = 10.0

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


@dataclass(frozen=True, slots=True)
class Owed:
    """A call that we owe. `attempts`: how often they were called in vain."""

    call_id: UUID
    number: str
    reason: str
    requested_at: datetime
    attempts: int


async def owed(conn: Connection, at_most: int) -> list[Owed]:
    """All that is open, the longest first: also what an agent has to call."""
    return [Owed(**row) async for row in statements().callbacks_open(conn, at_most=at_most)]


class Callbacks:
    """Calls back those of one cell's process. `run()` belongs to a supervisor."""

    def __init__(
        self,
        pool: Pool,
        returner: Returner,
        now: Callable[[], datetime],
        settings: CallbackSettings,
    ) -> None:
        self._pool = pool
        self._returner = returner
        self._now = now
        self._settings = settings

    async def run(self, interval: float) -> None:
        """One round every `interval` s, for ever. Waits for an absent database."""
        while True:
            try:
                await self.tick()
            except AWAY as error:
                stop_if_cancelled()
                _log.warning("call-backs wait for the database", error=repr(error))
            await asyncio.sleep(interval)

    async def tick(self) -> int:
        """One round; how many were asked for. Raises one of `db.errors.AWAY`."""
        await self._reconcile()
        async with self._connection() as conn, conn.transaction():
            now = self._now()
            await statements().callbacks_settle(
                conn, now=now, most=self._settings.most, retry_at=now + self._settings.retry
            )
            await statements().callbacks_served(conn, now=now)
        return sum([await self._dial(one) for one in await self._write()])

    def _may_dial(self) -> bool:
        return self._returner.ready and self._settings.window.is_open(self._now())

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
        if not self._may_dial():
            return []
        async with self._connection() as conn, conn.transaction():
            if not await attempts.take_pacing_lock(conn):
                return []
            now, limits = self._now(), self._settings.limits
            recent = await attempts.recent_starts(conn, now - limits.period, now + limits.period)
            allowance = allowed_now(limits, await attempts.busy(conn, now), recent, now)
            due = statements().callbacks_claim(conn, now=now, at_most=allowance)
            found = [Written(new_id(now), row["call_id"], row["number"], now) async for row in due]
            return [one for one in found if await self._written(conn, one)]

    async def _written(self, conn: Connection, one: Written) -> bool:
        cell, caller_id = self._settings.cell, self._settings.caller_id
        await open_outbound(
            conn,
            call_id=one.id,
            cell=cell,
            number=one.number,
            service_number=caller_id,
            at=one.at,
        )
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
