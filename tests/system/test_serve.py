"""`helpline serve` as a process: it serves, it drains, it dies, it comes back."""

import asyncio
import hmac
import json
import os
import signal
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any
from uuid import uuid4

import aiohttp
import asyncpg
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from calls.model import Outcome
from complaints.disposal import DisposalKind, dispose
from db.pool import Pool
from helpline.clock import system_clock
from helpline.lab.media import tone
from helpline.lab.phones import Phone, PhoneCall
from helpline.lab.script import Press, Say, Wait
from helpline.lab.tones import level
from helpline.policies import policy_named
from helpline.postgres.lock import Lock
from helpline.tools import Tools
from tests.system.operator import Operator, last_call, until

pytestmark = pytest.mark.asyncio(loop_scope="session")

DIALS_AT_ANY_HOUR = {
    "HELPLINE_FEEDBACK__ENABLED": "true",
    "HELPLINE_FEEDBACK__OPENS": "00:00",
    "HELPLINE_FEEDBACK__CLOSES": "23:59:59",
    "HELPLINE_FEEDBACK__TICK_SECONDS": "0.2",
}
SECRET = "a secret of the other system"
CUT_OFF = "insert into dial_cut_off (id, endpoint, at, why) values ($1, '1001', now(), 'test')"
IDENTITY = '"रामलाल" <sip:9876543210@citizen.invalid>'


@pytest.fixture(scope="module")
def operator(tools: Tools) -> Iterator[Operator]:
    with tempfile.TemporaryDirectory(prefix="hl-") as folder:
        one = Operator(Path(folder), tools, "127.0.16", 8281)
        one.write_settings()
        yield one


async def _in_the_menu(
    phone: Phone, pool: Pool, seconds: float
) -> tuple[PhoneCall, asyncpg.Record]:
    """A citizen who says something for `seconds`, then presses 1; and their row."""
    before = await last_call(pool)
    steps = (Say(tone(440, seconds)), Press("1"), Wait(20))
    call = await phone.place("1076", IDENTITY, steps, hang_up=False)

    async def answered() -> asyncpg.Record | None:
        row = await last_call(pool)
        fresh = row is not None and (before is None or row["id"] != before["id"])
        return row if row is not None and fresh and row["answered_at"] else None

    return call, await until("the call to be answered", answered)


async def _row(pool: Pool, call_id: object) -> asyncpg.Record | None:
    async with pool.acquire(timeout=5) as conn:
        return await conn.fetchrow("select * from call where id = $1", call_id)


async def _post_of(pool: Pool, number: str) -> str:
    async with pool.acquire(timeout=5) as conn:
        found = await conn.fetchval("select post from complaint where number = $1", number)
    return str(found)


async def _dispose(pool: Pool, number: str) -> None:
    await dispose(
        pool,
        number,
        kind=DisposalKind.RESOLVED,
        report="ठीक करा दिया।",
        post=await _post_of(pool, number),
        actor="post:test",
        # Once the signal is there, and before the citizen has done.
        policy=replace(policy_named("demo"), feedback_delay=timedelta(seconds=3)),
        now=system_clock(),
    )


@dataclass
class OtherSystem:
    """Takes what is signed with its secret, as it is told in docs/OPERATING.md."""

    url: str = ""
    told: list[dict[str, Any]] = field(default_factory=list)
    refused: int = 0

    @property
    def settings(self) -> dict[str, str]:
        """Of the helpline, that it be told complaints and alarms."""
        hook = {"driver": "webhook", "url": self.url, "secret": SECRET}
        return {
            "HELPLINE_NOTIFICATIONS__WEBHOOK": json.dumps(hook),
            "HELPLINE_ALARMS__WEBHOOK": "true",
        }

    async def take(self, request: web.Request) -> web.Response:
        """401 for what is not ours."""
        body, timestamp = await request.read(), request.headers["Helpline-Timestamp"]
        signed = hmac.new(SECRET.encode(), f"{timestamp}.".encode() + body, sha256).hexdigest()
        if request.headers["Helpline-Signature"] != f"sha256={signed}":
            self.refused += 1
            return web.Response(status=401)
        self.told.append(json.loads(body))
        return web.Response()

    async def until_told(self, *kinds: str) -> list[dict[str, Any]]:
        """The messages of these kinds, one of each."""

        async def all_told() -> list[dict[str, Any]] | None:
            found = {one["kind"]: one for one in self.told}
            return [found[kind] for kind in kinds] if found.keys() >= set(kinds) else None

        return await until(f"the other system to be told {kinds}", all_told)


@asynccontextmanager
async def _other_system() -> AsyncIterator[OtherSystem]:
    app, other = web.Application(), OtherSystem()
    app.router.add_post("/hook", other.take)
    async with TestServer(app) as server:
        other.url = str(server.make_url("/hook"))
        yield other


def _heads(operator: Operator) -> list[Path]:
    return sorted((operator.state / "audit").glob("complaints-*.heads"))


async def _heads_kept(operator: Operator, number: str) -> str:
    """The line of a complaint in today's file of heads."""

    async def written() -> str | None:
        lines = [
            line
            for file in _heads(operator)
            for line in file.read_text(encoding="ascii").splitlines()
        ]
        return next((line for line in lines if line.startswith(f"{number} ")), None)

    return await until("the heads of histories to be written", written)


