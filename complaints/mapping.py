"""To which officer's post a complaint goes: by category, department, place and level (R9).

A post at a level serves its own place and all places under it, so the search goes from the
complaint's place up through its parents (block -> district -> state) to the nearest post of the
level that is not vacant. A level without any rolls up to the next one. Only when every post up to
the category's last level is vacant does the highest one's office get it: no citizen is refused for
a vacancy.

A post may be for some categories of its department only: for nodes of the tree, each with all
below it. At each level the post for the category itself comes first, then that for the nearest node
above it, and last the one for the whole department; among equals the nearest place decides.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby
from typing import Any

from complaints.calendar import IST
from complaints.officers import Vacant, reached
from complaints.staffing import StaffedPost, staffed
from db.pool import Connection
from db.statements import statements

#: Of `posts_above`, for where its rows come without names.
POST_COLUMNS = (
    *("id", "title", "title_en", "department", "level", "place", "number", "vacant_from"),
    *("distance", "breadth", "officer", "name", "officer_number", "kind", "from_on", "until_on"),
    *("leave_from", "leave_until"),
)


@dataclass(frozen=True, slots=True)
class Post:
    """An officer's post. `number`: of who holds it now, or its own (E.164): messages go there.

    `title_en`: empty where it has none. `officer`: the code of who holds it, if anybody does.
    """

    id: str
    title: str
    level: int
    place: str
    number: str
    title_en: str = ""
    officer: str | None = None


@dataclass(frozen=True, slots=True)
class Candidate:
    """A post, and how many steps above the complaint's place it stands (0: at the place).

    `breadth`: how many steps above the complaint's category the node stands that the post is for
    (0: the category itself); None: it is for the whole department.
    """

    post: Post
    distance: int
    vacant: bool = False
    breadth: int | None = None

    @property
    def remoteness(self) -> tuple[bool, int, int]:
        """The least fits best: the narrower duty first, then the nearer place."""
        return (self.breadth is None, self.breadth or 0, self.distance)


@dataclass(frozen=True, slots=True)
class Ladder:
    """The posts that a complaint can go to: the one that fits best of each level that has one.

    `posts`: those that are not vacant. `held`: the ids of all such that fit, of any level.
    `vacant`: the post that fits best of each level where none is held. `fitting`: the ids of all
    that answer for the matter, held or not.
    """

    posts: Mapping[int, Post]
    held: frozenset[str] = frozenset()
    vacant: Mapping[int, Post] = field(default_factory=dict)
    fitting: frozenset[str] = frozenset()

    def up_to(self, last_level: int) -> Mapping[int, Post]:
        """By level, who answers for a category with this last level: the posts that are held, or
        the highest vacant one's office. Empty: the department has no post there at all.
        """
        if held := {level: post for level, post in self.posts.items() if level <= last_level}:
            return held
        highest = max((level for level in self.vacant if level <= last_level), default=None)
        return {} if highest is None else {highest: self.vacant[highest]}

    def at_or_above(self, level: int, last_level: int) -> Post | None:
        """The lowest that answers from `level` to `last_level`; None when nobody does."""
        answering = self.up_to(last_level)
        return next((answering[one] for one in sorted(answering) if one >= level), None)

    def instead_of(self, post: str, level: int, last_level: int) -> Post | None:
        """Who has the complaints of `post`, at `level`, now that nobody holds it: the nearest post
        of its level, or of the next one above. None: it is held, or nobody else is there.
        """
        if post in self.held:
            return None
        found = self.at_or_above(level, last_level)
        return found if found and found.id != post else None


def ladder_of(candidates: Iterable[Candidate]) -> Ladder:
    """The candidate of each level that fits best; a vacant one only where none is held."""
    best: dict[int, Candidate] = {}
    held: set[str] = set()
    fitting: set[str] = set()
    for candidate in candidates:
        level = candidate.post.level
        fitting.add(candidate.post.id)
        if not candidate.vacant:
            held.add(candidate.post.id)
        if level not in best or _fit(candidate) < _fit(best[level]):
            best[level] = candidate
    levels = sorted(best)
    return Ladder(
        {level: best[level].post for level in levels if not best[level].vacant},
        frozenset(held),
        {level: best[level].post for level in levels if best[level].vacant},
        frozenset(fitting),
    )


def _fit(candidate: Candidate) -> tuple[bool, tuple[bool, int, int]]:
    return (candidate.vacant, candidate.remoteness)


#: (department, category, place): what a ladder is asked for by. The department is not always the
#: category's own: a complaint may have been transferred.
Wanted = tuple[str, str, str]


async def ladder_for(
    conn: Connection, department: str, category: str, place: str, now: datetime
) -> Ladder:
    """The posts of `department` for a complaint of `category` about `place`, as held now."""
    rows = statements().complaints_posts_above_one(
        conn,
        department=department,
        category=category,
        place=place,
        today=now.astimezone(IST).date(),
    )
    return _ladder(staffed([row async for row in rows], now))


def ladder_from(rows: Iterable[Sequence[Any]], now: datetime) -> Ladder:
    """As `ladder_for`, from rows with `POST_COLUMNS` that were read with something else."""
    return _ladder(staffed((dict(zip(POST_COLUMNS, row, strict=True)) for row in rows), now))


async def ladders_for(
    conn: Connection, wanted: Sequence[Wanted], now: datetime
) -> dict[Wanted, Ladder]:
    """As `ladder_for`, for each of `wanted`, with one statement."""
    if len(wanted) == 1:  # the usual case but for sweeps, and its statement is planned already
        return {wanted[0]: await ladder_for(conn, *wanted[0], now)}
    rows = statements().complaints_posts_above(
        conn,
        departments=[department for department, _, _ in wanted],
        categories=[category for _, category, _ in wanted],
        places=[place for _, _, place in wanted],
        today=now.astimezone(IST).date(),
    )
    found = [row async for row in rows]
    ladders = dict.fromkeys(wanted, Ladder({}))
    for n, of_one in groupby(found, key=lambda row: int(row["n"])):
        ladders[wanted[n - 1]] = _ladder(staffed(of_one, now))
    return ladders


def _ladder(posts: Iterable[StaffedPost]) -> Ladder:
    return ladder_of(
        Candidate(
            _post(post), post.distance, isinstance(post.occupancy, Vacant), breadth=post.breadth
        )
        for post in posts
    )


async def post_by_id(conn: Connection, post_id: str, now: datetime) -> Post:
    """One post; it exists, since complaints refer to it."""
    return (await posts_by_id(conn, [post_id], now))[post_id]


async def posts_by_id(conn: Connection, ids: Sequence[str], now: datetime) -> dict[str, Post]:
    """These posts by their keys."""
    rows = statements().complaints_posts(conn, ids=list(ids), today=now.astimezone(IST).date())
    return {post.id: _post(post) for post in staffed([row async for row in rows], now)}


def _post(post: StaffedPost) -> Post:
    officer = reached(post.occupancy)
    return Post(
        post.id,
        post.title,
        post.level,
        post.place,
        post.reach,
        post.title_en,
        officer.code if officer else None,
    )
