from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest

from complaints import store
from complaints.calendar import Counting
from complaints.deadlines import Clock
from complaints.errors import UnknownComplaintError
from complaints.feedback import Answer, give_up
from complaints.lifecycle import AwaitingFeedback, ClosedSatisfied, Unverified, WithOfficer
from complaints.policy import UP_1076
from complaints.registration import Registered
from tests.complaints.moves import energy_has_officers, returned, sorted_to, withdrawn
from tests.complaints.world import World


async def held(world: World, registered: Registered) -> object:
    async with store.transaction(world.pool) as conn:
        complaint = await store.hold(conn, registered.number)
        assert complaint == await store.hold_by_id(conn, registered.complaint_id)
    return complaint.state


async def test_each_state_is_read_as_it_was_written(world: World) -> None:
    registered = await world.register()
    clock = Clock(
        policy="up-1076",
        counting=Counting.CALENDAR_DAYS,
        since=world.now,
        days=7,
        due_at=registered.due_at,
        running_since=world.now,
        left_then=timedelta(days=7),
        remind_at=world.now + timedelta(days=5.6),
    )
    with_officer = WithOfficer(level=1, post="L1-MAH", clock=clock)
    assert await held(world, registered) == with_officer
    attempt = await world.disposed_and_called(registered.number)
    awaiting = AwaitingFeedback(level=1, post="L1-MAH", disposals=1)
    assert await held(world, registered) == awaiting
    await world.answer(attempt, Answer(satisfied=True))
    closed = ClosedSatisfied(
        level=1, post="L1-MAH", disposals=1, attempt_id=attempt, ended_at=world.now
    )
    assert await held(world, registered) == closed


async def test_an_unverified_end_is_read_with_its_reason(world: World) -> None:
    registered = await world.register()
    await world.dispose(registered.number)
    async with store.transaction(world.pool) as conn:
        await give_up(
            conn,
            registered.complaint_id,
            1,
            world.now,
            policy=replace(UP_1076, after_attempts=()),
            reason="invalid number",
        )
    unverified = Unverified(
        level=1, post="L1-MAH", disposals=1, reason="invalid number", ended_at=world.now
    )
    assert await held(world, registered) == unverified


async def test_what_does_not_exist_cannot_be_held(world: World) -> None:
    async with store.transaction(world.pool) as conn:
        with pytest.raises(UnknownComplaintError):
            await store.hold_by_id(conn, UUID(int=0))


async def test_who_waited_for_the_row_sees_what_the_other_wrote_beside_it(world: World) -> None:
    """A withdrawal's evidence stands in a row of its own: it is as new as the complaint's."""
    registered = await world.register()
    calls = [await world.call(), await world.call()]
    done = await world.at_once(
        registered.complaint_id, *(withdrawn(world, registered.number, call) for call in calls)
    )
    assert sorted(type(one).__name__ for one in done) == ["AlreadyEndedError", "NoneType"]


async def test_who_waited_while_it_was_mapped_anew_still_finds_it(world: World) -> None:
    await energy_has_officers(world)
    registered = await world.register()
    await returned(world, registered.number)
    done = await world.at_once(
        registered.complaint_id,
        *(sorted_to(world, registered.number, category="power-cut") for _ in range(2)),
    )
    assert sorted(type(one).__name__ for one in done) == ["NotNowError", "WithOfficer"]
