"""Whether a call's recordings are still needed for a complaint."""

from datetime import datetime, timedelta
from uuid import UUID

from db.pool import Connection
from db.statements import statements


async def holding_call(
    conn: Connection, call_id: UUID, reopenable: timedelta, now: datetime
) -> str | None:
    """The complaint of that call that is open, or ended less than `reopenable` ago, in words.

    Those complaints stay as they are until the end of the caller's transaction.
    """
    async for row in statements().complaints_holding_call(conn, call_id=call_id):
        if row["ended_at"] is None:
            return f"complaint {row['number']} is open"
        if now < row["ended_at"] + reopenable:
            return f"complaint {row['number']} can still be reopened"
    return None
