"""A supervisor's pause around our restart: whoever signs in before we know of it, and after."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from types import SimpleNamespace

import pytest

from cti.presence import Presence
from cti.state import State
from cti.writes import Writes
from db.ids import new_id
from db.pool import Connection, Pool
from db.statements import statements
from tests.cti.fake_ami import eventually
from tests.cti.streams import AT

AGENT = "1001"


@dataclass
class Floor:
    """Presence and its rows; Asterisk is not there."""

    presence: Presence
    writes: Writes

    def sign_in(self) -> None:
        job = partial(_signed_in, at=AT)
        self.writes.add("sign in", job)
        self.presence.signed_in(AGENT)

    def sign_out(self) -> None:
        self.presence.forget(AGENT)
        self.writes.add("sign out", _signed_out)

    def wanted(self) -> str | None:
        return self.presence.wanted(AGENT)


async def _signed_in(conn: Connection, at: datetime) -> None:
    await statements().cti_sign_in(conn, id=new_id(at), agent_id=AGENT, at=at)


async def _signed_out(conn: Connection) -> None:
    await statements().cti_sign_out(conn, agent_id=AGENT, at=AT)


@pytest.fixture
async def floor(pool: Pool) -> Floor:
    """A new process, and an agent who signed out in a supervisor's pause an hour before."""
    await session(pool, hours=2, out=1, reason="forced")
    writes = Writes(lambda: pool)
    presence = Presence(
        SimpleNamespace(ready=False),  # type: ignore[arg-type]
        State, lambda: pool, writes, cell="cell1", wrap_up={}, ring_outs={}, now=lambda: AT,
    )  # fmt: skip
    return Floor(presence, writes)


async def session(pool: Pool, hours: float, out: float | None, reason: str | None) -> None:
    await pool.execute(
        "insert into agent_session (id, agent_id, signed_in_at, signed_out_at, pause_reason)"
        " values ($1, $2, $3, $4, $5)",
        *(new_id(AT), AGENT, AT - timedelta(hours=hours)),
        *(None if out is None else AT - timedelta(hours=out), reason),
    )


@asynccontextmanager
async def running(*works: Callable[[], object]) -> AsyncIterator[None]:
    tasks = [asyncio.ensure_future(work()) for work in works]  # type: ignore[call-overload]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


@asynccontextmanager
async def resumed(floor: Floor) -> AsyncIterator[None]:
    async with running(floor.writes.run, floor.presence.run):
        await eventually(lambda: floor.presence.reasons)
        yield
        await eventually(lambda: not floor.writes.pending)


async def written(floor: Floor) -> None:
    async with running(floor.writes.run):
        await eventually(lambda: not floor.writes.pending)


@pytest.mark.parametrize("row_first", [False, True])
async def test_who_signs_in_before_the_pause_is_known_is_paused_once_it_is(
    pool: Pool, floor: Floor, row_first: bool
) -> None:
    floor.sign_in()
    assert floor.wanted() is None
    if row_first:
        await written(floor)
    async with resumed(floor):
        assert floor.wanted() == "forced"
        floor.presence.force_ready(AGENT)
        floor.sign_out()
        floor.sign_in()
        assert floor.wanted() is None, "nobody has paused them since"
    kept = "select pause_reason from agent_session where signed_out_at is null"
    assert await pool.fetchval(kept) is None


async def test_a_pause_applied_late_is_kept_with_the_new_session(pool: Pool, floor: Floor) -> None:
    floor.sign_in()
    async with resumed(floor):
        pass
    kept = "select pause_reason from agent_session where signed_out_at is null"
    assert await pool.fetchval(kept) == "forced"


async def test_whom_a_supervisor_frees_before_it_is_known_stays_free(floor: Floor) -> None:
    floor.sign_in()
    floor.presence.force_ready(AGENT)
    async with resumed(floor):
        assert floor.wanted() is None
        floor.sign_out()
        floor.sign_in()
        assert floor.wanted() is None


async def test_the_agents_own_word_does_not_free_them_before_it_is_known(floor: Floor) -> None:
    floor.sign_in()
    floor.presence.ready(AGENT)
    async with resumed(floor):
        assert floor.wanted() == "forced"


async def test_who_signs_in_and_out_before_it_is_known_is_paused_the_next_time(
    floor: Floor,
) -> None:
    floor.sign_in()
    floor.sign_out()
    async with resumed(floor):
        assert floor.wanted() is None
        floor.sign_in()
        assert floor.wanted() == "forced"


async def test_who_had_come_back_and_was_freed_before_our_restart_is_not_paused_again(
    pool: Pool, floor: Floor
) -> None:
    """The session goes on; its page is there before we have read it."""
    await session(pool, hours=0.5, out=None, reason=None)
    floor.sign_in()
    async with resumed(floor):
        assert floor.wanted() is None
        floor.sign_out()
        floor.sign_in()
        assert floor.wanted() is None
