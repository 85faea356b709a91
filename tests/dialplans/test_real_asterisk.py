"""Against the real Asterisk: it takes over all that we render, and keeps strangers out."""

import asyncio
import re
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from ipaddress import IPv4Address
from pathlib import Path
from typing import Any

import pytest

from dialplans.asterisk import AsteriskProcess
from dialplans.check import check
from dialplans.errors import AsteriskError
from dialplans.findings import Severity
from dialplans.modules import MODULES
from dialplans.render import render, write
from dialplans.secrets import Secrets
from dialplans.settings import CellSettings, QueueSettings
from dialplans.trial import load
from tests.dialplans.conftest import CELL_SIP, ROOT, STRANGER, FastAgi, talks, until
from tests.dialplans.sip import Phone

CALL = "01990000-0000-7000-8000-000000000001"
TRIAL = IPv4Address("127.0.0.25")
TO_QUEUE = [
    f"SET VARIABLE __HELPLINE_CALL {CALL}",
    "ANSWER",
    "SET VARIABLE HELPLINE_QUEUE helpline-hi",
]
SIGN_IN = "Action: QueueAdd\nQueue: helpline-hi\nInterface: PJSIP/101\nStateInterface: PJSIP/101"


async def test_asterisk_takes_over_everything_without_a_complaint(
    cell: CellSettings, cell_secrets: Secrets, argv: list[str]
) -> None:
    assert await check(cell, cell_secrets, asterisk_argv=argv, trial_address=TRIAL) == []


async def test_a_module_that_cannot_be_loaded_is_reported(
    cell: CellSettings, argv: list[str], tmp_path: Path
) -> None:
    modules = tmp_path / "modules"
    modules.mkdir()
    for name in MODULES:
        if name != "app_queue":
            (modules / f"{name}.so").symlink_to(cell.modules_dir / f"{name}.so")
    findings = await load(cell.model_copy(update={"modules_dir": modules}), argv, TRIAL)
    assert any(f.severity is Severity.ERROR and "app_queue" in f.message for f in findings)


async def test_music_is_loaded_where_a_site_has_some(
    cell: CellSettings, argv: list[str], tmp_path: Path
) -> None:
    with_music = cell.model_copy(update={"music_dir": cell.sounds_dir})
    assert await load(with_music, argv, TRIAL) == []


async def test_an_asterisk_that_does_not_start_says_why(
    cell: CellSettings, cell_secrets: Secrets, argv: list[str]
) -> None:
    files = render(cell, cell_secrets)
    broken = files["modules.conf"] + "require = res_of_dreams.so\n"
    write(cell, files | {"modules.conf": broken})
    process = AsteriskProcess(argv, cell.root)
    with pytest.raises(AsteriskError, match="res_of_dreams"):
        await process.start()
    assert not process.running


async def test_what_is_heard_by_who_waits_is_there_with_music_and_without(
    cell: CellSettings, cell_secrets: Secrets, argv: list[str]
) -> None:
    for music, name in ((None, "asked"), (cell.sounds_dir, "default")):
        settings = cell.model_copy(update={"music_dir": music})
        write(settings, render(settings, cell_secrets))
        async with AsteriskProcess(argv, settings.root) as process:
            shown = await process.cli("moh show classes")
            assert re.findall(r"^Class: (.+)$", shown, re.MULTILINE) == [name]
            profile = await process.cli("confbridge show profile user desk-asked")
            assert re.findall(r"^MOH Class:\s+(\S+)", profile, re.MULTILINE) == [name]
            if music is None:
                files = await process.cli("moh show files")
                names = [
                    Path(one).name for one in re.findall(r"^\s*File: (.+)$", files, re.MULTILINE)
                ]
                assert names == ["please_wait", "10"]


def test_asterisk_does_not_outlive_whoever_started_it(
    cell: CellSettings, cell_secrets: Secrets, argv: list[str]
) -> None:
    write(cell, render(cell, cell_secrets))
    starter = (
        "import asyncio, os, pathlib, sys\n"
        "from dialplans.asterisk import AsteriskProcess\n"
        "process = AsteriskProcess(sys.argv[2:], pathlib.Path(sys.argv[1]))\n"
        "asyncio.run(process.start())\n"
        "print(process.pid, flush=True)\n"
        "os.kill(os.getpid(), 9)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", starter, str(cell.root), *argv],
        cwd=ROOT, stdout=subprocess.PIPE, text=True, timeout=60, check=False,
    )  # fmt: skip
    pid = int(done.stdout.split()[-1])
    for _ in range(200):
        if not _alive(pid):
            return
        subprocess.run(["sleep", "0.1"], check=True)
    pytest.fail("Asterisk lives on without its starter")


