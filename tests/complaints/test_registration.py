import asyncio
from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest

from complaints import number
from complaints.errors import InvalidInputError
from complaints.reference import Category, ReferenceData, load
from db.ids import new_id
from db.pool import open_pool
from tests.complaints.world import CITIZEN, START, World
from tests.db.guillotine import Guillotine


async def test_a_complaint_goes_to_the_first_level_at_once(world: World) -> None:
    call = await world.call()
    registered = await world.register(world.form(call_id=call))
    assert number.is_valid(registered.number)
    assert (registered.level, registered.post_id) == (1, "L1-MAH")
    assert registered.due_at == START + timedelta(days=7)
    row = await world.complaint(registered.complaint_id)
    assert (row["state"], row["contact"], row["due_at"]) == (
        "with_officer",
        CITIZEN,
        registered.due_at,
    )
    linked = await world.pool.fetchrow("select * from complaint_call where call_id = $1", call)
    assert linked is not None
    assert linked["role"] == "registration"
    assert await world.events(registered.complaint_id) == ["registered"]


async def test_officer_and_citizen_are_told_in_hindi(world: World) -> None:
    registered = await world.register()
    [officer] = await world.messages(registered.complaint_id, "officer_assigned")
    [citizen] = await world.messages(registered.complaint_id, "citizen_registered")
    assert officer["recipient"] == "+919415000001"
    assert "हैंडपंप दो महीने से खराब" in officer["body"]
    assert registered.number in officer["body"]
    assert citizen["recipient"] == CITIZEN
    assert registered.number in citizen["body"]
    assert "27-11-2025 11:00" in citizen["body"]  # Indian time


async def test_a_repeat_with_the_same_key_is_the_same_complaint(world: World) -> None:
    form = world.form()
    first = await world.register(form)
    await world.dispose(first.number)
    told = await world.pool.fetchval("select count(*) from notification")
    world.later(hours=1)
    assert await world.register(form) == first
    assert await world.pool.fetchval("select count(*) from complaint") == 1
    assert await world.pool.fetchval("select count(*) from notification") == told


async def test_a_double_click_registers_once(world: World) -> None:
    form = world.form()
    both = await asyncio.gather(*(world.register(form) for _ in range(4)))
    assert len({registered.number for registered in both}) == 1
    assert await world.pool.fetchval("select count(*) from complaint") == 1


async def test_one_person_is_one_citizen_and_a_shared_phone_has_several(world: World) -> None:
    names = ["रामप्यारी देवी", " रामप्यारी देवी ", "मोहन लाल", None, ""]
    await asyncio.gather(*(world.register(world.form(citizen_name=name)) for name in names))
    rows = await world.pool.fetch("select name from citizen order by name")
    assert [row["name"] for row in rows] == ["मोहन लाल", "रामप्यारी देवी", None]
    assert await world.pool.fetchval("select count(*) from citizen_number") == 3


async def test_the_number_is_stored_in_one_form(world: World) -> None:
    registered = await world.register(world.form(contact="098765 43210"))
    assert (await world.complaint(registered.complaint_id))["contact"] == CITIZEN


async def test_the_text_is_stored_in_one_unicode_form_without_control_characters(
    world: World,
) -> None:
    decomposed = " फ\u093c़सल\0 \x07ख\u093cराब\nहै \ud800"
    registered = await world.register(world.form(text=decomposed))
    text = (await world.complaint(registered.complaint_id))["text_hi"]
    assert text == "फ\u093c\u093cसल ख\u093cराब\nहै"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("contact", "withheld"),
        ("contact", ""),
        ("text", " \n\0 "),
        ("text", "क" * 4001),
        ("citizen_name", "क" * 201),
        ("category", "no-such"),
        ("category", "\0"),
        ("place", "no-such"),
        ("call_id", uuid4()),
    ],
)
async def test_a_bad_field_is_named_and_nothing_is_written(
    world: World, field: str, value: object
) -> None:
    with pytest.raises(InvalidInputError) as refused:
        await world.register(world.form(**{field: value}))
    assert refused.value.field == field
    assert await world.pool.fetchval("select count(*) from complaint") == 0
    assert await world.pool.fetchval("select count(*) from citizen") == 0
    assert await world.pool.fetchval("select count(*) from registration_key") == 0


async def test_the_longest_text_fits(world: World) -> None:
    registered = await world.register(world.form(text="क" * 4000))
    [message] = await world.messages(registered.complaint_id, "officer_assigned")
    assert message["body"].endswith("…")


async def test_after_a_refusal_the_same_form_can_be_corrected(world: World) -> None:
    key = new_id(world.now)
    with pytest.raises(InvalidInputError):
        await world.register(world.form(key=key, text=""))
    assert (await world.register(world.form(key=key))).level == 1


async def test_time_limits_are_the_categorys(world: World) -> None:
    urgent = Category("no-water", "पानी नहीं", "No water", "jal-nigam", (1, 2, 3, 4))
    await load(world.pool, ReferenceData(categories=[urgent]))
    registered = await world.register(world.form(category="no-water"))
    assert registered.due_at == START + timedelta(days=1)


async def test_a_citizen_on_the_line_waits_for_few_statements(
    world: World, migrated_url: str
) -> None:
    async with Guillotine(migrated_url) as line:
        pool = await open_pool(line.url, size=1)
        there = replace(world, pool=pool)
        await there.register()  # the first time, the driver asks about types
        before = line.statements
        await there.register(world.form(call_id=await world.call()))
        await pool.close()
    assert line.statements - before <= 9  # begin, commit and the pool's reset among them
