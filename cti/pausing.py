"""An agent pauses the recording of their call while something sensitive is said, for a limit."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import structlog

from cti.errors import NotAllowedError, NotNowError
from cti.why import Why
from db.errors import AWAY, stop_if_cancelled
from db.pool import Pool
from recordings import pausing
from recordings.errors import (
    NotPausedError,
    NotRecordedError,
    PauseBusyError,
    PausedAlreadyError,
    PauseError,
)
from recordings.pausing import Pause
from recordings.recorder import Recorder

_log = structlog.get_logger(__name__)
_ACQUIRE_SECONDS = 2.0
_LONGEST = 80
_AT_ONCE, _TURN_SECONDS = 3, 3.0  # the watch at limits (`recordings.pausing`) is one more


class RecordingPauses:
    """Each method answers with what the page shows: `paused`, and `why`, `until` and `left`
    (seconds: the page's own clock may be wrong), or None.

    They raise a `DeskError`, or one of `db.errors.AWAY`. Only a few at once wait for Asterisk with
    a connection in their hands: should it be stalled, the others' work has the rest.
    """

    def __init__(
        self,
        pool: Callable[[], Pool],
        recorder: Recorder | None,
        *,
        limit: timedelta,
        now: Callable[[], datetime],
    ) -> None:
        self._pool = pool
        self._recorder = recorder
        self._limit = limit
        self._now = now
        self._began = now()
        self._turns = asyncio.Semaphore(_AT_ONCE)

    async def pause(self, agent_id: str, call_id: UUID, why: str) -> Mapping[str, Any]:
        """Mute both directions; it ends by itself after the limit. `why`: never what was said."""
        why = " ".join(why.split())
        if not 0 < len(why) <= _LONGEST:
            raise NotAllowedError(Why.SAY_WHY_SHORT, most=_LONGEST)
        try:
            await pausing.pause(
                self._pool(), self._with(), call_id, by=f"agent:{agent_id}", why=why,
                limit=self._limit, now=self._now(),
            )  # fmt: skip
        except PauseError as error:
            raise _refused(error) from error
        return await self.shown(call_id)

    async def resume(self, agent_id: str, call_id: UUID) -> Mapping[str, Any]:
        """Record again."""
        try:
            await self._resume(call_id, by=f"agent:{agent_id}")
        except PauseError as error:
            raise _refused(error) from error
        return await self.shown(call_id)

    async def end(self, call_id: UUID, by: str, *, of: str | None = None) -> None:
        """The citizen goes to somebody else, who would not know of a pause: record again.

        `of`: only a pause by them. Where that cannot be done it stays paused, until its limit.
        """
        try:
            pause = await self._standing(call_id)
            if pause is not None and of in (None, pause.paused_by):
                await self._resume(call_id, by=by)
        except (PauseError, *AWAY) as error:
            stop_if_cancelled()
            _log.warning("still paused when handed on", call=str(call_id), error=repr(error))

    async def asked(self, call_id: UUID) -> Mapping[str, Any]:
        """As it stands, for a page that was loaded anew. Of a pause from before this process it is
        said only once Asterisk has muted (again); it may be over by then.
        """
        pause = await self._standing(call_id)
        if pause is None or pause.paused_at >= self._began or self._recorder is None:
            return _shown(pause, self._now())
        try:
            async with self._turn():
                await pausing.mute_again(
                    self._pool(),
                    self._recorder,
                    began=self._began,
                    now=self._now(),
                    call_id=call_id,
                )
        except PauseError as error:
            raise _refused(error) from error
        return await self.shown(call_id)

    async def shown(self, call_id: UUID) -> Mapping[str, Any]:
        """As the record has it."""
        return _shown(await self._standing(call_id), self._now())

    async def _standing(self, call_id: UUID) -> Pause | None:
        async with self._pool().acquire(timeout=_ACQUIRE_SECONDS) as conn:
            return await pausing.standing(conn, call_id)

    async def _resume(self, call_id: UUID, *, by: str) -> None:
        async with self._turn():
            await pausing.resume(self._pool(), self._with(), call_id, by=by, now=self._now())

    @asynccontextmanager
    async def _turn(self) -> AsyncIterator[None]:
        try:
            async with asyncio.timeout(_TURN_SECONDS):
                await self._turns.acquire()
        except TimeoutError as error:
            raise PauseBusyError("others wait for Asterisk") from error
        try:
            yield
        finally:
            self._turns.release()

    def _with(self) -> Recorder:
        if self._recorder is None:
            raise NotNowError(Why.NO_RECORDING_PAUSES)
        return self._recorder


def _shown(pause: Pause | None, now: datetime) -> Mapping[str, Any]:
    return {
        "paused": pause is not None,
        "why": pause.why if pause else None,
        "until": pause.limit_at.isoformat() if pause else None,
        "left": max(0.0, (pause.limit_at - now).total_seconds()) if pause else None,
    }


def _refused(error: PauseError) -> NotNowError:
    """What else `PauseError` is, Asterisk did not do; who and why are checked before."""
    match error:
        case NotRecordedError():
            why = Why.NOT_RECORDED
        case PausedAlreadyError():
            why = Why.RECORDING_PAUSED
        case NotPausedError():
            why = Why.RECORDING_NOT_PAUSED
        case PauseBusyError():
            why = Why.RECORDING_BUSY
        case _:
            _log.warning("recording not paused or resumed", error=str(error))
            why = Why.RECORDING_NOT_REACHED
    return NotNowError(why)
