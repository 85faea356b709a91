"""What the report of the queues is computed from."""

from datetime import datetime, timedelta

from calls.reporting import Interval, OfferedCall
from db.pool import Connection
from db.statements import statements


async def offered_calls(conn: Connection, since: datetime, until: datetime) -> list[OfferedCall]:
    """Calls that were sent to a queue in [since, until), oldest first."""
    rows = statements().reports_offered(conn, since=since, until=until)
    return [OfferedCall(**{**row, "wrap_up": row["wrap_up"] or timedelta(0)}) async for row in rows]


async def intervals(
    conn: Connection, since: datetime, until: datetime, now: datetime
) -> list[Interval]:
    """Agents' states within [since, until), cut to it; what goes on lasts until `now`."""
    rows = statements().reports_intervals(conn, since=since, until=min(until, now))
    return [Interval(**row) async for row in rows if row["from_at"] < row["until_at"]]
