"""Citizens whom the dialer's calls did not reach (R19)."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest

from calls.model import Outcome
from complaints.calendar import Counting
from complaints.errors import (
    EvidenceFault,
    NoEvidenceError,
    NoTaskError,
    NotAwaitingFeedbackError,
    TaskTakenError,
)
from complaints.feedback import (
    Answer,
    DissatisfactionReason,
    claim_due,
    follow_up,
    give_up,
    open_question_for,
    postpone,
    tasks,
)
from complaints.followup import TaskToCall, _Unanswered, take_task, task_to_call
from complaints.policy import UP_1076, FollowUp, Policy, Step
from complaints.registration import Registered
from complaints.store import hold_by_id
from db.statements import sql
from messages.undelivered import send_again
from tests.complaints.moves import told
from tests.complaints.world import CITIZEN, World

OTHER = "+919876500000"


async def used_up(world: World, form_changes: dict[str, str] | None = None) -> Registered:
    """Disposed of, and the dialer has given up."""
    registered = await world.register(world.form(**(form_changes or {})))
    await world.dispose(registered.number)
    await given_up(world, registered.complaint_id, 1)
    return registered


async def given_up(world: World, complaint_id: UUID, disposal_no: int) -> bool:
    async with world.pool.acquire() as conn, conn.transaction():
        return await give_up(conn, complaint_id, disposal_no, world.now, policy=world.policy)


async def followed_up(world: World, limit: int = 200) -> int:
    return await follow_up(world.pool, policy=world.policy, now=world.now, limit=limit)


async def left(world: World) -> None:
    """A gateway takes what waits or is held."""
    await world.pool.execute(
        """update notification set sent_at = $1, next_attempt_at = null, held_at = null
           where sent_at is null""",
        world.now,
    )


async def held(world: World) -> None:
    """The gateway fails until nobody tries any more."""
    await world.pool.execute(
        """update notification set held_at = $1, next_attempt_at = null, last_error = 'away'
           where sent_at is null""",
        world.now,
    )


async def undelivered(world: World) -> None:
    await world.pool.execute("update notification set undelivered_at = $1", world.now)


async def asked(world: World) -> Registered:
    """An SMS that asks is written, for three days."""
    world.policy = replace(UP_1076, after_attempts=(FollowUp(Step.SMS, 3),))
    return await used_up(world)


async def state_of(world: World, one: Registered) -> tuple[str, str | None]:
    row = await world.complaint(one.complaint_id)
    return row["state"], row["unverified_reason"]


async def claimed(world: World) -> int:
    async with world.pool.acquire() as conn, conn.transaction():
        return len(await claim_due(conn, world.now, 10))


async def also_has(world: World, registered: Registered, number: str) -> None:
    await world.pool.execute(
        """insert into citizen_number (citizen_id, number)
           select citizen_id, $2 from complaint where id = $1""",
        *(registered.complaint_id, number),
    )


async def test_no_answer_is_an_agents_call_then_an_sms_then_unverified(world: World) -> None:
    one = await used_up(world)
    [task] = await tasks(world.pool)
    assert (task.number, task.numbers, task.tried, task.step_until) == (
        one.number,
        (CITIZEN,),
        ("attempts used up",),
        world.now + timedelta(days=2),
    )
    world.later(days=2)
    assert (await followed_up(world), await tasks(world.pool)) == (1, [])
    [message] = await world.messages(one.complaint_id, "citizen_asked")
    assert (message["recipient"], one.number in message["body"]) == (CITIZEN, True)
    assert "25-11-2025" in message["body"]
    assert (await world.complaint(one.complaint_id))["state"] == "awaiting_feedback"
    await left(world)
    world.later(days=3)
    assert await followed_up(world) == 1
    row = await world.complaint(one.complaint_id)
    assert (row["state"], row["unverified_reason"]) == (
        "unverified",
        "attempts used up; agent_call until 2025-11-22T05:30:00+00:00; "
        "sms until 2025-11-25T05:30:00+00:00",
    )
    assert await world.events(one.complaint_id) == [
        "registered",
        "disposed",
        "agent_to_call",
        "asked_to_call",
        "unverified",
    ]
    assert len(await world.messages(one.complaint_id, "citizen_unverified")) == 1
    world.later(days=9)
    assert await followed_up(world) == 0


async def test_nobody_was_asked_by_an_sms_that_is_held(world: World) -> None:
    one = await asked(world)
    await held(world)
    world.later(days=3)
    assert await followed_up(world) == 1
    assert await state_of(world, one) == ("awaiting_feedback", None)
    [message] = await world.messages(one.complaint_id, "citizen_asked")
    assert "26-11-2025" in message["body"]  # the end that it has now
    assert message["held_at"] is not None
    world.later(days=2)
    assert await followed_up(world) == 0
    await left(world)
    world.later(days=1)
    assert await followed_up(world) == 1  # six days since it was written, one since it left
    assert await state_of(world, one) == ("awaiting_feedback", None)
    world.later(days=2)
    assert await followed_up(world) == 1
    assert await state_of(world, one) == (
        "unverified",
        "attempts used up; sms until 2025-11-28T05:30:00+00:00",
    )
    assert await world.events(one.complaint_id) == [
        *("registered", "disposed", "asked_to_call", "unverified")
    ]


@pytest.mark.parametrize("why", ["not sent", "not delivered"])
async def test_an_sms_that_reaches_nobody_is_waited_for_as_long_again(
    world: World, why: str
) -> None:
    one = await asked(world)
    if why == "not sent":
        await held(world)
    else:
        await left(world)
        await undelivered(world)
    for days, state in ((3, "awaiting_feedback"), (3, "unverified")):
        world.later(days=days)
        assert await followed_up(world) == 1
        assert (await state_of(world, one))[0] == state
    assert (await state_of(world, one))[1] == (
        f"attempts used up; sms {why} until 2025-11-26T05:30:00+00:00"
    )


async def test_what_was_sent_again_and_arrived_has_asked_them(world: World) -> None:
    one = await asked(world)
    await left(world)
    await undelivered(world)
    world.later(days=1)
    again = await send_again(world.pool, None, world.now, links_last=timedelta(days=30))
    assert len(again.messages) == 4
    await left(world)
    world.later(days=2)
    assert await followed_up(world) == 1
    world.later(days=1)
    assert await followed_up(world) == 1
    assert (await state_of(world, one))[1] == (
        "attempts used up; sms until 2025-11-24T05:30:00+00:00"
    )


async def test_an_sms_about_the_disposal_before_asks_about_none_since(world: World) -> None:
    one = await asked(world)
    await left(world)
    answer = Answer(satisfied=False)
    await told(world, one.number, call_id=await world.talked_with("101"), answer=answer)
    world.later(days=1)
    await world.dispose(one.number)
    await given_up(world, one.complaint_id, 2)
    await held(world)
    world.later(days=3)
    assert await followed_up(world) == 1
    assert await state_of(world, one) == ("awaiting_feedback", None)


@pytest.mark.parametrize("counting", Counting)
async def test_each_step_lasts_its_days(world: World, counting: Counting) -> None:
    """A citizen's days are plain days, whatever is counted for officers."""
    world.policy = replace(world.policy, counting=counting, rest_weekdays=frozenset({4, 5, 6}))
    await used_up(world)  # on a Thursday
    world.later(days=1, hours=23)
    assert await followed_up(world) == 0
    world.later(days=6)  # the sweep was away: the SMS has its days from now on all the same
    assert await followed_up(world) == 1
    world.later(days=2)
    assert await followed_up(world) == 0


