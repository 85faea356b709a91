"""Officers who report a disposal by telephone: who they are, what they say, when they hang up."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from uuid import uuid4

import pytest

from access.pins import PinAccepted
from agi.server import FastAgiServer
from calls.admission import Verdict
from calls.model import Outcome
from complaints import number as complaint_numbers
from complaints.disposal import DisposalKind
from complaints.officers_line import Look, Spoken
from speech.numbers import digits
from speech.prompts import Prompt
from tests.agi import rooms
from tests.agi.asterisk import Citizen
from tests.agi.rooms import NOW, FakePrompts, InboundLine

Serve = Callable[..., Awaitable[FastAgiServer]]
CALLING, MOBILE, PIN = "+919876543210", "9415000001", "480297"
NUMBER = complaint_numbers.make(12345678)
OFFICER = PinAccepted(uuid4(), "राम", "hi", frozenset({"L1"}))
OPENING = [Prompt.OFFICER_WELCOME, Prompt.OFFICER_PIN]


@pytest.fixture
def line(serve: Serve) -> InboundLine:
    made = InboundLine(serve)
    made.hall.desk.officers = {(CALLING, PIN): OFFICER, (f"+91{MOBILE}", PIN): OFFICER}
    made.hall.desk.complaints = {NUMBER: Look.YOURS}
    return made


def keys(**others: Sequence[str | None]) -> dict[str, Sequence[str | None]]:
    """An officer who reports a disposal that was carried out."""
    usual: dict[str, Sequence[str | None]] = {
        Prompt.OFFICER_PIN: list(PIN),
        Prompt.OFFICER_COMPLAINT: list(NUMBER),
        Prompt.OFFICER_KIND: ["3"],
        Prompt.OFFICER_CONFIRM: ["1"],
    }
    return usual | others


async def call(line: InboundLine, citizen: Citizen) -> Citizen:
    return await line.ring(citizen, dnid="1077", extension="1077")


async def test_an_officer_reports_a_disposal_in_their_own_words(line: InboundLine) -> None:
    officer = await call(line, Citizen(keys=keys()))
    remark = line.capture.of("officer_remark")
    assert line.hall.desk.reported == [
        Spoken(
            call_id=line.journal.call.id,
            officer=OFFICER.user_id,
            number=NUMBER,
            kind=DisposalKind.RESOLVED,
            remark=remark.id,
        )
    ]
    assert officer.recording == remark.path
    assert officer.said == [
        *OPENING,
        Prompt.RECORDING_NOTICE,
        Prompt.OFFICER_COMPLAINT,
        Prompt.STATUS_NUMBER,
        *digits(NUMBER),
        Prompt.OFFICER_KIND,
        Prompt.OFFICER_REMARK,
        Prompt.OFFICER_REMARK_HEARD,
        remark.path.rpartition("/")[2].removesuffix(".wav"),
        Prompt.OFFICER_CONFIRM,
        Prompt.OFFICER_TAKEN,
    ]
    assert line.journal.outcome is Outcome.DISPOSAL_TOLD


async def test_nothing_is_recorded_before_the_pin_is_keyed(line: InboundLine) -> None:
    officer = await call(line, Citizen(keys=keys()))
    names = [" ".join(command[:2]) for command in officer.commands]
    begun = names.index("EXEC MixMonitor")
    last_key_of_pin = [at for at, name in enumerate(names) if name.startswith("WAIT FOR")][5]
    assert begun > last_key_of_pin


async def test_from_the_menu_the_recording_stops_before_the_pin_and_begins_anew(
    line: InboundLine,
) -> None:
    officer = await line.ring(Citizen(keys=keys(**{Prompt.MENU: ["7"]})))
    recorders = [name for name, _ in officer.applications]
    assert recorders == ["MixMonitor", "StopMixMonitor", "MixMonitor"]
    names = [" ".join(command[:2]) for command in officer.commands]
    pin_asked = officer.commands.index(
        ["STREAM FILE", f"helpline/{Prompt.OFFICER_PIN}", "0123456789*#"]
    )
    assert names.index("EXEC StopMixMonitor") < pin_asked
    before, _ = [target.id for _, kind, target in line.capture.opened if kind == "call"]
    assert line.capture.ended_early == [before]
    assert len(line.hall.desk.reported) == 1
    assert line.journal.outcome is Outcome.DISPOSAL_TOLD


async def test_a_recording_that_does_not_stop_keeps_the_pin_from_being_asked(
    line: InboundLine,
) -> None:
    refused = {"EXEC StopMixMonitor": "200 result=-2"}
    citizen = await line.ring(Citizen(keys=keys(**{Prompt.MENU: ["7"]}), refused=refused))
    assert Prompt.OFFICER_PIN not in citizen.said
    assert line.capture.ended_early == []
    assert citizen.variables["HELPLINE_QUEUE"] == "helpline-hi"


async def test_a_citizen_who_pressed_it_by_mistake_gets_an_agent_and_is_recorded(
    line: InboundLine,
) -> None:
    citizen = await line.ring(Citizen(keys={Prompt.MENU: ["7"]}))
    assert citizen.said[-3:] == [Prompt.OFFICER_WELCOME, Prompt.OFFICER_PIN, Prompt.CONNECTING]
    assert citizen.variables["HELPLINE_QUEUE"] == "helpline-hi"
    assert [name for name, _ in citizen.applications][-1] == "MixMonitor"
    assert line.hall.desk.guesses == []


@pytest.mark.parametrize("fails", [Prompt.OFFICER_PIN, Prompt.OFFICER_KIND])
async def test_who_goes_on_to_an_agent_after_a_prompt_that_failed_is_recorded_once(
    line: InboundLine, fails: Prompt
) -> None:
    refused = {f"STREAM FILE helpline/{fails}": "200 result=-1"}
    citizen = await line.ring(Citizen(keys=keys(**{Prompt.MENU: ["7"]}), refused=refused))
    recorders = [name for name, _ in citizen.applications]
    assert recorders == ["MixMonitor", "StopMixMonitor", "MixMonitor"]
    assert citizen.variables["HELPLINE_QUEUE"] == "helpline-hi"


async def test_another_registered_number_is_keyed(line: InboundLine) -> None:
    pressed = {Prompt.OFFICER_PIN: ["*", "#", *PIN], Prompt.OFFICER_NUMBER: list(MOBILE)}
    await call(line, Citizen(keys=keys(**pressed)))
    assert line.hall.desk.guesses == [(f"+91{MOBILE}", PIN)]
    assert line.hall.desk.calling == [CALLING], "the guess counts at the telephone that calls"
    assert line.journal.outcome is Outcome.DISPOSAL_TOLD


async def test_the_hash_after_a_complete_number_does_not_answer_for_the_pin(
    line: InboundLine,
) -> None:
    pressed = {Prompt.OFFICER_PIN: ["*", "#", "#", *PIN], Prompt.OFFICER_NUMBER: list(MOBILE)}
    await call(line, Citizen(keys=keys(**pressed), early=[Prompt.OFFICER_PIN]))
    assert line.hall.desk.guesses == [(f"+91{MOBILE}", PIN)]
    assert line.journal.outcome is Outcome.DISPOSAL_TOLD


async def test_who_withholds_their_number_can_guess_at_no_officers_pin(line: InboundLine) -> None:
    pressed = {Prompt.OFFICER_PIN: ["*", "#", *PIN], Prompt.OFFICER_NUMBER: list(MOBILE)}
    caller = Citizen(keys=keys(**pressed))
    await line.ring(caller, dnid="1077", callerid="anonymous")
    assert caller.said == [Prompt.OFFICER_WELCOME, Prompt.OFFICER_WITHHELD, Prompt.GOODBYE]
    assert line.hall.desk.guesses == []
    assert line.journal.outcome is Outcome.OFFICER_REFUSED


async def test_an_officer_in_the_menu_who_withholds_their_number_gets_an_agent(
    line: InboundLine,
) -> None:
    caller = Citizen(keys=keys(**{Prompt.MENU: ["7"]}))
    await line.ring(caller, callerid="anonymous")
    assert caller.said[-2:] == [Prompt.OFFICER_WITHHELD, Prompt.CONNECTING]
    assert caller.variables["HELPLINE_QUEUE"] == "helpline-hi"
    assert line.hall.desk.guesses == []


async def test_three_wrong_pins_end_the_call_without_a_recording(line: InboundLine) -> None:
    officer = await call(line, Citizen(keys={Prompt.OFFICER_PIN: list("111222" * 3)}))
    assert len(line.hall.desk.guesses) == 3
    assert officer.said.count(Prompt.OFFICER_PIN_WRONG) == 3
    assert officer.said[-1] == Prompt.GOODBYE
    assert line.capture.opened == []
    assert line.journal.outcome is Outcome.OFFICER_REFUSED


async def test_a_pin_that_is_not_complete_is_no_guess(line: InboundLine) -> None:
    officer = await call(line, Citizen(keys=keys(**{Prompt.OFFICER_PIN: [*"111222", "#", *PIN]})))
    assert line.hall.desk.guesses == [(CALLING, "111222"), (CALLING, PIN)]
    assert officer.said.count(Prompt.OFFICER_PIN_WRONG) == 2
    assert line.journal.outcome is Outcome.DISPOSAL_TOLD


async def test_each_asking_is_a_try_though_no_pin_is_keyed(line: InboundLine) -> None:
    pressed = {Prompt.OFFICER_PIN: ["1", "#"] * 3}
    officer = await call(line, Citizen(keys=keys(**pressed)))
    assert line.hall.desk.guesses == []
    assert officer.said.count(Prompt.OFFICER_PIN) == 3
    assert line.journal.outcome is Outcome.OFFICER_REFUSED


async def test_a_locked_number_is_told_so_kindly_and_no_more_is_asked(line: InboundLine) -> None:
    line.hall.desk.locked = frozenset({CALLING})
    officer = await call(line, Citizen(keys=keys()))
    assert officer.said == [*OPENING, Prompt.OFFICER_PIN_LOCKED, Prompt.GOODBYE]
    assert line.journal.outcome is Outcome.OFFICER_REFUSED


@pytest.mark.parametrize(
    ("verdict", "said"),
    [
        (Verdict.CALLER_LIMIT, Prompt.CALLER_LIMIT),
        (Verdict.LINES_FULL, Prompt.LINES_FULL),
        (Verdict.BLOCKED, Prompt.CALLER_BLOCKED),
    ],
)
async def test_who_is_not_let_in_hears_why_and_is_not_even_asked_for_a_pin(
    line: InboundLine, verdict: Verdict, said: Prompt
) -> None:
    line.hall.gate.answer = verdict
    officer = await call(line, Citizen(keys=keys()))
    assert officer.said == [said]
    assert line.journal.outcome is Outcome.OFFICER_REFUSED


async def test_an_officer_without_a_post_today_reports_nothing(line: InboundLine) -> None:
    nobody = PinAccepted(OFFICER.user_id, "राम", "hi", frozenset())
    line.hall.desk.officers = {(CALLING, PIN): nobody}
    officer = await call(line, Citizen(keys=keys()))
    assert officer.said[-1] == Prompt.OFFICER_NO_POST
    assert line.journal.outcome is Outcome.OFFICER_LEFT


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (Look.NOT_YOURS, Prompt.OFFICER_NOT_YOURS),
        (Look.DISPOSED, Prompt.OFFICER_ALREADY),
        (Look.NOT_NOW, Prompt.OFFICER_NOT_NOW),
    ],
)
async def test_a_complaint_that_is_not_theirs_to_report_is_asked_for_anew(
    line: InboundLine, found: Look, said: Prompt
) -> None:
    other = complaint_numbers.make(22222222)
    line.hall.desk.complaints[other] = found
    officer = await call(
        line, Citizen(keys=keys(**{Prompt.OFFICER_COMPLAINT: list(other + NUMBER)}))
    )
    assert officer.said.count(said) == 1
    assert [one.number for one in line.hall.desk.reported] == [NUMBER]


async def test_a_wrong_check_digit_is_caught(line: InboundLine) -> None:
    wrong = NUMBER[:-1] + str((int(NUMBER[-1]) + 1) % 10)
    officer = await call(line, Citizen(keys=keys(**{Prompt.OFFICER_COMPLAINT: list(wrong * 3)})))
    assert officer.said.count(Prompt.STATUS_WRONG_NUMBER) == 3
    assert line.hall.desk.reported == []
    assert line.journal.outcome is Outcome.OFFICER_LEFT


async def test_a_remark_that_is_spoken_again_replaces_the_first(line: InboundLine) -> None:
    await call(line, Citizen(keys=keys(**{Prompt.OFFICER_CONFIRM: ["2", "1"]})))
    remarks = [target.id for _, kind, target in line.capture.opened if kind == "officer_remark"]
    assert [one.remark for one in line.hall.desk.reported] == remarks[1:]


async def test_a_remark_that_was_not_begun_is_not_looked_for(line: InboundLine) -> None:
    too_early = Citizen(keys=keys(), recorded="200 result=35 (randomerror) endpos=0")
    await call(line, too_early)
    remarks = [target.id for _, kind, target in line.capture.opened if kind == "officer_remark"]
    assert (len(remarks), line.capture.withdrawn) == (3, remarks)


@pytest.mark.parametrize("left", [0, 8160])
async def test_an_empty_remark_reports_nothing(line: InboundLine, left: int) -> None:
    """Of nothing but silence Asterisk leaves a second."""
    silent = Citizen(keys=keys(), recorded=f"200 result=0 (timeout) endpos={left}")
    await call(line, silent)
    assert silent.said.count(Prompt.OFFICER_REMARK_SHORT) == 3
    assert line.hall.desk.reported == []
    assert silent.said[-1] == Prompt.OFFICER_NOT_TAKEN


async def test_what_is_not_confirmed_is_not_reported(line: InboundLine) -> None:
    officer = await call(line, Citizen(keys=keys(**{Prompt.OFFICER_CONFIRM: []})))
    assert line.hall.desk.reported == []
    assert officer.said[-1] == Prompt.OFFICER_NOT_TAKEN


async def test_a_database_that_comes_back_in_time_loses_nothing(line: InboundLine) -> None:
    line.hall.desk.away = 1
    officer = await call(line, Citizen(keys=keys()))
    assert len(line.hall.desk.reported) == 1
    assert officer.said[-1] == Prompt.OFFICER_TAKEN


@pytest.mark.parametrize(
    ("back", "outcome"), [(True, Outcome.DISPOSAL_TOLD), (False, Outcome.OFFICER_LEFT)]
)
async def test_what_was_confirmed_as_our_server_stops_has_its_outcome(
    serve: Serve, line: InboundLine, back: bool, outcome: Outcome
) -> None:
    desk, tries = line.hall.desk, 1000
    desk.away = tries
    server = await serve({"inbound": line.hall.flow(line.journal, line.capture)})
    officer = Citizen(keys=keys())
    calling = asyncio.create_task(
        officer.call(server.port, "inbound", dnid="1077", extension="1077")
    )
    async with asyncio.timeout(30):
        while desk.away == tries:
            await asyncio.sleep(0.005)
    desk.away = 0 if back else tries
    assert not await server.drain(0.0)
    await calling
    assert bool(desk.reported) is back
    assert desk.grace[-1] is not None
    assert desk.grace[-1].seconds < 1, "the write has no time left"
    assert line.journal.outcomes == {line.journal.call.id: outcome}


async def test_who_hung_up_was_gone_then_however_long_the_disposal_waits(
    line: InboundLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They confirm, and hang up in the same instant."""
    desk, confirm = line.hall.desk, FakePrompts().file(Prompt.OFFICER_CONFIRM)
    desk.away = 2
    monkeypatch.setattr(rooms, "now", lambda: NOW + timedelta(minutes=len(desk.grace)))
    officer = Citizen(keys=keys())
    officer.refused = {f"STREAM FILE {confirm}": "200 result=49 endpos=800\nHANGUP"}
    await call(line, officer)
    assert len(desk.reported) == 1
    assert line.journal.outcome is Outcome.DISPOSAL_TOLD
    assert list(line.journal.ended_at.values()) == [NOW]


