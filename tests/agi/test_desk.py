"""A citizen whom an agent calls has answered."""

from collections.abc import Awaitable, Callable
from uuid import uuid4

import pytest

from agi.desk import DeskFlow
from agi.server import FastAgiServer
from dialplans.names import VAR_NOTICE
from speech.prompts import Prompt
from tests.agi.asterisk import Citizen
from tests.agi.rooms import FakeBook, FakeCapture, FakeJournal, FakePrompts, now


@pytest.mark.parametrize(
    ("of", "offered", "spoken"),
    [
        ("en", ("hi", "en"), "en"),
        ("hi", ("hi", "en"), "hi"),
        (None, ("hi", "en"), "hi"),
        ("en", ("hi",), "hi"),
    ],
)
async def test_the_notice_is_in_the_citizens_language_and_so_is_a_queue_to_which_they_are_handed(
    serve: Callable[..., Awaitable[FastAgiServer]],
    of: str | None,
    offered: tuple[str, ...],
    spoken: str,
) -> None:
    flow = DeskFlow(
        journal=FakeJournal(),
        capture=FakeCapture(),
        citizens=FakeBook(of=of),
        prompts=FakePrompts(),
        now=now,
        languages=offered,
    )
    server = await serve({"desk": flow})
    citizen = Citizen()
    await citizen.call(server.port, "desk", [str(uuid4())])
    await server.drain(10)
    assert server.failed == 0
    assert citizen.said_in == [(spoken, Prompt.RECORDING_NOTICE)]
    assert citizen.variables.get("HELPLINE_LANGUAGE", "hi") == spoken
    assert citizen.variables[VAR_NOTICE] == "1"


@pytest.mark.parametrize("how", ["hangs_up", "not_said"])
async def test_who_was_not_told_is_not_marked_as_told(
    serve: Callable[..., Awaitable[FastAgiServer]], how: str
) -> None:
    journal = FakeJournal()
    flow = DeskFlow(
        journal=journal, capture=FakeCapture(), citizens=FakeBook(), prompts=FakePrompts(), now=now
    )
    server = await serve({"desk": flow})
    citizen = Citizen(hang_up_at=2) if how == "hangs_up" else Citizen(
        refused={"STREAM FILE": "520 Invalid command syntax"}
    )  # fmt: skip
    await citizen.call(server.port, "desk", [str(uuid4())])
    await server.drain(10)
    assert citizen.commands[2][0] == "STREAM FILE"
    assert VAR_NOTICE not in citizen.variables