def _alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


async def test_a_stranger_cannot_call_whoever_they_say_they_are(
    asterisk: AsteriskProcess, fastagi: FastAgi
) -> None:
    phone = await Phone.open(STRANGER)
    try:
        for user in ("9415012345", "trunk", "101", "anonymous"):
            phone.invite(CELL_SIP, "1076", user=user)
            assert await phone.answer() in (401, 403), user
        assert "0 calls processed" in await asterisk.cli("core show channels")
        assert fastagi.scripts.empty()
    finally:
        phone.close()


async def test_an_agents_telephone_dials_nothing_at_all(
    asterisk: AsteriskProcess, fastagi: FastAgi, cell_secrets: Secrets, agent: Phone
) -> None:
    secret = cell_secrets.agents["101"].get_secret_value()
    for number in ("9415012345", "+14155552671", "1076", "112", "102", "s", "helpline-hi"):
        status = await agent.invite_as(CELL_SIP, number, user="101", password=secret)
        assert status == 404, number
    assert fastagi.scripts.empty()


async def test_ami_refuses_commands_and_wrong_secrets(
    asterisk: AsteriskProcess, ami: Callable[..., Any]
) -> None:
    assert "Response: Success" in await ami("Action: CoreShowChannels")
    assert "Permission denied" in await ami("Action: Command\nCommand: core show version")
    assert "Permission denied" in await ami("Action: ModuleLoad\nLoadType: reload")
    assert "Permission denied" in await ami("Action: GetConfig\nFilename: manager.conf")
    assert "Authentication failed" in await ami("Action: Ping", secret="asterisk")


async def test_only_our_service_numbers_are_taken(
    asterisk: AsteriskProcess, fastagi: FastAgi, citizen: Phone
) -> None:
    citizen.invite(CELL_SIP, "100")
    assert await citizen.answer() == 404
    assert fastagi.scripts.empty()


async def test_the_conversation_ends_with_the_agents_name_and_no_queue_status(
    asterisk: AsteriskProcess,
    fastagi: FastAgi,
    citizen: Phone,
    agent: Phone,
    ami: Callable[..., Any],
) -> None:
    fastagi.commands["inbound"] = TO_QUEUE
    assert "Success" in await ami(SIGN_IN)
    citizen.invite(CELL_SIP, "1076")
    assert await citizen.answer() == 200
    await agent.expect("ACK")
    agent.bye()
    await citizen.expect("BYE")
    assert (await fastagi.told("ended"))[:6] == [CALL, "", "", "PJSIP/101", "16", ""]


async def test_who_hangs_up_while_waiting_is_told_as_abandoned(
    asterisk: AsteriskProcess,
    fastagi: FastAgi,
    citizen: Phone,
    agent: Phone,
    ami: Callable[..., Any],
) -> None:
    agent.answers = False
    fastagi.commands["inbound"] = TO_QUEUE
    await ami(SIGN_IN)
    citizen.invite(CELL_SIP, "1076")
    await citizen.answer()
    await agent.expect("INVITE")
    citizen.bye()
    assert (await fastagi.told("ended"))[:4] == [CALL, "", "TRUE", ""]


async def test_a_queue_without_agents_goes_to_the_unserved_flow(
    asterisk: AsteriskProcess, fastagi: FastAgi, citizen: Phone
) -> None:
    fastagi.commands["inbound"] = TO_QUEUE
    fastagi.commands["unserved"] = ["HANGUP"]
    citizen.invite(CELL_SIP, "1076")
    await citizen.answer()
    assert await fastagi.told("unserved") == [CALL, "JOINEMPTY", "helpline-hi"]
    assert (await fastagi.told("ended"))[:2] == [CALL, "JOINEMPTY"]


