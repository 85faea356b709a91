"""Against the real Asterisk: who comes back to a queue comes to their own, and at their place."""

import re
from collections.abc import AsyncIterator, Callable
from typing import Any

import numpy as np
import pytest
import soundfile

from dialplans.asterisk import AsteriskProcess
from dialplans.render import render, write
from dialplans.secrets import Secrets
from dialplans.settings import CellSettings, QueueSettings
from tests.dialplans.conftest import CELL_SIP, FastAgi, until
from tests.dialplans.sip import Phone

CALL = "01990000-0000-7000-8000-000000000001"
TO_SECOND = [
    f"SET VARIABLE __HELPLINE_CALL {CALL}",
    "ANSWER",
    "SET VARIABLE HELPLINE_QUEUE second",
]
MEMBER = "Action: QueueAdd\nQueue: second\nInterface: PJSIP/101\nStateInterface: PJSIP/101"


@pytest.fixture
async def two(
    cell: CellSettings, cell_secrets: Secrets, argv: list[str]
) -> AsyncIterator[AsteriskProcess]:
    """A cell whose second queue is the citizens'; its first has nobody."""
    queues = (*cell.queues, QueueSettings(name="second", ring_seconds=5))
    settings = cell.model_copy(
        update={"queues": queues, "desk_away_seconds": 1, "desk_hold_seconds": 1}
    )
    write(settings, render(settings, cell_secrets))
    async with AsteriskProcess(argv, settings.root) as process:
        yield process


async def trunk_leg(asterisk: AsteriskProcess) -> str:
    """The citizen's channel."""
    lines = (await asterisk.cli("core show channels concise")).splitlines()
    return next(line.partition("!")[0] for line in lines if line.startswith("PJSIP/trunk"))


@pytest.mark.parametrize("context", ["desk-away", "desk-hold", "back-to-queue"])
async def test_whom_no_agent_came_back_to_waits_in_their_own_queue_before_the_others(
    two: AsteriskProcess,
    fastagi: FastAgi,
    citizen: Phone,
    agent: Phone,
    ami: Callable[..., Any],
    context: str,
) -> None:
    fastagi.commands["inbound"] = TO_SECOND
    assert "Success" in await ami(MEMBER)
    citizen.invite(CELL_SIP, "1076")
    assert await citizen.answer() == 200
    await agent.expect("ACK")
    agent.answers = False
    leg = await trunk_leg(two)
    away = f"Action: Redirect\nChannel: {leg}\nContext: {context}\nExten: s\nPriority: 1"
    assert "Success" in await ami(away)

    async def waits() -> bool:
        return bool(re.search(r"PJSIP/trunk\S* .*prio: 10", await two.cli("queue show second")))

    await until(waits)
    citizen.bye()
    assert (await fastagi.told("ended"))[:3] == [CALL, "", "TRUE"]


async def test_a_kept_place_is_taken_once_and_the_queue_is_known_wherever_they_were_sent(
    two: AsteriskProcess, fastagi: FastAgi, citizen: Phone, agent: Phone, ami: Callable[..., Any]
) -> None:
    agent.answers = False
    fastagi.commands["inbound"] = [
        *TO_SECOND[:2],
        "SET VARIABLE HELPLINE_QUEUE helpline-hi",
        "SET VARIABLE HELPLINE_POSITION 1",
    ]
    for queue in ("second", "helpline-hi"):
        assert "Success" in await ami(MEMBER.replace("second", queue))
    citizen.invite(CELL_SIP, "1076")
    assert await citizen.answer() == 200
    await agent.expect("INVITE")
    leg = await trunk_leg(two)
    # As an agent's transfer does it, by AMI, without any variable.
    move = f"Action: Redirect\nChannel: {leg}\nContext: queues\nExten: second\nPriority: 1"
    assert "Success" in await ami(move)

    async def moved() -> bool:
        return leg in await two.cli("queue show second")

    await until(moved)
    shown = await two.cli(f"core show channel {leg}")
    assert "HELPLINE_QUEUE=second" in shown
    assert "HELPLINE_POSITION=\n" in shown
    assert "HELPLINE_ENTRY=\n" in shown


async def test_a_prompt_is_looked_for_in_the_callers_language_and_then_in_hindi(
    cell: CellSettings, two: AsteriskProcess, fastagi: FastAgi, citizen: Phone
) -> None:
    folder, hindi, english = cell.prompts_dir, 4000, 1600
    (folder / "en").mkdir()
    soundfile.write(folder / "en/please_wait.wav", np.zeros(english), 8000, subtype="PCM_16")

    async def heard(*language: str) -> list[str]:
        """How long the sounds were that Asterisk took for a prompt in both and one in Hindi."""
        fastagi.replies.clear()
        prompts = [f'STREAM FILE {folder}/{name} ""' for name in ("please_wait", "emergency_key")]
        fastagi.commands["inbound"] = ["ANSWER", *language, *prompts, "HANGUP"]
        citizen.invite(CELL_SIP, "1076")
        assert await citizen.answer() == 200
        await citizen.expect("BYE")
        return re.findall(r"endpos=(\d+)", " ".join(fastagi.replies))

    in_english = [str(english), str(hindi)]
    assert await heard("SET VARIABLE CHANNEL(language) en") == in_english
    # While they wait each has a folder of their own.
    assert await heard("SET VARIABLE CHANNEL(language) en_0123456789ab") == in_english
    assert await heard() == [str(hindi), str(hindi)]
    assert await heard("SET VARIABLE CHANNEL(language) _0123456789ab") == [str(hindi)] * 2


@pytest.mark.parametrize(("after", "queue"), [("second", "second"), (None, "helpline-hi")])
async def test_whom_no_emergency_service_answered_goes_first_in_the_queue_of_their_call(
    two: AsteriskProcess,
    fastagi: FastAgi,
    citizen: Phone,
    ami: Callable[..., Any],
    after: str | None,
    queue: str,
) -> None:
    chosen = [] if after is None else [f"SET VARIABLE HELPLINE_AFTER_EMERGENCY {after}"]
    # A service that there is not is one that did not answer.
    fastagi.commands["inbound"] = [*TO_SECOND[:2], *chosen, "SET VARIABLE HELPLINE_EMERGENCY 999"]
    for name in ("second", "helpline-hi"):
        assert "Success" in await ami(f"{MEMBER}\nPaused: true".replace("second", name))
    citizen.invite(CELL_SIP, "1076")
    assert await citizen.answer() == 200
    assert await fastagi.told("emergency-failed") == [CALL, queue]

    async def waits() -> bool:
        return bool(re.search(r"PJSIP/trunk\S* .*prio: 20", await two.cli(f"queue show {queue}")))

    await until(waits)
    citizen.bye()
