"""A citizen whom an agent calls has answered."""

from collections.abc import Awaitable, Callable
from uuid import uuid4

import pytest

from agi.desk import DeskFlow
from agi.server import FastAgiServer
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