async def test_nobody_waits_for_what_an_sms_to_a_landline_would_bring(world: World) -> None:
    registered = await used_up(world, {"contact": "+915222238902"})
    world.later(days=2)
    assert await followed_up(world) == 1
    events = await world.events(registered.complaint_id)
    assert events == ["registered", "disposed", "agent_to_call", "unverified"]
    written = "select count(*) from notification where kind like 'citizen_%'"
    assert await world.pool.fetchval(written) == 0


async def test_the_dialer_leaves_who_is_asked_otherwise_alone(world: World) -> None:
    one = await used_up(world)
    world.later(days=1)
    assert await claimed(world) == 0
    async with world.pool.acquire() as conn:
        assert not await postpone(conn, one.complaint_id, 1, world.now)
    assert not await given_up(world, one.complaint_id, 1)


async def test_any_number_of_workers_take_each_step_once(world: World) -> None:
    for n in range(6):
        await used_up(world, {"citizen_name": f"नागरिक {n}"})
    world.later(days=2)
    done = await asyncio.gather(*(followed_up(world, 4) for _ in range(5)))
    assert sum(done) + await followed_up(world) == 6
    asked = "select count(*) from notification where kind = 'citizen_asked'"
    assert await world.pool.fetchval(asked) == 6


async def test_one_that_cannot_be_followed_up_holds_up_no_other(world: World) -> None:
    bad, good = await used_up(world), await used_up(world, {"citizen_name": "दूसरी"})
    await world.pool.execute(
        """insert into notification (id, dedupe_key, complaint_id, kind, channel, recipient, body,
                                     created_at, next_attempt_at)
           values (gen_random_uuid(), $1::uuid || ':4:citizen_asked', $1, 'citizen_asked', 'sms',
                   $2, 'x', $3, $3)""",
        *(bad.complaint_id, CITIZEN, world.now),
    )
    world.later(days=2)
    assert await followed_up(world) == 2
    assert (await world.events(bad.complaint_id))[-1] == "agent_to_call"
    assert (await world.events(good.complaint_id))[-1] == "asked_to_call"


