"""What citizens do in the menus: status, advice, emergency, being asked, being kept out."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from agi.ports import About, FeedbackAnswer, OpenQuestion
from agi.server import FastAgiServer
from agi.status import brief, full
from calls.admission import Verdict
from calls.model import Outcome
from complaints import number as complaint_numbers
from complaints.status import Brief, Status
from speech.numbers import digits
from speech.prompts import Prompt
from tests.agi import rooms
from tests.agi.asterisk import Citizen
from tests.agi.rooms import NOW, QUEUE, FakeWords, InboundLine

Serve = Callable[..., Awaitable[FastAgiServer]]
CALLER = "+919876543210"
NUMBER = complaint_numbers.make(12345678)
OPENING = [Prompt.GREETING, Prompt.RECORDING_NOTICE]
KEYED = Status(
    number=NUMBER,
    subject="हैंडपंप",
    state="with_officer",
    level=2,
    post_title="अधिशासी अभियंता",
    due_at=datetime(2025, 8, 14, 20, 0, tzinfo=UTC),  # the 15th in India
    overdue=False,
)
OF_CALLER = Brief(NUMBER, "हैंडपंप", "awaiting_feedback")
TOLD_IN_FULL = [
    Prompt.STATUS_NUMBER,
    *digits(NUMBER),
    Prompt.STATUS_SUBJECT,
    "हैंडपंप",
    Prompt.STATE_WITH_OFFICER,
    Prompt.STATUS_OFFICER,
    Prompt.LEVEL_2,
    "अधिशासी_अभियंता",
    *(Prompt.STATUS_DUE, "number_15", "month_8"),
]
TOLD_IN_BRIEF = [
    Prompt.STATUS_NUMBER,
    *digits(NUMBER),
    *(Prompt.STATUS_SUBJECT, "हैंडपंप", Prompt.STATE_AWAITING_FEEDBACK),
]
QUESTION = OpenQuestion(uuid4(), 1)


@pytest.fixture
def line(serve: Serve) -> InboundLine:
    made = InboundLine(serve)
    made.hall.status.complaints[NUMBER] = KEYED
    made.hall.status.of_numbers[CALLER] = [OF_CALLER]
    return made


def keys_number(number: str = NUMBER) -> Citizen:
    return Citizen(keys={Prompt.MENU: ["2", None], Prompt.STATUS_ASK: list(number)})


async def test_a_keyed_number_tells_state_post_and_due_date(line: InboundLine) -> None:
    citizen = await line.ring(keys_number())
    assert citizen.said == [
        *(*OPENING, Prompt.MENU, Prompt.STATUS_ASK),
        *TOLD_IN_FULL,
        *(Prompt.MENU, Prompt.GOODBYE),
    ]
    assert line.journal.outcome is Outcome.STATUS_TOLD
    assert line.journal.queues == []


async def test_the_calling_number_alone_tells_number_subject_and_state_and_no_more(
    line: InboundLine,
) -> None:
    citizen = await line.ring(Citizen(keys={Prompt.MENU: ["2", None], Prompt.STATUS_ASK: ["#"]}))
    assert citizen.said[4:-2] == TOLD_IN_BRIEF
    assert line.journal.outcome is Outcome.STATUS_TOLD


async def test_a_withheld_number_has_no_complaints_and_goes_on(line: InboundLine) -> None:
    citizen = await line.ring(
        Citizen(keys={Prompt.MENU: ["2", "1"], Prompt.STATUS_ASK: ["#"]}), callerid="anonymous"
    )
    assert citizen.said[4:6] == [Prompt.STATUS_NONE_OF_CALLER, Prompt.MENU]
    assert line.hall.status.asked == []
    assert citizen.variables["HELPLINE_QUEUE"] == "helpline-hi"


async def test_the_hash_after_a_complete_number_does_not_cut_what_is_told(
    line: InboundLine,
) -> None:
    citizen = keys_number()
    citizen.keys = {**citizen.keys, Prompt.STATUS_NUMBER: ["#"]}
    citizen.early = [Prompt.STATUS_NUMBER]
    await line.ring(citizen)
    assert citizen.said[5:-2] == TOLD_IN_FULL  # begun anew


async def test_who_has_heard_enough_still_goes_back_by_a_key(line: InboundLine) -> None:
    citizen = keys_number()
    citizen.keys = {**citizen.keys, Prompt.STATUS_NUMBER: ["#", "#"]}
    citizen.early = [Prompt.STATUS_NUMBER]
    await line.ring(citizen)
    assert citizen.said[4:] == [*[Prompt.STATUS_NUMBER] * 2, Prompt.MENU, Prompt.GOODBYE]


async def test_a_wrong_check_digit_is_caught_at_once_and_three_times_lead_to_an_agent(
    line: InboundLine,
) -> None:
    wrong = NUMBER[:-1] + str((int(NUMBER[-1]) + 1) % 10)
    citizen = await line.ring(keys_number(wrong * 3))
    assert citizen.said.count(Prompt.STATUS_ASK) == 3
    assert citizen.said.count(Prompt.STATUS_WRONG_NUMBER) == 2
    assert line.hall.status.asked == []
    assert citizen.variables["HELPLINE_QUEUE"] == "helpline-hi"


async def test_a_database_that_is_away_is_said_and_the_menu_goes_on(line: InboundLine) -> None:
    line.hall.status.away = True
    citizen = keys_number()
    citizen.keys = {**citizen.keys, Prompt.MENU: ["2", "1"]}
    await line.ring(citizen)
    assert citizen.said[4:6] == [Prompt.STATUS_UNAVAILABLE, Prompt.MENU]
    assert citizen.variables["HELPLINE_QUEUE"] == "helpline-hi"


async def test_nobody_tries_numbers_in_one_call(line: InboundLine) -> None:
    numbers = "".join(complaint_numbers.make(serial) for serial in range(20_000_000, 20_000_009))
    citizen = Citizen(keys={Prompt.MENU: ["2"] * 9, Prompt.STATUS_ASK: list(numbers)})
    await line.ring(citizen)
    assert len(line.hall.status.asked) == 5


async def test_who_looks_up_their_own_number_too_often_is_not_told_that_it_has_none(
    line: InboundLine,
) -> None:
    citizen = Citizen(keys={Prompt.MENU: ["2"] * 6, Prompt.STATUS_ASK: ["#"] * 6})
    await line.ring(citizen)
    assert citizen.said.count(Prompt.STATUS_UNAVAILABLE) == 1
    assert Prompt.STATUS_NONE_OF_CALLER not in citizen.said


@pytest.mark.parametrize(
    ("key", "unspoken", "subject"),
    [("2", "", "Handpumps"), ("2", "Handpumps", "हैंडपंप"), ("1", "", "हैंडपंप")],
)
async def test_a_subject_is_named_in_the_language_chosen_where_the_data_has_it(
    line: InboundLine, key: str, unspoken: str, subject: str
) -> None:
    line.hall.languages = ("hi", "en")
    line.hall.english = FakeWords(unspoken)
    line.hall.status.complaints = {NUMBER: replace(KEYED, subject_en="Handpumps")}
    chooses = {Prompt.CHOICE_PRESS: [key], **keys_number().keys}
    citizen = await line.ring(Citizen(keys=chooses))
    at = citizen.said.index(Prompt.STATUS_SUBJECT)
    assert citizen.said[at + 1] == subject


@pytest.mark.parametrize(
    ("key", "title_en", "post"),
    [
        ("2", "Executive Engineer", "Executive Engineer"),
        ("2", "", "अधिशासी अभियंता"),
        ("1", "Executive Engineer", "अधिशासी अभियंता"),
    ],
)
async def test_a_post_is_named_in_the_language_chosen_where_the_data_has_it(
    line: InboundLine, key: str, title_en: str, post: str
) -> None:
    line.hall.languages = ("hi", "en")
    line.hall.english = FakeWords()
    line.hall.status.complaints = {NUMBER: replace(KEYED, post_title_en=title_en)}
    citizen = await line.ring(Citizen(keys={Prompt.CHOICE_PRESS: [key], **keys_number().keys}))
    assert citizen.said[citizen.said.index(Prompt.STATUS_OFFICER) + 2] == post.replace(" ", "_")


async def test_a_subject_without_a_sound_is_left_out(line: InboundLine) -> None:
    line.hall.words = FakeWords("हैंडपंप", "अधिशासी अभियंता")
    citizen = await line.ring(keys_number())
    assert Prompt.STATE_WITH_OFFICER in citizen.said
    assert citizen.said[-2:] == [Prompt.MENU, Prompt.GOODBYE]


@pytest.mark.parametrize("idle", [False, True])
@pytest.mark.parametrize("at", range(3, 45))
async def test_a_hangup_at_any_moment_of_the_status_ends_the_call_rightly(
    line: InboundLine, at: int, idle: bool
) -> None:
    citizen = keys_number()
    citizen.hang_up_at, citizen.idle = at, idle
    await line.ring(citizen)
    told = Prompt.STATUS_NUMBER in citizen.said
    if told:
        assert line.journal.outcome is Outcome.STATUS_TOLD
    assert line.journal.outcome in (Outcome.STATUS_TOLD, Outcome.IVR_ABANDONED)
    assert len(line.journal.outcomes) == 1


def test_every_state_can_be_told() -> None:
    for state in (
        *("triage", "with_officer", "proposed", "paused", "returned", "awaiting_feedback"),
        *("closed_satisfied", "unverified", "special_closed", "withdrawn", "advised"),
    ):
        assert brief(Brief(NUMBER, "x", state))


def test_an_overdue_complaint_names_no_date_that_has_passed() -> None:
    late = Status(NUMBER, "x", "with_officer", 4, "y", KEYED.due_at, overdue=True)
    assert Prompt.STATUS_OVERDUE in full(late)
    assert Prompt.STATUS_DUE not in full(late)


async def test_what_is_not_handled_is_said_and_the_menu_comes_again(line: InboundLine) -> None:
    citizen = await line.ring(Citizen(keys={Prompt.MENU: ["5", None]}))
    assert citizen.said[2:] == [Prompt.MENU, Prompt.OUT_OF_SCOPE, Prompt.MENU, Prompt.GOODBYE]
    assert line.journal.outcome is Outcome.ADVISED


@pytest.mark.parametrize(
    ("key", "notice", "queue"),
    [
        ("3", Prompt.SUGGESTION_NOTICE, "suggestion-hi"),
        ("4", Prompt.SCHEMES_NOTICE, "schemes-hi"),
    ],
)
async def test_each_wish_has_its_queue(
    line: InboundLine, key: str, notice: Prompt, queue: str
) -> None:
    citizen = await line.ring(Citizen(keys={Prompt.MENU: [key]}))
    assert citizen.said[-2:] == [notice, Prompt.CONNECTING]
    assert citizen.variables["HELPLINE_QUEUE"] == queue


async def test_star_repeats_the_menu_and_who_only_repeats_gets_an_agent(line: InboundLine) -> None:
    citizen = await line.ring(Citizen(keys={Prompt.MENU: ["*"] * 20}))
    assert citizen.said.count(Prompt.MENU) == 10
    assert Prompt.INVALID_KEY not in citizen.said
    assert citizen.variables["HELPLINE_QUEUE"] == "helpline-hi"


async def test_the_language_is_asked_for_where_there_are_several(line: InboundLine) -> None:
    line.hall.languages = ("hi", "ur")
    citizen = await line.ring(
        Citizen(keys={Prompt.CHOICE_PRESS: ["2"], Prompt.MENU: ["3"]}, early=[])
    )
    assert citizen.said[2:10] == [
        *("language_hi", Prompt.CHOICE_FOR, Prompt.DIGIT_1, Prompt.CHOICE_PRESS),
        *("language_ur", Prompt.CHOICE_FOR, Prompt.DIGIT_2, Prompt.CHOICE_PRESS),
    ]
    assert citizen.variables["HELPLINE_QUEUE"] == "suggestion-ur"


@pytest.mark.parametrize(
    ("keys", "queue", "menus"),
    [
        (["1", "1"], "suggestion-hi", 1),
        (["2", "2"], "suggestion-ur", 1),
        (["2", "4"], "schemes-ur", 0),
    ],
)
async def test_a_key_that_is_doubled_does_not_choose_in_the_menu_another_one_does(
    line: InboundLine, keys: list[str | None], queue: str, menus: int
) -> None:
    line.hall.languages = ("hi", "ur")
    citizen = await line.ring(Citizen(keys={Prompt.CHOICE_PRESS: keys, Prompt.MENU: ["3"]}))
    assert citizen.variables["HELPLINE_QUEUE"] == queue
    assert citizen.said.count(Prompt.MENU) == menus


@pytest.mark.parametrize(
    ("cut", "key", "service", "heard"),
    [
        (None, None, "112", 10),
        ("emergency_112", "9", "112", 1),
        (Prompt.EMERGENCY_FIRST, "9", "112", 2),
        (Prompt.EMERGENCY_FIRST, "2", "102", 2),
        (Prompt.CHOICE_PRESS, "1", "108", 6),
        (Prompt.CHOICE_PRESS, "7", "112", 6),  # names none
    ],
)
async def test_emergency_is_one_key_away_and_to_wait_is_the_first_service(
    line: InboundLine, cut: Prompt | None, key: str | None, service: str, heard: int
) -> None:
    """It is named first; nobody who has heard all, or has pressed a key, is kept waiting."""
    keys: dict[str, list[str | None]] = {Prompt.MENU: ["9"]}
    early = [Prompt.MENU]
    if cut is not None:
        keys[cut] = [key]
        early.append(cut)
    citizen = await line.ring(Citizen(keys=keys, early=early))
    assert (
        citizen.said[3:]
        == [
            *("emergency_112", Prompt.EMERGENCY_FIRST),
            *("emergency_108", Prompt.CHOICE_FOR, Prompt.DIGIT_1, Prompt.CHOICE_PRESS),
            *("emergency_102", Prompt.CHOICE_FOR, Prompt.DIGIT_2, Prompt.CHOICE_PRESS),
        ][:heard]
    )
    assert citizen.commands[-1] == ["SET VARIABLE", "HELPLINE_EMERGENCY", service]
    assert "WAIT FOR DIGIT" not in [command[0] for command in citizen.commands]
    assert "HELPLINE_QUEUE" not in citizen.variables
    assert line.journal.outcome is None  # the dialplan knows how it went


async def test_no_prompt_stands_between_a_citizen_and_an_emergency_service(
    line: InboundLine,
) -> None:
    citizen = Citizen(keys={Prompt.MENU: ["9"]})
    citizen.refused = {"STREAM FILE helpline/emergency_112": "200 result=-1"}
    await line.ring(citizen)
    assert citizen.variables["HELPLINE_EMERGENCY"] == "112"
    assert "HELPLINE_QUEUE" not in citizen.variables


async def test_the_emergency_key_counts_in_the_greeting(line: InboundLine) -> None:
    line.hall.services = ("112",)
    citizen = await line.ring(Citizen(keys={Prompt.GREETING: ["9"]}, early=[Prompt.GREETING]))
    assert citizen.said == [Prompt.GREETING, Prompt.EMERGENCY_CONNECTING]


async def test_whom_no_service_answers_waits_in_the_queue_of_the_language_chosen(
    line: InboundLine,
) -> None:
    line.hall.languages, line.hall.services = ("hi", "ur"), ("112",)
    line.hall.by_language = True
    citizen = await line.ring(Citizen(keys={Prompt.CHOICE_PRESS: ["2"], Prompt.MENU: ["9"]}))
    assert citizen.variables["HELPLINE_AFTER_EMERGENCY"] == "register-ur"
    assert citizen.variables["HELPLINE_LANGUAGE"] == "ur"
    assert citizen.variables["HELPLINE_EMERGENCY"] == "112"
    assert "HELPLINE_QUEUE" not in citizen.variables


async def test_without_a_service_an_emergency_gets_an_agent(line: InboundLine) -> None:
    line.hall.services = ()
    citizen = await line.ring(Citizen(keys={Prompt.MENU: ["9"]}))
    assert citizen.variables["HELPLINE_QUEUE"] == "helpline-hi"


@pytest.mark.parametrize("idle", [False, True])
@pytest.mark.parametrize("at", range(1, 16))
async def test_a_hangup_before_emergency_is_dialled_is_no_emergency_call(
    line: InboundLine, at: int, idle: bool
) -> None:
    citizen = Citizen(keys={Prompt.MENU: ["9"]}, hang_up_at=at, idle=idle)
    await line.ring(citizen)
    if "HELPLINE_EMERGENCY" not in citizen.variables:
        assert line.journal.outcome is Outcome.IVR_ABANDONED


@pytest.mark.parametrize(
    ("verdict", "said", "outcome"),
    [
        (Verdict.BLOCKED, Prompt.CALLER_BLOCKED, Outcome.CALLER_BLOCKED),
        (Verdict.CALLER_LIMIT, Prompt.CALLER_LIMIT, Outcome.CALLER_LIMIT),
        (Verdict.LINES_FULL, Prompt.LINES_FULL, Outcome.LINES_FULL),
    ],
)
@pytest.mark.parametrize("at", [None, 3, 4, 5, 6])
async def test_who_is_not_let_in_hears_why_and_is_counted(
    line: InboundLine, verdict: Verdict, said: Prompt, outcome: Outcome, at: int | None
) -> None:
    line.hall.gate.answer = verdict
    citizen = await line.ring(Citizen(hang_up_at=at))
    heard = [Prompt.RECORDING_NOTICE, said, Prompt.EMERGENCY_KEY, Prompt.GOODBYE]
    assert citizen.said == (heard if at is None else heard[: at - 3])
    assert line.journal.outcome is outcome
    assert "HELPLINE_QUEUE" not in citizen.variables


@pytest.mark.parametrize("verdict", [Verdict.BLOCKED, Verdict.CALLER_LIMIT, Verdict.LINES_FULL])
async def test_emergency_is_open_to_who_is_not_let_in(line: InboundLine, verdict: Verdict) -> None:
    line.hall.gate.answer = verdict
    citizen = await line.ring(Citizen(keys={Prompt.EMERGENCY_KEY: ["9"]}))
    assert citizen.variables["HELPLINE_EMERGENCY"] == "112"


async def test_closed_hours_still_tell_the_status(line: InboundLine) -> None:
    line.hall.hours.open = False
    citizen = await line.ring(keys_number())
    assert citizen.said[2:4] == [Prompt.CLOSED, Prompt.CLOSED_SERVICES]
    assert line.journal.outcome is Outcome.STATUS_TOLD


@pytest.mark.parametrize(("key", "owed"), [("1", True), (None, False)])
async def test_closed_hours_offer_a_call_back(
    line: InboundLine, key: str | None, owed: bool
) -> None:
    line.hall.hours.open = False
    citizen = await line.ring(Citizen(keys={Prompt.MENU: ["1"], Prompt.CALL_BACK_OFFER: [key]}))
    assert (Prompt.CALL_BACK_PROMISE in citizen.said) is owed
    assert bool(line.hall.callbacks.owed) is owed
    assert line.hall.callbacks.queues == (["helpline-hi"] if owed else [])
    assert line.journal.outcome is Outcome.CLOSED
    assert "HELPLINE_QUEUE" not in citizen.variables


@pytest.mark.parametrize("language", [False, True])
async def test_a_doubled_key_orders_no_call_back_unheard(line: InboundLine, language: bool) -> None:
    """By a trunk or a hand; also where the menu's key was pressed ahead of it."""
    line.hall.hours.open = False
    pressed: dict[str, list[str | None]] = {Prompt.MENU: ["1"], Prompt.CLOSED: ["1"]}
    if language:
        line.hall.languages = ("hi", "en")
        pressed[Prompt.CHOICE_PRESS] = ["2", "1"]
    citizen = await line.ring(Citizen(keys=pressed, early=[Prompt.CLOSED]))
    assert line.hall.callbacks.owed == []
    assert citizen.said[-2:] == [Prompt.CALL_BACK_OFFER, Prompt.GOODBYE]


