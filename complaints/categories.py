"""The tree of categories: what can be registered upon, and how an agent finds it."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain

import asyncpg

from complaints.errors import InputFault, InvalidInputError
from complaints.finding import SOUND, score, sounds_like, words_of
from db.pool import Connection, Pool
from db.statements import statements

_ABOVE = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class CategoryInTree:
    """A category where it stands. `advice_hi`: where to go with what is out of scope; `advice_en`:
    the same in English, empty where nobody has said so.
    """

    code: str
    name_hi: str
    name_en: str
    parent: str | None
    leaf: bool
    in_scope: bool
    advice_hi: str | None
    advice_en: str
    keywords: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class FoundCategory:
    """A leaf that fits. `path`: the Hindi names above it, from the top."""

    category: CategoryInTree
    path: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class AnsweredCategory:
    """A leaf that a department answers. `level_days`: at L1, L2, ..."""

    code: str
    name_hi: str
    department: str
    level_days: tuple[int, ...]


async def answered_category(conn: Connection, code: str) -> AnsweredCategory:
    """The leaf of that code. Raises `InvalidInputError` (category): unknown, no leaf, no scope."""
    row = await statements().complaints_category(conn, code=code)
    must_be_leaf(row)
    if not row["in_scope"]:
        raise InvalidInputError("category", f"is not for this helpline: {row['advice_hi']}")
    return answered(row)


async def category_of_open(conn: Connection, code: str) -> AnsweredCategory:
    """The category of a complaint that an officer has, be it out of scope by now: what was in scope
    keeps its department.
    """
    return answered(await statements().complaints_category(conn, code=code))


def must_be_leaf(row: asyncpg.Record | None) -> None:
    """Raise `InvalidInputError` (category) where nothing can be registered upon it."""
    if row is None:
        raise InvalidInputError("category", "is unknown", InputFault.UNKNOWN)
    if not row["leaf"]:
        why = "is a heading: choose one of those under it"
        raise InvalidInputError("category", why, InputFault.HEADING)


def answered(row: asyncpg.Record) -> AnsweredCategory:
    """From a row of a leaf with a department."""
    return AnsweredCategory(
        code=row["code"],
        name_hi=row["name_hi"],
        department=row["department"],
        level_days=tuple(row["level_days"]),
    )


async def search(pool: Pool, words: str, at_most: int = 20) -> list[FoundCategory]:
    """Leaves that fit the words, in Hindi or English, best first; all of them for no words."""
    async with pool.acquire(timeout=5) as conn:
        rows = [row async for row in statements().complaints_category_tree(conn)]
    return find(map(_in_tree, rows), words)[:at_most]


async def by_code(pool: Pool, codes: Collection[str]) -> dict[str, FoundCategory]:
    """Those of these codes that there are, where they stand."""
    async with pool.acquire(timeout=5) as conn:
        rows = [row async for row in statements().complaints_category_tree(conn)]
    known = {row["code"]: _in_tree(row) for row in rows}
    return {
        code: FoundCategory(known[code], _path(_above(known[code], known)))
        for code in codes
        if code in known
    }


async def not_for_complaints(pool: Pool, codes: Collection[str]) -> list[str]:
    """Those of these codes upon which nothing can be registered: unknown, or headings."""
    known = await by_code(pool, codes)
    return sorted(code for code in codes if code not in known or not known[code].category.leaf)


def _in_tree(row: asyncpg.Record) -> CategoryInTree:
    return CategoryInTree(**dict(row) | {"keywords": tuple(row["keywords"])})


def _path(above: Sequence[CategoryInTree]) -> tuple[str, ...]:
    return tuple(one.name_hi for one in reversed(above))


def find(tree: Iterable[CategoryInTree], words: str) -> list[FoundCategory]:
    """As `search`, among these. Every word must fit: a keyword, a name, or a name above. Pure."""
    known = {one.code: one for one in tree}
    wanted = [word for word in words_of(words) if word]
    scored = []
    for one in known.values():
        if not one.leaf:
            continue
        above = _above(one, known)
        scores = [_score(word, one, above) for word in wanted]
        if all(scores):
            found = FoundCategory(one, _path(above))
            scored.append((-sum(scores), one.name_hi, one.code, found))
    return [found for *_, found in sorted(scored, key=lambda each: each[:3])]


def _above(one: CategoryInTree, known: Mapping[str, CategoryInTree]) -> list[CategoryInTree]:
    """The nearest first. A ring is cut."""
    line: list[CategoryInTree] = []
    at = known.get(one.parent) if one.parent else None
    while at is not None and at not in (one, *line):
        line.append(at)
        at = known.get(at.parent) if at.parent else None
    return line


def _score(word: str, one: CategoryInTree, above: Sequence[CategoryInTree]) -> int:
    own = words_of(one.name_hi, one.name_en, *one.keywords)
    if fits := score(word, own):
        return fits
    names = chain.from_iterable(words_of(each.name_hi, each.name_en) for each in above)
    if any(each.startswith(word) for each in names):
        return _ABOVE
    return SOUND if sounds_like(word, own) else 0
