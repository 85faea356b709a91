"""The outbound dialer: settles what has ended, reconciles what is unknown, dials what is due.

Order is what makes it safe: the attempt is written and committed, then marked requested and
committed, then the request leaves, once. Whatever dies in between, the row says how far it came.
No connection is held while a request is under way. Any number of dialers may run at once.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from uuid import UUID

import asyncpg
import structlog

from calls.model import Outcome
from calls.numbers import ANY, is_called
from calls.store import end_if_open
from campaigns import attempts, room, trunks
from campaigns.attempts import Attempt
from campaigns.originator import DialRequest, OriginateReply, Originator
from campaigns.pacing import Limits, until
from campaigns.refusals import RefusalRules
from campaigns.retry import GiveUpReason, RetryPolicy
from campaigns.settlement import Rules, drop_unrequested, settle_ended
from campaigns.window import CallingWindow, always
from complaints import feedback
from complaints.errors import ComplaintError
from complaints.feedback import DueFeedback
from complaints.policy import UP_1076, Policy
from db.errors import AWAY, stop_if_cancelled
from db.in_time import LATE, make_sure_it_answers
from db.pool import Connection, Pool

_log = structlog.get_logger(__name__)
_POOL_SECONDS = 5.0
_BRIEFLY_SECONDS = 1.0  # an attempt takes some milliseconds
_SETTLE_AT_MOST = 200

_UseCase = Callable[[Connection, UUID, datetime, Rules], Awaitable[bool]]


@dataclass(frozen=True, slots=True)
class DialerSettings:
    """How this dialer calls. `caller_id` is what citizens see (a 1600-series number in India).

    `ring_grace` after the ringing time an attempt without news is looked for among the live calls;
    `request_within`: a written attempt is requested in this time or never, so that no sweep can
    take its call for one that is over; after three times as long its dialer is taken for dead;
    `cell_gone_after`: no call lasts so long, an open one of another cell died with that cell;
    `policy`: how often a citizen is called, and what follows when nobody was reached (R19);
    `reconcile_every`: conversations outlast the ringing; Asterisk is not asked at each round;
    `called`: what the numbers begin with that we call; others are an agent's to call;
    `refusals`: when a trunk is taken for one that refuses whatever is dialled.
    """

    cell: str
    caller_id: str
    window: CallingWindow = field(default_factory=CallingWindow)
    limits: Limits = field(default_factory=Limits)
    retry: RetryPolicy = field(default_factory=RetryPolicy)
    policy: Policy = UP_1076
    ring_seconds: int = 45
    ring_grace: timedelta = timedelta(seconds=30)
    request_within: timedelta = timedelta(seconds=10)
    cell_gone_after: timedelta = timedelta(hours=6)
    reconcile_every: timedelta = timedelta(seconds=10)
    originate_seconds: float = 10.0
    called: Sequence[str] = ANY
    refusals: RefusalRules = field(default_factory=RefusalRules)

    @property
    def rules(self) -> Rules:
        """By which ended attempts are settled."""
        return Rules(self.retry, self.window, self.policy, self.refusals)

    @property
    def no_news_after(self) -> timedelta:
        """How long after its request an attempt should have ended or been answered."""
        return timedelta(seconds=self.ring_seconds) + self.ring_grace


@dataclass(frozen=True, slots=True)
class TickReport:
    """What one round did, in numbers of attempts."""

    settled: int = 0
    lost: int = 0  # no trace of their call
    dropped: int = 0  # written, never requested
    accepted: int = 0
    refused: int = 0
    unknown: int = 0
    withheld: int = 0  # written, but no longer to be dialled when their turn came


class Dialer:
    """Dials the feedback calls of one cell. `run()` belongs to a supervisor."""

    def __init__(
        self,
        pool: Pool,
        originator: Originator,
        now: Callable[[], datetime],
        settings: DialerSettings,
        sound: Callable[[], bool] = always,
    ) -> None:
        """`sound`: whether that time can be acted on; else no round begins."""
        self._sound = sound
        self._pool = pool
        self._originator = originator
        self._now = now
        self._settings = settings
        self._news = asyncio.Event()
        self._away = False
        self._reconciled_at: datetime | None = None
        self._next: datetime | None = None

    def wake(self) -> None:
        """There may be something to do: do not wait for the interval to pass."""
        self._news.set()

    async def run(self, interval: float) -> None:
        """One round every `interval` s, when the rate lets the next begin, or when woken; for ever.
        Waits for an absent database.
        """
        while True:
            self._news.clear()
            await self._tick_if_database()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self.pause(interval)):
                    await self._news.wait()

    async def _tick_if_database(self) -> None:
        if not self._sound():
            return
        try:
            await self.tick()
        except AWAY as error:
            stop_if_cancelled()
            if not self._away:
                _log.warning("database away, the dialer waits", error=repr(error))
            self._away = True
        else:
            if self._away:
                _log.info("database back, the dialer goes on")
            self._away = False

    def pause(self, interval: float) -> float:
        """Seconds until the next round."""
        return until(self._next, self._now(), interval)

    async def tick(self) -> TickReport:
        """One round. Raises one of `db.errors.AWAY`; what it had begun, a later round finishes."""
        lost = await self._reconcile()
        dropped = await self._drop_unrequested()
        settled = await self._settle()
        fates = [await self._dial(attempt) for attempt in await self._write_attempts()]
        return TickReport(
            settled=settled,
            lost=lost,
            dropped=dropped,
            accepted=fates.count(OriginateReply.ACCEPTED),
            refused=fates.count(OriginateReply.REFUSED),
            unknown=fates.count(OriginateReply.UNKNOWN),
            withheld=fates.count(None),
        )

    # -- what has become of earlier attempts

    async def _reconcile(self) -> int:
        """End, as lost, attempts whose call shows no end and has no channel any more."""
        settings, now = self._settings, self._now()
        if self._reconciled_at and abs(now - self._reconciled_at) < settings.reconcile_every:
            return 0
        self._reconciled_at = now
        async with self._connection() as conn:
            open_for_long = await attempts.unheard_of(
                conn,
                settings.cell,
                requested_before=now - settings.no_news_after,
                abandoned_before=now - settings.cell_gone_after,
            )
        if not open_for_long:
            return 0
        # Asked after the list was read: a call that is missing now is over, not yet to come.
        live = await self._live_calls()
        gone = [
            attempt_id
            for attempt_id, cell in open_for_long
            if cell != settings.cell or (live is not None and attempt_id not in live)
        ]
        async with self._connection() as conn:
            ended = [await end_if_open(conn, one, Outcome.LOST, self._now()) for one in gone]
        return sum(ended)

    async def _live_calls(self) -> frozenset[UUID] | None:
        try:
            async with asyncio.timeout(self._settings.originate_seconds):
                return await self._originator.live_calls()
        except TimeoutError:
            return None

    async def _drop_unrequested(self) -> int:
        async with self._connection() as conn:
            ids = await attempts.unrequested(conn, self._now() - 3 * self._settings.request_within)
        return await self._each(ids, drop_unrequested)

    async def _settle(self) -> int:
        settings = self._settings
        async with self._connection() as conn, conn.transaction():
            seen = await trunks.look(conn, settings.cell, self._now(), settings.refusals)
        async with self._connection() as conn:
            ids = await attempts.ended(conn, _SETTLE_AT_MOST)
        return await self._each(ids, partial(settle_ended, trunks=seen))

    async def _each(self, ids: list[UUID], use_case: _UseCase) -> int:
        """A transaction each: one attempt that cannot be settled, or whose rows somebody holds,
        does not hold up the others.
        """
        done, late = 0, False
        for attempt_id in ids:
            try:
                async with self._connection() as conn:
                    try:
                        async with asyncio.timeout(_BRIEFLY_SECONDS if late else None):
                            done += await self._carried_out(conn, attempt_id, use_case)
                    except LATE:
                        stop_if_cancelled()
                        await make_sure_it_answers(conn)
                        _log.error("attempt waits: its rows are held", attempt=str(attempt_id))
                        late = True
            except AWAY:
                raise
            except (asyncpg.PostgresError, ComplaintError) as error:
                _log.error("attempt not settled", attempt=str(attempt_id), error=repr(error))
        return done

    async def _carried_out(self, conn: Connection, attempt_id: UUID, use_case: _UseCase) -> bool:
        async with conn.transaction():
            return await use_case(conn, attempt_id, self._now(), self._settings.rules)

    # -- new attempts

    def _may_dial(self) -> bool:
        return self._originator.ready and self._settings.window.is_open(self._now())

    async def _write_attempts(self) -> list[Attempt]:
        """Claim what is due and may be dialled now, and commit its attempts."""
        if not self._may_dial():
            return []
        settings, cell = self._settings, self._settings.cell
        async with self._connection() as conn, conn.transaction():
            if not await attempts.take_pacing_lock(conn):
                return []  # another dialer is counting: the next round is soon
            now = self._now()
            there = await room.look(conn, cell, settings.limits, settings.refusals, now)
            allowance = max(0, there.allowed - await room.pressing(conn, now))
            claimed = await feedback.claim_due(conn, now, allowance) if allowance else []
            due = [one for one in claimed if is_called(one.contact, settings.called)]
            # Where a number is already being called about another complaint none is written; the
            # claim's lease brings that citizen back, behind those who wait now.
            written = [
                await attempts.write(conn, one, cell=cell, caller_id=settings.caller_id, at=now)
                for one in due
            ]
            started = sum(one is not None for one in written)
            if started:
                await trunks.probed(conn, cell, now)
            self._next = there.next_start(started, now)
        await self._leave_to_agents([one for one in claimed if one not in due])
        return [attempt for attempt in written if attempt is not None]

    async def _leave_to_agents(self, not_called: Sequence[DueFeedback]) -> None:
        """The step after the calls. Where a process dies before it, the next claim finds them."""
        disposals = {one.complaint_id: one.disposal_no for one in not_called}

        async def give_up(conn: Connection, id: UUID, now: datetime, rules: Rules) -> bool:
            why = GiveUpReason.NOT_CALLED
            return await feedback.give_up(
                conn, id, disposals[id], now, policy=rules.policy, reason=why
            )

        if given_up := await self._each(list(disposals), give_up):
            _log.warning("numbers that we do not call", complaints=given_up)

    async def _dial(self, attempt: Attempt) -> OriginateReply | None:
        """Request one written attempt; None when it may not be dialled any more."""
        age = self._now() - attempt.written_at
        if age > self._settings.request_within or not self._may_dial():
            await self._end(attempt.id, Outcome.FAILED)
            return None
        async with self._connection() as conn:
            if not await attempts.mark_requested(conn, attempt.id, self._now()):
                return None
        reply = await self._originate(attempt)
        _log.info(
            "feedback call requested",
            attempt=str(attempt.id),
            complaint=str(attempt.complaint_id),
            reply=reply,
            pii={"number": attempt.number},
        )
        if reply is OriginateReply.REFUSED:
            await self._end(attempt.id, Outcome.FAILED)
        return reply

    async def _originate(self, attempt: Attempt) -> OriginateReply:
        request = DialRequest(
            attempt_id=attempt.id,
            number=attempt.number,
            caller_id=self._settings.caller_id,
            ring_seconds=self._settings.ring_seconds,
            cell=attempt.cell,
        )
        try:
            async with asyncio.timeout(self._settings.originate_seconds):
                return await self._originator.originate(request)
        except TimeoutError:
            return OriginateReply.UNKNOWN

    async def _end(self, attempt_id: UUID, outcome: Outcome) -> None:
        async with self._connection() as conn:
            await end_if_open(conn, attempt_id, outcome, self._now())

    def _connection(self) -> "contextlib.AbstractAsyncContextManager[Connection]":
        return self._pool.acquire(timeout=_POOL_SECONDS)
