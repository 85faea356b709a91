"""`helpline serve` as a process: it serves, it drains, it dies, it comes back."""

import asyncio
import signal
import tempfile
from collections.abc import Iterator
from pathlib import Path

import aiohttp
import asyncpg
import pytest

from calls.model import Outcome
from complaints.disposal import DisposalKind, dispose
from db.pool import Pool
from helpline.clock import system_clock
from helpline.lab.media import tone
from helpline.lab.phones import Phone, PhoneCall
from helpline.lab.script import Press, Say, Wait
from helpline.lab.tones import level
from helpline.policies import policy_named
from helpline.tools import Tools
from tests.system.operator import Operator, last_call, until

pytestmark = pytest.mark.asyncio(loop_scope="session")

DIALS_AT_ANY_HOUR = {
    "HELPLINE_FEEDBACK__ENABLED": "true",
    "HELPLINE_FEEDBACK__OPENS": "00:00",
    "HELPLINE_FEEDBACK__CLOSES": "23:59:59",
    "HELPLINE_FEEDBACK__TICK_SECONDS": "0.2",
}
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
        policy=policy_named("demo"),
        now=system_clock(),
    )


async def _gone(operator: Operator) -> bool | None:
    return operator.processes() == [] or None


async def test_sigterm_lets_a_call_in_the_menu_be_served_and_leaves_nothing_behind(
    operator: Operator,
) -> None:
    async with operator.serve(**DIALS_AT_ANY_HOUR) as served:
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
            await _dispose(pool, await operator.complaint())  # to be dialled a second from now
        assert row["citizen_number"] == "+919876543210"
        assert len(operator.processes()) > 2  # PostgreSQL's and Asterisk's
        assert await served.end(signal.SIGTERM) == 0
        await call.wait()
    assert operator.processes() == []
    async with operator.serve(), operator.database() as pool:
        ended = await _row(pool, row["id"])
        async with pool.acquire(timeout=5) as conn:
            owed = await conn.fetch("select * from callback where call_id = $1", row["id"])
            dialled = await conn.fetch("select * from attempt")
    assert ended is not None
    # They chose the agents while it drained: nobody is there, which they are told.
    assert (ended["outcome"], len(owed)) == (Outcome.NO_AGENT, 1)
    assert dialled == []


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