async def test_a_doubled_key_is_no_digit_of_the_complaints_number(line: InboundLine) -> None:
    citizen = keys_number("2" + NUMBER)
    citizen.early = [Prompt.STATUS_ASK]
    await line.ring(citizen)
    assert Prompt.STATE_WITH_OFFICER in citizen.said


@pytest.mark.parametrize("ended", ["", "#"])
async def test_a_number_that_begins_at_once_with_the_menus_key_keeps_its_first_digit(
    line: InboundLine, ended: str
) -> None:
    number = complaint_numbers.make(20_000_001)
    line.hall.status.complaints = {number: KEYED}
    citizen = keys_number(number + ended)
    citizen.early = [Prompt.STATUS_ASK]
    await line.ring(citizen)
    assert line.hall.status.asked == [number]
    assert Prompt.STATE_WITH_OFFICER in citizen.said


async def test_the_same_key_half_a_second_later_counts(line: InboundLine) -> None:
    line.hall.hours.closed = frozenset({QUEUE})
    late = {"STREAM FILE helpline/closed": "200 result=49 endpos=4000"}
    await line.ring(Citizen(keys={Prompt.MENU: ["1"]}, refused=late))
    assert len(line.hall.callbacks.owed) == 1


async def test_the_emergency_key_is_never_taken_for_a_doubled_one(line: InboundLine) -> None:
    keys = {Prompt.MENU: ["9"], "emergency_112": ["9"]}
    citizen = await line.ring(Citizen(keys=keys, early=["emergency_112"]))
    assert citizen.said.count("emergency_112") == 1
    assert citizen.variables["HELPLINE_EMERGENCY"] == "112"


