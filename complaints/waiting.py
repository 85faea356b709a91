"""What waits for people: the CM's team (fresh and returned), and officers who decide proposals."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from uuid import UUID

import asyncpg

from complaints.kinds import MatterKind
from complaints.lifecycle import Proposed
from complaints.mapping import Post
from complaints.policy import Policy
from complaints.store import held, terms_for_each
from complaints.terms import ProposalKind
from complaints.texts import clock, subject
from db.pool import Connection, Pool
from db.statements import statements

_ACQUIRE_SECONDS = 5.0
_MOST = 1000
_LOOKED_AT_ONCE = 200  # of proposals, when only those of one decider are wanted
_BEFORE_ALL = datetime(1, 1, 1, tzinfo=UTC)


class For(StrEnum):
    """What it waits for; the state's name."""

    TRIAGE = "triage"
    RETURNED = "returned"
    PROPOSED = "proposed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """A complaint that waits since `since`. Names in Hindi, `category` with its marks.

    `post`: where it goes, came from, or is; `due_at`: when it goes on by itself. `words`: why it
    was returned or what is proposed; of a fresh one the beginning of its text. `decider`: of a
    proposal; None also where no level is left that could decide.
    """

    number: str
    what: For
    category: str
    place: str
    level: int
    post: str
    post_title: str
    since: datetime
    due_at: datetime
    words: str
    proposal: ProposalKind | None = None
    decider: Post | None = None


@dataclass(frozen=True, slots=True)
class After:
    """Where the next page goes on: the last complaint that was looked at for the one before."""

    since: datetime
    number: str


@dataclass(frozen=True, slots=True)
class WaitingPage:
    """`after`: for the next page; None: this is the last one."""

    lines: Sequence[Waiting]
    after: After | None


async def waiting(
    pool: Pool,
    *,
    policy: Policy,
    now: datetime,
    what: Collection[For] = tuple(For),
    after: After | None = None,
    at_most: int = 100,
) -> WaitingPage:
    """At most `at_most` (1 to 1000), the longest waiting first, from `after` on."""
    at_most = min(max(at_most, 1), _MOST)
    async with pool.acquire(timeout=_ACQUIRE_SECONDS) as conn:
        return await _page(conn, policy, now, what, after, at_most)


async def to_decide(
    pool: Pool,
    posts: Collection[str],
    *,
    policy: Policy,
    now: datetime,
    at_most: int = 100,
) -> list[Waiting]:
    """Proposals that wait for the decision of one of these posts, longest first.

    Who decides is not written down: it is the next level that has an officer, today, who is
    another person than who proposed it. So all proposals of the state are looked at, until
    `at_most` (1 to 1000) are found.
    """
    at_most = min(max(at_most, 1), _MOST)
    found: list[Waiting] = []
    after: After | None = None
    async with pool.acquire(timeout=_ACQUIRE_SECONDS) as conn:
        while len(found) < at_most:
            page = await _page(conn, policy, now, (For.PROPOSED,), after, _LOOKED_AT_ONCE)
            found += [one for one in page.lines if one.decider and one.decider.id in posts]
            after = page.after
            if after is None:
                break
    return found[:at_most]


async def who_decides(pool: Pool, complaint_id: UUID, policy: Policy, now: datetime) -> str | None:
    """Who decides what is proposed about this complaint, in words; None: nothing is proposed."""
    async with pool.acquire(timeout=_ACQUIRE_SECONDS) as conn:
        deciders = await _deciders(conn, [complaint_id], policy, now)
    return in_words(deciders[complaint_id]) if deciders else None


def in_words(decider: Post | None) -> str:
    """Who decides a proposal."""
    if decider is None:
        return "nobody left; the post that has it can take it back (decide --refuse)"
    return f"{decider.id} (L{decider.level})"


async def _page(
    conn: Connection,
    policy: Policy,
    now: datetime,
    what: Collection[For],
    after: After | None,
    at_most: int,
) -> WaitingPage:
    rows = statements().complaints_waiting(
        conn,
        states=list(what),
        after_since=after.since if after else _BEFORE_ALL,
        after_number=after.number if after else "",
        at_most=at_most + 1,
    )
    found = [row async for row in rows]
    shown = found[:at_most]
    deciders = await _deciders(
        conn, [row["id"] for row in shown if row["state"] == For.PROPOSED], policy, now
    )
    lines = [_line(row, deciders.get(row["id"])) for row in shown]
    last = After(shown[-1]["since"], shown[-1]["number"]) if len(found) > at_most else None
    return WaitingPage(lines, last)


async def _deciders(
    conn: Connection, ids: Sequence[UUID], policy: Policy, now: datetime
) -> dict[UUID, Post | None]:
    """Who decides each of these now. What was decided in between has nobody."""
    if not ids:
        return {}
    complaints = [one for one in await held(conn, ids) if isinstance(one.state, Proposed)]
    terms = await terms_for_each(conn, complaints, policy, now)
    return {
        one.id: one.state.decider(terms[one.id])
        for one in complaints
        if isinstance(one.state, Proposed)
    }


def _line(row: asyncpg.Record, decider: Post | None) -> Waiting:
    return Waiting(
        number=row["number"],
        what=For(row["state"]),
        category=subject(row["category_name"], MatterKind(row["kind"]), incident=row["incident"]),
        place=row["place_name"],
        level=row["level"],
        post=row["post"],
        post_title=row["post_title"],
        since=row["since"],
        due_at=row["due_at"],
        words=row["words"] or "",
        proposal=ProposalKind(row["proposal_kind"]) if row["proposal_kind"] else None,
        decider=decider,
    )


def days_and_hours(waited: timedelta) -> tuple[int, int]:
    """How long, in whole days and hours; never negative."""
    hours = max(int(waited.total_seconds()) // 3600, 0)
    return divmod(hours, 24)


def render_waiting(one: Waiting, now: datetime) -> str:
    """One line; times in Indian Standard Time."""
    days, hours = days_and_hours(now - one.since)
    post = f"L{one.level} {one.post_title} ({one.post})"
    match one.what:
        case For.TRIAGE:
            what = f"fresh, for {post}"
        case For.RETURNED:
            what = f"returned by {post}"
        case For.PROPOSED:
            kind = (one.proposal or "proposal").replace("_", " ")
            what = f"{kind} proposed by {post}, decided by {in_words(one.decider)}"
    return (
        f"{one.number}  waits {days} d {hours} h, since {clock(one.since)}: {one.category}, "
        f"{one.place}; {what}; goes on by itself {clock(one.due_at)}: {one.words}"
    )
