import asyncio
from datetime import timedelta

from complaints.escalation import escalate_overdue
from complaints.history import Event
from tests.complaints.world import World, sign


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
    made = [await world.register() for _ in range(12)]
    world.later(days=8)
    swept = await asyncio.gather(*(sweep(world, limit=5) for _ in range(5)))
    assert sum(swept) + await sweep(world) == 12
    for one in made:
        assert await world.events(one.complaint_id) == ["registered", "escalated_overdue"]
        assert len(await world.messages(one.complaint_id, "officer_forwarded")) == 1


async def test_an_officer_who_disposes_during_the_sweep_is_not_overtaken(world: World) -> None:
    registered = await world.register()
    world.later(days=8)
    await asyncio.gather(sweep(world), world.dispose(registered.number))
    await sweep(world)
    events = await world.events(registered.complaint_id)
    assert events in (
        ["registered", Event.DISPOSED],
        ["registered", Event.ESCALATED_OVERDUE, Event.DISPOSED],
    )
    assert (await world.complaint(registered.complaint_id))["state"] == "awaiting_feedback"
