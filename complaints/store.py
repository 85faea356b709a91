"""Complaint rows <-> life-cycle states, and the transaction that a use case runs in."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import asyncpg

from complaints.errors import UnknownComplaintError
from complaints.lifecycle import (
    AwaitingFeedback,
    ClosedSatisfied,
    State,
    Terms,
    Unverified,
    WithOfficer,
)
from complaints.mapping import ladder_for
from complaints.policy import Policy
from db.pool import Connection, Pool
from db.statements import statements

_ACQUIRE_SECONDS = 5.0

STATE_NAMES: dict[type, str] = {
    WithOfficer: "with_officer",
    AwaitingFeedback: "awaiting_feedback",
    ClosedSatisfied: "closed_satisfied",
    Unverified: "unverified",
}


@dataclass(frozen=True, slots=True)
class Complaint:
    """A complaint whose row is held: nobody else changes it until the transaction ends."""

    id: UUID
    number: str
    contact: str
    text: str
    category_name: str
    department: str
    level_days: tuple[int, ...]
    place: str
    place_name: str
    state: State


@asynccontextmanager
async def transaction(pool: Pool) -> AsyncIterator[Connection]:
    """A connection in a transaction: committed at the end, rolled back by any error."""
    async with pool.acquire(timeout=_ACQUIRE_SECONDS) as conn, conn.transaction():
        yield conn


async def hold(conn: Connection, number: str) -> Complaint:
    """Take the complaint's row. Raises `UnknownComplaintError`."""
    row = await statements().complaints_hold(conn, number=number)
    if row is None:
        raise UnknownComplaintError(number)
    return _complaint(row)


async def hold_by_id(conn: Connection, complaint_id: UUID) -> Complaint:
    """Take the complaint's row by its key. Raises `UnknownComplaintError`."""
    row = await statements().complaints_hold_by_id(conn, id=complaint_id)
    if row is None:
        raise UnknownComplaintError(str(complaint_id))
    return _complaint(row)


async def hold_overdue(conn: Connection, now: datetime, at_most: int) -> list[Complaint]:
    """Take overdue complaints that no one else holds, oldest due first."""
    rows = statements().complaints_hold_overdue(conn, now=now, at_most=at_most)
    return [_complaint(row) async for row in rows]


async def terms_for(conn: Connection, complaint: Complaint, policy: Policy, now: datetime) -> Terms:
    """What the complaint's next move is decided by."""
    ladder = await ladder_for(conn, complaint.department, complaint.place, now)
    return Terms(policy, ladder, complaint.level_days)


async def move(conn: Connection, complaint_id: UUID, state: State, now: datetime) -> None:
    """Write the state of a complaint that the caller holds."""
    await statements().complaints_move(
        conn,
        id=complaint_id,
        state=STATE_NAMES[type(state)],
        level=state.level,
        post=state.post,
        due_at=state.due_at if isinstance(state, WithOfficer) else None,
        disposals=state.disposals,
        dissatisfied_at_level=state.dissatisfied_at_level,
        cm_office_since=state.cm_office_since,
        overdue_at=state.overdue_at if isinstance(state, WithOfficer) else None,
        closing_attempt=state.attempt_id if isinstance(state, ClosedSatisfied) else None,
        unverified_reason=state.reason if isinstance(state, Unverified) else None,
        changed_at=now,
    )


async def link_call(conn: Connection, complaint_id: UUID, call_id: UUID, role: str) -> None:
    """The call belongs to the complaint: its recordings go where the complaint goes."""
    await statements().complaints_link_call(
        conn, complaint_id=complaint_id, call_id=call_id, role=role
    )


def _complaint(row: asyncpg.Record) -> Complaint:
    return Complaint(
        id=row["id"],
        number=row["number"],
        contact=row["contact"],
        text=row["text_hi"],
        category_name=row["category_name"],
        department=row["department"],
        level_days=tuple(row["level_days"]),
        place=row["place"],
        place_name=row["place_name"],
        state=state_of(row),
    )


def state_of(row: asyncpg.Record) -> State:
    """The state in a complaint's row."""
    standing = {
        key: row[key]
        for key in ("level", "post", "disposals", "dissatisfied_at_level", "cm_office_since")
    }
    match row["state"]:
        case "with_officer":
            return WithOfficer(**standing, due_at=row["due_at"], overdue_at=row["overdue_at"])
        case "awaiting_feedback":
            return AwaitingFeedback(**standing)
        case "closed_satisfied":
            return ClosedSatisfied(**standing, attempt_id=row["closing_attempt"])
        case "unverified":
            return Unverified(**standing, reason=row["unverified_reason"])
        case unknown:
            raise ValueError(f"the schema allows a state that the life cycle lacks: {unknown}")
