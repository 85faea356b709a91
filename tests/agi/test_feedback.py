import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from uuid import uuid4

import asyncpg
import pytest

from agi.feedback import COMPLAINANT, NO, REASONS, SOMEBODY_ELSE, YES, FeedbackFlow
from agi.keys import KeyListener
from agi.ports import About, FeedbackAnswer
from agi.sentences import Speaker
from agi.server import FastAgiServer
from agi.session import Session
from calls.model import Outcome
from speech.prompts import Prompt
from tests.agi.asterisk import Citizen
from tests.agi.rooms import NOW, FakeBook, FakeCapture, FakeJournal, FakePrompts, FakeWords, now

Serve = Callable[..., Awaitable[FastAgiServer]]
ATTEMPT = uuid4()
OPENING = [Prompt.FEEDBACK_GREETING, Prompt.RECORDING_NOTICE, Prompt.FEEDBACK_CONFIRM]


class Line:
    """One call to a citizen."""

    def __init__(
        self, serve: Serve, *, book_away: int = 0, journal: FakeJournal | None = None
    ) -> None:
        self.serve = serve
        self.journal = journal or FakeJournal()
        self.capture, self.book = FakeCapture(), FakeBook(away=book_away)
        self.now = NOW
        self.server: FastAgiServer | None = None

    async def ring(
        self,
        citizen: Citizen,
        *args: str,
        thanks_after: float = 2.0,
        insist_for: float = 30.0,
    ) -> Citizen:
        prompts = FakePrompts()
        flow = FeedbackFlow(
            journal=self.journal,
            capture=self.capture,
            book=self.book,
            prompts=prompts,
            listener=KeyListener(prompts),
            languages=("hi", "en"),
            speaker=Speaker(prompts=prompts, words=FakeWords(), english=FakeWords()),
            now=lambda: self.now,
            thanks_after=thanks_after,
            insist_for=insist_for,
        )
        self.server = server = await self.serve({"feedback": flow})
        await citizen.call(server.port, "feedback", args or [str(ATTEMPT)])
        await server.drain(30)
        assert server.failed == 0
        return citizen

    @property
    def own_words(self) -> list[str]:
        return [target.path for _, kind, target in self.capture.opened if kind == "own_words"]


@pytest.fixture
def line(serve: Serve) -> Line:
    return Line(serve)


def says(
    *, confirm: str = "5", verdict: str = "1", reason: str | None = "5", doubled: bool = False
) -> Citizen:
    """`doubled`: the trunk delivers the verdict's key twice."""
    return Citizen(
        keys={
            Prompt.FEEDBACK_CONFIRM: [confirm],
            Prompt.FEEDBACK_QUESTION: [verdict],
            Prompt.FEEDBACK_REASON: [verdict, reason] if doubled else [reason],
        }
    )


async def test_a_satisfied_citizen_is_thanked_and_written(line: Line) -> None:
    citizen = await line.ring(says())
    assert citizen.said == [*OPENING, Prompt.FEEDBACK_QUESTION, Prompt.FEEDBACK_THANKS_SATISFIED]
    assert line.book.answers == [(ATTEMPT, FeedbackAnswer(satisfied=True))]
    assert line.journal.outcomes == {ATTEMPT: Outcome.FEEDBACK_GIVEN}
    assert line.journal.answers == [ATTEMPT]
    assert citizen.applications == [("MixMonitor", f"{line.capture.of('call').path},D")]
    assert citizen.commands[-1] == ["HANGUP"]


@pytest.mark.parametrize(
    ("key", "reason"),
    [
        ("3", "not_done"),
        ("4", "partly_done"),
        ("5", "officer_did_not_contact"),
        ("6", "false_report"),
        ("7", "other"),
        (None, None),
    ],
)
async def test_a_dissatisfied_citizen_gives_a_reason_and_their_own_words(
    line: Line, key: str | None, reason: str
) -> None:
    citizen = await line.ring(says(verdict="2", reason=key))
    words = line.capture.of("own_words")
    assert line.book.answer == FeedbackAnswer(False, reason, words.id)
    assert citizen.recording == words.path
    assert citizen.said[-2:] == [Prompt.FEEDBACK_OWN_WORDS, Prompt.FEEDBACK_THANKS_DISSATISFIED]
    assert line.journal.outcome is Outcome.FEEDBACK_GIVEN


async def test_a_doubled_verdict_is_no_reason(line: Line) -> None:
    await line.ring(says(verdict="2", reason="6", doubled=True))
    assert line.book.answer is not None
    assert line.book.answer.reason_code == "false_report"


def test_no_question_has_a_key_of_the_one_before_it() -> None:
    confirm, verdict = {COMPLAINANT, SOMEBODY_ELSE}, {YES, NO}
    assert not confirm & verdict
    assert not verdict & set(REASONS)


