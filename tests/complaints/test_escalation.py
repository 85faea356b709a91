import asyncio
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest

from complaints import escalation
from complaints.calendar import Counting
from complaints.errors import WrongPostError
from complaints.escalation import _due, escalate_overdue, remind
from complaints.history import Event
from complaints.lifecycle import AwaitingFeedback
from complaints.policy import UP_1076
from db.errors import AWAY
from db.pool import Pool, open_pool
from tests.complaints.world import CITIZEN, World, sign
from tests.db.guillotine import Guillotine, Moment


async def sweep(world: World, limit: int = 200) -> int:
    return await escalate_overdue(
        world.pool, policy=world.policy, now=world.now, signer=sign, limit=limit
    )


async def test_nothing_happens_before_the_limit(world: World) -> None:
    registered = await world.register()
    world.later(days=7, microseconds=-1)
    assert await sweep(world) == 0
    assert await world.events(registered.complaint_id) == ["registered"]


async def test_past_the_limit_the_next_level_gets_it_with_the_citizens_call(world: World) -> None:
    call = await world.call()
    recording = await world.recording(call)
    registered = await world.register(world.form(call_id=call))
    world.later(days=8)
    assert await sweep(world) == 1
    row = await world.complaint(registered.complaint_id)
    assert (row["level"], row["post"], row["due_at"]) == (
        2,
        "L2-LAL",
        world.now + timedelta(days=7),
    )
    [message] = await world.messages(registered.complaint_id, "officer_forwarded")
    assert (message["recipient"], message["recordings"]) == ("+919415000002", [recording])
    assert "अग्रसारित: समय सीमा समाप्त। समय सीमा 05-12-2025 11:00" in message["body"]
    assert CITIZEN in message["body"]  # how to reach them
    [citizen] = await world.messages(registered.complaint_id, "citizen_moved")
    assert (citizen["recipient"], "समय सीमा 05-12-2025 11:00" in citizen["body"]) == (CITIZEN, True)


async def test_one_sweep_after_another_climbs_to_the_last_level_and_stops_there(
    world: World,
) -> None:
    registered = await world.register()
    swept = []
    for _ in range(6):
        world.later(days=15)
        swept.append(await sweep(world))
    assert swept == [1, 1, 1, 1, 0, 0]
    row = await world.complaint(registered.complaint_id)
    assert (row["state"], row["level"], row["post"]) == ("with_officer", 4, "L4-UP")
    assert row["overdue_at"] == row["cm_office_since"] == world.now - timedelta(days=30)
    assert await world.events(registered.complaint_id) == [
        "registered",
        *["escalated_overdue"] * 3,
        "overdue_at_last_level",
    ]


async def test_a_review_at_the_last_level_can_be_overdue_again(world: World) -> None:
    registered = await world.register()
    for _ in range(4):
        world.later(days=15)
        await sweep(world)
    await world.dissatisfied(registered.number)
    assert (await world.complaint(registered.complaint_id))["overdue_at"] is None
    world.later(days=8)
    assert await sweep(world) == 1
    assert (await world.events(registered.complaint_id))[-1] == "overdue_at_last_level"


async def test_a_disposed_complaint_is_not_overdue(world: World) -> None:
    registered = await world.register()
    await world.dispose(registered.number)
    world.later(days=30)
    assert await sweep(world) == 0


async def test_the_oldest_due_go_first(world: World) -> None:
    made = []
    for _ in range(4):
        made.append(await world.register())
        world.later(minutes=1)
    world.later(days=7)
    assert await sweep(world, limit=2) == 2
    levels = [(await world.complaint(one.complaint_id))["level"] for one in made]
    assert levels == [2, 2, 1, 1]


async def test_racing_sweeps_escalate_each_complaint_exactly_once(world: World) -> None:
    world.policy = replace(UP_1076, registrations_per_month=None)
    made = [await world.register() for _ in range(12)]
    world.later(days=8)
    swept = await asyncio.gather(*(sweep(world, limit=5) for _ in range(5)))
    assert sum(swept) + await sweep(world) == 12
    for one in made:
        assert await world.events(one.complaint_id) == ["registered", "escalated_overdue"]
        assert len(await world.messages(one.complaint_id, "officer_forwarded")) == 1


