"""What a post has to do: its open complaints, due soonest first, a page at a time."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from complaints.kinds import MatterKind
from complaints.texts import clock, subject
from db.pool import Pool
from db.statements import statements

_ACQUIRE_SECONDS = 5.0
_MOST = 200
_NEVER = datetime.max.replace(tzinfo=UTC)  # the driver's word for the database's infinity
_BEFORE_ALL = datetime(1, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class OfficersComplaint:
    """One line. `due_at`: None while the clock stands. `late`: past the last level's limit.

    `excerpt`: the beginning of the citizen's text.
    """

    number: str
    category_name: str
    kind: MatterKind
    incident: bool
    place_name: str
    state: str
    level: int
    due_at: datetime | None
    late: bool
    registered_at: datetime
    excerpt: str


@dataclass(frozen=True, slots=True)
class After:
    """Where the next page goes on: the last line of the one before."""

    due_at: datetime | None
    number: str


@dataclass(frozen=True, slots=True)
class OfficersPage:
    """`after`: for the next page; None: this is the last one."""

    lines: Sequence[OfficersComplaint]
    after: After | None


async def officers_page(
    pool: Pool, post: str, *, after: After | None = None, at_most: int = 25
) -> OfficersPage:
    """The open complaints of `post`, at most `at_most` (1 to 200) of them, from `after` on.

    A complaint that moves while somebody turns pages may be missed or come twice, no other is.
    """
    at_most = min(max(at_most, 1), _MOST)
    async with pool.acquire(timeout=_ACQUIRE_SECONDS) as conn:
        rows = statements().officers_list(
            conn,
            post=post,
            after_due=(after.due_at or _NEVER) if after else _BEFORE_ALL,
            after_number=after.number if after else "",
            at_most=at_most + 1,
        )
        lines = [
            OfficersComplaint(**{**row, "kind": MatterKind(row["kind"])}) async for row in rows
        ]
    page = lines[:at_most]
    more = len(lines) > at_most
    return OfficersPage(page, After(page[-1].due_at, page[-1].number) if more else None)


def render_line(one: OfficersComplaint) -> str:
    """One line; times in Indian Standard Time."""
    due = f"due {clock(one.due_at)}" if one.due_at else "its clock stands"
    time = f"{due}, LATE" if one.late else due
    about = subject(one.category_name, one.kind, incident=one.incident)
    return (
        f"{one.number}  {time}  L{one.level} {one.state.replace('_', ' ')}: {about}, "
        f"{one.place_name}; registered {clock(one.registered_at)}: {one.excerpt}"
    )
