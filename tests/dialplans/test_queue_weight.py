"""Against the real Asterisk: of two queues that share an agent, the heavier is served first."""

from collections.abc import AsyncIterator, Callable
from functools import partial
from typing import Any

import pytest

from dialplans.asterisk import AsteriskProcess
from dialplans.render import render, write
from dialplans.secrets import Secrets
from dialplans.settings import CellSettings, QueueSettings
from tests.dialplans.conftest import CELL_SIP, FastAgi, until
from tests.dialplans.sip import Phone
from tests.dialplans.test_queues import CALL, MEMBER, legs_in

EARLIER, LATER = "earlier", "later"  # by when the callers came


@pytest.fixture
async def weighed(
    cell: CellSettings, cell_secrets: Secrets, argv: list[str], heavier: str
) -> AsyncIterator[AsteriskProcess]:
    queues = tuple(
        QueueSettings(name=name, ring_seconds=5, weight=10 if name == heavier else 1)
        for name in (EARLIER, LATER)
    )
    settings = cell.model_copy(update={"queues": queues})
    write(settings, render(settings, cell_secrets))
    async with AsteriskProcess(argv, settings.root) as process:
        yield process


@pytest.mark.parametrize("heavier", [LATER, EARLIER])
async def test_an_agent_of_two_queues_gets_the_caller_of_the_heavier_one_first(
    weighed: AsteriskProcess,
    fastagi: FastAgi,
    citizen: Phone,
    agent: Phone,
    ami: Callable[..., Any],
    heavier: str,
) -> None:
    """Also where the other has waited longer; which goes next is the lighter one's turn."""
    for queue in (EARLIER, LATER):
        assert "Success" in await ami(f"{MEMBER.replace('second', queue)}\nPaused: true")
    for queue in (EARLIER, LATER):
        fastagi.commands["inbound"] = [
            f"SET VARIABLE __HELPLINE_CALL {CALL}", "ANSWER", f"SET VARIABLE HELPLINE_QUEUE {queue}"
        ]  # fmt: skip
        citizen.invite(CELL_SIP, "1076")
        assert await citizen.answer() == 200
        await until(partial(waits, weighed, queue))
    lighter = EARLIER if heavier == LATER else LATER
    assert "Success" in await ami("Action: QueuePause\nInterface: PJSIP/101\nPaused: false")
    await agent.expect("ACK")
    await until(partial(waits, weighed, heavier, 0))
    assert await waits(weighed, lighter)
    agent.bye()
    await agent.expect("ACK")
    await until(partial(waits, weighed, lighter, 0))
    agent.bye()


async def waits(asterisk: AsteriskProcess, queue: str, callers: int = 1) -> bool:
    return len(await legs_in(asterisk, queue)) == callers
