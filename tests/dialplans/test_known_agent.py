"""Against the real Asterisk: the agent who knows the caller comes first, for some seconds."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest

from dialplans.asterisk import AsteriskProcess
from dialplans.settings import AgentSettings, CellSettings, Peer, QueueSettings
from tests.dialplans.conftest import CELL_SIP, FastAgi
from tests.dialplans.sip import Phone

CALL = "01990000-0000-7000-8000-000000000001"
OTHER = ("127.0.0.23", 5060)
TO_QUEUE = [
    f"SET VARIABLE __HELPLINE_CALL {CALL}",
    "ANSWER",
    "SET VARIABLE HELPLINE_QUEUE helpline-hi",
]


@pytest.fixture
def cell(cell: CellSettings) -> CellSettings:
    """Agents 101 and 103, numbered 1 and 2, in a queue that prefers for two seconds."""
    agents = (*cell.agents[:1], AgentSettings(id="103", name="Two", contact=Peer(host=OTHER[0])))
    queue = QueueSettings(known_agent_days=7, known_agent_seconds=2, ring_seconds=30)
    return cell.model_copy(update={"agents": agents, "queues": (queue,)})


@pytest.fixture
async def other() -> AsyncIterator[Phone]:
    phone = await Phone.open(OTHER)
    yield phone
    phone.close()


Send = Callable[..., Awaitable[str]]


async def sit(ami: Send, number: int) -> None:
    """The agent of that number becomes a member."""
    interface = "PJSIP/101" if number == 1 else "PJSIP/103"
    seat = f"Action: QueueAdd\nQueue: helpline-hi\nInterface: {interface}\nPenalty: {number}"
    assert "Success" in await ami(f"{seat}\nStateInterface: {interface}")


def known(fastagi: FastAgi, number: int | None) -> None:
    """Who calls from now on is known to the agent of that number."""
    told = [] if number is None else [f"SET VARIABLE HELPLINE_KNOWN {number}"]
    fastagi.commands["inbound"] = [*TO_QUEUE, *told]


async def talks(citizen: Phone, agent: Phone) -> None:
    """A call that this agent gets."""
    citizen.invite(CELL_SIP, "1076")
    assert await citizen.answer() == 200
    await agent.expect("INVITE")
    await agent.expect("ACK")
    agent.bye()
    await citizen.expect("BYE")


def rung(phone: Phone) -> bool:
    seen = [phone.received.get_nowait() for _ in range(phone.received.qsize())]
    return any(text.startswith("INVITE") for text in seen)


async def test_the_agent_who_knows_the_caller_is_rung_whoever_was_longest_idle(
    asterisk: AsteriskProcess,
    fastagi: FastAgi,
    citizen: Phone,
    agent: Phone,
    other: Phone,
    ami: Send,
) -> None:
    await sit(ami, 1)
    await sit(ami, 2)
    for number, phone, idle in ((2, other, agent), (2, other, agent), (1, agent, other)):
        known(fastagi, number)
        await talks(citizen, phone)
        assert not rung(idle)
        assert (await fastagi.told("ended"))[:2] == [CALL, ""]


async def test_callers_whom_nobody_knows_go_round_as_if_agents_had_no_numbers(
    asterisk: AsteriskProcess,
    fastagi: FastAgi,
    citizen: Phone,
    agent: Phone,
    other: Phone,
    ami: Send,
) -> None:
    await sit(ami, 1)
    await sit(ami, 2)
    known(fastagi, 1)
    await talks(citizen, agent)
    known(fastagi, None)
    await asyncio.sleep(1.1)  # app_queue counts idleness in seconds
    await talks(citizen, other)  # longest idle, although their number is higher


async def test_who_is_not_free_in_time_leaves_the_caller_to_whoever_is(
    asterisk: AsteriskProcess,
    fastagi: FastAgi,
    citizen: Phone,
    agent: Phone,
    other: Phone,
    ami: Send,
) -> None:
    await sit(ami, 1)
    await sit(ami, 2)
    await ami("Action: QueuePause\nInterface: PJSIP/103\nPaused: true")
    known(fastagi, 2)
    await talks(citizen, agent)
    assert not rung(other)


async def test_who_becomes_free_in_time_gets_the_caller(
    asterisk: AsteriskProcess,
    cell: CellSettings,
    fastagi: FastAgi,
    citizen: Phone,
    agent: Phone,
    other: Phone,
    ami: Send,
) -> None:
    await sit(ami, 1)
    await sit(ami, 2)
    await ami("Action: QueuePause\nInterface: PJSIP/103\nPaused: true")
    known(fastagi, 2)
    citizen.invite(CELL_SIP, "1076")
    assert await citizen.answer() == 200
    await ami("Action: QueuePause\nInterface: PJSIP/103\nPaused: false")
    await other.expect("INVITE")
    assert not rung(agent)


async def test_who_has_signed_out_meanwhile_costs_the_caller_no_more_than_the_wait(
    asterisk: AsteriskProcess, fastagi: FastAgi, citizen: Phone, agent: Phone, ami: Send
) -> None:
    await sit(ami, 1)
    known(fastagi, 2)
    await talks(citizen, agent)
    assert (await fastagi.told("ended"))[:4] == [CALL, "", "", "PJSIP/101"]


async def test_who_hangs_up_while_their_agent_rings_has_abandoned(
    asterisk: AsteriskProcess, fastagi: FastAgi, citizen: Phone, agent: Phone, ami: Send
) -> None:
    agent.answers = False
    await sit(ami, 1)
    known(fastagi, 1)
    citizen.invite(CELL_SIP, "1076")
    assert await citizen.answer() == 200
    await agent.expect("INVITE")
    citizen.bye()
    assert (await fastagi.told("ended"))[:4] == [CALL, "", "TRUE", ""]
