"""Who is speaking: a number has several persons, a person several numbers."""

from uuid import UUID, uuid4

import pytest

from complaints.caller import citizens_on
from complaints.errors import InvalidInputError
from complaints.kinds import Source
from tests.complaints.world import CITIZEN, World

OTHER = "+919876500000"


async def citizen_of(world: World, complaint_id: UUID) -> UUID:
    found: UUID = (await world.complaint(complaint_id))["citizen_id"]
    return found


async def test_the_agent_picks_one_of_those_known_on_the_number(world: World) -> None:
    for name in ("रामप्यारी देवी", "मोहन लाल"):
        await world.register(world.form(citizen_name=name))
        world.later(minutes=1)
    known = await citizens_on(world.pool, CITIZEN)
    assert [one.name for one in known] == ["रामप्यारी देवी", "मोहन लाल"]
    registered = await world.register(world.form(citizen_name=None, citizen_id=known[1].id))
    assert await citizen_of(world, registered.complaint_id) == known[1].id
    assert await world.pool.fetchval("select count(*) from citizen") == 2


async def test_one_known_elsewhere_needs_the_agents_word_and_gets_this_number_too(
    world: World,
) -> None:
    first = await world.register()
    citizen = await citizen_of(world, first.complaint_id)
    form = world.form(contact=OTHER, citizen_id=citizen)
    with pytest.raises(InvalidInputError, match="citizen_id is not known on this number"):
        await world.register(form)
    assert await citizens_on(world.pool, OTHER) == []
    again = await world.register(world.form(contact=OTHER, citizen_id=citizen, links_number=True))
    assert await citizen_of(world, again.complaint_id) == citizen
    assert [one.id for one in await citizens_on(world.pool, OTHER)] == [citizen]
    assert [one.id for one in await citizens_on(world.pool, CITIZEN)] == [citizen]


async def test_nobody_is_linked_by_a_self_service_or_without_being_known(world: World) -> None:
    first = await world.register()
    citizen = await citizen_of(world, first.complaint_id)
    for wrong, field in (
        ({"citizen_id": uuid4()}, "citizen_id"),
        ({"links_number": True}, "links_number"),
        ({"citizen_id": citizen, "links_number": True, "source": Source.API}, "links_number"),
    ):
        with pytest.raises(InvalidInputError) as refused:
            await world.register(world.form(**wrong))
        assert refused.value.field == field


async def test_a_name_is_one_name_however_it_is_typed(world: World) -> None:
    for name in ("पढ़ाई  लाल", "पढ\u093cाई लाल", " पढ़ाई लाल "):
        await world.register(world.form(citizen_name=name))
    assert await world.pool.fetchval("select array_agg(name) from citizen") == ["पढ\u093cाई लाल"]
