"""Files of others in the recordings' store: sealed, swept and re-keyed as recordings are.

Whose a file is, and what it is called, its owner's own row says; that row refers to the file's.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from db.pool import Connection
from db.statements import statements
from recordings.errors import NoSuchFileError
from recordings.master import WrappedKey
from recordings.vault import SealedObject


@dataclass(frozen=True, slots=True)
class NewSealedFile:
    """It lies in the store; `made_at` is the time by whose day it lies there."""

    object: SealedObject
    made_at: datetime


async def add(conn: Connection, files: Sequence[NewSealedFile]) -> None:
    """Their rows, in the caller's transaction: from its commit on the sweep leaves them alone."""
    keys = [one.object.key for one in files]
    if None in keys:
        raise ValueError("a file of others is sealed")
    await statements().recordings_add_files(
        conn,
        ids=[one.object.id for one in files],
        locations=[one.object.location for one in files],
        sha256=[one.object.sha256 for one in files],
        bytes=[one.object.bytes for one in files],
        stored_sha256=[one.object.stored_sha256 for one in files],
        stored_bytes=[one.object.stored_bytes for one in files],
        master_ids=[key.master_id for key in keys if key],
        wrapped_keys=[key.wrapped for key in keys if key],
        made_at=[one.made_at for one in files],
    )


async def find(conn: Connection, file_id: UUID) -> SealedObject:
    """What opens it. Raises `NoSuchFileError`: there is none, or its key was destroyed."""
    row = await statements().recordings_file(conn, id=file_id)
    if row is None:
        raise NoSuchFileError(f"file {file_id} is not in the store")
    return SealedObject(
        id=row["id"],
        location=row["location"],
        sha256=row["sha256"],
        bytes=row["bytes"],
        stored_sha256=row["stored_sha256"],
        stored_bytes=row["stored_bytes"],
        key=WrappedKey(row["master_id"], row["wrapped_key"]),
    )


async def destroy_key(conn: Connection, file_id: UUID, at: datetime) -> bool:
    """Nobody opens it any more; the sweep deletes the object. False: it was destroyed before."""
    done = await statements().recordings_destroy_files_key(conn, id=file_id, at=at)
    return done is not None
