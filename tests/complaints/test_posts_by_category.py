"""Category x place x level -> post (R9): posts that are for some categories only."""

from dataclasses import replace
from itertools import permutations

import asyncpg
import pytest

from complaints.errors import NotAllowedError, ReferenceDataError
from complaints.explaining import explain
from complaints.holes import Duty, Hole, Places, holes
from complaints.mapping import Candidate, Post, ladder_for, ladder_of, ladders_for
from complaints.reference import Category, PostRow, ReferenceData, load, put
from complaints.staffing_report import load_staffing_report, render_staffing_report
from complaints.store import transaction
from tests.complaints.moves import returned, sorted_to, swept, transferred
from tests.complaints.world import DAYS, World

BLOCK, DISTRICT = "lalitpur-mahroni", "lalitpur"


def post(name: str, place: str, level: int, *categories: str, department: str = "bijli") -> PostRow:
    number = f"+9194150{sum(map(ord, name)):05d}"
    return PostRow(name, name, department, place, level, number, categories=categories)


ENERGY = ReferenceData(
    categories=(
        Category("energy", "ऊर्जा", "Energy"),
        Category("billing", "बिल", "Billing", parent="energy"),
        Category("wrong-bill", "गलत बिल", "Wrong bill", "bijli", DAYS, parent="billing"),
        Category("no-meter", "मीटर नहीं", "No meter", "bijli", DAYS, parent="billing"),
        Category("power-cut", "बिजली नहीं", "No power", "bijli", DAYS, parent="energy"),
    ),
    posts=(
        post("SUPPLY", DISTRICT, 1),
        post("BILLS", DISTRICT, 1, "billing"),
        post("METERS", DISTRICT, 1, "no-meter"),
        post("HEAD", DISTRICT, 2),
    ),
)


@pytest.fixture
async def energy(world: World) -> World:
    await load(world.pool, ENERGY)
    return world


async def first_post(world: World, category: str, place: str = BLOCK, level: int = 1) -> str:
    async with world.pool.acquire() as conn:
        ladder = await ladder_for(conn, "bijli", category, place, world.now)
    found = ladder.posts.get(level)
    return found.id if found else "nobody"


def candidate(name: str, distance: int, breadth: int | None, *, vacant: bool = False) -> Candidate:
    return Candidate(Post(name, name, 1, "p", "+919415000000"), distance, vacant, breadth)


def test_the_narrower_duty_comes_before_the_nearer_place() -> None:
    in_order = [
        candidate("category-here", 0, 0),
        candidate("category-above", 3, 0),
        candidate("node-here", 0, 1),
        candidate("node-above", 1, 1),
        candidate("whole-here", 0, None),
        candidate("whole-above", 2, None),
    ]
    for first, second in permutations(in_order, 2):
        best = min(first, second, key=in_order.index)
        assert ladder_of([first, second]).posts[1] == best.post


def test_the_highest_office_of_all_that_are_vacant_is_the_one_for_the_category() -> None:
    vacant = [candidate("whole", 0, None, vacant=True), candidate("own", 2, 1, vacant=True)]
    assert ladder_of(vacant).up_to(4) == {1: vacant[1].post}


async def test_two_categories_of_one_department_go_to_two_officers_in_one_place(
    energy: World,
) -> None:
    for category, expected in (("power-cut", "SUPPLY"), ("wrong-bill", "BILLS")):
        registered = await energy.register(energy.form(category=category))
        assert (registered.level, registered.post_id) == (1, expected)


async def test_a_post_for_a_node_is_for_all_below_it_until_one_is_nearer(energy: World) -> None:
    assert await first_post(energy, "wrong-bill") == "BILLS"
    assert await first_post(energy, "no-meter") == "METERS"
    assert await first_post(energy, "power-cut") == "SUPPLY"


async def test_a_post_for_the_category_is_taken_before_a_nearer_one_for_all(
    energy: World,
) -> None:
    await load(energy.pool, ReferenceData(posts=[post("BLOCK", BLOCK, 1)]))
    assert await first_post(energy, "power-cut") == "BLOCK"
    assert await first_post(energy, "wrong-bill") == "BILLS"


async def test_a_vacant_post_of_the_category_leaves_it_to_the_departments(energy: World) -> None:
    gone = replace(ENERGY.posts[1], vacant_from=energy.now.date())
    await load(energy.pool, ReferenceData(posts=[gone]))
    assert await first_post(energy, "wrong-bill") == "SUPPLY"
    assert await first_post(energy, "no-meter") == "METERS"


async def test_where_no_post_is_for_it_a_category_rolls_up(energy: World) -> None:
    only_bills = replace(ENERGY.posts[0], categories=("no-meter",), place=BLOCK)
    await load(energy.pool, ReferenceData(posts=[only_bills]))
    registered = await energy.register(energy.form(category="power-cut"))
    assert (registered.level, registered.post_id) == (2, "HEAD")


