"""Pause and resume: both directions are muted while something sensitive is said.

The pause is a row first, so that the record shows it; a pause ends by the agent, at its limit, or
with the call, whichever comes first, and its first end stands. Whether a process that died
between row and mute had muted, nobody knows: the one after it mutes again.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import asyncpg
import structlog

from db.errors import AWAY, stop_if_cancelled
from db.ids import new_id
from db.pool import Connection, Pool
from db.statements import statements
from recordings import events
from recordings.errors import (
    NotAllowedError,
    NotPausedError,
    PauseBusyError,
    PausedAlreadyError,
    PauseError,
    PauseUnansweredError,
)
from recordings.recorder import Recorder, in_time
from recordings.unwritten import write_row

_log = structlog.get_logger(__name__)
_LIMIT, _HANG_UP, _NOT_DONE = "limit", "hang-up", "not carried out"


@dataclass(frozen=True, slots=True, kw_only=True)
class Pause:
    """One pause, as it is shown with the recording. `resumed_by`: who, limit, hang-up."""

    paused_at: datetime
    paused_by: str
    why: str
    limit_at: datetime
    resumed_at: datetime | None
    resumed_by: str | None


async def pause(
    pool: Pool,
    recorder: Recorder,
    call_id: UUID,
    *,
    by: str,
    why: str,
    limit: timedelta,
    now: datetime,
) -> None:
    """Pause the recording of a call that goes on, for `limit` at most.

    `by`: a kind and a name (`agent:1001`); `why`: the reason, or the sensitive field. Raises
    `PauseError` (Asterisk records nothing, paused already, it did not do it), `NotAllowedError`.
    """
    if not (by.strip() and why.strip()):
        raise NotAllowedError("who pauses, and why?")
    one = Pause(
        paused_at=now, paused_by=by, why=why, limit_at=now + limit, resumed_at=None, resumed_by=None
    )
    key = new_id(now)
    channel = await _begin(pool, call_id, key, one)
    if channel is None:
        await write_row(pool, recorder, call_id, now)
        channel = await _begin(pool, call_id, key, one)
    if channel is None:
        raise PauseError(f"what Asterisk records of call {call_id} is closed already")
    try:
        await _ask(recorder, channel, muted=True)
    except PauseUnansweredError:
        # It may be muted: the pause stands, and `PauseWatch` ends it until Asterisk says so.
        async with pool.acquire(timeout=2) as conn:
            await statements().recordings_end_pause_soon(conn, id=key)
        raise
    except PauseError:
        await _end(pool, key, now, _NOT_DONE)
        raise


async def _begin(pool: Pool, call_id: UUID, key: UUID, one: Pause) -> str | None:
    """Write it; the channel to be muted. None: there is no row of a recording that goes on."""
    async with pool.acquire(timeout=2) as conn, conn.transaction():
        row = await statements().recordings_to_pause(conn, call_id=call_id)
        if row is None:
            return None
        if not await statements().recordings_pause(
            conn, id=key, recording_id=row["id"], at=one.paused_at, by=one.paused_by, why=one.why,
            limit_at=one.limit_at,
        ):  # fmt: skip
            raise PausedAlreadyError(f"the recording of call {call_id} is paused already")
        noted = {"by": one.paused_by, "why": one.why}
        await events.note(conn, row["id"], "paused", one.paused_at, noted)
    channel: str = row["channel"]
    return channel


async def resume(pool: Pool, recorder: Recorder, call_id: UUID, *, by: str, now: datetime) -> None:
    """Record again. Raises `PauseError`: it is not paused, Asterisk did not do it, or is being
    asked about this pause by another.
    """
    async with pool.acquire(timeout=2) as conn:
        row = await statements().recordings_open_pause(conn, call_id=call_id)
    if row is None:
        raise NotPausedError(f"the recording of call {call_id} is not paused")
    await _record_again(pool, recorder, row["id"], row["channel"], now, by)


async def mute_again(
    pool: Pool,
    recorder: Recorder,
    *,
    began: datetime,
    now: datetime,
    cell: str | None = None,
    call_id: UUID | None = None,
) -> int:
    """Mute what a pause is for that stands since before `began`, when this process did; how many.

    Of a cell, or of a call. Where it is muted nothing changes. Raises `PauseError`: it is not
    muted; after the others, but at once where Asterisk does not answer.
    """
    async with pool.acquire(timeout=5) as conn:
        found = statements().recordings_pauses_of_before(
            conn, cell=cell, call_id=call_id, began=began, now=now
        )
        standing_ones = [row async for row in found]
    failed: PauseError | None = None
    for row in standing_ones:
        try:
            async with _held(pool, row["id"]) as conn:
                if conn is not None:
                    await _ask(recorder, row["channel"], muted=True)
        except PauseUnansweredError:
            raise
        except PauseError as error:
            failed = error
    if failed is not None:
        raise failed
    return len(standing_ones)


async def pauses(conn: Connection, recording_id: UUID) -> list[Pause]:
    """A recording's pauses, oldest first."""
    found = statements().recordings_pauses(conn, recording_id=recording_id)
    return [Pause(**dict(row)) async for row in found]


