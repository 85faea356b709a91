"""A recording that goes on without its row: that there is no row says nothing of the recorder.

Asterisk records by itself where our server was away (dialplans/templates/desk.j2), and `Capture`
goes on without a row that the database did not take. Whoever closes recordings writes the row once
the call is over; who is to pause one before that asks Asterisk, and writes it now.
"""

import asyncio
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

from db.pool import Pool
from db.statements import statements
from recordings.audio import RATE
from recordings.errors import NotRecordedError, PauseError
from recordings.model import CaptureName, id_time
from recordings.recorder import Recorder, in_time

_BYTES_A_SECOND = RATE * 2 * 2  # two channels of 16 bits


async def write_row(pool: Pool, recorder: Recorder, call_id: UUID, now: datetime) -> None:
    """Write the row of the recording that goes on. Raises `NotRecordedError` where Asterisk says
    that there is none, or the call is over; `PauseError`: nobody knows.
    """
    async with pool.acquire(timeout=2) as conn:
        call = await statements().recordings_call_to_pause(conn, call_id=call_id)
    if call is None:
        raise PauseError(f"call {call_id} has no row: whether it is recorded is not known")
    if call["ended_at"] is not None:
        raise NotRecordedError(f"no recording of call {call_id} is going on")
    path = await in_time(recorder.file(call["channel"]))
    if not path:
        raise NotRecordedError(f"Asterisk records nothing of call {call_id}")
    name = CaptureName.parse(Path(path).name)
    if name is None or name.call_id != call_id or name.kind != "call":
        raise PauseError(f"call {call_id} is recorded to a file that is not its own")
    started_at = await asyncio.to_thread(_began, name, Path(path), now)
    async with pool.acquire(timeout=2) as conn:
        await statements().recordings_adopt(
            conn, id=name.recording_id, call_id=call_id, kind=name.kind, cell=call["cell"],
            started_at=started_at,
        )  # fmt: skip


def _began(name: CaptureName, path: Path, now: datetime) -> datetime:
    """A key of ours holds the time; of a file that has the call's own, its length tells."""
    begun = id_time(name.recording_id)
    if not name.is_asterisks:
        return begun
    try:
        return max(begun, now - timedelta(seconds=path.stat().st_size / _BYTES_A_SECOND))
    except OSError:
        return begun
