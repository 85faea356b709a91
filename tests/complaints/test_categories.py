"""The tree of categories: what the schema holds, and how an agent finds a leaf."""

import unicodedata
from dataclasses import replace

import asyncpg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from complaints.categories import CategoryInTree, find, not_for_complaints, search
from complaints.errors import InvalidInputError, ReferenceDataError
from complaints.finding import fold, sounds_like
from complaints.reference import Category, ReferenceData, load
from tests.complaints.moves import returned, sorted_to
from tests.complaints.world import DAYS, World


def category(
    code: str,
    hindi: str,
    english: str,
    parent: str | None = None,
    *keywords: str,
    leaf: bool = True,
) -> CategoryInTree:
    return CategoryInTree(
        code=code, name_hi=hindi, name_en=english, parent=parent, leaf=leaf, in_scope=True,
        advice_hi=None, advice_en="", keywords=keywords,
    )  # fmt: skip


TREE = [
    category("water", "पेयजल", "Drinking water", leaf=False),
    category("handpump", "हैंडपंप खराब", "Broken hand pump", "water", "नल", "borewell"),
    category("pipe", "पाइप टूटा", "Pipe burst", "water", "नल"),
    category("road", "सड़क में गड्ढा", "Pothole", None, "गढ्ढा", "रोड"),
]


def found(words: str) -> list[str]:
    return [one.category.code for one in find(TREE, words)]


@pytest.mark.parametrize(
    ("words", "codes"),
    [
        ("हैंडपंप", ["handpump"]),
        ("हैण्ड", []),
        ("हैंड", ["handpump"]),
        ("PUMP broken", ["handpump"]),
        ("borewell", ["handpump"]),
        ("नल", ["pipe", "handpump"]),  # of equal fit: by Hindi name
        ("पेयजल", ["pipe", "handpump"]),  # by the name above
        ("water pipe", ["pipe"]),
        ("pump pothole", []),  # every word must fit
        ("सडक", ["road"]),  # without the dot below
        ("गड्ढा", ["road"]),
        ("hole", ["road"]),
    ],
)
def test_leaves_are_found_in_hindi_and_english(words: str, codes: list[str]) -> None:
    assert found(words) == codes


def test_without_words_all_leaves_are_offered_and_no_heading() -> None:
    assert sorted(found(" ")) == ["handpump", "pipe", "road"]


def test_what_is_found_says_where_it_stands() -> None:
    [one] = find(TREE, "borewell")
    assert one.path == ("पेयजल",)


@given(st.text(alphabet="कखगड़ढ़ँंािAb \u093c\u200d", max_size=12))
def test_spelling_and_unicode_forms_make_no_difference(text: str) -> None:
    for form in ("NFC", "NFD"):
        assert fold(unicodedata.normalize(form, text)) == fold(text)
    assert fold(fold(text)) == fold(text)
    assert fold(text.upper()) == fold(text)
    assert fold(text.replace("ँ", "ं")) == fold(text)


@given(st.permutations(TREE), st.sampled_from(["नल", "", "pump", "पेयजल"]))
def test_the_order_of_rows_changes_nothing(tree: list[CategoryInTree], words: str) -> None:
    assert find(tree, words) == find(TREE, words)


def test_a_ring_among_parents_is_survived() -> None:
    ring = [category("a", "क", "a", "b"), category("b", "ख", "b", "a", leaf=False)]
    assert [one.path for one in find(ring, "a")] == [("ख",)]


async def test_search_reads_the_recorded_tree(world: World) -> None:
    await load(
        world.pool,
        ReferenceData(
            categories=[
                Category("handpump", "हैंडपंप खराब", "Broken hand pump", "jal-nigam", DAYS, "water",
                         keywords=("नल", "chapakal")),
                Category("water", "पेयजल", "Drinking water"),
            ]
        ),
    )  # fmt: skip
    assert await not_for_complaints(world.pool, ["handpump", "water", "nothing"]) == [
        "nothing",
        "water",
    ]
    [one] = await search(world.pool, "Chapakal")
    assert (one.category.code, one.category.keywords, one.path) == (
        "handpump",
        ("नल", "chapakal"),
        ("पेयजल",),
    )
    assert len(await search(world.pool, "", at_most=1)) == 1


@pytest.mark.parametrize(
    ("row", "constraint"),
    [
        (Category("x", "क", "x", "jal-nigam", None), "a_department_has_its_days"),
        (Category("x", "क", "x", None, DAYS), "a_department_has_its_days"),
        (Category("x", "क", "x", in_scope=False), "out_of_scope_says_where_to_go"),
        (Category("x", "क", "x", in_scope=False, advice_hi=""), "out_of_scope_says_where_to_go"),
        (Category("x", "क", "x", parent="x"), "not_within_itself"),
        (Category("x", "क", "x", parent="handpump"), "no_category_lies_under_a_leaf"),
        (Category("x", "क", "x", parent="nowhere"), "no_category_lies_under_a_leaf"),
    ],
)
async def test_the_schema_holds_the_tree(world: World, row: Category, constraint: str) -> None:
    with pytest.raises(ReferenceDataError, match=constraint):
        await load(world.pool, ReferenceData(categories=[row]))


async def test_a_leaf_with_complaints_does_not_become_a_heading(world: World) -> None:
    await world.register()
    heading = Category("handpump", "हैंडपंप", "Pump")
    with pytest.raises(ReferenceDataError, match="only_a_leaf_is_registered_upon"):
        await load(world.pool, ReferenceData(categories=[heading]))


async def test_a_heading_with_leaves_does_not_become_one(world: World) -> None:
    rows = [
        Category("water", "पेयजल", "Drinking water"),
        Category("well", "कुआँ", "Well", "jal-nigam", DAYS, "water"),
    ]
    await load(world.pool, ReferenceData(categories=rows))
    with pytest.raises(asyncpg.ForeignKeyViolationError, match="no_category_lies_under_a_leaf"):
        await world.pool.execute(
            "update category set department = 'jal-nigam', level_days = '{1,2,3,4}'"
            " where code = 'water'"
        )


async def test_nothing_is_mapped_anew_to_a_heading_or_to_what_is_out_of_scope(
    world: World,
) -> None:
    rows = (
        Category("water", "पेयजल", "Drinking water", None, None),
        replace(
            Category("rti", "सूचना का अधिकार", "Right to information", None, None),
            in_scope=False,
            advice_hi="जन सूचना अधिकारी से मिलें",
        ),
    )
    await load(world.pool, ReferenceData(categories=rows))
    number = (await world.register()).number
    await returned(world, number)
    for code, why in (("water", "a heading"), ("rti", "जन सूचना"), ("xyz", "unknown")):
        with pytest.raises(InvalidInputError, match=why):
            await sorted_to(world, number, category=code)


@pytest.mark.parametrize(
    ("typed", "hindi"),
    [
        ("rashan", "राशन"), ("vridha", "वृद्धावस्था"), ("pension", "पेंशन"), ("handpump", "हैंडपंप"),
        ("vidhva", "विधवा"), ("chhatravriti", "छात्रवृत्ति"), ("awas", "आवास"), ("gyan", "ज्ञान"),
    ],
)  # fmt: skip
def test_hindi_in_latin_letters_is_found_by_its_sound(typed: str, hindi: str) -> None:
    assert sounds_like(typed, [fold(hindi)])
    assert not sounds_like(typed, [fold("बिजली"), "ration"])