async def standing(conn: Connection, call_id: UUID) -> Pause | None:
    """The pause of this call's recording that goes on, if there is one."""
    row = await statements().recordings_standing_pause(conn, call_id=call_id)
    return None if row is None else Pause(**dict(row))


async def end_overdue(pool: Pool, recorder: Recorder, cell: str, now: datetime) -> int:
    """End the cell's pauses whose limit has come or whose call is over; how many.

    Once Asterisk does not answer, the rest of what it is needed for is left to the next time.
    """
    async with pool.acquire(timeout=5) as conn:
        found = statements().recordings_pauses_due(conn, cell=cell, now=now)
        due = [row async for row in found]
    ended, answers = 0, True
    for row in due:
        if row["ended_at"] is not None:
            ended += await _end(pool, row["id"], row["ended_at"], _HANG_UP)
            continue
        if not answers:
            continue
        try:
            ended += await _record_again(pool, recorder, row["id"], row["channel"], now, _LIMIT)
        except PauseError as error:  # tried again until it is done, or the call is over
            _log.warning("pause past its limit", error=str(error))
            answers = not isinstance(error, PauseUnansweredError)
    return ended


async def _record_again(
    pool: Pool, recorder: Recorder, pause_id: UUID, channel: str, at: datetime, by: str
) -> bool:
    async with _held(pool, pause_id) as conn:
        if conn is None:
            return False
        await _ask(recorder, channel, muted=False)
        return await _ended(conn, pause_id, at, by)


@asynccontextmanager
async def _held(pool: Pool, pause_id: UUID) -> AsyncIterator[Connection | None]:
    """The pause is held while Asterisk is asked: nobody mutes again after who records again.

    None: it is over. A connection is kept for as long: 2 s at most for another who holds it
    (`PauseBusyError`), and the time of `_ask`. How many do so at once, callers bound.
    """
    async with pool.acquire(timeout=2) as conn, conn.transaction():
        await statements().recordings_hold_briefly(conn)
        try:
            stands = await statements().recordings_hold_pause(conn, id=pause_id)
        except asyncpg.LockNotAvailableError as error:
            raise PauseBusyError("Asterisk is being asked about this pause") from error
        yield conn if stands else None


async def _ask(recorder: Recorder, channel: str, *, muted: bool) -> None:
    await in_time(recorder.mute(channel, muted=muted))


async def _end(pool: Pool, pause_id: UUID, at: datetime, by: str) -> bool:
    async with pool.acquire(timeout=2) as conn, conn.transaction():
        return await _ended(conn, pause_id, at, by)


async def _ended(conn: Connection, pause_id: UUID, at: datetime, by: str) -> bool:
    recording_id = await statements().recordings_resume(conn, id=pause_id, at=at, by=by)
    if recording_id is None:
        return False
    await events.note(conn, recording_id, "resumed", at, {"by": by})
    return True


class PauseWatch:
    """Ends pauses by themselves, and carries out again those of a process before this one.

    `run()` belongs to a supervisor.
    """

    def __init__(
        self,
        pool: Pool,
        recorder: Recorder,
        now: Callable[[], datetime],
        cell: str,
        interval: float = 1.0,
    ) -> None:
        self._pool = pool
        self._recorder = recorder
        self._now = now
        self._cell = cell
        self._interval = interval
        self._began = now()
        self._muted_again = False

    async def run(self) -> None:
        """Look every second, until cancelled."""
        while True:
            try:
                await self._mute_again()
                await end_overdue(self._pool, self._recorder, self._cell, self._now())
            except AWAY as error:
                stop_if_cancelled()
                _log.warning("pauses not looked at", error=repr(error))
            await asyncio.sleep(self._interval)

    async def _mute_again(self) -> None:
        """Until it is done once: at the start Asterisk may not be reached yet."""
        if self._muted_again:
            return
        try:
            await mute_again(
                self._pool, self._recorder, began=self._began, now=self._now(), cell=self._cell
            )
        except PauseError as error:
            _log.warning("pause of before not carried out again", error=str(error))
        else:
            self._muted_again = True
