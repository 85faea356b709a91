"""The HTTP server's frame: health, figures, and errors that tell a stranger nothing."""

from collections.abc import AsyncIterator

import aiohttp
import pytest
import pytest_asyncio
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from structlog.testing import capture_logs

from helpline.http import Health, application
from helpline.metrics import Metrics

SECRET = "select * from citizen where number = '+919876543210'"


async def _raises(_request: web.Request) -> web.Response:
    raise RuntimeError(SECRET)


async def _refuses(_request: web.Request) -> web.Response:
    raise web.HTTPForbidden(text="no")


@pytest.fixture
def faults() -> dict[str, str]:
    return {}


@pytest_asyncio.fixture
async def client(faults: dict[str, str]) -> AsyncIterator[aiohttp.ClientSession]:
    metrics = Metrics()
    metrics.counter("calls", "Calls by outcome", lambda: {"busy": 2, "lost": 1}, "outcome")
    metrics.gauge("waiting", "Calls that wait", lambda: 7)
    routes = [web.get("/raises", _raises), web.get("/refuses", _refuses)]
    server = TestServer(application(routes, metrics, lambda: Health(faults)))
    async with server, aiohttp.ClientSession(server.make_url("/")) as session:
        yield session


async def test_an_exception_is_a_500_without_its_details(client: aiohttp.ClientSession) -> None:
    async with client.get("/raises") as answer:
        assert (answer.status, await answer.json()) == (500, {"error": "internal error"})


async def test_a_refusal_stays_what_it_is(client: aiohttp.ClientSession) -> None:
    async with client.get("/refuses") as answer:
        assert (answer.status, await answer.text()) == (403, "no")


async def test_health_is_200_until_a_part_is_down(
    client: aiohttp.ClientSession, faults: dict[str, str]
) -> None:
    async with client.get("/healthz") as answer:
        assert (answer.status, await answer.json()) == (200, {"status": "ok", "faults": {}})
    faults["asterisk"] = "not running"
    async with client.get("/healthz") as answer:
        told = {"status": "faulty", "faults": {"asterisk": "not running"}}
        assert (answer.status, await answer.json()) == (503, told)


async def test_metrics_are_prometheus_text(client: aiohttp.ClientSession) -> None:
    async with client.get("/metrics") as answer:
        lines = (await answer.text()).splitlines()
    assert 'helpline_calls_total{outcome="busy"} 2.0' in lines
    assert "helpline_waiting 7.0" in lines


async def test_a_failure_is_logged_without_what_was_asked_for() -> None:
    """The last part of an address may be a key, or hold a citizen's number."""

    async def broken(_request: web.Request) -> web.Response:
        raise ValueError("a fault of ours")

    app = application([web.get("/b/{key}", broken)], Metrics(), lambda: Health({}))
    async with TestClient(TestServer(app)) as client:
        with capture_logs() as told:
            assert (await client.get("/b/secret-key?number=98765")).status == 500
    (line,) = told
    assert line["route"] == "/b/{key}"
