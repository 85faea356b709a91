"""Behind a router: who is outside is told its public address, who is inside Asterisk's own."""

import re
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from ipaddress import IPv4Address
from typing import Any

import pytest
from pydantic import ValidationError

from dialplans.asterisk import AsteriskProcess
from dialplans.conf import by_name
from dialplans.render import render, write
from dialplans.secrets import Secrets
from dialplans.settings import Address, BenchSettings, CellSettings, NatSettings, SoftphoneSettings
from dialplans.trial import load
from tests.dialplans.conftest import CELL_SIP
from tests.dialplans.sip import Phone, header
from tests.dialplans.websocket_phone import websocket_phone

PUBLIC = IPv4Address("203.0.113.10")
WEBSOCKET = Address(address=IPv4Address(CELL_SIP[0]), port=8089)
NUMBER = "9000"
CANDIDATE = re.compile(r"^a=candidate:\S+ 1 udp \d+ (\S+) \d+ typ host", re.M | re.I)


def behind(cell: CellSettings, nat: NatSettings | None, **more: Any) -> CellSettings:
    """Validated anew, unlike `model_copy`."""
    softphone, bench = SoftphoneSettings(bind=WEBSOCKET), BenchSettings(plain_exten=NUMBER)
    return CellSettings(
        **{**dict(cell), "nat": nat, "softphone": softphone, "bench": bench, **more}
    )


def machines_address() -> IPv4Address:
    """Which it would send from to another network; nothing is sent."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asked:
        asked.connect((str(PUBLIC), 5060))
        return IPv4Address(asked.getsockname()[0])


def test_trunk_telephones_and_browsers_are_given_the_public_address(
    cell: CellSettings, cell_secrets: Secrets
) -> None:
    files = render(behind(cell, NatSettings(public_address=PUBLIC)), cell_secrets)
    transport = by_name(files["pjsip.conf"])["transport-udp"]
    assert transport.get("external_signaling_address") == str(PUBLIC)
    assert transport.get("external_media_address") == str(PUBLIC)
    # Asterisk writes the public address over none that is not local: its own has to be.
    assert transport.all("local_net")[0] == f"{CELL_SIP[0]}/32"
    assert "10.0.0.0/8" in transport.all("local_net")
    offered = f"[ice_host_candidates]\n{CELL_SIP[0]} => {PUBLIC},include_local_address\n"
    assert files["rtp.conf"].endswith(offered)


def test_without_a_router_nothing_is_told_but_the_own_address(
    cell: CellSettings, cell_secrets: Secrets
) -> None:
    files = render(behind(cell, None), cell_secrets)
    assert "external_" not in files["pjsip.conf"]
    assert "local_net" not in files["pjsip.conf"]
    assert "ice_host_candidates" not in files["rtp.conf"]


@pytest.mark.parametrize("address", ["0.0.0.0", "127.0.0.1", "224.0.0.1", "pbx.example.org"])
def test_an_address_that_nobody_reaches_is_refused(address: str) -> None:
    with pytest.raises(ValidationError, match="public_address"):
        NatSettings.model_validate({"public_address": address})


def test_the_router_leads_to_one_address_of_the_machine_and_not_to_itself(
    cell: CellSettings,
) -> None:
    nat = NatSettings(public_address=PUBLIC)
    with pytest.raises(ValidationError, match="the router leads"):
        behind(cell, nat, sip=Address(address=IPv4Address("0.0.0.0"), port=5060))
    with pytest.raises(ValidationError, match="leave nat out"):
        behind(cell, nat, sip=Address(address=PUBLIC, port=5060))


async def test_a_real_asterisk_has_nothing_to_complain_of(
    cell: CellSettings, argv: list[str]
) -> None:
    routed = behind(cell, NatSettings(public_address=PUBLIC))
    assert await load(routed, argv, IPv4Address("127.0.0.25")) == []


@asynccontextmanager
async def running(cell: CellSettings, secrets: Secrets, argv: list[str]) -> AsyncIterator[None]:
    write(cell, render(cell, secrets))
    async with AsteriskProcess(argv, cell.root):
        yield


@pytest.mark.parametrize(
    ("inside", "told"), [(False, str(PUBLIC)), (True, CELL_SIP[0])], ids=["outside", "inside"]
)
async def test_a_caller_is_told_where_they_reach_us(
    cell: CellSettings,
    cell_secrets: Secrets,
    argv: list[str],
    citizen: Phone,
    inside: bool,
    told: str,
) -> None:
    nat = NatSettings(public_address=PUBLIC, **({} if inside else {"local_networks": ()}))
    async with running(behind(cell, nat), cell_secrets, argv):
        citizen.invite(CELL_SIP, NUMBER)
        answer = await citizen.expect(r"SIP/2.0 200")
        assert f"\r\nc=IN IP4 {told}\r\n" in answer
        assert told in header(answer, "Contact")


async def test_a_browser_is_offered_the_public_address_beside_the_own(
    cell: CellSettings, cell_secrets: Secrets, argv: list[str], ami: Callable[..., Any]
) -> None:
    """Loopback addresses are offered to nobody, so this Asterisk is at one of the machine's."""
    own = machines_address()
    if own.is_loopback:
        pytest.skip("no address but loopback ones")
    routed = behind(cell, NatSettings(public_address=PUBLIC), sip=Address(address=own, port=5097))
    async with (
        running(routed, cell_secrets, argv),
        websocket_phone("102", WEBSOCKET) as browser,
    ):
        # Who has no page is locked by a secret that nobody is told; we know it here.
        await browser.register(cell_secrets.agents["102"].get_secret_value())
        rings = "Channel: PJSIP/102\nApplication: Wait\nData: 5\nAsync: true"
        assert "Success" in await ami(f"Action: Originate\n{rings}")
        invite = await browser.receive("INVITE ")
        await browser.refuse(invite)
    offered = CANDIDATE.findall(invite)
    assert {str(PUBLIC), str(own)} <= set(offered), invite
