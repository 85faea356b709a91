import asyncio
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from complaints import texts
from complaints.calendar import Counting
from complaints.errors import AlreadyEndedError, NotAllowedError, NotNowError, WrongPostError
from complaints.escalation import escalate_overdue, remind
from complaints.feedback import Answer
from complaints.lifecycle import PauseReason
from complaints.pausing import end_long_pauses, pause, resume
from complaints.policy import UP_1076
from tests.complaints.moves import decided, energy_has_officers, returned, transferred
from tests.complaints.world import CITIZEN, World, sign

WAITING = PauseReason.WAITING_FOR_CITIZEN


async def paused(
    world: World, number: str, reason: PauseReason = WAITING, post: str = "L1-MAH"
) -> None:
    await pause(
        world.pool,
        number,
        reason=reason,
        text="खसरा संख्या बताएं",
        post=post,
        actor=f"officer:{post}",
        policy=world.policy,
        now=world.now,
    )


async def resumed(world: World, number: str, post: str = "L1-MAH") -> object:
    return await resume(
        world.pool,
        number,
        text="मिल गई",
        post=post,
        actor=f"officer:{post}",
        policy=world.policy,
        now=world.now,
    )


async def test_while_it_is_paused_nothing_is_due(world: World) -> None:
    registered = await world.register()
    world.later(days=5)
    await paused(world, registered.number, PauseReason.COURT_STAY)
    world.later(days=100)
    assert await escalate_overdue(
        world.pool, policy=world.policy, now=world.now, signer=sign
    ) == await remind(world.pool, now=world.now)
    row = await world.complaint(registered.complaint_id)
    assert (row["state"], row["due_at"], row["remaining"], row["remind_in"]) == (
        "paused",
        None,
        timedelta(days=2),
        timedelta(days=0.6),
    )
    [message] = await world.messages(registered.complaint_id, "citizen_paused")
    assert "न्यायालय के स्थगन" in message["body"]


async def test_resumed_it_is_due_after_what_was_left_and_the_history_says_so(
    world: World,
) -> None:
    registered = await world.register()
    world.later(days=5)
    await paused(world, registered.number, PauseReason.COURT_STAY)
    world.later(days=10)
    due = world.now + timedelta(days=2)
    assert await resumed(world, registered.number) == due
    [citizen] = await world.messages(registered.complaint_id, "citizen_resumed")
    assert (citizen["recipient"], texts.clock(due) in citizen["body"]) == (CITIZEN, True)
    row = await world.complaint(registered.complaint_id)
    assert (row["state"], row["due_at"], row["due_paused"]) == (
        "with_officer",
        due,
        timedelta(days=10),
    )
    entries = await world.pool.fetch("select * from complaint_history order by seq")
    assert [(one["event"], one["reason"], one["basis"]) for one in entries] == [
        ("registered", "", "up-1076: 7 calendar days"),
        ("paused", "court_stay: खसरा संख्या बताएं", ""),
        ("resumed", "मिल गई", "up-1076: 7 calendar days, paused for 10 days, 0:00:00"),
    ]
    assert entries[2]["due_at"] == due
    world.later(days=2)
    assert await escalate_overdue(world.pool, policy=world.policy, now=world.now, signer=sign) == 1


async def test_who_was_reminded_before_a_pause_is_not_reminded_after_it(world: World) -> None:
    registered = await world.register()
    world.later(days=6)
    assert await remind(world.pool, now=world.now) == 1
    await paused(world, registered.number)
    world.later(days=3)
    await resumed(world, registered.number)
    world.later(hours=23)
    assert await remind(world.pool, now=world.now) == 0


async def test_what_is_paused_can_be_disposed_of(world: World) -> None:
    registered = await world.register()
    await paused(world, registered.number)
    assert (await world.dispose(registered.number)).disposal_no == 1
    assert (await world.complaint(registered.complaint_id))["pause_reason"] is None


async def test_a_late_officer_cannot_stop_the_clock(world: World) -> None:
    registered = await world.register()
    world.later(days=7)
    with pytest.raises(NotAllowedError, match="time is over"):
        await paused(world, registered.number)


