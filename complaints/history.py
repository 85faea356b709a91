"""What happened to a complaint: append-only, each entry chained to the one before it by its hash.

hash = SHA-256(hash of the entry before, as hex + the entry as canonical JSON), both UTF-8.
The chain shows a changed, removed or inserted entry. Of a tail that was cut off the complaint's row
knows, which keeps the number and the hash of the last entry; where that was rewound too, only a
copy of the head kept elsewhere does (`heads`).
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Any
from uuid import UUID

import asyncpg

from db.ids import new_id
from db.pool import Connection
from db.statements import statements

BEFORE_THE_FIRST = "0" * 64
_CANONICAL = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False)


class Event(StrEnum):
    """What an entry tells."""

    REGISTERED = "registered"
    DISPOSED = "disposed"
    CLOSED_SATISFIED = "closed_satisfied"
    RETURNED_FOR_REVIEW = "returned_for_review"
    ESCALATED_DISSATISFIED = "escalated_dissatisfied"
    ESCALATED_OVERDUE = "escalated_overdue"
    OVERDUE_AT_LAST_LEVEL = "overdue_at_last_level"
    AGENT_TO_CALL = "agent_to_call"
    ASKED_TO_CALL = "asked_to_call"
    UNVERIFIED = "unverified"
    TRIAGE = "triage"
    FORWARDED = "forwarded"
    INTERIM_REPLY = "interim_reply"
    PAUSED = "paused"
    RESUMED = "resumed"
    TRANSFERRED = "transferred"
    GIVEN_BACK = "given_back"
    POST_VACANT = "post_vacant"
    PASSED_ON_VACANT = "passed_on_vacant"
    LINK_RENEWED = "link_renewed"
    WRONG_MAPPING = "wrong_mapping"
    PROPOSED = "proposed"
    REFUSED = "refused"
    SPECIAL_CLOSED = "special_closed"
    WITHDRAWN = "withdrawn"
    REOPENED = "reopened"
    ADVISED = "advised"
    NOTED = "noted"
    ANSWERED = "answered"
    THANKED = "thanked"
    ADDED = "added"
    MADE_CONFIDENTIAL = "made_confidential"
    MADE_INCIDENT = "made_incident"
    MERGED = "merged"
    MERGED_HERE = "merged_here"
    ATTACHMENT_ERASED = "attachment_erased"


_HERE = "with_officer"

#: In which state each event leaves a complaint; None: as it was.
LEADS_TO: Mapping[Event, str | None] = MappingProxyType(
    {
        Event.REGISTERED: _HERE,
        Event.TRIAGE: "triage",
        Event.FORWARDED: _HERE,
        Event.DISPOSED: "awaiting_feedback",
        Event.CLOSED_SATISFIED: "closed_satisfied",
        Event.RETURNED_FOR_REVIEW: _HERE,
        Event.ESCALATED_DISSATISFIED: _HERE,
        Event.ESCALATED_OVERDUE: _HERE,
        Event.OVERDUE_AT_LAST_LEVEL: _HERE,
        Event.AGENT_TO_CALL: "awaiting_feedback",
        Event.ASKED_TO_CALL: "awaiting_feedback",
        Event.UNVERIFIED: "unverified",
        Event.INTERIM_REPLY: None,
        Event.PAUSED: "paused",
        Event.RESUMED: _HERE,
        Event.TRANSFERRED: _HERE,
        Event.GIVEN_BACK: _HERE,
        Event.LINK_RENEWED: None,
        Event.WRONG_MAPPING: "returned",
        Event.PROPOSED: "proposed",
        Event.REFUSED: _HERE,
        Event.SPECIAL_CLOSED: "special_closed",
        Event.WITHDRAWN: "withdrawn",
        Event.REOPENED: _HERE,
        Event.ADVISED: "advised",
        Event.NOTED: None,
        Event.ANSWERED: "answered",
        Event.THANKED: "thanked",
        Event.ADDED: None,
        Event.MERGED: "merged",
        Event.MERGED_HERE: None,
        Event.ATTACHMENT_ERASED: None,
        Event.MADE_CONFIDENTIAL: None,
        Event.MADE_INCIDENT: None,
        Event.POST_VACANT: None,
        Event.PASSED_ON_VACANT: _HERE,
    }
)

_EVENTS = frozenset(Event)
_Row = asyncpg.Record | Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One entry: who, when, why, in which call, and with whom the complaint is afterwards.

    `level` None: no officer ever had it.

    `actor`: a kind and a name, such as `agent:101`, `officer:L1-ULB`, `citizen`, `clock`.
    `basis`: what `due_at` was computed from, in words. `attached`: a line for each file that it is
    about, as `attachments.model.line` writes it. `brought`: of the first one, what the citizen
    brought (`complaints.brought`).
    """

    at: datetime
    event: Event
    level: int | None
    actor: str
    reason: str = ""
    call_id: UUID | None = None
    post: str | None = None
    due_at: datetime | None = None
    basis: str = ""
    attached: str = ""
    brought: str = ""


