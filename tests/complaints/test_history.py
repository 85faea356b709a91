from dataclasses import replace
from uuid import UUID

import asyncpg
import pytest

from complaints import history
from complaints.feedback import Answer
from complaints.history import Event
from tests.complaints.world import World


async def lived(world: World) -> UUID:
    """A complaint with five entries."""
    registered = await world.register(world.form(call_id=await world.call()))
    await world.dissatisfied(registered.number)
    attempt = await world.disposed_and_called(registered.number)
    await world.answer(attempt, Answer(satisfied=True))
    return registered.complaint_id


async def verify(world: World, complaint_id: UUID) -> int | None:
    async with world.pool.acquire() as conn:
        return await history.verify(conn, complaint_id)


async def tamper(world: World, statement: str, *values: object) -> None:
    async with world.pool.acquire() as conn, conn.transaction():
        await conn.execute("alter table complaint_history disable trigger history_is_append_only")
        await conn.execute(statement, *values)
        await conn.execute("alter table complaint_history enable trigger history_is_append_only")


async def test_the_chain_of_a_whole_life_holds(world: World) -> None:
    assert await verify(world, await lived(world)) is None


async def test_a_complaint_without_history_is_bad_from_the_start(world: World) -> None:
    assert await verify(world, UUID(int=0)) == 1


@pytest.mark.parametrize(
    "change",
    [
        "at = at + interval '1 microsecond'",
        "event = 'unverified'",
        "event = 'no such event'",
        "level = 4",
        "brought = 'x'",
        "actor = 'officer:nobody'",
        "reason = reason || ' '",
        "call_id = (select id from call order by id limit 1)",
        "post = 'L4-UP'",
        "due_at = now()",
        "previous = repeat('1', 64)",
        "hash = repeat('2', 64)",
        "seq = 30",
    ],
)
async def test_a_changed_entry_is_found(world: World, change: str) -> None:
    complaint_id = await lived(world)
    await tamper(
        world,
        f"update complaint_history set {change} where complaint_id = $1 and seq = 3",
        complaint_id,
    )
    assert await verify(world, complaint_id) == 3


async def test_a_removed_entry_is_found(world: World) -> None:
    complaint_id = await lived(world)
    await tamper(
        world, "delete from complaint_history where complaint_id = $1 and seq = 2", complaint_id
    )
    assert await verify(world, complaint_id) == 2


async def test_a_removed_last_entry_is_found(world: World) -> None:
    complaint_id = await lived(world)
    last = "delete from complaint_history where complaint_id = $1 and seq = 5"
    await tamper(world, last, complaint_id)
    assert await verify(world, complaint_id) == 5
    await tamper(world, "delete from complaint_history where complaint_id = $1", complaint_id)
    assert await verify(world, complaint_id) == 1


async def test_an_entry_that_was_added_behind_the_rows_back_is_found(world: World) -> None:
    complaint_id = await lived(world)
    entry = history.Entry(at=world.now, event=Event.NOTED, level=1, actor="officer:L1-MAH")
    async with world.pool.acquire() as conn:
        await history.append(conn, complaint_id, entry)
    assert await verify(world, complaint_id) is None
    rewound = """
        update complaint c set entries = 5, head = h.hash from complaint_history h
        where c.id = $1 and h.complaint_id = c.id and h.seq = 5"""
    await world.pool.execute(rewound, complaint_id)
    assert await verify(world, complaint_id) == 6


async def test_a_rewritten_last_entry_is_found(world: World) -> None:
    """With a hash that fits, as whoever knows how they are made can give it."""
    complaint_id = await lived(world)
    async with world.pool.acquire() as conn:
        entries = await history.entries(conn, complaint_id)
    before = await world.pool.fetchval("select hash from complaint_history where seq = 4")
    other = replace(entries[4], actor="agent:102")
    await tamper(
        world,
        "update complaint_history set actor = $2, hash = $3 where complaint_id = $1 and seq = 5",
        *(complaint_id, other.actor, history.chained(before, complaint_id, 5, other)),
    )
    assert await verify(world, complaint_id) == 5


async def test_an_entry_of_another_complaint_does_not_fit(world: World) -> None:
    one, other = await lived(world), await lived(world)
    await tamper(world, "delete from complaint_history where complaint_id = $1", one)
    await tamper(
        world,
        "update complaint_history set complaint_id = $1 where complaint_id = $2",
        one,
        other,
    )
    assert await verify(world, one) == 1


@pytest.mark.parametrize(
    "statement", ["update complaint_history set reason = 'x'", "delete from complaint_history"]
)
async def test_the_database_refuses_to_change_history(world: World, statement: str) -> None:
    complaint_id = await lived(world)
    with pytest.raises(asyncpg.RaiseError, match="append-only"):
        await world.pool.execute(statement)
    assert await verify(world, complaint_id) is None


async def test_every_move_says_who_when_and_in_which_call(world: World) -> None:
    complaint_id = await lived(world)
    async with world.pool.acquire() as conn:
        entries = await history.entries(conn, complaint_id)
    assert [entry.actor for entry in entries] == [
        "agent:101",
        "officer:L1-MAH",
        "citizen",
        "officer:L1-MAH",
        "citizen",
    ]
    assert [entry.call_id is not None for entry in entries] == [True, False, True, False, True]
    assert entries[2].reason == "not_done"
    assert entries == sorted(entries, key=lambda entry: entry.at)
