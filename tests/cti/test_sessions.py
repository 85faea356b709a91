"""An agent's page whose browser is signed in, instead of a token."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest
from aiohttp import WSServerHandshakeError, web

from cti import recovery, tokens
from cti.pages import CLOSE_SIGNED_OUT
from cti.softphones import SoftphoneSettings
from db.pool import Pool
from dialplans.names import CONTEXT_DESK_AWAY
from tests.cti.fake_ami import Action, FakeAmi, Session, eventually, one
from tests.cti.room import SECRET, Room, lines, opened, receive
from tests.cti.streams import agent_leg, citizen_leg, event
from tests.cti.test_room import listing


@dataclass
class FakeSessions:
    """Browsers say who they are in a header."""

    ended: asyncio.Event = field(default_factory=asyncio.Event)
    watched: int = 0

    async def agent_of(self, request: web.Request) -> str | None:
        return request.headers.get("X-Agent")

    def from_our_page(self, request: web.Request) -> bool:
        return request.headers.get("Origin") == "https://ours.example"

    def form_token(self, request: web.Request) -> str:
        return f"of {request.headers['X-Agent']}"

    async def until_ended(self, request: web.Request) -> None:
        self.watched += 1
        await self.ended.wait()


@asynccontextmanager
async def signed_in(
    pool: Pool, server: FakeAmi | None = None
) -> AsyncIterator[tuple[Room, FakeSessions]]:
    sessions = FakeSessions()
    phones = SoftphoneSettings(agents=frozenset({"1001"}), url="wss://pbx/ws")
    async with opened(pool, server, sessions=sessions, softphones=phones) as room:
        yield room, sessions


async def test_a_signed_in_browser_needs_no_token(pool: Pool) -> None:
    async with signed_in(pool) as (room, _):
        page = await room.client.ws_connect("/agent/socket", headers={"X-Agent": "1001"})
        (hello,) = await receive(page, "hello")
        assert (hello["agent"], hello["csrf"]) == ("1001", "of 1001")
        assert hello["queue_titles"].keys() == set(hello["queue_names"])
        with pytest.raises(WSServerHandshakeError) as refused:
            await room.client.ws_connect("/agent/socket")
        assert refused.value.status == 401


async def test_a_page_of_ours_whose_session_is_over_is_told_so_on_its_socket(pool: Pool) -> None:
    """A browser does not tell a page that its socket was refused: it would try for ever."""
    async with signed_in(pool) as (room, _):
        page = await room.client.ws_connect("/agent/socket", origin="https://ours.example")
        assert (await page.receive(timeout=20)).data == CLOSE_SIGNED_OUT
        with pytest.raises(WSServerHandshakeError) as refused:
            await room.client.ws_connect("/agent/socket", origin="https://evil.example")
        assert refused.value.status == 401
        ours = {"Origin": "https://ours.example"}
        for path in ("/agent/socket", "/agent/told"):  # and no other request is
            assert (await room.client.get(path, headers=ours)).status == 401


async def test_a_forced_sign_out_ends_the_open_page_and_the_desk(pool: Pool) -> None:
    async with signed_in(pool) as (room, sessions):
        page = await room.client.ws_connect("/agent/socket", headers={"X-Agent": "1001"})
        await receive(page, "hello")
        sessions.ended.set()
        closed = await page.receive(timeout=20)
        assert closed.data == 4000
        await eventually(lambda: room.desk.signed_in == 0)


async def test_a_session_that_ends_in_a_call_leaves_the_citizen_to_nobody_but_the_agent(
    pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While they are heard nobody is moved; when their page is closed, the citizen is kept."""
    monkeypatch.setattr(recovery, "_LOOK_SECONDS", 0.02)
    server = listing(lines(event("", **citizen_leg())), lines(event("", **agent_leg(state="6"))))
    usual, packets, heard = server.handler, 0, True

    async def handler(session: Session, action: Action) -> bool:
        nonlocal packets
        if "rxcount" not in one(action, "variable"):
            return await usual(session, action)
        packets += heard
        await session.reply(action, "Success", "", f"Value: {packets}")
        return True

    server.handler = handler
    async with signed_in(pool, server) as (room, sessions):
        page = await room.client.ws_connect("/agent/socket", headers={"X-Agent": "1001"})
        await receive(page, "hello", "pop")
        task = asyncio.create_task(room.cti.recovery.run())
        try:
            sessions.ended.set()
            await eventually(lambda: room.desk.signed_in == 0)
            await eventually(lambda: packets > 10)
            assert (room.cti.recovery.kept, server.count("Redirect")) == (0, 0)
            heard = False
            await eventually(lambda: server.count("Redirect") == 1)
            moved = next(a for a in server.actions if one(a, "action") == "Redirect")
            assert one(moved, "context") == CONTEXT_DESK_AWAY
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


async def test_a_token_still_counts_and_is_not_watched(pool: Pool) -> None:
    async with signed_in(pool) as (room, sessions):
        (hello,) = await receive(await room.page("1001"), "hello")
        assert "csrf" not in hello  # it sends no cookie, and needs none
        bad = {"Authorization": f"Bearer {tokens.issue(SECRET, '1002')}x", "X-Agent": "1001"}
        with pytest.raises(WSServerHandshakeError):
            await room.client.ws_connect("/agent/socket", headers=bad)
        assert sessions.watched == 0
