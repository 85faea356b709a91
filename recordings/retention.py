"""How long recordings are kept, what holds them, and how one is erased.

Erasing destroys the data keys in the transaction that decides it; the objects, which nobody can
open from then on, are deleted by the sweep. What holds a recording is asked inside that
transaction, with the rows locked that could change it.
"""

import asyncio
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol
from uuid import UUID

import asyncpg
import structlog

from db.ids import new_id
from db.pool import Connection, Pool
from db.statements import statements
from recordings import events, rows
from recordings.errors import (
    HeldError,
    NoSuchFileError,
    NotAllowedError,
    NotDueError,
    RecordingError,
)
from recordings.model import IST, Kind
from recordings.vault import Vault

_log = structlog.get_logger(__name__)
_BATCH = 200
_MANY = 2000


class OpenCases(Protocol):
    """What the recordings of a call are still needed for; `helpline/` asks the complaints."""

    async def holding(self, conn: Connection, call_id: UUID, now: datetime) -> str | None:
        """Why the call's recordings are held, or None.

        The cases stay as they are until the end of the caller's transaction.
        """
        ...

    async def held(self, conn: Connection, call_ids: Collection[UUID], now: datetime) -> set[UUID]:
        """Which of these calls `holding` would say so of, with one question; nothing is locked."""
        ...


class NoCases:
    """`OpenCases` of a site without complaints."""

    async def holding(self, conn: Connection, call_id: UUID, now: datetime) -> str | None:
        """Nothing holds."""
        del conn, call_id, now
        return None

    async def held(self, conn: Connection, call_ids: Collection[UUID], now: datetime) -> set[UUID]:
        """None is held."""
        del conn, call_ids, now
        return set()


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """A person's order to keep a recording; `until` None: until it is released."""

    id: UUID
    recording_id: UUID
    placed_by: str
    why: str
    placed_at: datetime
    until: datetime | None


@dataclass(frozen=True, slots=True)
class Due:
    """A recording whose retention has ended; `held`: why it stays all the same."""

    id: UUID
    call_id: UUID
    kind: Kind
    started_at: datetime
    held: str | None


async def days_kept(conn: Connection) -> dict[str, int]:
    """The policy: days from the start of the recording, by kind."""
    return {row["kind"]: row["days"] async for row in statements().recordings_retention(conn)}


async def keep_for(pool: Pool, kind: Kind, days: int, *, by: str, now: datetime) -> None:
    """Change the policy. Raises `NotAllowedError` for less than 30 days or more than a century."""
    async with pool.acquire(timeout=5) as conn:
        try:
            await statements().recordings_set_retention(
                conn, kind=kind, days=days, changed_by=_named(by), at=now
            )
        except asyncpg.CheckViolationError as error:
            raise NotAllowedError(f"{days} days: retention is 30 to 36500 days") from error


async def hold(
    pool: Pool, recording_id: UUID, *, by: str, why: str, until: datetime | None, now: datetime
) -> UUID:
    """Keep a recording, whatever the policy says; the hold's id.

    Raises `NoSuchFileError` (also for an erased one), `NotAllowedError`.
    """
    if until is not None and until <= now:
        raise NotAllowedError("a hold ends in the future")
    key = new_id(now)
    async with pool.acquire(timeout=5) as conn, conn.transaction():
        # An erasure that is under way ends first: one that comes later finds the hold.
        state = await statements().recordings_state_shared(conn, id=recording_id)
        if state in (None, "erased"):
            raise NoSuchFileError(f"recording {recording_id} does not exist, or was erased")
        await statements().recordings_hold(
            conn,
            id=key,
            recording_id=recording_id,
            placed_by=_named(by),
            why=_told(why),
            placed_at=now,
            until=until,
        )
        facts: events.Facts = {
            "hold": str(key),
            "by": by,
            "why": why,
            "until": None if until is None else until.isoformat(),
        }
        await events.note(conn, recording_id, "held", now, facts)
    return key


async def release(pool: Pool, recording_id: UUID, *, by: str, why: str, now: datetime) -> int:
    """End a recording's holds; how many. Raises `NoSuchFileError` when none stands."""
    async with pool.acquire(timeout=5) as conn, conn.transaction():
        found = statements().recordings_release(
            conn, recording_id=recording_id, by=_named(by), why=_told(why), at=now
        )
        released = [row["id"] async for row in found]
        if not released:
            raise NoSuchFileError(f"recording {recording_id} is not held by anybody's order")
        for key in released:
            facts = {"hold": str(key), "by": by, "why": why}
            await events.note(conn, recording_id, "released", now, facts)
    return len(released)


async def holds(conn: Connection, recording_id: UUID, now: datetime) -> list[Hold]:
    """The orders that stand, oldest first."""
    found = statements().recordings_holds(conn, recording_id=recording_id, now=now)
    return [Hold(**dict(row)) async for row in found]


async def held_by(
    conn: Connection, recording_id: UUID, call_id: UUID, cases: OpenCases, now: datetime
) -> str | None:
    """Why a recording must stay, or None."""
    standing = await holds(conn, recording_id, now)
    if standing:
        return f"held by {standing[0].placed_by}: {standing[0].why}"
    return await cases.holding(conn, call_id, now)