@dataclass(frozen=True, slots=True)
class Head:
    """The last entry of a history: its place and its hash."""

    seq: int
    hash: str


def canonical(complaint_id: UUID, seq: int, entry: Entry) -> str:
    """The entry as JSON with sorted keys, no blanks, times in UTC to the microsecond.

    What is empty of basis, attached and brought is left out: entries had none at first, and their
    hashes stand.
    """
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
    if entry.basis:
        fields["basis"] = entry.basis
    if entry.attached:
        fields["attached"] = entry.attached
    if entry.brought:
        fields["brought"] = entry.brought
    return _CANONICAL.encode(fields)


def chained(previous: str, complaint_id: UUID, seq: int, entry: Entry) -> str:
    """The hash of an entry that follows the one with hash `previous`."""
    text = previous + canonical(complaint_id, seq, entry)
    return hashlib.sha256(text.encode()).hexdigest()


async def append(conn: Connection, complaint_id: UUID, entry: Entry) -> int:
    """Add an entry and return its place in the chain (1, 2, ...).

    The caller holds the complaint's row, or has just made it: two appends at once would collide on
    the key.
    """
    return (await append_each(conn, {complaint_id: entry}))[complaint_id]


async def append_each(
    conn: Connection, new: Mapping[UUID, Entry], *, moves: bool = False
) -> dict[UUID, int]:
    """As `append`, one entry for each of these complaints, with two statements.

    `moves`: the caller writes their states next, and with them where their histories end.
    """
    rows = statements().complaints_history_heads(conn, complaint_ids=list(new))
    heads = {row["complaint_id"]: Head(row["seq"], row["hash"]) async for row in rows}
    before = [heads.get(complaint_id, Head(0, BEFORE_THE_FIRST)) for complaint_id in new]
    seqs = [head.seq + 1 for head in before]
    outside = await statements().complaints_history_append(
        conn,
        complaint_ids=list(new),
        seqs=seqs,
        ats=[entry.at for entry in new.values()],
        events=[entry.event for entry in new.values()],
        levels=[entry.level for entry in new.values()],
        actors=[entry.actor for entry in new.values()],
        reasons=[entry.reason for entry in new.values()],
        call_ids=[entry.call_id for entry in new.values()],
        posts=[entry.post for entry in new.values()],
        due_at=[entry.due_at for entry in new.values()],
        bases=[entry.basis for entry in new.values()],
        attached=[entry.attached for entry in new.values()],
        previous=[head.hash for head in before],
        hashes=[
            chained(head.hash, complaint_id, seq, entry)
            for head, seq, (complaint_id, entry) in zip(before, seqs, new.items(), strict=True)
        ],
        moves=moves,
    )
    places = dict(zip(new, seqs, strict=True))
    if outside:
        await _tell_outside(conn, new, places)
    return places


