"""A disposal told by telephone: whose it must be, what is written, who is told."""

import asyncio
from dataclasses import replace
from uuid import UUID, uuid4

import asyncpg
import pytest

from access import users
from access.log import By
from complaints import officers_line
from complaints.errors import (
    AlreadyDisposedError,
    NotAllowedError,
    NotHeldError,
)
from complaints.holding import holding_call
from complaints.kinds import MatterKind
from complaints.officers_line import Look, Spoken
from complaints.spoken import Grace
from tests.complaints.moves import officer_of, spoken_by_its_officer
from tests.complaints.world import World

BY = By("system:test", "test")


async def reported(world: World, spoken: Spoken, grace: Grace | None = None) -> None:
    await officers_line.report(world.pool, spoken, policy=world.policy, now=world.now, grace=grace)


async def look(world: World, number: str, officer: UUID) -> Look:
    return await officers_line.look(world.pool, number, officer, world.now)


async def disposals(world: World) -> list[asyncpg.Record]:
    return await world.pool.fetch("select * from disposal order by at")


async def test_the_disposal_has_its_recording_its_call_and_its_officer(world: World) -> None:
    registered = await world.register()
    spoken = await spoken_by_its_officer(world, registered.number)
    await reported(world, spoken)
    [row] = await disposals(world)
    assert (row["via"], row["call_id"], row["recording_id"], row["post"]) == (
        "officers_line",
        spoken.call_id,
        spoken.remark,
        "L1-MAH",
    )
    assert row["actor"] == f"user:{spoken.officer}"
    assert "रिकॉर्ड" in row["report"]
    assert (await world.complaint(registered.complaint_id))["state"] == "awaiting_feedback"
    assert await world.pool.fetchval("select count(*) from feedback_due") == 1
    linked = await world.pool.fetchval(
        "select role from complaint_call where call_id = $1", spoken.call_id
    )
    assert linked == "disposal"


async def test_the_officer_gets_a_message_at_the_registered_number(world: World) -> None:
    registered = await world.register()
    await reported(world, await spoken_by_its_officer(world, registered.number))
    [message] = await world.messages(registered.complaint_id, "officer_reported")
    assert message["recipient"] == "+919415000021"
    assert registered.number in message["body"]
    assert "20-11-2025 11:00" in message["body"]


async def test_the_holder_of_before_cannot_report_for_a_post_that_is_marked_vacant(
    world: World,
) -> None:
    registered = await world.register()
    spoken = await spoken_by_its_officer(world, registered.number)
    world.later(days=1)
    await world.pool.execute(
        "update post set vacant_from = $1 where id = 'L1-MAH'", world.now.date()
    )
    assert await look(world, registered.number, spoken.officer) is Look.NOT_YOURS
    with pytest.raises(NotHeldError):
        await reported(world, spoken)


async def test_a_repeat_of_the_same_call_changes_nothing(world: World) -> None:
    registered = await world.register()
    spoken = await spoken_by_its_officer(world, registered.number)
    await reported(world, spoken)
    world.later(seconds=5)
    await reported(world, spoken)
    assert len(await disposals(world)) == 1
    assert await world.events(registered.complaint_id) == ["registered", "disposed"]


async def test_two_writes_of_one_call_at_once_write_one(world: World) -> None:
    registered = await world.register()
    spoken = await spoken_by_its_officer(world, registered.number)
    done = await world.at_once(
        registered.complaint_id, *(reported(world, spoken) for _ in range(3))
    )
    assert done == [None, None, None]
    assert len(await disposals(world)) == 1


async def test_one_call_reports_one_complaint(world: World) -> None:
    first, second = await world.register(), await world.register()
    spoken = await spoken_by_its_officer(world, first.number)
    await reported(world, spoken)
    with pytest.raises(asyncpg.UniqueViolationError):
        await reported(world, replace(spoken, number=second.number))


