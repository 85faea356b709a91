"""What recordings are to a complaint: whose they are, and whether they are still needed."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from complaints import number
from complaints.errors import UnknownComplaintError
from complaints.policy import Policy
from db.pool import Connection
from db.statements import statements


async def holding_call(
    conn: Connection, call_id: UUID, policy: Policy, now: datetime
) -> str | None:
    """The complaint of that call that is open, or can still be reopened, in words.

    Those complaints stay as they are until the end of the caller's transaction.
    """
    async for row in statements().complaints_holding_call(conn, call_id=call_id):
        if row["ended_at"] is None:
            return f"complaint {row['number']} is open"
        if now < policy.of(row["category"]).reopenable_until(row["ended_at"]):
            return f"complaint {row['number']} can still be reopened"
    return None


async def held_calls(
    conn: Connection, call_ids: Collection[UUID], policy: Policy, now: datetime
) -> set[UUID]:
    """Those calls for which `holding_call` has a complaint now; nothing is kept as it is."""
    rows = statements().complaints_holding_calls(conn, call_ids=list(call_ids))
    return {
        row["call_id"]
        async for row in rows
        if row["ended_at"] is None
        or now < policy.of(row["category"]).reopenable_until(row["ended_at"])
    }


async def calls_of(conn: Connection, complaint_number: str) -> list[UUID]:
    """The calls that belong to a complaint.

    Raises `InvalidComplaintNumberError` and `UnknownComplaintError`.
    """
    digits = number.parse(complaint_number)
    rows = statements().complaints_calls_of_number(conn, number=digits)
    found = [row["call_id"] async for row in rows]
    if not found:
        raise UnknownComplaintError(digits)
    return [one for one in found if one is not None]