@pytest.mark.parametrize("idle", [False, True])
@pytest.mark.parametrize("at", range(10))
async def test_hanging_up_before_and_after_the_word_satisfied(
    line: Line, at: int, idle: bool
) -> None:
    """0 answer, 1 record, 2-3 greeting, 4-5 confirm, 6-7 question and key, 8 thanks, 9 hang-up."""
    citizen = says()
    citizen.hang_up_at, citizen.idle = at, idle
    await line.ring(citizen)
    if at < 8:
        assert line.journal.outcomes == {ATTEMPT: Outcome.FEEDBACK_HUNG_UP}
        assert line.book.answers == []
    else:
        assert line.journal.outcomes == {ATTEMPT: Outcome.FEEDBACK_GIVEN}
        assert line.book.answer == FeedbackAnswer(satisfied=True)


async def test_who_answers_and_is_gone_at_once_has_answered(line: Line) -> None:
    await line.ring(Citizen(hang_up_at=0, idle=True))
    assert line.journal.answers == [ATTEMPT]
    assert line.journal.outcome is Outcome.FEEDBACK_HUNG_UP
    assert line.capture.opened == []


@pytest.mark.parametrize("idle", [False, True])
@pytest.mark.parametrize("at", range(8, 14))
async def test_hanging_up_after_the_word_dissatisfied_takes_nothing_back(
    line: Line, at: int, idle: bool
) -> None:
    """8-9 reason and key, 10 own words, 11 recording, 12 thanks, 13 hang-up."""
    citizen = says(verdict="2")
    citizen.hang_up_at, citizen.idle = at, idle
    await line.ring(citizen)
    assert line.journal.outcomes == {ATTEMPT: Outcome.FEEDBACK_GIVEN}
    reason = "officer_did_not_contact" if at > 9 else None
    begun = at > 11 or (at == 11 and not idle)
    words = line.capture.of("own_words").id if begun else None
    assert line.book.answer == FeedbackAnswer(False, reason, words)


async def test_who_hangs_up_before_the_beep_leaves_no_recording_to_look_for(line: Line) -> None:
    citizen = says(verdict="2")
    own_words = "STREAM FILE helpline/feedback_own_words"
    citizen.refused = {own_words: "200 result=0 endpos=800\nHANGUP"}
    await line.ring(citizen)
    assert line.own_words == []
    assert line.book.answer == FeedbackAnswer(False, "officer_did_not_contact", None)


async def test_a_key_during_the_beep_leaves_no_recording(line: Line) -> None:
    citizen = says(verdict="2")
    citizen.recorded = "200 result=35 (randomerror) endpos=0"
    await line.ring(citizen)
    assert line.book.answer == FeedbackAnswer(False, "officer_did_not_contact", None)
    assert line.capture.withdrawn == [line.capture.of("own_words").id]


@pytest.mark.parametrize(
    ("recorded", "kept"),
    [
        ("200 result=0 (timeout) endpos=8160", False),  # a second of silence
        ("200 result=0 (timeout) endpos=14400", True),
        ("200 result=35 (dtmf) endpos=1600", False),
        ("200 result=35 (dtmf) endpos=8000", True),
        ("200 result=-1 (hangup) endpos=1600", True),
    ],
)
async def test_who_says_nothing_after_the_beep_has_no_own_words(
    line: Line, recorded: str, kept: bool
) -> None:
    citizen = says(verdict="2")
    citizen.recorded = recorded
    await line.ring(citizen)
    words = line.capture.of("own_words").id if kept else None
    assert line.book.answer == FeedbackAnswer(False, "officer_did_not_contact", words)
    assert line.capture.withdrawn == []  # there is a file


async def test_a_full_disk_does_not_lose_the_answer(line: Line) -> None:
    citizen = says(verdict="2")
    citizen.recorded = "200 result=-1 (writefile)"
    await line.ring(citizen)
    assert line.book.answer == FeedbackAnswer(False, "officer_did_not_contact", None)
    assert citizen.said[-1] == Prompt.FEEDBACK_THANKS_DISSATISFIED


async def test_the_wrong_person_is_not_asked_about_the_complaint(line: Line) -> None:
    citizen = await line.ring(says(confirm="6"))
    assert citizen.said == [*OPENING, Prompt.WRONG_PERSON_THANKS]
    assert line.journal.outcome is Outcome.WRONG_PERSON
    assert line.book.answers == []


@pytest.mark.parametrize("at", [6, 7])
async def test_a_wrong_person_who_hangs_up_during_the_thanks_is_still_one(
    line: Line, at: int
) -> None:
    citizen = says(confirm="6")
    citizen.hang_up_at = at
    await line.ring(citizen)
    assert line.journal.outcome is Outcome.WRONG_PERSON


