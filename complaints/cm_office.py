"""The list of the CM's office: complaints that the last level did not bring to an end."""

from dataclasses import dataclass
from datetime import datetime

from complaints.kinds import MatterKind
from complaints.texts import clock, subject
from db.pool import Pool
from db.statements import statements


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """A complaint on the list since `cm_office_since`. `overdue_at`: late, with no level left;
    `due_at`: the officer's present time. Names in Hindi; `category` without the marks.
    """

    number: str
    category: str
    kind: MatterKind
    incident: bool
    place: str
    state: str
    level: int
    post: str
    post_title: str
    cm_office_since: datetime
    overdue_at: datetime | None
    due_at: datetime | None


async def cm_office_list(pool: Pool, *, at_most: int = 1000) -> list[Listed]:
    """Longest on the list first; those that have ended are not on it."""
    async with pool.acquire(timeout=5) as conn:
        rows = statements().complaints_cm_office(conn, at_most=at_most)
        return [Listed(**{**row, "kind": MatterKind(row["kind"])}) async for row in rows]


def render_listed(one: Listed) -> str:
    """One line; times in Indian Standard Time."""
    time = "its time is over" if one.overdue_at else ""
    if one.due_at and not one.overdue_at:
        time = f"due {clock(one.due_at)}"
    state = one.state.replace("_", " ")
    about = subject(one.category, one.kind, incident=one.incident)
    return (
        f"{one.number}  since {clock(one.cm_office_since)}  L{one.level} {one.post_title} "
        f"({one.post}): {about}, {one.place}; {', '.join(filter(None, (state, time)))}"
    )
