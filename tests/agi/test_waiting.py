"""Waiting for an agent: what is said, and a place that is kept."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import asyncpg
import pytest

from agi.server import FastAgiServer
from agi.waiting import KeepPlaceFlow, OverflowedFlow, ReturningFlow, announcement, standing
from calls.model import Outcome
from calls.waiting import KeptPlace, Queued, expected_wait, told_minutes
from speech.prompts import Prompt
from tests.agi.asterisk import Citizen
from tests.agi.rooms import (
    FakeCapture,
    FakeHours,
    FakeJournal,
    FakePlaces,
    FakePrompts,
    InboundLine,
    now,
)

Serve = Callable[..., Awaitable[FastAgiServer]]
CALL, LEFT = uuid4(), uuid4()
MINUTE = timedelta(minutes=1)


def test_recent_answers_say_how_long_it_takes() -> None:
    assert expected_wait(Queued(waiting=9, agents=3, answered=30)) == 5 * MINUTE


def test_answers_count_by_the_time_in_which_they_were_given() -> None:
    assert expected_wait(Queued(9, agents=3, answered=30, window=10 * MINUTE)) == 200 * MINUTE / 60


def test_who_has_only_come_answers_at_once_which_says_nothing_of_the_next_answers() -> None:
    assert expected_wait(Queued(30, agents=10, answered=10, window=MINUTE)) == 12 * MINUTE
    assert told_minutes(Queued(30, agents=10, answered=10, window=MINUTE)) == 12


def test_without_recent_answers_the_agents_handling_time_does() -> None:
    assert expected_wait(Queued(waiting=3, agents=2, answered=0)) == 6 * MINUTE
    assert expected_wait(Queued(waiting=0, agents=2, answered=0)) == timedelta(0)


def test_without_agents_nothing_is_promised() -> None:
    assert expected_wait(Queued(waiting=3, agents=0, answered=30)) is None
    assert announcement(Queued(waiting=3, agents=0, answered=30)) == []


@pytest.mark.parametrize(
    ("queue", "said"),
    [
        (Queued(0, 5, 30), []),
        (Queued(1, 5, 30), [Prompt.QUEUE_POSITION, "number_2", Prompt.QUEUE_WAIT_SHORT]),
        (
            Queued(4, 5, 14),  # 5 x 15 / 14 minutes, rounded up
            [Prompt.QUEUE_POSITION, "number_5", "number_6", Prompt.QUEUE_WAIT_MINUTES],
        ),
        (Queued(49, 2, 5), [Prompt.QUEUE_POSITION, "number_50", Prompt.QUEUE_WAIT_LONG]),
        (Queued(150, 2, 5), [Prompt.QUEUE_WAIT_LONG]),
        (
            Queued(5, 5, 15, limit=5 * MINUTE),
            [Prompt.QUEUE_POSITION, "number_6", Prompt.QUEUE_WAIT_LONG],
        ),
    ],
)
def test_what_is_said_is_position_and_time(queue: Queued, said: list[str]) -> None:
    assert announcement(queue) == said


async def test_who_has_to_wait_hears_for_how_long_before_the_queue(serve: Serve) -> None:
    line = InboundLine(serve)
    line.hall.places.queues["helpline-hi"] = Queued(4, 5, 14)
    citizen = await line.ring(Citizen(keys={Prompt.MENU: ["1"]}))
    assert citizen.said[-5:] == [
        *(Prompt.CONNECTING, Prompt.QUEUE_POSITION, "number_5"),
        *("number_6", Prompt.QUEUE_WAIT_MINUTES),
    ]
    assert citizen.variables["HELPLINE_QUEUE"] == "helpline-hi"
    assert line.journal.told == [6]


@pytest.mark.parametrize(
    ("queue", "minutes"),
    [
        (Queued(0, 5, 30), None),
        (Queued(3, 0, 30), None),
        (Queued(1, 5, 30), 1),
        (Queued(3, 5, 30), 2),
        (Queued(19, 5, 5), 60),
        (Queued(20, 5, 5), None),
        (Queued(4, 5, 15, limit=5 * MINUTE), 5),
        (Queued(5, 5, 15, limit=5 * MINUTE), None),  # thrown out before they are served
    ],
)
def test_what_is_said_is_kept_as_a_number_of_minutes(queue: Queued, minutes: int | None) -> None:
    assert told_minutes(queue) == minutes


class Line:
    def __init__(self, serve: Serve, **places: object) -> None:
        self.serve = serve
        self.journal, self.capture = FakeJournal(), FakeCapture()
        self.places = FakePlaces(**places)  # type: ignore[arg-type]

    async def keep(self, citizen: Citizen, failures: int = 0, **env: str) -> Citizen:
        flow = KeepPlaceFlow(
            journal=self.journal,
            places=self.places,
            prompts=FakePrompts(),
            now=now,
            seconds=0.1,
        )
        server = await self.serve({"keep-place": flow})
        await citizen.call(server.port, "keep-place", [str(CALL), "helpline-hi", "20"], **env)
        await server.drain(10)
        assert server.failed == failures
        return citizen

    async def come_back(self, citizen: Citizen, left: str) -> Citizen:
        flow = ReturningFlow(
            journal=self.journal,
            capture=self.capture,
            places=self.places,
            prompts=FakePrompts(),
            default_queue="helpline-hi",
            languages={"schemes-en": "en"},
            now=now,
        )
        server = await self.serve({"returning": flow})
        await citizen.call(server.port, "returning", [str(CALL), left])
        await server.drain(10)
        assert server.failed == 0
        return citizen


@pytest.mark.parametrize(
    ("closed", "goes_on_to", "row"),
    [
        (set(), None, "spare"),
        ({"spare"}, "last", "last"),
        ({"spare", "last"}, "helpline-hi", None),  # stays theirs: not served, and told so
    ],
)
async def test_who_overflows_goes_to_the_next_queue_that_is_open(
    serve: Serve, closed: set[str], goes_on_to: str | None, row: str | None
) -> None:
    journal = FakeJournal()
    flow = OverflowedFlow(
        journal=journal, open_now=FakeHours(closed=frozenset(closed)),
        overflow={"helpline-hi": "spare", "spare": "last"}, now=now,
    )  # fmt: skip
    server = await serve({"overflowed": flow})
    citizen = Citizen()
    await citizen.call(server.port, "overflowed", [str(CALL), "spare", "helpline-hi"])
    await server.drain(10)
    assert citizen.variables.get("HELPLINE_QUEUE") == goes_on_to
    # That they were in the first is no news, unless it did not let them in.
    assert journal.queues == ([] if row is None else [(CALL, "helpline-hi"), (CALL, row)])


async def test_whom_an_agent_lost_goes_to_the_first_queue_at_any_hour(serve: Serve) -> None:
    journal, citizen = FakeJournal(), Citizen()
    hours = FakeHours(open=False)
    flow = OverflowedFlow(journal=journal, open_now=hours, overflow={}, now=now)
    server = await serve({"overflowed": flow})
    await citizen.call(server.port, "overflowed", [str(CALL), "helpline-hi"])
    await server.drain(10)
    assert journal.queues == [(CALL, "helpline-hi")]
    assert citizen.variables.get("HELPLINE_QUEUE") is None


@pytest.mark.parametrize("at", [None, 0, 1])
async def test_the_place_is_kept_whoever_hangs_up_first(serve: Serve, at: int | None) -> None:
    line = Line(serve)
    await line.keep(Citizen(hang_up_at=at))
    assert line.places.keeping == [(CALL, "+919876543210", "helpline-hi", 20)]
    assert line.journal.outcomes == {CALL: Outcome.CALLBACK_KEPT}


@pytest.mark.parametrize("reply", ["200 result=-1", "200 result=0 endpos=800\nHANGUP"])
async def test_whose_place_is_kept_is_not_back_in_the_queue_though_the_words_fail(
    serve: Serve, reply: str
) -> None:
    line = Line(serve)
    citizen = Citizen(refused={"STREAM FILE": reply})
    await line.keep(citizen)
    assert citizen.commands[-1] == ["HANGUP"] or "HANGUP" in reply
    assert line.journal.outcomes == {CALL: Outcome.CALLBACK_KEPT}


async def test_whose_place_is_kept_is_hung_up_though_the_end_of_the_call_is_refused(
    serve: Serve,
) -> None:
    line = Line(serve)
    line.journal.away, line.journal.error = 1, asyncpg.DataError("no such outcome")
    citizen = await line.keep(Citizen(), failures=1)
    assert citizen.hung_up


async def test_it_is_promised_only_when_it_is_written(serve: Serve) -> None:
    line = Line(serve, away=True, at=3)
    citizen = await line.keep(Citizen())
    assert citizen.said == [Prompt.PLEASE_WAIT]
    assert citizen.variables["HELPLINE_POSITION"] == "3"
    assert line.journal.outcomes == {}


async def test_to_a_number_that_we_do_not_call_nothing_is_promised(serve: Serve) -> None:
    line = Line(serve, called=False, at=4)
    citizen = await line.keep(Citizen(), callerid="+25261234567")
    assert (citizen.said, citizen.hung_up) == ([Prompt.PLEASE_WAIT], False)
    assert citizen.variables["HELPLINE_POSITION"] == "4"
    assert line.journal.outcomes == {}


async def test_a_withheld_number_waits_on_at_its_place(serve: Serve) -> None:
    line = Line(serve, at=2)
    citizen = await line.keep(Citizen(), callerid="anonymous")
    assert citizen.variables["HELPLINE_POSITION"] == "2"
    assert not citizen.hung_up
    assert line.places.keeping == []


async def test_who_is_called_back_waits_at_the_place_that_was_kept(serve: Serve) -> None:
    place = KeptPlace("schemes-hi", datetime(2025, 11, 3, tzinfo=UTC), 5, 4)
    line = Line(serve, places={LEFT: place})
    citizen = await line.come_back(Citizen(), str(LEFT))
    assert citizen.variables == {
        "HELPLINE_POSITION": "4",
        "QUEUE_PRIO": "5",
        "HELPLINE_QUEUE": "schemes-hi",
    }
    assert line.journal.queues == [(CALL, "schemes-hi")]
    assert citizen.said == [
        *(Prompt.CALL_BACK_GREETING, Prompt.RECORDING_NOTICE, Prompt.CONNECTING)
    ]
    assert [kind for _, kind, _ in line.capture.opened] == ["call"]


async def test_who_waited_in_english_is_called_back_in_english(serve: Serve) -> None:
    place = KeptPlace("schemes-en", datetime(2025, 11, 3, tzinfo=UTC), 0, 1)
    citizen = await Line(serve, places={LEFT: place}).come_back(Citizen(), str(LEFT))
    assert citizen.variables["CHANNEL(language)"] == citizen.variables["HELPLINE_LANGUAGE"] == "en"
    assert [*citizen.variables].index("CHANNEL(language)") == 0  # before anything is said


async def test_who_overflowed_is_called_back_in_the_language_of_the_queue_they_came_to(
    serve: Serve,
) -> None:
    place = KeptPlace("helpline-hi", datetime(2025, 11, 3, tzinfo=UTC), 0, 1, "schemes-en")
    citizen = await Line(serve, places={LEFT: place}).come_back(Citizen(), str(LEFT))
    assert citizen.variables["CHANNEL(language)"] == "en"
    assert citizen.variables["HELPLINE_QUEUE"] == "helpline-hi"


@pytest.mark.parametrize(
    "left", ["", "nonsense", str(uuid4())], ids=["none", "nonsense", "unknown"]
)
async def test_a_place_that_is_not_on_record_is_the_head_of_the_queue(
    serve: Serve, left: str
) -> None:
    citizen = await Line(serve).come_back(Citizen(), left)
    assert citizen.variables["HELPLINE_POSITION"] == "1"
    assert citizen.variables["HELPLINE_QUEUE"] == "helpline-hi"


@pytest.mark.parametrize("at", range(5))
async def test_who_hangs_up_when_called_back_never_queued(serve: Serve, at: int) -> None:
    line = Line(serve)
    citizen = await line.come_back(Citizen(hang_up_at=at), str(LEFT))
    assert line.journal.outcomes == {CALL: Outcome.IVR_ABANDONED}
    assert "HELPLINE_QUEUE" not in citizen.variables


@pytest.mark.parametrize(
    ("position", "agents", "said"),
    [
        (1, 3, []),
        (1, 0, []),  # one may come back from a pause
        (4, 0, None),
        (3, 24, []),  # an agent gets free every ten seconds
        (4, 24, [Prompt.QUEUE_POSITION, "number_4", Prompt.QUEUE_WAIT_SHORT]),
        (3, 4, [Prompt.QUEUE_POSITION, "number_3", "number_2", Prompt.QUEUE_WAIT_MINUTES]),
    ],
)
def test_who_waits_hears_their_own_place_and_time(
    position: int, agents: int, said: list[str] | None
) -> None:
    # Eight wait in all: what stands behind the caller does not make them wait.
    assert standing(position, Queued(waiting=8, agents=agents, answered=0)) == said


def test_who_may_be_the_head_by_recent_answers_hears_no_words() -> None:
    at_two_a_second = Queued(waiting=100, agents=10, answered=1800)
    assert standing(40, at_two_a_second) == []
    assert standing(41, at_two_a_second) != []