async def test_a_queue_that_is_closed_says_when_it_opens_while_others_serve(
    line: InboundLine,
) -> None:
    line.hall.hours.closed = frozenset({"schemes-hi"})
    line.hall.hours.opens_at = NOW + timedelta(hours=20)
    citizen = await line.ring(Citizen(keys={Prompt.MENU: ["4"], Prompt.CALL_BACK_OFFER: ["9"]}))
    assert citizen.said[2] == Prompt.MENU  # nothing of being closed before
    assert citizen.said[3:9] == [
        Prompt.CLOSED, Prompt.OPENS_AGAIN, Prompt.TOMORROW, Prompt.MORNING, "number_7",
        Prompt.OCLOCK,
    ]  # fmt: skip
    assert citizen.variables["HELPLINE_EMERGENCY"] == "112"
    opened = await line.ring(Citizen(keys={Prompt.MENU: ["1"]}))
    assert opened.variables["HELPLINE_QUEUE"] == QUEUE


@pytest.mark.parametrize(("key", "language"), [("1", None), ("2", "en"), (None, None)])
async def test_the_language_chosen_is_that_of_all_prompts_from_then_on(
    line: InboundLine, key: str | None, language: str | None
) -> None:
    line.hall.languages = ("hi", "en")
    citizen = await line.ring(Citizen(keys={Prompt.CHOICE_PRESS: [key], Prompt.MENU: ["4"]}))
    assert citizen.variables.get("CHANNEL(language)") == language
    assert citizen.variables.get("HELPLINE_LANGUAGE") == language
    assert citizen.variables["HELPLINE_QUEUE"] == f"schemes-{language or 'hi'}"


