"""Departments, places, categories, posts and officers: what complaints are mapped by."""

import json
from collections.abc import Sequence
from dataclasses import astuple, dataclass
from datetime import date
from typing import Any

import asyncpg

from complaints.errors import ReferenceDataError
from complaints.officers import Officer, TenureKind
from complaints.store import transaction
from db.pool import Connection, Pool
from db.statements import statements

#: From the largest to the smallest; the last four lie side by side.
PLACE_KINDS = ("state", "district", "tehsil", "block", "urban_body", "thana")


@dataclass(frozen=True, slots=True)
class Department:
    """A department, board, corporation or other body that answers complaints."""

    code: str
    name_hi: str
    name_en: str


@dataclass(frozen=True, slots=True)
class Place:
    """`kind`: state, district, tehsil, block, urban_body or thana. `parent`: None for the state."""

    code: str
    kind: str
    name_hi: str
    name_en: str
    parent: str | None


@dataclass(frozen=True, slots=True)
class Category:
    """What a complaint is about. `level_days`: days at L1, L2, L3, L4.

    Without a department it is a heading, or out of scope: then `advice_hi` says where to go, and
    `advice_en` the same in English; where that is empty, the Hindi one stands in for it.
    """

    code: str
    name_hi: str
    name_en: str
    department: str | None = None
    level_days: tuple[int, int, int, int] | None = None
    parent: str | None = None
    in_scope: bool = True
    advice_hi: str | None = None
    keywords: tuple[str, ...] = ()
    advice_en: str = ""

    @property
    def is_leaf(self) -> bool:
        """Whether something can be registered upon it. The schema says the same."""
        return self.department is not None or not self.in_scope


@dataclass(frozen=True, slots=True)
class PostRow:
    """An officer's post. `number`: its office's (E.164). `vacant_from`: the mark of a vacancy.

    `title_en`: where it has an English title; the Hindi one stands in for it.
    `categories`: codes of the nodes that it is for, each with all below; none: for whatever its
    department answers.
    """

    id: str
    title: str
    department: str
    place: str
    level: int
    number: str
    vacant_from: date | None = None
    title_en: str = ""
    categories: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Tenure:
    """An officer holds a post, or has additional charge of it. Days in India, both included."""

    post: str
    officer: str
    kind: TenureKind
    from_on: date
    until_on: date | None = None


@dataclass(frozen=True, slots=True)
class Leave:
    """An officer is away."""

    officer: str
    from_on: date
    until_on: date | None = None


@dataclass(frozen=True, slots=True)
class Holiday:
    """Offices that keep `calendar` are closed, besides the weekly days. `state`: most of them."""

    calendar: str
    on_date: date
    name_hi: str


@dataclass(frozen=True, slots=True)
class ReferenceData:
    """One load. What is there already under the same code is brought up to date."""

    departments: Sequence[Department] = ()
    places: Sequence[Place] = ()
    categories: Sequence[Category] = ()
    posts: Sequence[PostRow] = ()
    officers: Sequence[Officer] = ()
    tenures: Sequence[Tenure] = ()
    leaves: Sequence[Leave] = ()
    holidays: Sequence[Holiday] = ()


async def load(pool: Pool, data: ReferenceData) -> None:
    """Insert or update all rows in one transaction: all or nothing.

    Raises `ReferenceDataError` with the database's words when rows contradict each other.
    """
    async with transaction(pool) as conn:
        await put(conn, data)


async def put(conn: Connection, data: ReferenceData) -> None:
    """As `load`, in the caller's transaction."""
    try:
        await _put_matters(conn, data)
        await _put_officers(conn, data)
    except (asyncpg.IntegrityConstraintViolationError, asyncpg.DataError) as error:
        raise ReferenceDataError(str(error)) from error


async def _put_matters(conn: Connection, data: ReferenceData) -> None:
    run = statements()
    await run.complaints_put_departments(
        conn, **_columns(data.departments, "codes", "names_hi", "names_en")
    )
    await run.complaints_put_places(
        conn, **_columns(data.places, "codes", "kinds", "names_hi", "names_en", "parents")
    )
    days = [category.level_days or (None,) * 4 for category in data.categories]
    await run.complaints_put_categories(
        conn,
        **_columns(data.categories, "codes", "names_hi", "names_en", "departments"),
        **{f"days_{level}": [of[level - 1] for of in days] for level in (1, 2, 3, 4)},
        parents=[category.parent for category in data.categories],
        scopes=[category.in_scope for category in data.categories],
        advices=[category.advice_hi for category in data.categories],
        advices_en=[category.advice_en for category in data.categories],
        keywords=[json.dumps(category.keywords) for category in data.categories],
    )


async def _put_officers(conn: Connection, data: ReferenceData) -> None:
    run = statements()
    await _put_posts(conn, data.posts)
    await run.officers_put(conn, **_columns(data.officers, "codes", "names", "numbers", "emails"))
    tenures = ("posts", "officers", "kinds", "first_days", "last_days")
    await run.officers_put_tenures(conn, **_columns(data.tenures, *tenures))
    leaves = ("officers", "first_days", "last_days")
    await run.officers_put_leaves(conn, **_columns(data.leaves, *leaves))
    await run.officers_put_holidays(
        conn, **_columns(data.holidays, "calendars", "days", "names_hi")
    )


async def _put_posts(conn: Connection, posts: Sequence[PostRow]) -> None:
    run = statements()
    columns = (
        *("ids", "titles", "departments", "places", "levels", "numbers", "vacancies"),
        "titles_en",
    )
    await run.complaints_clear_post_categories(conn, posts=[post.id for post in posts])
    await run.complaints_put_posts(
        conn, **_columns(posts, *columns), limited=[bool(post.categories) for post in posts]
    )
    limits = [(post.id, category) for post in posts for category in post.categories]
    await run.complaints_put_post_categories(
        conn, posts=[post for post, _ in limits], categories=[category for _, category in limits]
    )


def _columns(rows: Sequence[Any], *names: str) -> dict[str, list[Any]]:
    """The first fields of dataclass rows, one list for each name."""
    return {name: [astuple(row)[n] for row in rows] for n, name in enumerate(names)}
