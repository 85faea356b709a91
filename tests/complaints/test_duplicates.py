"""The same citizen's same matter is offered and added; other citizens' are linked; files merge."""

import asyncio
from dataclasses import replace
from uuid import UUID

import pytest

from complaints.additions import are_one_kind
from complaints.errors import (
    AlreadyEndedError,
    DuplicateError,
    InvalidInputError,
    NotSameMatterError,
)
from complaints.feedback import Answer
from complaints.kinds import MatterKind
from complaints.merging import merge
from complaints.reference import Category, ReferenceData, load
from complaints.registration import AddedTo, Registered, Registration
from complaints.story import load_story
from complaints.telling import render_story
from db.pool import Pool
from tests.complaints.interleaving import Worker, interleaved
from tests.complaints.moves import reopened, returned, sorted_to, withdrawn
from tests.complaints.world import DAYS, World

OTHER = "+919876500000"


def undecided(world: World, **changes: object) -> Registration:
    return world.form(**{"separate": False} | changes)


async def merged(world: World, number: str, into: str) -> None:
    await merge(world.pool, number, into=into, actor="agent:101", now=world.now, text="एक ही")


async def two_files(world: World, **younger: object) -> tuple[Registered, Registered]:
    """Of one citizen, the older first; each with a call and its recording."""
    older = await world.register(world.form(call_id=await world.call()))
    world.later(hours=1)
    call = await world.call()
    await world.recording(call)
    return older, await world.register(world.form(call_id=call, **younger))


async def test_an_open_complaint_about_the_same_is_offered_and_nothing_is_written(
    world: World,
) -> None:
    older = await world.register()
    world.later(days=1)
    form = undecided(world)
    with pytest.raises(DuplicateError) as offered:
        await world.taken_up(form)
    [candidate] = offered.value.candidates
    assert (candidate.number, candidate.state) == (older.number, "with_officer")
    assert candidate.registered_at == world.now.replace(day=20)
    assert await world.pool.fetchval("select count(*) from registration_key") == 1
    separate = await world.register(world.form(key=form.key))  # the same form, decided
    assert separate.number != older.number


@pytest.mark.parametrize(
    "other",
    [
        {"citizen_name": "मोहन लाल"},
        {"place": "lalitpur"},
        {"category": "no-water"},
        {"kind": MatterKind.INFORMATION},
        {"contact": OTHER},
    ],
)
async def test_what_is_of_another_citizen_or_about_another_thing_is_not_offered(
    world: World, other: dict[str, object]
) -> None:
    more = Category("no-water", "पानी नहीं", "No water", "jal-nigam", DAYS)
    await load(world.pool, ReferenceData(categories=[more]))
    older = await world.register()
    assert (await world.register(undecided(world, **other))).number != older.number


async def test_an_ended_complaint_is_not_offered(world: World) -> None:
    older = await world.register()
    await withdrawn(world, older.number)
    assert (await world.register(undecided(world))).number != older.number


async def test_what_is_told_again_goes_to_the_older_file_with_its_call(world: World) -> None:
    older = await world.register(world.form(call_id=await world.call()))
    call = await world.call()
    recording = await world.recording(call)
    form = undecided(world, adds_to=older.number, call_id=call, text="आज भी पानी नहीं आया")
    added = await world.taken_up(form)
    assert added == AddedTo(older.number, older.complaint_id)
    assert await world.pool.fetchval("select count(*) from complaint") == 1
    story = await load_story(world.pool, older.number)
    assert [one.id for one in story.recordings] == [recording]
    assert (story.complaint.weight, story.history[-1].reason) == (2, "आज भी पानी नहीं आया")
    [citizen] = await world.messages(older.complaint_id, "citizen_added")
    [officer] = await world.messages(older.complaint_id, "officer_added")
    assert older.number in citizen["body"]
    assert "2 बार" in officer["body"]
    text = render_story(story)
    assert "weight 2: the citizen told it so many times" in text
    assert "The citizen told it again, level 1 (L1-MAH), by agent:101: आज भी" in text
    assert "chain intact" in text


async def test_a_double_click_adds_once(world: World) -> None:
    older = await world.register()
    form = undecided(world, adds_to=older.number)
    both = await asyncio.gather(*(world.taken_up(form) for _ in range(4)))
    assert set(both) == {AddedTo(older.number, older.complaint_id)}
    assert await world.events(older.complaint_id) == ["registered", "added"]
    assert (await world.complaint(older.complaint_id))["weight"] == 2


