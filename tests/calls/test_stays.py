"""A call's stays in queues and agents' talks in it, whoever tells of them, in whatever order."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import suppress
from datetime import datetime
from itertools import combinations
from random import Random
from uuid import UUID

import asyncpg
import pytest

from calls import store
from calls.journal import CallJournal
from calls.model import Outcome
from calls.reporting import Facts, Fate, fate
from calls.waiting import queue_now
from db.group_commit import GroupCommit
from db.pool import Pool
from tests.calls.test_journal import at, new_call

Told = Callable[[], Awaitable[object]]


class Line:
    """One call, told of by its flow and by Asterisk."""

    def __init__(self, pool: Pool, journal: CallJournal) -> None:
        self.pool = pool
        self.journal = journal
        self.call = new_call()
        self.id = self.call.id

    async def sent(self, queue: str, seconds: float) -> None:
        """By the flow."""
        await self.journal.queued(self.id, queue, at(seconds))

    async def waits(self, queue: str, seconds: float) -> None:
        """By Asterisk, as all below."""
        async with self.pool.acquire() as conn:
            await store.set_waiting(conn, self.id, queue, at(seconds))

    async def answered(self, agent: str, seconds: float) -> None:
        async with self.pool.acquire() as conn:
            await store.set_agent_answered(conn, self.id, agent, at(seconds))

    async def left(self, agent: str, seconds: float) -> None:
        async with self.pool.acquire() as conn:
            await store.set_agent_left(conn, self.id, agent, at(seconds))

    async def away(self, seconds: float) -> None:
        """An emergency service rings for them."""
        async with self.pool.acquire() as conn:
            await store.set_left_queue(conn, self.id, at(seconds))

    async def handed_on(self, agent: str, target: str, seconds: float) -> None:
        async with self.pool.acquire() as conn:
            await store.set_handed_on(conn, self.id, agent, target, at(seconds))

    async def ended(self, outcome: Outcome, seconds: float) -> None:
        await self.journal.ended(self.id, outcome, at(seconds))

    async def stays(self) -> list[tuple[object, ...]]:
        """Queue, entered, left, who answered, which queue they went on to."""
        rows = await self.pool.fetch(
            "select queue, entered_at, left_at, agent_id, moved_to from queue_stay"
            " where call_id = $1 order by entered_at, left_at nulls last", self.id,
        )  # fmt: skip
        return [(row[0], _s(row[1]), _s(row[2]), row[3], row[4]) for row in rows]

    async def talks(self) -> list[tuple[object, ...]]:
        """Agent, began, ended, queue, to whom the citizen was handed."""
        rows = await self.pool.fetch(
            "select agent_id, began_at, ended_at, queue, handed_to from agent_talk"
            " where call_id = $1 order by began_at", self.id,
        )  # fmt: skip
        return [(row[0], _s(row[1]), _s(row[2]), row[3], row[4]) for row in rows]

    async def row(self) -> tuple[object, ...]:
        async with self.pool.acquire() as conn:
            call = await store.load(conn, self.id)
        assert call is not None
        return call.queue, _s(call.queued_at), call.agent_id, _s(call.agent_answered_at)


def _s(moment: datetime | None) -> float | None:
    return None if moment is None else (moment - at(0)).total_seconds()


@pytest.fixture
async def line(pool: Pool) -> AsyncIterator[Line]:
    commit = GroupCommit(lambda: pool)
    consumer = asyncio.create_task(commit.run())
    one = Line(pool, CallJournal(commit, timeout=20))
    await one.journal.opened(one.call)
    yield one
    consumer.cancel()
    with suppress(asyncio.CancelledError):
        await consumer


async def test_who_overflows_has_stayed_in_both_queues(line: Line) -> None:
    await line.sent("hi", 1)
    await line.sent("en", 31)
    assert await line.stays() == [("hi", 1, 31, None, "en"), ("en", 31, None, None, None)]
    await line.answered("1001", 40)
    assert (await line.stays())[1] == ("en", 31, 40, "1001", None)
    assert await line.talks() == [("1001", 40, None, "en", None)]
    assert await line.row() == ("en", 1, "1001", 40)


async def fates(line: Line) -> list[Fate]:
    rows = await line.pool.fetch(
        "select answered, moved_on, ended, outcome, owes_callback from offered_stay"
        " where id = $1 order by entered_at", line.id,
    )  # fmt: skip
    return [fate(Facts(**dict(row))) for row in rows]


async def test_who_leaves_for_an_emergency_service_waits_no_more_while_the_call_goes_on(
    line: Line,
) -> None:
    async def waiting() -> int:
        async with line.pool.acquire() as conn:
            return (await queue_now(conn, "hi", line.call.cell, at(60))).waiting

    await line.sent("hi", 1)
    assert (await waiting(), await fates(line)) == (1, [Fate.IN_PROGRESS])
    await line.away(31)
    await line.away(51)  # the next service
    assert await line.stays() == [("hi", 1, 31, None, None)]
    assert (await waiting(), await fates(line)) == (0, [Fate.OVERFLOWED])
    await line.ended(Outcome.EMERGENCY, 300)
    assert await line.stays() == [("hi", 1, 31, None, None)]
    assert await fates(line) == [Fate.OVERFLOWED]


async def test_whom_no_service_answered_waits_on_in_the_same_stay(line: Line) -> None:
    await line.sent("hi", 1)
    await line.away(31)
    await line.sent("hi", 50)
    await line.waits("hi", 51)
    assert await line.stays() == [("hi", 1, None, None, None)]
    await line.answered("1001", 60)
    await line.away(70)  # handed on by the agent, not waiting
    assert await line.stays() == [("hi", 1, 60, "1001", None)]
    await line.ended(Outcome.AGENT_ANSWERED, 90)
    assert await fates(line) == [Fate.ANSWERED]


async def test_whom_no_service_answered_and_who_comes_to_another_queue_has_overflowed(
    line: Line,
) -> None:
    await line.sent("hi", 1)
    await line.away(31)
    await line.sent("en", 50)
    assert await line.stays() == [("hi", 1, 31, None, "en"), ("en", 50, None, None, None)]
    await line.answered("1001", 60)
    await line.ended(Outcome.AGENT_ANSWERED, 90)
    assert await fates(line) == [Fate.OVERFLOWED, Fate.ANSWERED]


async def test_who_is_handed_to_a_queue_and_hangs_up_there_was_answered_in_the_first_alone(
    line: Line,
) -> None:
    await line.sent("hi", 0)
    await line.answered("1001", 10)
    await line.waits("en", 60)
    await line.handed_on("1001", "queue:en", 60.5)
    await line.left("1001", 61)  # their telephone ends a moment later
    await line.ended(Outcome.QUEUE_ABANDONED, 90)
    assert await line.stays() == [("hi", 0, 10, "1001", None), ("en", 60, 90, None, None)]
    assert await line.talks() == [("1001", 10, 60, "hi", "queue:en")]
    assert await line.row() == ("en", 0, "1001", 10)


async def test_each_agent_of_a_call_has_their_own_talk_and_the_first_answer_stands(
    line: Line,
) -> None:
    await line.sent("hi", 0)
    await line.answered("1001", 10)
    await line.left("1001", 60)
    await line.answered("1002", 60)
    await line.handed_on("1001", "agent:1002", 61)
    await line.ended(Outcome.AGENT_ANSWERED, 100)
    assert await line.talks() == [
        ("1001", 10, 60, "hi", "agent:1002"),
        ("1002", 60, 100, "hi", None),
    ]
    assert await line.row() == ("hi", 0, "1002", 10)


async def test_whom_a_queue_does_not_let_in_and_sends_on_was_offered_to_both(line: Line) -> None:
    await line.sent("hi", 0)
    await line.answered("1001", 10)
    await line.left("1001", 60)
    for _ in range(2):
        await line.sent("hi", 61)
        await line.sent("en", 61)
    await line.waits("en", 61.5)
    assert await line.stays() == [
        ("hi", 0, 10, "1001", None),
        ("hi", 61, 61, None, "en"),
        ("en", 61, None, None, None),
    ]
    assert (await line.row())[0] == "en"


async def test_who_comes_back_to_the_same_queue_stays_there_anew(line: Line) -> None:
    await line.sent("hi", 0)
    await line.answered("1001", 10)
    await line.waits("hi", 30)  # the agent's telephone was lost
    await line.answered("1001", 45)
    await line.left("1001", 50)
    assert await line.stays() == [("hi", 0, 10, "1001", None), ("hi", 30, 45, "1001", None)]
    assert [one[:3] for one in await line.talks()] == [("1001", 10, 30), ("1001", 45, 50)]


async def test_an_agent_who_was_away_for_a_moment_goes_on_with_their_talk(line: Line) -> None:
    await line.sent("hi", 0)
    await line.answered("1001", 10)
    await line.left("1001", 20)  # a reload: nobody else gets the citizen
    await line.answered("1001", 25)
    assert await line.talks() == [("1001", 10, None, "hi", None)]
    await line.left("1001", 70)
    assert await line.talks() == [("1001", 10, 70, "hi", None)]


async def test_who_keeps_their_place_or_presses_a_wrong_key_stays_once(line: Line) -> None:
    await line.sent("hi", 0)
    await line.waits("hi", 0.2)
    await line.waits("hi", 20)  # pressed 8 with a withheld number
    await line.ended(Outcome.CALLBACK_KEPT, 30)
    assert await line.stays() == [("hi", 0, 30, None, None)]


@pytest.mark.parametrize("late", range(4))
async def test_what_the_flow_and_asterisk_tell_may_come_twice_late_or_never(
    line: Line, late: int
) -> None:
    """Each of the two is in order; of the flow's words the first is exact."""
    flow: list[Told] = [
        lambda: line.sent("hi", 0),
        lambda: line.sent("en", 30),
        lambda: line.ended(Outcome.QUEUE_ABANDONED, 200),
    ]
    asterisk: list[Told] = [
        lambda: line.waits("hi", 0.5),
        lambda: line.waits("en", 30.5),
        lambda: line.answered("1001", 40),
        lambda: line.left("1001", 90),
        lambda: line.answered("1002", 90),
        lambda: line.waits("third", 120),
        lambda: line.left("1002", 120.1),
    ]
    dice = Random(late)
    for told in interleaved(flow, asterisk, dice):
        for _ in range(dice.choice([1, 1, 2])):
            await told()
    for told in asterisk:  # a commit whose answer was lost is done again, whole
        await told()
    assert await line.stays() == [
        ("hi", 0, 30, None, "en"),
        ("en", 30, 40, "1001", None),
        ("third", 120, 200, None, None),
    ]
    assert [one[:4] for one in await line.talks()] == [
        ("1001", 40, 90, "en"),
        ("1002", 90, 120, "en"),
    ]
    assert await line.row() == ("third", 0, "1002", 40)


