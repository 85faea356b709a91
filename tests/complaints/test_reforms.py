"""A category is given to another department while complaints of it are open."""

from dataclasses import replace
from functools import partial

import pytest

from complaints.cm_office import cm_office_list
from complaints.errors import InvalidInputError, NotAllowedError
from complaints.policy import UP_1076
from complaints.reference import ReferenceData, load
from complaints.registration import Registered
from complaints.second_look import look_again
from tests.complaints.moves import energy_has_officers, returned, sorted_to, swept, transferred
from tests.complaints.world import REFERENCE, World, sign

LAST = replace(UP_1076, last_level=1)


async def handed_to_energy(world: World) -> None:
    await energy_has_officers(world)
    category = replace(REFERENCE.categories[0], department="bijli")
    await load(world.pool, ReferenceData(categories=[category]))


async def reasons(world: World, one: Registered) -> list[str]:
    rows = await world.pool.fetch(
        "select reason from complaint_history where complaint_id = $1 order by seq",
        one.complaint_id,
    )
    return [row["reason"] for row in rows]


async def test_at_the_last_level_its_time_over_brings_it_to_the_post_that_answers_now(
    world: World,
) -> None:
    world.policy = LAST
    one = await world.register()
    await handed_to_energy(world)
    world.later(days=7)
    assert await swept(world) == 1
    row = await world.complaint(one.complaint_id)
    assert (row["post"], row["level"], row["overdue_at"]) == ("E1-MAH", 1, None)
    assert (await world.events(one.complaint_id))[1:] == ["escalated_overdue"]
    assert (await reasons(world, one))[-1].endswith("; L1-MAH does not answer for it any more")
    [message] = await world.messages(one.complaint_id, "officer_forwarded")
    assert (message["recipient"], len(message["links"])) == ("+919415000011", 1)
    assert await cm_office_list(world.pool) == []


async def test_what_was_late_before_goes_there_at_the_next_look(world: World) -> None:
    world.policy = LAST
    one = await world.register()
    world.later(days=7)
    assert await swept(world) == 1
    await handed_to_energy(world)
    world.later(hours=1)
    by = partial(look_again, policy=world.policy, now=world.now, signer=sign)
    assert await by(world.pool) == 1
    row = await world.complaint(one.complaint_id)
    assert (row["post"], row["overdue_at"]) == ("E1-MAH", None)
    assert (await reasons(world, one))[-1].endswith("; L1-MAH does not answer for it any more")


async def test_its_officer_can_return_it_at_any_time(world: World) -> None:
    one = await world.register()
    world.later(days=5)
    with pytest.raises(NotAllowedError, match="only within 3 calendar days"):
        await returned(world, one.number)
    await handed_to_energy(world)
    with pytest.raises(InvalidInputError, match="has it by its category: return it"):
        await transferred(world, one.number)
    await returned(world, one.number)
    assert (await sorted_to(world, one.number)).post == "E1-MAH"
    row = await world.complaint(one.complaint_id)
    assert (row["department"], row["transfers"]) == (None, 0)


async def test_what_was_returned_and_nobody_mapped_is_not_given_back(world: World) -> None:
    world.policy = LAST
    one = await world.register()
    await handed_to_energy(world)
    await returned(world, one.number)
    world.later(days=1)
    assert await swept(world) == 1
    assert (await world.complaint(one.complaint_id))["post"] == "E1-MAH"
    assert (await world.events(one.complaint_id))[-1] == "escalated_overdue"
