"""The report of holes against a plain count, and on the database."""

from dataclasses import replace
from datetime import date
from functools import partial

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from complaints.holes import Duty, Hole, Places, holes
from complaints.reference import Category, Place, ReferenceData, load
from complaints.staffing_report import load_staffing_report, render_staffing_report
from tests.complaints.world import REFERENCE, World

# The machine may be busy.
_untimed = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])

PARENTS = {"up": None, "d1": "up", "d2": "up", "b1": "d1", "b2": "d1", "b3": "d2"}
WATER = {"water": ["pump", "pipe"]}
BAR = Place("lalitpur-bar", "block", "बार", "Bar", "lalitpur")


def found(*duties: tuple[str, int], levels: tuple[int, ...] = (1, 2)) -> list[Hole]:
    posts = [Duty("water", place, level) for place, level in duties]
    return holes(Places(PARENTS), WATER, posts, levels)


def hole(
    levels: tuple[int, ...], under: str | None, places: tuple[str, ...], of: int, *, whole: bool
) -> Hole:
    return Hole("water", ("pipe", "pump"), levels, under, places, of, whole)


def test_a_department_without_posts_is_one_hole() -> None:
    assert found() == [hole((1, 2), None, ("up",), 1, whole=True)]


def test_posts_of_the_state_serve_every_place() -> None:
    assert found(("up", 1), ("up", 2)) == []


def test_places_without_a_post_are_grouped_under_the_place_that_holds_them() -> None:
    assert found(("d1", 1), levels=(1,)) == [
        hole((1,), None, ("up",), 1, whole=False),
        hole((1,), "up", ("d2",), 2, whole=True),
    ]
    assert found(("b1", 1), ("d2", 1), ("up", 2)) == [
        hole((1,), None, ("up",), 1, whole=False),
        hole((1,), "up", ("d1",), 2, whole=False),
        hole((1,), "d1", ("b2",), 2, whole=True),
    ]


def test_a_department_without_categories_has_no_holes() -> None:
    assert holes(Places(PARENTS), {}, []) == []


def test_a_ring_of_places_does_not_hang_the_report() -> None:
    ring = Places({"a": "b", "b": "a", "c": "a"})
    assert holes(ring, WATER, [Duty("water", "c", 1)]) == []


@st.composite
def trees(draw: st.DrawFn) -> dict[str, str | None]:
    parents: dict[str, str | None] = {"p0": None}
    for n in range(1, draw(st.integers(1, 9))):
        parents[f"p{n}"] = draw(st.sampled_from([None, *parents]))
    return parents


@_untimed
@given(trees(), st.data())
def test_exactly_the_places_without_a_post_at_or_above_them_are_told(
    parents: dict[str, str | None], data: st.DataObject
) -> None:
    places = Places(parents)
    posts = data.draw(st.sets(st.tuples(st.sampled_from(sorted(parents)), st.integers(1, 4))))
    bare = {
        (place, level)
        for place in parents
        for level in (1, 2, 3, 4)
        if not any((above, level) in posts for above in places.above(place))
    }
    told = [
        (place, level)
        for one in holes(places, WATER, [Duty("water", *post) for post in posts])
        for top in one.places
        for place in (
            [place for place in parents if top in places.above(place)] if one.whole else [top]
        )
        for level in one.levels
    ]
    assert len(told) == len(set(told))
    assert set(told) == bare


async def test_the_report_names_what_is_with_a_post_that_answers_for_it_no_more(
    world: World,
) -> None:
    """By a reform: of its post's place, its category's department, or its post's categories."""
    first = await world.register()
    await world.register()
    await world.dispose((await world.register()).number)  # with nobody just now
    load_report = partial(load_staffing_report, world.pool, world.now)
    assert (await load_report()).astray == []
    mahroni, *_ = REFERENCE.posts
    reform = "update post set {} where id = 'L1-MAH'"
    told = "L1-MAH (L1 jal-nigam, {}): 2 complaints are with it that are not of its {}, as {}"
    await world.pool.execute(reform.format("place = 'up'"))
    assert (await load_report()).astray == []  # above the complaints' place by now
    await load(world.pool, ReferenceData(places=[BAR]))
    await world.pool.execute(reform.format("place = 'lalitpur-bar'"))
    rendered = render_staffing_report(await load_report())
    assert rendered.splitlines()[-2:] == [
        "",
        told.format("Bar (lalitpur-bar)", "place", first.number),
    ]
    limited = replace(mahroni, categories=("leak",))
    leaks = Category("leak", "रिसाव", "Leak", "jal-nigam", (7, 7, 7, 7))
    await load(world.pool, ReferenceData(categories=[leaks], posts=[limited]))
    rendered = render_staffing_report(await load_report())
    assert told.format("Mahroni (lalitpur-mahroni)", "category", first.number) in rendered
    await load(world.pool, ReferenceData(posts=[mahroni]))
    handed_on = replace(REFERENCE.categories[0], department="bijli")
    await load(world.pool, ReferenceData(categories=[handed_on]))
    rendered = render_staffing_report(await load_report())
    assert told.format("Mahroni (lalitpur-mahroni)", "department", first.number) in rendered


async def test_the_report_names_categories_places_levels_and_vacancies(world: World) -> None:
    marked = replace(REFERENCE.posts[1], vacant_from=date(2025, 11, 1))
    registered = await world.register(world.form(place="lalitpur"))
    await load(world.pool, ReferenceData(posts=[marked]))
    await world.pool.execute("insert into officer values ('E1', 'अनीता', null)")
    await world.pool.execute("insert into tenure values ('L3-LAL', 'E1', 'holder', '2025-01-01')")
    await world.pool.execute("insert into officer_leave values ('E1', '2025-11-10')")
    told = render_staffing_report(await load_staffing_report(world.pool, world.now))
    assert registered.post_id == "L2-LAL"
    assert told.splitlines() == [
        "bijli: power-cut",
        "  L1, L2, L3, L4: no post anywhere in Uttar Pradesh (up)",
        "jal-nigam: handpump",
        "  L1, L2, L3: no post for Uttar Pradesh (up) as a whole, only for some places within",
        "  L1: no post for Lalitpur (lalitpur) as a whole, only for some places within",
        "",
        "L2-LAL (L2 jal-nigam, Lalitpur (lalitpur)): vacant since 2025-11-01;"
        " 1 complaints are with it",
        "L3-LAL (L3 jal-nigam, Lalitpur (lalitpur)): E1 is on leave, nobody in charge",
    ]
