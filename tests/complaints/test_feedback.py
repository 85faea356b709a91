import asyncio
from datetime import timedelta
from uuid import UUID, uuid4

import asyncpg
import pytest

from calls.model import Direction
from complaints.bundles import open_bundle
from complaints.errors import InvalidInputError, NotAwaitingFeedbackError, UnknownAttemptError
from complaints.feedback import Answer, DissatisfactionReason, FeedbackResult
from complaints.history import Event
from complaints.policy import Policy
from complaints.spoken import Grace, awaited
from complaints.texts import clock
from tests.complaints.world import CITIZEN, World, sign

NOT_DONE = Answer(False, DissatisfactionReason.NOT_DONE)


async def test_a_satisfied_citizen_closes_the_complaint(world: World) -> None:
    registered = await world.register()
    attempt = await world.disposed_and_called(registered.number)
    result = await world.answer(attempt, Answer(satisfied=True))
    assert result == FeedbackResult(
        registered.number, registered.complaint_id, True, Event.CLOSED_SATISFIED, 1, None
    )
    row = await world.complaint(registered.complaint_id)
    assert (row["state"], row["closing_attempt"]) == ("closed_satisfied", attempt)
    [message] = await world.messages(registered.complaint_id, "citizen_closed")
    assert message["recipient"] == CITIZEN
    assert await world.pool.fetchval("select done_at from feedback_due") == world.now
    assert await world.pool.fetchval("select count(*) from dissatisfaction_register") == 0


async def test_the_first_dissatisfaction_goes_back_to_the_same_officer(world: World) -> None:
    registered = await world.register()
    result = await world.dissatisfied(registered.number)
    assert (result.event, result.level) == (Event.RETURNED_FOR_REVIEW, 1)
    assert result.due_at == world.now + timedelta(days=3.5)
    row = await world.complaint(registered.complaint_id)
    assert (row["state"], row["post"], row["due_at"]) == ("with_officer", "L1-MAH", result.due_at)
    [message] = await world.messages(registered.complaint_id, "officer_review")
    assert message["recipient"] == "+919415000001"
    assert "काम नहीं हुआ" in message["body"]
    [citizen] = await world.messages(registered.complaint_id, "citizen_moved")
    assert (citizen["recipient"], clock(result.due_at) in citizen["body"]) == (CITIZEN, True)
    assert not await world.messages(registered.complaint_id, "officer_forwarded")


async def test_the_second_goes_up_with_all_that_the_citizen_said(world: World) -> None:
    first_call = await world.call()
    expected = [await world.recording(first_call)]
    registered = await world.register(world.form(call_id=first_call))
    attempt = await world.disposed_and_called(registered.number)
    expected.append(await world.recording(attempt))
    world.later(seconds=20)
    expected.append(own := await world.recording(attempt, "own_words"))
    await world.answer(attempt, Answer(False, DissatisfactionReason.FALSE_REPORT, own))
    second = await world.disposed_and_called(registered.number)
    expected.append(await world.recording(second, state="open"))  # the call is still going on
    world.later(seconds=20)
    expected.append(own := await world.recording(second, "own_words", state="open"))
    result = await world.answer(second, Answer(False, DissatisfactionReason.PARTLY_DONE, own))
    stranger = await world.call()
    await world.recording(stranger)

    assert (result.event, result.level) == (Event.ESCALATED_DISSATISFIED, 2)
    [message] = await world.messages(registered.complaint_id, "officer_forwarded")
    assert message["recipient"] == "+919415000002"
    assert message["recordings"] == expected
    [bundle] = await world.pool.fetch("select id, post from bundle")
    assert bundle["post"] == "L2-LAL"
    assert message["links"] == [sign(bundle["id"])]
    assert message["body"].endswith(sign(bundle["id"]))
    assert "नागरिक असंतुष्ट, काम अधूरा हुआ" in message["body"]
    handed = await open_bundle(
        world.pool, bundle["id"], policy=world.policy, remote="127.0.0.1", now=world.now
    )
    assert handed is not None
    assert [one.reason_code for one in handed.register] == ["false_report", "partly_done"]
    assert handed.history[1].words == "निस्तारण हो गया है: हैंडपंप ठीक कर दिया गया"
    assert [one.id for one in handed.recordings] == expected


