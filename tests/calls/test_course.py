"""The course of a call: each stay and each talk, and how each went on."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest

from calls.course import Part, Stay, Talk, course_of, in_order, left_with, told
from calls.model import Outcome
from calls.store import (
    end_if_open,
    open_outbound,
    set_agent_answered,
    set_agent_left,
    set_handed_on,
    set_waiting,
)
from db.pool import Pool

CALL = UUID(int=1)
START = datetime(2026, 1, 5, 4, 30, tzinfo=UTC)


def at(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


HINDI = Stay(
    call_id=CALL, queue="hi", entered_at=at(0), left_at=at(20), agent_id="1001", moved_to=None
)
SITA = Talk(
    call_id=CALL, agent_id="1001", began_at=at(20), ended_at=at(80), queue="hi",
    handed_to="queue:en",
)  # fmt: skip
ENGLISH = Stay(
    call_id=CALL, queue="en", entered_at=at(80), left_at=at(110), agent_id=None, moved_to=None
)


def test_who_is_answered_at_once_waited_before_they_talked() -> None:
    at_once = replace(HINDI, left_at=at(0))
    talk = replace(SITA, began_at=at(0))
    assert in_order([ENGLISH, at_once], [talk]) == [at_once, talk, ENGLISH]


@pytest.mark.parametrize(
    ("stay", "course", "outcome", "left"),
    [
        (HINDI, [HINDI], "agent_answered", None),
        (replace(HINDI, agent_id=None, moved_to="en"), [], "agent_answered", None),
        (replace(ENGLISH, left_at=None), [], None, None),
        (ENGLISH, [ENGLISH], "queue_timeout", "queue_timeout"),
        # The call was answered, in this queue nobody did.
        (ENGLISH, [HINDI, SITA, ENGLISH], "agent_answered", "queue_abandoned"),
        (ENGLISH, [HINDI, SITA, ENGLISH], "callback_kept", "callback_kept"),
    ],
    ids=["answered", "went on", "waits", "not answered", "waits again", "keeps the place"],
)
def test_how_a_queue_was_left_without_an_answer(
    stay: Stay, course: list[Part], outcome: str | None, left: str | None
) -> None:
    assert left_with(stay, course, outcome) == left


def test_what_goes_on_is_told_as_it_stands() -> None:
    waits = replace(ENGLISH, left_at=None)
    assert told(waits, [waits], None) == "In the queue en: waiting"
    talks = replace(SITA, ended_at=None, handed_to=None)
    assert told(talks, [talks], None) == "Agent 1001 has them"


async def test_a_call_of_two_queues_is_read_in_order(pool: Pool) -> None:
    call = uuid4()
    async with pool.acquire() as conn:
        await open_outbound(
            conn, call_id=call, cell="c", number="+919876543210", service_number="1076", at=at(0)
        )
        await set_waiting(conn, call, "hi", at(0))
        await set_agent_answered(conn, call, "1001", at(20))
        await set_handed_on(conn, call, "1001", "queue:en", at(80))
        await set_agent_left(conn, call, "1001", at(80))
        await set_waiting(conn, call, "en", at(80))
        await end_if_open(conn, call, Outcome.AGENT_ANSWERED, at(110))
        course = await course_of(conn, call)
    assert course == [replace(one, call_id=call) for one in (HINDI, SITA, ENGLISH)]
    assert [told(one, course, Outcome.AGENT_ANSWERED) for one in course] == [
        "In the queue hi for 20 s: answered by agent 1001",
        "Agent 1001 had them for 60 s, handed on to queue:en",
        "In the queue en for 30 s: queue_abandoned",
    ]