@pytest.mark.parametrize("over", ["another queue", "the end"])
async def test_who_is_back_from_services_has_stayed_once_whoever_tells_of_it_late(
    line: Line, over: str
) -> None:
    """In each order in which the two can be heard; rows of Asterisk's may be held up for long."""
    for order in orders(flow=4 if over == "another queue" else 3, asterisk=5):
        one = Line(line.pool, line.journal)
        await one.journal.opened(one.call)
        flow, asterisk = back_from_services(one, over)
        sources = iter(flow), iter(asterisk)
        for turn in order:
            await next(sources[turn])()
        for told in asterisk:
            await told()
        stays = {
            "another queue": [("hi", 0, 70, None, "en"), ("en", 70, 80, "1001", None)],
            "the end": [("hi", 0, 60, "1001", None)],
        }
        assert await one.stays() == stays[over], order


def back_from_services(one: Line, over: str) -> tuple[list[Told], list[Told]]:
    """Two services ring in vain; what the flow and Asterisk tell then."""
    flow: list[Told] = [lambda: one.sent("hi", 0), lambda: one.sent("hi", 40)]
    asterisk: list[Told] = [
        lambda: one.away(10),
        lambda: one.away(20),
        lambda: one.waits("hi", 40.5),
    ]
    if over == "the end":
        asterisk += [lambda: one.answered("1001", 60), lambda: one.left("1001", 89)]
    else:
        flow += [lambda: one.sent("en", 70)]
        asterisk += [lambda: one.waits("en", 70.5), lambda: one.answered("1001", 80)]
    return [*flow, lambda: one.ended(Outcome.AGENT_ANSWERED, 90)], asterisk