async def test_a_new_disposal_starts_afresh(world: World) -> None:
    one = await used_up(world)
    await told(
        world, one.number, call_id=await world.talked_with("101"), answer=Answer(satisfied=False)
    )
    assert await tasks(world.pool) == []
    world.later(days=1)
    await world.dispose(one.number)
    world.later(hours=1)
    assert await claimed(world) == 1
    assert await given_up(world, one.complaint_id, 2)


@pytest.mark.parametrize(
    ("steps", "expected"),
    [
        ((), ["unverified"]),
        ((FollowUp(Step.SMS, 1),), ["asked_to_call", "unverified"]),
        (
            (FollowUp(Step.SMS, 1), FollowUp(Step.AGENT_CALL, 1)),
            ["asked_to_call", "agent_to_call", "unverified"],
        ),
    ],
)
async def test_the_steps_are_the_policys_of_the_category(
    world: World, steps: tuple[FollowUp, ...], expected: list[str]
) -> None:
    world.policy = replace(UP_1076, by_category={"handpump": {"after_attempts": steps}})
    one = await used_up(world)
    for _ in steps:
        await left(world)
        world.later(days=1)
        assert await followed_up(world) == 1
    assert (await world.events(one.complaint_id))[2:] == expected


async def told_again(world: World, one: Registered, text: str = "फिर बंद है") -> None:
    await world.taken_up(world.form(separate=False, adds_to=one.number, text=text))


async def test_what_was_told_again_since_the_disposal_reaches_its_officer(world: World) -> None:
    one = await world.register()
    await world.dispose(one.number)
    await told_again(world, one)
    [message] = await world.messages(one.complaint_id, "officer_added")
    assert (message["recipient"], "फिर बंद है" in message["body"]) == ("+919415000001", True)


@pytest.mark.parametrize(
    ("steps", "days"),
    [
        ((), 2),
        ((FollowUp(Step.SMS, 1),), 2),
        ((FollowUp(Step.AGENT_CALL, 3),), 3),
        ((FollowUp(Step.AGENT_CALL, 3), FollowUp(Step.SMS, 1)), 3),
    ],
)
async def test_what_was_told_again_since_the_disposal_is_an_agents_to_ask_and_never_unverified(
    world: World, steps: tuple[FollowUp, ...], days: int
) -> None:
    world.policy = replace(UP_1076, after_attempts=steps)
    one, other = await world.register(), await world.register(world.form(citizen_name="दूसरी"))
    for each in (one, other):
        await world.dispose(each.number)
    await told_again(world, one)
    for each in (one, other):
        await given_up(world, each.complaint_id, 1)
    await left(world)
    for step in steps:
        world.later(days=step.days)
        assert await followed_up(world) == 2
        await left(world)
    assert (await state_of(world, other))[0] == "unverified"
    [task] = await tasks(world.pool)
    assert (task.number, task.step_until) == (one.number, world.now + timedelta(days=days))
    entries = (await world.events(one.complaint_id))[3:]
    for _ in range(2):  # however long nobody is reached
        world.later(days=days)
        assert await followed_up(world) == 1
        [task] = await tasks(world.pool)
        assert (task.number, task.step_until) == (one.number, world.now + timedelta(days=days))
    assert (await world.events(one.complaint_id))[3:] == entries
    call = await world.talked_with("101")
    await told(world, one.number, call_id=call, answer=Answer(satisfied=True))
    assert (await state_of(world, one))[0] == "closed_satisfied"