@pytest.mark.parametrize("question", [Prompt.FEEDBACK_CONFIRM, Prompt.FEEDBACK_QUESTION])
@pytest.mark.parametrize("keys", [[None, None, None], ["8", None, "#"]])
async def test_three_silent_or_wrong_rounds_are_no_input(
    line: Line, question: Prompt, keys: list[str | None]
) -> None:
    citizen = await line.ring(Citizen(keys={Prompt.FEEDBACK_CONFIRM: ["5"], question: keys}))
    assert citizen.said.count(question) == 3
    assert citizen.said[-1] == Prompt.FEEDBACK_NO_ANSWER  # we called them
    assert line.journal.outcome is Outcome.FEEDBACK_NO_INPUT
    assert line.book.answers == []


async def test_a_key_pressed_twice_answers_only_the_question_it_was_for(line: Line) -> None:
    """Above all, it must not close the complaint as satisfied."""
    question = ["5", "5", None]
    citizen = await line.ring(
        Citizen(keys={Prompt.FEEDBACK_CONFIRM: ["5"], Prompt.FEEDBACK_QUESTION: question})
    )
    assert citizen.said.count(Prompt.FEEDBACK_QUESTION) == 3
    assert line.journal.outcome is Outcome.FEEDBACK_NO_INPUT
    assert line.book.answers == []


async def test_an_impatient_yes_to_everything_is_not_satisfied(line: Line) -> None:
    await line.ring(Citizen(keys={Prompt.FEEDBACK_CONFIRM: ["1", "1", "1"]}))
    assert line.journal.outcome is Outcome.FEEDBACK_NO_INPUT
    assert line.book.answers == []


async def test_keys_during_the_questions_count(line: Line) -> None:
    citizen = says(verdict="2")
    citizen.early = list(citizen.keys)
    await line.ring(citizen)
    assert line.book.answer is not None
    assert line.book.answer.reason_code == "officer_did_not_contact"
    assert "WAIT FOR DIGIT" not in [command[0] for command in citizen.commands]


@pytest.mark.parametrize(
    "error", [ConnectionRefusedError(), asyncpg.ForeignKeyViolationError("recording still queued")]
)
async def test_the_answer_is_written_when_the_database_comes_back(
    serve: Serve, error: Exception
) -> None:
    line = Line(serve, book_away=2)
    line.book.error = error
    citizen = await line.ring(says(), thanks_after=0.01)
    assert citizen.said[-1] == Prompt.FEEDBACK_THANKS_SATISFIED
    assert line.book.answer == FeedbackAnswer(satisfied=True)
    assert line.journal.outcome is Outcome.FEEDBACK_GIVEN


async def test_the_answer_is_written_later_even_when_the_citizen_is_gone(serve: Serve) -> None:
    line = Line(serve, book_away=2)
    citizen = says()
    citizen.hang_up_at = 8
    await line.ring(citizen)
    assert line.book.answer == FeedbackAnswer(satisfied=True)
    assert line.journal.outcome is Outcome.FEEDBACK_GIVEN


@pytest.mark.parametrize("away", [0, 2])
async def test_who_hung_up_as_the_complainant_has_said_so(serve: Serve, away: int) -> None:
    """Before the verdict; who gives one says it with that."""
    line = Line(serve, book_away=away)
    await line.ring(Citizen(keys={Prompt.FEEDBACK_CONFIRM: ["5"]}))
    assert line.journal.outcome is Outcome.FEEDBACK_NO_INPUT
    assert line.book.confirmations == [ATTEMPT]


@pytest.mark.parametrize("confirm", ["6", None])
async def test_who_did_not_say_that_they_are_the_complainant_is_not_taken_for_them(
    line: Line, confirm: str | None
) -> None:
    await line.ring(Citizen(keys={Prompt.FEEDBACK_CONFIRM: [confirm]}))
    assert line.book.confirmations == []


async def test_an_answer_that_cannot_be_written_is_lost_not_given(serve: Serve) -> None:
    line = Line(serve, book_away=1_000_000)
    await line.ring(says(), insist_for=0.3)
    assert line.journal.outcome is Outcome.LOST


async def test_call_rows_that_wait_for_the_database_do_not_disturb_the_citizen(
    serve: Serve,
) -> None:
    line = Line(serve, journal=FakeJournal(away=100))
    citizen = await line.ring(says())
    assert citizen.said[-1] == Prompt.FEEDBACK_THANKS_SATISFIED
    assert line.journal.outcome is Outcome.FEEDBACK_GIVEN


async def test_a_call_that_is_no_attempt_of_ours_is_refused(line: Line) -> None:
    citizen = await line.ring(says(), "not-a-uuid")
    assert citizen.commands == []
    assert line.journal.outcomes == {}