async def test_only_what_runs_is_paused_and_only_what_stands_is_resumed(world: World) -> None:
    registered = await world.register()
    with pytest.raises(NotNowError, match="is with officer: it cannot be resumed"):
        await resumed(world, registered.number)
    await world.answer(await world.disposed_and_called(registered.number), Answer(satisfied=True))
    with pytest.raises(AlreadyEndedError):
        await paused(world, registered.number)


async def test_only_who_has_it_stops_and_starts_the_clock(world: World) -> None:
    registered = await world.register()
    with pytest.raises(WrongPostError, match="for L1-MAH to do, not for L2-LAL"):
        await paused(world, registered.number, post="L2-LAL")
    await paused(world, registered.number)
    with pytest.raises(WrongPostError):
        await resumed(world, registered.number, post="L2-LAL")


@pytest.mark.parametrize(("reason", "days"), [(WAITING, 15), (PauseReason.COURT_STAY, 180)])
async def test_a_pause_that_nobody_ends_goes_on_by_itself_once(
    world: World, reason: PauseReason, days: int
) -> None:
    registered = await world.register()
    world.later(days=5)
    await paused(world, registered.number, reason)
    began = world.now
    world.later(days=days, seconds=-1)
    assert await ended_pauses(world) == 0
    world.later(seconds=1)
    assert sorted(await asyncio.gather(*(ended_pauses(world) for _ in range(3)))) == [0, 0, 1]
    row = await world.complaint(registered.complaint_id)
    assert (row["state"], row["due_at"]) == ("with_officer", world.now + timedelta(days=2))
    entry = await world.pool.fetchrow("select * from complaint_history order by seq desc limit 1")
    assert entry is not None
    until = (began + timedelta(days=days)).isoformat()
    assert (entry["event"], entry["actor"], entry["due_at"]) == ("resumed", "clock", row["due_at"])
    assert entry["reason"] == f"{reason}: longest pause, until {until}"
    [message] = await world.messages(registered.complaint_id, "officer_resumed")
    assert message["recipient"] == "+919415000001"
    [citizen] = await world.messages(registered.complaint_id, "citizen_resumed")
    assert (citizen["recipient"], texts.clock(row["due_at"]) in citizen["body"]) == (CITIZEN, True)


async def test_the_longest_pause_is_the_policys(world: World) -> None:
    world.policy = replace(UP_1076, by_category={"handpump": {"longest_wait_days": 1}})
    registered = await world.register()
    await paused(world, registered.number)
    world.later(days=1)
    assert await ended_pauses(world) == 1


async def ended_pauses(world: World) -> int:
    return await end_long_pauses(world.pool, policy=world.policy, now=world.now)


async def holiday(world: World, day: str) -> None:
    await world.pool.execute(
        "insert into holiday (calendar, on_date, name_hi) values ('state', $1, 'अवकाश')",
        date.fromisoformat(day),
    )


async def test_time_given_in_calendar_days_goes_on_in_calendar_days(world: World) -> None:
    """Also where the policy counts working days by now, and a Sunday and a holiday lie within."""
    registered = await world.register()  # Thursday
    world.policy = replace(UP_1076, counting=Counting.WORKING_DAYS)
    world.later(days=1)
    await paused(world, registered.number)
    await holiday(world, "2025-11-24")
    world.later(days=4)
    assert await resumed(world, registered.number) == registered.due_at + timedelta(days=4)
    row = await world.complaint(registered.complaint_id)
    assert (row["due_counting"], row["due_days"]) == ("calendar_days", 7)
    assert row["remind_at"] == row["due_at"] - timedelta(days=1.4)


async def test_time_given_in_working_days_goes_on_in_working_days(world: World) -> None:
    """With the holidays that are known when it goes on; though the policy counts otherwise now."""
    world.policy = replace(UP_1076, counting=Counting.WORKING_DAYS)
    registered = await world.register()  # Thursday 11:00, seven working days: Friday of next week
    assert registered.due_at == world.now + timedelta(days=8)
    world.policy = UP_1076
    world.later(days=1)
    await paused(world, registered.number)  # six are left
    row = await world.complaint(registered.complaint_id)
    assert row["remaining"] == timedelta(days=6)
    await holiday(world, "2025-11-25")
    world.later(days=3)  # Monday: 24, 26, 27, 28, 29 November, and 1 December until 11:00
    due = await resumed(world, registered.number)
    assert due == world.now + timedelta(days=8)
    row = await world.complaint(registered.complaint_id)
    assert row["due_counting"] == "working_days"