async def test_closed_hours_are_told_in_the_language_that_was_chosen(line: InboundLine) -> None:
    line.hall.languages, line.hall.hours.open = ("hi", "en"), False
    citizen = await line.ring(Citizen(keys={Prompt.CHOICE_PRESS: ["2"], Prompt.MENU: ["1"]}))
    last_choice = len(citizen.said) - citizen.said[::-1].index(Prompt.CHOICE_PRESS)
    assert citizen.said[last_choice : last_choice + 2] == [Prompt.CLOSED, Prompt.CLOSED_SERVICES]
    assert Prompt.CLOSED not in citizen.said[:last_choice]
    assert citizen.variables["CHANNEL(language)"] == "en"


async def test_the_queue_is_told_which_agent_knows_the_caller(line: InboundLine) -> None:
    line.hall.known.numbers = {QUEUE: 42}
    known = await line.ring(Citizen(keys={Prompt.MENU: ["1"]}))
    assert known.variables["HELPLINE_KNOWN"] == "42"
    line.hall.known.numbers = {}
    assert "HELPLINE_KNOWN" not in (await line.ring(Citizen(keys={Prompt.MENU: ["1"]}))).variables


async def test_where_no_call_back_is_offered_none_is_promised(line: InboundLine) -> None:
    line.hall.hours.open, line.hall.offers_call_back = False, False
    citizen = await line.ring(Citizen(keys={Prompt.MENU: ["1"], Prompt.CALL_AGAIN: ["1"]}))
    assert citizen.said[-2:] == [Prompt.CALL_AGAIN, Prompt.GOODBYE]
    assert line.hall.callbacks.owed == []
    assert line.journal.outcome is Outcome.CLOSED


