"""The report of holes: levels without a post, posts without a holder, complaints astray."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from complaints.holes import Duty, Hole, Places, holes
from complaints.officers import OnLeave, Vacant
from complaints.staffing import StaffedPost, all_posts
from db.pool import Connection, Pool
from db.statements import statements

_SHOWN = 10


@dataclass(frozen=True, slots=True)
class Astray:
    """Complaints that are with a post which does not answer for them any more, by a reform of
    departments, places, categories or posts: its `wrong` is not theirs. `first`: one's number.
    """

    post: StaffedPost
    wrong: str
    complaints: int
    first: str


@dataclass(frozen=True, slots=True)
class StaffingReport:
    """`empty`: posts that are vacant, or whose holder is on leave with nobody in charge.

    `waiting`: by post, how many complaints are with it. `names`: of places, by code.
    `astray`: they reach the right officers by being returned, by their limit or by a review.
    """

    holes: Sequence[Hole]
    empty: Sequence[StaffedPost]
    waiting: Mapping[str, int]
    names: Mapping[str, str]
    astray: Sequence[Astray] = ()


async def load_staffing_report(pool: Pool, now: datetime) -> StaffingReport:
    """As things are at `now`."""
    run = statements()
    async with pool.acquire(timeout=5) as conn, conn.transaction(readonly=True):
        places = [row async for row in run.officers_places(conn)]
        categories: dict[str, list[str]] = defaultdict(list)
        async for row in run.officers_answered_categories(conn):
            categories[row["department"]].append(row["code"])
        above = {row["code"]: row["parent"] async for row in run.officers_category_parents(conn)}
        limits: dict[str, list[str]] = defaultdict(list)
        async for row in run.officers_post_categories(conn):
            limits[row["post"]].append(row["category"])
        posts = await all_posts(conn, now)
        empty = [post for post in posts if isinstance(post.occupancy, Vacant | OnLeave)]
        waiting = run.officers_open_complaints(conn, posts=[post.id for post in empty])
        counts = {row["post"]: row["complaints"] async for row in waiting}
        astray = await _astray(conn, posts)
    tree = Places({row["code"]: row["parent"] for row in places})
    duties = [
        Duty(post.department, post.place, post.level, tuple(sorted(limits.get(post.id, ()))))
        for post in posts
    ]
    names = {row["code"]: row["name_en"] for row in places}
    found = holes(tree, categories, duties, above=above)
    return StaffingReport(found, empty, counts, names, astray)


async def _astray(conn: Connection, posts: Sequence[StaffedPost]) -> list[Astray]:
    known = {post.id: post for post in posts}
    return [
        Astray(known[row["post"]], row["wrong"], row["complaints"], row["first"])
        async for row in statements().officers_misfits(conn)
    ]


def render_staffing_report(report: StaffingReport, *, every_name: bool = False) -> str:
    """Plain text. Long lists are cut unless `every_name`."""
    shown = None if every_name else _SHOWN
    return "\n".join([*_holes(report, shown), "", *_empty(report), *_led_astray(report)])


def _holes(report: StaffingReport, shown: int | None) -> Iterator[str]:
    if not report.holes:
        yield "Every category has a post of every level at every place."
        return
    told = None
    for hole in report.holes:
        if (hole.department, hole.categories) != told:
            told = (hole.department, hole.categories)
            yield f"{hole.department}: {_listed(hole.categories, shown)}"
        yield f"  {_levels(hole.levels)}: {_where(hole, report.names, shown)}"


def _levels(levels: Sequence[int]) -> str:
    return ", ".join(f"L{level}" for level in levels)


def _where(hole: Hole, names: Mapping[str, str], shown: int | None) -> str:
    places = _listed([_place(code, names) for code in hole.places], shown)
    if not hole.whole:
        return f"no post for {places} as a whole, only for some places within"
    if hole.under is None:
        return f"no post anywhere in {places}"
    of = f"{len(hole.places)} of {hole.of} places in {_place(hole.under, names)}"
    return f"no post for {of}: {places}"


def _empty(report: StaffingReport) -> Iterator[str]:
    if not report.empty:
        yield "No post is vacant."
    for post in report.empty:
        match post.occupancy:
            case Vacant(since):
                what = f"vacant since {since}"
            case OnLeave(officer):
                what = f"{officer.code} is on leave, nobody in charge"
            case _:
                continue
        waiting = report.waiting.get(post.id, 0)
        with_it = f"; {waiting} complaints are with it" if waiting else ""
        yield f"{_named(post, report)}: {what}{with_it}"


def _led_astray(report: StaffingReport) -> Iterator[str]:
    if report.astray:
        yield ""
    for one in report.astray:
        which = f"{one.complaints} complaints are with it that are not of its {one.wrong}"
        yield f"{_named(one.post, report)}: {which}, as {one.first}"


def _named(post: StaffedPost, report: StaffingReport) -> str:
    place = _place(post.place, report.names)
    return f"{post.id} (L{post.level} {post.department}, {place})"


def _place(code: str, names: Mapping[str, str]) -> str:
    return f"{names[code]} ({code})"


def _listed(items: Sequence[str], shown: int | None) -> str:
    more = 0 if shown is None else len(items) - shown
    return ", ".join(items[:shown]) + (f" and {more} more" if more > 0 else "")