async def test_holidays_declared_since_are_not_taken_from_what_a_pause_leaves(
    world: World,
) -> None:
    """All days up to the limit have become holidays, and still the officer is not late."""
    world.policy = replace(UP_1076, counting=Counting.WORKING_DAYS)
    registered = await world.register()  # Thursday; due on Friday of the next week
    for day in range(24, 29):
        await holiday(world, f"2025-11-{day}")
    world.later(days=4)
    await paused(world, registered.number)
    left = timedelta(days=4, hours=11)  # of seven, less Thursday's 13 hours, Friday and Saturday
    assert (await world.complaint(registered.complaint_id))["remaining"] == left
    world.later(hours=1)
    # Saturday, Monday to Wednesday, and Thursday's first eleven hours.
    assert await resumed(world, registered.number) == datetime(2025, 12, 4, 5, 30, tzinfo=UTC)
    world.later(days=1)
    assert await escalate_overdue(world.pool, policy=world.policy, now=world.now, signer=sign) == 0
    await paused(world, registered.number)
    row = await world.complaint(registered.complaint_id)
    assert (row["remaining"], row["due_left_then"]) == (left, None)


async def test_over_holidays_the_days_for_returning_it_stand_still(world: World) -> None:
    world.policy = replace(UP_1076, counting=Counting.WORKING_DAYS)
    early, late = [(await world.register()).number for _ in range(2)]  # Thursday 11:00
    for day in (24, 25):
        await holiday(world, f"2025-11-{day}")
    world.later(days=6)  # Friday, Saturday, and Wednesday until 11:00 are the three
    await returned(world, early)
    world.later(seconds=1)
    with pytest.raises(NotAllowedError, match="within 3 working days of getting it"):
        await returned(world, late)


async def test_the_longest_pause_ends_by_the_count_that_it_began_with(world: World) -> None:
    world.policy = replace(UP_1076, counting=Counting.WORKING_DAYS)
    registered = await world.register()
    await paused(world, registered.number)
    world.policy = UP_1076
    world.later(days=15)  # Friday: a Sunday lies within the seven that are left
    assert await end_long_pauses(world.pool, policy=world.policy, now=world.now) == 1
    row = await world.complaint(registered.complaint_id)
    assert row["due_at"] == world.now + timedelta(days=8)


async def test_pauses_for_one_reason_are_together_no_longer_than_the_longest(
    world: World,
) -> None:
    """Paused anew whenever the clock lets it go on, it would never come up for anybody."""
    registered = await world.register()
    number = registered.number
    for days in (10, 5):
        await paused(world, number)
        row = await world.complaint(registered.complaint_id)
        assert row["resume_at"] == world.now + timedelta(days=15 if days == 10 else 5)
        world.later(days=days)
        if days == 10:
            await resumed(world, number)
            world.later(days=1)
    assert await end_long_pauses(world.pool, policy=world.policy, now=world.now) == 1
    with pytest.raises(NotAllowedError, match="waiting for citizen, and 15 days"):
        await paused(world, number)

    await paused(world, number, PauseReason.COURT_STAY)  # another reason has its own
    world.later(days=2)
    due = await resumed(world, number)
    with pytest.raises(NotAllowedError, match="15 days"):
        await paused(world, number)
    assert due == world.now + timedelta(days=6)
    world.later(days=6)
    assert await escalate_overdue(world.pool, policy=world.policy, now=world.now, signer=sign) == 1
    await paused(world, number, post="L2-LAL")  # so has the next officer
    row = await world.complaint(registered.complaint_id)
    assert row["resume_at"] == world.now + timedelta(days=15)


async def test_a_refused_proposal_does_not_begin_the_pauses_anew(world: World) -> None:
    world.policy = replace(UP_1076, transfer_needs_approval=True)
    await energy_has_officers(world)
    registered = await world.register()
    await paused(world, registered.number)
    world.later(days=2)
    await resumed(world, registered.number)
    await transferred(world, registered.number)
    await decided(world, registered.number, approve=False, post="L2-LAL")
    await paused(world, registered.number)
    row = await world.complaint(registered.complaint_id)
    assert row["resume_at"] == world.now + timedelta(days=13)