async def test_it_is_added_only_to_this_citizens_open_complaint_about_this(world: World) -> None:
    older = await world.register()
    wrong: list[dict[str, object]] = [
        {"citizen_name": "मोहन लाल"},
        {"category": "power-cut"},
        {"place": "lalitpur"},
        {"kind": MatterKind.INFORMATION},
        {"adds_to": "123456789"},
        {"adds_to": "000000000"},
        {"separate": True},
    ]
    for changes in wrong:
        with pytest.raises(InvalidInputError) as refused:
            await world.taken_up(undecided(world, **{"adds_to": older.number} | changes))
        assert refused.value.field == "adds_to"
    await withdrawn(world, older.number)
    with pytest.raises(AlreadyEndedError):
        await world.taken_up(undecided(world, adds_to=older.number))
    assert await world.pool.fetchval("select count(*) from registration_key") == 1


async def test_from_another_number_the_agents_word_links_it(world: World) -> None:
    older = await world.register()
    citizen = (await world.complaint(older.complaint_id))["citizen_id"]
    form = undecided(
        world, contact=OTHER, citizen_id=citizen, links_number=True, adds_to=older.number
    )
    await world.taken_up(form)
    numbers = await world.pool.fetch("select number from citizen_number order by number")
    assert [row["number"] for row in numbers] == [OTHER, "+919876543210"]


async def test_what_is_added_while_the_officer_disposes_is_not_lost(world: World) -> None:
    older = await world.register()
    form = undecided(world, adds_to=older.number)
    done = await world.at_once(
        older.complaint_id, world.taken_up(form), world.dispose(older.number)
    )
    assert not [one for one in done if isinstance(one, BaseException)]
    assert sorted(await world.events(older.complaint_id)) == ["added", "disposed", "registered"]


async def matters(world: World) -> list[UUID]:
    rows = await world.pool.fetch("select matter from complaint order by number")
    return [row["matter"] for row in rows]


async def test_other_citizens_complaints_are_linked_and_closed_each_by_its_own(
    world: World,
) -> None:
    made = [
        await world.register(undecided(world, citizen_name=name, contact=f"+91987650000{n}"))
        for n, name in enumerate(["राम", "श्याम", "मोहन"])
    ]
    assert set(await matters(world)) == {made[0].complaint_id}
    elsewhere = await world.register(undecided(world, place="lalitpur"))
    assert (await matters(world))[-1] == elsewhere.complaint_id
    attempt = await world.disposed_and_called(made[0].number)
    await world.answer(attempt, Answer(satisfied=True))
    rows = await world.pool.fetch("select state from complaint order by number")
    assert [row["state"] for row in rows] == ["closed_satisfied"] + ["with_officer"] * 3
    later = await world.register(undecided(world, citizen_name="सीता"))  # the first has ended
    assert (await world.complaint(later.complaint_id))["matter"] == made[0].complaint_id
    text = render_story(await load_story(world.pool, later.number))
    assert "linked with 3 complaint(s) of other citizens, 2 of them open" in text


async def test_two_citizens_at_once_are_linked(world: World) -> None:
    await asyncio.gather(
        *(
            world.register(undecided(world, citizen_name=name, contact=f"+91987650000{n}"))
            for n, name in enumerate(["राम", "श्याम", "मोहन", "सीता"])
        )
    )
    assert len(set(await matters(world))) == 1


async def test_a_corrected_place_links_it_anew_and_never_with_those_it_left(world: World) -> None:
    made = [
        await world.register(undecided(world, citizen_name=name, contact=f"+91987650000{n}"))
        for n, name in enumerate(["राम", "श्याम"])
    ]
    there = await world.register(undecided(world, place="lalitpur"))
    for number, place in ((made[0].number, "up"), (made[1].number, "lalitpur")):
        await returned(world, number)
        await sorted_to(world, number, place=place)
    first, second, third = await matters(world)
    assert first not in (second, made[0].complaint_id)
    assert second == third == there.complaint_id


async def closed(world: World) -> str:
    number = (await world.register()).number
    await world.answer(await world.disposed_and_called(number), Answer(satisfied=True))
    return number


async def test_reopened_it_is_linked_with_what_was_registered_meanwhile(world: World) -> None:
    number = await closed(world)
    await world.register(world.form(contact=OTHER))
    first, second = await matters(world)
    assert first != second
    await reopened(world, number)
    assert set(await matters(world)) == {second}
    again = await closed(world)  # nothing that is open has another label: it keeps its own
    await reopened(world, again)
    assert set(await matters(world)) == {second}


@pytest.mark.parametrize("sooner", [0, 2, 4])
@pytest.mark.parametrize("coming", ["reopened", "mapped anew"])
async def test_two_that_come_to_one_subject_at_once_are_linked(
    world: World, coming: str, sooner: int
) -> None:
    """A citizen registers, and `sooner` statements later another complaint comes to the subject."""
    if coming == "reopened":
        number, call = await closed(world), await world.call()
    else:
        number = (await world.register(world.form(place="lalitpur"))).number
        await returned(world, number, post="L2-LAL")
    form = world.form(contact=OTHER)

    async def come(pool: Pool) -> None:
        there = replace(world, pool=pool)
        if coming == "reopened":
            await reopened(there, number, call)
        else:
            await sorted_to(there, number, place="lalitpur-mahroni")

    registers = Worker(lambda pool: replace(world, pool=pool).register(form))
    for one in await interleaved(world.pool, [registers, Worker(come)], [0] * sooner + [1] * 40):
        assert not isinstance(one, BaseException), one
    assert len(set(await matters(world))) == 1


