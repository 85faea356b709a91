"""What an agent's form may do, on the real database."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from calls.model import Outcome
from calls.store import end_if_open, set_agent_answered
from cti.errors import (
    ConflictError,
    DuplicateFoundError,
    FieldsRefusedError,
    NoSuchCallError,
    Reason,
)
from cti.ports import RegistrationForm
from helpline.desk_adapters import ComplaintRegistrar, NumberHistory
from recordings.master import MasterKeys
from tests.complaints.world import CITIZEN, World

KEYS = MasterKeys([bytes(32)])


@pytest.fixture
def registrar(world: World) -> ComplaintRegistrar:
    return ComplaintRegistrar(
        world.pool, world.policy, lambda: world.now, KEYS, {"helpline-en": "en"}
    )


def form(world: World, call: UUID) -> RegistrationForm:
    asked = world.form()
    return RegistrationForm(
        agent_id="1001",
        call_id=call,
        key=uuid4(),
        category=asked.category,
        place=asked.place,
        text=asked.text,
        citizen_name=None,
        contact=None,
    )


async def _answered_by(world: World, agent: str) -> UUID:
    call = await world.call()
    async with world.pool.acquire() as conn:
        await set_agent_answered(conn, call, agent, world.now)
        await end_if_open(conn, call, Outcome.AGENT_ANSWERED, world.now)
    return call


async def test_the_number_that_the_call_came_from_is_the_contact(
    world: World, registrar: ComplaintRegistrar
) -> None:
    call = await _answered_by(world, "1001")
    number = await world.pool.fetchval("select citizen_number from call where id = $1", call)
    registered = await registrar.register(form(world, call))
    row = await world.pool.fetchrow(
        "select contact from complaint where number = $1", registered.number
    )
    assert row is not None
    assert row["contact"] == number


async def test_another_agents_call_is_not_attached(
    world: World, registrar: ComplaintRegistrar
) -> None:
    call = await _answered_by(world, "1002")
    with pytest.raises(ConflictError):
        await registrar.register(form(world, call))
    assert await world.pool.fetchval("select count(*) from complaint") == 0


async def test_who_only_was_offered_a_call_registers_nothing_for_who_still_waits(
    world: World, registrar: ComplaintRegistrar
) -> None:
    waiting = await world.call()
    with pytest.raises(ConflictError) as refused:
        await registrar.register(form(world, waiting))
    assert refused.value.reason == Reason("not_yours")
    assert await world.pool.fetchval("select count(*) from complaint_call") == 0


async def test_who_has_the_call_registers_before_its_row_says_so(world: World) -> None:
    call = await world.call()
    has = {("1001", call)}
    registrar = ComplaintRegistrar(
        world.pool, world.policy, lambda: world.now, KEYS, has=lambda *asked: asked in has
    )
    with pytest.raises(ConflictError):
        await registrar.register(replace(form(world, call), agent_id="1002"))
    assert (await registrar.register(form(world, call))).level == 1


async def test_who_handed_the_citizen_on_may_register_what_they_were_told(
    world: World, registrar: ComplaintRegistrar
) -> None:
    call = await world.call()
    async with world.pool.acquire() as conn:
        await set_agent_answered(conn, call, "1001", world.now)
        await set_agent_answered(conn, call, "1002", world.now + timedelta(minutes=1))
    with pytest.raises(ConflictError):
        await registrar.register(replace(form(world, call), agent_id="1003"))
    assert (await registrar.register(form(world, call))).level == 1
    other = replace(form(world, call), agent_id="1002", separate=True)
    assert (await registrar.register(other)).level == 1


async def test_an_unknown_call_and_an_unknown_place_are_named(
    world: World, registrar: ComplaintRegistrar
) -> None:
    with pytest.raises(NoSuchCallError):
        await registrar.register(form(world, uuid4()))
    wrong = replace(form(world, await _answered_by(world, "1001")), place="nowhere")
    with pytest.raises(FieldsRefusedError) as caught:
        await registrar.register(wrong)
    assert caught.value.fields == {"place": "is unknown"}
    assert caught.value.reasons == {"place": Reason("unknown")}


async def test_a_duplicate_is_offered_to_the_desk_and_added(
    world: World, registrar: ComplaintRegistrar
) -> None:
    first = await registrar.register(form(world, await _answered_by(world, "1001")))
    again = form(world, await _answered_by(world, "1001"))
    with pytest.raises(DuplicateFoundError) as offered:
        await registrar.register(again)
    [candidate] = offered.value.candidates
    assert (candidate.number, candidate.state) == (first.number, "with_officer")
    added = await registrar.register(replace(again, adds_to=first.number))
    assert (added.number, added.result, added.level) == (first.number, "added", None)
    await world.dispose(first.number)
    later = form(world, await _answered_by(world, "1001"))
    for _ in range(2):  # a repeat is told the same
        asked = await registrar.register(replace(later, adds_to=first.number))
        assert (asked.number, asked.result) == (first.number, "added_disposed")


async def test_an_open_complaint_in_confidence_is_named_to_who_has_spoken_with_its_citizen(
    world: World, registrar: ComplaintRegistrar
) -> None:
    """To anybody else nothing of it is said: what they register is in confidence as well."""
    mine = await _answered_by(world, "1001")
    first = await registrar.register(replace(form(world, mine), confidential=True))
    citizen = await world.pool.fetchval("select id from citizen")
    elsewhere = await world.talked_with("1002", "+919811111111")
    told_there = replace(
        form(world, elsewhere), agent_id="1002", citizen=citizen, links_number=True
    )
    second = await registrar.register(told_there)
    assert second.number != first.number
    assert await world.pool.fetchval(
        "select confidential from complaint where number = $1", second.number
    )
    with pytest.raises(DuplicateFoundError) as offered:
        await registrar.register(form(world, await _answered_by(world, "1001")))
    numbers = [one.number for one in offered.value.candidates]
    assert numbers == [first.number]  # the other is of a number from which nobody called them


async def test_of_what_the_cms_team_sees_first_no_officer_and_no_deadline_is_told(
    world: World,
) -> None:
    policy = replace(world.policy, triage=True)
    registrar = ComplaintRegistrar(world.pool, policy, lambda: world.now, KEYS)
    asked = form(world, await _answered_by(world, "1001"))
    told = await registrar.register(asked)
    assert told == await registrar.register(asked)
    assert (told.result, told.level, told.officer, told.due_at) == ("in_triage", None, None, None)


async def test_what_ends_at_the_desk_is_told_with_its_words(
    world: World, registrar: ComplaintRegistrar
) -> None:
    asked = replace(
        form(world, await _answered_by(world, "1001")), kind="information", answer="सोमवार को"
    )
    told = await registrar.register(asked)
    assert (told.result, told.words, told.officer) == ("answered", "सोमवार को", None)


@pytest.mark.parametrize(("contact", "sms"), [("0522 2238902", False), ("98765 43210", True)])
async def test_the_desk_is_told_where_no_sms_goes(
    world: World, registrar: ComplaintRegistrar, contact: str, sms: bool
) -> None:
    told = await registrar.register(
        replace(form(world, await _answered_by(world, "1001")), contact=contact)
    )
    assert told.sms == sms
    written = "select count(*) from notification where kind like 'citizen_%'"
    assert await world.pool.fetchval(written) == int(sms)


async def test_the_screen_pop_says_who_may_be_speaking(
    world: World, registrar: ComplaintRegistrar
) -> None:
    await world.register()
    history = await NumberHistory(world.pool, lambda: world.now).lookup(CITIZEN)
    [known] = history["citizens"]
    assert known["name"] == "रामप्यारी देवी"
    chosen = replace(
        form(world, await _answered_by(world, "1001")),
        citizen=UUID(known["citizen"]),
        separate=True,
    )
    await registrar.register(chosen)
    assert await world.pool.fetchval("select count(*) from citizen") == 1
    with pytest.raises(FieldsRefusedError) as refused:
        await registrar.register(replace(chosen, key=uuid4(), citizen=uuid4()))
    assert refused.value.fields == {"citizen": "is unknown"}


async def _numbers(world: World, citizen: UUID) -> set[str]:
    rows = await world.pool.fetch(
        "select number from citizen_number where citizen_id = $1", citizen
    )
    return {row["number"] for row in rows}


async def test_a_known_citizen_may_be_called_on_another_number_and_is_no_second_person(
    world: World, registrar: ComplaintRegistrar
) -> None:
    await world.register()
    citizen = await world.pool.fetchval("select id from citizen")
    other = replace(
        form(world, await _answered_by(world, "1001")), citizen=citizen, contact="98111 11111",
        separate=True,
    )  # fmt: skip
    await registrar.register(other)
    assert await world.pool.fetchval("select count(*) from citizen") == 1
    assert await _numbers(world, citizen) == {CITIZEN, "+919811111111"}
    stranger = replace(other, key=uuid4(), contact="98222 22222")
    await world.pool.execute("delete from citizen_number where number = $1", CITIZEN)
    with pytest.raises(FieldsRefusedError) as refused:  # not of the number that calls
        await registrar.register(stranger)
    assert refused.value.reasons == {"citizen": Reason("not_on_number")}
    await registrar.register(replace(stranger, links_number=True))  # found, and confirmed
    assert await _numbers(world, citizen) == {"+919811111111", "+919822222222"}


async def test_the_screen_pop_says_which_agents_had_the_citizen_in_each_call(
    world: World,
) -> None:
    call = await _answered_by(world, "1001")
    other = await world.call()
    async with world.pool.acquire() as conn:
        await set_agent_answered(conn, call, "1002", world.now - timedelta(minutes=1))
    history = await NumberHistory(world.pool, lambda: world.now).lookup(CITIZEN)
    told = {one["call"]: one["agents"] for one in history["calls"]}
    assert told == {str(call): ["1001", "1002"], str(other): []}


@pytest.mark.parametrize(("queue", "language"), [("helpline-en", "en"), ("helpline-hi", "hi")])
async def test_a_citizen_is_kept_with_the_language_that_they_chose_in_the_call(
    world: World, registrar: ComplaintRegistrar, queue: str, language: str
) -> None:
    call = await _answered_by(world, "1001")
    await world.pool.execute("update call set queue = $2 where id = $1", call, queue)
    await registrar.register(form(world, call))
    assert await world.pool.fetchval("select language from citizen") == language


async def test_whom_we_call_is_kept_with_the_language_that_is_known_on_their_number(
    world: World, registrar: ComplaintRegistrar
) -> None:
    """A call by click waits in no queue."""
    lookup = NumberHistory(world.pool, lambda: world.now).lookup
    assert (await lookup(CITIZEN))["language"] is None
    await world.register(world.form(language="en"))
    assert (await lookup(CITIZEN))["language"] == "en"
    said = replace(form(world, await _answered_by(world, "1001")), citizen_name="Gita")
    await registrar.register(said)
    rows = await world.pool.fetch("select name, language from citizen order by created_at, name")
    assert {row["language"] for row in rows} == {"en"}
    await world.register(world.form(citizen_name="राधा", language="hi"))
    assert (await lookup(CITIZEN))["language"] is None  # they differ: the agent asks


async def test_an_agent_at_an_english_desk_reads_the_subject_in_english(world: World) -> None:
    await world.register()
    [told] = (await NumberHistory(world.pool, lambda: world.now).lookup(CITIZEN))["complaints"]
    assert (told["category"], told["category_en"]) == ("हैंडपंप खराब", "Broken hand pump")


async def test_whose_number_was_withheld_is_asked_for_one(
    world: World, registrar: ComplaintRegistrar
) -> None:
    call = await _answered_by(world, "1001")
    await world.pool.execute("update call set citizen_number = null where id = $1", call)
    asked = form(world, call)
    with pytest.raises(FieldsRefusedError) as refused:
        await registrar.register(asked)
    assert refused.value.reasons == {"contact": Reason("withheld")}
    assert (await registrar.register(replace(asked, contact=CITIZEN))).number
