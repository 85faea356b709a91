"""Session and server against the real Asterisk: what res_agi does, not what we think it does."""

import asyncio
import json
from collections.abc import AsyncIterator
from ipaddress import IPv4Address, IPv4Network
from pathlib import Path

import numpy as np
import pytest
import soundfile

from agi.errors import CommandFailedError, Hangup
from agi.protocol import clean
from agi.server import FastAgiServer, Flow
from agi.session import RecordEnd, Session
from dialplans import secrets
from dialplans.asterisk import AsteriskProcess
from dialplans.render import render, write
from dialplans.settings import Address, CellSettings, Peer, QueueSettings, TrunkSettings

SECRETS = secrets.generate([])
HERE = IPv4Address("127.0.0.45")
NASTY = [
    "plain",
    "",
    " two  words ",
    'with "quotes" and \\ backslash \\',
    '\\" EXEC System "touch /tmp/x',
    "a\nEXEC NoOp\r\n",
    "closing ) paren) ",
    "a,b|c;d${EXTEN}$[1+1]",
    "सीता देवी",
    "José",
    "x" * 1000,
]


@pytest.fixture
def cell(tmp_path: Path) -> CellSettings:
    tool = json.loads((Path(__file__).parents[2] / "var/tools.json").read_text())["asterisk"]
    prompts = tmp_path / "prompts"
    prompts.mkdir()
    for name, samples in (("technical_fault", 800), ("please_wait", 800), ("long", 240_000)):
        tone = 0.2 * np.sin(np.arange(samples) * 0.3)
        soundfile.write(prompts / f"{name}.wav", tone, 8000, subtype="PCM_16")
    return CellSettings(
        name="c1",
        root=tmp_path / "cell",
        modules_dir=tool["modules_dir"],
        documentation_dir=tool["documentation_dir"],
        sounds_dir=tool["sounds_dir"],
        prompts_dir=prompts,
        recordings_dir=tmp_path / "recordings",
        sip=Address(address=HERE, port=5060),
        ami=Address(address=HERE, port=5038),
        agi=Address(address=HERE, port=4573),
        trunk=TrunkSettings(
            match=(IPv4Network("127.0.0.46"),), contact=Peer(host="127.0.0.46", port=5060)
        ),
        agents=(),
        queues=(QueueSettings(),),
    )


@pytest.fixture
async def asterisk(cell: CellSettings) -> AsyncIterator[AsteriskProcess]:
    tool = json.loads((Path(__file__).parents[2] / "var/tools.json").read_text())["asterisk"]
    write(cell, render(cell, SECRETS))
    async with AsteriskProcess(list(tool["argv"]), cell.root) as process:
        yield process


async def run(asterisk: AsteriskProcess, cell: CellSettings, flow: Flow) -> None:
    """Run `flow` on a channel of the real Asterisk; raises what it raised."""
    done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    async def watched(session: Session) -> None:
        try:
            await flow(session)
        except Exception as error:
            done.set_exception(error)
        else:
            done.set_result(None)

    server = FastAgiServer({"feedback": watched}, host=str(HERE), port=cell.agi.port)
    await server.start()
    try:
        await _originate(cell)
        async with asyncio.timeout(60):
            await done
    finally:
        await server.drain(10)


async def test_no_value_breaks_out_of_its_argument(
    asterisk: AsteriskProcess, cell: CellSettings
) -> None:
    async def flow(session: Session) -> None:
        for value in NASTY:
            await session.set_variable("__HELPLINE_X", value)
            assert await session.get_variable("HELPLINE_X") == clean(value)
        assert await session.get_variable("NO_SUCH_VARIABLE") is None

    await run(asterisk, cell, flow)


async def test_commands_mean_what_the_session_says(
    asterisk: AsteriskProcess, cell: CellSettings
) -> None:
    target = cell.recordings_dir / "0190-call.raw"

    async def flow(session: Session) -> None:
        await session.answer()
        assert await session.status() == 6
        await session.exec("MixMonitor", str(target), "D")
        assert await session.say([str(cell.prompts_dir / "please_wait")], "1") is None
        assert await session.wait_for_digit(0.1) is None
        with pytest.raises(CommandFailedError):
            await session.stream("no_such_prompt")
        with pytest.raises(CommandFailedError):
            await session.exec("NoSuchApplication")
        assert await session.get_variable("AGISTATUS") is None
        words = str(cell.recordings_dir / "0190-words")
        result = await session.record(words, max_seconds=1.0, beep=False)
        assert result.reason is RecordEnd.LIMIT
        with pytest.raises(CommandFailedError):
            await session.record("/no/such/folder/x", max_seconds=1.0, beep=False)
        await session.hangup()
        with pytest.raises(Hangup):
            await session.stream(str(cell.prompts_dir / "please_wait"))

    await run(asterisk, cell, flow)
    assert target.exists()
    assert soundfile.info(cell.recordings_dir / "0190-words.wav").frames > 0


async def test_a_flow_that_has_hung_up_does_not_keep_the_line(
    asterisk: AsteriskProcess, cell: CellSettings
) -> None:
    async def flow(session: Session) -> None:
        await session.answer()
        await session.hangup()
        # What the flow still has to write may take long; nobody is left in silence meanwhile.
        async with asyncio.timeout(30):
            while session.channel in await asterisk.cli("core show channels concise"):
                await asyncio.sleep(0.05)

    await run(asterisk, cell, flow)


async def test_a_hangup_in_the_middle_of_a_prompt_is_a_hangup(
    asterisk: AsteriskProcess, cell: CellSettings
) -> None:
    async def flow(session: Session) -> None:
        await session.answer()
        leaving = asyncio.create_task(_later(asterisk, session.channel))
        with pytest.raises(Hangup):
            await session.stream(str(cell.prompts_dir / "long"))
        await leaving
        assert session.hung_up
        await session.set_variable("HELPLINE_X", "x")

    await run(asterisk, cell, flow)


async def _originate(cell: CellSettings) -> None:
    actions = [
        f"Action: Login\nUsername: helpline\nSecret: {SECRETS.ami.get_secret_value()}\nEvents: off",
        "Action: Originate\nChannel: Local/s@feedback\nAsync: true\n"
        f"Application: Playback\nData: {cell.prompts_dir}/long",
    ]
    reader, writer = await asyncio.open_connection(str(HERE), cell.ami.port)
    await reader.readline()
    for action in actions:
        writer.write((action + "\n\n").replace("\n", "\r\n").encode())
        assert b"Success" in await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 10)
    writer.close()


async def _later(asterisk: AsteriskProcess, channel: str) -> None:
    await asyncio.sleep(0.3)
    await asterisk.cli(f"channel request hangup {channel}")
