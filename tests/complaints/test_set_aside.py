"""What the clock cannot do to one complaint holds up no other, and is told."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any, cast
from uuid import UUID

import asyncpg
import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st

from complaints import batches, state_rows, store
from complaints.batches import Due, Work, carry_out_each, next_try
from complaints.escalation import escalate_overdue, remind
from complaints.followup import follow_up
from complaints.lifecycle import State
from complaints.pausing import end_long_pauses
from complaints.policy import UP_1076, FollowUp, Step
from complaints.set_aside import render_set_aside, set_aside, try_now
from db.pool import Connection
from helpline.deadlines import DeadlineSweep
from helpline.supervise import Backoff, Supervisor
from tests.complaints.bad_rows import with_its_due_entry, without_a_due_entry
from tests.complaints.use_cases import pausing_of
from tests.complaints.world import START, World, sign

BATCH = 5


@pytest.fixture
def bad(monkeypatch: pytest.MonkeyPatch) -> set[UUID]:
    """Complaints in it have a row that cannot be read."""
    found: set[UUID] = set()
    read = state_rows.state_of

    def state_of(row: asyncpg.Record) -> State:
        if row["id"] in found:
            raise ValueError("a state that the life cycle lacks")
        return read(row)

    monkeypatch.setattr(store, "state_of", state_of)
    return found


async def sweep(world: World) -> int:
    return await escalate_overdue(
        world.pool, policy=world.policy, now=world.now, signer=sign, limit=BATCH
    )


async def many(world: World, number: int) -> list[UUID]:
    """Registered one after the other."""
    world.policy = replace(world.policy, registrations_per_month=None)
    made = []
    for _ in range(number):
        world.later(microseconds=1)
        made.append((await world.register()).complaint_id)
    return made


async def levels(world: World, ids: Sequence[UUID]) -> list[int]:
    return [(await world.complaint(one))["level"] for one in ids]


async def test_more_bad_rows_than_a_batch_at_the_head_hold_up_nobody(
    world: World, bad: set[UUID]
) -> None:
    made = await many(world, 3 * BATCH + 2)
    bad.update(made[: 2 * BATCH + 1])
    world.later(days=8)
    taken = [await sweep(world) for _ in range(4)]  # no time passes
    assert taken == [BATCH, BATCH, BATCH, 2]  # nobody waits while there is a backlog
    assert await levels(world, made[2 * BATCH + 1 :]) == [2] * (BATCH + 1)
    assert {one.number for one in await set_aside(world.pool)} == {
        (await world.complaint(one))["number"] for one in bad
    }


async def test_a_bad_row_among_good_ones_takes_none_of_them_with_it(
    world: World, bad: set[UUID]
) -> None:
    made = await many(world, BATCH)
    bad.add(made[2])
    world.later(days=8)
    assert await sweep(world) == BATCH
    assert await levels(world, [one for one in made if one not in bad]) == [2] * (BATCH - 1)
    assert await sweep(world) == 0


async def test_it_is_tried_again_ever_later_and_moves_when_it_is_mended(
    world: World, bad: set[UUID]
) -> None:
    [one] = await many(world, 1)
    bad.add(one)
    world.later(days=8)
    for minutes in (1, 2, 4):
        assert await sweep(world) == 1
        world.later(minutes=minutes, microseconds=-1)
        assert await sweep(world) == 0
        world.later(microseconds=1)
    [told] = await set_aside(world.pool)
    assert (told.failures, told.work) == (3, Work.OVERDUE)
    assert told.first_at == world.now - timedelta(minutes=7)
    line = render_set_aside(told)
    assert "3 time(s)" in line
    assert "ValueError('a state that the life cycle lacks')" in line
    bad.clear()
    assert await sweep(world) == 1
    assert await levels(world, [one]) == [2]
    assert await set_aside(world.pool) == []
    assert await world.pool.fetchval("select count(*) from deadline_fault") == 0


async def test_an_operator_who_mended_it_need_not_wait(world: World, bad: set[UUID]) -> None:
    made = await many(world, 2)
    bad.update(made)
    world.later(days=8)
    await sweep(world)
    bad.clear()
    numbers = [(await world.complaint(one))["number"] for one in made]
    assert await try_now(world.pool, numbers[0], world.now) == 1
    assert await sweep(world) == 1
    assert await try_now(world.pool, None, world.now) == 1
    assert await sweep(world) == 1
    assert await levels(world, made) == [2, 2]


async def test_what_its_officer_did_meanwhile_ends_the_fault(world: World, bad: set[UUID]) -> None:
    """And its next deadline is not held up by the old one."""
    [one] = await many(world, 1)
    bad.add(one)
    world.later(days=8)
    assert await sweep(world) == 1
    bad.clear()
    await world.dissatisfied((await world.complaint(one))["number"])
    assert await set_aside(world.pool) == []
    due_at = (await world.complaint(one))["due_at"]
    await world.pool.execute("update deadline_fault set next_try_at = $1", due_at + timedelta(1))
    world.now = due_at
    assert await sweep(world) == 1
    assert await levels(world, [one]) == [2]


async def test_who_cannot_be_reminded_is_set_aside_and_the_others_are(world: World) -> None:
    made = await many(world, 3)
    await without_a_due_entry(world, made[0])
    world.later(days=6)
    assert await remind(world.pool, now=world.now) == 3
    told = await world.pool.fetch(
        "select complaint_id from notification where kind = 'officer_reminder'"
    )
    assert {row["complaint_id"] for row in told} == set(made[1:])
    assert await remind(world.pool, now=world.now) == 0
    [aside] = await set_aside(world.pool)
    assert (aside.work, "no entry of its history" in aside.error) == (Work.REMINDER, True)
    await with_its_due_entry(world)
    world.later(minutes=1)
    assert await remind(world.pool, now=world.now) == 1
    assert await set_aside(world.pool) == []


async def test_pauses_and_follow_ups_pass_over_a_bad_row_too(world: World, bad: set[UUID]) -> None:
    world.policy = replace(UP_1076, after_attempts=(FollowUp(Step.SMS, 1),))
    made = await many(world, 4)
    numbers = [(await world.complaint(one))["number"] for one in made]
    for number in numbers[:2]:
        await pausing_of(number)(world)
    for number in numbers[2:]:
        await world.dispose(number)
    await world.pool.execute(
        "update feedback_due set step = 'sms', step_until = $1", world.now + timedelta(days=1)
    )
    world.later(days=200)
    bad.update((made[0], made[2]))
    assert await end_long_pauses(world.pool, policy=world.policy, now=world.now) == 2
    assert await follow_up(world.pool, policy=world.policy, now=world.now) == 2
    states = [(await world.complaint(one))["state"] for one in made]
    assert states == ["paused", "with_officer", "awaiting_feedback", "unverified"]
    assert [one.work for one in await set_aside(world.pool)] == [Work.PAUSE, Work.FOLLOW_UP]


@pytest.mark.parametrize("broken", ["_escalate", "_remind", "_follow_up", "_end_pauses"])
async def test_a_kind_of_work_that_fails_altogether_stops_no_other(
    world: World, monkeypatch: pytest.MonkeyPatch, broken: str
) -> None:
    made = await many(world, 4)
    numbers = [(await world.complaint(one))["number"] for one in made]
    await pausing_of(numbers[1])(world)
    await world.dispose(numbers[2])
    await world.pool.execute(
        "update feedback_due set step = 'sms', step_until = $1", world.now + timedelta(days=1)
    )
    world.later(days=180)
    due = {"due_at": world.now, "remind_at": None}
    await world.pool.execute(
        "update complaint set due_at = $2 where id = $1", made[0], due["due_at"]
    )
    await world.pool.execute(
        "update complaint set due_at = $2, remind_at = $3 where id = $1",
        *(made[3], world.now + timedelta(days=1), world.now),
    )

    async def fail(_: object) -> int:
        raise ValueError("nothing of this kind can be done")

    monkeypatch.setattr(DeadlineSweep, broken, fail)
    sweep = DeadlineSweep(world.pool, world.policy, lambda: world.now, sign)
    services = Supervisor(Backoff(first=5.0))  # fails once: each traceback costs time
    for name, service in sweep.services.items():
        services.start(name, service)

    async def done() -> set[str]:
        moved = (await world.complaint(made[0]))["level"] == 2
        reminded = await world.messages(made[3], "officer_reminder")
        resumed = (await world.complaint(made[1]))["state"] == "with_officer"
        asked = (await world.complaint(made[2]))["state"] == "unverified"
        each = {"_escalate": moved, "_remind": reminded, "_end_pauses": resumed}
        return {name for name, so in (each | {"_follow_up": asked}).items() if so}

    others = {"_escalate", "_remind", "_follow_up", "_end_pauses"} - {broken}
    try:
        async with asyncio.timeout(60):
            while await done() != others:
                await asyncio.sleep(0.02)
    finally:
        await services.stop()


def _drop(*_: Any) -> Any:
    raise structlog.DropEvent  # hundreds of tracebacks that are meant to be


class _Savepoints:
    """Stands in for a connection: what is done in a savepoint that fails is undone."""

    def __init__(self) -> None:
        self.done: list[UUID] = []
        self.savepoints = 0

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[None]:
        self.savepoints += 1
        before = list(self.done)
        try:
            yield
        except Exception:
            self.done = before
            raise


@given(st.lists(st.booleans(), max_size=200))
def test_whichever_rows_are_bad_each_other_is_carried_out_once(are_bad: list[bool]) -> None:
    due = [Due(UUID(int=n), START) for n in range(len(are_bad))]
    bad = [one for one, is_bad in zip(due, are_bad, strict=True) if is_bad]
    conn = _Savepoints()
    aside: list[Due] = []

    async def carry_out(some: Sequence[Due]) -> None:
        for one in some:
            if one in bad:
                raise KeyError(one)
            conn.done.append(one.complaint_id)

    async def keep(
        _: object, __: object, failed: Sequence[tuple[Due, Exception]], *_x: Any
    ) -> None:
        aside.extend(one for one, _ in failed)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(batches, "_set_aside", keep)
        patched.setattr(batches, "_log", structlog.wrap_logger(None, processors=[_drop]))
        work = carry_out_each(cast(Connection, conn), Work.OVERDUE, due, carry_out, START)
        assert asyncio.run(work) == len(due) - len(bad)
    assert conn.done == [one.complaint_id for one in due if one not in bad]
    assert aside == bad
    assert conn.savepoints <= max(1, 2 * len(due))


@given(st.integers(1, 1000))
def test_the_wait_grows_to_an_hour(failures: int) -> None:
    wait = next_try(failures, START) - START
    assert timedelta(minutes=1) <= wait <= timedelta(hours=1)
    assert next_try(failures + 1, START) - START >= wait
