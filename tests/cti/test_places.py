"""Who waits where, as app_queue tells it."""

from collections.abc import Mapping, Sequence
from uuid import uuid4

import pytest

from calls.waiting import Standing
from cti.errors import AmiRefusedError
from cti.message import AmiEvent, AmiReply
from cti.places import in_line
from cti.wire import Fields

FIRST, SECOND = uuid4(), uuid4()
CALLS = {"1.1": FIRST, "1.2": SECOND}


def entry(channel: str, position: str, queue: str = "hi") -> AmiEvent:
    return event("QueueEntry", uniqueid=channel, position=position, queue=queue)


def event(name: str, **fields: str) -> AmiEvent:
    return AmiEvent(name, fields, {}, {})


class Link:
    def __init__(self, *events: AmiEvent, ok: bool = True) -> None:
        self.events, self.ok = events, ok
        self.asked: list[tuple[str, Sequence[tuple[str, str]] | Mapping[str, str]]] = []

    async def action_list(self, name: str, fields: Fields = ()) -> AmiReply:
        self.asked.append((name, fields))
        return AmiReply(self.ok, "no such thing", {}, self.events)


async def test_everybody_who_waits_has_the_place_that_app_queue_gave_them() -> None:
    # Who came later and is served before others stands before them.
    link = Link(
        event("QueueParams", queue="hi"), entry("1.2", "1"), entry("1.1", "2"), entry("1.9", "3")
    )
    assert await in_line(link, CALLS.get) == [Standing(SECOND, "hi", 1), Standing(FIRST, "hi", 2)]
    assert link.asked == [("QueueStatus", [("Member", "none")])]


async def test_a_refusal_is_no_empty_queue() -> None:
    with pytest.raises(AmiRefusedError):
        await in_line(Link(ok=False), CALLS.get)
