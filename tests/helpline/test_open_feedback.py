"""Who calls back after a feedback call that did not reach them: joined to the real rows."""

from dataclasses import dataclass, field
from uuid import UUID

import pytest

from agi.feedback import FeedbackFlow
from agi.keys import KeyListener
from agi.ports import About, FeedbackAnswer, OpenQuestion
from agi.server import FastAgiServer
from calls.model import Direction, Outcome
from complaints.errors import NoEvidenceError
from complaints.feedback import Answer, record_told
from helpline.adapters import Answers, OpenFeedback
from speech.prompts import Prompt
from tests.agi.asterisk import Citizen
from tests.agi.rooms import FakeCapture, FakeJournal, FakePrompts, Target
from tests.complaints.world import CITIZEN, World, sign

YES = FeedbackAnswer(satisfied=True)


def book(world: World) -> OpenFeedback:
    return OpenFeedback(world.pool, world.policy, lambda: world.now, sign)


async def asked(world: World) -> tuple[str, UUID, OpenQuestion]:
    number = (await world.register()).number
    disposed = await world.dispose(number)
    world.later(hours=1)
    await world.attempt(disposed.complaint_id, disposed.disposal_no)
    question = await book(world).open_for(CITIZEN)
    about = About(number, "हैंडपंप खराब", "Broken hand pump")
    assert question == OpenQuestion(disposed.complaint_id, disposed.disposal_no, "hi", about)
    return number, disposed.complaint_id, question


async def test_nobody_is_asked_before_the_dialer_tried(world: World) -> None:
    await world.dispose((await world.register()).number)
    assert await book(world).open_for(CITIZEN) is None


async def test_the_call_of_who_calls_back_closes_the_complaint(world: World) -> None:
    _, complaint_id, question = await asked(world)
    call = await world.call()
    await book(world).record_told(call, question, YES)
    await book(world).record_told(call, question, YES)  # sent again: the same
    row = await world.complaint(complaint_id)
    assert (row["state"], row["closing_attempt"]) == ("closed_satisfied", call)
    assert (await world.events(complaint_id)).count("closed_satisfied") == 1
    assert await book(world).open_for(CITIZEN) is None


async def test_one_call_answers_each_question_that_waits_for_its_number(world: World) -> None:
    _, first, _ = await asked(world)
    disposed = await world.dispose((await world.register()).number)
    world.later(hours=1)
    await world.attempt(disposed.complaint_id, disposed.disposal_no)
    call = await world.call()
    for complaint_id, answer, state in (
        (disposed.complaint_id, YES, "closed_satisfied"),  # called about last
        (first, FeedbackAnswer(satisfied=False), "with_officer"),
    ):
        question = await book(world).open_for(CITIZEN)
        assert question is not None
        assert question.complaint_id == complaint_id
        await book(world).record_told(call, question, answer)
        assert (await world.complaint(complaint_id))["state"] == state
    assert await book(world).open_for(CITIZEN) is None


async def test_what_was_answered_meanwhile_stays(world: World) -> None:
    _, complaint_id, question = await asked(world)
    await world.answer(await world.attempt(complaint_id, 1), Answer(satisfied=False))
    await book(world).record_told(await world.call(), question, YES)
    assert (await world.complaint(complaint_id))["state"] == "with_officer"


async def test_a_call_that_we_made_or_a_strangers_is_no_evidence(world: World) -> None:
    _, _, question = await asked(world)
    with pytest.raises(NoEvidenceError, match="nobody called us"):
        await book(world).record_told(await world.call(Direction.OUTBOUND), question, YES)
    stranger = await world.talked_with("101", "+919876500000")
    with pytest.raises(NoEvidenceError, match="none of the citizen's"):
        await book(world).record_told(stranger, question, YES)


async def test_who_calls_back_and_whom_an_agent_calls_are_known_by_their_language(
    world: World,
) -> None:
    _, complaint_id, _ = await asked(world)
    click = await world.call(Direction.OUTBOUND)
    await world.pool.execute(
        "insert into agent values ('1001', 'सीता देवी', 'cell1', '{helpline-hi}')"
        " on conflict do nothing"
    )
    await world.pool.execute(
        "insert into desk_call values (gen_random_uuid(), $1, '1001', $2, $3)",
        click, complaint_id, world.now,
    )  # fmt: skip
    await world.pool.execute("update citizen set language = 'en'")
    question = await book(world).open_for(CITIZEN)
    assert question is not None
    assert question.language == "en"
    answers = Answers(world.pool, world.policy, lambda: world.now, sign)
    assert await answers.language(click) == "en"


