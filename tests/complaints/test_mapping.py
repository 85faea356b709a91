from dataclasses import replace

import pytest

from complaints.errors import NoPostError
from complaints.mapping import (
    Candidate,
    Ladder,
    Post,
    ladder_for,
    ladder_of,
    ladders_for,
    post_by_id,
)
from complaints.reference import ReferenceData, load
from db.pool import Pool
from tests.complaints.world import REFERENCE, START, World


def post(name: str, level: int) -> Post:
    return Post(name, name, level, "somewhere", "+919415000000")


def test_the_nearest_post_of_a_level_is_taken() -> None:
    ladder = ladder_of(
        [
            Candidate(post("state", 1), 2),
            Candidate(post("block", 1), 0),
            Candidate(post("district", 1), 1),
            Candidate(post("secretary", 4), 2),
        ]
    )
    assert ladder.posts.get(1) == post("block", 1)
    assert ladder.posts.get(4) == post("secretary", 4)
    assert ladder.posts.get(2) is None


def test_a_vacant_level_rolls_up_to_the_next_that_has_a_post() -> None:
    ladder = Ladder({1: post("a", 1), 3: post("c", 3)})
    assert ladder.at_or_above(2, 4) == post("c", 3)
    assert ladder.at_or_above(1, 4) == post("a", 1)


def test_nothing_lies_above_the_last_level() -> None:
    ladder = Ladder({1: post("a", 1), 4: post("d", 4)})
    assert ladder.at_or_above(5, 4) is None
    assert ladder.at_or_above(2, 3) is None


async def test_posts_are_found_by_walking_up_the_places(pool: Pool) -> None:
    async with pool.acquire() as conn:
        from_block = await ladder_for(conn, "jal-nigam", "handpump", "lalitpur-mahroni", START)
        from_district = await ladder_for(conn, "jal-nigam", "handpump", "lalitpur", START)
    assert {level: p.id for level, p in from_block.posts.items()} == {
        1: "L1-MAH",
        2: "L2-LAL",
        3: "L3-LAL",
        4: "L4-UP",
    }
    assert sorted(from_district.posts) == [2, 3, 4]  # a block's officer is not asked for a district


async def test_ladders_of_many_places_are_those_of_each(pool: Pool) -> None:
    wanted = [
        ("jal-nigam", "handpump", "lalitpur-mahroni"),
        ("bijli", "power-cut", "lalitpur"),
        ("jal-nigam", "handpump", "up"),
    ]
    async with pool.acquire() as conn:
        together = await ladders_for(conn, wanted, START)
        assert together == {one: await ladder_for(conn, *one, START) for one in wanted}
        assert await ladders_for(conn, wanted[:1], START) == {wanted[0]: together[wanted[0]]}


async def test_another_departments_posts_are_not_taken(pool: Pool) -> None:
    async with pool.acquire() as conn:
        assert not (await ladder_for(conn, "bijli", "power-cut", "lalitpur-mahroni", START)).posts


async def test_a_ring_of_places_ends_the_walk(pool: Pool) -> None:
    state = next(place for place in REFERENCE.places if place.code == "up")
    await load(pool, ReferenceData(places=[replace(state, parent="lalitpur-mahroni")]))
    async with pool.acquire() as conn:
        assert sorted(
            (await ladder_for(conn, "jal-nigam", "handpump", "lalitpur", START)).posts
        ) == [
            1,
            2,
            3,
            4,
        ]


async def test_a_post_is_found_by_its_key(pool: Pool) -> None:
    async with pool.acquire() as conn:
        assert (await post_by_id(conn, "L4-UP", START)).place == "up"


async def test_a_complaint_without_any_officer_is_refused_clearly(world: World) -> None:
    with pytest.raises(NoPostError, match="no post of bijli for lalitpur-mahroni"):
        await world.register(world.form(category="power-cut"))
    assert await world.pool.fetchval("select count(*) from complaint") == 0


async def test_a_complaint_of_a_vacant_level_goes_to_the_next_one_with_its_time(
    world: World,
) -> None:
    registered = await world.register(world.form(place="lalitpur"))
    assert (registered.level, registered.post_id) == (2, "L2-LAL")
