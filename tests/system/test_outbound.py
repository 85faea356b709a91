"""The dialer calls citizens who behave as citizens do; a real Asterisk reports what they did."""

import asyncio
import hashlib
import html
import itertools
import re
import tempfile
from collections.abc import AsyncIterator, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urljoin, urlsplit
from uuid import UUID

import aiohttp
import pytest
import pytest_asyncio

from calls.model import Outcome
from helpline.clock import INDIA, RunningClock
from helpline.lab.bed import Bed, bed
from helpline.lab.media import tone
from helpline.lab.script import Answer, Press, Refuse, Ring, Say, Wait
from helpline.lab.tones import level
from helpline.tools import Tools
from speech.prompts import Prompt
from tests.database import fresh_database
from tests.system.citizens import (
    DISSATISFIED,
    HOUR,
    IT_IS_I,
    NEXT,
    OPENING,
    SATISFIED,
    Matter,
    complain,
    nobody_is_left_to_ask,
)

pytestmark = pytest.mark.asyncio(loop_scope="session")

MORNING = datetime(2026, 3, 2, 10, 0, tzinfo=INDIA)
# Asked why, the citizen presses 6, the report is false, and says so after the beep.
WHY = (NEXT, Press("6"), Wait(2), Say(tone(440, 1.5)))


@pytest.fixture(scope="module")
def clock() -> RunningClock:
    return RunningClock(MORNING)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def shared(tools: Tools, postgres_url: str, clock: RunningClock) -> AsyncIterator[Bed]:
    database = fresh_database(postgres_url, "outbound_tests")
    with tempfile.TemporaryDirectory(prefix="hl-") as folder:
        async with bed(
            Path(folder),
            tools,
            network="127.0.13",
            http_port=8278,
            database_url=database,
            now=clock,
        ) as running:
            yield running


@pytest.fixture(scope="module")
def numbers() -> Iterator[str]:
    return (f"+91987650{n:04}" for n in itertools.count())


@pytest_asyncio.fixture(loop_scope="session")
async def helpline(shared: Bed) -> AsyncIterator[Bed]:
    yield shared
    await shared.clear_lines()
    await nobody_is_left_to_ask(shared)
    await _nothing_is_closed_without_the_citizens_one(shared)


async def _nothing_is_closed_without_the_citizens_one(helpline: Bed) -> None:
    """Whatever a test has let the citizens do."""
    closed = await helpline.rows(
        "select complaint.number, feedback.satisfied, call.outcome from complaint"
        " left join feedback on feedback.attempt_id = complaint.closing_attempt"
        " left join call on call.id = complaint.closing_attempt"
        " where complaint.state = 'closed_satisfied'"
    )
    for one in closed:
        assert (one["satisfied"], one["outcome"]) == (True, Outcome.FEEDBACK_GIVEN), one["number"]


@pytest_asyncio.fixture(loop_scope="session")
async def matter(helpline: Bed, numbers: Iterator[str]) -> Matter:
    return await complain(helpline, next(numbers))


async def _asked_again(matter: Matter, attempt: dict[str, Any], after: timedelta) -> None:
    """The citizen is still to be asked, `after` this attempt was settled; nothing is closed."""
    due, row = await matter.due(), await matter.row()
    assert due["done_at"] is None
    assert due["next_attempt_at"] - attempt["settled_at"] == after
    assert row["state"] == "awaiting_feedback"


@pytest.mark.parametrize(
    ("status", "outcome", "counted"),
    [
        (486, Outcome.BUSY, 1),
        (603, Outcome.REJECTED, 1),
        (503, Outcome.CONGESTION, 0),
    ],
)
async def test_a_call_that_did_not_come_through_is_tried_again(
    matter: Matter, status: int, outcome: Outcome, counted: int
) -> None:
    attempt = await matter.called(Refuse(status))
    assert (attempt["outcome"], attempt["answered_at"]) == (outcome, None)
    assert (await matter.due())["attempts_made"] == counted
    await _asked_again(matter, attempt, HOUR)


async def test_a_number_that_does_not_exist_is_not_dialled_again_and_agents_are_to_call(
    matter: Matter,
) -> None:
    attempt = await matter.called(Refuse(404))
    row = await matter.row()
    assert attempt["outcome"] == Outcome.INVALID_NUMBER
    due = await matter.due()
    assert (row["state"], due["step"]) == ("awaiting_feedback", "agent_call")
    assert (due["tried"], due["done_at"]) == (["invalid number"], None)


