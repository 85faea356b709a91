"""Who asks the next level for something: the officer as a person, whoever has the post since."""

from collections.abc import Collection
from datetime import datetime
from itertools import groupby
from uuid import UUID

import asyncpg

from complaints.officers import Charge, Holder, Occupancy, OnLeave
from complaints.staffing import staffed
from db.pool import Connection
from db.statements import statements


async def asking(
    conn: Connection, complaint_ids: Collection[UUID], now: datetime
) -> dict[UUID, str | None]:
    """By complaint, the code of the officer who has its post, or where something is proposed, who
    had it then. None: the office, whose holder nobody has recorded.
    """
    if not complaint_ids:
        return {}
    rows = statements().complaints_asking(conn, ids=list(complaint_ids), now=now)
    found = [row async for row in rows]
    return {of_it: _officer(list(posts)) for of_it, posts in groupby(found, lambda row: row["of"])}


def _officer(rows: list[asyncpg.Record]) -> str | None:
    [post] = staffed(rows, rows[0]["asked_at"])
    return _in_office(post.occupancy)


def _in_office(held: Occupancy) -> str | None:
    match held:
        case Holder(officer) | Charge(officer) | OnLeave(officer):
            return officer.code
        case _:
            return None
