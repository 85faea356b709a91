"""Four kinds, the incident mark, out of scope: what ends at the desk, and what an officer gets."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import asyncpg
import pytest

from complaints.ends import AdvisedAtDesk, Answered, AnsweredAtDesk, Thanked
from complaints.errors import InvalidInputError, NotAllowedError
from complaints.explaining import explain
from complaints.kinds import MatterKind, Source
from complaints.moving import forward_sorted
from complaints.policy import UP_1076
from complaints.reference import Category, ReferenceData, load
from complaints.registration import SettledAtDesk
from complaints.staffing_report import load_staffing_report, render_staffing_report
from complaints.store import hold, terms_for, transaction
from complaints.story import load_story
from complaints.telling import render_story
from tests.complaints.moves import remarked, sorted_to, swept, withdrawn
from tests.complaints.world import START, World, sign

ADVICE = "जन सूचना अधिकारी से मिलें"
IN_ENGLISH = "Write to the public information officer"
TREE = ReferenceData(
    categories=[
        Category("water", "पेयजल", "Drinking water"),
        Category("rti", "सूचना का अधिकार", "Right to information", in_scope=False, advice_hi=ADVICE),
        Category(
            *("court", "न्यायालय", "Matters before a court"),
            in_scope=False,
            advice_hi="विधिक सेवा प्राधिकरण जाएँ",
            advice_en=IN_ENGLISH,
        ),
    ]
)


async def settled(world: World, **changes: object) -> SettledAtDesk:
    taken = await world.taken_up(world.form(**changes))
    assert isinstance(taken, SettledAtDesk)
    return taken


async def state_of(world: World, number: str) -> object:
    async with transaction(world.pool) as conn:
        return (await hold(conn, number)).state


async def kinds_told(world: World, complaint_id: UUID) -> dict[str, str]:
    rows = await world.pool.fetch(
        "select kind, body from notification where complaint_id = $1", complaint_id
    )
    return {row["kind"]: row["body"] for row in rows}


@pytest.mark.parametrize("kind", MatterKind)
async def test_what_is_out_of_scope_ends_advised_with_where_to_go(
    world: World, kind: MatterKind
) -> None:
    await load(world.pool, TREE)
    call = await world.call()
    taken = await settled(world, category="rti", kind=kind, call_id=call)
    assert (taken.state, taken.text) == ("advised", ADVICE)
    row = await world.complaint(taken.complaint_id)
    assert (row["state"], row["level"], row["post"], row["due_at"]) == ("advised", None, None, None)
    end = await world.pool.fetchrow("select kind, text, actor, post, call_id from complaint_end")
    assert tuple(end or ()) == ("advised", ADVICE, "agent:101", None, call)
    told = await kinds_told(world, taken.complaint_id)
    assert list(told) == ["citizen_advised"]
    assert ADVICE in told["citizen_advised"]
    end_state = AdvisedAtDesk(text=ADVICE, actor="agent:101", ended_at=START)
    assert await state_of(world, taken.number) == end_state


@pytest.mark.parametrize(
    ("category", "language", "told"),
    [
        ("court", "en", IN_ENGLISH),
        ("court", "hi", "विधिक सेवा प्राधिकरण जाएँ"),
        ("rti", "en", ADVICE),  # which has no English words
    ],
)
async def test_advice_is_told_and_kept_in_the_citizens_language(
    world: World, category: str, language: str, told: str
) -> None:
    await load(world.pool, TREE)
    taken = await settled(world, category=category, language=language)
    assert taken.text == told
    assert await world.pool.fetchval("select text from complaint_end") == told
    assert told in (await kinds_told(world, taken.complaint_id))["citizen_advised"]


async def test_information_at_hand_is_answered_at_once(world: World) -> None:
    taken = await settled(world, kind=MatterKind.INFORMATION, answer="सोमवार को 10 बजे")
    assert (taken.state, taken.text) == ("answered", "सोमवार को 10 बजे")
    told = await kinds_told(world, taken.complaint_id)
    assert list(told) == ["citizen_answered"]
    assert "सोमवार को 10 बजे" in told["citizen_answered"]
    end_state = AnsweredAtDesk(text="सोमवार को 10 बजे", actor="agent:101", ended_at=START)
    assert await state_of(world, taken.number) == end_state
    text = render_story(await load_story(world.pool, taken.number))
    assert f"Request for information {taken.number}" in text
    assert "now: the information was given\n" in text
    assert "The information was given, by agent:101: सोमवार को 10 बजे" in text
    await remarked(world, taken.number)  # anybody may still remark on it
    assert "chain intact" in render_story(await load_story(world.pool, taken.number))


async def test_only_information_is_answered_at_the_desk(world: World) -> None:
    with pytest.raises(InvalidInputError, match="answer belongs to a request"):
        await world.taken_up(world.form(answer="हो जाएगा"))
    both = world.form(kind=MatterKind.INFORMATION, answer="हाँ", adds_to="100000007", separate=False)
    with pytest.raises(InvalidInputError, match="answer ends a request of its own"):
        await world.taken_up(both)


async def test_information_without_an_answer_goes_to_the_officer_whose_report_ends_it(
    world: World,
) -> None:
    registered = await world.register(world.form(kind=MatterKind.INFORMATION))
    assert (registered.level, registered.due_at) == (1, START + timedelta(days=7))
    assert set(await kinds_told(world, registered.complaint_id)) == {
        "officer_information",
        "citizen_registered",
    }
    world.later(days=8)
    assert await swept(world) == 1  # it escalates as any other
    disposed = await world.dispose(registered.number, "सोमवार को 10 बजे")
    assert (disposed.level, disposed.ask_from) == (2, None)
    state = await state_of(world, registered.number)
    assert isinstance(state, Answered)
    assert (state.answer, state.level, state.post) == ("सोमवार को 10 बजे", 2, "L2-LAL")
    assert await world.pool.fetchval("select count(*) from feedback_due") == 0
    assert await world.pool.fetchval("select report from disposal") == "सोमवार को 10 बजे"
    assert "citizen_answered" in await kinds_told(world, registered.complaint_id)


async def test_a_suggestion_is_thanked_for_and_the_officer_reads_it(world: World) -> None:
    taken = await settled(world, kind=MatterKind.SUGGESTION, text="हर गाँव में सूचना पट लगे")
    assert taken.state == "thanked"
    assert await state_of(world, taken.number) == Thanked(
        text="", actor="agent:101", ended_at=START
    )
    told = await kinds_told(world, taken.complaint_id)
    assert set(told) == {"citizen_thanked", "officer_suggestion"}
    assert "हर गाँव में सूचना पट लगे" in told["officer_suggestion"]


async def test_a_suggestion_where_no_officer_is_gets_its_thanks(world: World) -> None:
    taken = await settled(world, kind=MatterKind.SUGGESTION, category="power-cut")
    assert list(await kinds_told(world, taken.complaint_id)) == ["citizen_thanked"]


async def test_a_demand_is_followed_up_as_a_complaint_and_an_incident_is_marked(
    world: World,
) -> None:
    registered = await world.register(world.form(kind=MatterKind.DEMAND, incident=True))
    told = await kinds_told(world, registered.complaint_id)
    assert "घटना: मांग: हैंडपंप खराब" in told["officer_assigned"]
    disposed = await world.dispose(registered.number)
    assert disposed.ask_from == START + timedelta(minutes=15)
    text = render_story(await load_story(world.pool, registered.number))
    assert f"Demand (INCIDENT) {registered.number}" in text


async def test_a_repeat_of_what_ended_at_the_desk_gives_the_same(world: World) -> None:
    await load(world.pool, TREE)
    form = world.form(category="rti")
    first = await world.taken_up(form)
    assert await world.taken_up(form) == first
    assert await world.pool.fetchval("select count(*) from complaint") == 1


async def test_what_ended_at_the_desk_has_ended(world: World) -> None:
    taken = await settled(world, kind=MatterKind.SUGGESTION)
    for move in (withdrawn(world, taken.number), world.dispose(taken.number)):
        with pytest.raises(Exception, match=f"complaint {taken.number} has ended: thanked"):
            await move


async def test_information_cannot_be_closed_as_satisfied_in_the_schema_either(
    world: World,
) -> None:
    registered = await world.register(world.form(kind=MatterKind.INFORMATION))
    with pytest.raises(asyncpg.CheckViolationError, match="nobody_is_asked_about_information"):
        await world.pool.execute(
            "update complaint set state = 'awaiting_feedback', due_at = null, remind_at = null"
        )
    with pytest.raises(asyncpg.CheckViolationError, match="only_an_end_at_the_desk"):
        await world.pool.execute(
            "update complaint set level = null, post = null where number = $1", registered.number
        )


async def test_on_a_heading_nothing_is_registered(world: World) -> None:
    await load(world.pool, TREE)
    with pytest.raises(InvalidInputError, match="category is a heading"):
        await world.register(world.form(category="water"))
    with pytest.raises(InvalidInputError, match="category is a heading"):
        await explain(world.pool, "water", "lalitpur", UP_1076, START)
    registered = await world.register()
    with pytest.raises(asyncpg.ForeignKeyViolationError, match="only_a_leaf_is_registered_upon"):
        await world.pool.execute(
            "update complaint set category = 'water' where number = $1", registered.number
        )


async def test_what_is_out_of_scope_is_explained_and_is_no_hole(world: World) -> None:
    await load(world.pool, TREE)
    told = await explain(world.pool, "rti", "lalitpur", UP_1076, START)
    assert "not for this helpline" in told
    assert ADVICE in told
    assert "no English words" in told
    assert IN_ENGLISH in await explain(world.pool, "court", "lalitpur", UP_1076, START)
    report = render_staffing_report(await load_staffing_report(world.pool, START))
    assert "rti" not in report
    assert "water" not in report


async def test_a_complaint_is_not_sorted_to_what_is_out_of_scope(world: World) -> None:
    await load(world.pool, TREE)
    world.policy = replace(UP_1076, triage=True)
    registered = await world.register()
    with pytest.raises(InvalidInputError, match=ADVICE):
        await sorted_to(world, registered.number, category="rti")
    moved = await sorted_to(world, registered.number, place="lalitpur")
    assert moved.level == 2


async def test_the_teams_words_are_made_fit_to_be_stored(world: World) -> None:
    world.policy = replace(UP_1076, triage=True)
    registered = await world.register()

    async def forwarded(text: str) -> None:
        await forward_sorted(
            world.pool,
            registered.number,
            actor="cm_office:5",
            policy=world.policy,
            now=world.now,
            signer=sign,
            text=text,
        )

    with pytest.raises(InvalidInputError, match="text is longer than 4000 characters"):
        await forwarded("क" * 4001)
    await forwarded(" ठीक \ud800\0")
    said = "select reason from complaint_history where event = 'forwarded'"
    assert await world.pool.fetchval(said) == "ठीक"


async def test_who_confirmed_is_kept_and_what_nobody_heard_has_none(world: World) -> None:
    kept = {}
    for source in (None, *Source):
        registered = await world.register(world.form(source=source))
        row = await world.complaint(registered.complaint_id)
        kept[row["source"]] = row["confirmed_by"]
    by_phone = await world.register(world.form(call_id=await world.call()))
    assert (await world.complaint(by_phone.complaint_id))["source"] == "phone"
    agent = "agent:101"
    assert kept == {
        "agent": agent, "phone": agent, "meeting": None, "letter": None,
        "portal": None, "api": None,
    }  # fmt: skip
    async with transaction(world.pool) as conn:  # it comes to nothing
        await conn.execute("alter table complaint disable trigger what_was_brought_stays")
        with pytest.raises(asyncpg.CheckViolationError, match="nobody_confirms"):
            await conn.execute("update complaint set confirmed_by = 'x' where source = 'api'")


async def test_an_officer_of_no_department_is_never_asked_for_terms(world: World) -> None:
    await load(world.pool, TREE)
    taken = await settled(world, category="rti")
    async with transaction(world.pool) as conn:
        with pytest.raises(NotAllowedError, match="no department"):
            await terms_for(conn, await hold(conn, taken.number), UP_1076, START)
