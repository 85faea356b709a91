import pytest

from calls.model import Outcome
from complaints.caller import history_for_number
from complaints.errors import InvalidComplaintNumberError, UnknownComplaintError
from complaints.escalation import escalate_overdue
from complaints.feedback import Answer, DissatisfactionReason
from complaints.number import make
from complaints.story import load_story
from complaints.telling import render_story
from db.pool import open_pool
from db.statements import sql
from tests.complaints.world import CITIZEN, World, sign


async def told(world: World) -> str:
    """A complaint that was registered, called about in vain, found wanting, and is open."""
    call = await world.call()
    await world.recording(call)
    registered = await world.register(world.form(call_id=call))
    await world.hung_up(call, Outcome.AGENT_ANSWERED)
    unanswered = await world.disposed_and_called(registered.number)
    await world.hung_up(unanswered, Outcome.NO_ANSWER)
    world.later(hours=1)
    attempt = await world.attempt(registered.complaint_id, 1)
    own = await world.recording(attempt, "own_words", state="open")
    await world.answer(attempt, Answer(False, DissatisfactionReason.NOT_DONE, own))
    return registered.number


async def test_the_story_holds_all_of_it(world: World) -> None:
    story = await load_story(world.pool, await told(world))
    assert (story.complaint.state, story.complaint.citizen) == ("with_officer", "रामप्यारी देवी")
    assert [entry.event for entry in story.history] == [
        "registered",
        "disposed",
        "returned_for_review",
    ]
    assert story.broken_at is None
    assert [(call.role, call.attempt_no, call.outcome) for call in story.calls] == [
        ("registration", None, "agent_answered"),
        ("feedback", 1, "no_answer"),
        ("feedback", 2, None),
    ]
    assert [(r.kind, r.state, r.seconds) for r in story.recordings] == [
        ("call", "stored", 12.0),
        ("own_words", "open", None),
    ]
    assert [n.kind for n in story.notifications] == [
        "citizen_registered",
        "officer_assigned",
        "citizen_disposed",
        "citizen_moved",
        "officer_review",
    ]
    [entry] = story.register
    assert (entry.reason_code, entry.recording_id) == ("not_done", story.recordings[1].id)


async def test_it_is_told_in_order_and_in_indian_time(world: World) -> None:
    text = render_story(await load_story(world.pool, await told(world)))
    steps = [
        "20-11-2025 11:00:00  The citizen called: agent_answered",
        "Registered, level 1 (L1-MAH), by agent:101; due 27-11-2025 11:00:00",
        "Disposed of, resolved, level 1 (L1-MAH), by officer:L1-MAH: हैंडपंप ठीक कर दिया गया",
        "The citizen was called about disposal 1, attempt 1: no_answer",
        "The citizen was called about disposal 1, attempt 2: still going on",
        "The citizen is not satisfied. Back for review, level 1 (L1-MAH), by citizen: not_done",
        "SMS of 2 part(s): officer_review to +919415000001, waiting to be sent, 0 attempt(s)",
        "Register of dissatisfaction, entry",
        "History: 3 entries, chain intact",
    ]
    places = [text.index(step) for step in steps]
    assert places == sorted(places)
    assert "The citizen's own words: recording is open" in text
    assert f"The call recorded: 12.0 s, 2 channel(s), SHA-256 {'ab' * 32}" in text


async def test_each_queue_and_each_agent_of_a_call_is_told_in_order(world: World) -> None:
    call = await world.call()
    registered = await world.register(world.form(call_id=call))
    pool = world.pool
    await pool.execute(sql("calls_waits"), call, "helpline-hi", world.later(seconds=2))
    await pool.execute(sql("calls_waits"), call, "schemes-hi", world.later(seconds=30))
    await pool.execute(sql("calls_agent_answered"), call, "101", world.later(seconds=12))
    await pool.execute(
        sql("calls_handed_on"), "queue:helpline-en", call, "101", world.later(minutes=4)
    )
    await pool.execute(sql("calls_waits"), call, "helpline-en", world.now)
    world.later(seconds=50)
    await world.hung_up(call, Outcome.AGENT_ANSWERED)
    text = render_story(await load_story(pool, registered.number))
    steps = [
        "11:00:00  The citizen called, agent 101: agent_answered",
        "11:00:02    In the queue helpline-hi for 30 s: went on to schemes-hi",
        "11:00:32    In the queue schemes-hi for 12 s: answered by agent 101",
        "11:00:44    Agent 101 had them for 240 s, handed on to queue:helpline-en",
        "11:04:44    In the queue helpline-en for 50 s: queue_abandoned",
    ]
    places = [text.index(step) for step in steps]
    assert places == sorted(places)


async def test_a_forgotten_complaint_and_a_broken_chain_are_named(world: World) -> None:
    registered = await world.register(world.form(citizen_name=None))
    for _ in range(4):
        world.later(days=15)
        await escalate_overdue(world.pool, policy=world.policy, now=world.now, signer=sign)
    async with world.pool.acquire() as conn, conn.transaction():
        await conn.execute("alter table complaint_history disable trigger history_is_append_only")
        await conn.execute("update complaint_history set level = 1 where seq = 2")
        await conn.execute("alter table complaint_history enable trigger history_is_append_only")
    text = render_story(await load_story(world.pool, registered.number))
    assert "by a citizen without a name" in text
    assert "on the CM's office's list since" in text
    assert "CHAIN BROKEN at entry 2" in text


async def test_an_ended_complaint_is_told_without_a_due_time(world: World) -> None:
    registered = await world.register()
    attempt = await world.disposed_and_called(registered.number)
    await world.answer(attempt, Answer(satisfied=True))
    text = render_story(await load_story(world.pool, registered.number))
    assert "now: closed, the citizen is satisfied, level 1" in text


async def test_a_connection_that_has_read_nothing_else_tells_what_was_handed_on(
    world: World, migrated_url: str
) -> None:
    call = await world.call()
    recording = await world.recording(call)
    registered = await world.register(world.form(call_id=call))
    world.later(days=8)
    await escalate_overdue(world.pool, policy=world.policy, now=world.now, signer=sign)
    pool = await open_pool(migrated_url, size=1)
    story = await load_story(pool, registered.number)
    await pool.close()
    handed = [n for n in story.notifications if n.kind == "officer_forwarded"]
    assert [n.recordings for n in handed] == [(recording,)]
    assert [len(n.links) for n in handed] == [1]
    assert [(bundle.post, bundle.opened) for bundle in story.bundles] == [("L2-LAL", 0)]


async def test_an_unknown_number_has_no_story(world: World) -> None:
    with pytest.raises(UnknownComplaintError):
        await load_story(world.pool, make(99_999_999))
    with pytest.raises(InvalidComplaintNumberError):
        await load_story(world.pool, "1")


async def test_an_agent_sees_open_complaints_first_then_the_latest(world: World) -> None:
    open_one = await world.register()
    world.later(days=1)
    closed = await world.register()
    await world.answer(await world.disposed_and_called(closed.number), Answer(satisfied=True))
    await world.register(world.form(contact="9415123456"))
    seen = await history_for_number(world.pool, CITIZEN)
    assert [(one.number, one.state) for one in seen] == [
        (open_one.number, "with_officer"),
        (closed.number, "closed_satisfied"),
    ]
    assert seen[0].category_name == "हैंडपंप खराब"
    assert len(await history_for_number(world.pool, CITIZEN, at_most=1)) == 1
    assert await history_for_number(world.pool, "+919999999999") == []
