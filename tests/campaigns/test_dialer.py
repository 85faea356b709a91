"""One dialer over a working network: when it dials, what follows, and what it never exceeds."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import cast
from uuid import UUID

import pytest

from calls.model import Outcome
from campaigns.dialer import Dialer
from campaigns.originator import OriginateReply
from campaigns.pacing import Limits
from campaigns.window import IST
from complaints.policy import Step
from db.ids import new_id
from db.pool import Pool
from tests.campaigns.fakes import SETTINGS, Centre, OutagePool


def number(n: int) -> str:
    return f"+9194150{n:05d}"


async def dialled_once(centre: Centre, phone: str) -> UUID:
    """The attempt of the one call that a tick places to `phone`."""
    before = len(centre.network.dialled)
    await centre.dialer().tick()
    [request] = centre.network.dialled[before:]
    assert request.number == phone
    return request.attempt_id


async def until(
    condition: Callable[[], bool], meanwhile: Callable[[], None] = lambda: None
) -> None:
    async with asyncio.timeout(20):
        while not condition():
            meanwhile()
            await asyncio.sleep(0.01)


async def inbound_call(centre: Centre) -> None:
    await centre.pool.execute(
        "insert into call (id, cell, direction, started_at) values ($1, 'cell-2', 'inbound', $2)",
        new_id(centre.clock()),
        centre.clock(),
    )


async def test_at_three_at_night_nothing_is_dialled_and_at_ten_it_is(centre: Centre) -> None:
    await centre.disposed(number(1))
    dialer = centre.dialer()
    centre.clock.time = datetime(2026, 3, 11, 3, 0, tzinfo=IST)
    await dialer.tick()
    assert centre.network.dialled == []
    assert await centre.attempts() == []

    centre.clock.advance(hours=7)
    await dialer.tick()
    assert centre.network.numbers() == [number(1)]


async def test_a_window_that_closes_after_the_attempt_was_written_is_still_kept(
    centre: Centre,
) -> None:
    at = centre.clock()  # one after the other: of equals, any may be dialled first
    complaints = [await centre.disposed(number(n), due=at + timedelta(seconds=n)) for n in range(3)]
    centre.clock.time = datetime(2026, 3, 10, 19, 59, 58, tzinfo=IST)
    centre.network.after = lambda: centre.clock.advance(seconds=3)  # of the first request
    report = await centre.dialer().tick()
    assert (report.accepted, report.withheld) == (1, 2)
    assert len(centre.network.dialled) == 1

    await centre.dialer().tick()
    held_back = [await centre.due(complaint) for complaint in complaints[1:]]
    assert {row["next_attempt_at"] for row in held_back} == {
        datetime(2026, 3, 11, 9, 0, tzinfo=IST)
    }
    assert {row["attempts_made"] for row in held_back} == {0}


async def test_behind_a_slow_request_the_others_are_held_back_rather_than_sent_late(
    centre: Centre,
) -> None:
    for n in range(3):
        await centre.disposed(number(n))
    centre.network.after = lambda: centre.clock.advance(seconds=11)
    assert (await centre.dialer().tick()).withheld == 2
    assert len(centre.network.dialled) == 1
    centre.network.after = lambda: None
    await centre.dialer().tick()
    centre.clock.advance(minutes=2)
    await centre.dialer().tick()
    assert sorted(centre.network.numbers()) == [number(0), number(1), number(2)]


async def test_what_is_not_due_yet_is_not_dialled(centre: Centre) -> None:
    await centre.disposed(number(1), due=centre.clock() + timedelta(minutes=15))
    await centre.dialer().tick()
    assert centre.network.dialled == []
    centre.clock.advance(minutes=15)
    await centre.dialer().tick()
    assert centre.network.numbers() == [number(1)]


async def test_the_request_carries_what_asterisk_needs(centre: Centre) -> None:
    await centre.disposed(number(1))
    await centre.dialer().tick()
    [request] = centre.network.dialled
    [attempt] = await centre.attempts()
    assert request.attempt_id == attempt["id"]
    assert (request.cell, request.caller_id) == ("cell-1", "1600111076")
    call = await centre.pool.fetchrow("select * from call where id = $1", request.attempt_id)
    assert call is not None
    assert (call["direction"], call["citizen_number"]) == ("outbound", number(1))


async def test_no_answer_comes_again_by_the_schedule_and_then_an_agent_is_to_call(
    centre: Centre,
) -> None:
    complaint = await centre.disposed(number(1))
    for made in range(1, 5):
        attempt = await dialled_once(centre, number(1))
        centre.clock.advance(seconds=45)
        await centre.ends(attempt, Outcome.NO_ANSWER)
        await centre.dialer().tick()
        due = await centre.due(complaint)
        assert due["attempts_made"] == made
        if made == 1:
            assert due["next_attempt_at"] == centre.clock() + timedelta(hours=1)
        if made < 4:
            assert due["done_at"] is None
            centre.clock.time = due["next_attempt_at"]
    assert (due["state"], due["step"]) == ("awaiting_feedback", "agent_call")
    centre.clock.advance(days=1)
    await centre.dialer().tick()
    assert len(centre.network.dialled) == 4


async def test_congestion_is_tried_again_and_does_not_count_against_the_citizen(
    centre: Centre,
) -> None:
    complaint = await centre.disposed(number(1))
    for _ in range(6):
        attempt = await dialled_once(centre, number(1))
        await centre.ends(attempt, Outcome.CONGESTION)
        await centre.dialer().tick()
        due = await centre.due(complaint)
        assert (due["attempts_made"], due["state"]) == (0, "awaiting_feedback")
        centre.clock.time = due["next_attempt_at"]


@pytest.mark.parametrize(("category", "step"), [("handpump", Step.AGENT_CALL), ("road", "calls")])
async def test_a_category_may_have_its_own_number_of_attempts(
    centre: Centre, category: str, step: str
) -> None:
    complaint = await centre.disposed(number(1))
    once = replace(SETTINGS.policy, by_category={category: {"feedback_attempts": 1}})
    await centre.dialer(policy=once).tick()
    [asked] = centre.network.dialled
    await centre.ends(asked.attempt_id, Outcome.NO_ANSWER)
    await centre.dialer(policy=once).tick()
    assert (await centre.due(complaint))["step"] == step


async def test_a_refused_request_is_retried_as_a_new_attempt(centre: Centre) -> None:
    complaint = await centre.disposed(number(1))
    centre.network.reply = OriginateReply.REFUSED
    assert (await centre.dialer().tick()).refused == 1
    centre.network.reply = OriginateReply.ACCEPTED
    await centre.dialer().tick()
    assert centre.network.dialled == []
    centre.clock.advance(minutes=2)
    await dialled_once(centre, number(1))
    outcomes = [(row["attempt_no"], row["outcome"]) for row in await centre.attempts(complaint)]
    assert outcomes == [(1, Outcome.FAILED), (2, None)]


async def test_a_given_answer_ends_the_calling(centre: Centre) -> None:
    complaint = await centre.disposed(number(1))
    attempt = await dialled_once(centre, number(1))
    await centre.judged(complaint)
    await centre.ends(attempt, Outcome.FEEDBACK_GIVEN)
    assert (await centre.dialer().tick()).settled == 1
    centre.clock.advance(days=2)
    await centre.dialer().tick()
    assert len(centre.network.dialled) == 1


async def test_an_answer_that_was_recorded_stands_though_the_citizen_then_hung_up(
    centre: Centre,
) -> None:
    complaint = await centre.disposed(number(1))
    attempt = await dialled_once(centre, number(1))
    await centre.judged(complaint)
    before = await centre.due(complaint)
    await centre.ends(attempt, Outcome.FEEDBACK_HUNG_UP)
    assert (await centre.dialer().tick()).settled == 1
    assert await centre.due(complaint) == before  # neither counted, nor postponed, nor given up
    centre.clock.advance(days=2)
    await centre.dialer().tick()
    assert len(centre.network.dialled) == 1


async def test_an_answer_that_was_given_but_not_recorded_is_asked_again(centre: Centre) -> None:
    complaint = await centre.disposed(number(1))
    attempt = await dialled_once(centre, number(1))
    await centre.pool.execute(
        "update call set answered_at = $2 where id = $1", attempt, centre.clock()
    )
    await centre.ends(attempt, Outcome.FEEDBACK_GIVEN)
    await centre.dialer().tick()
    due = await centre.due(complaint)
    assert due["next_attempt_at"] == centre.clock() + timedelta(hours=1)
    centre.clock.advance(hours=1)
    await dialled_once(centre, number(1))


async def test_one_phone_with_two_complaints_rings_once_at_a_time(centre: Centre) -> None:
    for serial in (1, 2):
        await centre.disposed(number(1), serial)
    await centre.disposed(number(2))
    dialer = centre.dialer()
    await dialer.tick()
    assert sorted(centre.network.numbers()) == [number(1), number(2)]
    centre.clock.advance(minutes=1)
    await dialer.tick()
    assert len(centre.network.dialled) == 2

    await centre.ends((await centre.attempts())[0]["id"], Outcome.NO_ANSWER)
    centre.clock.advance(minutes=1)
    await dialer.tick()
    assert centre.network.numbers().count(number(1)) == 2


async def test_whom_we_call_back_now_is_not_asked_meanwhile(centre: Centre) -> None:
    await centre.disposed(number(1))
    call = new_id(centre.clock())
    for statement in (
        "insert into call (id, cell, direction, citizen_number, started_at, ended_at, outcome)"
        " values ($1, 'cell-1', 'inbound', $2, $3, $3, 'no_agent')",
        "insert into callback (call_id, number, reason, requested_at)"
        " values ($1, $2, 'no_agent', $3)",
        "insert into callback_attempt (id, left_call, number, cell, written_at)"
        " values ($1, $1, $2, 'cell-1', $3)",
    ):
        await centre.pool.execute(statement, call, number(1), centre.clock())
    await centre.dialer().tick()
    assert centre.network.dialled == []
    await centre.pool.execute("update callback_attempt set settled_at = $1", centre.clock())
    await centre.dialer().tick()
    assert len(centre.network.dialled) == 1


async def test_who_talks_with_us_is_not_rung_in_the_midst_of_it(centre: Centre) -> None:
    complaint = await centre.disposed(number(1))
    call = new_id(centre.clock())
    await centre.pool.execute(
        "insert into call (id, cell, direction, citizen_number, started_at)"
        " values ($1, 'cell-9', 'inbound', $2, $3)",
        *(call, number(1), centre.clock()),
    )
    await centre.dialer().tick()
    assert (await centre.attempts(), centre.network.dialled) == ([], [])
    await centre.ends(call, Outcome.AGENT_ANSWERED)
    await centre.dialer().tick()
    assert centre.network.numbers() == [number(1)]
    assert (await centre.due(complaint))["attempts_made"] == 0


async def test_a_number_abroad_is_not_dialled_but_left_to_an_agent(centre: Centre) -> None:
    abroad, at_home = await centre.disposed("+25261234567"), await centre.disposed(number(1))
    await centre.dialer(called=("+91",)).tick()
    assert centre.network.numbers() == [number(1)]
    assert (await centre.due(abroad))["step"] == Step.AGENT_CALL
    assert (await centre.due(at_home))["step"] == "calls"
    assert await centre.attempts(abroad) == []


async def test_a_busy_phone_with_many_complaints_does_not_hold_up_the_others(
    centre: Centre,
) -> None:
    for serial in range(1, 6):
        await centre.disposed(number(1), serial)
    centre.clock.advance(seconds=1)
    await centre.disposed(number(2))
    dialer = centre.dialer(limits=Limits(10, 2, 0, 10))
    for _ in range(5):
        await dialer.tick()
        centre.clock.advance(seconds=1)
    assert sorted(centre.network.numbers()) == [number(1), number(2)]


async def test_calls_at_once_stay_under_the_channels_of_the_campaign(centre: Centre) -> None:
    for n in range(12):
        await centre.disposed(number(n))
    dialer = centre.dialer(limits=Limits(5, 100, 0, 100))
    for _ in range(3):
        await dialer.tick()
        centre.clock.advance(seconds=1)
    assert len(centre.network.dialled) == 5
    for attempt in await centre.attempts():
        await centre.ends(attempt["id"], Outcome.NO_ANSWER)
    await dialer.tick()
    assert len(centre.network.dialled) == 10


async def test_calls_a_second_stay_under_the_rate(centre: Centre) -> None:
    for n in range(12):
        await centre.disposed(number(n))
    dialer = centre.dialer(limits=Limits(100, 2, 0, 100))
    seen = []
    for _ in range(4):
        await dialer.tick()
        await dialer.tick()
        seen.append(len(centre.network.dialled))
        centre.clock.advance(seconds=1)
    assert seen == [2, 4, 6, 8]


async def test_inbound_calls_of_any_cell_push_the_dialer_back(centre: Centre) -> None:
    for n in range(12):
        await centre.disposed(number(n))
    for _ in range(4):
        await inbound_call(centre)
    await centre.dialer(limits=Limits(100, 100, 3, 10)).tick()
    assert len(centre.network.dialled) == 3


async def test_an_unready_link_is_not_asked_and_nothing_is_written(centre: Centre) -> None:
    await centre.disposed(number(1))
    centre.network.linked = False
    await centre.dialer().tick()
    assert await centre.attempts() == []


async def test_no_connection_is_held_while_a_call_is_requested(centre: Centre) -> None:
    await centre.disposed(number(1))
    idle = list[int]()
    centre.network.before = lambda: idle.append(
        centre.pool.get_size() - centre.pool.get_idle_size()
    )
    await centre.dialer().tick()
    assert idle == [0]


async def test_one_attempt_that_cannot_be_settled_does_not_hold_up_the_others(
    centre: Centre,
) -> None:
    for n in range(2):
        await centre.disposed(number(n))
    await centre.dialer().tick()
    first, second = await centre.attempts()
    await centre.ends(first["id"], Outcome.NO_ANSWER)
    await centre.ends(second["id"], Outcome.NO_ANSWER)
    # A defect of the data: the policy's next step cannot be stored for the first complaint.
    await centre.pool.execute(
        f"alter table feedback_due add constraint broken check"
        f" (complaint_id <> '{first['complaint_id']}' or attempts_made = 0)"
    )
    try:
        assert (await centre.dialer().tick()).settled == 1
    finally:
        await centre.pool.execute("alter table feedback_due drop constraint broken")
    assert (await centre.dialer().tick()).settled == 1


async def test_a_woken_dialer_does_not_wait_for_its_interval(centre: Centre) -> None:
    dialer = centre.dialer()
    running = asyncio.create_task(dialer.run(interval=3600), name="dialer")
    try:
        # The first round finds nothing due; the second comes only by being woken.
        await until(lambda: centre.network.asked > 0)
        await centre.disposed(number(1))
        await until(lambda: bool(centre.network.dialled), meanwhile=dialer.wake)
    finally:
        running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running


async def test_a_clock_that_is_not_sound_draws_no_consequence(centre: Centre) -> None:
    complaint = await centre.disposed(number(1))
    await centre.dialer().tick()
    [attempt] = await centre.attempts()
    await centre.ends(attempt["id"], Outcome.NO_ANSWER)
    before, asked = await centre.due(complaint), asyncio.Event()
    centre.clock.advance(days=400)

    def unsound() -> bool:
        asked.set()
        return False

    dialer = Dialer(centre.pool, centre.network, centre.clock, SETTINGS, unsound)
    running = asyncio.create_task(dialer.run(0.01))
    try:
        async with asyncio.timeout(20):
            await asked.wait()
            asked.clear()
            await asked.wait()  # a whole round later
        assert await centre.due(complaint) == before
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


async def test_a_dialer_outlives_an_absent_database(centre: Centre) -> None:
    line = OutagePool(centre.pool, away=True)
    dialer = Dialer(cast("Pool", line), centre.network, centre.clock, SETTINGS)
    await centre.disposed(number(1))
    running = asyncio.create_task(dialer.run(interval=0.01), name="dialer")
    try:
        await until(lambda: line.refused > 3)
        assert not running.done()
        line.away = False
        await until(lambda: bool(centre.network.dialled))
    finally:
        running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
