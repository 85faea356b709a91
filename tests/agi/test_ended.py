from collections.abc import Awaitable, Callable
from datetime import datetime
from uuid import UUID, uuid4

import pytest

from agi.ended import EndedFlow, ended_outcome
from agi.server import FastAgiServer
from calls.model import Outcome
from tests.agi.asterisk import Citizen
from tests.agi.rooms import FakeJournal, now

Serve = Callable[..., Awaitable[FastAgiServer]]
CALL = str(uuid4())


@pytest.mark.parametrize(
    ("status", "abandoned", "member", "sent_to_queue", "outcome"),
    [
        ("", "", "PJSIP/101", True, Outcome.AGENT_ANSWERED),
        ("CONTINUE", "", "PJSIP/101", True, Outcome.AGENT_ANSWERED),
        ("", "TRUE", "", True, Outcome.QUEUE_ABANDONED),
        ("", "TRUE", "PJSIP/101", True, Outcome.QUEUE_ABANDONED),
        ("TIMEOUT", "TRUE", "", True, Outcome.QUEUE_TIMEOUT),
        ("LEAVEEMPTY", "TRUE", "", True, Outcome.NO_AGENT),
        ("FULL", "", "", True, Outcome.QUEUE_FULL),
        ("", "", "", True, Outcome.IVR_ABANDONED),
        ("", "", "", False, None),
    ],
)
def test_the_outcome_is_what_the_queue_left_behind(
    status: str, abandoned: str, member: str, sent_to_queue: bool, outcome: Outcome | None
) -> None:
    assert ended_outcome(status, abandoned, member, sent_to_queue=sent_to_queue) is outcome


async def end(serve: Serve, *args: str, variables: dict[str, str] | None = None) -> FakeJournal:
    journal = FakeJournal()
    served = list[tuple[UUID, str]]()

    def serve_told(call_id: UUID, interface: str, _at: datetime) -> None:
        served.append((call_id, interface))

    server = await serve({"ended": EndedFlow(journal=journal, served=serve_told, now=now)})
    citizen = Citizen(variables=variables or {})
    await citizen.call(server.port, "ended", args, extension="h")
    await server.drain(10)
    assert server.failed == 0
    answered = journal.outcome is Outcome.AGENT_ANSWERED if journal.outcomes else False
    assert served == ([(UUID(args[0]), args[3])] if answered else [])
    return journal


async def test_an_answered_call_is_written_from_the_dead_channel(serve: Serve) -> None:
    journal = await end(serve, CALL, "", "", "PJSIP/101", "16")
    assert journal.outcome is Outcome.AGENT_ANSWERED


async def test_a_flow_that_wrote_its_own_outcome_is_left_alone(serve: Serve) -> None:
    assert (await end(serve, CALL, "", "", "", "16")).outcomes == {}


async def test_a_hangup_between_menu_and_queue_is_not_lost(serve: Serve) -> None:
    journal = await end(serve, CALL, variables={"HELPLINE_QUEUE": "helpline-hi"})
    assert journal.outcome is Outcome.IVR_ABANDONED


@pytest.mark.parametrize(
    ("args", "outcome"),
    [
        (("", "", "", "16", "", ""), Outcome.UNAVAILABLE),
        (("", "", "", "16", "112", "ANSWER"), Outcome.EMERGENCY),  # by the key of the apology
        (("TIMEOUT", "TRUE", "", "16", "", ""), Outcome.QUEUE_TIMEOUT),
    ],
)
async def test_whom_the_dialplan_apologised_to_we_could_not_serve(
    serve: Serve, args: tuple[str, ...], outcome: Outcome
) -> None:
    journal = await end(serve, CALL, *args, variables={"HELPLINE_FAULT": CALL})
    assert journal.outcome is outcome


@pytest.mark.parametrize("args", [[], [""], ["1; drop table call", "FULL"], ["x" * 900]])
async def test_garbage_is_refused_without_harm(serve: Serve, args: list[str]) -> None:
    assert (await end(serve, *args)).outcomes == {}
