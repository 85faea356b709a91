"""Rows that tell somebody something.

Written in the transaction that decided it, delivered by a worker.
"""

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
    await statements().complaints_notify(
        conn,
        id=new_id(now),
        dedupe_key=f"{notification.complaint_id}:{notification.entry}:{notification.kind}",
        complaint_id=notification.complaint_id,
        kind=notification.kind,
        recipient=notification.recipient,
        body=notification.body,
        recordings=list(notification.recordings),
        links=list(notification.links),
        created_at=now,
    )
