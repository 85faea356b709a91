"""Against the real Asterisk: who comes back to a queue comes to their own, and at their place."""

import asyncio
import re
from collections.abc import AsyncIterator, Callable
from functools import partial
from typing import Any

import numpy as np
import pytest
import soundfile

from dialplans.asterisk import AsteriskProcess
from dialplans.names import dial_trunk
from dialplans.render import render, write
from dialplans.secrets import Secrets
from dialplans.settings import CellSettings, QueueSettings
from tests.dialplans.conftest import CELL_SIP, FastAgi, talks, until
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
    queues = (
        *cell.queues,
        QueueSettings(name="second", ring_seconds=5),
        QueueSettings(name="spill", ring_seconds=5, overflow="second", announce_seconds=0),
    )
    settings = cell.model_copy(
        update={
            "queues": queues, "desk_away_seconds": 1, "desk_hold_seconds": 1,
            "desk_consult_seconds": 10,
        }
    )  # fmt: skip
    write(settings, render(settings, cell_secrets))
    async with AsteriskProcess(argv, settings.root) as process:
        yield process


async def trunk_leg(asterisk: AsteriskProcess) -> str:
    """The citizen's channel."""
    return await leg_of(asterisk, "PJSIP/trunk")


@pytest.mark.parametrize("context", ["desk-away", "desk-away-asked", "desk-hold", "back-to-queue"])
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
    await until(partial(returned, two, "second"))
    citizen.bye()
    assert (await fastagi.told("ended"))[:3] == [CALL, "", "TRUE"]


async def test_whom_no_agent_came_back_to_comes_to_whoever_was_asked_and_waits_in_the_room(
    two: AsteriskProcess,
    fastagi: FastAgi,
    citizen: Phone,
    agent: Phone,
    ami: Callable[..., Any],
) -> None:
    fastagi.commands["inbound"] = TO_SECOND
    assert "Success" in await ami(MEMBER)
    citizen.invite(CELL_SIP, "1076")
    assert await citizen.answer() == 200
    await agent.expect("ACK")
    citizens = await trunk_leg(two)
    agents = (await two.cli("core show channels concise")).splitlines()
    other = next(line.partition("!")[0] for line in agents if line.startswith("PJSIP/101"))
    move = (
        f"Action: Redirect\nChannel: {citizens}\nContext: desk-away-asked\nExten: s\nPriority: 1\n"
        f"ExtraChannel: {other}\nExtraContext: desk-side\nExtraExten: asked\nExtraPriority: 1"
    )
    assert "Success" in await ami(move)

    async def both() -> bool:
        room = await two.cli(f"confbridge list {CALL}")
        return citizens in room and other in room

    await until(both)
    citizen.bye()
    await agent.expect("BYE")  # nobody stays in the room


@pytest.mark.parametrize("leaves", [True, False], ids=["third leaves", "too long"])
async def test_a_citizen_on_hold_waits_as_long_as_their_agent_talks_and_then_comes_to_them(
    two: AsteriskProcess,
    fastagi: FastAgi,
    citizen: Phone,
    agent: Phone,
    ami: Callable[..., Any],
    leaves: bool,
) -> None:
    fastagi.commands["inbound"] = TO_SECOND
    assert "Success" in await ami(MEMBER)
    citizen.invite(CELL_SIP, "1076")
    assert await citizen.answer() == 200
    await agent.expect("ACK")
    citizens, agents = await trunk_leg(two), await leg_of(two, "PJSIP/101")
    third = (
        "Action: Originate\nChannel: Local/s@desk-side/n\nApplication: Wait\nData: 60\n"
        f"Async: true\nVariable: __HELPLINE_CALL={CALL}"
    )
    assert "Success" in await ami(third)
    move = (
        f"Action: Redirect\nChannel: {citizens}\nContext: desk-hold\nExten: s\nPriority: 1\n"
        f"ExtraChannel: {agents}\nExtraContext: desk-side\nExtraExten: s\nExtraPriority: 1"
    )
    assert "Success" in await ami(move)

    async def room(*legs: str) -> bool:
        shown = await two.cli(f"confbridge list {CALL}")
        return all(leg in shown for leg in legs)

    await until(partial(room, agents, "Local/s@desk-side"))
    await asyncio.sleep(4)  # some looks more than they may wait where nobody talks
    assert f"{citizens}!desk-hold!" in await two.cli("core show channels concise")
    if leaves:
        await two.cli(f"channel request hangup {await leg_of(two, 'Local/s@desk-side')}")
        await until(partial(room, citizens, agents))
    else:
        await until(partial(room, citizens, agents, "Local/s@desk-side"))
    citizen.bye()
    await agent.expect("BYE")  # nobody stays in the room