async def test_a_queue_without_agents_overflows_to_another_and_its_caller_keeps_one_row(
    cell: CellSettings,
    cell_secrets: Secrets,
    argv: list[str],
    fastagi: FastAgi,
    citizen: Phone,
    agent: Phone,
    ami: Callable[..., Any],
) -> None:
    (first,) = cell.queues
    queues = (first.model_copy(update={"overflow": "spare"}), QueueSettings(name="spare"))
    two = cell.model_copy(update={"queues": queues})
    write(two, render(two, cell_secrets))
    async with AsteriskProcess(argv, two.root):
        fastagi.commands["inbound"] = TO_QUEUE
        assert "Success" in await ami(SIGN_IN.replace("helpline-hi", "spare"))
        citizen.invite(CELL_SIP, "1076")
        await citizen.answer()
        assert await fastagi.told("overflowed") == [CALL, "spare", "helpline-hi"]
        await agent.expect("ACK")
        agent.bye()
        await citizen.expect("BYE")
        ended = await fastagi.told("ended")
        assert ended[:4] == [CALL, "", "", "PJSIP/101"]


@pytest.mark.parametrize(("named", "told"), [("last", "ended"), ("helpline-hi", "unserved")])
async def test_who_overflows_follows_our_flow_past_a_closed_queue_or_is_not_served(
    cell: CellSettings,
    cell_secrets: Secrets,
    argv: list[str],
    fastagi: FastAgi,
    citizen: Phone,
    agent: Phone,
    ami: Callable[..., Any],
    named: str,
    told: str,
) -> None:
    """The flow answers by the queue's variable: another queue, or the one that was left."""
    (first,) = cell.queues
    queues = (
        first.model_copy(update={"overflow": "spare"}),
        QueueSettings(name="spare", overflow="last"),
        QueueSettings(name="last"),
    )
    three = cell.model_copy(update={"queues": queues})
    write(three, render(three, cell_secrets))
    async with AsteriskProcess(argv, three.root):
        fastagi.commands["inbound"] = TO_QUEUE
        fastagi.commands["overflowed"] = [f"SET VARIABLE HELPLINE_QUEUE {named}"]
        fastagi.commands["unserved"] = ["HANGUP"]
        await ami(SIGN_IN.replace("helpline-hi", "last"))
        citizen.invite(CELL_SIP, "1076")
        await citizen.answer()
        if told == "ended":
            await agent.expect("ACK")
            agent.bye()
            assert (await fastagi.told("ended"))[:4] == [CALL, "", "", "PJSIP/101"]
        else:
            assert await fastagi.told("unserved") == [CALL, "JOINEMPTY", "helpline-hi"]
            assert (await fastagi.told("ended"))[:2] == [CALL, "JOINEMPTY"]


async def test_a_full_queue_and_a_long_wait_go_to_the_unserved_flow(
    asterisk: AsteriskProcess,
    fastagi: FastAgi,
    citizen: Phone,
    agent: Phone,
    ami: Callable[..., Any],
) -> None:
    agent.answers = False
    fastagi.commands["inbound"] = TO_QUEUE
    fastagi.commands["unserved"] = ["HANGUP"]
    await ami(SIGN_IN)
    citizen.invite(CELL_SIP, "1076")
    await citizen.answer()
    await agent.expect("INVITE")
    citizen.invite(CELL_SIP, "1076")  # the queue takes one
    await citizen.answer()
    assert await fastagi.told("unserved") == [CALL, "FULL", "helpline-hi"]
    assert await fastagi.told("unserved") == [CALL, "TIMEOUT", "helpline-hi"]


@pytest.mark.parametrize("lost", ["unreachable", "dies", "unknown queue"])
async def test_a_citizen_hears_an_apology_when_our_server_is_lost(
    cell: CellSettings, asterisk: AsteriskProcess, citizen: Phone, lost: str
) -> None:
    server = None
    if lost != "unreachable":
        flow = FastAgi()
        flow.commands["inbound"] = (
            [f"SET VARIABLE __HELPLINE_CALL {CALL}"]
            if lost == "dies"
            else [*TO_QUEUE[:2], "SET VARIABLE HELPLINE_QUEUE x"]
        )
        server = await asyncio.start_server(flow.handle, str(cell.agi.address), cell.agi.port)
    citizen.invite(CELL_SIP, "1076")
    assert await citizen.answer() == 200
    await citizen.expect("BYE")
    if server:
        server.close()
    assert not [
        line for line in asterisk.log_lines() if re.search("technical_fault|Playback", line)
    ]


