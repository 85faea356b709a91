"""Departments, places, categories and posts, by which complaints are mapped: all or nothing."""

from collections.abc import Sequence
from dataclasses import astuple, dataclass
from typing import Any

import asyncpg

from complaints.errors import ReferenceDataError
from complaints.store import transaction
from db.pool import Pool
from db.statements import statements


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
    """What a complaint is about. `level_days`: calendar days at L1, L2, L3, L4."""

    code: str
    name_hi: str
    name_en: str
    department: str
    level_days: tuple[int, int, int, int]


@dataclass(frozen=True, slots=True)
class PostRow:
    """An officer's post. `number`: where its holder's SMS go (E.164)."""

    id: str
    title: str
    department: str
    place: str
    level: int
    number: str


@dataclass(frozen=True, slots=True)
class ReferenceData:
    """One load. What is there already under the same code is brought up to date."""

    departments: Sequence[Department] = ()
    places: Sequence[Place] = ()
    categories: Sequence[Category] = ()
    posts: Sequence[PostRow] = ()


async def load(pool: Pool, data: ReferenceData) -> None:
    """Insert or update all rows in one transaction.

    Raises `ReferenceDataError` with the database's words when rows contradict each other.
    """
    put = statements()
    days = [category.level_days for category in data.categories]
    try:
        async with transaction(pool) as conn:
            await put.complaints_put_departments(
                conn, **_columns(data.departments, "codes", "names_hi", "names_en")
            )
            await put.complaints_put_places(
                conn, **_columns(data.places, "codes", "kinds", "names_hi", "names_en", "parents")
            )
            await put.complaints_put_categories(
                conn,
                **_columns(data.categories, "codes", "names_hi", "names_en", "departments"),
                **{f"days_{level}": [of[level - 1] for of in days] for level in (1, 2, 3, 4)},
            )
            await put.complaints_put_posts(
                conn,
                **_columns(
                    data.posts, "ids", "titles", "departments", "places", "levels", "numbers"
                ),
            )
    except (asyncpg.IntegrityConstraintViolationError, asyncpg.DataError) as error:
        raise ReferenceDataError(str(error)) from error


def _columns(rows: Sequence[Any], *names: str) -> dict[str, list[Any]]:
    """The first fields of dataclass rows, one list for each name."""
    return {name: [astuple(row)[n] for row in rows] for n, name in enumerate(names)}
