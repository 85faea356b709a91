"""Key 9 at any moment of a call to us: in each prompt, after it, and where it is a digit."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import uuid4

import pytest

from access.pins import PinAccepted
from agi.ports import About, FeedbackAnswer, OpenQuestion
from agi.server import FastAgiServer
from calls.admission import Verdict
from calls.model import Outcome
from calls.waiting import Queued
from complaints import number as complaint_numbers
from complaints.officers_line import Look
from complaints.status import Brief, Status
from speech.prompts import Prompt
from tests.agi.asterisk import Citizen
from tests.agi.rooms import NOW, QUEUE, Hall, InboundLine

Serve = Callable[..., Awaitable[FastAgiServer]]
Keys = Mapping[str, Sequence[str | None]]
CALLER, PIN = "+919876543210", "480297"
NUMBER = complaint_numbers.make(12345678)
QUESTION = OpenQuestion(uuid4(), 1, "en", About(NUMBER, "हैंडपंप"))
DISSATISFIED: Keys = {
    Prompt.FEEDBACK_CONFIRM: ["5"],
    Prompt.FEEDBACK_QUESTION: ["2"],
    Prompt.FEEDBACK_REASON: ["3"],
}
#: The only way on which 9 does not lead out, once the PIN was right: they have numbers to key, and
#: are no citizen in need.
AT_WORK = "an officer at work"


def plain(hall: Hall) -> None:
    """Nothing is special."""


def asked(hall: Hall) -> None:
    hall.questions.waiting[CALLER] = QUESTION


def settled(hall: Hall) -> None:
    asked(hall)
    hall.questions.settled = True


def several_languages(hall: Hall) -> None:
    hall.languages = ("hi", "ur", "en")


def closed(hall: Hall) -> None:
    hall.hours.open, hall.hours.opens_at = False, NOW + timedelta(hours=20)


def many_wait(hall: Hall) -> None:
    hall.places.queues[QUEUE] = Queued(3, 2, 1)


def blocked(hall: Hall) -> None:
    hall.gate.answer = Verdict.BLOCKED


def officers(hall: Hall) -> None:
    known = PinAccepted(uuid4(), "राम", "hi", frozenset({"L1"}))
    hall.desk.officers = {(CALLER, PIN): known}
    hall.desk.complaints = {NUMBER: Look.YOURS}


@dataclass(frozen=True)
class Way:
    """What a caller does, and the prompts that they hear on it at the least."""

    hall: Callable[[Hall], None]
    keys: Keys
    heard: frozenset[str]


def way(hall: Callable[[Hall], None], keys: Keys, *heard: str) -> Way:
    return Way(hall, keys, frozenset(heard))


WAYS = {
    "to an agent": way(plain, {Prompt.MENU: ["1"]}, Prompt.GREETING, Prompt.MENU),
    "told their place": way(
        many_wait, {Prompt.MENU: ["1"]}, Prompt.CONNECTING, Prompt.QUEUE_POSITION
    ),
    "a suggestion": way(plain, {Prompt.MENU: ["3"]}, Prompt.SUGGESTION_NOTICE),
    "a wrong key": way(plain, {Prompt.MENU: ["6", "1"]}, Prompt.INVALID_KEY),
    "what is not handled": way(
        plain, {Prompt.MENU: ["5", None]}, Prompt.OUT_OF_SCOPE, Prompt.GOODBYE
    ),
    "status by number": way(
        plain,
        {Prompt.MENU: ["2", None], Prompt.STATUS_ASK: list(NUMBER)},
        *(Prompt.STATUS_ASK, Prompt.STATUS_OFFICER, Prompt.GOODBYE),
    ),
    "status by a wrong number": way(
        plain, {Prompt.MENU: ["2"], Prompt.STATUS_ASK: ["1", "#"]}, Prompt.STATUS_WRONG_NUMBER
    ),
    "status by the telephone": way(
        plain, {Prompt.MENU: ["2", None], Prompt.STATUS_ASK: ["#"]}, Prompt.STATE_WITH_OFFICER
    ),
    "asked after a missed call": way(
        asked,
        {**DISSATISFIED, Prompt.MENU: ["1"]},
        *(Prompt.MISSED_FEEDBACK, Prompt.STATUS_SUBJECT, Prompt.FEEDBACK_CONFIRM),
        *(Prompt.FEEDBACK_QUESTION, Prompt.FEEDBACK_REASON, Prompt.FEEDBACK_OWN_WORDS),
        Prompt.FEEDBACK_THANKS_DISSATISFIED,
    ),
    "asked what is settled": way(settled, DISSATISFIED, Prompt.FEEDBACK_SETTLED),
    "a language": way(several_languages, {Prompt.MENU: ["1"]}, "language_ur", Prompt.CHOICE_PRESS),
    "closed": way(
        closed,
        {Prompt.MENU: ["1"], Prompt.CALL_BACK_OFFER: ["1"]},
        *(Prompt.CLOSED_SERVICES, Prompt.OPENS_FROM, Prompt.CALL_BACK_OFFER),
        *(Prompt.CALL_BACK_PROMISE, Prompt.GOODBYE),
    ),
    "not let in": way(blocked, {}, Prompt.CALLER_BLOCKED, Prompt.EMERGENCY_KEY, Prompt.GOODBYE),
    "the officers' line by mistake": way(
        officers,
        {Prompt.MENU: ["7"], Prompt.OFFICER_PIN: list("111111222222333333")},
        *(Prompt.OFFICER_WELCOME, Prompt.OFFICER_PIN, Prompt.OFFICER_PIN_WRONG),
    ),
    AT_WORK: way(
        officers,
        {
            Prompt.MENU: ["7"],
            Prompt.OFFICER_PIN: list(PIN),
            Prompt.OFFICER_COMPLAINT: list(NUMBER),
            Prompt.OFFICER_KIND: ["3"],
            Prompt.OFFICER_CONFIRM: ["1"],
        },
        *(Prompt.OFFICER_PIN, Prompt.OFFICER_COMPLAINT, Prompt.OFFICER_KIND),
        *(Prompt.OFFICER_REMARK, Prompt.OFFICER_CONFIRM, Prompt.OFFICER_TAKEN),
    ),
}
AFTER = {  # how each prompt is waited for
    Prompt.FEEDBACK_CONFIRM: "asked after a missed call",
    Prompt.FEEDBACK_QUESTION: "asked after a missed call",
    Prompt.FEEDBACK_REASON: "asked after a missed call",
    Prompt.CHOICE_PRESS: "a language",
    Prompt.MENU: "to an agent",
    Prompt.STATUS_ASK: "status by number",
    Prompt.CALL_BACK_OFFER: "closed",
    Prompt.EMERGENCY_KEY: "not let in",
    Prompt.OFFICER_PIN: "the officers' line by mistake",
}


def calling(serve: Serve, name: str) -> InboundLine:
    line = InboundLine(serve)
    line.hall.services = ("112",)
    status = Status(NUMBER, "हैंडपंप", "with_officer", 2, "अभियंता", NOW, overdue=False)
    line.hall.status.complaints[NUMBER] = status
    line.hall.status.of_numbers[CALLER] = [Brief(NUMBER, "हैंडपंप", "with_officer")]
    WAYS[name].hall(line.hall)
    return line


async def heard(serve: Serve, name: str, panics_in: int | None = None) -> Citizen:
    return await calling(serve, name).ring(Citizen(keys=WAYS[name].keys, panics_in=panics_in))


def led_out(citizen: Citizen) -> bool:
    return (
        citizen.said[-1] == Prompt.EMERGENCY_CONNECTING
        and citizen.variables.get("HELPLINE_EMERGENCY") == "112"
        and "HELPLINE_QUEUE" not in citizen.variables
    )


@pytest.mark.parametrize("name", WAYS)
async def test_in_each_prompt_it_leads_to_the_service_before_anything_else_is_said(
    serve: Serve, name: str
) -> None:
    said = (await heard(serve, name)).said
    assert WAYS[name].heard <= set(said)
    officer_from = said.index(Prompt.RECORDING_NOTICE, 2) if name == AT_WORK else len(said)
    for at, prompt in enumerate(said):
        panicked = await heard(serve, name, panics_in=at)
        if at < officer_from:
            assert panicked.said == [*said[: at + 1], Prompt.EMERGENCY_CONNECTING], prompt
            assert led_out(panicked), prompt
        else:
            assert "HELPLINE_EMERGENCY" not in panicked.variables, prompt


@pytest.mark.parametrize("prompt", AFTER)
@pytest.mark.parametrize("keys", [["9"], ["9", "9"]])
async def test_after_each_question_it_is_its_answer(
    serve: Serve, prompt: Prompt, keys: list[str | None]
) -> None:
    line = calling(serve, AFTER[prompt])
    citizen = await line.ring(Citizen(keys={**WAYS[AFTER[prompt]].keys, prompt: keys}))
    assert led_out(citizen)
    assert Prompt.INVALID_KEY not in citizen.said
    assert citizen.said.count(prompt) == (3 if prompt == Prompt.CHOICE_PRESS else 1)
    assert line.hall.desk.guesses == []


async def test_in_their_own_words_it_leads_out_and_what_they_said_is_written(serve: Serve) -> None:
    line = calling(serve, "asked after a missed call")
    pressed = "200 result=57 (dtmf) endpos=24000"
    citizen = await line.ring(Citizen(keys=DISSATISFIED, recorded=pressed))
    assert led_out(citizen)
    words = line.capture.of("own_words").id
    [(_, _, answer)] = line.hall.questions.told
    assert answer == FeedbackAnswer(False, "not_done", words)
    assert citizen.said_in[-1] == ("hi", Prompt.EMERGENCY_CONNECTING)
    assert line.journal.outcome is None  # the dialplan knows how it went


async def test_a_database_that_is_away_does_not_keep_them_from_the_service(serve: Serve) -> None:
    line = calling(serve, "asked after a missed call")
    line.hall.questions.away = 1_000
    keys = {**DISSATISFIED, Prompt.FEEDBACK_REASON: ["9"]}
    assert led_out(await line.ring(Citizen(keys=keys)))
    assert line.hall.questions.away > 990, "hardly tried"


async def test_it_is_a_digit_of_a_number(serve: Serve) -> None:
    line = calling(serve, "status by number")
    nines = next(
        one
        for serial in range(99_999_900, 99_999_999)
        if (one := complaint_numbers.make(serial)).startswith("9999")
    )
    await line.ring(Citizen(keys={Prompt.MENU: ["2", None], Prompt.STATUS_ASK: list(nines)}))
    assert line.hall.status.asked == [nines]


async def test_who_left_the_officers_line_by_it_is_recorded_again(serve: Serve) -> None:
    line = calling(serve, "the officers' line by mistake")
    citizen = await line.ring(Citizen(keys={Prompt.MENU: ["7"], Prompt.OFFICER_PIN: ["9"]}))
    recorders = [name for name, _ in citizen.applications]
    assert recorders == ["MixMonitor", "StopMixMonitor", "MixMonitor"]


async def test_an_answer_ends_as_given_though_an_emergency_is_next(serve: Serve) -> None:
    line = calling(serve, "asked after a missed call")
    citizen = Citizen(keys={**DISSATISFIED, Prompt.FEEDBACK_REASON: ["9"]})
    gone = f"STREAM FILE helpline/{Prompt.EMERGENCY_CONNECTING}"
    citizen.refused = {gone: "200 result=-1\nHANGUP"}
    await line.ring(citizen)
    assert line.journal.outcome is Outcome.FEEDBACK_GIVEN


async def test_without_a_service_it_is_a_key_as_any_other(serve: Serve) -> None:
    line = calling(serve, "asked after a missed call")
    line.hall.services = ()
    keys = {**DISSATISFIED, Prompt.FEEDBACK_CONFIRM: ["9", "5"], Prompt.MENU: ["1"]}
    citizen = await line.ring(Citizen(keys=keys))
    assert citizen.said.count(Prompt.INVALID_KEY) == 1
    assert citizen.variables["HELPLINE_QUEUE"] == QUEUE
