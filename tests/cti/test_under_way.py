"""One agent's page that asks without end: it takes nobody else's share, and no emergency waits."""

import asyncio
from collections.abc import Mapping

from aiohttp import ClientWebSocketResponse

from cti.softphones import SoftphoneSettings
from cti.under_way import MOST_OF_AN_AGENT
from db.pool import Pool
from tests.cti.room import ask, opened, receive

PHONES = SoftphoneSettings(agents=frozenset({"1001"}), url="wss://pbx/ws", gather=0.2)


async def send_softphones(page: ClientWebSocketResponse, count: int) -> None:
    for n in range(count):
        await page.send_json({"type": "softphone", "id": f"phone{n}"})


async def answers(page: ClientWebSocketResponse, count: int) -> list[str]:
    """Why so many were refused, in the order in which they were."""
    told = await receive(page, *["answer"] * count)
    return [one["reason"]["code"] for one in told]


async def test_an_agent_has_so_many_commands_under_way_and_others_their_own(pool: Pool) -> None:
    asterisk_reads = asyncio.Event()

    async def publish(_passwords: Mapping[str, str]) -> None:
        await asterisk_reads.wait()

    async with opened(pool, softphones=PHONES, publish=publish) as room:
        page, other = await room.page("1001"), await room.page("1002")
        await receive(page, "hello")
        await receive(other, "hello")
        await send_softphones(page, MOST_OF_AN_AGENT + 30)
        assert await answers(page, 30) == ["too_much_at_once"] * 30
        assert (await ask(page, "notices"))["reason"] == {"code": "too_much_at_once"}
        assert (await ask(other, "notices"))["ok"]
        asterisk_reads.set()
        told = await receive(page, *["answer"] * MOST_OF_AN_AGENT)
        assert all(one["ok"] for one in told)
        assert (await ask(page, "notices"))["ok"], "there is room again"


async def test_an_emergency_goes_out_whatever_else_the_page_waits_for(pool: Pool) -> None:
    async def publish(_passwords: Mapping[str, str]) -> None:
        await asyncio.Event().wait()

    async with opened(pool, softphones=PHONES, publish=publish) as room:
        page = await room.page("1001")
        await receive(page, "hello")
        await send_softphones(page, MOST_OF_AN_AGENT + 1)
        assert await answers(page, 1) == ["too_much_at_once"]
        refused = await ask(page, "emergency")
        assert refused["reason"]["code"] != "too_much_at_once", (
            "it was carried out as far as it goes"
        )


async def test_an_agents_passwords_are_made_one_after_the_other(pool: Pool) -> None:
    valid: list[str] = []

    async def publish(passwords: Mapping[str, str]) -> None:
        valid.extend(passwords.values())

    async with opened(pool, softphones=PHONES, publish=publish) as room:
        page = await room.page("1001")
        await receive(page, "hello")
        await send_softphones(page, 3)
        told = await receive(page, *["answer"] * 3)
        assert [one["id"] for one in told] == ["phone0", "phone1", "phone2"]
        assert [one["password"] for one in told] == valid, (
            "each was in force, and none with another"
        )