async def test_an_escalation_goes_to_the_next_levels_post_of_the_category(energy: World) -> None:
    await load(energy.pool, ReferenceData(posts=[post("BILLS-2", DISTRICT, 2, "billing")]))
    bill = await energy.register(energy.form(category="wrong-bill"))
    power = await energy.register(energy.form(category="power-cut"))
    energy.later(days=7)
    assert await swept(energy) == 2
    assert await energy.post_of(bill.number) == "BILLS-2"
    assert await energy.post_of(power.number) == "HEAD"


async def test_a_corrected_category_goes_to_its_own_officer_in_the_same_department(
    energy: World,
) -> None:
    registered = await energy.register(energy.form(category="power-cut"))
    await returned(energy, registered.number, post="SUPPLY")
    assert (await sorted_to(energy, registered.number, category="no-meter")).post == "METERS"


async def test_a_transfer_goes_to_who_is_for_the_whole_of_the_other_department(
    energy: World,
) -> None:
    registered = await energy.register()
    after = await transferred(energy, registered.number)
    assert after is not None
    assert after.post == "SUPPLY"


async def test_a_transfer_to_a_department_with_posts_for_others_only_is_refused(
    energy: World,
) -> None:
    limited = [replace(one, categories=one.categories or ("power-cut",)) for one in ENERGY.posts]
    await load(energy.pool, ReferenceData(posts=limited))
    registered = await energy.register()
    with pytest.raises(NotAllowedError):
        await transferred(energy, registered.number)


async def test_ladders_of_many_categories_are_those_of_each(energy: World) -> None:
    wanted = [("bijli", one.code, BLOCK) for one in ENERGY.categories]
    async with energy.pool.acquire() as conn:
        together = await ladders_for(conn, wanted, energy.now)
        assert together == {one: await ladder_for(conn, *one, energy.now) for one in wanted}


@pytest.mark.parametrize(
    "twin",
    [
        post("TWIN", DISTRICT, 1, "billing"),
        post("TWIN", DISTRICT, 1, "power-cut", "no-meter"),
        post("TWIN", DISTRICT, 1),
    ],
    ids=["node", "one-of-two", "whole"],
)
async def test_no_two_posts_share_category_place_and_level(energy: World, twin: PostRow) -> None:
    with pytest.raises(ReferenceDataError, match=r"one_(whole_)?post_per"):
        await load(energy.pool, ReferenceData(posts=[twin]))


async def test_two_posts_may_exchange_what_they_are_for_in_one_load(energy: World) -> None:
    supply, bills, *_ = ENERGY.posts
    exchanged = [replace(supply, categories=("billing",)), replace(bills, categories=())]
    await load(energy.pool, ReferenceData(posts=exchanged))
    assert await first_post(energy, "wrong-bill") == "SUPPLY"
    assert await first_post(energy, "power-cut") == "BILLS"


async def test_a_post_cannot_be_moved_away_from_what_is_written_of_its_duty(energy: World) -> None:
    with pytest.raises(asyncpg.ForeignKeyViolationError):
        await energy.pool.execute("update post set level = 3 where id = 'BILLS'")


async def test_a_policy_is_explained_with_who_gets_this_category_and_what_they_are_for(
    energy: World,
) -> None:
    told = await explain(energy.pool, "wrong-bill", BLOCK, energy.policy, energy.now)
    assert "L1 BILLS (BILLS, only for बिल): 7 calendar days" in told
    assert "L2 HEAD (HEAD): 7 calendar days" in told


def test_holes_are_told_by_category_where_the_posts_differ() -> None:
    duties = [Duty("d", "up", 1, ("billing",)), Duty("d", "up", 2), Duty("e", "up", 1)]
    above = {"bill": "billing", "meter": "billing", "power": None}
    codes = ["power", "meter", "bill"]
    found = holes(Places({"up": None}), {"d": codes}, duties, (1, 2), above)
    assert found == [Hole("d", ("power",), (1,), None, ("up",), 1, whole=True)]


async def test_the_report_names_the_categories_that_lack_a_post(energy: World) -> None:
    async with transaction(energy.pool) as conn:
        await put(conn, ReferenceData(posts=[replace(ENERGY.posts[0], categories=("power-cut",))]))
    states = [post("S1", "up", 1, "power-cut"), post("S2", "up", 2)]
    await load(energy.pool, ReferenceData(posts=states))
    told = render_staffing_report(await load_staffing_report(energy.pool, energy.now)).splitlines()
    theirs = told[: told.index("jal-nigam: handpump")]
    assert theirs == [
        "bijli: no-meter, wrong-bill",
        "  L1: no post for Uttar Pradesh (up) as a whole, only for some places within",
        "  L3, L4: no post anywhere in Uttar Pradesh (up)",
        "bijli: power-cut",
        "  L3, L4: no post anywhere in Uttar Pradesh (up)",
    ]
