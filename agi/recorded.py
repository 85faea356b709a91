"""What every recorded conversation begins with."""

import asyncio
from datetime import datetime
from typing import Literal
from uuid import UUID

import structlog

from agi.durable import noted
from agi.errors import CommandFailedError, Hangup
from agi.ports import Capture, CaptureTarget, Journal
from agi.session import ANY_KEY, RecordEnd, RecordResult, Session

_log = structlog.get_logger(__name__)


async def record_call(
    session: Session,
    call_id: UUID,
    answered_at: datetime,
    *,
    journal: Journal,
    capture: Capture,
) -> UUID:
    """Record an answered call from here on, both directions, aligned (MixMonitor's option `D`).
    Which recording it is.

    A recording that cannot be started is an error for us, not a reason to cut the citizen off.
    """
    _, target = await asyncio.gather(
        noted(journal.answered(call_id, answered_at)), capture.open(call_id, "call")
    )
    if session.hung_up:  # while the rows were written: a recorder would find nobody
        capture.withdraw(target.id)
        raise Hangup("MixMonitor")
    try:
        await session.exec("MixMonitor", target.path, "D")
    except CommandFailedError as error:
        _log.error("recording not started", call=str(call_id), error=str(error))
    return target.id


async def record_words(
    session: Session,
    call_id: UUID,
    kind: Literal["own_words", "officer_remark"],
    *,
    capture: Capture,
    max_seconds: float,
    silence_seconds: int,
) -> tuple[CaptureTarget, RecordResult]:
    """Record what is said after a beep, until a key, silence, the limit (s) or a hang-up.

    Of what was not begun (`RecordEnd.NOT_BEGUN`) there is neither file nor row. Raises `Hangup`
    when they were gone before the beep.
    """
    target = await capture.open(call_id, kind)
    try:
        result = await session.record(
            target.path.removesuffix(".wav"),
            "wav",
            max_seconds=max_seconds,
            silence_seconds=silence_seconds,
            escape=ANY_KEY,
        )
    except Hangup:
        capture.withdraw(target.id)
        raise
    if result.reason is RecordEnd.NOT_BEGUN:
        capture.withdraw(target.id)
    return target, result


async def stop_recording(session: Session, capture: Capture, recording_id: UUID | None) -> None:
    """Record no more: what is keyed next must not be heard by who listens later.

    Raises `CommandFailedError`: then it is still recorded.
    """
    await session.exec("StopMixMonitor")
    if recording_id is not None:
        capture.stopped(recording_id)
