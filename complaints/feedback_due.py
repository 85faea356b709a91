"""Which citizens are to be asked, for the dialer: all of it in the dialer's own transaction."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from db.pool import Connection
from db.statements import statements

_LEASE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class DueFeedback:
    """A citizen to be asked about one disposal. `contact`: whom to call (E.164)."""

    complaint_id: UUID
    contact: str
    disposal_no: int
    attempts_made: int
    complaint_number: str


async def claim_due(conn: Connection, now: datetime, limit: int) -> list[DueFeedback]:
    """At most `limit` citizens to call now, longest due first, each given to one dialer only.

    Those with an open attempt are left out. What is claimed becomes due again a minute later, so
    a claim from which no attempt comes is late, not lost; `postpone` sets the time that is meant.
    """
    rows = [
        row async for row in statements().complaints_feedback_claim(conn, now=now, at_most=limit)
    ]
    if rows:
        await statements().complaints_feedback_lease(
            conn,
            complaint_ids=[row["complaint_id"] for row in rows],
            disposal_nos=[row["disposal_no"] for row in rows],
            until=now + _LEASE,
        )
    return [
        DueFeedback(
            row["complaint_id"],
            row["contact"],
            row["disposal_no"],
            row["attempts_made"],
            row["number"],
        )
        for row in rows
    ]


async def count_attempt(conn: Connection, complaint_id: UUID, disposal_no: int) -> int:
    """Count one attempt against the limit; how many there are now."""
    made = await statements().complaints_feedback_count(
        conn, complaint_id=complaint_id, disposal_no=disposal_no
    )
    return int(made)


async def postpone(conn: Connection, complaint_id: UUID, disposal_no: int, until: datetime) -> bool:
    """Ask again from `until` on. False when there is nothing left to ask."""
    done = await statements().complaints_feedback_postpone(
        conn, complaint_id=complaint_id, disposal_no=disposal_no, until=until
    )
    return bool(done == "UPDATE 1")
