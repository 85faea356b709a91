from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from agi.server import FastAgiServer
from agi.unserved import UnservedFlow, unserved_outcome
from calls.model import Outcome
from speech.prompts import Prompt
from tests.agi.asterisk import Citizen
from tests.agi.rooms import FakeCallbacks, FakeHours, FakeJournal, FakePrompts, now

Serve = Callable[..., Awaitable[FastAgiServer]]
CALL = uuid4()


class Line:
    def __init__(self, serve: Serve, *, callbacks_away: int = 0) -> None:
        self.serve = serve
        self.hours, self.owed_when_let_go = FakeHours(), 0
        self.journal, self.callbacks = FakeJournal(), FakeCallbacks(away=callbacks_away)

    async def ring(
        self,
        citizen: Citizen,
        *args: str,
        first_try: float = 2.0,
        emergency: str | None = None,
        **env: Any,
    ) -> Citizen:
        flow = UnservedFlow(
            journal=self.journal,
            callbacks=self.callbacks,
            prompts=FakePrompts(),
            open_now=self.hours,
            now=now,
            emergency=emergency,
            first_try=first_try,
            insist_for=30.0,
        )
        server = await self.serve({"unserved": flow})
        await citizen.call(server.port, "unserved", args, **env)
        self.owed_when_let_go = len(self.callbacks.owed)
        await server.drain(30)
        assert server.failed == 0
        return citizen


@pytest.fixture
def line(serve: Serve) -> Line:
    return Line(serve)


@pytest.mark.parametrize(
    ("status", "outcome", "apology"),
    [
        ("FULL", Outcome.QUEUE_FULL, Prompt.QUEUE_FULL),
        ("TIMEOUT", Outcome.QUEUE_TIMEOUT, Prompt.ALL_BUSY),
        ("JOINEMPTY", Outcome.NO_AGENT, Prompt.NO_AGENT),
        ("LEAVEEMPTY", Outcome.NO_AGENT, Prompt.NO_AGENT),
        ("JOINUNAVAIL", Outcome.NO_AGENT, Prompt.NO_AGENT),
        ("LEAVEUNAVAIL", Outcome.NO_AGENT, Prompt.NO_AGENT),
    ],
)
async def test_whom_we_could_not_serve_we_promise_and_owe_a_call(
    line: Line, status: str, outcome: Outcome, apology: Prompt
) -> None:
    citizen = await line.ring(Citizen(), str(CALL), status)
    assert citizen.said == [apology, Prompt.CALL_BACK_PROMISE]
    assert citizen.commands[-1] == ["HANGUP"]
    assert line.callbacks.owed == [(CALL, "+919876543210", outcome)]
    assert line.journal.outcomes == {CALL: outcome}


@pytest.mark.parametrize("env", [{"callerid": "anonymous"}, {"callingpres": "35"}])
async def test_a_withheld_number_is_asked_to_call_again(line: Line, env: dict[str, Any]) -> None:
    citizen = await line.ring(Citizen(), str(CALL), "FULL", **env)
    assert citizen.said == [Prompt.QUEUE_FULL, Prompt.CALL_AGAIN]
    assert line.callbacks.owed == []
    assert line.journal.outcomes == {CALL: Outcome.QUEUE_FULL}


async def test_whom_we_called_back_to_an_empty_queue_we_owe_the_call_again(line: Line) -> None:
    line.callbacks.known = "+919812345678"
    citizen = await line.ring(Citizen(), str(CALL), "JOINEMPTY", callerid="1076")
    assert citizen.said == [Prompt.NO_AGENT, Prompt.CALL_BACK_PROMISE]
    assert line.callbacks.owed == [(CALL, "+919812345678", Outcome.NO_AGENT)]


@pytest.mark.parametrize("idle", [False, True])
@pytest.mark.parametrize("at", range(3))
async def test_who_hangs_up_during_the_apology_is_called_back_all_the_same(
    line: Line, at: int, idle: bool
) -> None:
    await line.ring(Citizen(hang_up_at=at, idle=idle), str(CALL), "JOINEMPTY")
    assert line.callbacks.owed == [(CALL, "+919876543210", Outcome.NO_AGENT)]
    assert line.journal.outcomes == {CALL: Outcome.NO_AGENT}


