"""Line ends in a number: anybody can write them (%0d%0a), AMI and AGI repeat them as they are."""

import asyncio
import re
from collections.abc import AsyncIterator, Iterator
from urllib.parse import quote

import pytest

from cti.ami import AmiLink, AmiSettings
from cti.events import LegSeen, MemberChanged, parse
from cti.message import AmiEvent
from cti.snapshot import take
from dialplans import names
from dialplans.asterisk import AsteriskProcess
from dialplans.secrets import Secrets
from dialplans.settings import CellSettings
from tests.cti.fake_ami import eventually, running
from tests.dialplans.conftest import CELL_SIP, FastAgi, until
from tests.dialplans.sip import Phone

REMOVED = "Event: QueueMemberRemoved\r\nInterface: PJSIP/101\r\nQueue: helpline-hi"
FORGED = quote(f"0\r\n\r\n{REMOVED}\r\n\r\n", safe="")
OWN_ID = "01990000-0000-7000-8000-00000000000f"
SIGNED_IN = {"Queue": "helpline-hi", "Interface": "PJSIP/101", "StateInterface": "PJSIP/101"}
TO_QUEUE = [
    f"SET VARIABLE __HELPLINE_CALL {OWN_ID}",
    "ANSWER",
    "SET VARIABLE HELPLINE_QUEUE helpline-hi",
]
HEADERS = quote(f"0\nagi_arg_1: {OWN_ID}\n\n200 result=1\n", safe="")


@pytest.fixture
async def said(
    asterisk: AsteriskProcess, cell: CellSettings, cell_secrets: Secrets
) -> AsyncIterator[bytearray]:
    """What AMI says to our user, as bytes; ask for it once Asterisk runs."""
    heard = bytearray()

    async def listen() -> None:
        reader, writer = await asyncio.open_connection(str(cell.ami.address), cell.ami.port)
        secret = cell_secrets.ami.get_secret_value()
        login = f"Action: Login\r\nUsername: {names.AMI_USER}\r\nSecret: {secret}\r\n\r\n"
        writer.write(login.encode())
        try:
            while data := await reader.read(65_536):
                heard.extend(data)
        finally:
            writer.close()

    listening = asyncio.create_task(listen())

    async def booted() -> bool:
        return b"FullyBooted" in heard

    await until(booted)
    yield heard
    listening.cancel()


def heard_by(link: AmiLink) -> Iterator[AmiEvent]:
    """What waits to be acted on."""
    while link.waiting:
        item = link._inbox.get_nowait()
        if isinstance(item, AmiEvent):
            yield item


@pytest.mark.parametrize("number", [FORGED, "0" + quote("\r\n", safe="")])
async def test_a_dialled_number_with_line_ends_has_no_channel_and_no_event(
    asterisk: AsteriskProcess,
    said: bytearray,
    cell_secrets: Secrets,
    citizen: Phone,
    agent: Phone,
    number: str,
) -> None:
    secret = cell_secrets.agents["101"].get_secret_value()
    assert await agent.invite_as(CELL_SIP, number, user="101", password=secret) == 404
    citizen.invite(CELL_SIP, number)
    assert await citizen.answer() == 404
    citizen.invite(CELL_SIP, "1076" + number)
    assert await citizen.answer() == 404
    assert "0 calls processed" in await asterisk.cli("core show channels")
    assert b"Newchannel" not in said
    assert b"QueueMemberRemoved" not in said