async def _gone(operator: Operator) -> bool | None:
    return operator.processes() == [] or None


async def test_sigterm_lets_a_call_in_the_menu_be_served_and_leaves_nothing_behind(
    operator: Operator,
) -> None:
    async with _other_system() as other:
        await _served_twice(operator, other)


async def _served_twice(operator: Operator, other: OtherSystem) -> None:
    async with operator.serve(**DIALS_AT_ANY_HOUR, **other.settings) as served:
        async with aiohttp.ClientSession(operator.url) as client:
            async with client.get("/healthz") as answer:
                assert (answer.status, await answer.json()) == (200, {"status": "ok", "faults": {}})
            async with client.get("/", headers={"Accept": "text/html"}) as answer:
                assert (answer.status, answer.url.path) == (200, "/sign-in")
                assert '<html lang="hi">' in await answer.text()
            async with client.get("/metrics") as answer:
                assert "helpline_calls_in_flows 0.0" in (await answer.text()).splitlines()
        async with operator.database() as pool:
            call, row = await _in_the_menu(operator.phone("caller"), pool, 5)
            number = await operator.complaint()
            await _dispose(pool, number)  # to be dialled while it drains
            await pool.execute(CUT_OFF, uuid4())
        assert row["citizen_number"] == "+919876543210"
        assert len(operator.processes()) > 2  # PostgreSQL's and Asterisk's
        assert await served.end(signal.SIGTERM) == 0
        await call.wait()
    assert operator.processes() == []
    assert _heads(operator) != []
    for file in _heads(operator):
        file.unlink()  # of a day on which there was no complaint: the next one has this one
    async with operator.serve(**other.settings), operator.database() as pool:
        await _tells_outside(operator, pool, other, number)
        ended = await _row(pool, row["id"])
        async with pool.acquire(timeout=5) as conn:
            owed = await conn.fetch("select * from callback where call_id = $1", row["id"])
            dialled = await conn.fetch("select * from attempt")
    assert ended is not None
    # They chose the agents while it drained: nobody is there, which they are told.
    assert (ended["outcome"], len(owed)) == (Outcome.NO_AGENT, 1)
    assert dialled == []


async def _tells_outside(operator: Operator, pool: Pool, other: OtherSystem, number: str) -> None:
    """Steps of complaints and alarms to the other system; heads of histories to a file a day."""
    registered, disposed, alarm = await other.until_told(
        "complaint_registered", "complaint_disposed", "alarm_raised"
    )
    events = [(one["event"]["number"], one["event"]["entry"]) for one in (registered, disposed)]
    assert events == [(number, 1), (number, 2)]
    assert (alarm["to"], "(lab)" in alarm["text"]) == ("supervisors", True)
    assert other.refused == 0
    async with pool.acquire(timeout=5) as conn:
        head = await conn.fetchrow(
            "select number, entries, head from complaint where number = $1", number
        )
    assert head is not None
    assert await _heads_kept(operator, number) == " ".join(str(one) for one in head)
    status, said, complained = await operator.run("verify", "--all")
    assert (status, complained) == (0, ""), said
    assert "of heads compared, all histories have them" in said


async def test_a_database_that_is_killed_is_started_again_by_the_server(
    operator: Operator,
) -> None:
    async with operator.serve() as served:
        lock = Lock.read(operator.state / "postgres" / "cluster")
        assert lock is not None
        os.kill(lock.pid, signal.SIGKILL)

        async def again() -> Lock | None:
            found = Lock.read(operator.state / "postgres" / "cluster")
            return found if found and found.pid != lock.pid and found.is_held() else None

        await until("another PostgreSQL", again)
        async with aiohttp.ClientSession() as browser:

            async def well() -> bool | None:
                async with browser.get(f"{operator.url}/healthz") as answer:
                    return answer.status == 200 or None

            await until("health", well)
            async with browser.get(f"{operator.url}/metrics") as answer:
                figures = await answer.text()
        assert 'helpline_service_restarts_total{service="PostgreSQL"} 1.0' in figures
        await served.end(signal.SIGTERM)


async def test_what_a_killed_process_left_open_is_ended_and_stored_by_the_next(
    operator: Operator,
) -> None:
    phone = operator.phone("caller")
    async with operator.serve() as served:
        async with operator.database() as pool:
            call, row = await _in_the_menu(phone, pool, 60)
        await asyncio.sleep(3)
        await served.end(signal.SIGKILL)
        await call.stop()
        await until("PostgreSQL and Asterisk to be gone as well", lambda: _gone(operator))
    captures = [file.name for file in (operator.state / "captures").iterdir()]
    assert [name.startswith(str(row["id"])) for name in captures] == [True]
    async with operator.serve(), operator.database() as pool:

        async def over() -> asyncpg.Record | None:
            found = await _row(pool, row["id"])
            return found if found is not None and found["ended_at"] else None

        async def stored() -> asyncpg.Record | None:
            async with pool.acquire(timeout=5) as conn:
                return await conn.fetchrow(
                    "select * from recording where call_id = $1 and state = 'stored'", row["id"]
                )

        assert (await until("the call to be ended", over))["outcome"] == Outcome.LOST
        recording = await until("its recording to be stored", stored)
        kept = await operator.opened(pool, recording["id"])
    assert (recording["channels"], recording["seconds"] > 2) == (2, True)
    assert level(kept, 0, 440) > 0.5 > level(kept, 1, 440)
