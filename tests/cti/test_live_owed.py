"""An agent calls back from the page of calls that are owed, against a real Asterisk."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import aiohttp
import pytest

from access.rights import Role
from calls.model import Outcome
from calls.store import end_if_open, owe_callback
from db.ids import new_id
from dialplans.names import QUEUE_DEFAULT
from helpline.clock import system_clock
from helpline.lab.bed import Bed
from helpline.lab.media import tone
from helpline.lab.script import Answer, Refuse, Say
from helpline.sign_in import passwords
from tests.access.people import People
from tests.cti.test_live_control import TALKS, no_channels, room
from tests.system.callers import CITIZENS_TONE, signed_in
from tests.web.site import Client

pytestmark = pytest.mark.asyncio(loop_scope="session")

CITIZEN_TALKS = Answer((Say(tone(CITIZENS_TONE, 120)),), ring=0.3)


async def promised(bed: Bed, number: str) -> UUID:
    """A call whose caller no agent served, and who was told that we would call."""
    at = bed.now() - timedelta(minutes=10)
    call = new_id(at)
    async with bed.helpline.pool.acquire() as conn, conn.transaction():
        await conn.execute(
            "insert into call (id, cell, direction, citizen_number, started_at, queue, queued_at)"
            " values ($1, 'lab', 'inbound', $2, $3, $4, $3)",
            *(call, number, at, QUEUE_DEFAULT),
        )
        await owe_callback(conn, call, None, Outcome.NO_AGENT, at)
        await end_if_open(conn, call, Outcome.NO_AGENT, at)
    return call


@asynccontextmanager
async def browser(bed: Bed, name: str, agent_id: str) -> AsyncIterator[Client]:
    """An agent's, signed in by name and password; without scripts, as the page works too."""
    if not await bed.rows("select from app_user where sign_in_name = $1", name):
        people = People(bed.helpline.pool, passwords(bed.settings), system_clock)  # type: ignore[arg-type]
        await people.add(name, Role.AGENT, agent_id=agent_id)
    jar = aiohttp.CookieJar(unsafe=True)  # cookies of an address
    async with aiohttp.ClientSession(cookie_jar=jar) as http:
        client = Client(bed.settings.http.public_url, http)
        await client.get("/sign-in")
        await client.sign_in(name)
        yield client


async def clicked(client: Client, left: UUID) -> int:
    """The status of what the button answers."""
    return (await client.post(f"/owed-calls/{left}/call", key=str(uuid4()))).status


async def taken_and_clicked(client: Client, left: UUID) -> None:
    await client.get(f"/owed-calls/{left}")
    assert (await client.post(f"/owed-calls/{left}/take")).status == 303, client.last
    assert await clicked(client, left) == 303, client.last


async def attempt(bed: Bed, left: UUID) -> dict[str, Any]:
    """The only one, with how its call ended."""
    [row] = await bed.rows(
        "select a.*, c.outcome from callback_attempt a join call c using (id)"
        " where a.left_call = $1", left,
    )  # fmt: skip
    return dict(row)


async def settled(bed: Bed, left: UUID) -> tuple[dict[str, Any], dict[str, Any]]:
    """The attempt and what is owed, once the attempt's consequence is drawn."""

    async def drawn() -> dict[str, Any] | None:
        row = await attempt(bed, left)
        return row if row["settled_at"] else None

    made = await bed.until("the attempt to be settled", drawn)
    return made, await owed(bed, left)


async def owed(bed: Bed, left: UUID) -> dict[str, Any]:
    [row] = await bed.rows("select * from callback where call_id = $1", left)
    return dict(row)


