"""Departments, places, posts and officers of a state, made up: the size of one, names of none.

A few departments get nearly all complaints, as everywhere: their first level sits in the tehsils.
"""

from bisect import bisect
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from itertools import accumulate
from random import Random

from complaints.lifecycle import Terms
from complaints.mapping import Ladder, Post
from complaints.officers import Officer, TenureKind
from complaints.policy import UP_1076
from complaints.reference import Category, Department, Place, PostRow, ReferenceData, Tenure

#: The moment at which the made-up state is looked at.
NOW = datetime(2026, 3, 1, 6, 0, tzinfo=UTC)
DEPARTMENTS, BUSY_DEPARTMENTS, BUSY_SHARE = 61, 10, 0.80
DISTRICTS, TEHSILS_EACH, CATEGORIES_EACH = 75, 5, 4
_STATE = "up"
_DAYS = ((7, 15, 15, 30), (3, 7, 15, 15), (15, 15, 30, 30), (10, 15, 30, 30))
_MATTERS = ("पेयजल आपूर्ति बाधित", "सड़क क्षतिग्रस्त", "भुगतान लंबित", "अवैध कब्जा")
_HELD_SINCE = date(2020, 1, 1)


@dataclass(frozen=True, slots=True)
class Matter:
    """What a complaint can be about, and where."""

    category: str
    category_name: str
    place: str
    place_name: str
    terms: Terms


def reference_data() -> ReferenceData:
    """All of it, the same every time."""
    departments = [
        Department(_department(n), f"विभाग {n + 1}", f"Department {n + 1}")
        for n in range(DEPARTMENTS)
    ]
    posts = [post for n in range(DEPARTMENTS) for post in _posts(n)]
    return ReferenceData(
        departments=departments,
        places=_places(),
        categories=[one for n in range(DEPARTMENTS) for one in _categories(n)],
        posts=posts,
        officers=[Officer(f"O-{post.id}", f"अधिकारी {n}", None) for n, post in enumerate(posts)],
        tenures=[Tenure(post.id, f"O-{post.id}", TenureKind.HOLDER, _HELD_SINCE) for post in posts],
    )


class Matters:
    """Draws what complaints are about: ten departments make four fifths of them."""

    def __init__(self) -> None:
        self._categories = [_categories(n) for n in range(DEPARTMENTS)]
        busy = BUSY_SHARE / BUSY_DEPARTMENTS
        other = (1 - BUSY_SHARE) / (DEPARTMENTS - BUSY_DEPARTMENTS)
        shares = [busy if _is_busy(n) else other for n in range(DEPARTMENTS)]
        self._up_to = list(accumulate(shares))
        posts = (post for n in range(DEPARTMENTS) for post in _posts(n))
        self._posts = {(post.department, post.place, post.level): post for post in posts}
        self._known: dict[tuple[int, int, int, int], Matter] = {}

    def draw(self, rng: Random) -> Matter:
        """One of them."""
        department = min(bisect(self._up_to, rng.random()), DEPARTMENTS - 1)
        category = int(CATEGORIES_EACH * rng.random() ** 2)  # the first is asked about most
        district, tehsil = int(DISTRICTS * rng.random()), int(TEHSILS_EACH * rng.random())
        which = (department, category, district, tehsil)
        if which not in self._known:
            self._known[which] = self._matter(*which)
        return self._known[which]

    def _matter(self, department: int, category: int, district: int, tehsil: int) -> Matter:
        about = self._categories[department][category]
        place = _tehsil(district, tehsil)
        above = (place, _district(district), _STATE)
        posts = {
            level: _as_mapped(post)
            for level in (1, 2, 3, 4)
            for at in reversed(above)
            if (post := self._posts.get((_department(department), at, level)))
        }
        terms = Terms(UP_1076, Ladder(posts), _DAYS[category])
        return Matter(about.code, about.name_hi, place, _tehsil_name(district, tehsil), terms)


def _as_mapped(post: PostRow) -> Post:
    return Post(post.id, post.title, post.level, post.place, post.number)


def _is_busy(department: int) -> bool:
    return department < BUSY_DEPARTMENTS


def _department(n: int) -> str:
    return f"dep-{n:02d}"


def _district(n: int) -> str:
    return f"d{n:02d}"


def _tehsil(district: int, n: int) -> str:
    return f"d{district:02d}-t{n}"


def _tehsil_name(district: int, n: int) -> str:
    return f"तहसील {n + 1}, जनपद {district + 1}"


def _places() -> Sequence[Place]:
    districts = [
        Place(_district(n), "district", f"जनपद {n + 1}", f"District {n + 1}", _STATE)
        for n in range(DISTRICTS)
    ]
    tehsils = [
        Place(_tehsil(n, t), "tehsil", _tehsil_name(n, t), f"Tehsil {n + 1}.{t + 1}", _district(n))
        for n in range(DISTRICTS)
        for t in range(TEHSILS_EACH)
    ]
    return [Place(_STATE, "state", "प्रदेश", "State", None), *districts, *tehsils]


def _categories(n: int) -> Sequence[Category]:
    return [
        Category(
            f"{_department(n)}-{m}", f"{matter} ({n + 1})", f"Matter {n}.{m}", _department(n), days
        )
        for m, (matter, days) in enumerate(zip(_MATTERS, _DAYS, strict=True))
    ]


def _posts(n: int) -> Sequence[PostRow]:
    districts = [_district(d) for d in range(DISTRICTS)]
    tehsils = [_tehsil(d, t) for d in range(DISTRICTS) for t in range(TEHSILS_EACH)]
    where = {1: tehsils, 2: districts} if _is_busy(n) else {1: districts, 2: [_STATE]}
    return [
        PostRow(
            f"L{level}-{n:02d}-{place}",
            f"अधिकारी स्तर-{level}, विभाग {n + 1}",
            _department(n),
            place,
            level,
            f"+9194{n:02d}{level}{at:05d}",
        )
        for level, places in (where | {3: [_STATE], 4: [_STATE]}).items()
        for at, place in enumerate(places)
    ]