@pytest.mark.parametrize(
    "steps",
    [
        pytest.param((), id="at-once"),
        pytest.param((Wait(0.3),), id="greeting"),
        pytest.param((OPENING,), id="confirm"),
        pytest.param((*IT_IS_I, NEXT), id="question"),
    ],
)
async def test_a_citizen_who_hangs_up_before_the_answer_is_asked_again(
    matter: Matter, steps: tuple[Press | Wait, ...]
) -> None:
    attempt = await matter.called(Answer(steps, hang_up=True))
    assert attempt["outcome"] == Outcome.FEEDBACK_HUNG_UP
    assert attempt["answered_at"] is not None
    assert (await matter.due())["attempts_made"] == 1
    await _asked_again(matter, attempt, HOUR)


async def test_one_who_hangs_up_after_pressing_two_counts_as_dissatisfied(matter: Matter) -> None:
    attempt = await matter.called(Answer((*DISSATISFIED, Wait(0.5)), hang_up=True))
    row = await matter.row()
    assert attempt["outcome"] == Outcome.FEEDBACK_GIVEN
    assert (row["state"], row["level"]) == ("with_officer", 1)
    (entry,) = await matter.register_entries()
    assert (entry["reason_code"], entry["recording_id"]) == (None, None)


async def test_one_who_hangs_up_after_pressing_one_is_satisfied(matter: Matter) -> None:
    attempt = await matter.called(Answer((*SATISFIED, Wait(0.3)), hang_up=True))
    row = await matter.row()
    assert attempt["outcome"] == Outcome.FEEDBACK_GIVEN
    assert (row["state"], row["closing_attempt"]) == ("closed_satisfied", attempt["id"])


async def test_a_silent_citizen_closes_nothing(matter: Matter) -> None:
    attempt = await matter.called(Answer((Wait(40),)))
    assert attempt["outcome"] == Outcome.FEEDBACK_NO_INPUT
    assert (await matter.due())["attempts_made"] == 1
    await _asked_again(matter, attempt, HOUR)


async def test_the_wrong_person_is_not_asked_and_the_right_one_called_later(
    matter: Matter,
) -> None:
    attempt = await matter.called(Answer((OPENING, Press("6"))))
    assert attempt["outcome"] == Outcome.WRONG_PERSON
    due = await matter.due()  # 20 hours later it is too early in the morning
    assert due["next_attempt_at"] == datetime(2026, 3, 3, 9, 0, tzinfo=INDIA)
    assert (await matter.row())["state"] == "awaiting_feedback"
    heard = await matter.bed.heard(attempt["id"])
    assert Prompt.FEEDBACK_QUESTION not in heard
    assert heard[-1] == Prompt.WRONG_PERSON_THANKS


async def test_after_no_answer_the_citizen_is_called_again_at_the_policys_time(
    matter: Matter, clock: RunningClock
) -> None:
    first = await matter.called(Ring())
    assert (first["outcome"], first["answered_at"]) == (Outcome.NO_ANSWER, None)
    await _asked_again(matter, first, HOUR)
    phone = await matter.bed.line.expect(Answer(SATISFIED))
    clock.set(first["settled_at"] + HOUR - timedelta(minutes=1))
    await asyncio.sleep(1)  # several rounds of the dialer
    assert len(await matter.attempts()) == 1
    clock.set(first["settled_at"] + HOUR)
    second = await matter.settled(2, phone)
    await _is_closed_by(matter, second)


async def _is_closed_by(matter: Matter, attempt: dict[str, Any]) -> None:
    row, bed = await matter.row(), matter.bed
    assert attempt["outcome"] == Outcome.FEEDBACK_GIVEN
    assert (row["state"], row["closing_attempt"]) == ("closed_satisfied", attempt["id"])
    (said,) = await bed.rows("select * from feedback where attempt_id = $1", attempt["id"])
    assert said["satisfied"] is True
    assert [one["recipient"] for one in await matter.told("citizen_closed")] == [matter.contact]
    heard = await bed.heard(attempt["id"])
    assert heard[:2] == [Prompt.FEEDBACK_GREETING, Prompt.RECORDING_NOTICE]
    assert heard[-1] == Prompt.FEEDBACK_THANKS_SATISFIED


