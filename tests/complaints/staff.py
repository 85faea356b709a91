"""Officers join, leave, go on leave and take charge; and who holds which post then.

Who holds a post is told here a second time, in SQL, for any day: not asked of
`complaints.officers`, whose word is compared with it.
"""

from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import product
from typing import Any
from uuid import UUID

import asyncpg

from access import users
from access.log import By
from complaints.calendar import IST
from complaints.store import transaction
from db.pool import Pool
from tests.complaints.world import World

HOME = "jal-nigam"
POSTS = {1: "L1-MAH", 2: "L2-LAL", 3: "L3-LAL", 4: "L4-UP"}
_LONG_AGO = date(2020, 1, 1)
_HELD_SINCE = date(2019, 1, 1)

_TAKE = """
    insert into tenure (post, officer, kind, from_on)
    select $1::text, $2::text, $3::text, $4::date
    where not exists (select from tenure
                      where post = $1 and kind = $3 and from_on <> $4
                        and daterange(from_on, until_on, '[]') && daterange($4, null))
    on conflict (post, kind, from_on) do update set until_on = null"""
_LEAVE_POST = """
    update tenure set until_on = greatest(from_on, $3::date - 1)
    where post = $1 and kind = $2 and until_on is null and from_on <= $3"""
_GO_ON_LEAVE = """
    insert into officer_leave (officer, from_on) select $1::text, $2::date
    where not exists (select from officer_leave
                      where officer = $1 and from_on <> $2
                        and daterange(from_on, until_on, '[]') && daterange($2, null))
    on conflict (officer, from_on) do update set until_on = null"""
_COME_BACK = """
    with never_went as (delete from officer_leave where officer = $1 and from_on = $2)
    update officer_leave set until_on = $2::date - 1
    where officer = $1 and until_on is null and from_on < $2"""
_MARK = "update post set vacant_from = $2 where id = $1"

#: For each post and day: whether somebody holds it, and whether somebody of these is there.
_HELD = """
    select p.id, p.level, d.day, s.holder or s.charge or s.office as held,
           s.present or s.charge or s.office as served
    from post p
    cross join unnest($2::date[]) as d (day)
    cross join lateral (
        select coalesce(bool_or(kind = 'holder' and runs), false) as holder,
               coalesce(bool_or(kind = 'holder' and runs and not away), false) as present,
               coalesce(bool_or(kind = 'charge' and runs and not away), false) as charge,
               not coalesce(bool_or(kind = 'holder' and from_on <= d.day), false)
               and not coalesce(p.vacant_from <= d.day, false) as office
        from (select t.kind, t.from_on,
                     d.day between t.from_on and coalesce(t.until_on, 'infinity')
                     and not (t.kind = 'holder' and coalesce(
                         p.vacant_from <= d.day and t.from_on < p.vacant_from, false)) as runs,
                     exists (select from officer_leave l
                             where l.officer = t.officer
                               and d.day between l.from_on and coalesce(l.until_on, 'infinity')
                     ) as away
              from tenure t where t.post = p.id) t
    ) s
    where p.department = $1"""
#: Who may act for which post on a day, also on leave; one row for a post that nobody may act for.
_ACTING = """
    select p.level, p.number as office, t.kind, t.officer, o.number,
           exists (select from officer_leave l
                   where l.officer = t.officer
                     and $2::date between l.from_on and coalesce(l.until_on, 'infinity')) as away
    from post p
    left join tenure t on t.post = p.id
        and $2 between t.from_on and coalesce(t.until_on, 'infinity')
        and (t.kind = 'charge' or p.vacant_from is null or p.vacant_from > $2
             or t.from_on >= p.vacant_from)
    left join officer o on o.code = t.officer
    where p.department = $1"""


def own(level: int) -> str:
    """The officer who holds the post of a level, when anybody has joined."""
    return f"own-{level}"


def in_charge(level: int) -> str:
    """The officer who looks after it, when anybody does: that of another level."""
    return own(level % 4 + 1)


async def known(world: World) -> dict[str, UUID]:
    """The officers, with a user each, who hold no post yet; the users by the officers' codes."""
    found = {}
    for level in POSTS:
        code, number = own(level), f"+91941500010{level}"
        await world.pool.execute("insert into officer values ($1, 'राम', $2)", code, number)
        new = users.NewUser(sign_in_name=code, display_name="राम", officer=code, number=number)
        added = await users.add(world.pool, new, By("system:test", "test"), world.now)
        found[code] = added.id
    return found


async def joined_long_ago(world: World, level: int) -> None:
    """Its own officer holds the post of the level."""
    await world.pool.execute(_TAKE, POSTS[level], own(level), "holder", _HELD_SINCE)


async def looked_after(world: World, level: int) -> None:
    """Nobody holds the post of the level, and the officer of another is in charge of it."""
    await world.pool.execute(_TAKE, POSTS[level], in_charge(level), "charge", _HELD_SINCE)


async def vacant_long_since(world: World, level: int, *, marked: bool) -> None:
    """By a mark, or because its holder left; in either case nobody was there lately."""
    if marked:
        await world.pool.execute(_MARK, POSTS[level], _LONG_AGO)
        return
    await joined_long_ago(world, level)
    await world.pool.execute(
        "update tenure set until_on = $2 where post = $1", POSTS[level], _LONG_AGO
    )