async def test_each_dissatisfaction_is_entered_in_the_register(world: World) -> None:
    registered = await world.register()
    attempt = await world.disposed_and_called(registered.number)
    own = await world.recording(attempt, "own_words")
    await world.answer(attempt, Answer(False, DissatisfactionReason.OTHER, own))
    hung_up_early = await world.disposed_and_called(registered.number)
    await world.answer(hung_up_early, Answer(False))
    rows = await world.pool.fetch("select * from dissatisfaction_register order by entry_no")
    assert [(r["attempt_id"], r["level"], r["reason_code"], r["recording_id"]) for r in rows] == [
        (attempt, 1, "other", own),
        (hung_up_early, 1, None, None),
    ]
    [message] = await world.messages(registered.complaint_id, "officer_forwarded")
    assert "नागरिक असंतुष्ट, कारण नहीं बताया" in message["body"]


async def test_a_second_record_of_an_attempt_changes_nothing_and_answers_the_same(
    world: World,
) -> None:
    registered = await world.register()
    attempt = await world.disposed_and_called(registered.number)
    first = await world.answer(attempt, NOT_DONE)
    await world.dispose(registered.number)  # the complaint has moved on since
    assert await world.answer(attempt, Answer(satisfied=True)) == first
    events = await world.events(registered.complaint_id)
    assert events == ["registered", "disposed", "returned_for_review", "disposed"]


async def test_two_records_at_once_count_once(world: World) -> None:
    registered = await world.register()
    attempt = await world.disposed_and_called(registered.number)
    results = await world.at_once(
        registered.complaint_id, *(world.answer(attempt, NOT_DONE) for _ in range(4))
    )
    assert isinstance(results[0], FeedbackResult)
    assert len(set(results)) == 1
    assert (await world.complaint(registered.complaint_id))["dissatisfied_at_level"] == 1
    assert len(await world.messages(registered.complaint_id, "officer_review")) == 1


async def test_of_two_attempts_at_one_disposal_only_one_judges(world: World) -> None:
    registered = await world.register()
    attempt = await world.disposed_and_called(registered.number)
    other = await world.attempt(registered.complaint_id, 1)
    done = await world.at_once(
        registered.complaint_id,
        world.answer(attempt, NOT_DONE),
        world.answer(other, Answer(satisfied=True)),
    )
    assert sum(isinstance(one, FeedbackResult) for one in done) == 1
    assert sum(isinstance(one, NotAwaitingFeedbackError) for one in done) == 1
    assert await world.pool.fetchval("select count(*) from feedback") == 1


async def test_an_answer_about_an_earlier_disposal_does_not_judge_the_present_one(
    world: World,
) -> None:
    registered = await world.register()
    attempt = await world.disposed_and_called(registered.number)
    late = await world.attempt(registered.complaint_id, 1)
    await world.answer(attempt, NOT_DONE)
    await world.dispose(registered.number)
    with pytest.raises(NotAwaitingFeedbackError):
        await world.answer(late, Answer(satisfied=True))


async def test_a_call_that_is_no_attempt_records_nothing(world: World) -> None:
    with pytest.raises(UnknownAttemptError):
        await world.answer(await world.call(Direction.OUTBOUND), NOT_DONE)


@pytest.mark.parametrize("of_another_call", [True, False])
async def test_an_answer_counts_also_when_its_own_words_are_not_to_be_found(
    world: World, of_another_call: bool
) -> None:
    """Their row may still wait for the database; another call's words are never attached."""
    registered = await world.register()
    attempt = await world.disposed_and_called(registered.number)
    elsewhere = await world.recording(await world.call(), "own_words")
    recording = elsewhere if of_another_call else uuid4()
    await world.answer(attempt, Answer(False, recording_id=recording))
    assert (await world.complaint(registered.complaint_id))["state"] == "with_officer"
    async with world.pool.acquire() as conn:
        assert await conn.fetchval("select recording_id from feedback") is None