async def press(asterisk: AsteriskProcess, ami: Callable[..., Any], keys: str) -> None:
    channel = (await asterisk.cli("core show channels concise")).partition("!")[0]
    for key in keys:
        pressed = f"Action: PlayDTMF\nChannel: {channel}\nDigit: {key}\nReceive: true"
        assert "Success" in await ami(pressed)
        await asyncio.sleep(0.3)  # as a person does: Asterisk drops keys that have no gap


@pytest.mark.parametrize(("keys", "service"), [("559", "112"), ("112", "112"), ("108", "108")])
async def test_an_emergency_service_is_reached_while_our_server_is_down(
    asterisk: AsteriskProcess, citizen: Phone, ami: Callable[..., Any], keys: str, service: str
) -> None:
    citizen.invite(CELL_SIP, "1076")
    assert await citizen.answer() == 200
    await press(asterisk, ami, keys)
    await citizen.expect(rf"INVITE sip:{service}@")


@pytest.mark.parametrize("keys", ["9", "", "555"])
async def test_how_it_ended_whom_our_flow_left_to_the_apology_is_told(
    asterisk: AsteriskProcess, fastagi: FastAgi, citizen: Phone, ami: Callable[..., Any], keys: str
) -> None:
    fastagi.commands["inbound"] = TO_QUEUE[:1]
    fastagi.commands["ended"] = ["GET VARIABLE HELPLINE_FAULT"]
    citizen.invite(CELL_SIP, "1076")
    assert await citizen.answer() == 200
    await press(asterisk, ami, keys)
    if keys == "9":
        await citizen.expect(r"INVITE sip:112@")
        await until(partial(talks, asterisk))
    if keys == "555":  # three wrong keys
        await citizen.expect("BYE")
    else:
        citizen.bye()
    ended = await fastagi.told("ended")
    assert (ended[0], ended[5]) == (CALL, "112" if keys == "9" else "")

    async def replied() -> bool:
        return f"200 result=1 ({CALL})" in fastagi.replies

    await until(replied)


async def test_recordings_and_prompts_work_with_the_modules_we_load(
    cell: CellSettings, asterisk: AsteriskProcess, fastagi: FastAgi, citizen: Phone
) -> None:
    call, words = cell.recordings_dir / "call.raw", cell.recordings_dir / "words"
    fastagi.commands["inbound"] = [
        "ANSWER",
        f'EXEC MixMonitor "{call},D"',
        f'STREAM FILE {cell.prompts_dir / "please_wait"} ""',
        f'RECORD FILE {words} wav "#" 500 BEEP',
        "HANGUP",
    ]
    citizen.invite(CELL_SIP, "1076")
    await citizen.answer()
    await citizen.expect("BYE")
    for _ in range(100):
        if "0 active channels" in await asterisk.cli("core show channels"):
            break
    assert call.stat().st_size > 2 * 2 * 8000  # two channels of 16 bit, over a second
    assert words.with_suffix(".wav").exists()
    assert not [line for line in asterisk.log_lines() if "WARNING" in line or "ERROR" in line]


async def test_a_rotated_log_is_named_by_its_time_and_a_new_one_is_begun(
    cell: CellSettings, asterisk: AsteriskProcess
) -> None:
    messages = cell.root / "log" / "messages"
    began = int(time.time())
    await asterisk.cli("logger rotate")
    [rotated] = messages.parent.glob("messages.*")
    assert began <= int(rotated.suffix[1:]) <= time.time()
    assert messages.exists()


async def test_a_citizen_whom_we_call_meets_the_feedback_flow(
    asterisk: AsteriskProcess, fastagi: FastAgi, citizen: Phone, ami: Callable[..., Any]
) -> None:
    fastagi.commands["feedback"] = ["HANGUP"]
    originate = (
        "Action: Originate\nChannel: PJSIP/9415012345@trunk\nContext: feedback\nExten: s\n"
        f"Priority: 1\nAsync: true\nVariable: __HELPLINE_CALL={CALL}\nChannelId: {CALL}\n"
    )
    assert "Success" in await ami(originate.strip())
    invite = await citizen.expect("INVITE sip:9415012345@127.0.0.21")
    assert re.search(r"^From:.*sip:1076@", invite, re.MULTILINE)
    assert await fastagi.told("feedback") == [CALL]
    assert fastagi.headers["agi_uniqueid"] == CALL
    assert (await fastagi.told("ended"))[0] == CALL
