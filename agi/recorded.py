"""What every recorded conversation begins with."""

import asyncio
from datetime import datetime
from uuid import UUID

import structlog

from agi.durable import noted
from agi.errors import CommandFailedError
from agi.ports import Capture, Journal
from agi.session import Session

_log = structlog.get_logger(__name__)


async def record_call(
    session: Session,
    call_id: UUID,
    answered_at: datetime,
    *,
    journal: Journal,
    capture: Capture,
) -> None:
    """Record an answered call from here on, both directions, aligned (MixMonitor's option `D`).

    A recording that cannot be started is an error for us, not a reason to cut the citizen off.
    """
    _, target = await asyncio.gather(
        noted(journal.answered(call_id, answered_at)), capture.open(call_id, "call")
    )
    try:
        await session.exec("MixMonitor", target.path, "D")
    except CommandFailedError as error:
        _log.error("recording not started", call=str(call_id), error=str(error))


async def stop_recording(session: Session) -> None:
    """Record no more: what is keyed next must not be heard by who listens later.

    Raises `CommandFailedError`: then it is still recorded.
    """
    await session.exec("StopMixMonitor")
