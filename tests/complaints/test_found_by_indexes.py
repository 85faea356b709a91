"""What is asked about one call or complaint must not cost more with each call of the years."""

from collections.abc import AsyncIterator
from datetime import timedelta
from uuid import UUID

import pytest

from db.ids import new_id
from db.migrate import migrate
from db.pool import Pool, open_pool
from db.statements import statements
from tests.complaints.world import CITIZEN, START, World
from tests.database import fresh_database
from tests.plans import plan_of

LATER = START + timedelta(days=9)


@pytest.mark.parametrize(
    ("name", "asked"),
    [
        ("listening_complaints", [UUID(int=1)]),
        ("complaints_calls_of_number", ["100000016"]),
        (
            "supervision_calls_of_posts",
            [["x"], "[]", START, LATER, LATER, UUID(int=1), None, "[]", 50],
        ),
    ],
)
async def test_calls_and_complaints_are_joined_by_indexes_and_not_through_all_of_them(
    rowless: Pool, name: str, asked: list[object]
) -> None:
    plan = await plan_of(rowless, name, *asked)
    scans = plan.of("complaint_call", "attempt", "desk_call")
    assert len(scans) >= 3
    assert all(one.sought for one in scans), scans


@pytest.fixture
async def calls_of_days(postgres_url: str) -> AsyncIterator[Pool]:
    """As many calls as there are of several days, for the planner, and nothing else."""
    url = fresh_database(postgres_url, "plans_calls")
    migrate(url)
    async with await open_pool(url, size=1) as pool:
        await pool.execute(
            "insert into call (id, cell, direction, citizen_number, started_at)"
            " select gen_random_uuid(), 'a', 'inbound', $1, $2::timestamptz + n * interval '1 s'"
            " from generate_series(1, 2000) n",
            *(CITIZEN, START),
        )
        await pool.execute("analyze call")
        yield pool


async def test_a_list_of_calls_asks_of_each_whether_it_is_confidential(calls_of_days: Pool) -> None:
    """Not of all complaints at once: that would be remembered, and read before the first call."""
    plan = await plan_of(
        calls_of_days,
        "supervision_calls_by_day",
        *("[]", START, LATER, LATER, UUID(int=1), "[]", 50),
    )
    scans = plan.of("complaint_call", "attempt", "desk_call", "complaint")
    assert len(scans) >= 6
    assert all(one.sought for one in scans), scans


async def test_a_call_that_registered_and_was_called_back_is_told_once_of_each_complaint(
    world: World,
) -> None:
    registered = await world.register()
    call_id = await world.call()
    recording = new_id(world.now)
    async with world.pool.acquire() as conn:
        await conn.execute(
            "insert into complaint_call values ($1, $2, 'follow_up')",
            *(registered.complaint_id, call_id),
        )
        await conn.execute("insert into agent values ('1001', 'सीता', 'cell-1', '{}')")
        await conn.execute(
            "insert into desk_call (key, call_id, agent_id, complaint_id, at)"
            " values ($1, $2, '1001', $3, $4)",
            *(new_id(world.now), call_id, registered.complaint_id, world.now),
        )
        await conn.execute(
            "insert into recording (id, call_id, kind, cell, started_at)"
            " values ($1, $2, 'call', 'cell-1', $3)",
            *(recording, call_id, world.now),
        )
        heard = [row async for row in statements().listening_complaints(conn, id=recording)]
        calls = [
            row["call_id"]
            async for row in statements().complaints_calls_of_number(conn, number=registered.number)
        ]
    assert len(heard) == 1
    assert calls.count(call_id) == 1