async def all_held(world: World) -> None:
    """By their offices, as if no officer had ever been recorded."""
    for change in ("delete from tenure", "delete from officer_leave"):
        await world.pool.execute(change)
    await world.pool.execute("update post set vacant_from = null where department = $1", HOME)


def today(now: datetime) -> date:
    """The day in India."""
    return now.astimezone(IST).date()


Change = Callable[[World, int], Awaitable[Any]]


def _change(statement: str, *given: Callable[[int, date], object]) -> Change:
    async def change(world: World, level: int) -> None:
        values = [one(level, today(world.now)) for one in given]
        async with transaction(world.pool) as conn:
            await conn.execute(statement, *values)

    return change


def _post(level: int, _: date) -> str:
    return POSTS[level]


def _day(_: int, day: date) -> date:
    return day


#: What happens to the post of a level, or to one of its officers.
CHANGES: Mapping[str, Change] = {
    "fills a post": _change(_MARK, _post, lambda *_: None),
    "vacates a post": _change(_MARK, _post, lambda *_: _LONG_AGO),
    "joins": _change(_TAKE, _post, lambda level, _: own(level), lambda *_: "holder", _day),
    "leaves the post": _change(_LEAVE_POST, _post, lambda *_: "holder", _day),
    "takes charge": _change(
        _TAKE, _post, lambda level, _: in_charge(level), lambda *_: "charge", _day
    ),
    "gives charge back": _change(_LEAVE_POST, _post, lambda *_: "charge", _day),
    "goes on leave": _change(_GO_ON_LEAVE, lambda level, _: own(level), _day),
    "is back from leave": _change(_COME_BACK, lambda level, _: own(level), _day),
}


def touched(what: str, level: int) -> set[int]:
    """The levels where it may change who holds the post."""
    if what not in CHANGES:
        return set()
    if "leave" in what.split():
        return {one for one in POSTS if own(level) in (own(one), in_charge(one))}
    return {level}


@dataclass(frozen=True)
class Staff:
    """As things are: the levels held, those held on one of the two days before, the posts at which
    nobody is; by level the officers who may act for its post, and the number of who is told.
    """

    held: frozenset[int]
    lately: frozenset[int]
    unserved: frozenset[str]
    acting: Mapping[int, frozenset[str]] = field(default_factory=dict)
    told: Mapping[int, str] = field(default_factory=dict)


async def looked_at(pool: Pool, now: datetime) -> Staff:
    """The home department's posts."""
    day = today(now)
    before = [day - timedelta(days=n) for n in (1, 2)]
    rows = await pool.fetch(_HELD, HOME, [day, *before])
    acting = await pool.fetch(_ACTING, HOME, day)
    return Staff(
        held=frozenset(row["level"] for row in rows if row["held"] and row["day"] == day),
        lately=frozenset(row["level"] for row in rows if row["held"] and row["day"] != day),
        unserved=frozenset(row["id"] for row in rows if row["day"] == day and not row["served"]),
        acting={
            level: frozenset(row["officer"] for row in acting if row["level"] == level)
            for level in POSTS
        },
        told={level: _told([row for row in acting if row["level"] == level]) for level in POSTS},
    )


def _told(of_post: Sequence[asyncpg.Record]) -> str:
    """Its holder, else who is in charge of it, else its office: whoever is there."""
    there = {row["kind"]: row["number"] for row in of_post if row["kind"] and not row["away"]}
    return str(there.get("holder") or there.get("charge") or of_post[0]["office"])


@dataclass(frozen=True)
class Meanwhile:
    """Two looks, and what happened in between. `unclear`: levels that more than one change touched:
    how their posts were held between those, none of the looks tells.
    """

    before: Staff
    after: Staff
    unclear: frozenset[int] = frozenset()

    def ways(self) -> list[frozenset[int]]:
        """Each way in which levels may have been held."""
        each = []
        for level in POSTS:
            seen = {level in self.before.held, level in self.after.held}
            each.append({True, False} if level in self.unclear else seen)
        return [
            answering(level for level, held in zip(POSTS, way, strict=True) if held)
            for way in product(*each)
        ]

    def empty_for_days(self, level: int) -> bool:
        """Whether its post may have been held by nobody on the two days before."""
        looks = (self.before.lately, self.after.lately)
        return level in self.unclear or not all(level in lately for lately in looks)

    def may_be_told(self, level: int, number: str) -> bool:
        """Whether messages to its post may have gone to the number."""
        return level in self.unclear or number in {self.before.told[level], self.after.told[level]}

    def may_have_acted(self, level: int, officer: str) -> bool:
        """Whether the officer may have acted for its post."""
        looks = (self.before.acting, self.after.acting)
        return level in self.unclear or any(officer in acting[level] for acting in looks)


def meanwhile(before: Staff, after: Staff, changes: Iterable[tuple[str, int]]) -> Meanwhile:
    """`changes`: what was tried at which level's post; of some none knows whether it was done."""
    count = Counter(level for what, of in changes for level in touched(what, of))
    return Meanwhile(before, after, frozenset(level for level in count if count[level] > 1))


def answering(levels: Iterable[int]) -> frozenset[int]:
    """Where every post is vacant, the highest one's office answers."""
    return frozenset(levels) or frozenset({4})
