"""A flood of one client stops before the database, whatever it asks for."""

from collections.abc import AsyncIterator, Collection
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import pytest_asyncio
from aiohttp import web

from access import sessions
from access.passwords import Passwords
from cti.api import AgentApi, routes
from db.pool import Pool
from helpline.clock import ManualClock
from helpline.pages import DeskSessions, WallboardSessions
from tests.web.site import Client, Site, opened
from web.flood import Flood
from web.shell import Shell, Visit

GUESS = "helpline=anything"


def _sockets(app: web.Application, shell: Shell) -> None:
    """As the cell has them; nobody here gets as far as a desk."""
    nowhere: Any = None
    api = AgentApi(
        b"x" * 32, nowhere, nowhere, DeskSessions(shell), supervisors=WallboardSessions(shell)
    )
    app.add_routes(routes(api))


@pytest_asyncio.fixture
async def flooded(pool: Pool, passwords: Passwords, clock: ManualClock) -> AsyncIterator[Site]:
    """Three requests from each client, and then one a second."""
    async with opened(pool, passwords, clock, add=_sockets) as site:
        site.shell._flood = Flood(clock, per_second=1, burst=3)
        yield site


@pytest.fixture
def looked_up(monkeypatch: pytest.MonkeyPatch) -> list[Collection[str]]:
    """The cookies about which the database was asked."""
    asked: list[Collection[str]] = []
    load_many = sessions.load_many

    async def counted(pool: Pool, tokens: Collection[str], *more: Any) -> Any:
        asked.append(tokens)
        return await load_many(pool, tokens, *more)

    monkeypatch.setattr(sessions, "load_many", counted)
    return asked


async def statuses(client: Client, path: str, **headers: str) -> list[int]:
    return [(await client.get(path, Cookie=GUESS, **headers)).status for _ in range(5)]


async def test_error_pages_are_within_the_bound(
    flooded: Site, looked_up: list[Collection[str]]
) -> None:
    client = flooded.client()
    assert await statuses(client, "/nothing") == [404, 404, 404, 429, 429]
    assert len(looked_up) == 3
    answer = await client.get("/nothing", Cookie=GUESS)
    assert answer.headers["Retry-After"] == "10"
    assert flooded.shell.texts.say("hi", "error.title_429") in client.last


async def test_error_pages_without_a_cookie_are_within_the_bound_and_then_no_templates(
    flooded: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    rendered = []
    render = Visit.render

    def counted(visit: Visit, template: str, **context: Any) -> web.Response:
        rendered.append(template)
        return render(visit, template, **context)

    monkeypatch.setattr(Visit, "render", counted)
    client = flooded.client()
    found = [(await client.get("/nothing")).status for _ in range(5)]
    assert found == [404, 404, 404, 429, 429]
    assert rendered == ["error.html.j2"] * 3
    answer = await client.get("/nothing", Cookie="helpline-language=en")
    assert flooded.shell.texts.say("en", "error.text_429") in client.last
    assert answer.headers["Retry-After"] == "10"
    assert "X-Request-Id" in answer.headers
    assert "Content-Security-Policy" in answer.headers


async def test_a_forged_form_is_within_the_bound(
    flooded: Site, looked_up: list[Collection[str]]
) -> None:
    client = flooded.client()
    headers = {"Accept": "text/html", "Cookie": GUESS}
    found = [(await client.forged("/healthz", headers=headers)).status for _ in range(5)]
    assert found == [403, 403, 403, 429, 429]
    assert len(looked_up) == 3


@pytest.mark.parametrize("path", ["/agent/socket", "/supervisor/socket"])
async def test_sockets_are_within_the_bound(
    flooded: Site, looked_up: list[Collection[str]], path: str
) -> None:
    client = flooded.client()
    headers = {"Upgrade": "websocket", "Connection": "Upgrade", "Origin": flooded.origin}
    assert await statuses(client, path, Accept="*/*", **headers) == [401, 401, 401, 429, 429]
    assert len(looked_up) == 3
    assert '"too many requests"' in client.last


async def test_a_page_counts_once(flooded: Site, looked_up: list[Collection[str]]) -> None:
    assert await statuses(flooded.client(), "/sign-in") == [200, 200, 200, 429, 429]
    assert len(looked_up) == 3


async def test_what_asks_no_database_has_no_bound(
    flooded: Site, looked_up: list[Collection[str]]
) -> None:
    client = flooded.client()
    style = flooded.shell.assets.url("helpline.css")
    assert style is not None
    for path in ("/healthz", "/metrics", style):
        assert await statuses(client, path) == [200] * 5
    assert await statuses(client, "/nothing", Accept="*/*") == [404] * 5
    assert looked_up == []


def test_an_office_of_300_desks_behind_one_address_is_no_flood() -> None:
    """All sign in within two minutes, each with five pages and two sockets; then a restart."""
    now = datetime(2026, 1, 1, 7, tzinfo=UTC)
    flood = Flood(lambda: now)
    for _ in range(120):
        assert all(flood.admits("192.0.2.1") for _ in range(300 * 7 // 120 + 1))
        now += timedelta(seconds=1)
    assert all(flood.admits("192.0.2.1") for _ in range(300 * 2))


def test_a_client_with_a_network_of_addresses_has_one_bound(clock: ManualClock) -> None:
    flood = Flood(clock, burst=1)
    assert flood.admits("2001:db8::1")
    assert not flood.admits("2001:db8::2")
    assert flood.admits("2001:db8:0:1::1")
