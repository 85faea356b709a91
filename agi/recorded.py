"""What every recorded conversation begins with."""

import asyncio
from collections.abc import Callable
from datetime import datetime
from uuid import UUID

import structlog

from agi.durable import noted
from agi.errors import CommandFailedError
from agi.ports import Capture, Journal
from agi.session import Session

_log = structlog.get_logger(__name__)


async def answer_and_record(
    session: Session,
    call_id: UUID,
    *,
    journal: Journal,
    capture: Capture,
    now: Callable[[], datetime],
) -> None:
    """Answer and record from here on, both directions, aligned (MixMonitor's option `D`).

    A recording that cannot be started is an error for us, not a reason to cut the citizen off.
    """
    await session.answer()
    _, target = await asyncio.gather(
        noted(journal.answered(call_id, now())), capture.open(call_id, "call")
    )
    try:
        await session.exec("MixMonitor", target.path, "D")
    except CommandFailedError as error:
        _log.error("recording not started", call=str(call_id), error=str(error))
