"""Who decides a proposal changes while it waits: whoever it is by then is told of it."""

import asyncio
from dataclasses import replace
from datetime import timedelta

from complaints.batches import Work
from complaints.deciders import tell_new_deciders
from complaints.reference import ReferenceData, load
from complaints.set_aside import set_aside
from complaints.waiting import to_decide
from tests.complaints.moves import decided
from tests.complaints.test_waiting import proposed
from tests.complaints.world import REFERENCE, World

HOLDS = "insert into tenure (post, officer, kind, from_on, until_on) values ($1, $2, $3, $4, $5)"
OFFICE = {post.id: post.number for post in REFERENCE.posts}


async def looked(world: World, limit: int = 200) -> int:
    return await tell_new_deciders(world.pool, policy=world.policy, now=world.now, limit=limit)


async def told(world: World) -> list[str]:
    """To which offices, in order."""
    rows = await world.pool.fetch(
        "select recipient from notification where kind = 'officer_proposal' and channel = 'sms'"
        " order by created_at, id"
    )
    return [row["recipient"] for row in rows]


async def vacant(world: World, post: str, *, again: bool = False) -> None:
    day = None if again else world.now.date()
    await world.pool.execute("update post set vacant_from = $2 where id = $1", post, day)


async def test_the_next_level_is_told_once_when_the_one_that_was_asked_falls_vacant(
    world: World,
) -> None:
    number = await proposed(world)
    assert await told(world) == [OFFICE["L2-LAL"]]
    world.later(hours=1)
    assert await looked(world) == 1
    assert await told(world) == [OFFICE["L2-LAL"]]  # nothing has changed
    await vacant(world, "L2-LAL")
    assert await looked(world) == 0  # a moment ago already
    world.later(hours=1)
    assert sorted(await asyncio.gather(*(looked(world) for _ in range(4)))) == [0, 0, 0, 1]
    assert await told(world) == [OFFICE["L2-LAL"], OFFICE["L3-LAL"]]
    body = "select body from notification where kind = 'officer_proposal' order by created_at"
    first, second = [row["body"] for row in await world.pool.fetch(body)]
    assert first == second
    world.later(hours=1)
    await looked(world)
    await decided(world, number, approve=False, post="L3-LAL")
    world.later(hours=1)
    assert await looked(world) == 0
    assert len(await told(world)) == 2


async def test_another_holder_of_the_same_post_is_told(world: World) -> None:
    """Their office has the message already; they have not, and it goes to their own address."""
    today = world.now.date()
    await world.pool.execute(
        "insert into officer (code, name, email) values ('A', 'अनीता', 'a@up.example'),"
        " ('B', 'बाबू', 'b@up.example')"
    )
    last = today + timedelta(days=1)
    await world.pool.execute(HOLDS, "L2-LAL", "A", "holder", today - timedelta(days=9), last)
    await world.pool.execute(HOLDS, "L2-LAL", "B", "holder", today + timedelta(days=2), None)
    await proposed(world)
    world.later(days=2)
    assert await looked(world) == 1
    rows = await world.pool.fetch(
        "select recipient from notification where kind = 'officer_proposal' and channel = 'email'"
        " order by created_at"
    )
    assert [row["recipient"] for row in rows] == ["a@up.example", "b@up.example"]
    assert await told(world) == [OFFICE["L2-LAL"]] * 2


async def test_nobody_is_told_while_nobody_is_left_nor_again_when_the_same_is_back(
    world: World,
) -> None:
    await proposed(world)
    for post in ("L2-LAL", "L3-LAL", "L4-UP"):
        await vacant(world, post)
    world.later(hours=1)
    assert await looked(world) == 1
    assert await told(world) == [OFFICE["L2-LAL"]]
    await vacant(world, "L2-LAL", again=True)
    world.later(hours=1)
    assert await looked(world) == 1
    assert await told(world) == [OFFICE["L2-LAL"]]


async def test_of_what_was_proposed_before_this_was_noted_nobody_is_told_twice(
    world: World,
) -> None:
    await proposed(world)
    await world.pool.execute("update proposal set told_post = null, told_officer = null")
    world.later(hours=1)
    assert await looked(world) == 1
    assert await told(world) == [OFFICE["L2-LAL"]]
    await vacant(world, "L2-LAL")
    world.later(hours=1)
    assert await looked(world) == 1
    assert await told(world) == [OFFICE["L2-LAL"], OFFICE["L3-LAL"]]


async def test_who_is_told_finds_it_on_their_list(world: World) -> None:
    number = await proposed(world)
    await load(
        world.pool,
        ReferenceData(posts=[replace(REFERENCE.posts[1], vacant_from=world.now.date())]),
    )
    world.later(hours=1)
    await looked(world)
    assert (await told(world))[-1] == OFFICE["L3-LAL"]
    found = await to_decide(world.pool, ["L3-LAL"], policy=world.policy, now=world.now)
    assert [one.number for one in found] == [number]


async def test_one_that_cannot_be_told_of_is_set_aside_and_holds_up_no_other(
    world: World,
) -> None:
    first = await proposed(world)
    world.later(minutes=1)
    await proposed(world)
    await vacant(world, "L2-LAL")
    world.later(hours=1)
    row = await world.pool.fetchrow("select id, proposal from complaint where number = $1", first)
    assert row is not None
    taken = f"{row['id']}:{row['proposal']}:officer_proposal:{world.now.isoformat()}"
    await world.pool.execute(  # a message that stands in the way of the one to be written
        "update notification set dedupe_key = $1 where id ="
        " (select id from notification where complaint_id = $2 limit 1)", taken, row["id"],
    )  # fmt: skip
    assert await looked(world) == 2
    assert (await told(world)).count(OFFICE["L3-LAL"]) == 1
    [aside] = await set_aside(world.pool)
    assert (aside.number, aside.work) == (first, Work.PROPOSAL)
    world.later(hours=1)
    assert await looked(world) == 2
    assert (await told(world)).count(OFFICE["L3-LAL"]) == 2
    assert await set_aside(world.pool) == []
