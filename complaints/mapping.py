"""To which officer's post a complaint goes: by department, place and level.

A post at a level serves its own place and all places under it, so the search goes from the
complaint's place up through its parents (block -> district -> state) to the nearest post of the
level. A level without any post there is vacant, and the complaint rolls up to the next level.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from db.pool import Connection
from db.statements import statements


@dataclass(frozen=True, slots=True)
class Post:
    """An officer's post. `number`: where its holder's SMS go (E.164)."""

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
    """The nearest candidate of each level."""
    nearest: dict[int, Candidate] = {}
    for candidate in candidates:
        level = candidate.post.level
        if level not in nearest or candidate.distance < nearest[level].distance:
            nearest[level] = candidate
    return Ladder({level: nearest[level].post for level in sorted(nearest)})


async def ladder_for(conn: Connection, department: str, place: str) -> Ladder:
    """The ladder of posts of `department` for a complaint about `place`."""
    rows = statements().complaints_posts_above(conn, department=department, place=place)
    return ladder_of(
        [
            Candidate(
                Post(row["id"], row["title"], row["level"], row["place"], row["number"]),
                row["distance"],
            )
            async for row in rows
        ]
    )


async def post_by_id(conn: Connection, post_id: str) -> Post:
    """One post; it exists, since complaints refer to it."""
    row = await statements().complaints_post(conn, id=post_id)
    return Post(row["id"], row["title"], row["level"], row["place"], row["number"])
