from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from agi.server import FastAgiServer
from calls.model import NewCall, Outcome
from db.errors import JournalFullError
from speech.prompts import Prompt
from tests.agi.asterisk import Citizen
from tests.agi.rooms import FakeJournal, InboundLine

Serve = Callable[..., Awaitable[FastAgiServer]]

COMMANDS = 9
MENU = [Prompt.GREETING, Prompt.RECORDING_NOTICE, Prompt.MENU]


@pytest.fixture
def line(serve: Serve) -> InboundLine:
    return InboundLine(serve)


def presses_one() -> Citizen:
    return Citizen(keys={Prompt.MENU: ["1"]})


async def test_key_one_leads_to_the_queue_recorded_from_the_answer_on(line: InboundLine) -> None:
    citizen = await line.ring(presses_one())
    call = line.journal.call
    assert citizen.said == [*MENU, Prompt.CONNECTING]
    assert citizen.variables == {
        "__HELPLINE_CALL": str(call.id),
        "HELPLINE_QUEUE": "helpline-hi",
    }
    assert citizen.applications == [("MixMonitor", f"{line.capture.of('call').path},D")]
    assert [command[0] for command in citizen.commands[:4]] == [
        "SET VARIABLE",
        "ANSWER",
        "EXEC",
        "STREAM FILE",
    ]
    assert (call.number, call.number_raw, call.service_number) == (
        "+919876543210",
        "9876543210",
        "1076",
    )
    assert line.journal.answers == [call.id]
    assert line.journal.queues == [(call.id, "helpline-hi")]
    assert line.journal.outcome is None
    assert len(citizen.commands) == COMMANDS


@pytest.mark.parametrize("idle", [False, True])
@pytest.mark.parametrize("at", range(COMMANDS - 1))
async def test_a_hangup_before_the_queue_is_ivr_abandoned(
    line: InboundLine, at: int, idle: bool
) -> None:
    citizen = presses_one()
    citizen.hang_up_at, citizen.idle = at, idle
    await line.ring(citizen)
    assert line.journal.outcome is Outcome.IVR_ABANDONED
    assert list(line.journal.outcomes) == [line.journal.call.id]
    assert "HELPLINE_QUEUE" not in citizen.variables


async def test_who_hangs_up_on_the_way_to_the_queue_never_queued(line: InboundLine) -> None:
    citizen = presses_one()
    citizen.refused = {"STREAM FILE helpline/connecting": "200 result=0 endpos=800\nHANGUP"}
    await line.ring(citizen)
    assert line.journal.queues == []
    assert line.journal.outcome is Outcome.IVR_ABANDONED


async def test_who_hangs_up_before_the_recorder_is_started_leaves_no_file_to_look_for(
    line: InboundLine,
) -> None:
    citizen = presses_one()
    citizen.refused = {"ANSWER": "200 result=0\nHANGUP"}
    await line.ring(citizen)
    assert citizen.applications == []
    assert line.capture.withdrawn == [line.capture.of("call").id]
    assert line.journal.answers == [line.journal.call.id]
    assert line.journal.outcome is Outcome.IVR_ABANDONED


async def test_a_call_that_is_gone_after_its_headers_is_a_call(line: InboundLine) -> None:
    await line.ring(Citizen(gone=True))
    assert line.journal.calls
    assert line.journal.outcome is Outcome.IVR_ABANDONED


async def test_wrong_keys_are_named_and_asked_again(line: InboundLine) -> None:
    citizen = await line.ring(Citizen(keys={Prompt.MENU: ["6", "#", "1"]}))
    again = [Prompt.INVALID_KEY, Prompt.MENU]
    assert citizen.said == [*MENU, *again, *again, Prompt.CONNECTING]
    assert line.journal.queues


@pytest.mark.parametrize("keys", [[None, None, None], ["6", None, "0"]])
async def test_who_cannot_press_keys_reaches_an_agent_all_the_same(
    line: InboundLine, keys: list[str | None]
) -> None:
    citizen = await line.ring(Citizen(keys={Prompt.MENU: keys}))
    assert citizen.said.count(Prompt.MENU) == 3
    assert citizen.variables["HELPLINE_QUEUE"] == "helpline-hi"


async def test_a_key_during_the_menu_counts(line: InboundLine) -> None:
    citizen = await line.ring(Citizen(keys={Prompt.MENU: ["1"]}, early=[Prompt.MENU]))
    assert "WAIT FOR DIGIT" not in [command[0] for command in citizen.commands]
    assert line.journal.queues


@pytest.mark.parametrize("raw", ["+919876543210", "00919876543210", "09876543210", "9876543210"])
async def test_one_number_in_many_forms_is_one_number(line: InboundLine, raw: str) -> None:
    await line.ring(presses_one(), callerid=raw)
    assert line.journal.call.number == "+919876543210"
    assert line.journal.call.number_raw == raw


@pytest.mark.parametrize(
    ("env", "number"),
    [
        ({"callerid": "unknown"}, None),
        ({"callerid": "anonymous"}, None),
        ({"callerid": ""}, None),
        ({"callerid": "12"}, None),
        ({"callerid": '"; rm -rf /'}, None),
        ({"callingpres": "35"}, None),
        ({"callerid": "+14155552671"}, "+14155552671"),
    ],
)
async def test_withheld_and_foreign_numbers_are_served(
    line: InboundLine, env: dict[str, Any], number: str | None
) -> None:
    citizen = await line.ring(presses_one(), **env)
    assert line.journal.call.number == number
    assert citizen.variables["HELPLINE_QUEUE"] == "helpline-hi"