async def test_an_officer_who_disposes_during_the_sweep_comes_first_or_too_late(
    world: World,
) -> None:
    registered = await world.register()
    world.later(days=8)
    report = world.dispose(registered.number, post="L1-MAH")
    moved, reported = await asyncio.gather(sweep(world), report, return_exceptions=True)
    events = await world.events(registered.complaint_id)
    if isinstance(reported, WrongPostError):
        assert (moved, events) == (1, ["registered", Event.ESCALATED_OVERDUE])
    else:
        assert (await sweep(world), events) == (0, ["registered", Event.DISPOSED])


async def test_a_batch_of_any_size_takes_the_same_number_of_statements(
    world: World, migrated_url: str
) -> None:
    counted = []
    for size in (1, 7):
        for _ in range(size):
            await world.register(world.form(call_id=await world.call()))
        world.later(days=8)
        async with Guillotine(migrated_url) as line:
            counting = await open_pool(line.url, size=1)
            assert await sweep(replace(world, pool=counting)) == size
            await counting.close()
        counted.append(line.statements)
        await world.pool.execute("truncate complaint cascade")
    assert counted[0] == counted[1] < 30  # with what the driver asks about types


async def test_after_a_day_of_downtime_all_are_moved_on_once_with_full_time(world: World) -> None:
    made = []
    for _ in range(5):
        made.append(await world.register())
        world.later(hours=6)
    world.later(days=7)
    while await sweep(world, limit=2) == 2:
        pass
    for one in made:
        assert await world.events(one.complaint_id) == ["registered", "escalated_overdue"]
        assert (await world.complaint(one.complaint_id))["due_at"] == world.now + timedelta(days=7)


async def test_the_officer_is_reminded_once_at_four_fifths_of_the_time(world: World) -> None:
    registered = await world.register()
    world.later(days=5.6, microseconds=-1)
    assert await remind(world.pool, now=world.now) == 0
    world.later(microseconds=1)
    assert sum(await asyncio.gather(*(remind(world.pool, now=world.now) for _ in range(4)))) == 1
    world.later(hours=1)
    assert await remind(world.pool, now=world.now) == 0
    [message] = await world.messages(registered.complaint_id, "officer_reminder")
    assert message["recipient"] == "+919415000001"
    assert "27-11-2025 11:00" in message["body"]


async def test_the_next_level_gets_a_reminder_of_its_own(world: World) -> None:
    registered = await world.register()
    for _ in range(2):
        world.later(days=6)
        assert await remind(world.pool, now=world.now) == 1
        world.later(days=1)
        assert await sweep(world) == 1
    recipients = [
        one["recipient"]
        for one in await world.messages(registered.complaint_id, "officer_reminder")
    ]
    assert recipients == ["+919415000001", "+919415000002"]


async def test_who_is_late_or_has_answered_is_not_reminded(world: World) -> None:
    await world.register()
    await world.dispose((await world.register()).number)
    world.later(days=8)
    assert await remind(world.pool, now=world.now) == 0


async def test_a_category_can_keep_its_complaints_at_a_lower_last_level(world: World) -> None:
    world.policy = replace(UP_1076, by_category={"handpump": {"last_level": 1}})
    registered = await world.register()
    world.later(days=8)
    await sweep(world)
    assert (await world.events(registered.complaint_id))[-1] == Event.OVERDUE_AT_LAST_LEVEL


async def test_working_days_pass_over_the_states_holidays(world: World) -> None:
    world.policy = replace(UP_1076, counting=Counting.WORKING_DAYS)
    await world.pool.execute(
        "insert into holiday (calendar, on_date, name_hi) values"
        " ('state', '2025-11-25', 'अवकाश'), ('courts', '2025-11-26', 'अवकाश')"
    )
    registered = await world.register()  # Thursday; one Sunday and one holiday lie between
    assert registered.due_at == world.now + timedelta(days=9)
    row = await world.complaint(registered.complaint_id)
    assert (row["due_days"], row["due_policy"], row["due_counting"], row["due_since"]) == (
        7,
        "up-1076",
        "working_days",
        world.now,
    )