async def test_own_words_whose_row_comes_a_moment_after_the_answer_are_linked(world: World) -> None:
    """As after an outage: both waited, and the answer was the first to get a connection."""
    registered = await world.register()
    attempt = await world.disposed_and_called(registered.number)
    words = uuid4()
    said, grace = Answer(False, recording_id=words), Grace(20.0)
    answering = asyncio.create_task(world.answer(attempt, said, grace))
    async with asyncio.timeout(20):
        while grace.seconds == 20.0:  # until it was looked for, and is not there
            await asyncio.sleep(0.01)
    await world.recording(attempt, "own_words", id=words)
    await answering
    assert await world.pool.fetchval("select recording_id from feedback") == words


async def test_a_row_that_never_comes_is_waited_for_once_however_often_it_is_tried(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    registered = await world.register()
    attempt = await world.disposed_and_called(registered.number)
    grace, words = Grace(0.2), uuid4()
    assert not await awaited(world.pool, attempt, words, grace)

    async def never(_: float) -> None:
        raise AssertionError("waited for again")

    monkeypatch.setattr("complaints.spoken.asyncio.sleep", never)
    assert not await awaited(world.pool, attempt, words, grace)


async def test_the_schema_closes_a_complaint_only_by_its_own_citizens_yes(world: World) -> None:
    own, other = await world.register(), await world.register()
    said_no = await world.disposed_and_called(own.number)
    await world.answer(said_no, NOT_DONE)
    someone_elses_yes = await world.disposed_and_called(other.number)
    await world.answer(someone_elses_yes, Answer(satisfied=True))
    await world.disposed_and_called(own.number)
    close = """update complaint
               set state = 'closed_satisfied', closing_attempt = $2, ended_at = now()
               where id = $1"""
    async with world.pool.acquire() as conn:
        for evidence in (said_no, someone_elses_yes):
            with pytest.raises(asyncpg.ForeignKeyViolationError) as caught:
                await conn.execute(close, own.complaint_id, evidence)
            assert caught.value.constraint_name == "closed_by_its_own_citizens_word"


@pytest.mark.parametrize("table", ["feedback", "disposal", "dissatisfaction_register"])
async def test_what_was_said_and_reported_is_never_changed(world: World, table: str) -> None:
    registered = await world.register()
    await world.answer(await world.disposed_and_called(registered.number), NOT_DONE)
    async with world.pool.acquire() as conn:
        for statement in (f"update {table} set level = level", f"delete from {table}"):
            if table == "feedback":
                statement = statement.replace("level = level", "at = at")
            with pytest.raises(asyncpg.RaiseError, match="append-only"):
                await conn.execute(statement)


def test_a_satisfied_answer_has_no_reason_of_dissatisfaction() -> None:
    with pytest.raises(InvalidInputError):
        Answer(True, DissatisfactionReason.NOT_DONE)


async def test_dissatisfied_at_the_last_level_is_a_review_on_the_cm_offices_list(
    world: World,
) -> None:
    world.policy = Policy(name="at once", reviews_per_level=0)
    registered = await world.register()
    levels = [(await world.dissatisfied(registered.number)).level for _ in range(4)]
    assert levels == [2, 3, 4, 4]
    assert (await world.complaint(registered.complaint_id))["cm_office_since"] == world.now
    assert len(await world.messages(registered.complaint_id, "officer_review")) == 1


async def test_a_whole_life_ends_satisfied_with_an_unbroken_history(world: World) -> None:
    registered = await world.register()
    await world.dissatisfied(registered.number)
    await world.dissatisfied(registered.number)
    attempt: UUID = await world.disposed_and_called(registered.number)
    result = await world.answer(attempt, Answer(satisfied=True))
    assert (result.event, result.level) == (Event.CLOSED_SATISFIED, 2)
    assert await world.events(registered.complaint_id) == [
        "registered",
        "disposed",
        "returned_for_review",
        "disposed",
        "escalated_dissatisfied",
        "disposed",
        "closed_satisfied",
    ]