async def test_a_click_calls_agent_and_citizen_once_and_their_talk_settles_what_is_owed(
    desk: Bed,
) -> None:
    left = await promised(desk, "+919812340001")
    async with signed_in(desk) as page, browser(desk, "asha", "1001") as client:
        await page.until_state(status="ready")
        agents = await desk.agent_phone().expect(TALKS)
        citizen = await desk.line.expect(CITIZEN_TALKS)
        await taken_and_clicked(client, left)
        call = (await attempt(desk, left))["id"]
        await page.until_state(status="in_call", call=str(call))
        await room(desk, 2)
        pop = await page.wait_for("pop", call=str(call))
        assert pop["caller"] == "+919812340001"
        assert await clicked(client, left) == 409  # they are talking
        assert (await owed(desk, left))["done_at"] is None
        assert (agents.invites(), citizen.invites()) == (1, 1)
        assert (await page.ask("hang_up"))["ok"]
        made, debt = await settled(desk, left)
        assert (made["agent_id"], made["outcome"]) == ("1001", Outcome.AGENT_ANSWERED)
        assert (debt["result"], debt["done_at"] is not None) == ("served", True)
        await client.get("/owed-calls")
        assert str(left) not in client.last
        await no_channels(desk)


async def test_an_agent_who_does_not_answer_leaves_the_citizen_alone_and_what_is_owed_open(
    desk: Bed,
) -> None:
    left = await promised(desk, "+919812340002")
    async with signed_in(desk) as page, browser(desk, "asha", "1001") as client:
        await page.until_state(status="ready")
        await desk.agent_phone().expect(Refuse(486))
        citizen = await desk.line.expect(CITIZEN_TALKS)
        await taken_and_clicked(client, left)
        made, debt = await settled(desk, left)
        assert made["outcome"] == Outcome.FAILED
        assert (debt["done_at"], debt["attempts"]) == (None, 0)  # not the citizen's doing
        assert not citizen.reached
        await no_channels(desk)


async def test_a_citizen_who_is_busy_is_still_owed_a_call_and_the_agent_is_free(desk: Bed) -> None:
    left = await promised(desk, "+919812340003")
    async with signed_in(desk) as page, browser(desk, "asha", "1001") as client:
        await page.until_state(status="ready")
        await desk.agent_phone().expect(TALKS)
        await desk.line.expect(Refuse(486))
        await taken_and_clicked(client, left)
        made, debt = await settled(desk, left)
        assert made["outcome"] == Outcome.BUSY
        assert (debt["done_at"], debt["attempts"], debt["taken_by"]) == (None, 1, None)
        await page.until_state(status="ready")
        await client.get("/owed-calls")
        assert str(left) in client.last
        await no_channels(desk)


async def test_two_agents_who_click_at_once_call_the_citizen_once(desk: Bed) -> None:
    left = await promised(desk, "+919812340004")
    async with (
        signed_in(desk) as first,
        signed_in(desk, 1) as second,
        browser(desk, "asha", "1001") as asha,
        browser(desk, "usha", "1002") as usha,
    ):
        pages, clients = (first, second), (asha, usha)
        for page, client in zip(pages, clients, strict=True):
            await page.until_state(status="ready")
            await client.get(f"/owed-calls/{left}")
        phones = [await desk.agent_phone(number).expect(TALKS) for number in (0, 1)]
        citizen = await desk.line.expect(CITIZEN_TALKS, times=2)
        taken = await asyncio.gather(*(one.post(f"/owed-calls/{left}/take") for one in clients))
        statuses = [answer.status for answer in taken]
        assert sorted(statuses) == [303, 409]
        # Whoever has it clicks twice, on two tabs; the other clicks all the same.
        winner = statuses.index(303)
        both = (*clients, clients[winner])
        assert sorted(await asyncio.gather(*(clicked(one, left) for one in both))) == [
            303, 409, 409,
        ]  # fmt: skip
        call = (await attempt(desk, left))["id"]
        await pages[winner].until_state(status="in_call", call=str(call))
        await room(desk, 2)
        assert (await pages[winner].ask("hang_up"))["ok"]
        made, debt = await settled(desk, left)
        assert (made["agent_id"], debt["result"]) == (("1001", "1002")[winner], "served")
        assert citizen.invites() == 1
        assert [phones[winner].invites(), phones[1 - winner].reached] == [1, False]
        await no_channels(desk)