async def test_what_was_told_again_before_the_disposal_is_answered_by_it(world: World) -> None:
    world.policy = replace(UP_1076, after_attempts=())
    one = await world.register()
    await told_again(world, one)
    await world.dispose(one.number)
    await given_up(world, one.complaint_id, 1)
    assert (await state_of(world, one))[0] == "unverified"


def test_a_step_that_the_policy_has_no_longer_is_the_last() -> None:
    assert Policy(name="x", after_attempts=()).step_after(Step.SMS) is None
    with pytest.raises(ValueError, match="lasts some time"):
        FollowUp(Step.SMS, 0)


async def test_what_an_agent_is_told_closes_with_that_call_as_evidence(world: World) -> None:
    one = await used_up(world)
    call = await world.talked_with("101")
    result = await told(world, one.number, call_id=call, answer=Answer(satisfied=True))
    assert (result.satisfied, result.event) == (True, "closed_satisfied")
    row = await world.complaint(one.complaint_id)
    assert (row["state"], row["closing_attempt"]) == ("closed_satisfied", call)
    entry = await world.pool.fetchrow("select * from complaint_history order by seq desc limit 1")
    assert entry is not None
    assert (entry["actor"], entry["call_id"]) == ("agent:101", call)
    assert await world.pool.fetchval("select told_to from feedback") == "agent:101"


async def test_what_an_agent_is_told_goes_back_and_then_up_with_register_and_bundle(
    world: World,
) -> None:
    one = await used_up(world)
    events = []
    for _ in range(2):
        call = await world.talked_with("101")
        answer = Answer(False, DissatisfactionReason.NOT_DONE)
        events.append((await told(world, one.number, call_id=call, answer=answer)).event)
        world.later(days=1)
        if len(events) == 1:
            await world.dispose(one.number)
    assert events == ["returned_for_review", "escalated_dissatisfied"]
    assert await world.pool.fetchval("select count(*) from dissatisfaction_register") == 2
    assert await world.pool.fetchval("select count(*) from bundle") == 1


async def test_a_call_that_was_over_before_the_disposal_says_nothing_about_it(
    world: World,
) -> None:
    registered = await world.register()
    before, through = [await world.talked_with("101") for _ in range(2)]
    await world.hung_up(before, Outcome.AGENT_ANSWERED)
    world.later(hours=1)
    await world.dispose(registered.number)
    with pytest.raises(NoEvidenceError) as refused:
        await told(world, registered.number, call_id=before, answer=Answer(True))
    assert refused.value.fault is EvidenceFault.BEFORE
    await world.hung_up(through, Outcome.AGENT_ANSWERED)
    result = await told(world, registered.number, call_id=through, answer=Answer(True))
    assert result.satisfied


async def test_a_repeat_of_what_was_said_about_the_disposal_before_gives_its_result(
    world: World,
) -> None:
    registered = await world.register()
    await world.dispose(registered.number)
    call = await world.talked_with("101")
    answer = Answer(False, DissatisfactionReason.NOT_DONE)
    first = await told(world, registered.number, call_id=call, answer=answer)
    await world.hung_up(call, Outcome.AGENT_ANSWERED)
    world.later(hours=1)
    await world.dispose(registered.number)
    assert await told(world, registered.number, call_id=call, answer=answer) == first


async def test_a_task_is_one_agents_for_a_while_and_then_anybodys(world: World) -> None:
    await world.pool.execute(
        "insert into agent values ('101', 'अ', 'cell-1', '{q}'), ('102', 'ब', 'cell-1', '{q}')"
    )
    one = await used_up(world)

    async def take(agent: str) -> None:
        async with world.pool.acquire() as conn, conn.transaction():
            task = await task_to_call(conn, one.complaint_id, agent, world.now)
            await take_task(conn, task, agent, world.now)

    async def take_unseen(agent: str) -> None:
        """As who has looked before the other took it."""
        async with world.pool.acquire() as conn, conn.transaction():
            task = TaskToCall(one.complaint_id, one.number)
            await take_task(conn, task, agent, world.now)

    await take("101")
    await take("101")
    for refused in (take, take_unseen):
        with pytest.raises(TaskTakenError):
            await refused("102")
    [task] = await tasks(world.pool)
    assert (task.taken_by, task.taken_by_name, task.of_all) == ("101", "अ", 1)
    world.later(minutes=15)
    await take("102")
    call = await world.talked_with("102")
    await told(world, one.number, call_id=call, answer=Answer(True), agent="102")
    with pytest.raises(NoTaskError):
        await take("102")
    with pytest.raises(TaskTakenError):
        await take_unseen("102")
    assert await tasks(world.pool) == []