async def test_closed_hours_do_not_close_emergency(line: InboundLine) -> None:
    line.hall.hours.open = False
    citizen = await line.ring(Citizen(keys={Prompt.CLOSED: ["9"]}, early=[Prompt.CLOSED]))
    assert citizen.variables["HELPLINE_EMERGENCY"] == "112"


def answers(*, verdict: str = "1") -> Citizen:
    return Citizen(
        keys={
            Prompt.FEEDBACK_CONFIRM: ["5"],
            Prompt.FEEDBACK_QUESTION: [verdict],
            Prompt.FEEDBACK_REASON: [None, None, None],
            Prompt.MENU: ["1"],
        }
    )


async def test_who_calls_back_after_a_missed_feedback_call_is_asked_and_goes_on_to_the_menu(
    line: InboundLine,
) -> None:
    line.hall.questions.waiting[CALLER] = QUESTION
    citizen = await line.ring(answers())
    assert citizen.said == [
        *OPENING,
        *(Prompt.MISSED_FEEDBACK, Prompt.FEEDBACK_CONFIRM, Prompt.FEEDBACK_QUESTION),
        *(Prompt.FEEDBACK_THANKS_SATISFIED, Prompt.MENU, Prompt.CONNECTING),
    ]
    assert line.hall.questions.told == [
        (line.journal.call.id, QUESTION, FeedbackAnswer(satisfied=True))
    ]


