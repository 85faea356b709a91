from dataclasses import replace

import pytest

from complaints.errors import UnknownComplaintError
from complaints.history import BEFORE_THE_FIRST, LEADS_TO, Event, chained
from complaints.number import make
from complaints.policy import UP_1076
from complaints.store import STATE_NAMES
from complaints.story import load_story
from complaints.verification import Verified, verify_all, verify_one
from tests.complaints.moves import energy_has_officers, returned, sorted_to, transferred
from tests.complaints.world import World


async def test_every_history_is_walked_in_order_and_a_changed_one_is_found(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("complaints.verification._BATCH", 2)
    made = [await world.register() for _ in range(4)]
    async with world.pool.acquire() as conn, conn.transaction():
        await conn.execute("alter table complaint_history disable trigger history_is_append_only")
        await conn.execute(
            "update complaint_history set basis = 'x' where complaint_id = $1", made[2].complaint_id
        )
        await conn.execute("alter table complaint_history enable trigger history_is_append_only")
    numbers = [one.number for one in made]
    found = [one async for one in verify_all(world.pool)]
    assert found == [Verified(number, 1 if n == 2 else None) for n, number in enumerate(numbers)]
    assert await verify_one(world.pool, numbers[2]) == Verified(numbers[2], 1)
    assert await verify_one(world.pool, numbers[1]) == Verified(numbers[1], None)


async def test_a_row_that_was_moved_past_its_history_is_found(world: World) -> None:
    number = (await world.register()).number
    await world.pool.execute("update complaint set level = 3, post = 'L3-LAL'")
    found = await verify_one(world.pool, number)
    told = (
        "it stands at with_officer, level 3, post L3-LAL, but its history ends at with_officer,"
        " level 1, post L1-MAH"
    )
    assert found == Verified(number, None, (told,))


@pytest.mark.parametrize("move", ["registered", "proposed"])
async def test_a_due_time_that_was_moved_past_the_history_is_found(world: World, move: str) -> None:
    world.policy = replace(UP_1076, transfer_needs_approval=True)
    await energy_has_officers(world)
    number = (await world.register()).number
    if move == "proposed":
        await transferred(world, number)
    assert await verify_one(world.pool, number) == Verified(number, None)
    await world.pool.execute("update complaint set due_at = due_at + interval '9 days'")
    [fault] = (await verify_one(world.pool, number)).faults
    assert fault == (
        "it is due 2025-12-06 05:30:00+00:00, but its history ends with 2025-11-27 05:30:00+00:00"
    )


async def changed(world: World, statement: str, of: str = "complaint") -> None:
    """As whoever can switch the triggers off."""
    async with world.pool.acquire() as conn, conn.transaction():
        await conn.execute(f"alter table {of} disable trigger user")
        await conn.execute(statement)
        await conn.execute("set constraints all immediate")
        await conn.execute(f"alter table {of} enable trigger user")


@pytest.mark.parametrize(
    ("change", "told"),
    [
        *(
            (one, "what the citizen said, or who said it, is not what was registered")
            for one in (
                *("text_hi = 'सब ठीक है'", "contact = '+919876500000'", "source = 'letter'"),
                *("confirmed_by = null", "citizen_id = (select id from citizen where name = 'x')"),
            )
        ),
        ("kind = 'demand'", "its kind is demand, but its history says otherwise"),
        ("category = 'power-cut'", "its category is power-cut, but its history says otherwise"),
        ("place = 'lalitpur'", "its place is lalitpur, but its history says otherwise"),
        ("confidential = false", "its confidential is False, but its history says otherwise"),
        ("incident = true", "its incident is True, but its history says otherwise"),
    ],
)
async def test_what_was_registered_and_changed_in_the_row_is_found(
    world: World, change: str, told: str
) -> None:
    await world.pool.execute("insert into citizen values (gen_random_uuid(), 'x', 'hi', now())")
    number = (await world.register(world.form(confidential=True))).number
    assert await verify_one(world.pool, number) == Verified(number, None)
    await changed(world, f"update complaint set {change}")
    assert await verify_one(world.pool, number) == Verified(number, None, (told,))


async def test_what_was_mapped_anew_is_what_its_history_made_of_it(world: World) -> None:
    await energy_has_officers(world)
    number = (await world.register()).number
    await returned(world, number)
    await sorted_to(world, number, text="category handpump -> power-cut")  # said, and not done
    await returned(world, number)
    await sorted_to(world, number, category="power-cut", text="place")
    assert await verify_one(world.pool, number) == Verified(number, None)
    await changed(world, "update complaint set place = 'up'")
    [fault] = (await verify_one(world.pool, number)).faults
    assert fault == "its place is up, but its history says otherwise"


async def test_what_was_registered_before_that_was_written_down_is_intact(world: World) -> None:
    """As its history was written then, with the hash of then."""
    one = await world.register()
    before = replace((await load_story(world.pool, one.number)).history[0], brought="")
    was = chained(BEFORE_THE_FIRST, one.complaint_id, 1, before)
    update = f"update complaint_history set brought = '', hash = '{was}'"
    await changed(world, update, "complaint_history")
    await changed(world, f"update complaint set head = '{was}', text_hi = 'x'")
    assert await verify_one(world.pool, one.number) == Verified(one.number, None)


def test_every_event_leads_somewhere() -> None:
    assert set(LEADS_TO) == set(Event)
    assert {state for state in LEADS_TO.values() if state} == set(STATE_NAMES.values())


async def test_an_unknown_complaint_cannot_be_verified(world: World) -> None:
    with pytest.raises(UnknownComplaintError):
        await verify_one(world.pool, make(99_999_999))
