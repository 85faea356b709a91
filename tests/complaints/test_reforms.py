"""A category goes to another department, or out of scope, while complaints of it are open."""

from dataclasses import replace
from functools import partial

import pytest

from complaints.cm_office import cm_office_list
from complaints.errors import DuplicateError, InvalidInputError, NotAllowedError
from complaints.policy import UP_1076
from complaints.reference import ReferenceData, load
from complaints.registration import AddedTo, Registered, SettledAtDesk
from complaints.second_look import look_again
from tests.complaints.moves import energy_has_officers, returned, sorted_to, swept, transferred
from tests.complaints.world import REFERENCE, World, sign

LAST = replace(UP_1076, last_level=1)


async def handed_to_energy(world: World) -> None:
    await energy_has_officers(world)
    category = replace(REFERENCE.categories[0], department="bijli")
    await load(world.pool, ReferenceData(categories=[category]))


async def out_of_scope(world: World) -> None:
    category = replace(REFERENCE.categories[0], in_scope=False, advice_hi="नगर निगम जाएँ")
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


async def test_what_is_out_of_scope_since_can_be_given_another_place(world: World) -> None:
    one = await world.register()
    await out_of_scope(world)
    await returned(world, one.number)
    with pytest.raises(InvalidInputError, match="category is not for this helpline"):
        await sorted_to(world, one.number, category="handpump", place="lalitpur")
    assert (await sorted_to(world, one.number, place="lalitpur")).post == "L2-LAL"
    row = await world.complaint(one.complaint_id)
    assert (row["category"], row["place"], row["department"]) == ("handpump", "lalitpur", None)


async def test_what_the_citizen_has_open_is_offered_before_they_are_sent_elsewhere(
    world: World,
) -> None:
    one = await world.register()
    await out_of_scope(world)
    world.later(days=1)
    form = world.form(separate=False)
    with pytest.raises(DuplicateError) as offered:
        await world.taken_up(form)
    assert [found.number for found in offered.value.candidates] == [one.number]
    added = await world.taken_up(replace(form, adds_to=one.number))
    assert added == AddedTo(one.number, one.complaint_id)
    again = await world.taken_up(world.form(separate=True))
    assert isinstance(again, SettledAtDesk)
    assert (again.state, again.text) == ("advised", "नगर निगम जाएँ")
    other = await world.taken_up(world.form(separate=False, citizen_name="मोहन लाल"))
    assert isinstance(other, SettledAtDesk)  # who has nothing open is told at once