async def test_who_handed_the_citizen_on_may_record_what_they_were_told(world: World) -> None:
    one = await used_up(world)
    call = await world.talked_with("101")
    await world.pool.execute(sql("calls_agent_answered"), call, "102", world.later(minutes=2))
    await told(world, one.number, call_id=call, answer=Answer(satisfied=True))
    assert (await world.complaint(one.complaint_id))["state"] == "closed_satisfied"


async def test_told_twice_in_one_call_counts_once(world: World) -> None:
    one = await used_up(world)
    call = await world.talked_with("101")
    first = await told(world, one.number, call_id=call, answer=Answer(satisfied=True))
    again = await told(world, one.number, call_id=call, answer=Answer(satisfied=False))
    assert first == again
    other = await world.talked_with("101")
    with pytest.raises(NotAwaitingFeedbackError):
        await told(world, one.number, call_id=other, answer=Answer(satisfied=True))


async def test_in_one_call_a_citizen_may_tell_about_two_complaints(world: World) -> None:
    both = [await used_up(world), await used_up(world)]
    call = await world.talked_with("101")
    for one, satisfied in zip(both, (True, False), strict=True):
        await told(world, one.number, call_id=call, answer=Answer(satisfied))
    assert [(await world.complaint(one.complaint_id))["state"] for one in both] == [
        "closed_satisfied",
        "with_officer",
    ]


async def test_only_the_agents_own_call_with_the_citizen_is_evidence(world: World) -> None:
    one = await used_up(world)
    nobodys, anothers = await world.call(), await world.talked_with("102")
    strangers = await world.talked_with("101", OTHER)
    for call, why in (
        (nobodys, "agent 101 did not have it"),
        (anothers, "agent 101 did not have it"),
        (strangers, "its number is none of the citizen's"),
        (one.complaint_id, "it is unknown"),
    ):
        with pytest.raises(NoEvidenceError, match=why):
            await told(world, one.number, call_id=call, answer=Answer(satisfied=True))
    await also_has(world, one, OTHER)
    await told(world, one.number, call_id=strangers, answer=Answer(satisfied=True))


async def test_who_calls_back_is_found_by_any_of_their_numbers(world: World) -> None:
    assert await open_question_for(world.pool, CITIZEN) is None
    first = await used_up(world)
    await also_has(world, first, OTHER)
    world.later(hours=1)
    second = await world.register()
    await world.dispose(second.number)
    world.later(hours=1)
    question = await open_question_for(world.pool, OTHER)
    assert question is not None
    assert (question.number, question.step, question.others) == (first.number, "agent_call", 1)
    await world.attempt(second.complaint_id, 1)
    question = await open_question_for(world.pool, CITIZEN)
    assert question is not None
    assert (question.number, question.called_at, question.others) == (second.number, world.now, 1)
    call = await world.talked_with("101")
    for one in (first, second):
        await told(world, one.number, call_id=call, answer=Answer(satisfied=True))
    assert await open_question_for(world.pool, CITIZEN) is None


@pytest.mark.parametrize(
    ("outcome", "rang"),
    [("no_answer", True), ("lost", True), ("failed", False), ("congestion", False)],
)
async def test_a_call_that_never_rang_is_none_that_they_missed(
    world: World, outcome: str, rang: bool
) -> None:
    one = await world.register()
    await world.dispose(one.number)
    attempt = await world.attempt(one.complaint_id, 1)
    await world.pool.execute(
        "update call set ended_at = $2, outcome = $3 where id = $1", attempt, world.now, outcome
    )
    question = await open_question_for(world.pool, CITIZEN)
    assert question is not None
    assert question.was_called_about is rang


async def test_only_what_awaits_the_citizens_word_is_followed_up(world: World) -> None:
    """The statement takes no other; one that came all the same would be a fault of ours."""
    registered = await world.register()
    async with world.pool.acquire() as conn, conn.transaction():
        complaint = await hold_by_id(conn, registered.complaint_id)
    with pytest.raises(TypeError, match="held as unanswered"):
        _ = _Unanswered(complaint, None, ()).state
