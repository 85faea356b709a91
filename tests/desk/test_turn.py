"""Behind NAT: a browser's sound goes through a TURN server, a real one."""

import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Page

from calls.model import Outcome
from cti.softphones import Turn
from helpline.tools import load_turnserver
from tests.desk.conftest import ROOT, Office
from tests.desk.relays import PORT, Coturn, coturn
from tests.desk.test_desk_browser import hears, in_call, phone_ready, recorded, status
from tests.system.callers import CITIZENS_TONE, TO_THE_QUEUE, Caller, place

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(180)]

SECRET = "between-us-and-the-relay"
RTP_CONF = "asterisk/etc/rtp.conf"
RELOAD = "module reload res_rtp_asterisk.so"


def relays_host(office: Office) -> str:
    return f"{office.bed.site.network}.9"


@pytest.fixture
def behind_nat(office: Office) -> Iterator[None]:
    """The relay is in the settings, beside the straight way."""
    softphones, host = office.bed.helpline.live.softphones, relays_host(office)
    given = softphones._settings
    softphones._settings = replace(
        given,
        stun=(f"stun:{host}:{PORT}",),
        turn=(Turn(f"turn:{host}:{PORT}?transport=udp", secret=SECRET),),
    )
    yield
    softphones._settings = given


def machines_address() -> str:
    """Which it would send from to another network; nothing is sent."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asked:
        try:
            asked.connect(("198.51.100.1", PORT))
        except OSError as error:
            pytest.skip(f"this machine has no way to another network: {error}")
        address: str = asked.getsockname()[0]
        return address


@pytest_asyncio.fixture(loop_scope="session")
async def relay_only(office: Office, behind_nat: None) -> AsyncIterator[None]:
    """There is no straight way: `behind_nat` takes it back.

    Asterisk tells browsers all addresses of the machine but loopback ones, and here it listens on
    one of those. So it is told that this is how others see it, as where it is behind a NAT.
    """
    softphones, asterisk = office.bed.helpline.live.softphones, office.bed.helpline.asterisk
    softphones._settings = replace(softphones._settings, relay_only=True)
    file = office.bed.settings.state_dir / RTP_CONF
    given = file.read_text()
    seen = f"{machines_address()} => {office.bed.site.asterisk.host}"
    file.write_text(f"{given}\n[ice_host_candidates]\n{seen}\n")
    await asterisk.process.cli(RELOAD)
    yield
    file.write_text(given)
    await asterisk.process.cli(RELOAD)


@asynccontextmanager
async def relay(office: Office, folder: Path, secret: str = SECRET) -> AsyncIterator[Coturn]:
    """A relay to our Asterisk."""
    tool, asterisk = load_turnserver(ROOT), office.bed.site.asterisk.host
    async with coturn(
        tool, folder, host=relays_host(office), asterisk=asterisk, secret=secret
    ) as running:
        yield running


async def lost(page: Page) -> None:
    """The page says that the relay does not take it, and that the telephone is not connected."""
    await page.wait_for_selector("#desk-trouble:has-text('TURN')")
    await page.wait_for_selector("#desk-phone[data-good=false]:not(:empty)")


async def connected_again(page: Page) -> None:
    await phone_ready(page)
    await page.wait_for_selector("#desk-trouble", state="hidden")


async def answered_and_ended(page: Page, call: Caller) -> None:
    """The call rings; the agent answers and hears the citizen."""
    await status(page, "ringing")
    await page.wait_for_selector("#call-answer:enabled")
    await page.keyboard.press("F2")
    await status(page, "in_call")
    await talked_and_ended(page, call)


async def talked_and_ended(page: Page, call: Caller) -> None:
    await hears(page, CITIZENS_TONE)
    await call.phone.bye()
    await status(page, "wrap_up")
    await page.click("#desk-wrap-end")


async def test_all_sound_of_a_call_goes_through_the_relay(
    office: Office, relay_only: None, tmp_path: Path
) -> None:
    async with relay(office, tmp_path) as running:
        async with office.desk() as page:
            call = await in_call(office, page)
            await talked_and_ended(page, call)
            await recorded(call)  # both voices
        carried = await running.until_carried()
        assert carried.agent == "1001"
        # Packets of 20 ms, each way: more than a second of talk.
        assert min(carried.from_asterisk, carried.to_asterisk) > 30
        hours = (carried.until - office.bed.now().timestamp()) / 3600
        assert 12 < hours < 14


async def test_a_desk_that_the_relay_refuses_says_so_and_is_not_rung(
    office: Office, relay_only: None, tmp_path: Path
) -> None:
    """As where the secret is not the relay's; then it is."""
    async with office.desk() as page:
        async with relay(office, tmp_path, secret="another"):
            await lost(page)
            unserved = await place(office.bed, TO_THE_QUEUE)
            assert (await unserved.ended())["outcome"] == Outcome.NO_AGENT
            assert [reason for _, reason in await unserved.callbacks()] == ["no_agent"]
        async with relay(office, tmp_path):
            await connected_again(page)


async def test_a_relay_that_is_gone_when_it_rings_leaves_the_call_in_the_queue(
    office: Office, relay_only: None, tmp_path: Path
) -> None:
    async with relay(office, tmp_path) as running, office.desk() as page:
        await status(page, "ready")
        await phone_ready(page)
        running.stand_still()
        call = await place(office.bed, TO_THE_QUEUE)
        await status(page, "ringing")
        await page.keyboard.press("F2")  # at once, before anybody knows
        await lost(page)
        row = await call.row()
        assert (row["ended_at"], row["agent_answered_at"]) == (None, None)
        running.go_on()
        await connected_again(page)
        await answered_and_ended(page, call)


async def test_beside_a_straight_way_a_relay_that_does_not_answer_holds_no_call_up(
    office: Office, behind_nat: None, tmp_path: Path
) -> None:
    async with relay(office, tmp_path) as running:
        running.stand_still()
        async with office.desk() as page:
            await talked_and_ended(page, await in_call(office, page))
        running.go_on()
        await running.until_says("incoming packet BINDING")  # it was asked, as STUN server
        await running.until_says("error 401")  # and for an allocation