async def test_a_feedback_call_knows_the_citizens_language_and_never_waits_for_it(
    world: World,
) -> None:
    answers = Answers(world.pool, world.policy, lambda: world.now, sign)
    disposed = await world.dispose((await world.register()).number)
    attempt = await world.attempt(disposed.complaint_id, disposed.disposal_no)
    assert await answers.language(attempt) == "hi"
    await world.pool.execute("update citizen set language = 'en'")
    assert await answers.language(attempt) == "en"
    assert await answers.language(disposed.complaint_id) is None  # no attempt of ours
    await world.pool.close()
    assert await answers.language(attempt) is None


async def test_a_feedback_call_knows_which_complaint_it_asks_about(world: World) -> None:
    number = (await world.register()).number
    attempt = await world.disposed_and_called(number)
    answers = Answers(world.pool, world.policy, lambda: world.now, sign)
    assert await answers.about(attempt) == About(number, "हैंडपंप खराब", "Broken hand pump")
    assert await answers.about(await world.call()) is None


async def test_of_a_confidential_complaint_nothing_is_said_to_whoever_has_the_telephone(
    world: World,
) -> None:
    """They are asked all the same, and their answer counts."""
    number = (await world.register(world.form(confidential=True))).number
    disposed = await world.dispose(number)
    world.later(hours=1)
    attempt = await world.attempt(disposed.complaint_id, disposed.disposal_no)
    answers = Answers(world.pool, world.policy, lambda: world.now, sign)
    assert await answers.about(attempt) is None
    question = await book(world).open_for(CITIZEN)
    assert question == OpenQuestion(disposed.complaint_id, disposed.disposal_no, "hi", None)
    await book(world).record_told(await world.call(), question, YES)
    assert (await world.complaint(disposed.complaint_id))["state"] == "closed_satisfied"


@dataclass
class KeptWords(FakeCapture):
    """Rows in the database; while the citizen speaks, the question is settled elsewhere."""

    world: World = field(kw_only=True)
    number: str = field(kw_only=True)

    async def open(self, call_id: UUID, kind: str) -> Target:
        target = await super().open(call_id, kind)
        await self.world.recording(call_id, kind, id=target.id)
        if kind == "own_words":
            await record_told(
                self.world.pool,
                self.number,
                call_id=await self.world.talked_with("1001"),
                agent="1001",
                answer=Answer(satisfied=True),
                policy=self.world.policy,
                now=self.world.now,
                signer=sign,
            )
        return target


DISSATISFIED: dict[str, list[str | None]] = {
    Prompt.FEEDBACK_CONFIRM: ["5"],
    Prompt.FEEDBACK_QUESTION: ["2"],
    Prompt.FEEDBACK_REASON: ["3"],
    Prompt.MENU: ["1"],
}


async def kept_words(world: World, complaint_id: UUID) -> list[UUID]:
    """Own words in calls that belong to the complaint."""
    rows = await world.pool.fetch(
        "select r.id from complaint_call l join recording r on r.call_id = l.call_id"
        " where l.complaint_id = $1 and r.kind = 'own_words'",
        complaint_id,
    )
    return [row["id"] for row in rows]


async def test_what_the_complainant_says_when_the_question_is_settled_by_then_is_kept(
    world: World,
) -> None:
    number = (await world.register()).number
    attempt = await world.disposed_and_called(number)
    journal, capture = FakeJournal(), KeptWords(world=world, number=number)
    prompts, answers = FakePrompts(), Answers(world.pool, world.policy, lambda: world.now, sign)
    flow = FeedbackFlow(
        journal=journal,
        capture=capture,
        book=answers,
        prompts=prompts,
        listener=KeyListener(prompts),
        now=lambda: world.now,
        thanks_after=20.0,
    )
    server = FastAgiServer({"feedback": flow}, port=0)
    await server.start()
    citizen = Citizen(keys=DISSATISFIED)
    await citizen.call(server.port, "feedback", [str(attempt)])
    await server.drain(10)
    assert server.failed == 0
    assert journal.outcomes == {attempt: Outcome.FEEDBACK_GIVEN}
    assert citizen.said[-1] == Prompt.FEEDBACK_SETTLED
    found = await world.pool.fetchrow("select id, state from complaint where number = $1", number)
    assert found is not None
    assert found["state"] == "closed_satisfied"
    assert await kept_words(world, found["id"]) == [capture.of("own_words").id]


async def test_so_is_what_they_say_who_called_back(world: World) -> None:
    number, complaint_id, question = await asked(world)
    call = await world.call()
    words = await KeptWords(world=world, number=number).open(call, "own_words")
    answer = FeedbackAnswer(False, "not_done", words.id)
    for _ in range(2):  # sent again: the same
        assert not await book(world).record_told(call, question, answer)
    assert (await world.complaint(complaint_id))["state"] == "closed_satisfied"
    assert await kept_words(world, complaint_id) == [words.id]