def orders(*, flow: int, asterisk: int) -> Iterator[list[int]]:
    """All of them that leave each of the two in its own; the flow begins."""
    for later in combinations(range(1, flow + asterisk), flow - 1):
        yield [0 if place in (0, *later) else 1 for place in range(flow + asterisk)]


def interleaved(one: list[Told], two: list[Told], dice: Random) -> list[Told]:
    """Both in their order; at first the one alone, at last the other, and between at random."""
    turns = [0] * len(one) + [1] * len(two)
    dice.shuffle(turns)
    sources = iter(one), iter(two)
    return [next(sources[turn]) for turn in turns]


async def test_a_call_that_nothing_told_of_but_its_flow_is_whole(line: Line) -> None:
    """No link to Asterisk all the while: nobody knows the agent, and the outcome says the rest."""
    await line.sent("hi", 0)
    await line.ended(Outcome.AGENT_ANSWERED, 60)
    assert await line.stays() == [("hi", 0, 60, None, None)]
    assert await line.talks() == []


async def test_an_answer_that_is_told_after_the_end_is_written_all_the_same(line: Line) -> None:
    await line.sent("hi", 0)
    await line.ended(Outcome.AGENT_ANSWERED, 60)
    await line.answered("1001", 9)
    assert await line.stays() == [("hi", 0, 9, "1001", None)]
    assert await line.talks() == [("1001", 9, 60, "hi", None)]