async def test_a_second_dissatisfaction_takes_the_voices_to_the_next_officer(
    matter: Matter, clock: RunningClock
) -> None:
    bed = matter.bed
    first = await matter.called(Answer((*DISSATISFIED, *WHY, Press("#"))))
    row = await matter.row()
    assert (row["state"], row["level"], row["post"]) == ("with_officer", 1, "bdo-mehroni")
    (review,) = await matter.told("officer_review")
    assert review["recipient"] == "+915550100001"
    (entry,) = await matter.register_entries()
    assert (entry["reason_code"], entry["level"]) == ("false_report", 1)
    words = await bed.stored(first["id"], "own_words")
    assert words.stem == str(entry["recording_id"])
    assert level(words, 0, 440) > 0.5
    heard = await bed.heard(first["id"])
    assert Prompt.FEEDBACK_OWN_WORDS in heard
    assert heard[-1] == Prompt.FEEDBACK_THANKS_DISSATISFIED

    # This time without a key at the end: a hang-up while speaking loses nothing of it.
    second = await matter.called(Answer((*DISSATISFIED, *WHY), hang_up=True))
    assert second["outcome"] == Outcome.FEEDBACK_GIVEN
    words = await bed.stored(second["id"], "own_words")
    assert level(words, 0, 440) > 0.5
    row = await matter.row()
    assert (row["state"], row["level"], row["post"]) == ("with_officer", 2, "ee-lalitpur")
    (forwarded,) = await matter.told("officer_forwarded")
    assert forwarded["recipient"] == "+915550100002"
    entry = (await matter.register_entries())[-1]
    assert (entry["level"], str(entry["recording_id"])) == (1, words.stem)
    await bed.stored(second["id"])
    stored = await bed.rows(
        "select id from recording where call_id = any($1::uuid[])",
        [first["id"], second["id"]],
    )
    assert sorted(forwarded["recordings"]) == sorted(one["id"] for one in stored)
    assert len(stored) == 4
    async with aiohttp.ClientSession() as officer:
        [bundle] = forwarded["links"]
        assert bundle in forwarded["body"]
        links = await _recordings_in(officer, bundle)
        assert sorted(links) == sorted(str(recording) for recording in forwarded["recordings"])
        for recording in forwarded["recordings"]:
            await _is_a_working_link(bed, officer, links[str(recording)], recording)
        clock.set(clock() + timedelta(days=bed.settings.http.link_days + 1))
        for link in (bundle, *links.values()):
            async with officer.get(link) as answer:
                assert answer.status == 403


async def _recordings_in(officer: aiohttp.ClientSession, bundle: str) -> dict[str, str]:
    """The recordings that a bundle's page plays: id to link."""
    async with officer.get(bundle) as answer:
        page = await answer.text()
    assert answer.status == 200
    sources = re.findall(r'<audio[^>]* src="([^"]+)"', page)
    links = [urljoin(bundle, html.unescape(source)) for source in sources]
    return {urlsplit(link).path.removeprefix("/recordings/"): link for link in links}


async def _is_a_working_link(
    bed: Bed, officer: aiohttp.ClientSession, link: str, recording: UUID
) -> None:
    async with officer.get(link) as answer:
        whole = await answer.read()
    assert (answer.status, answer.content_type) in ((200, "audio/wav"), (200, "audio/ogg"))
    objects = await bed.rows(
        "select bytes, sha256 from recording_object where recording_id = $1", recording
    )
    given = (len(whole), hashlib.sha256(whole).hexdigest())
    assert given in [(one["bytes"], one["sha256"]) for one in objects]
    async with officer.get(link, headers={"Range": "bytes=44-143"}) as answer:
        part = await answer.read()
    assert (answer.status, part) == (206, whole[44:144])
    last = "1" if link[-1] == "0" else "0"
    async with officer.get(link[:-1] + last) as answer:
        assert answer.status == 403


class _Doorbell(asyncio.DatagramProtocol):
    """Counts what comes to the citizens' line."""

    def __init__(self) -> None:
        self.rung: list[bytes] = []

    def datagram_received(self, data: bytes, addr: tuple[str | Any, int]) -> None:
        del addr
        self.rung.append(data)


async def test_at_three_in_the_night_nobody_is_dialled(matter: Matter, clock: RunningClock) -> None:
    bed = matter.bed
    night = (clock().astimezone(INDIA) + timedelta(days=1)).replace(hour=3, minute=0)
    clock.set(night)
    loop, line = asyncio.get_running_loop(), bed.site.line
    listening, bell = await loop.create_datagram_endpoint(
        _Doorbell, local_addr=(line.host, line.port)
    )
    try:
        await matter.disposed()
        clock.set(night + timedelta(minutes=5))  # due for long
        await asyncio.sleep(3)  # fifteen rounds of the dialer
        assert (bell.rung, await matter.attempts()) == ([], [])
    finally:
        listening.close()
    await asyncio.sleep(0.1)
    phone = await bed.line.expect(Answer(SATISFIED))
    clock.set(night.replace(hour=10))
    attempt = await matter.settled(1, phone)
    assert attempt["outcome"] == Outcome.FEEDBACK_GIVEN
    assert attempt["requested_at"] >= night.replace(hour=10)
