"""A carrier that refuses every call: nobody is given up, the dialer pauses, a ring ends that."""

from datetime import timedelta
from uuid import UUID

import asyncpg
import pytest

from calls.model import Outcome
from campaigns.pacing import Limits
from db.ids import new_id
from db.pool import Pool
from tests.campaigns.fakes import Centre
from tests.campaigns.test_callbacks import WIDE, House

THREE = Limits(max_channels=9, calls_per_second=3, inbound_reserve=0, trunk_channels=100)


def number(n: int) -> str:
    return f"+9194150{n:05d}"


async def all_end(centre: Centre, outcome: Outcome) -> int:
    """Whoever is being called; how many they were."""
    live = list(centre.network.live)
    for attempt in live:
        await centre.ends(attempt, outcome)
    return len(live)


async def standing(pool: Pool) -> list[asyncpg.Record]:
    return await pool.fetch("select * from trunk_refusal where ended_at is null")


@pytest.mark.parametrize("outcome", [Outcome.INVALID_NUMBER, Outcome.REJECTED])
async def test_twenty_numbers_that_are_all_refused_are_the_trunks_fault_and_one_that_rings_ends_it(
    centre: Centre, outcome: Outcome
) -> None:
    complaints = [await centre.disposed(number(n)) for n in range(20)]
    await centre.dialer().tick()
    assert await all_end(centre, outcome) == 20
    centre.clock.advance(seconds=5)
    await centre.dialer().tick()
    for complaint in complaints:
        due = await centre.due(complaint)
        assert (due["attempts_made"], due["step"], due["done_at"]) == (0, "calls", None)
        assert due["next_attempt_at"] == centre.clock() + timedelta(minutes=2)
    rows = await centre.attempts()
    assert {(row["outcome"], row["settled_at"]) for row in rows} == {
        (Outcome.CONGESTION, centre.clock())
    }
    assert len(await standing(centre.pool)) == 1

    centre.clock.advance(minutes=1)
    for n in range(20, 25):
        await centre.disposed(number(n))
    assert (await centre.dialer().tick()).accepted == 0
    centre.clock.advance(minutes=1)
    assert [(await centre.dialer().tick()).accepted for _ in range(3)] == [1, 0, 0]
    assert await all_end(centre, outcome) == 1
    assert (await centre.dialer().tick()).settled == 1
    assert len(await standing(centre.pool)) == 1

    centre.clock.advance(minutes=2)
    assert (await centre.dialer().tick()).accepted == 1
    assert await all_end(centre, Outcome.NO_ANSWER) == 1
    assert (await centre.dialer().tick()).accepted > 20
    assert await standing(centre.pool) == []


async def test_one_after_the_other_they_are_refused_and_none_is_settled_before_it_is_known(
    centre: Centre,
) -> None:
    """With what rang when the trunk was lost, and ends among them."""
    for n in range(30):
        await centre.disposed(number(n))
    rang: list[UUID] = []
    for _ in range(30):
        centre.network.live.difference_update(rang)
        await centre.dialer(limits=THREE).tick()
        if not rang:
            rang = list(centre.network.live)
            continue
        await all_end(centre, Outcome.INVALID_NUMBER)
        centre.clock.advance(seconds=1.6)
    assert 13 <= len(centre.network.dialled) <= 16
    for attempt in rang:
        await centre.ends(attempt, Outcome.NO_ANSWER)
    await centre.dialer(limits=THREE).tick()
    steps = await centre.pool.fetch("select step, attempts_made from feedback_due")
    assert {row["step"] for row in steps} == {"calls"}
    assert sum(row["attempts_made"] for row in steps) == len(rang)
    assert len(await standing(centre.pool)) == 1


async def test_a_number_that_alone_is_refused_is_given_up_when_the_next_call_came_through(
    centre: Centre,
) -> None:
    bad = await centre.disposed(number(1))
    await centre.dialer().tick()
    await all_end(centre, Outcome.INVALID_NUMBER)
    centre.clock.advance(seconds=1)
    await centre.disposed(number(2))
    await centre.dialer().tick()
    assert (await centre.due(bad))["step"] == "calls"
    await all_end(centre, Outcome.NO_ANSWER)
    await centre.dialer().tick()
    assert (await centre.due(bad))["step"] == "agent_call"


async def test_where_nobody_else_is_called_a_refused_number_waits_two_minutes(
    centre: Centre,
) -> None:
    bad = await centre.disposed(number(1))
    await centre.dialer().tick()
    await all_end(centre, Outcome.INVALID_NUMBER)
    for seconds, step in ((1, "calls"), (118, "calls"), (1, "agent_call")):
        centre.clock.advance(seconds=seconds)
        await centre.dialer().tick()
        assert (await centre.due(bad))["step"] == step


async def test_a_call_that_is_answered_ends_it_before_it_is_over(centre: Centre) -> None:
    for n in range(12):
        await centre.disposed(number(n))
    await centre.dialer().tick()
    await all_end(centre, Outcome.REJECTED)
    await centre.dialer().tick()
    centre.clock.advance(minutes=2)
    assert (await centre.dialer().tick()).accepted == 1
    [talks] = centre.network.live
    await centre.pool.execute(
        "update call set answered_at = $2 where id = $1", talks, centre.clock()
    )
    assert (await centre.dialer().tick()).accepted == 11


async def test_another_cells_dialer_settles_by_what_that_cells_trunk_did(centre: Centre) -> None:
    for n in range(12):
        await centre.disposed(number(n))
    await centre.dialer(cell="cell-2").tick()
    await all_end(centre, Outcome.INVALID_NUMBER)
    assert (await centre.dialer().tick()).settled == 12
    assert [row["cell"] for row in await standing(centre.pool)] == ["cell-2"]
    await centre.disposed(number(50))
    assert (await centre.dialer().tick()).accepted == 1, "its own trunk is well"


async def test_a_promise_outlives_a_trunk_that_refuses_everything(pool: Pool) -> None:
    house = House(pool)
    for n in range(12):
        await house.promised(number(n))
        await house.agent(f"{2000 + n}")
    carrier = house.carrier(limits=WIDE)
    assert await carrier.tick() == 12
    for call_id in house.network.ids:
        await house.ends(call_id, Outcome.INVALID_NUMBER)
    assert await carrier.tick() == 0
    owed = await pool.fetch("select attempts, result from callback")
    assert {tuple(row) for row in owed} == {(0, None)}
    house.clock.advance(minutes=6)
    assert [await carrier.tick() for _ in range(2)] == [1, 0]
    await house.ends(house.network.ids[-1], Outcome.NO_ANSWER)
    assert await carrier.tick() == 11


async def test_an_agents_click_while_the_trunk_refuses_breaks_no_promise(pool: Pool) -> None:
    house = House(pool)
    left = await house.promised(number(1))
    await house.agent()
    at = house.clock()
    click = new_id(at)
    await pool.execute(
        "insert into call (id, cell, direction, citizen_number, started_at)"
        " values ($1, 'cell-1', 'outbound', $2, $3)",
        *(click, number(1), at),
    )
    await pool.execute(
        "insert into callback_attempt (id, left_call, number, cell, written_at, requested_at,"
        " agent_id, key) values ($1, $2, $3, 'cell-1', $4, $4, '1001', $1)",
        *(click, left, number(1), at),
    )
    await pool.execute(
        "insert into trunk_refusal (cell, began_at, seen_at, probed_at)"
        " values ('cell-1', $1, $1, $1)",
        at - timedelta(minutes=1),
    )
    await house.ends(click, Outcome.INVALID_NUMBER)
    await house.carrier().tick()
    assert await house.left() == [number(1)]
