"""Pause and resume: both directions are muted while something sensitive is said.

The pause is a row first, so that the record shows it; a pause ends by the agent, at its limit, or
with the call, whichever comes first, and its first end stands.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol
from uuid import UUID

import structlog

from db.errors import AWAY, stop_if_cancelled
from db.ids import new_id
from db.pool import Connection, Pool
from db.statements import statements
from recordings import events
from recordings.errors import (
    NotAllowedError,
    NotPausedError,
    NotRecordedError,
    PausedAlreadyError,
    PauseError,
)

_log = structlog.get_logger(__name__)
_LIMIT, _HANG_UP, _NOT_DONE = "limit", "hang-up", "not carried out"


class Recorder(Protocol):
    """What records; `helpline/` joins it to Asterisk. `channel`: name or unique id."""

    async def mute(self, channel: str, *, muted: bool) -> None:
        """Both directions of the channel's recording. Raises `PauseError`: it was not done."""
        ...


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
    `PauseError` (no such recording, paused already, Asterisk did not do it), `NotAllowedError`.
    """
    if not (by.strip() and why.strip()):
        raise NotAllowedError("who pauses, and why?")
    key = new_id(now)
    async with pool.acquire(timeout=2) as conn, conn.transaction():
        row = await statements().recordings_to_pause(conn, call_id=call_id)
        if row is None:
            raise NotRecordedError(f"no recording of call {call_id} is going on")
        if not await statements().recordings_pause(
            conn, id=key, recording_id=row["id"], at=now, by=by, why=why, limit_at=now + limit
        ):
            raise PausedAlreadyError(f"the recording of call {call_id} is paused already")
        await events.note(conn, row["id"], "paused", now, {"by": by, "why": why})
    try:
        await recorder.mute(row["channel"], muted=True)
    except PauseError:
        await _end(pool, key, now, _NOT_DONE)
        raise


async def resume(pool: Pool, recorder: Recorder, call_id: UUID, *, by: str, now: datetime) -> None:
    """Record again. Raises `PauseError`: it is not paused, or Asterisk did not do it."""
    async with pool.acquire(timeout=2) as conn:
        row = await statements().recordings_open_pause(conn, call_id=call_id)
    if row is None:
        raise NotPausedError(f"the recording of call {call_id} is not paused")
    await recorder.mute(row["channel"], muted=False)
    await _end(pool, row["id"], now, by)


async def pauses(conn: Connection, recording_id: UUID) -> list[Pause]:
    """A recording's pauses, oldest first."""
    found = statements().recordings_pauses(conn, recording_id=recording_id)
    return [Pause(**dict(row)) async for row in found]


async def standing(conn: Connection, call_id: UUID) -> Pause | None:
    """The pause of this call's recording that goes on, if there is one."""
    row = await statements().recordings_standing_pause(conn, call_id=call_id)
    return None if row is None else Pause(**dict(row))


async def end_overdue(pool: Pool, recorder: Recorder, cell: str, now: datetime) -> int:
    """End the cell's pauses whose limit has come or whose call is over; how many."""
    async with pool.acquire(timeout=5) as conn:
        found = statements().recordings_pauses_due(conn, cell=cell, now=now)
        due = [row async for row in found]
    ended = 0
    for row in due:
        if row["ended_at"] is not None:
            ended += await _end(pool, row["id"], row["ended_at"], _HANG_UP)
            continue
        try:
            await recorder.mute(row["channel"], muted=False)
        except PauseError as error:  # tried again until it is done, or the call is over
            _log.warning("pause past its limit", error=str(error))
            continue
        ended += await _end(pool, row["id"], now, _LIMIT)
    return ended


async def _end(pool: Pool, pause_id: UUID, at: datetime, by: str) -> bool:
    async with pool.acquire(timeout=2) as conn, conn.transaction():
        recording_id = await statements().recordings_resume(conn, id=pause_id, at=at, by=by)
        if recording_id is None:
            return False
        await events.note(conn, recording_id, "resumed", at, {"by": by})
    return True


class PauseWatch:
    """Ends pauses by themselves. `run()` belongs to a supervisor."""

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

    async def run(self) -> None:
        """Look every second, until cancelled."""
        while True:
            try:
                await end_overdue(self._pool, self._recorder, self._cell, self._now())
            except AWAY as error:
                stop_if_cancelled()
                _log.warning("pauses not looked at", error=repr(error))
            await asyncio.sleep(self._interval)