async def test_a_database_that_stays_away_is_told(line: InboundLine) -> None:
    line.hall.desk.away = 1000
    officer = await call(line, Citizen(keys=keys()))
    assert officer.said[-1] == Prompt.OFFICER_NOT_TAKEN
    assert line.journal.outcome is Outcome.OFFICER_LEFT


async def test_what_another_has_reported_meanwhile_is_told(line: InboundLine) -> None:
    line.hall.desk.taken = False
    officer = await call(line, Citizen(keys=keys()))
    assert officer.said[-1] == Prompt.OFFICER_NOT_YOURS
    assert line.journal.outcome is Outcome.OFFICER_LEFT


@pytest.mark.parametrize("idle", [False, True])
@pytest.mark.parametrize("at", range(1, 52))
async def test_a_hangup_at_any_moment_reports_what_was_confirmed_and_nothing_else(
    line: InboundLine, at: int, idle: bool
) -> None:
    line.hall.desk.away = 1  # so that who hangs up after confirming is gone while it is written
    officer = Citizen(keys=keys(), hang_up_at=at, idle=idle)
    await call(line, officer)
    asked_last = officer.commands[-1]
    confirmed = len(line.hall.desk.reported) == 1
    assert confirmed == (line.journal.outcome is Outcome.DISPOSAL_TOLD)
    assert len(line.journal.outcomes) == 1
    if Prompt.OFFICER_TAKEN in officer.said:
        assert confirmed
    if Prompt.OFFICER_CONFIRM not in officer.said:
        assert not confirmed, asked_last