async def test_two_files_of_one_matter_become_one(world: World) -> None:
    older, younger = await two_files(world)
    await merged(world, younger.number, older.number)
    row = await world.complaint(younger.complaint_id)
    assert (row["state"], row["due_at"], row["ended_at"]) == ("merged", None, world.now)
    end = await world.pool.fetchrow("select kind, merged_into, actor from complaint_end")
    assert tuple(end or ()) == ("merged", older.complaint_id, "agent:101")
    goes_on = await load_story(world.pool, older.number)
    assert (goes_on.complaint.weight, len(goes_on.calls), len(goes_on.recordings)) == (2, 2, 1)
    assert await world.events(older.complaint_id) == ["registered", "merged_here"]
    assert await world.events(younger.complaint_id) == ["registered", "merged"]
    ended = render_story(await load_story(world.pool, younger.number))
    assert f"goes on as {older.number}" in ended
    [told] = await world.messages(younger.complaint_id, "citizen_merged")
    assert older.number in told["body"]
    assert len(await world.messages(younger.complaint_id, "officer_merged")) == 1
    assert len(await world.messages(older.complaint_id, "officer_added")) == 1
    for one in (goes_on, await load_story(world.pool, younger.number)):
        assert one.broken_at is None


async def test_weights_add_up(world: World) -> None:
    older, younger = await two_files(world)
    await world.taken_up(undecided(world, adds_to=younger.number))
    await merged(world, younger.number, older.number)
    assert (await world.complaint(older.complaint_id))["weight"] == 3


async def test_a_merged_file_is_not_asked_about(world: World) -> None:
    older, younger = await two_files(world)
    await world.dispose(younger.number)
    await merged(world, younger.number, older.number)
    assert await world.pool.fetchval("select done_at from feedback_due") == world.now


async def test_what_cannot_be_one(world: World) -> None:
    older, younger = await two_files(world)
    _, stranger = await two_files(world, citizen_name="मोहन लाल")
    _, asked = await two_files(world, kind=MatterKind.INFORMATION)
    await load(
        world.pool,
        ReferenceData(categories=[Category("no-water", "पानी", "Water", "jal-nigam", DAYS)]),
    )
    _, another = await two_files(world, category="no-water")
    _, elsewhere = await two_files(world, place="lalitpur")
    for number, into, why in (
        (stranger.number, older.number, "different citizens"),
        (another.number, older.number, "different categories"),
        (elsewhere.number, older.number, "different places"),
        (asked.number, older.number, "information"),
        (older.number, younger.number, "the older file goes on"),
        (older.number, older.number, "the older file goes on"),
    ):
        with pytest.raises(NotSameMatterError, match=why):
            await merged(world, number, into)
    await withdrawn(world, older.number)
    for number, into in ((younger.number, older.number), (older.number, younger.number)):
        with pytest.raises(AlreadyEndedError, match=older.number):
            await merged(world, number, into)


@pytest.mark.parametrize("which", [0, 1])
async def test_a_merger_against_a_disposal_leaves_one_story(world: World, which: int) -> None:
    files = await two_files(world)
    older, younger = files
    done = await world.at_once(
        files[which].complaint_id,
        merged(world, younger.number, older.number),
        world.dispose(files[which].number),
    )
    failed = [one for one in done if isinstance(one, BaseException)]
    assert all(isinstance(one, AlreadyEndedError) for one in failed)
    row = await world.complaint(younger.complaint_id)
    assert (row["state"], bool(failed)) in (("merged", False), ("merged", True))
    assert (await world.complaint(older.complaint_id))["weight"] == 2
    for one in files:
        assert (await load_story(world.pool, one.number)).broken_at is None


async def test_two_mergers_at_once_merge_once(world: World) -> None:
    older, younger = await two_files(world)
    both = await world.at_once(
        older.complaint_id,
        merged(world, younger.number, older.number),
        merged(world, younger.number, older.number),
    )
    assert sorted(type(one).__name__ for one in both) == ["AlreadyEndedError", "NoneType"]
    assert (await world.complaint(older.complaint_id))["weight"] == 2


def test_information_is_one_only_with_information() -> None:
    for one in MatterKind:
        for other in MatterKind:
            asks = [kind for kind in (one, other) if kind is MatterKind.INFORMATION]
            assert are_one_kind(one, other) == (len(asks) != 1)
