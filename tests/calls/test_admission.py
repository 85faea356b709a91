"""Who is let in."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest

from calls import admission
from calls.admission import Limits, Load, Verdict, judge
from calls.errors import AlreadyBlockedError, NotARuleError, NotBlockedError
from calls.model import Direction, Outcome
from db.ids import new_id
from db.pool import Connection, Pool

NOW = datetime(2025, 11, 3, 5, 30, tzinfo=UTC)
CALLER, OTHER = "+919876543210", "+919876543211"
HOUR = timedelta(hours=1)


@pytest.fixture
async def conn(pool: Pool) -> AsyncIterator[Connection]:
    async with pool.acquire() as connection:
        await connection.execute("truncate blocked_caller")
        yield connection


async def called(
    conn: Connection, number: str | None, at: datetime, outcome: Outcome | None = None
) -> None:
    await conn.execute(
        "insert into call (id, cell, direction, citizen_number, started_at, ended_at, outcome)"
        " values ($1, 'c1', $2, $3, $4, $5, $6)",
        *(new_id(at), Direction.INBOUND, number, at, at if outcome else None, outcome),
    )


async def test_the_database_knows_every_outcome(conn: Connection) -> None:
    for outcome in Outcome:
        await called(conn, CALLER, NOW, outcome)


async def test_calls_of_one_number_are_counted_and_others_are_not(conn: Connection) -> None:
    await called(conn, CALLER, NOW)
    await called(conn, CALLER, NOW - timedelta(minutes=59), Outcome.IVR_ABANDONED)
    await called(conn, CALLER, NOW - timedelta(minutes=61), Outcome.IVR_ABANDONED)
    await called(conn, OTHER, NOW)
    load = await admission.load(conn, number=CALLER, cell="c1", now=NOW)
    assert load == Load(blocked=False, caller_open=1, caller_hour=2, trunks_open=2, trunk_hour=3)


async def test_a_withheld_number_is_nobodys(conn: Connection) -> None:
    await called(conn, None, NOW)
    await called(conn, None, NOW)
    load = await admission.load(conn, number=None, cell="c1", now=NOW)
    assert (load.blocked, load.caller_open, load.caller_hour) == (False, 0, 0)


async def test_a_block_holds_until_its_end_and_can_be_lifted(conn: Connection) -> None:
    async def is_blocked(at: datetime) -> bool:
        return (await admission.load(conn, number=CALLER, cell="c1", now=at)).blocked

    block = {"by": "supervisor:1", "why": "threats"}
    await admission.block(conn, CALLER, until=NOW + HOUR, now=NOW, **block)
    assert await is_blocked(NOW)
    assert not await is_blocked(NOW + HOUR)
    assert [one.number for one in await admission.blocked(conn, NOW)] == [CALLER]
    with pytest.raises(AlreadyBlockedError):
        await admission.block(conn, CALLER, until=NOW + 2 * HOUR, now=NOW, **block)
    # The first one is over by then and does not stand in the way.
    await admission.block(conn, CALLER, until=NOW + 3 * HOUR, now=NOW + 2 * HOUR, **block)
    await admission.unblock(conn, CALLER, by="supervisor:2", now=NOW + 2 * HOUR)
    assert not await is_blocked(NOW + 2 * HOUR)
    with pytest.raises(NotBlockedError):
        await admission.unblock(conn, CALLER, by="supervisor:2", now=NOW + 2 * HOUR)


@pytest.mark.parametrize(("until", "why"), [(NOW, "threats"), (NOW + HOUR, " ")])
async def test_a_block_has_an_end_and_a_reason(conn: Connection, until: datetime, why: str) -> None:
    with pytest.raises(NotARuleError):
        await admission.block(conn, CALLER, until=until, by="supervisor:1", why=why, now=NOW)


@pytest.mark.parametrize(
    ("load", "verdict"),
    [
        (Load(), Verdict.ADMIT),
        (Load(caller_open=5, caller_hour=30, trunks_open=236, trunk_hour=900), Verdict.ADMIT),
        (Load(blocked=True), Verdict.BLOCKED),
        (Load(caller_open=6), Verdict.CALLER_LIMIT),
        (Load(caller_hour=31), Verdict.CALLER_LIMIT),
        (Load(trunks_open=237), Verdict.LINES_FULL),
        (Load(trunk_hour=901), Verdict.LINES_FULL),
    ],
)
def test_a_limit_is_what_still_comes_in(load: Load, verdict: Verdict) -> None:
    limits = Limits(trunks_at_once=236, trunk_per_hour=900)
    assert judge(limits, load) is verdict


def test_without_limits_only_the_list_keeps_anybody_out() -> None:
    limits = Limits(None, None, None, None)
    assert judge(limits, Load(False, 999, 999, 999, 999)) is Verdict.ADMIT
    assert judge(limits, Load(blocked=True)) is Verdict.BLOCKED