async def test_a_remark_longer_than_any_prompt_is_heard_to_its_end(
    line: InboundLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("agi.session.PROMPT_SECONDS", 0.0)
    monkeypatch.setattr("agi.session.GRACE_SECONDS", 1.5)
    spoken = "200 result=35 (dtmf) endpos=80000"  # 10 s
    await call(line, Citizen(keys=keys(), recorded=spoken, takes={"/var/spool/helpline/": 2.0}))
    assert len(line.hall.desk.reported) == 1
    assert line.journal.outcome is Outcome.DISPOSAL_TOLD


@pytest.mark.parametrize(
    ("key", "asked", "remarks"),
    [("1", 0, 1), ("2", 1, 2), ("#", 1, 1), ("*", 1, 1), ("7", 1, 1)],
)
async def test_who_has_heard_enough_of_their_own_words_goes_on_by_a_key(
    line: InboundLine, monkeypatch: pytest.MonkeyPatch, key: str, asked: int, remarks: int
) -> None:
    """One that the question knows answers it; one that means nothing there cuts nothing."""
    remark = uuid4()
    monkeypatch.setattr(rooms, "uuid4", lambda: remark)
    officer = Citizen(keys=keys(**{str(remark): [key]}), early=[str(remark)])
    await call(line, officer)
    assert officer.said.count(Prompt.OFFICER_CONFIRM) == asked
    assert officer.said.count(str(remark)) == remarks
    assert len(line.hall.desk.reported) == 1