@pytest.mark.parametrize(
    ("user", "further"),
    [
        (FORGED, ()),
        ("9415012345", (f"P-Asserted-Identity: <sip:{FORGED}@127.0.0.1>",)),
        ("9415012345", (f"Remote-Party-ID: <sip:{FORGED}@127.0.0.1>;party=calling",)),
    ],
    ids=["From", "P-Asserted-Identity", "Remote-Party-ID"],
)
async def test_what_a_caller_writes_into_their_number_is_no_event_to_us(
    asterisk: AsteriskProcess,
    cell: CellSettings,
    cell_secrets: Secrets,
    fastagi: FastAgi,
    citizen: Phone,
    agent: Phone,
    user: str,
    further: tuple[str, ...],
) -> None:
    """Asterisk says it, once: the call's first event is left out, and the link stays."""
    fastagi.commands["inbound"] = TO_QUEUE
    agent.answers = False

    async def waits() -> bool:
        return "PJSIP/trunk" in await asterisk.cli("queue show helpline-hi")

    link = AmiLink(
        AmiSettings(
            host=str(cell.ami.address),
            port=cell.ami.port,
            username=names.AMI_USER,
            secret=cell_secrets.ami.get_secret_value(),
        )
    )
    async with running(link):
        assert (await link.action("QueueAdd", SIGNED_IN)).ok
        citizen.invite(CELL_SIP, "1076", user=user, further=further)
        assert await citizen.answer() == 200
        await eventually(lambda: link.forgeries, seconds=20)
        await until(waits)
        snapshot = await take(link)
        events = [parse(item) for item in heard_by(link)]
    assert [(one.agent_id, one.queue) for one in snapshot.members] == [("101", "helpline-hi")]
    [leg] = [one for one in snapshot.legs if one.trunk]
    assert leg.number.startswith("0EventQueueMember")
    assert snapshot.waiting == {leg.channel_id: "helpline-hi"}
    left = [one for one in events if isinstance(one, MemberChanged) and not one.present]
    assert (left, link.forgeries, link.connects) == ([], 1, 1)
    seen = [one.leg for one in events if isinstance(one, LegSeen) and one.leg.trunk]
    assert {one.channel_id for one in seen} == {leg.channel_id}  # by what came after the first


async def test_a_caller_named_like_an_event_that_nobody_reads_is_seen(
    asterisk: AsteriskProcess, said: bytearray, fastagi: FastAgi, citizen: Phone
) -> None:
    fastagi.commands["inbound"] = ["HANGUP"]
    citizen.invite(CELL_SIP, "1076", name="Event: VarSet")
    await fastagi.told("inbound")

    async def gone() -> bool:
        return b"Event: Hangup\r\n" in said

    await until(gone)
    assert b"Event: Newchannel\r\n" in said
    assert b"CallerIDName: Event: VarSet\r\n" in said
    assert not re.search(rb"^Event: (VarSet|Newexten|NewCallerid)\r$", said, re.MULTILINE)


@pytest.mark.parametrize("number", ["1", "10", "107", "10765", "555", "s", "i", "t"])
async def test_what_is_not_one_of_our_numbers_is_unknown_as_ever(
    asterisk: AsteriskProcess, fastagi: FastAgi, citizen: Phone, number: str
) -> None:
    citizen.invite(CELL_SIP, number)
    assert await citizen.answer() == 404
    assert fastagi.scripts.empty()


async def test_a_callers_number_reaches_our_flow_without_its_line_ends(
    asterisk: AsteriskProcess, fastagi: FastAgi, citizen: Phone
) -> None:
    fastagi.commands["inbound"] = ["GET VARIABLE CALLERID(num)", "HANGUP"]
    citizen.invite(CELL_SIP, "1076", user=HEADERS)
    assert await fastagi.told("inbound") == []
    assert fastagi.headers["agi_callerid"].startswith("0agiarg1")
    assert fastagi.headers["agi_extension"] == "1076"
    assert "agi_threadid" in fastagi.headers


async def test_no_other_header_of_a_call_brings_line_ends_to_our_flow(
    asterisk: AsteriskProcess, fastagi: FastAgi, citizen: Phone
) -> None:
    fastagi.commands["inbound"] = ["HANGUP"]
    name = f"a\\\rb{HEADERS}\\n"
    citizen.invite(CELL_SIP, "1076", user="9" * 200, to_user=HEADERS, name=name)
    assert await fastagi.told("inbound") == []
    told = fastagi.headers
    assert told["agi_callerid"] == "9" * len(told["agi_callerid"])
    assert len(told["agi_callerid"]) < 80  # agi.protocol counts on it
    assert (told["agi_dnid"], told["agi_rdnis"], told["agi_extension"]) == (
        "1076",
        "unknown",
        "1076",
    )
    assert list(told)[-1] == "agi_threadid"


@pytest.mark.parametrize("user", ["9415012345", "+919415012345", "anonymous", "*123#"])
async def test_a_callers_number_that_is_one_is_what_the_network_says(
    asterisk: AsteriskProcess, fastagi: FastAgi, citizen: Phone, user: str
) -> None:
    fastagi.commands["inbound"] = ["HANGUP"]
    citizen.invite(CELL_SIP, "1076", user=quote(user, safe="+"))
    await fastagi.told("inbound")
    assert fastagi.headers["agi_callerid"] == user
