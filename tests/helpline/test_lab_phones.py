"""The scripted telephones themselves, one against the other, without Asterisk."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from helpline.lab.media import tone
from helpline.lab.phones import Address, Phone, PhoneError
from helpline.lab.script import Answer, Press, Refuse, Ring, Say, Wait
from helpline.tools import load_tools

ROOT = Path(__file__).parents[2]
CALLER, CALLED = Address("127.0.0.41", 5071), Address("127.0.0.42", 5072)
IDENTITY = '"रामलाल" <sip:+919876543210@127.0.0.41>'


@pytest.fixture
async def phones(tmp_path: Path) -> AsyncIterator[tuple[Phone, Phone]]:
    sipp = load_tools(ROOT).sipp.argv
    caller = Phone(sipp, tmp_path, CALLER, CALLED, "caller")
    called = Phone(sipp, tmp_path, CALLED, CALLER, "called")
    yield caller, called
    await caller.hang_up()
    await called.hang_up()


@pytest.mark.parametrize("caller_hangs_up", [True, False])
async def test_a_call_is_answered_and_ended_by_either_side(
    phones: tuple[Phone, Phone], caller_hangs_up: bool
) -> None:
    caller, called = phones
    steps = (Say(tone(440, 0.3)), Press("12"), Wait(0.2))
    there = await called.expect(Answer(steps, ring=0.1, hang_up=not caller_hangs_up))
    here = await caller.place("1076", IDENTITY, steps, hang_up=caller_hangs_up)
    await here.wait(15)
    await there.wait(15)


async def test_the_other_side_may_hang_up_in_mid_speech(phones: tuple[Phone, Phone]) -> None:
    caller, called = phones
    there = await called.expect(Answer((Wait(0.2),), ring=0.1, hang_up=True))
    here = await caller.place("1076", IDENTITY, (Say(tone(440, 20)),), hang_up=True)
    await there.wait(15)
    await here.wait(15)


async def test_a_refused_call_is_an_error_for_the_caller(phones: tuple[Phone, Phone]) -> None:
    caller, called = phones
    there = await called.expect(Refuse(486))
    here = await caller.place("1076", IDENTITY, ())
    with pytest.raises(PhoneError, match="486"):
        await here.wait(15)
    await there.wait(15)


async def test_a_stopped_phone_leaves_its_port_to_the_next(phones: tuple[Phone, Phone]) -> None:
    _, called = phones
    await (await called.expect(Ring())).stop()
    await (await called.expect(Ring())).stop()


async def test_a_phone_is_let_go_when_the_other_side_was_told_that_it_hung_up(
    phones: tuple[Phone, Phone],
) -> None:
    caller, called = phones
    await called.expect(Ring())
    await called.let_go(0)  # nobody called: at once
    there = await called.expect(Answer((Say(tone(440, 20)),), ring=0.1))
    here = await caller.place("1076", IDENTITY, (Wait(0.5),), hang_up=True)
    while not there.reached:
        await asyncio.sleep(0.05)
    await called.let_go(10)
    await here.wait(15)
    assert not called.busy
