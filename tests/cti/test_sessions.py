"""An agent's page whose browser is signed in, instead of a token."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest
from aiohttp import WSServerHandshakeError, web

from cti import tokens
from db.pool import Pool
from tests.cti.fake_ami import eventually
from tests.cti.room import SECRET, Room, opened, receive


@dataclass
class FakeSessions:
    """Browsers say who they are in a header."""

    ended: asyncio.Event = field(default_factory=asyncio.Event)
    watched: int = 0

    async def agent_of(self, request: web.Request) -> str | None:
        return request.headers.get("X-Agent")

    async def until_ended(self, request: web.Request) -> None:
        self.watched += 1
        await self.ended.wait()


@asynccontextmanager
async def signed_in(pool: Pool) -> AsyncIterator[tuple[Room, FakeSessions]]:
    sessions = FakeSessions()
    async with opened(pool, sessions=sessions) as room:
        yield room, sessions


async def test_a_signed_in_browser_needs_no_token(pool: Pool) -> None:
    async with signed_in(pool) as (room, _):
        page = await room.client.ws_connect("/agent/socket", headers={"X-Agent": "1001"})
        (hello,) = await receive(page, "hello")
        assert hello["agent"] == "1001"
        assert hello["queue_titles"].keys() == set(hello["queue_names"])
        with pytest.raises(WSServerHandshakeError) as refused:
            await room.client.ws_connect("/agent/socket")
        assert refused.value.status == 401


async def test_a_forced_sign_out_ends_the_open_page_and_the_desk(pool: Pool) -> None:
    async with signed_in(pool) as (room, sessions):
        page = await room.client.ws_connect("/agent/socket", headers={"X-Agent": "1001"})
        await receive(page, "hello")
        sessions.ended.set()
        closed = await page.receive(timeout=20)
        assert closed.data == 4000
        await eventually(lambda: room.desk.signed_in == 0)


async def test_a_token_still_counts_and_is_not_watched(pool: Pool) -> None:
    async with signed_in(pool) as (room, sessions):
        await receive(await room.page("1001"), "hello")
        bad = {"Authorization": f"Bearer {tokens.issue(SECRET, '1002')}x", "X-Agent": "1001"}
        with pytest.raises(WSServerHandshakeError):
            await room.client.ws_connect("/agent/socket", headers=bad)
        assert sessions.watched == 0