async def erase(
    pool: Pool,
    cases: OpenCases,
    recording_id: UUID,
    *,
    by: str,
    why: str,
    now: datetime,
    early: bool = False,
) -> None:
    """Erase a recording for good: destroy its keys, leave a tombstone.

    `early`: before its retention has ended, as a court or the citizen's right may demand. Raises
    `HeldError`, `NotDueError`, `NoSuchFileError`, `NotAllowedError`; then nothing was changed.
    """
    async with pool.acquire(timeout=5) as conn, conn.transaction():
        row = await statements().recordings_to_erase(conn, id=recording_id)
        if row is None or row["state"] != "stored":
            raise NoSuchFileError(f"recording {recording_id} is not in the store")
        held = await held_by(conn, recording_id, row["call_id"], cases, now)
        if held:
            raise HeldError(f"recording {recording_id} stays: {held}")
        ends = row["started_at"] + timedelta(days=row["days"])
        if now < ends and not early:
            until = f"{ends.astimezone(IST):%Y-%m-%d %H:%M} IST"
            raise NotDueError(f"recording {recording_id} is kept until {until}")
        await statements().recordings_bury(
            conn,
            recording_id=recording_id,
            at=now,
            by=_named(by),
            why=_told(why),
            sha256=row["sha256"],
        )
        await statements().recordings_destroy_keys(conn, recording_id=recording_id, at=now)
        await statements().recordings_set_erased(conn, id=recording_id)
        facts = {"by": by, "why": why, "sha256": row["sha256"], "early": int(now < ends)}
        await events.note(conn, recording_id, "erased", now, facts)


async def due(
    pool: Pool, cases: OpenCases, now: datetime, *, after: Due | None = None, limit: int = _BATCH
) -> list[Due]:
    """Recordings whose retention has ended, oldest first, those that are held among them.

    `after`: the last of the page before.
    """
    async with pool.acquire(timeout=5) as conn:
        found = statements().recordings_due(
            conn,
            now=now,
            after_at=after.started_at if after else datetime.fromtimestamp(0, now.tzinfo),
            after_id=after.id if after else UUID(int=0),
            at_most=limit,
        )
        candidates = [row async for row in found]
        page = []
        for row in candidates:
            held = await held_by(conn, row["id"], row["call_id"], cases, now)
            page.append(Due(**dict(row), held=held))
    return page


async def erase_due(pool: Pool, cases: OpenCases, *, by: str, now: datetime) -> int:
    """Erase everything that is due and not held; how many."""
    erased, last = 0, None
    while page := await due(pool, cases, now, after=last):
        for one in page:
            if one.held is None and await _erased(pool, cases, one, by, now):
                erased += 1
        last = page[-1]
    return erased


async def _erased(pool: Pool, cases: OpenCases, one: Due, by: str, now: datetime) -> bool:
    try:
        await erase(pool, cases, one.id, by=by, why="retention ended", now=now)
    except (HeldError, NotDueError, NoSuchFileError):
        return False  # somebody was quicker: it is held now, or erased
    return True


async def remove_originals(
    pool: Pool, vault: Vault, cases: OpenCases, *, made_before: datetime, now: datetime
) -> int:
    """Give up originals whose copy lies in the store whole, read just now; how many.

    An original that is held stays: it is the better evidence.
    """
    removed, last_at, last = 0, datetime.fromtimestamp(0, now.tzinfo), UUID(int=0)
    while True:
        async with pool.acquire(timeout=5) as conn:
            found = statements().recordings_originals_to_remove(
                conn,
                made_before=made_before,
                now=now,
                after_at=last_at,
                after=last,
                at_most=_MANY,
            )
            page = [row async for row in found]
            # Most of them, for months: with one question. Who is to go is asked again, locked.
            held = await cases.held(conn, {row["call_id"] for row in page}, now)
        for row in page:
            last_at, last = row["made_at"], row["id"]
            if row["call_id"] not in held and await _copy_is_whole(
                pool, vault, row["recording_id"]
            ):
                removed += await _remove_original(pool, cases, row["id"], row["recording_id"], now)
        if len(page) < _MANY:
            return removed


async def _copy_is_whole(pool: Pool, vault: Vault, recording_id: UUID) -> bool:
    async with pool.acquire(timeout=5) as conn:
        copy = (await rows.objects(conn, recording_id)).get("copy")
    if copy is None:
        return False
    try:
        plain = await asyncio.to_thread(vault.plain_digest, copy)
    except RecordingError as error:
        _log.error("copy cannot be read", recording=str(recording_id), error=repr(error))
        return False
    return plain.sha256 == copy.sha256


async def _remove_original(
    pool: Pool, cases: OpenCases, object_id: UUID, recording_id: UUID, now: datetime
) -> bool:
    async with pool.acquire(timeout=5) as conn, conn.transaction():
        row = await statements().recordings_to_strip(conn, id=recording_id)
        if row is None:
            return False
        if await held_by(conn, recording_id, row["call_id"], cases, now):
            return False
        if not await statements().recordings_remove_original(conn, id=object_id, at=now):
            return False
        facts = {"object": str(object_id), "sha256": row["sha256"]}
        await events.note(conn, recording_id, "original_removed", now, facts)
    return True


def _named(by: str) -> str:
    if not by.strip():
        raise NotAllowedError("who does this?")
    return by.strip()


def _told(why: str) -> str:
    if not why.strip():
        raise NotAllowedError("why? A reason is needed")
    return why.strip()
