"""Late while no higher post was held."""

import asyncio
from dataclasses import replace

import pytest

from complaints.cm_office import cm_office_list
from complaints.history import Event
from complaints.reference import PostRow, ReferenceData, load
from complaints.registration import Registered
from complaints.second_look import _late, look_again
from complaints.store import hold_by_id
from tests.complaints.moves import swept
from tests.complaints.world import World, sign


async def looked(world: World, limit: int = 200) -> int:
    return await look_again(
        world.pool, policy=world.policy, now=world.now, signer=sign, limit=limit
    )


async def late(world: World, others: int = 0) -> list[Registered]:
    """Overdue at L1 while L2 to L4 are vacant."""
    await world.pool.execute("update post set vacant_from = '2025-01-01' where level > 1")
    registered = await world.register()
    world.later(days=8)
    assert await swept(world) == others + 1
    return [registered]


async def filled(world: World, post: str = "L2-LAL") -> None:
    await world.pool.execute("update post set vacant_from = null where id = $1", post)


async def test_a_post_that_is_filled_later_gets_what_was_late_once(world: World) -> None:
    [one] = await late(world)
    world.later(hours=1)
    assert await looked(world) == 1
    assert (await world.complaint(one.complaint_id))["post"] == "L1-MAH"
    assert [one.level for one in await cm_office_list(world.pool)] == [1]
    await filled(world)
    assert await looked(world) == 0  # a while ago already
    world.later(hours=1)
    assert sorted(await asyncio.gather(*(looked(world) for _ in range(4)))) == [0, 0, 0, 1]
    row = await world.complaint(one.complaint_id)
    assert (row["post"], row["level"], row["overdue_at"]) == ("L2-LAL", 2, None)
    assert await world.events(one.complaint_id) == [
        "registered",
        Event.OVERDUE_AT_LAST_LEVEL,
        Event.ESCALATED_OVERDUE,
    ]
    assert await cm_office_list(world.pool) == []
    [message] = await world.messages(one.complaint_id, "officer_forwarded")
    assert (message["recipient"], len(message["links"])) == ("+919415000002", 1)
    world.later(hours=2)
    assert await looked(world) == 0


async def test_nobody_waits_behind_those_whom_no_post_ever_takes(world: World) -> None:
    await load(
        world.pool,
        ReferenceData(
            posts=[PostRow("E1", "अवर अभियंता", "bijli", "lalitpur-mahroni", 1, "+919415000011")]
        ),
    )
    for n in range(3):  # of a department without any higher post
        await world.register(replace(world.form(citizen_name=f"क {n}"), category="power-cut"))
    world.later(seconds=1)
    [one] = await late(world, others=3)
    await filled(world)
    world.later(hours=1)
    for _ in range(2):
        assert await looked(world, limit=2) == 2
    assert (await world.complaint(one.complaint_id))["post"] == "L2-LAL"


async def test_a_post_of_the_last_level_is_looked_at_and_stays(world: World) -> None:
    [one] = await late(world)
    for post in ("L2-LAL", "L3-LAL", "L4-UP"):
        await filled(world, post)
    world.policy = replace(world.policy, last_level=1)
    world.later(hours=1)
    assert await looked(world) == 1
    assert (await world.complaint(one.complaint_id))["post"] == "L1-MAH"


async def test_what_an_officer_has_no_more_is_not_looked_at_again(world: World) -> None:
    """The schema marks only what an officer has; another state would be a fault of ours."""
    disposed = await world.dispose((await world.register()).number)
    async with world.pool.acquire() as conn, conn.transaction():
        with pytest.raises(TypeError, match="held as late"):
            _late(await hold_by_id(conn, disposed.complaint_id))
