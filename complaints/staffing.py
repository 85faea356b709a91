"""Posts with who holds them, as the database knows it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any

import asyncpg

from complaints.calendar import IST
from complaints.officers import (
    Days,
    Occupancy,
    Officer,
    Staffing,
    Tenure,
    TenureKind,
    occupancy,
    reach,
)
from db.pool import Connection
from db.statements import statements

_Row = asyncpg.Record | Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class StaffedPost:
    """A post and who holds it now. `reach`: where messages to it go (E.164).

    `distance`: steps above the place that was asked for; 0 when none was. `breadth`: steps from the
    category that was asked for up to the node that the post is for; None when none was, or when it
    is for the whole department. `title_en` may be empty.
    """

    id: str
    title: str
    title_en: str
    department: str
    level: int
    place: str
    reach: str
    occupancy: Occupancy
    distance: int
    breadth: int | None


def staffed(rows: Iterable[_Row], now: datetime) -> list[StaffedPost]:
    """From rows in order of posts, one for each tenure (and leave) of each post."""
    return [
        _staffed(list(of_one), now) for _, of_one in groupby(rows, key=lambda row: str(row["id"]))
    ]


async def all_posts(conn: Connection, now: datetime) -> list[StaffedPost]:
    """Every post, in order of codes."""
    rows = statements().officers_of_all_posts(conn, today=now.astimezone(IST).date())
    return staffed([row async for row in rows], now)


def _staffed(rows: Sequence[_Row], now: datetime) -> StaffedPost:
    post = rows[0]
    tenures = [_tenure(row) for row in rows if row["officer"] is not None]
    held = occupancy(Staffing(tenures, post["vacant_from"]), now)
    return StaffedPost(
        post["id"],
        post["title"],
        post["title_en"],
        post["department"],
        post["level"],
        post["place"],
        reach(held, post["number"]),
        held,
        post["distance"],
        post["breadth"],
    )


def _tenure(row: _Row) -> Tenure:
    leave = () if row["leave_from"] is None else (Days(row["leave_from"], row["leave_until"]),)
    return Tenure(
        Officer(row["officer"], row["name"], row["officer_number"]),
        TenureKind(row["kind"]),
        Days(row["from_on"], row["until_on"]),
        leave,
    )