async def test_whoever_ends_a_call_leaves_nobody_waiting_or_talking(line: Line) -> None:
    await line.sent("hi", 0)
    await line.answered("1001", 9)
    await line.pool.execute("update call set ended_at = $1, outcome = 'lost'", at(5))  # a clock
    await line.waits("en", 70)
    assert await line.stays() == [("hi", 0, 9, "1001", None), ("en", 70, 70, None, None)]
    assert await line.talks() == [("1001", 9, 9, "hi", None)]


async def test_an_answer_before_its_stay_by_a_clock_put_back_ends_the_stay(line: Line) -> None:
    await line.sent("hi", 10)
    await line.answered("1001", 7)
    assert await line.stays() == [("hi", 10, 10, "1001", None)]


async def test_both_who_tell_it_at_once_make_one_stay(line: Line) -> None:
    for n in range(20):
        queue = ("hi", "en")[n % 2]
        await asyncio.gather(line.sent(queue, 10 * n), line.waits(queue, 10 * n + 0.3))
    stays = await line.stays()
    assert [one[1] for one in stays] == [10 * n for n in range(20)]
    assert [one[2] for one in stays] == [*(10 * n for n in range(1, 20)), None]


async def test_of_a_call_that_is_not_ours_nothing_is_written(line: Line) -> None:
    stranger = new_call().id
    async with line.pool.acquire() as conn:
        await store.set_waiting(conn, stranger, "hi", at(0))
        await store.set_agent_answered(conn, stranger, "1001", at(1))
        assert not await store.had_by(conn, stranger, "1001")
    for table in ("queue_stay", "agent_talk"):
        assert await line.pool.fetchval(f"select count(*) from {table}") == 0


@pytest.mark.parametrize(
    "wrong",
    [
        "insert into queue_stay values ($1, 'en', '2026-01-06Z')",  # waits in two
        "update queue_stay set moved_to = 'en'",  # and waits
        "update queue_stay set left_at = entered_at, moved_to = 'en', agent_id = '1'",
        "insert into agent_talk values ($1, '2', '2026-01-06Z')",  # two have the citizen
        "update agent_talk set ended_at = began_at - interval '1 second'",
    ],
)
async def test_what_cannot_be_is_refused_by_the_database(line: Line, wrong: str) -> None:
    await line.answered("1001", 0)
    await line.sent("hi", 1)
    await line.answered("1002", 2)
    await line.sent("en-2", 3)
    await line.pool.execute("insert into agent_talk values ($1, '3', $2)", line.id, at(4))
    with pytest.raises(asyncpg.IntegrityConstraintViolationError):
        await line.pool.execute(wrong, *([UUID(int=line.id.int)] if "$1" in wrong else []))
