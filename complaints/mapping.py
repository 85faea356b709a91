"""To which officer's post a complaint goes: by department, place and level.

A post at a level serves its own place and all places under it, so the search goes from the
complaint's place up through its parents (block -> district -> state) to the nearest post of the
level that is not vacant. A level without any rolls up to the next one. Only when every post up to
the state is vacant does the highest one's office get it: no citizen is refused for a vacancy.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from complaints.officers import Vacant
from complaints.staffing import StaffedPost, staffed
from complaints.texts import IST
from db.pool import Connection
from db.statements import statements


@dataclass(frozen=True, slots=True)
class Post:
    """An officer's post. `number`: of who holds it now, or its own (E.164): messages go there."""

    id: str
    title: str
    level: int
    place: str
    number: str


@dataclass(frozen=True, slots=True)
class Candidate:
    """A post, and how many steps above the complaint's place it stands (0: at the place)."""

    post: Post
    distance: int
    vacant: bool = False


@dataclass(frozen=True, slots=True)
class Ladder:
    """The posts that a complaint can go to: the nearest one of each level that has one."""

    posts: Mapping[int, Post]

    def at(self, level: int) -> Post | None:
        """The post at exactly `level`; None when the level is vacant."""
        return self.posts.get(level)

    def at_or_above(self, level: int, last_level: int) -> Post | None:
        """The lowest post from `level` to `last_level`; None when all of them are vacant."""
        for candidate in range(level, last_level + 1):
            if candidate in self.posts:
                return self.posts[candidate]
        return None


def ladder_of(candidates: Iterable[Candidate]) -> Ladder:
    """The nearest candidate of each level that is not vacant."""
    candidates = list(candidates)
    nearest: dict[int, Candidate] = {}
    for candidate in candidates:
        level = candidate.post.level
        if candidate.vacant:
            continue
        if level not in nearest or candidate.distance < nearest[level].distance:
            nearest[level] = candidate
    if candidates and not nearest:
        highest = max(candidates, key=lambda one: (one.post.level, -one.distance))
        return Ladder({highest.post.level: highest.post})
    return Ladder({level: nearest[level].post for level in sorted(nearest)})


async def ladder_for(conn: Connection, department: str, place: str, now: datetime) -> Ladder:
    """The ladder of posts of `department` for a complaint about `place`, as they are held now."""
    rows = statements().complaints_posts_above(
        conn, department=department, place=place, today=now.astimezone(IST).date()
    )
    return ladder_of(
        Candidate(_post(post), post.distance, isinstance(post.occupancy, Vacant))
        for post in staffed([row async for row in rows], now)
    )


async def post_by_id(conn: Connection, post_id: str, now: datetime) -> Post:
    """One post; it exists, since complaints refer to it."""
    rows = statements().complaints_post(conn, id=post_id, today=now.astimezone(IST).date())
    [post] = staffed([row async for row in rows], now)
    return _post(post)


def _post(post: StaffedPost) -> Post:
    return Post(post.id, post.title, post.level, post.place, post.reach)