@pytest.mark.parametrize(
    ("of", "offered", "asked_in"),
    [
        ("en", ("hi", "en"), "en"),
        ("hi", ("hi", "en"), "hi"),
        (None, ("hi", "en"), "hi"),
        ("en", ("hi",), "hi"),
    ],
)
async def test_who_calls_back_is_asked_in_their_language_and_then_chooses_anew(
    line: InboundLine, of: str | None, offered: tuple[str, ...], asked_in: str
) -> None:
    line.hall.languages = offered
    line.hall.questions.waiting[CALLER] = replace(QUESTION, language=of)
    citizen = await line.ring(answers())
    spoken = {prompt: language for language, prompt in citizen.said_in}
    assert {spoken[prompt] for prompt in OPENING} == {"hi"}
    assert {
        spoken[prompt]
        for prompt in (
            *(Prompt.MISSED_FEEDBACK, Prompt.FEEDBACK_CONFIRM, Prompt.FEEDBACK_QUESTION),
            Prompt.FEEDBACK_THANKS_SATISFIED,
        )
    } == {asked_in}
    assert spoken[Prompt.MENU] == "hi"
    assert "HELPLINE_LANGUAGE" not in citizen.variables


@pytest.mark.parametrize(
    ("keys", "asked", "told"),
    [
        (["1", "1", "1", "1"], 3, 3),  # the fourth another time
        (["1", None, None, None], 4, 1),  # silence: asked again, but about nothing further
    ],
)
async def test_a_family_that_waits_for_several_questions_is_asked_each(
    line: InboundLine, keys: list[str | None], asked: int, told: int
) -> None:
    further = [OpenQuestion(uuid4(), 1) for _ in range(3)]
    line.hall.questions.waiting[CALLER] = QUESTION
    line.hall.questions.further = further
    pressed: dict[str, list[str | None]] = {
        Prompt.FEEDBACK_CONFIRM: ["5"] * 4,
        Prompt.FEEDBACK_QUESTION: keys,
        Prompt.MENU: ["1"],
    }
    citizen = await line.ring(Citizen(keys=pressed))
    assert citizen.said.count(Prompt.FEEDBACK_QUESTION) == asked
    questions = [question for _, question, _ in line.hall.questions.told]
    assert questions == [QUESTION, *further][:told]
    assert citizen.variables["HELPLINE_QUEUE"] == "helpline-hi"


