"""What happened to a complaint: append-only, each entry chained to the one before it by its hash.

hash = SHA-256(hash of the entry before, as hex + the entry as canonical JSON), both UTF-8.
The chain shows a changed, removed or inserted entry; a cut-off tail shows only against a copy of
the head kept elsewhere.
"""

import hashlib
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from uuid import UUID

import asyncpg

from db.pool import Connection
from db.statements import statements

BEFORE_THE_FIRST = "0" * 64


class Event(StrEnum):
    """What an entry tells."""

    REGISTERED = "registered"
    DISPOSED = "disposed"
    CLOSED_SATISFIED = "closed_satisfied"
    RETURNED_FOR_REVIEW = "returned_for_review"
    ESCALATED_DISSATISFIED = "escalated_dissatisfied"
    ESCALATED_OVERDUE = "escalated_overdue"
    OVERDUE_AT_LAST_LEVEL = "overdue_at_last_level"
    UNVERIFIED = "unverified"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One entry: who, when, why, in which call, and with whom the complaint is afterwards.

    `actor`: a kind and a name, such as `agent:101`, `officer:L1-ULB`, `citizen`, `clock`.
    """

    at: datetime
    event: Event
    level: int
    actor: str
    reason: str = ""
    call_id: UUID | None = None
    post: str | None = None
    due_at: datetime | None = None


def canonical(complaint_id: UUID, seq: int, entry: Entry) -> str:
    """The entry as JSON with sorted keys, no blanks, times in UTC to the microsecond."""
    fields = {
        "complaint_id": str(complaint_id),
        "seq": seq,
        "at": _utc(entry.at),
        "event": entry.event.value,
        "level": entry.level,
        "actor": entry.actor,
        "reason": entry.reason,
        "call_id": None if entry.call_id is None else str(entry.call_id),
        "post": entry.post,
        "due_at": None if entry.due_at is None else _utc(entry.due_at),
    }
    return json.dumps(fields, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def chained(previous: str, complaint_id: UUID, seq: int, entry: Entry) -> str:
    """The hash of an entry that follows the one with hash `previous`."""
    text = previous + canonical(complaint_id, seq, entry)
    return hashlib.sha256(text.encode()).hexdigest()


async def append(conn: Connection, complaint_id: UUID, entry: Entry) -> int:
    """Add an entry and return its place in the chain (1, 2, ...).

    The caller holds the complaint's row, or has just made it: two appends at once would collide on
    the key.
    """
    last = await statements().complaints_history_head(conn, complaint_id=complaint_id)
    seq, previous = (last["seq"] + 1, last["hash"]) if last else (1, BEFORE_THE_FIRST)
    await statements().complaints_history_append(
        conn,
        complaint_id=complaint_id,
        seq=seq,
        at=entry.at,
        event=entry.event,
        level=entry.level,
        actor=entry.actor,
        reason=entry.reason,
        call_id=entry.call_id,
        post=entry.post,
        due_at=entry.due_at,
        previous=previous,
        hash=chained(previous, complaint_id, seq, entry),
    )
    return seq


async def entries(conn: Connection, complaint_id: UUID) -> list[Entry]:
    """All entries, oldest first."""
    rows = statements().complaints_history(conn, complaint_id=complaint_id)
    return [_entry(row) async for row in rows]


async def verify(conn: Connection, complaint_id: UUID) -> int | None:
    """None when the chain holds; else the place (1, 2, ...) of the first entry that does not fit.

    A complaint without any history is bad at place 1: registration always writes it.
    """
    previous, seq = BEFORE_THE_FIRST, 0
    rows = statements().complaints_history(conn, complaint_id=complaint_id)
    async for row in rows:
        seq += 1
        if not _fits(row, previous, complaint_id, seq):
            return seq
        previous = row["hash"]
    return None if seq else 1


def _fits(row: asyncpg.Record, previous: str, complaint_id: UUID, seq: int) -> bool:
    if row["seq"] != seq or row["previous"] != previous or row["event"] not in set(Event):
        return False
    return bool(row["hash"] == chained(previous, complaint_id, seq, _entry(row)))


def _entry(row: asyncpg.Record) -> Entry:
    return Entry(
        at=row["at"],
        event=Event(row["event"]),
        level=row["level"],
        actor=row["actor"],
        reason=row["reason"],
        call_id=row["call_id"],
        post=row["post"],
        due_at=row["due_at"],
    )


def _utc(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="microseconds")
