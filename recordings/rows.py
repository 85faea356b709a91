"""Recording rows: thin functions over the named statements."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from uuid import UUID

import asyncpg

from db.ids import new_id
from db.pool import Connection
from db.statements import statements
from recordings import events
from recordings.master import WrappedKey
from recordings.model import CaptureName, Closed, RecordingRow, State, id_time
from recordings.vault import Role, StoredObject

_MILLISECOND = Decimal("0.001")


async def of_files(conn: Connection, ids: Sequence[UUID]) -> dict[UUID, RecordingRow]:
    """The rows of these recordings, those that have one."""
    rows = statements().recordings_of_files(conn, ids=ids)
    return {row["id"]: RecordingRow(**dict(row)) async for row in rows}


async def call_ends(conn: Connection, call_ids: Sequence[UUID]) -> dict[UUID, datetime | None]:
    """These calls' ends (None: still going on), those calls that have a row."""
    rows = statements().recordings_calls_of_orphans(conn, call_ids=call_ids)
    return {row["id"]: row["ended_at"] async for row in rows}


async def adopt(
    conn: Connection,
    name: CaptureName,
    cell: str,
    seconds: float,
    call_ended_at: datetime | None = None,
) -> None:
    """Write the rows that a file of `seconds` of audio should have had, in one transaction.

    Their times are those of our keys, which hold the time when they were made; a key that is the
    call's own says nothing of the recording's, which ended with the call.
    """
    length = timedelta(seconds=seconds)
    started_at = id_time(name.recording_id)
    if name.is_asterisks and call_ended_at is not None:
        started_at = max(started_at, call_ended_at - length)
    ended_at = started_at + length
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


async def set_stored(
    conn: Connection, closed: Closed, original: StoredObject, at: datetime
) -> bool:
    """The recording's original is in the store. False: another closing was quicker, and stands."""
    async with conn.transaction():
        changed = await statements().recordings_stored(
            conn,
            id=original.recording_id,
            sha256=original.sha256,
            seconds=Decimal(closed.seconds).quantize(_MILLISECOND),
            channels=closed.channels,
            bytes=original.bytes,
            location=original.location,
            closed_at=at,
        )
        if not changed:
            return False
        await add_object(conn, original, at)
        await events.note(conn, original.recording_id, "closed", at, told(original))
    return True


async def set_restored(conn: Connection, original: StoredObject, at: datetime) -> bool:
    """The original, which the store had lost, lies there again. False: it was not lost."""
    async with conn.transaction():
        if not await statements().recordings_lose_object(
            conn, recording_id=original.recording_id, sha256=original.sha256, at=at
        ):
            return False
        await add_object(conn, original, at)
        await events.note(conn, original.recording_id, "closed", at, told(original))
    return True


async def add_object(conn: Connection, one: StoredObject, at: datetime) -> None:
    """A row for an object that lies in the store."""
    if one.key is None:
        raise ValueError("a new object is sealed")
    await statements().recordings_add_object(
        conn,
        id=one.id,
        recording_id=one.recording_id,
        role=one.role,
        location=one.location,
        format=one.format,
        sha256=one.sha256,
        bytes=one.bytes,
        stored_sha256=one.stored_sha256,
        stored_bytes=one.stored_bytes,
        master_id=one.key.master_id,
        wrapped_key=one.key.wrapped,
        tool=one.tool,
        parameters=one.parameters,
        made_at=at,
    )


def told(one: StoredObject) -> events.Facts:
    """What the audit chain says of an object."""
    return {
        "object": str(one.id),
        "format": one.format,
        "sha256": one.sha256,
        "bytes": one.bytes,
        "stored_sha256": one.stored_sha256,
        "tool": one.tool,
        "parameters": one.parameters,
    }


async def objects(conn: Connection, recording_id: UUID) -> dict[Role, StoredObject]:
    """A recording's objects that lie in the store, as far as we know."""
    rows = statements().recordings_objects(conn, recording_id=recording_id)
    return {row["role"]: object_from(row) async for row in rows}


def object_from(row: asyncpg.Record) -> StoredObject:
    """A row of `recording_object`."""
    sealed = row["master_id"] is not None
    return StoredObject(
        id=row["id"],
        recording_id=row["recording_id"],
        role=row["role"],
        location=row["location"],
        format=row["format"],
        sha256=row["sha256"],
        bytes=row["bytes"],
        stored_sha256=row["stored_sha256"],
        stored_bytes=row["stored_bytes"],
        key=WrappedKey(row["master_id"], row["wrapped_key"]) if sealed else None,
        tool=row["tool"],
        parameters=row["parameters"],
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


async def state_of(conn: Connection, recording_id: UUID) -> State | None:
    """A recording's state; None: there is none."""
    state: State | None = await statements().recordings_state(conn, id=recording_id)
    return state


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """Somebody fetches a recording, or a part of it: who, why, from where, which bytes.

    `last` is the last byte asked for; a player that stops has fetched fewer.
    """

    audience: str
    reason: str
    remote: str
    role: Role
    first: int
    last: int


async def log_access(conn: Connection, recording_id: UUID, access: Access, at: datetime) -> None:
    """Write it down, in the chain too."""
    facts: events.Facts = {
        "who": access.audience,
        "why": access.reason,
        "from": access.remote,
        "file": access.role,
        "first": access.first,
        "last": access.last,
    }
    async with conn.transaction():
        await statements().recordings_accessed(
            conn,
            id=new_id(at),
            recording_id=recording_id,
            audience=access.audience,
            at=at,
            remote=access.remote,
            reason=access.reason,
            role=access.role,
            first_byte=access.first,
            last_byte=access.last,
        )
        await events.note(conn, recording_id, "accessed", at, facts)