async def test_who_waited_until_the_queue_closed_hears_that_and_is_owed_a_call(line: Line) -> None:
    line.hours.closed = frozenset({"helpline-hi"})
    line.hours.opens_at = now() + timedelta(days=1)
    citizen = await line.ring(Citizen(), str(CALL), "LEAVEEMPTY", "helpline-hi")
    assert citizen.said[0] == Prompt.CLOSED
    assert Prompt.OPENS_AGAIN in citizen.said
    assert citizen.said[-1] == Prompt.CALL_BACK_PROMISE
    assert line.callbacks.owed == [(CALL, "+919876543210", Outcome.CLOSED)]
    assert line.journal.outcomes == {CALL: Outcome.CLOSED}
    open_again = await line.ring(Citizen(), str(CALL), "FULL", "helpline-en")
    assert open_again.said == [Prompt.QUEUE_FULL, Prompt.CALL_BACK_PROMISE]


@pytest.mark.parametrize("hang_up_at", [None, 0])
async def test_whom_a_queue_did_not_let_in_was_offered_to_it(
    line: Line, hang_up_at: int | None
) -> None:
    await line.ring(Citizen(hang_up_at=hang_up_at), str(CALL), "JOINEMPTY", "helpline-hi")
    assert line.journal.queues == [(CALL, "helpline-hi")]
    assert line.journal.outcomes == {CALL: Outcome.NO_AGENT}


async def test_a_call_back_is_promised_only_when_it_is_written(serve: Serve) -> None:
    line = Line(serve, callbacks_away=1)
    citizen = await line.ring(Citizen(), str(CALL), "FULL", first_try=0.0)
    assert citizen.said == [Prompt.QUEUE_FULL, Prompt.CALL_AGAIN]
    assert line.callbacks.owed == [(CALL, "+919876543210", Outcome.QUEUE_FULL)]


@pytest.mark.parametrize("early", [[], [Prompt.NO_AGENT], [Prompt.EMERGENCY_KEY]])
async def test_whom_nobody_served_can_still_reach_an_emergency_service(
    line: Line, early: list[Prompt]
) -> None:
    keys = {str(one): ["9"] for one in early or [Prompt.EMERGENCY_KEY]}
    citizen = Citizen(keys=keys, early=early)
    await line.ring(citizen, str(CALL), "JOINEMPTY", "helpline-hi", emergency="112")
    if not early:
        assert citizen.said == [Prompt.NO_AGENT, Prompt.CALL_BACK_PROMISE, Prompt.EMERGENCY_KEY]
    assert citizen.variables == {"HELPLINE_EMERGENCY": "112"}
    assert not citizen.hung_up
    assert line.journal.outcomes == {}  # the dialplan knows how it went
    assert line.journal.queues == [(CALL, "helpline-hi")]
    assert line.callbacks.owed == [(CALL, "+919876543210", Outcome.NO_AGENT)]


async def test_who_does_not_want_one_is_told_goodbye_as_before(line: Line) -> None:
    citizen = await line.ring(Citizen(), str(CALL), "FULL", "helpline-hi", emergency="112")
    assert citizen.said[-1] == Prompt.EMERGENCY_KEY
    assert citizen.commands[-1] == ["HANGUP"]
    assert line.journal.outcomes == {CALL: Outcome.QUEUE_FULL}


async def test_an_emergency_does_not_wait_for_a_database_that_is_away(serve: Serve) -> None:
    line = Line(serve, callbacks_away=2)
    citizen = Citizen(keys={Prompt.NO_AGENT: ["9"]}, early=[Prompt.NO_AGENT])
    await line.ring(citizen, str(CALL), "JOINEMPTY", emergency="112", first_try=0.0)
    assert line.owed_when_let_go == 0
    assert line.callbacks.owed == [(CALL, "+919876543210", Outcome.NO_AGENT)]


@pytest.mark.parametrize("args", [[], ["no uuid", "FULL"], [str(CALL), "CONTINUE"], [str(CALL)]])
async def test_unusable_arguments_leave_the_citizen_to_the_dialplans_apology(
    line: Line, args: list[str]
) -> None:
    citizen = await line.ring(Citizen(), *args)
    assert (citizen.said, citizen.hung_up) == ([], False)
    assert line.callbacks.owed == []
    assert line.journal.outcomes == {}


def test_a_queue_that_did_not_give_up_is_no_failure_to_serve() -> None:
    assert unserved_outcome("CONTINUE") is None
    assert unserved_outcome("") is None