class BusyListener:
    """Gets the answers up to the verdict, and is asking for the reason when we are stopped."""

    def __init__(self) -> None:
        self.answers = iter(["5", "2"])
        self.asking = asyncio.Event()

    async def choose(
        self,
        session: Session,
        prompts: Sequence[Prompt],
        choices: str,
        *,
        before: Sequence[str] = (),
    ) -> str | None:
        if (answer := next(self.answers, None)) is not None:
            return answer
        self.asking.set()
        await asyncio.Event().wait()
        return None


async def test_a_stop_in_the_middle_of_the_call_does_not_lose_what_was_said(line: Line) -> None:
    listener = BusyListener()
    flow = FeedbackFlow(
        journal=line.journal,
        capture=line.capture,
        book=line.book,
        prompts=FakePrompts(),
        listener=listener,
        now=now,
    )
    server = await line.serve({"feedback": flow})
    call = asyncio.create_task(Citizen().call(server.port, "feedback", [str(ATTEMPT)]))
    async with asyncio.timeout(10):
        await listener.asking.wait()
        await server.drain(0.1)
        await call
    assert line.book.answer == FeedbackAnswer(satisfied=False)
    assert line.journal.outcome is Outcome.FEEDBACK_GIVEN
    [grace] = line.book.grace
    assert grace is not None
    assert grace.seconds < 1, "the write has no time left"


@pytest.mark.parametrize(
    ("back", "outcome"), [(True, Outcome.FEEDBACK_GIVEN), (False, Outcome.LOST)]
)
async def test_an_answer_that_waits_for_the_database_is_tried_once_more_as_we_stop(
    serve: Serve, back: bool, outcome: Outcome
) -> None:
    line, citizen = Line(serve, book_away=1_000_000), says()
    ringing = asyncio.create_task(line.ring(citizen))
    async with asyncio.timeout(20):
        while not line.book.grace:
            await asyncio.sleep(0.005)
    line.book.away = 0 if back else 1_000_000
    assert line.server is not None
    await line.server.drain(0.0)
    await ringing
    assert (line.book.answer is not None) == back
    assert line.journal.outcome is outcome


async def test_the_call_ends_with_the_talk_however_long_the_answer_waits(serve: Serve) -> None:
    line, citizen = Line(serve, book_away=1_000_000), says()
    ringing = asyncio.create_task(line.ring(citizen, thanks_after=0.0))
    async with asyncio.timeout(20):
        while ["HANGUP"] not in citizen.commands:
            await asyncio.sleep(0.005)
        tries = len(line.book.grace)
        while len(line.book.grace) < tries + 2:
            await asyncio.sleep(0.005)
    line.now += timedelta(seconds=50)
    line.book.away = 0
    await ringing
    assert line.journal.outcome is Outcome.FEEDBACK_GIVEN
    assert line.journal.ended_at == {ATTEMPT: NOW}


async def test_an_answer_that_is_tried_again_has_one_grace_with_its_words(line: Line) -> None:
    line.book.away = 2
    await line.ring(says(verdict="2"))
    assert len(line.book.grace) == 3
    assert len({id(one) for one in line.book.grace}) == 1


@pytest.mark.parametrize(("of", "spoken"), [("en", "en"), ("hi", None), (None, None), ("xx", None)])
async def test_the_citizen_is_asked_in_the_language_in_which_they_registered(
    line: Line, of: str | None, spoken: str | None
) -> None:
    line.book.of = of
    citizen = await line.ring(says())
    assert citizen.variables.get("CHANNEL(language)") == spoken
    assert citizen.said[: len(OPENING)] == OPENING


@pytest.mark.parametrize(
    ("of", "subject"), [("hi", "हैंडपंप_खराब"), ("en", "Broken_hand_pump"), ("xx", "हैंडपंप_खराब")]
)
async def test_the_citizen_hears_about_which_complaint_they_are_asked(
    line: Line, of: str, subject: str
) -> None:
    line.book.of, line.book.asks = of, About("100000007", "हैंडपंप खराब", "Broken hand pump")
    citizen = await line.ring(says())
    assert citizen.said == [
        *OPENING[:2],
        *(Prompt.STATUS_NUMBER, "digit_1", *["digit_0"] * 7, "digit_7"),
        *(Prompt.STATUS_SUBJECT, subject, Prompt.FEEDBACK_CONFIRM),
        *(Prompt.FEEDBACK_QUESTION, Prompt.FEEDBACK_THANKS_SATISFIED),
    ]


async def test_who_answers_before_the_whole_number_was_said_is_heard(line: Line) -> None:
    line.book.asks = About("100000007", "हैंडपंप खराब")
    citizen = says()
    citizen.keys = {**citizen.keys, Prompt.STATUS_NUMBER: ["5"]}
    citizen.early = [Prompt.STATUS_NUMBER]
    await line.ring(citizen)
    assert Prompt.FEEDBACK_CONFIRM not in citizen.said
    assert line.book.answer == FeedbackAnswer(satisfied=True)