async def _tell_outside(
    conn: Connection, new: Mapping[UUID, Entry], places: Mapping[UUID, int]
) -> None:
    await statements().complaints_tell_outside(
        conn,
        ids=[new_id(entry.at) for entry in new.values()],
        complaint_ids=list(new),
        seqs=[places[complaint_id] for complaint_id in new],
        ats=[entry.at for entry in new.values()],
        events=[entry.event for entry in new.values()],
        states=[LEADS_TO[entry.event] for entry in new.values()],
        levels=[entry.level for entry in new.values()],
    )


def first(complaint_id: UUID, number: str, entry: Entry) -> dict[str, Any]:
    """The first entry of a history as columns, for the statement that makes the complaint.

    With what is told of it by webhook, if somebody is to hear of it: as `append_each` tells.
    """
    event = {
        "number": number,
        "event": entry.event,
        "entry": 1,
        "state": LEADS_TO[entry.event],
        "level": entry.level,
    }
    return {
        "event_id": new_id(entry.at),
        "event_key": f"{complaint_id}:1:{entry.event}:webhook",
        "event_kind": f"complaint_{entry.event}",
        "event_body": json.dumps(event),
        "event": entry.event,
        "actor": entry.actor,
        "reason": entry.reason,
        "entry_level": entry.level,
        "entry_post": entry.post,
        "entry_due_at": entry.due_at,
        "basis": entry.basis,
        "brought": entry.brought,
        "previous": BEFORE_THE_FIRST,
        "hash": chained(BEFORE_THE_FIRST, complaint_id, 1, entry),
    }


async def entries(conn: Connection, complaint_id: UUID) -> list[Entry]:
    """All entries, oldest first."""
    return (await entries_of(conn, [complaint_id]))[complaint_id]


async def entries_of(conn: Connection, complaint_ids: Sequence[UUID]) -> dict[UUID, list[Entry]]:
    """As `entries`, for each of these complaints."""
    rows = statements().complaints_history(conn, complaint_ids=complaint_ids)
    found: dict[UUID, list[Entry]] = {complaint_id: [] for complaint_id in complaint_ids}
    async for row in rows:
        found[row["complaint_id"]].append(_entry(row))
    return found


def told(complaint_id: UUID, rows: Sequence[_Row], end: Head) -> tuple[list[Entry], int | None]:
    """All entries from the rows of a history, oldest first, and what `verify` says of them.

    `end`: as the complaint's row knows it.
    """
    return [_entry(row) for row in rows], broken_at(complaint_id, rows, end)


async def verify(conn: Connection, complaint_id: UUID) -> int | None:
    """None when the chain holds; else the place (1, 2, ...) of the first entry that does not fit.

    A complaint without any history is bad at place 1: registration always writes it. The one after
    the last is bad where the complaint's row knows of more.
    """
    rows = [row async for row in statements().complaints_history_and_row(conn, ids=[complaint_id])]
    return broken_at(complaint_id, rows, Head(rows[0]["entries"], rows[0]["head"])) if rows else 1


def broken_at(complaint_id: UUID, chain: Sequence[_Row], end: Head) -> int | None:
    """As `verify`, of the rows of a history, oldest first. `end`: as the complaint's row has it."""
    previous = BEFORE_THE_FIRST
    for seq, row in enumerate(chain, 1):
        if not _fits(row, previous, complaint_id, seq):
            return seq
        previous = row["hash"]
    found = Head(len(chain), previous)
    if found == end and chain:
        return None
    return max(1, min(found.seq, end.seq) + (found.seq != end.seq))


def _fits(row: _Row, previous: str, complaint_id: UUID, seq: int) -> bool:
    if row["seq"] != seq or row["previous"] != previous or row["event"] not in _EVENTS:
        return False
    return bool(row["hash"] == chained(previous, complaint_id, seq, _entry(row)))


def _entry(row: _Row) -> Entry:
    return Entry(
        at=row["at"],
        event=Event(row["event"]),
        level=row["level"],
        actor=row["actor"],
        reason=row["reason"],
        call_id=row["call_id"],
        post=row["post"],
        due_at=row["due_at"],
        basis=row["basis"],
        attached=row["attached"],
        brought=row["brought"],
    )


def _utc(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="microseconds")