async def test_a_question_that_was_settled_meanwhile_is_said_to_be_and_the_next_one_asked(
    line: InboundLine,
) -> None:
    line.hall.questions.waiting[CALLER] = QUESTION
    line.hall.questions.further = [OpenQuestion(uuid4(), 1)]
    line.hall.questions.settled = True
    pressed: dict[str, list[str | None]] = {
        Prompt.FEEDBACK_CONFIRM: ["5"] * 2,
        Prompt.FEEDBACK_QUESTION: ["1"] * 2,
        Prompt.MENU: ["1"],
    }
    citizen = await line.ring(Citizen(keys=pressed))
    assert citizen.said.count(Prompt.FEEDBACK_SETTLED) == 2
    assert Prompt.FEEDBACK_THANKS_SATISFIED not in citizen.said


async def test_somebody_else_on_the_phone_is_asked_nothing_more(line: InboundLine) -> None:
    line.hall.questions.waiting[CALLER] = QUESTION
    citizen = await line.ring(Citizen(keys={Prompt.FEEDBACK_CONFIRM: ["6"], Prompt.MENU: ["1"]}))
    assert Prompt.FEEDBACK_QUESTION not in citizen.said
    assert line.hall.questions.told == []
    assert citizen.variables["HELPLINE_QUEUE"] == "helpline-hi"


