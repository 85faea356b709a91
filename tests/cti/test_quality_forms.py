"""A form is changed by a new version, whole; what was judged by an old one keeps to it."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace

import asyncpg
import pytest

from cti.errors import ConflictError, FieldsRefusedError
from cti.quality import Criterion, Form
from cti.quality_forms import Entered, checked, make_version, versions
from cti.reviews import load_form, review
from db.pool import Pool
from tests.cti.test_quality import BEST, NOW, Room, room

__all__ = ["room"]

GREETING = Entered("greeting", "अभिवादन", "Greeting", "5")
FRESH = Entered("", "धैर्य", "Patience, always", "20", fatal=True)


@pytest.fixture
async def forms(room: Room) -> AsyncIterator[Pool]:
    """With the version that came with the software alone, then and for the next test."""
    yield room.pool
    await only_the_first(room.pool)


async def only_the_first(pool: Pool) -> None:
    """What is never deleted is, where tests share a database."""
    await pool.execute("truncate quality_answer, quality_mark, quality_review")
    for table in ("quality_criterion", "quality_form"):
        await pool.execute(f"alter table {table} disable trigger user")
        await pool.execute(f"delete from {table} where version > 1")
        await pool.execute(f"alter table {table} enable trigger user")


async def latest(pool: Pool) -> Form:
    async with pool.acquire() as conn:
        return await load_form(conn, "call")


async def change(pool: Pool, form: Form, why: str = "बैठक") -> int:
    return await make_version(pool, form, by="user:7", why=why, now=NOW)


def test_a_new_criterion_gets_a_code_of_its_own_and_others_keep_theirs() -> None:
    found = checked([FRESH, GREETING, FRESH, Entered("", "नया", "नया", "1")])
    assert [one.code for one in found] == [
        "patience_always", "greeting", "patience_always_2", "criterion",
    ]  # fmt: skip
    assert found[0] == Criterion("patience_always", "धैर्य", "Patience, always", 20, fatal=True)


@pytest.mark.parametrize(
    ("entered", "faults"),
    [
        ([], {"criteria": "count"}),
        ([GREETING] * 2, {"criteria": "twice"}),
        ([GREETING, replace(FRESH, title_hi=" ", most="0")], {"hi-1": "title", "most-1": "points"}),
        ([replace(FRESH, title_en="x" * 121, most="१")], {"en-0": "title", "most-0": "points"}),
        ([replace(GREETING, most="101")], {"most-0": "points"}),
        ([FRESH] * 41, {"criteria": "count"}),
    ],
)
def test_what_is_wrong_with_a_form_is_named_by_its_line(
    entered: list[Entered], faults: dict[str, str]
) -> None:
    with pytest.raises(FieldsRefusedError) as refused:
        checked(entered)
    assert refused.value.fields == faults


async def test_calls_are_judged_by_the_new_version_and_corrections_keep_to_the_old_one(
    room: Room, forms: Pool
) -> None:
    old_call, new_call = await room.call(), await room.call(day=1)
    first, _ = await review(
        forms, old_call, form="call", points=BEST, comment="", reviewer="user:1", now=NOW
    )
    given = await latest(forms)
    kept = tuple(one for one in given.criteria if one.code != "greeting")
    wanted = replace(given, criteria=(*kept, Criterion("fresh", "नया", "New", 50)))
    assert await change(forms, wanted) == 2
    assert (await latest(forms)).criteria == wanted.criteria
    by_second: dict[str, int | None] = {one.code: one.most for one in wanted.criteria}
    with pytest.raises(ConflictError, match="changed meanwhile"):
        await review(
            forms, new_call, form="call", points=BEST, comment="", reviewer="user:1", now=NOW,
            version=1,
        )  # fmt: skip
    await review(
        forms, new_call, form="call", points=by_second, comment="", reviewer="user:1", now=NOW,
        version=2,
    )  # fmt: skip
    await review(
        forms, old_call, form="call", points={**BEST, "greeting": 1}, comment="",
        reviewer="user:1", now=NOW, corrects=first, version=1,
    )  # fmt: skip
    async with forms.acquire() as conn:
        told = [(one.form.version, one.made_by, one.why, one.reviews) for one in
                await versions(conn, "call")]  # fmt: skip
    assert told == [(2, "user:7", "बैठक", 1), (1, None, None, 2)]


async def test_a_version_is_somebodys_for_a_reason_and_changes_something(forms: Pool) -> None:
    given = await latest(forms)
    with pytest.raises(ConflictError, match="nothing is changed"):
        await change(forms, given)
    with pytest.raises(FieldsRefusedError) as refused:
        await change(forms, replace(given, title_en=" "), why=" ")
    assert refused.value.fields == {"title_en": "title", "why": "why"}
    assert (await latest(forms)).version == 1


async def test_of_two_who_change_a_form_at_once_one_is_told(forms: Pool) -> None:
    given = await latest(forms)
    results = await asyncio.gather(
        *(change(forms, replace(given, title_en=f"Call {n}")) for n in range(3)),
        return_exceptions=True,
    )
    assert sorted(map(str, results)) == [
        "2", *["somebody else has made a version meanwhile"] * 2,
    ]  # fmt: skip
    with pytest.raises(ConflictError, match="meanwhile"):
        await change(forms, replace(given, title_en="late"))


@pytest.mark.parametrize("table", ["quality_form", "quality_criterion"])
async def test_what_was_judged_by_is_not_rewritten(forms: Pool, table: str) -> None:
    with pytest.raises(asyncpg.RaiseError, match="append-only"):
        await forms.execute(f"update {table} set title_en = 'other'")
