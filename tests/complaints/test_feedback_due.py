import asyncio
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest

from calls.model import Outcome
from complaints import feedback
from complaints.errors import InvalidInputError
from complaints.feedback import Answer, DueFeedback
from complaints.policy import UP_1076
from complaints.registration import Registered
from tests.complaints.world import CITIZEN, World


async def disposed(world: World, count: int) -> list[Registered]:
    """Complaints whose citizens are to be asked, oldest first; the first call is due."""
    made = []
    for n in range(count):
        made.append(await world.register(world.form(citizen_name=f"नागरिक {n}")))
        world.later(seconds=1)
        await world.dispose(made[-1].number)
    world.later(hours=1)
    return made


async def claim(world: World, limit: int = 100) -> list[DueFeedback]:
    async with world.pool.acquire() as conn, conn.transaction():
        return await feedback.claim_due(conn, world.now, limit)


async def test_a_claim_names_whom_to_call_about_what(world: World) -> None:
    [one] = await disposed(world, 1)
    assert await claim(world) == [DueFeedback(one.complaint_id, CITIZEN, 1, 0, one.number)]


async def test_the_longest_due_are_claimed_first(world: World) -> None:
    made = await disposed(world, 4)
    assert [due.complaint_number for due in await claim(world, 2)] == [m.number for m in made[:2]]
    assert [due.complaint_number for due in await claim(world, 2)] == [m.number for m in made[2:]]


async def test_nobody_is_claimed_before_the_time(world: World) -> None:
    registered = await world.register()
    await world.dispose(registered.number)
    assert await claim(world) == []


async def test_what_one_dialer_holds_another_does_not_get(world: World) -> None:
    await disposed(world, 4)
    async with world.pool.acquire() as a, world.pool.acquire() as b, a.transaction():
        first = await feedback.claim_due(a, world.now, 2)
        async with b.transaction():
            second = await feedback.claim_due(b, world.now, 4)
    assert len(first) == len(second) == 2
    assert not {due.complaint_id for due in first} & {due.complaint_id for due in second}


async def test_racing_dialers_claim_each_citizen_once(world: World) -> None:
    world.policy = replace(UP_1076, registrations_per_month=None)
    made = await disposed(world, 12)
    claims = await asyncio.gather(*(claim(world, 3) for _ in range(10)))
    claimed = [due.complaint_id for some in claims for due in some]
    assert len(claimed) == len(set(claimed))
    claimed += [due.complaint_id for due in await claim(world)]
    assert sorted(claimed) == sorted(one.complaint_id for one in made)


async def test_a_claim_that_came_to_nothing_is_due_again(world: World) -> None:
    await disposed(world, 1)
    assert len(await claim(world)) == 1
    assert await claim(world) == []
    world.later(minutes=1)
    assert len(await claim(world)) == 1


async def test_a_citizen_with_an_open_attempt_is_not_claimed(world: World) -> None:
    [one] = await disposed(world, 1)
    attempt = await world.attempt(one.complaint_id, 1, settled=False)
    assert await claim(world) == []
    await world.hung_up(attempt, Outcome.NO_ANSWER)
    assert await claim(world) == []
    await world.pool.execute("update attempt set settled_at = $2 where id = $1", attempt, world.now)
    assert len(await claim(world)) == 1


async def test_attempts_are_counted_and_postponed(world: World) -> None:
    [one] = await disposed(world, 1)
    async with world.pool.acquire() as conn:
        assert await feedback.count_attempt(conn, one.complaint_id, 1) == 1
        until = world.now + timedelta(hours=1)
        assert await feedback.postpone(conn, one.complaint_id, 1, until)
    assert await claim(world) == []
    world.later(hours=1)
    [due] = await claim(world)
    assert due.attempts_made == 1


async def test_the_judged_are_neither_claimed_nor_postponed_nor_given_up(world: World) -> None:
    [one] = await disposed(world, 1)
    await world.answer(await world.attempt(one.complaint_id, 1), Answer(satisfied=True))
    assert await claim(world) == []
    async with world.pool.acquire() as conn, conn.transaction():
        assert not await feedback.postpone(conn, one.complaint_id, 1, world.now)
        assert not await feedback.give_up(conn, one.complaint_id, 1, world.now, policy=world.policy)
    assert (await world.complaint(one.complaint_id))["state"] == "closed_satisfied"


async def give_up(world: World, complaint_id: UUID, reason: str = "no answer, 3 times") -> bool:
    async with world.pool.acquire() as conn, conn.transaction():
        return await feedback.give_up(
            conn, complaint_id, 1, world.now, policy=world.policy, reason=reason
        )


async def test_attempts_used_up_end_unverified_never_satisfied(world: World) -> None:
    world.policy = replace(UP_1076, after_attempts=())
    [one] = await disposed(world, 1)
    assert await give_up(world, one.complaint_id)
    row = await world.complaint(one.complaint_id)
    assert (row["state"], row["unverified_reason"]) == ("unverified", "no answer, 3 times")
    assert await world.events(one.complaint_id) == ["registered", "disposed", "unverified"]
    [message] = await world.messages(one.complaint_id, "citizen_unverified")
    assert message["recipient"] == CITIZEN
    assert await claim(world) == []


async def test_giving_up_twice_goes_one_step_on(world: World) -> None:
    [one] = await disposed(world, 1)
    givers = (give_up(world, one.complaint_id) for _ in range(3))
    done = await world.at_once(one.complaint_id, *givers)
    assert sorted(map(str, done)) == ["False", "False", "True"]
    assert await world.events(one.complaint_id) == ["registered", "disposed", "agent_to_call"]


async def test_giving_up_says_why(world: World) -> None:
    [one] = await disposed(world, 1)
    with pytest.raises(InvalidInputError):
        await give_up(world, one.complaint_id, reason=" ")