@pytest.mark.parametrize("idle", [False, True])
@pytest.mark.parametrize("at", range(5, 22))
async def test_a_hangup_does_not_take_the_answer_back(
    line: InboundLine, at: int, idle: bool
) -> None:
    line.hall.questions.waiting[CALLER] = QUESTION
    line.hall.questions.away = 1
    citizen = answers(verdict="2")
    citizen.hang_up_at, citizen.idle = at, idle
    await line.ring(citizen)
    if told := line.hall.questions.told:
        (_, _, answer) = told[0]
        assert not answer.satisfied
        if "HELPLINE_QUEUE" not in citizen.variables:
            assert line.journal.outcome is Outcome.FEEDBACK_GIVEN
    else:
        assert Prompt.FEEDBACK_REASON not in citizen.said
        assert line.journal.outcome is Outcome.IVR_ABANDONED


async def test_who_hung_up_was_gone_then_however_long_their_answer_waits(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = await answered_by(InboundLine(serve), answers(verdict="2"))
    line, citizen = InboundLine(serve), answers(verdict="2")
    citizen.hang_up_at = asked.commands.index(
        next(one for one in asked.commands if str(Prompt.FEEDBACK_REASON) in " ".join(one))
    )
    questions, tries = line.hall.questions, 2
    questions.away = tries
    monkeypatch.setattr(rooms, "now", lambda: NOW + timedelta(minutes=tries - questions.away))
    await answered_by(line, citizen)
    assert line.journal.outcome is Outcome.FEEDBACK_GIVEN
    assert questions.away == 0
    assert list(line.journal.ended_at.values()) == [NOW]


async def answered_by(line: InboundLine, citizen: Citizen) -> Citizen:
    line.hall.questions.waiting[CALLER] = QUESTION
    return await line.ring(citizen)


async def test_an_answer_outlives_what_goes_wrong_after_it(line: InboundLine) -> None:
    line.hall.questions.waiting[CALLER] = QUESTION
    citizen = answers(verdict="2")
    citizen.refused = {"RECORD FILE": "200 result=-1 (randomerror) endpos=0"}  # a full disk
    await line.ring(citizen)
    [(_, _, answer)] = line.hall.questions.told
    assert answer == FeedbackAnswer(satisfied=False)
    assert citizen.variables["HELPLINE_QUEUE"] == "helpline-hi"


async def test_who_calls_back_hears_about_which_complaint_they_are_asked(
    line: InboundLine,
) -> None:
    about = About("100000007", "हैंडपंप")
    line.hall.questions.waiting[CALLER] = replace(QUESTION, about=about)
    citizen = await line.ring(answers())
    asked = citizen.said.index(Prompt.MISSED_FEEDBACK)
    assert citizen.said[asked + 1] == Prompt.STATUS_NUMBER
    confirm = citizen.said.index(Prompt.FEEDBACK_CONFIRM)
    assert citizen.said[confirm - 2 : confirm] == [Prompt.STATUS_SUBJECT, "हैंडपंप"]
