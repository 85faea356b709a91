"""SIP passwords of browsers: one a page, in force on return, joined into few reloads."""

import asyncio
import base64
import hashlib
import hmac
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import pytest

from cti.errors import NotAllowedError, NotNowError
from cti.softphones import Softphones, SoftphoneSettings, Turn

AGENTS = frozenset(str(1000 + n) for n in range(40))
NOW = datetime(2025, 11, 22, 9, tzinfo=UTC)


class Asterisk:
    """Has the passwords of the last file that it read."""

    def __init__(self) -> None:
        self.passwords: Mapping[str, str] = {}
        self.reads = 0
        self.refuses = 0

    async def publish(self, passwords: Mapping[str, str]) -> None:
        if self.refuses:
            self.refuses -= 1
            raise OSError("no control socket")
        await asyncio.sleep(0.01)
        self.reads += 1
        self.passwords = passwords


@asynccontextmanager
async def running(asterisk: Asterisk, **more: Any) -> AsyncIterator[Softphones]:
    settings = SoftphoneSettings(agents=AGENTS, url="wss://pbx/ws", gather=0.01, retry=0.01, **more)
    softphones = Softphones(settings, asterisk.publish, lambda: NOW)
    task = asyncio.create_task(softphones.run())
    try:
        yield softphones
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def test_a_password_is_in_force_when_it_is_handed_out() -> None:
    asterisk = Asterisk()
    async with running(asterisk) as softphones:
        first = await softphones.issue("1001")
        assert asterisk.passwords == {"1001": first["password"]}
        second = await softphones.issue("1001")
        assert second["password"] != first["password"]
        assert asterisk.passwords == {"1001": second["password"]}
        assert (first["url"], first["user"]) == ("wss://pbx/ws", "1001")


async def test_a_shift_that_signs_in_at_once_makes_few_reloads() -> None:
    asterisk = Asterisk()
    async with running(asterisk) as softphones:
        given = await asyncio.gather(*(softphones.issue(agent) for agent in sorted(AGENTS)))
        assert asterisk.passwords == {one["user"]: one["password"] for one in given}
        assert asterisk.reads <= 3


async def test_signing_out_voids_the_password() -> None:
    asterisk = Asterisk()
    async with running(asterisk) as softphones:
        await softphones.issue("1001")
        softphones.revoke("1001")
        softphones.revoke("1002")
        async with asyncio.timeout(20):
            while asterisk.passwords:
                await asyncio.sleep(0.01)


async def test_passwords_that_a_server_before_us_gave_are_void_before_anybody_signs_in() -> None:
    """Asterisk outlived that server."""
    asterisk = Asterisk()
    asterisk.passwords = {"1001": "of a session that is over"}
    async with running(asterisk) as softphones:
        async with asyncio.timeout(20):
            while asterisk.passwords:
                await asyncio.sleep(0.01)
        given = await softphones.issue("1001")
        assert asterisk.passwords == {"1001": given["password"]}


async def test_an_asterisk_that_does_not_answer_is_asked_again() -> None:
    asterisk = Asterisk()
    asterisk.refuses = 3
    async with running(asterisk) as softphones:
        await softphones.issue("1001")
        assert softphones.failed == 3


async def test_who_waits_in_vain_for_asterisk_is_told() -> None:
    asterisk = Asterisk()
    asterisk.refuses = 1_000_000
    async with running(asterisk, patience=0.1) as softphones:
        with pytest.raises(NotNowError):
            await softphones.issue("1001")


async def test_an_agent_with_a_telephone_of_their_own_gets_none() -> None:
    async with running(Asterisk()) as softphones:
        with pytest.raises(NotAllowedError):
            await softphones.issue("2001")


async def test_a_turn_servers_login_runs_out_and_is_the_pages_own() -> None:
    turn = (Turn("turn:relay:3478", secret="shared"), Turn("turn:old", user="u", password="p"))
    async with running(Asterisk(), stun=("stun:relay:3478",), turn=turn) as softphones:
        stun, timed, fixed = (await softphones.issue("1001"))["ice_servers"]
    assert stun == {"urls": "stun:relay:3478"}
    until, agent = timed["username"].split(":")
    assert (int(until) > NOW.timestamp(), agent) == (True, "1001")
    proof = hmac.new(b"shared", timed["username"].encode(), hashlib.sha1).digest()
    assert timed["credential"] == base64.b64encode(proof).decode()
    assert (fixed["username"], fixed["credential"]) == ("u", "p")


@pytest.mark.parametrize("only", [True, False])
async def test_a_page_is_told_whether_the_relay_is_the_only_way(*, only: bool) -> None:
    async with running(Asterisk(), turn=(Turn("turn:relay"),), relay_only=only) as softphones:
        assert (await softphones.issue("1001"))["relay_only"] is only
