"""Whether recordings are as they were closed: bytes, seals, rows and chain against one another."""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from db.pool import Pool
from db.statements import statements
from recordings import rows
from recordings.errors import NoSuchFileError, RecordingError
from recordings.vault import StoredObject, Vault

_BATCH = 100
_TOLD_BY = {"original": "closed", "copy": "copied"}


@dataclass(frozen=True, slots=True)
class Verified:
    """One recording; no faults: it is what it was."""

    recording_id: UUID
    faults: tuple[str, ...]


async def verify_each(pool: Pool, vault: Vault) -> AsyncIterator[Verified]:
    """Every recording that is or was in the store. Reads every object: at night, or by parts."""
    last = UUID(int=0)
    while True:
        async with pool.acquire(timeout=5) as conn:
            found = statements().recordings_after(conn, after=last, at_most=_BATCH)
            page: list[UUID] = [row["id"] async for row in found]
        for recording_id in page:
            yield await verify_one(pool, vault, recording_id)
            last = recording_id
        if len(page) < _BATCH:
            return


async def verify_one(pool: Pool, vault: Vault, recording_id: UUID) -> Verified:
    """Check one. Raises `NoSuchFileError` when it never was in the store."""
    async with pool.acquire(timeout=5) as conn, conn.transaction(isolation="repeatable_read"):
        row = await statements().recordings_to_check(conn, id=recording_id)
        if row is None or row["state"] not in ("stored", "erased"):
            raise NoSuchFileError(f"recording {recording_id} is not in the store")
        objects = [
            one
            async for one in statements().recordings_all_objects(conn, recording_id=recording_id)
        ]
        told = [
            one async for one in statements().recordings_events(conn, recording_id=recording_id)
        ]
        tombstone = await statements().recordings_tombstone(conn, recording_id=recording_id)
    events = [(one["kind"], json.loads(one["facts"])) for one in told]
    live = [rows.object_from(one) for one in objects if one["removed_at"] is None]
    if row["state"] == "erased":
        return Verified(recording_id, tuple(_of_erased(events, live, tombstone)))
    faults = [] if live else ["no object is left of it"]
    for one in live:
        faults += _of_row(one, row["sha256"], events, sealed=one.key is not None)
        faults += await asyncio.to_thread(_of_bytes, vault, one)
    return Verified(recording_id, tuple(faults))


def _of_erased(
    events: list[tuple[str, Any]], live: list[StoredObject], tombstone: Any
) -> list[str]:
    faults = []
    if tombstone is None or not any(kind == "erased" for kind, _ in events):
        faults.append("erased without a tombstone in rows and chain")
    if live:
        faults.append("erased, and an object still has its key")
    return faults


def _of_row(
    one: StoredObject, sha256: str, events: list[tuple[str, Any]], *, sealed: bool
) -> list[str]:
    """The row against what the chain was told when it was written."""
    if one.role == "original" and one.sha256 != sha256:
        return ["the original's row names another hash than the recording's"]
    if not sealed:
        return []  # from before there was a chain
    facts = [facts for kind, facts in events if kind == _TOLD_BY[one.role]]
    if {"sha256": one.sha256, "stored_sha256": one.stored_sha256, "object": str(one.id)} not in [
        {name: each.get(name) for name in ("sha256", "stored_sha256", "object")} for each in facts
    ]:
        return [f"the {one.role} is not what the chain says"]
    return []


def _of_bytes(vault: Vault, one: StoredObject) -> list[str]:
    """The object's bytes against the row. Blocks."""
    try:
        if not vault.is_whole(one):
            return [f"the {one.role} in the store is not what was stored"]
        if vault.plain_digest(one).sha256 != one.sha256:
            return [f"the {one.role} opens to another file"]
    except RecordingError as error:
        return [f"the {one.role}: {error}"]
    return []