async def test_a_citizen_whom_an_agent_called_who_is_gone_comes_to_a_queue_and_has_not_been_served(
    two: AsteriskProcess, fastagi: FastAgi, citizen: Phone, ami: Callable[..., Any]
) -> None:
    first = MEMBER.replace("second", "helpline-hi")
    assert "Success" in await ami(f"{first}\nPaused: true")
    called = (
        f"Action: Originate\nChannel: {dial_trunk('9415012345')}\nContext: desk-outbound\n"
        f"Exten: s\nPriority: 1\nAsync: true\nVariable: __HELPLINE_CALL={CALL}\n"
        "Variable: HELPLINE_AGENT=PJSIP/101"
    )
    assert "Success" in await ami(called)
    assert await fastagi.told("desk") == [CALL]
    await until(partial(returned, two, "helpline-hi"))
    citizen.bye()
    assert (await fastagi.told("ended"))[:4] == [CALL, "", "TRUE", ""]


async def leg_of(asterisk: AsteriskProcess, begin: str) -> str:
    """The first channel of that name."""
    lines = (await asterisk.cli("core show channels concise")).splitlines()
    return next(line.partition("!")[0] for line in lines if line.startswith(begin))


async def returned(asterisk: AsteriskProcess, queue: str, priority: int = 10) -> bool:
    """Whether a citizen waits there before those who have not been served."""
    shown = await asterisk.cli(f"queue show {queue}")
    return bool(re.search(rf"PJSIP/trunk\S* .*prio: {priority}", shown))


@pytest.mark.parametrize("queue", ["second", "spill"])
async def test_whom_nobody_takes_is_not_hung_up_on_when_their_queue_is_empty(
    two: AsteriskProcess,
    fastagi: FastAgi,
    citizen: Phone,
    agent: Phone,
    ami: Callable[..., Any],
    queue: str,
) -> None:
    """The agent has gone home meanwhile: the next queue, or else an apology and a promise."""
    fastagi.commands["inbound"] = [*TO_SECOND[:2], f"SET VARIABLE HELPLINE_QUEUE {queue}"]
    if queue != "second":
        assert "Success" in await ami(f"{MEMBER}\nPaused: true")
    assert "Success" in await ami(MEMBER.replace("second", queue))
    citizen.invite(CELL_SIP, "1076")
    assert await citizen.answer() == 200
    await agent.expect("ACK")
    gone = f"Action: QueueRemove\nQueue: {queue}\nInterface: PJSIP/101"
    assert "Success" in await ami(gone)
    leg = await trunk_leg(two)
    # An agent whose telephone is not there.
    move = f"Action: Redirect\nChannel: {leg}\nContext: desk-agent\nExten: 102\nPriority: 1"
    assert "Success" in await ami(move)
    if queue == "second":
        assert await fastagi.told("unserved") == [CALL, "JOINEMPTY", "second"]
        return
    assert await fastagi.told("overflowed") == [CALL, "second", "spill"]
    await until(partial(returned, two, "second"))
    citizen.bye()
    assert (await fastagi.told("ended"))[:3] == [CALL, "", "TRUE"]


async def test_an_agent_who_has_a_call_by_now_is_not_rung_for_another(
    two: AsteriskProcess, fastagi: FastAgi, citizen: Phone, agent: Phone, ami: Callable[..., Any]
) -> None:
    fastagi.commands["inbound"] = TO_SECOND
    other = "Action: Originate\nChannel: PJSIP/101\nApplication: Wait\nData: 60\nAsync: true"
    assert "Success" in await ami(other)
    await agent.expect("ACK")
    assert "Success" in await ami(MEMBER)
    citizen.invite(CELL_SIP, "1076")
    assert await citizen.answer() == 200
    await until(partial(returned, two, "second", 0))
    leg = await trunk_leg(two)
    move = f"Action: Redirect\nChannel: {leg}\nContext: desk-agent\nExten: 101\nPriority: 1"
    assert "Success" in await ami(move)
    await until(partial(returned, two, "second"))
    assert agent.received.empty()
    citizen.bye()
    agent.bye()
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


