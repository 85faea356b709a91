"""Recording rows: thin functions over the named statements."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from uuid import UUID

from db.ids import new_id
from db.pool import Connection
from db.statements import statements
from recordings.model import CaptureName, Fetchable, RecordingRow, Stored, id_time

_MILLISECOND = Decimal("0.001")


async def of_files(conn: Connection, ids: Sequence[UUID]) -> dict[UUID, RecordingRow]:
    """The rows of these recordings, those that have one."""
    rows = statements().recordings_of_files(conn, ids=ids)
    return {row["id"]: RecordingRow(**dict(row)) async for row in rows}


async def call_ends(conn: Connection, call_ids: Sequence[UUID]) -> dict[UUID, datetime | None]:
    """These calls' ends (None: still going on), those calls that have a row."""
    rows = statements().recordings_calls_of_orphans(conn, call_ids=call_ids)
    return {row["id"]: row["ended_at"] async for row in rows}


async def adopt(conn: Connection, name: CaptureName, cell: str, seconds: float) -> None:
    """Write the rows that a file of `seconds` of audio should have had, in one transaction.

    Their times are those of our keys, which hold the time when they were made.
    """
    started_at = id_time(name.recording_id)
    ended_at = started_at + timedelta(seconds=seconds)
    async with conn.transaction():
        await statements().recordings_adopt_call(
            conn,
            id=name.call_id,
            cell=cell,
            started_at=id_time(name.call_id),
            ended_at=ended_at,
        )
        await statements().recordings_adopt(
            conn,
            id=name.recording_id,
            call_id=name.call_id,
            kind=name.kind,
            cell=cell,
            started_at=started_at,
        )


async def set_stored(conn: Connection, recording_id: UUID, stored: Stored, at: datetime) -> None:
    """The recording is in the store. The first closing stands."""
    await statements().recordings_stored(
        conn,
        id=recording_id,
        sha256=stored.sha256,
        seconds=Decimal(stored.seconds).quantize(_MILLISECOND),
        channels=stored.channels,
        bytes=stored.bytes,
        location=stored.location,
        closed_at=at,
    )


async def without_file(
    conn: Connection, cell: str, *, ended_before: datetime, present: Sequence[UUID], at_most: int
) -> list[tuple[UUID, UUID]]:
    """Recording and call ids of the cell's open recordings that left no file, oldest first."""
    rows = statements().recordings_without_file(
        conn, cell=cell, ended_before=ended_before, present=present, at_most=at_most
    )
    return [(row["id"], row["call_id"]) async for row in rows]


async def set_missing(conn: Connection, recording_id: UUID, at: datetime) -> None:
    """There is no file, and there should be one."""
    await statements().recordings_missing(conn, id=recording_id, closed_at=at)


async def load(conn: Connection, recording_id: UUID) -> Fetchable | None:
    """What a download needs to know, or None."""
    row = await statements().recordings_by_id(conn, id=recording_id)
    return None if row is None else Fetchable(**dict(row))


async def log_access(
    conn: Connection, recording_id: UUID, audience: str, at: datetime, remote: str
) -> None:
    """Somebody fetches the recording, or a part of it."""
    await statements().recordings_accessed(
        conn, id=new_id(at), recording_id=recording_id, audience=audience, at=at, remote=remote
    )