async def test_a_hindi_name_is_no_obstacle(line: InboundLine) -> None:
    citizen = await line.ring(presses_one(), calleridname="सीता देवी")
    assert citizen.variables["HELPLINE_QUEUE"] == "helpline-hi"


async def test_without_a_dialled_number_the_extension_is_the_service(line: InboundLine) -> None:
    await line.ring(presses_one(), dnid="unknown", extension="181")
    assert line.journal.call.service_number == "181"


@pytest.mark.parametrize("error", [TimeoutError(), JournalFullError(5)])
async def test_the_citizen_is_asked_to_wait_while_the_database_is_away(
    serve: Serve, error: Exception
) -> None:
    line = InboundLine(serve, journal=FakeJournal(away=2, away_for="opened", error=error))
    citizen = await line.ring(presses_one())
    assert citizen.said == [Prompt.PLEASE_WAIT, *MENU, Prompt.CONNECTING]
    assert citizen.variables["HELPLINE_QUEUE"] == "helpline-hi"
    assert line.capture.of("call").path in citizen.applications[0][1]


async def test_a_database_that_stays_away_leaves_the_citizen_to_the_dialplans_apology(
    serve: Serve,
) -> None:
    """There an emergency service is offered, and its end is the call's outcome."""
    line = InboundLine(serve, journal=FakeJournal(away=1_000_000))
    citizen = await line.ring(Citizen(), patience=0.05)
    assert set(citizen.said) == {Prompt.PLEASE_WAIT}
    assert not citizen.hung_up
    assert not {"HELPLINE_QUEUE", "HELPLINE_EMERGENCY"} & {*citizen.variables}
    assert citizen.variables["HELPLINE_FAULT"] == str(line.journal.call.id)
    assert line.journal.outcomes == {}
    assert line.journal.answers == [line.journal.call.id]


@pytest.mark.parametrize("early", [True, False])
async def test_emergency_is_one_key_away_while_the_database_is(serve: Serve, early: bool) -> None:
    line = InboundLine(serve, journal=FakeJournal(away=1_000_000))
    citizen = Citizen(keys={Prompt.PLEASE_WAIT: ["9"]}, early=[Prompt.PLEASE_WAIT] if early else [])
    await line.ring(citizen)
    assert citizen.said.count(Prompt.PLEASE_WAIT) == 1
    assert citizen.variables["HELPLINE_EMERGENCY"] == "112"
    assert citizen.variables["HELPLINE_AFTER_EMERGENCY"] == "helpline-hi"
    assert "HELPLINE_FAULT" not in citizen.variables
    assert not citizen.hung_up
    assert line.journal.outcomes == {}  # the dialplan knows how it went
    assert line.journal.answers == [line.journal.call.id]


@pytest.mark.parametrize("at", [1, 2, 4])
async def test_a_hangup_is_noticed_while_the_database_is_away(serve: Serve, at: int) -> None:
    line = InboundLine(serve, journal=FakeJournal(away=1_000_000))
    await line.ring(Citizen(hang_up_at=at))
    assert line.journal.outcome is Outcome.IVR_ABANDONED


@pytest.mark.parametrize("row", ["answered", "queued"])
async def test_a_database_that_goes_away_later_does_not_disturb_the_citizen(
    serve: Serve, row: str
) -> None:
    line = InboundLine(serve, journal=FakeJournal(away=1, away_for=row))
    citizen = await line.ring(presses_one())
    assert citizen.said == [*MENU, Prompt.CONNECTING]
    assert citizen.variables["HELPLINE_QUEUE"] == "helpline-hi"
    assert citizen.applications


@pytest.mark.parametrize("command", ["EXEC MixMonitor", "STREAM FILE helpline/greeting"])
async def test_neither_recorder_nor_prompt_stands_between_a_citizen_and_an_agent(
    line: InboundLine, command: str
) -> None:
    citizen = presses_one()
    citizen.refused = {command: "200 result=-1"}
    await line.ring(citizen)
    assert citizen.variables["HELPLINE_QUEUE"] == "helpline-hi"


async def test_a_call_that_breaks_down_is_left_to_the_dialplan(serve: Serve) -> None:
    line = InboundLine(serve)
    citizen = presses_one()
    citizen.refused = {"WAIT FOR DIGIT": "nonsense"}
    await line.ring(citizen, failures=1)
    assert not citizen.hung_up
    assert line.journal.outcome is None  # its apology may still end with an emergency service
    assert "HELPLINE_FAULT" not in citizen.variables  # nothing can be said to it any more


class Broken:
    """Who had a call is not found out, by a fault of ours."""

    async def number(self, call: NewCall, queue: str) -> int | None:
        raise RuntimeError


async def test_who_hung_up_before_our_fault_has_abandoned_the_call(line: InboundLine) -> None:
    """The dialplan tells nothing of a call that was hung up before any queue."""
    line.hall.known = Broken()  # type: ignore[assignment]
    citizen = presses_one()
    citizen.refused = {"STREAM FILE helpline/connecting": "200 result=0 endpos=800\nHANGUP"}
    await line.ring(citizen, failures=1)
    assert line.journal.outcome is Outcome.IVR_ABANDONED


async def test_a_fault_of_ours_is_the_dialplans_though_the_citizen_hangs_up_on_the_way(
    line: InboundLine,
) -> None:
    line.hall.known = Broken()  # type: ignore[assignment]
    citizen = await line.ring(presses_one(), failures=1)
    assert citizen.variables["HELPLINE_FAULT"] == str(line.journal.call.id)
    assert line.journal.outcome is None
