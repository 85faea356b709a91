"""Rows that tell somebody something.

Written in the transaction that decided it, delivered by a worker.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from db.ids import new_id
from db.pool import Connection
from db.statements import statements

#: (recording id, to whom) -> URL that lets exactly that post listen for a while.
Signer = Callable[[UUID, str], str]


class Kind(StrEnum):
    """What a notification is about."""

    CITIZEN_REGISTERED = "citizen_registered"
    OFFICER_ASSIGNED = "officer_assigned"
    OFFICER_REVIEW = "officer_review"
    OFFICER_FORWARDED = "officer_forwarded"
    CITIZEN_CLOSED = "citizen_closed"
    CITIZEN_UNVERIFIED = "citizen_unverified"
    CITIZEN_INTERIM = "citizen_interim"
    CITIZEN_PAUSED = "citizen_paused"
    CITIZEN_MOVED = "citizen_moved"
    CITIZEN_SPECIAL_CLOSED = "citizen_special_closed"
    CITIZEN_WITHDRAWN = "citizen_withdrawn"
    CITIZEN_REOPENED = "citizen_reopened"
    CITIZEN_ADVISED = "citizen_advised"
    OFFICER_REMINDER = "officer_reminder"
    OFFICER_PROPOSAL = "officer_proposal"
    OFFICER_REFUSED = "officer_refused"
    OFFICER_ENDED = "officer_ended"


@dataclass(frozen=True, slots=True, kw_only=True)
class Notification:
    """`entry`: place in the complaint's history of the event that is told; told once per kind."""

    complaint_id: UUID
    entry: int
    kind: Kind
    recipient: str
    body: str
    recordings: Sequence[UUID] = ()
    links: Sequence[str] = ()


async def notify(conn: Connection, notification: Notification, now: datetime) -> None:
    """Write the row."""
    await notify_each(conn, [notification], now)


async def notify_each(
    conn: Connection, notifications: Sequence[Notification], now: datetime
) -> None:
    """Write the rows, with one statement."""
    await statements().complaints_notify(
        conn,
        ids=[new_id(now) for _ in notifications],
        dedupe_keys=[f"{one.complaint_id}:{one.entry}:{one.kind}" for one in notifications],
        complaint_ids=[one.complaint_id for one in notifications],
        kinds=[one.kind for one in notifications],
        recipients=[one.recipient for one in notifications],
        bodies=[one.body for one in notifications],
        recordings=[json.dumps([str(known) for known in one.recordings]) for one in notifications],
        links=[json.dumps(list(one.links)) for one in notifications],
        created_at=now,
    )
