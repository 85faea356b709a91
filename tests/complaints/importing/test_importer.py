"""Files into the database: all or nothing, the same again changes nothing, nothing is deleted."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from complaints.errors import ImportUnderWayError, ReferenceDataError
from complaints.importing import importer
from complaints.importing.checks import check
from complaints.importing.importer import Changes, Report, Tables, import_tables
from complaints.importing.known import Known
from complaints.importing.layouts import Key, Kind, Located, Row
from complaints.importing.telling import render_report
from complaints.mapping import ladder_for
from complaints.policy import UP_1076
from complaints.reference import Category, Department, load
from db.pool import Pool
from tests.complaints.importing.files import STATE, state, tables
from tests.complaints.moves import swept, transferred
from tests.complaints.world import REFERENCE, World
from tests.conftest import EMPTY
from tests.db.killed import Trial, UseCase

COUNTS = """
    select (select count(*) from department), (select count(*) from place),
           (select count(*) from category), (select count(*) from post),
           (select count(*) from officer), (select count(*) from tenure),
           (select count(*) from officer_leave), (select count(*) from holiday)
"""
NOON = datetime(2025, 11, 20, 6, 30, tzinfo=UTC)


async def counts(pool: Pool) -> tuple[int, ...]:
    row = await pool.fetchrow(COUNTS)
    assert row is not None
    return tuple(row)


async def told(pool: Pool, files: Tables) -> list[str]:
    before = await counts(pool)
    report = await import_tables(pool, files)
    assert not report.written
    assert await counts(pool) == before
    return [str(fault) for fault in report.faults]


def more(kind: Kind, *lines: str) -> dict[str, str]:
    return {str(kind): STATE[kind] + "".join(f"{line}\n" for line in lines)}


def only(kind: Kind, *lines: str) -> dict[str, str]:
    return {str(kind): "\n".join([STATE[kind].splitlines()[0], *lines])}


def state_without_posts() -> dict[str, str]:
    kinds = (Kind.DEPARTMENTS, Kind.PLACES, Kind.CATEGORIES)
    return {str(kind): STATE[kind] for kind in kinds}


async def test_a_whole_state_is_imported_at_once_and_works(pool: Pool) -> None:
    report = await import_tables(pool, state())
    assert report.written
    assert await counts(pool) == (1, 3, 1, 2, 2, 2, 1, 1)
    async with pool.acquire() as conn:
        ladder = await ladder_for(conn, "water", "handpump", "b1", NOON)
    # L2 is marked vacant; E1 of L1 is on leave, E2 in charge has no number of their own.
    assert {level: post.number for level, post in ladder.posts.items()} == {1: "+919415000001"}


async def test_a_second_import_changes_nothing(pool: Pool) -> None:
    await import_tables(pool, state())
    versions = "select array_agg(xmin::text order by id) from post"
    before = await pool.fetchval(versions)
    report = await import_tables(pool, state())
    assert {(len(one.new), len(one.changed)) for one in report.changes.values()} == {(0, 0)}
    assert sum(one.unchanged for one in report.changes.values()) == 13
    assert await pool.fetchval(versions) == before


async def test_what_differs_is_brought_up_to_date(pool: Pool) -> None:
    await import_tables(pool, state())
    changed = STATE[Kind.TENURES].replace("2024-01-01,", "2024-01-01,2025-11-30")
    report = await import_tables(pool, tables(tenures=changed + "L1,E2,holder,2025-12-01,\n"))
    assert (len(report.changes[Kind.TENURES].new), len(report.changes[Kind.TENURES].changed)) == (
        1,
        1,
    )
    rows = await pool.fetch(
        "select officer, until_on::text from tenure where kind = 'holder' order by from_on"
    )
    assert [tuple(row) for row in rows] == [("E1", "2025-11-30"), ("E2", None)]


async def test_two_posts_may_change_places_in_one_import(pool: Pool) -> None:
    posts = only(Kind.POSTS, "L1,a,water,b1,1,9415000001,", "L2,b,water,b1,2,9415000002,")
    await import_tables(pool, state(**posts))
    swapped = only(Kind.POSTS, "L1,a,water,b1,2,9415000001,", "L2,b,water,b1,1,9415000002,")
    assert (await import_tables(pool, tables(**swapped))).written


async def test_rows_in_no_file_stay_and_are_told(pool: Pool) -> None:
    await import_tables(pool, state())
    report = await import_tables(pool, tables(**only(Kind.POSTS, "L9,c,water,up,4,9415000009,")))
    assert report.changes[Kind.POSTS].absent == [("L1",), ("L2",)]
    assert "posts: 2 recorded in no file, they stay: L1, L2" in render_report(report)
    assert await pool.fetchval("select count(*) from post") == 3


async def test_a_wrong_tenure_is_replaced_only_when_removal_is_asked_for(pool: Pool) -> None:
    await import_tables(pool, state())
    right = tables(
        **only(Kind.TENURES, "L1,E1,,2024-02-01,"), **only(Kind.LEAVES), **only(Kind.HOLIDAYS)
    )
    assert len((await import_tables(pool, right)).faults) == 1
    report = await import_tables(pool, right, remove_absent=True)
    assert report.written
    assert "tenures: 2 recorded in no file, removed: L1 charge 2025-11-17" in render_report(report)
    assert await counts(pool) == (1, 3, 1, 2, 2, 1, 0, 0)
    assert await pool.fetchval("select from_on::text from tenure") == "2024-02-01"


async def test_what_complaints_may_refer_to_is_never_removed(pool: Pool) -> None:
    await import_tables(pool, state())
    files = tables(**only(Kind.POSTS), **only(Kind.OFFICERS))
    report = await import_tables(pool, files, remove_absent=True)
    assert "posts: 2 recorded in no file, they stay: L1, L2" in render_report(report)
    assert await counts(pool) == (1, 3, 1, 2, 2, 2, 1, 1)


async def test_a_column_that_the_file_lacks_leaves_what_is_recorded(pool: Pool) -> None:
    await import_tables(pool, state())
    posts = "code,title,department,place,level,number\nL2,नया,water,d1,2,9415000002\n"
    officers = "code,name\nE1,अनीता देवी\n"
    assert (await import_tables(pool, tables(posts=posts, officers=officers))).written
    assert await pool.fetchval("select vacant_from::text from post where id = 'L2'") == "2025-11-01"
    assert await pool.fetchval("select number from officer where code = 'E1'") == "+919415100001"


async def test_an_address_is_recorded_and_stays_while_no_file_speaks_of_it(pool: Pool) -> None:
    await import_tables(pool, state())
    with_address = "code,name,email\nE1,अनीता,anita@up.example.in\n"
    assert (await import_tables(pool, tables(officers=with_address))).written
    assert (await import_tables(pool, tables(officers="code,name\nE1,अ\n"))).written
    address = "select email from officer where code = 'E1'"
    assert await pool.fetchval(address) == "anita@up.example.in"
    taken_back = "code,name,email\nE1,अनीता,\n"
    assert (await import_tables(pool, tables(officers=taken_back))).written
    assert await pool.fetchval(address) is None


async def test_a_post_that_had_complaints_keeps_its_level(pool: Pool) -> None:
    await import_tables(pool, state())
    risen = tables(**only(Kind.POSTS, "L1,नया,water,b1,3,9415000001,"))
    assert (await import_tables(pool, risen, dry_run=True)).faults == ()
    world = World(pool)
    await world.register(world.form(place="b1"))
    report = await import_tables(pool, risen, dry_run=True)
    assert [str(fault) for fault in report.faults] == [
        "posts.csv:2: level: it had complaints at level 1: give the new post a new code"
    ]


@pytest.mark.parametrize(
    ("post", "limits", "risen"),
    [("L2-LAL", 2, "lalitpur,1"), ("L1-MAH", 1, "lalitpur-mahroni,2")],
    ids=["was handed a bundle", "proposed something"],
)
async def test_a_post_whose_complaints_went_up_unanswered_keeps_its_level_all_the_same(
    pool: Pool, post: str, limits: int, risen: str
) -> None:
    await load(pool, REFERENCE)
    world = World(pool, replace(UP_1076, transfer_needs_approval=True))
    one = await world.register()
    if post == "L1-MAH":
        await transferred(world, one.number)
    for _ in range(limits):
        world.later(days=20)
        assert await swept(world) == 1
    assert await world.post_of(one.number) != post
    files = tables(**only(Kind.POSTS, f"{post},नया,jal-nigam,{risen},9415000001,"))
    [fault] = (await import_tables(pool, files, dry_run=True)).faults
    assert "level: it had complaints at level" in str(fault)


async def test_an_empty_cell_takes_back_what_was_recorded(pool: Pool) -> None:
    await import_tables(pool, state())
    await import_tables(pool, tables(**only(Kind.POSTS, "L2,नया,water,d1,2,9415000002,")))
    assert await pool.fetchval("select vacant_from from post where id = 'L2'") is None


async def test_a_dry_run_tells_what_would_change_and_writes_nothing(pool: Pool) -> None:
    report = await import_tables(pool, state(), dry_run=True)
    assert (report.written, len(report.changes[Kind.PLACES].new)) == (False, 3)
    assert render_report(report).endswith("dry run: nothing was written")
    assert await counts(pool) == (0,) * 8


async def test_one_bad_row_keeps_all_files_out(pool: Pool) -> None:
    assert await told(pool, state(**more(Kind.HOLIDAYS, "2026-02-30,x"))) == [
        "holidays.csv:3: date is no day: '2026-02-30'"
    ]


async def test_all_faults_of_all_files_are_told_at_once(pool: Pool) -> None:
    faulty = state(
        **more(Kind.PLACES, "b2,block,अ,A,d9"),
        **more(Kind.CATEGORIES, "handpump,अ,A,no-such,0,1,1,1", "k,अ,A,no-such,1,1,1,1"),
        **more(Kind.TENURES, "L7,E1,,2025-01-01,", "L2,E7,,2025-01-01,"),
        **more(Kind.LEAVES, "E8,2025-01-01,"),
    )
    assert await told(pool, faulty) == [
        "categories.csv:3: categories: handpump is in categories.csv:2 already",
        "categories.csv:3: days_1 is not 1 to 365: '0'",
        "categories.csv:4: department is not among the departments: 'no-such'",
        "leaves.csv:3: officer is not among the officers: 'E8'",
        "places.csv:5: parent is not among the places: 'd9'",
        "tenures.csv:4: post is not among the posts: 'L7'",
        "tenures.csv:5: officer is not among the officers: 'E7'",
    ]


async def test_a_row_with_faults_is_not_told_again_by_those_that_refer_to_it(pool: Pool) -> None:
    departments = STATE[Kind.DEPARTMENTS].replace("Jal Nigam", "")
    assert await told(pool, state(departments=departments)) == [
        "departments.csv:2: name_en is empty"
    ]


@pytest.mark.parametrize(
    ("lines", "reasons"),
    [
        (
            ["up,state,अ,A,b1"],
            ["1: parent: a state has a parent", "1: parent: a state does not lie"],
        ),
        (["d1,district,अ,A,"], ["1: parent: a district is empty"]),
        (
            ["d1,district,अ,A,b1"],
            ["1: parent: a district does not lie in a block", "1: parent: d1 would"],
        ),
        (["b1,block,अ,A,t1", "t1,tehsil,अ,A,b1"], ["1: parent: b1 would", "2: parent: t1 would"]),
        (["t1,hamlet,अ,A,d1"], ["1: kind is not one of state, district,"]),
    ],
)
async def test_places_lie_in_larger_places(
    pool: Pool, lines: list[str], reasons: list[str]
) -> None:
    await import_tables(pool, state())
    found = await told(pool, tables(**only(Kind.PLACES, *lines)))
    expected = [f"places.csv:{int(reason[0]) + 1}{reason[1:]}" for reason in reasons]
    assert len(found) >= len(expected)
    for reason in expected:
        assert any(fault.startswith(reason) for fault in found), (reason, found)


async def test_a_department_has_one_post_for_all_its_categories_at_a_place_and_level(
    pool: Pool,
) -> None:
    twin = ["L3,c,water,b1,1,9415000003,"]
    assert await told(pool, state(**more(Kind.POSTS, *twin))) == [
        "posts.csv:4: department, place and level are those of post L1 (posts.csv:2)"
    ]
    await import_tables(pool, state())
    assert await told(pool, tables(**only(Kind.POSTS, *twin))) == [
        "posts.csv:2: department, place and level are those of post L1"
        " (recorded before, in no file)"
    ]


_LIMITED = "code,title,department,place,level,number,categories\n"


async def test_a_post_for_some_categories_is_imported_read_back_and_changed(pool: Pool) -> None:
    limited = _LIMITED + "L3,c,water,b1,1,9415000003,pump; handpump ;pump\n"
    tree = more(Kind.CATEGORIES, "pump,पंप,Pump,water,7,7,7,7")
    assert (await import_tables(pool, state(**tree))).written
    assert (await import_tables(pool, tables(posts=limited))).written
    kept = "select post, category, department, place, level from post_category order by category"
    assert [tuple(row) for row in await pool.fetch(kept)] == [
        ("L3", "handpump", "water", "b1", 1),
        ("L3", "pump", "water", "b1", 1),
    ]
    again = await import_tables(pool, tables(posts=limited))
    assert again.changes[Kind.POSTS].unchanged == 1
    silent = only(Kind.POSTS, "L3,c,water,b1,1,9415000003,")
    assert (await import_tables(pool, tables(**silent))).changes[Kind.POSTS].unchanged == 1
    moved = _LIMITED + "L3,c,water,d1,3,9415000003,pump\n"
    assert (await import_tables(pool, tables(posts=moved))).written
    assert [tuple(row) for row in await pool.fetch(kept)] == [("L3", "pump", "water", "d1", 3)]
    whole = _LIMITED + "L3,c,water,d1,3,9415000003,\n"
    assert (await import_tables(pool, tables(posts=whole))).written
    assert await pool.fetch(kept) == []


async def test_what_is_wrong_with_a_posts_categories_is_told_with_line_and_reason(
    pool: Pool,
) -> None:
    posts = _LIMITED + (
        "A,a,water,b1,1,9415000001,handpump\n"
        "B,b,water,b1,1,9415000002,handpump;nowhere\n"
        "C,c,water,b1,1,9415000003,rti\n"
        "D,d,water,b1,1,9415000004,hand pump\n"
        "E,e,water,b1,2,9415000005,handpump\n"
    )
    rti = more(Kind.CATEGORIES, "rti,आरटीआई,RTI,other,7,7,7,7")
    other = more(Kind.DEPARTMENTS, "other,अन्य,Other")
    assert await told(pool, tables(**state_without_posts() | rti | other, posts=posts)) == [
        "posts.csv:3: categories is not among the categories: 'nowhere'",
        "posts.csv:3: department, place and level and category handpump are those of post A"
        " (posts.csv:2)",
        "posts.csv:4: categories: water answers nothing of 'rti'",
        "posts.csv:5: categories is not a code: 'hand pump'",
    ]


async def test_overlapping_tenures_and_leaves_are_told_with_the_other_one(pool: Pool) -> None:
    overlapping = state(
        **more(Kind.TENURES, "L1,E2,,2025-06-01,2025-07-01"),
        **more(Kind.LEAVES, "E1,2025-11-23,"),
    )
    assert await told(pool, overlapping) == [
        "leaves.csv:3: overlaps that of E1 from 2025-11-17 until 2025-11-23 (leaves.csv:2)",
        "tenures.csv:4: overlaps that of E1 from 2024-01-01 until further orders (tenures.csv:2)",
    ]
    await import_tables(pool, state())
    assert await told(pool, tables(**only(Kind.TENURES, "L1,E2,,2023-06-01,2024-01-01"))) == [
        "tenures.csv:2: overlaps that of E1 from 2024-01-01 until further orders"
        " (recorded before, in no file)"
    ]


async def test_a_short_tenure_within_a_long_one_does_not_hide_the_next(pool: Pool) -> None:
    rows = ["L1,E1,,2024-01-01,2024-12-31", "L1,E2,,2024-02-01,2024-02-02", "L1,E2,,2024-06-01,"]
    assert len(await told(pool, state(**only(Kind.TENURES, *rows)))) == 2


async def test_two_imports_at_once_are_one_after_the_other(pool: Pool) -> None:
    async with pool.acquire() as conn, conn.transaction():
        await conn.execute("select pg_advisory_xact_lock(10760006)")
        with pytest.raises(ImportUnderWayError):
            await import_tables(pool, state())
    reports = await asyncio.gather(
        *(import_tables(pool, state()) for _ in range(3)), return_exceptions=True
    )
    assert any(isinstance(one, Report) and one.written for one in reports)
    assert await counts(pool) == (1, 3, 1, 2, 2, 2, 1, 1)


async def test_what_only_the_database_notices_is_rolled_back(
    pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importer, "check", lambda known, files: [])
    with pytest.raises(ReferenceDataError):
        await import_tables(pool, state(**more(Kind.LEAVES, "E9,2025-01-01,")))
    assert await counts(pool) == (0,) * 8


async def test_an_import_killed_at_any_statement_is_whole_or_not_there(
    pool: Pool, migrated_url: str
) -> None:
    later = state(
        **only(Kind.POSTS, "L3,c,water,up,3,9415000003,"),
        **only(Kind.OFFICERS, "E3,c,"),
        **only(Kind.TENURES, "L3,E3,,2025-01-01,"),
        **only(Kind.LEAVES),
    )

    async def begin() -> UseCase:
        await pool.execute(EMPTY)
        await import_tables(pool, state())
        return lambda doomed: import_tables(doomed, later, remove_absent=True)

    killings = await Trial(pool, migrated_url, begin).killed_everywhere()
    assert killings.happened >= 2
    assert await counts(pool) == (1, 3, 1, 3, 3, 1, 0, 1)


async def test_six_and_a_half_thousand_officers_of_a_state_are_imported(pool: Pool) -> None:
    departments = [f"D{n:02},विभाग {n},Department {n}" for n in range(61)]
    places = [f"d{n},district,जिला {n},District {n},up" for n in range(75)]
    posts, officers, tenures = [], [], []
    for n in range(6_500):
        level, department, district = 1 + n // (61 * 75), n % 61, n // 61 % 75
        posts.append(f"P{n},पद {n},D{department:02},d{district},{level},94{n:08}")
        officers.append(f"E{n},अधिकारी {n},93{n:08}")
        tenures.append(f"P{n},E{n},2024-01-01")
    files = {
        "departments": "\n".join(["code,name_hi,name_en", *departments]),
        "places": "\n".join(["code,kind,name_hi,name_en,parent", "up,state,उ,UP,", *places]),
        "posts": "\n".join(["code,title,department,place,level,number", *posts]),
        "officers": "\n".join(["code,name,number", *officers]),
        "tenures": "\n".join(["post,officer,from", *tenures]),
    }
    assert (await import_tables(pool, tables(**files))).written
    assert await counts(pool) == (61, 76, 0, 6_500, 6_500, 6_500, 0, 0)
    async with pool.acquire() as conn:
        ladder = await ladder_for(conn, "D07", "unknown", "d3", NOON)
    assert ladder.posts[1].number == f"+9193{3 * 61 + 7:08}"
    again = await import_tables(pool, tables(**files))
    assert again.changes[Kind.TENURES] == Changes(unchanged=6_500, new=[], changed=[], absent=[])


CATEGORY_TREE = """\
code,name_hi,name_en,department,days_1,days_2,days_3,days_4,parent,in_scope,advice_hi,keywords
water,पेयजल,Drinking water,,,,,,,,,
handpump,हैंडपंप,Hand pump,water,7,7,10,15,water,yes,,नल; borewell ;नल
rti,सूचना का अधिकार,RTI,,,,,,,no,जन सूचना अधिकारी से मिलें,
"""


def tree(*lines: str) -> Tables:
    return tables(categories="\n".join([CATEGORY_TREE.splitlines()[0], *lines]))


async def test_a_tree_of_categories_is_imported_and_stays_as_it_is(pool: Pool) -> None:
    assert (await import_tables(pool, state(categories=CATEGORY_TREE))).written
    rows = await pool.fetch(
        "select code, parent, leaf, in_scope, advice_hi, keywords from category order by code"
    )
    assert [tuple(row) for row in rows] == [
        ("handpump", "water", True, True, None, ["नल", "borewell"]),
        ("rti", None, True, False, "जन सूचना अधिकारी से मिलें", []),
        ("water", None, False, True, None, []),
    ]
    again = await import_tables(pool, tables(categories=CATEGORY_TREE))
    assert (again.changes[Kind.CATEGORIES].unchanged, len(again.changes[Kind.CATEGORIES].new)) == (
        3,
        0,
    )
    silent = await import_tables(pool, state())  # a file without these columns
    assert silent.changes[Kind.CATEGORIES].unchanged == 1


async def test_advice_has_its_english_words_where_a_file_gives_them(pool: Pool) -> None:
    head, *_, rti = CATEGORY_TREE.splitlines()
    file = f"{head},advice_en\n{rti},Write to the information officer\n"
    dry = await import_tables(pool, state(categories=file), dry_run=True)
    assert (dry.faults, dry.written) == ((), False)
    assert (await import_tables(pool, state(categories=file))).written
    advice = "select advice_en from category where code = 'rti'"
    assert await pool.fetchval(advice) == "Write to the information officer"
    again = await import_tables(pool, tables(categories=file))
    assert again.changes[Kind.CATEGORIES].unchanged == 1
    alone = "code,name_hi,name_en,department,days_1,days_2,days_3,days_4,in_scope,advice_en\n"
    refused = await import_tables(pool, tables(categories=f"{alone}x,क,x,,,,,,no,Elsewhere\n"))
    assert [str(one) for one in refused.faults] == [
        "categories.csv:2: advice_hi is empty: where to go with what is out of scope"
    ]
    silent = await import_tables(pool, tables(categories=CATEGORY_TREE), dry_run=True)
    assert silent.notes == []  # a file without the column leaves the words as they are
    emptied = tables(categories=f"{head},advice_en\n{rti},\n")
    warned = await import_tables(pool, emptied, dry_run=True)
    assert warned.notes == ["advice has no English words (advice_en): rti"]


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        (["a,क,a,,,,,,b,,,", "b,ख,b,,,,,,a,,,"],
         ["2: parent: a would lie within itself", "3: parent: b would lie within itself"]),
        (["a,क,a,,,,,,a,,,"], ["2: parent is the category itself"]),
        (["a,क,a,,,,,,,,,"],
         ["2: department: is empty, and nothing lies under this category"]),
        (["a,क,a,water,7,7,,7,,,,"], ["2: days are needed at L1 to L4 where a department answers"]),
        (["a,क,a,,7,7,7,7,,,,"], ["2: department is empty, although there are days"]),
        (["a,क,a,,,,,,,no,,"], ["2: advice_hi is empty: where to go with what is out of scope"]),
        (["a,क,a,,,,,,,perhaps,,"], ["2: in_scope is not yes or no: 'perhaps'"]),
        (["a,क,a,water,1,1,1,1,nowhere,,,"],
         ["2: parent is not among the categories: 'nowhere'"]),
        (["a,क,a,water,1,1,1,1,handpump,,,"],
         ["2: parent: handpump is answered by a department: nothing under it"]),
        (["r,क,a,,,,,,,no,वहाँ,", "a,क,a,water,1,1,1,1,r,,,"],
         ["3: parent: r is out of scope: nothing under it"]),
        (["handpump,हैंडपंप,Hand pump,,,,,,,no,वहाँ,"],
         ["2: department: complaints are with water, it cannot be taken away"]),
    ],
)  # fmt: skip
async def test_what_is_wrong_with_a_tree_is_told_with_its_line(
    pool: Pool, lines: list[str], told: list[str]
) -> None:
    await import_tables(pool, state())
    report = await import_tables(pool, tree(*lines))
    assert [str(fault).removeprefix("categories.csv:") for fault in report.faults] == told
    assert await pool.fetchval("select count(*) from category") == 1


_CODES = [f"c{n}" for n in range(6)]


_PARENTS = st.lists(st.sampled_from([None, *_CODES]), min_size=6, max_size=6)
_TICKS = st.lists(st.booleans(), min_size=6, max_size=6)
_ALL = [True] * 6


def _category(code: str, parent: str | None, answered: bool) -> Category:
    return Category(
        code, "क", "a", "water" if answered else None, (1, 1, 1, 1) if answered else None, parent
    )


@given(
    parents=_PARENTS,
    answered=_TICKS,
    in_file=st.one_of(st.just(_ALL), _TICKS),
    was_answered=st.one_of(st.just([False] * 6), _TICKS),
)
@settings(deadline=None)
def test_a_tree_without_faults_is_a_tree(
    parents: list[str | None],
    answered: list[bool],
    in_file: list[bool],
    was_answered: list[bool],
) -> None:
    """Whatever is wrong with it is told; what passes has leaves at its ends and no ring.

    What is not in the file is recorded; what is in it may have been recorded otherwise.
    """
    rows = [_category(*one) for one in zip(_CODES, parents, answered, strict=True)]
    located = [
        Located("f", n, (row.code,), row)
        for n, (row, here) in enumerate(zip(rows, in_file, strict=True), 2)
        if here
    ]
    recorded: dict[Key, Row] = {
        (row.code,): replace(row, department="water") if here else row
        for row, here, was in zip(rows, in_file, was_answered, strict=True)
        if was or not here
    }
    known: Known = {kind: {} for kind in Kind} | {
        Kind.DEPARTMENTS: {("water",): Department("water", "जल", "Water")},
        Kind.CATEGORIES: recorded,
    }
    above = dict(zip(_CODES, parents, strict=True))
    ends = dict(zip(_CODES, answered, strict=True))
    files = {row.key[0] for row in located}

    def within_itself(code: str) -> bool:
        at = above[code]
        for _ in _CODES:
            if at is None or at == code:
                return at == code
            at = above[at]
        return False

    good = (
        not any(within_itself(code) for code in files)
        and all(
            not ends[parent]
            for code, parent in above.items()
            if parent and (code in files or parent in files)
        )
        and all(ends[code] or code in parents for code in files)
        and all(ends[code] for code in files if (code,) in recorded)
    )
    assert (check(known, {Kind.CATEGORIES: located}) == []) == good


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("water,पेयजल,Drinking water,water,7,7,10,15,,,,", "department: is given, but handpump"),
        ("water,पेयजल,Drinking water,,,,,,,no,वहाँ,", "in_scope: is no, but handpump"),
    ],
)
async def test_a_heading_with_recorded_categories_under_it_does_not_become_a_leaf(
    pool: Pool, line: str, told: str
) -> None:
    assert (await import_tables(pool, state(categories=CATEGORY_TREE))).written
    report = await import_tables(pool, tree(line), dry_run=True)
    assert [str(fault) for fault in report.faults] == [
        f"categories.csv:2: {told} lies under it (recorded before, in no file)"
    ]


async def test_what_is_out_of_scope_becomes_a_heading_only_while_nothing_is_registered_upon_it(
    pool: Pool,
) -> None:
    await import_tables(pool, state(categories=CATEGORY_TREE))
    opened = tree("rti,सूचना,RTI,,,,,,,yes,,", "rti-fee,शुल्क,Fee,water,1,1,1,1,rti,yes,,")
    assert (await import_tables(pool, opened, dry_run=True)).faults == ()
    world = World(pool)
    await world.taken_up(world.form(category="rti", place="b1"))
    report = await import_tables(pool, opened, dry_run=True)
    assert [str(fault) for fault in report.faults] == [
        "categories.csv:2: in_scope: complaints were registered upon it, it cannot become a heading"
    ]


_SILENT = "code,name_hi,name_en,department,days_1,days_2,days_3,days_4"


async def test_a_department_for_what_is_out_of_scope_says_whether_it_is_answered_now(
    pool: Pool,
) -> None:
    await import_tables(pool, state(categories=CATEGORY_TREE))
    silent = tables(categories=f"{_SILENT}\nrti,सूचना,RTI,water,7,7,10,15\n")
    assert await told(pool, silent) == [
        "categories.csv:2: in_scope: is no, though a department answers: say yes or no"
    ]
    kept = tables(categories=f"{_SILENT},in_scope,advice_hi\nrti,सूचना,RTI,water,7,7,10,15,no,वहाँ\n")
    assert (await import_tables(pool, kept)).written
    assert (await import_tables(pool, silent)).faults == ()  # it was said before
    taken = tables(categories=f"{_SILENT},in_scope\nrti,सूचना,RTI,water,7,7,10,15,yes\n")
    assert (await import_tables(pool, taken)).written
    assert await pool.fetchval("select in_scope from category where code = 'rti'")


async def test_what_stays_out_of_scope_keeps_its_advice(pool: Pool) -> None:
    await import_tables(pool, state(categories=CATEGORY_TREE))
    emptied = tables(categories=f"{_SILENT},advice_hi\nrti,सूचना,RTI,,,,,,\n")
    assert await told(pool, emptied) == [
        "categories.csv:2: advice_hi is empty: where to go with what is out of scope"
    ]


async def test_a_place_does_not_shrink_under_what_is_recorded_within_it(pool: Pool) -> None:
    await import_tables(pool, state())
    inner = ["d2,district,झांसी,Jhansi,up", "x,district,क,X,d2"]
    assert (await import_tables(pool, tables(**only(Kind.PLACES, *inner)))).written
    found = await told(pool, tables(**only(Kind.PLACES, "d2,block,झांसी,Jhansi,up")))
    assert found == [
        "places.csv:2: kind: x, a district, does not lie in a block (recorded before, in no file)"
    ]


async def test_a_post_keeps_its_english_title_when_a_file_does_not_speak_of_it(pool: Pool) -> None:
    await import_tables(pool, state())
    columns = "code,title,title_en,department,place,level,number\n"
    named = columns + "L1,अवर अभियंता,Junior Engineer,water,b1,1,9415000001\n"
    assert (await import_tables(pool, tables(posts=named))).written
    silent = await import_tables(pool, state())
    assert silent.changes[Kind.POSTS].unchanged == 2
    titles = "select title_en from post order by id"
    assert [row["title_en"] for row in await pool.fetch(titles)] == ["Junior Engineer", ""]
    taken_back = columns + "L1,अवर अभियंता,,water,b1,1,9415000001\n"
    await import_tables(pool, tables(posts=taken_back))
    assert [row["title_en"] for row in await pool.fetch(titles)] == ["", ""]