@pytest.mark.parametrize(
    ("said", "queue"),
    [("AFTER_EMERGENCY second", "second"), ("QUEUE second", "second"), ("", "helpline-hi")],
)
async def test_whom_no_emergency_service_answered_goes_first_in_the_queue_of_their_call(
    two: AsteriskProcess,
    fastagi: FastAgi,
    citizen: Phone,
    ami: Callable[..., Any],
    said: str,
    queue: str,
) -> None:
    chosen = [f"SET VARIABLE HELPLINE_{said}"] if said else []
    # A service that there is not is one that did not answer.
    fastagi.commands["inbound"] = [*TO_SECOND[:2], *chosen, "SET VARIABLE HELPLINE_EMERGENCY 999"]
    for name in ("second", "helpline-hi"):
        assert "Success" in await ami(f"{MEMBER}\nPaused: true".replace("second", name))
    citizen.invite(CELL_SIP, "1076")
    assert await citizen.answer() == 200
    assert await fastagi.told("emergency-failed") == [CALL, queue]
    await until(partial(returned, two, queue, 20))
    citizen.bye()


async def legs_in(asterisk: AsteriskProcess, queue: str) -> list[str]:
    """Who waits there, in order."""
    shown = await asterisk.cli(f"queue show {queue}")
    return re.findall(r"^ *\d+\. (PJSIP/trunk\S*)", shown, re.MULTILINE)


async def press(ami: Callable[..., Any], leg: str, key: str) -> None:
    pressed = f"Action: PlayDTMF\nChannel: {leg}\nDigit: {key}\nReceive: true"
    assert "Success" in await ami(pressed)


async def test_a_waiting_caller_goes_to_an_emergency_service_by_one_key_without_our_server(
    two: AsteriskProcess, fastagi: FastAgi, citizen: Phone, ami: Callable[..., Any]
) -> None:
    fastagi.commands["inbound"] = TO_SECOND
    assert "Success" in await ami(f"{MEMBER}\nPaused: true")
    citizen.invite(CELL_SIP, "1076")
    assert await citizen.answer() == 200
    await until(partial(returned, two, "second", 0))
    await press(ami, await trunk_leg(two), "9")
    await citizen.expect("INVITE sip:112@")
    await until(partial(talks, two))
    citizen.bye()
    ended = await fastagi.told("ended")
    assert (ended[0], ended[5:]) == (CALL, ["112", "ANSWER"])


async def test_a_queue_that_offers_no_call_back_has_no_key_for_it(
    two: AsteriskProcess, fastagi: FastAgi, citizen: Phone, ami: Callable[..., Any]
) -> None:
    fastagi.commands["inbound"] = [*TO_SECOND[:2], "SET VARIABLE HELPLINE_QUEUE spill"]
    assert "Success" in await ami(f"{MEMBER.replace('second', 'spill')}\nPaused: true")
    citizen.invite(CELL_SIP, "1076")
    assert await citizen.answer() == 200
    await until(partial(returned, two, "spill", 0))
    leg = await trunk_leg(two)
    await press(ami, leg, "8")
    await asyncio.sleep(1)  # as fingers do: two keys at once are one for the queue
    await press(ami, leg, "9")  # which comes after it, and is one in every queue
    await citizen.expect("INVITE sip:112@")
    await until(partial(talks, two))
    citizen.bye()
    ran: list[str] = []
    async with asyncio.timeout(20):
        while "ended" not in ran:
            ran.append((await fastagi.scripts.get())[0])
    assert "keep-place" not in ran


