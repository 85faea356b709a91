"""The inbound flow on the real journal and the real PostgreSQL."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest

from agi.ports import Journal
from agi.server import FastAgiServer
from calls import store
from calls.journal import CallJournal
from calls.model import Call, Outcome
from db.group_commit import GroupCommit
from db.pool import Pool
from speech.prompts import Prompt
from tests.agi.asterisk import Citizen
from tests.agi.rooms import FakeCapture, Hall, now

Serve = Callable[..., Awaitable[FastAgiServer]]


class Switch:
    """The way to the pool: can be taken away and given back."""

    def __init__(self, pool: Pool, *, away: bool) -> None:
        self._pool = pool
        self.away = away

    def __call__(self) -> Pool:
        if self.away:
            raise ConnectionRefusedError
        return self._pool


@pytest.fixture
def pool(emptied: Pool) -> Pool:
    return emptied


@asynccontextmanager
async def writing(pool: Callable[[], Pool]) -> AsyncIterator[GroupCommit]:
    commit = GroupCommit(pool)
    task = asyncio.create_task(commit.run())
    yield commit
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def ring(serve: Serve, journal: Journal, citizen: Citizen) -> None:
    flow = Hall().flow(journal, FakeCapture())
    server = await serve({"inbound": flow})
    await citizen.call(server.port, "inbound")
    await server.drain(20)


async def test_a_hangup_in_the_menu_is_in_the_database(serve: Serve, pool: Pool) -> None:
    async with writing(lambda: pool) as commit:
        await ring(serve, CallJournal(commit), Citizen(hang_up_at=5))
    (call,) = await _calls(pool)
    assert (call.number, call.outcome) == ("+919876543210", Outcome.IVR_ABANDONED)
    assert call.answered_at == now()


async def test_a_call_that_came_while_the_database_was_away_is_in_it_afterwards(
    serve: Serve, pool: Pool
) -> None:
    switch = Switch(pool, away=True)
    citizen = Citizen(keys={Prompt.MENU: ["1"]})
    async with writing(switch) as commit:
        call = asyncio.create_task(ring(serve, CallJournal(commit, timeout=0.05), citizen))
        async with asyncio.timeout(30):
            while Prompt.PLEASE_WAIT not in citizen.said:
                await asyncio.sleep(0.01)
        switch.away = False
        await call
        assert await commit.drain(20)
    (row,) = await _calls(pool)
    assert (row.queue, row.outcome) == ("helpline-hi", None)
    assert citizen.variables["__HELPLINE_CALL"] == str(row.id)


async def _calls(pool: Pool) -> list[Call]:
    async with pool.acquire() as connection:
        return await store.recent_for_number(connection, "+919876543210")