async def test_another_call_about_what_is_disposed_is_refused(world: World) -> None:
    registered = await world.register()
    spoken = await spoken_by_its_officer(world, registered.number)
    await reported(world, spoken)
    with pytest.raises(AlreadyDisposedError):
        await reported(world, replace(spoken, call_id=await world.call()))


async def test_who_left_the_post_while_speaking_reports_nothing(world: World) -> None:
    registered = await world.register()
    spoken = await spoken_by_its_officer(world, registered.number)
    assert await look(world, registered.number, spoken.officer) is Look.YOURS
    await world.pool.execute("update tenure set until_on = $1", world.now.date())
    world.later(days=1)
    with pytest.raises(NotHeldError):
        await reported(world, spoken)
    assert await disposals(world) == []
    assert await look(world, registered.number, spoken.officer) is Look.NOT_YOURS


async def test_an_officer_who_is_disabled_reports_nothing(world: World) -> None:
    registered = await world.register()
    spoken = await spoken_by_its_officer(world, registered.number)
    await users.set_active(world.pool, spoken.officer, False, BY, world.now)
    with pytest.raises(NotHeldError):
        await reported(world, spoken)


async def test_additional_charge_is_enough(world: World) -> None:
    registered = await world.register()
    officer = await officer_of(world, "L2-LAL")
    assert await look(world, registered.number, officer) is Look.NOT_YOURS
    await world.pool.execute(
        "insert into tenure values ('L1-MAH', 'officer-of-l2-lal', 'charge', $1)", world.now.date()
    )
    assert await look(world, registered.number, officer) is Look.YOURS


async def test_a_remark_whose_row_is_lost_does_not_take_the_disposal_along(world: World) -> None:
    registered = await world.register()
    spoken = await spoken_by_its_officer(world, registered.number)
    await reported(world, replace(spoken, remark=uuid4()))
    [row] = await disposals(world)
    assert row["recording_id"] is None


async def test_a_remark_whose_row_comes_a_moment_after_the_report_is_linked(world: World) -> None:
    registered = await world.register()
    spoken = await spoken_by_its_officer(world, registered.number)
    remark = uuid4()
    grace = Grace(20.0)
    reporting = asyncio.create_task(reported(world, replace(spoken, remark=remark), grace))
    async with asyncio.timeout(20):
        while grace.seconds == 20.0:  # until it was looked for, and is not there
            await asyncio.sleep(0.01)
    await world.recording(spoken.call_id, "officer_remark", id=remark)
    await reporting
    [row] = await disposals(world)
    assert row["recording_id"] == remark


async def test_what_was_reported_before_is_not_waited_for(world: World) -> None:
    registered = await world.register()
    spoken = replace(await spoken_by_its_officer(world, registered.number), remark=uuid4())
    await reported(world, spoken, Grace(0.0))
    grace = Grace(1000.0)
    await reported(world, spoken, grace)
    assert grace.seconds == 1000.0
    assert len(await disposals(world)) == 1


async def test_information_is_answered_in_writing(world: World) -> None:
    registered = await world.register(world.form(kind=MatterKind.INFORMATION))
    spoken = await spoken_by_its_officer(world, registered.number)
    assert await look(world, registered.number, spoken.officer) is Look.NOT_NOW
    with pytest.raises(NotAllowedError):
        await reported(world, spoken)


async def test_what_was_reported_is_said_and_unknown_numbers_are_like_others(
    world: World,
) -> None:
    registered = await world.register()
    spoken = await spoken_by_its_officer(world, registered.number)
    await reported(world, spoken)
    assert await look(world, registered.number, spoken.officer) is Look.DISPOSED
    assert await look(world, "000000000", spoken.officer) is Look.NOT_YOURS


async def test_the_remark_is_kept_while_the_complaint_is_open(world: World) -> None:
    registered = await world.register()
    spoken = await spoken_by_its_officer(world, registered.number)
    await reported(world, spoken)
    async with world.pool.acquire() as conn, conn.transaction():
        held = await holding_call(conn, spoken.call_id, world.policy, world.now)
    assert held is not None