async def test_what_has_no_clock_cannot_be_overdue() -> None:
    with pytest.raises(TypeError, match="held as overdue"):
        _due(AwaitingFeedback(level=1, post="L1-MAH", disposals=1))


async def test_a_complaint_that_cannot_be_moved_on_holds_up_no_other(world: World) -> None:
    stuck = await world.register()
    other = await world.register()
    async with world.pool.acquire() as conn:
        await conn.execute(
            f"""create function refuse_one() returns trigger language plpgsql as $$
            begin
                if new.id = '{stuck.complaint_id}' then raise check_violation; end if;
                return new;
            end $$;
            create trigger refuse_one before update on complaint
                for each row execute function refuse_one()"""
        )
    try:
        world.later(days=8)
        assert await sweep(world) == 2
        assert await world.events(stuck.complaint_id) == ["registered"]
        assert await world.events(other.complaint_id) == ["registered", "escalated_overdue"]
    finally:
        async with world.pool.acquire() as conn:
            await conn.execute("drop function refuse_one() cascade")
    assert await sweep(world) == 0
    world.later(minutes=1)
    assert await sweep(world) == 1


@pytest.mark.parametrize("moment", Moment)
async def test_of_two_sweeps_one_is_killed_and_nothing_is_lost_or_doubled(
    world: World, migrated_url: str, moment: Moment
) -> None:
    """In the first, second, third batch of two; the other worker takes what the dead one held."""

    async def all_batches(pool: Pool) -> None:
        while await sweep(replace(world, pool=pool), limit=2):
            pass

    async def six() -> list[UUID]:
        made = [(await world.register()).complaint_id for _ in range(6)]
        world.later(days=15)
        return made

    await six()
    async with Guillotine(migrated_url) as line:
        counting = await open_pool(line.url, size=1)
        await all_batches(counting)
        await counting.close()
    first, second, third, _ = line.commits
    await world.pool.execute("truncate complaint cascade")
    made = await six()
    # Half done; all but the commit done; and the commit itself.
    for level, cut_at in enumerate((first // 2, second - 1, third), 1):
        async with Guillotine(migrated_url, cut_at, moment) as line:
            doomed = await open_pool(line.url, size=1)
            dies = asyncio.create_task(all_batches(doomed))
            async with asyncio.timeout(20):
                while line.statements < cut_at - 4 and not dies.done():
                    await asyncio.sleep(0.001)
            await all_batches(world.pool)
            with suppress(*AWAY):
                await dies
            doomed.terminate()
            await line.drop()
            await line.sessions_end(world.pool)
        assert line.fell, f"nothing was cut at {cut_at} of {line.statements} statements"
        await all_batches(world.pool)  # the next time that the living one looks
        world.later(days=15)
        for one in made:
            assert await world.events(one) == ["registered", *["escalated_overdue"] * level]
            assert len(await world.messages(one, "officer_forwarded")) == level


@pytest.mark.parametrize("work", ["_move_on", "_remind"])
async def test_a_database_that_is_away_is_not_taken_for_a_bad_complaint(
    world: World, monkeypatch: pytest.MonkeyPatch, work: str
) -> None:
    """The batch ends at once, together or alone, and is done when the database is back."""
    for _ in range(2):
        await world.register()
    world.later(days=8 if work == "_move_on" else 6)
    broken: list[Exception] = []

    async def away(*_: object) -> None:
        raise broken[0] if len(broken) == 1 else broken.pop(0)

    async def carry_out() -> int:
        if work == "_move_on":
            return await sweep(world)
        return await remind(world.pool, now=world.now)

    with monkeypatch.context() as patched:
        patched.setattr(escalation, work, away)
        for errors in ([ConnectionError()], [ValueError(), ConnectionError()]):
            broken[:] = errors
            with pytest.raises(ConnectionError):
                await carry_out()
    assert await carry_out() == 2
    assert await world.pool.fetchval("select count(*) from deadline_fault") == 0