async def test_who_left_a_queue_for_a_service_that_does_not_answer_comes_back_before_the_others(
    cell: CellSettings, two: AsteriskProcess, fastagi: FastAgi, citizen: Phone,
    ami: Callable[..., Any],
) -> None:  # fmt: skip
    fastagi.commands["inbound"] = [*TO_SECOND, "SET VARIABLE HELPLINE_AFTER_EMERGENCY helpline-hi"]
    assert "Success" in await ami(f"{MEMBER}\nPaused: true")
    citizen.invite(CELL_SIP, "1076")
    assert await citizen.answer() == 200
    await until(partial(returned, two, "second", 0))
    leg = await trunk_leg(two)
    citizen.answers = False
    await press(ami, leg, "9")
    for _ in cell.emergency:  # each service rings, and its line is hung up
        await citizen.expect("INVITE sip:1")
        await two.cli(f"channel request hangup {await other_leg(two, leg)}")
    assert await fastagi.told("emergency-failed") == [CALL, "second"]
    await until(partial(returned, two, "second", 20))
    await two.cli(f"channel request hangup {leg}")
    assert (await fastagi.told("ended"))[:3] == [CALL, "", "TRUE"]


async def other_leg(asterisk: AsteriskProcess, leg: str) -> str:
    lines = (await asterisk.cli("core show channels concise")).splitlines()
    names = [line.partition("!")[0] for line in lines if line.startswith("PJSIP/trunk")]
    return next(name for name in names if name != leg)


async def test_whom_nobody_served_goes_on_to_the_service_that_our_flow_names(
    two: AsteriskProcess, fastagi: FastAgi, citizen: Phone
) -> None:
    fastagi.commands["inbound"] = TO_SECOND
    fastagi.commands["unserved"] = ["SET VARIABLE HELPLINE_EMERGENCY 108"]
    citizen.invite(CELL_SIP, "1076")
    assert await citizen.answer() == 200
    assert await fastagi.told("unserved") == [CALL, "JOINEMPTY", "second"]
    await citizen.expect("INVITE sip:108@")
    await until(partial(talks, two))
    citizen.bye()
    assert (await fastagi.told("ended"))[5:] == ["108", "ANSWER"]


async def test_who_wants_to_keep_the_place_does_not_lose_it_while_our_server_is_away(
    two: AsteriskProcess, fastagi: FastAgi, citizen: Phone, ami: Callable[..., Any]
) -> None:
    fastagi.commands["inbound"] = TO_SECOND
    assert "Success" in await ami(f"{MEMBER}\nPaused: true")
    for calls in (1, 2):
        citizen.invite(CELL_SIP, "1076")
        assert await citizen.answer() == 200

        async def wait(calls: int = calls) -> bool:
            return len(await legs_in(two, "second")) == calls

        await until(wait)
    first, second = await legs_in(two, "second")
    await press(ami, first, "8")  # the connection is closed without a word
    assert (await fastagi.told("keep-place"))[:2] == [CALL, "second"]

    async def both() -> bool:
        return len(await legs_in(two, "second")) == 2

    await until(both)
    assert await legs_in(two, "second") == [first, second]
    for leg in (first, second):
        await two.cli(f"channel request hangup {leg}")


async def test_a_leg_that_went_silent_ends_with_another_cause_than_one_that_is_hung_up(
    cell: CellSettings,
    cell_secrets: Secrets,
    argv: list[str],
    fastagi: FastAgi,
    citizen: Phone,
) -> None:
    """By which an agent's telephone that was lost is told from one that hangs up (ADR 33)."""
    settings = cell.model_copy(update={"rtp_timeout_seconds": 2})
    write(settings, render(settings, cell_secrets))
    fastagi.commands["inbound"] = [*TO_SECOND, "EXEC Wait 60"]
    async with AsteriskProcess(argv, settings.root):
        citizen.invite(CELL_SIP, "1076")
        assert await citizen.answer() == 200
        silent = (await fastagi.told("ended"))[4]
        fastagi.replies.clear()
        citizen.invite(CELL_SIP, "1076")
        assert await citizen.answer() == 200

        async def waits() -> bool:
            return len(fastagi.replies) == len(TO_SECOND)

        await until(waits)
        citizen.bye()
        assert (silent, (await fastagi.told("ended"))[4]) == ("44", "0")
