"""What citizens do before the queue: keys at all times, none at all, hanging up.

The calls of `calls` go on at the same time, as they do in a helpline; nobody is signed in.
"""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest
import pytest_asyncio

from calls.model import Outcome
from helpline.lab.bed import Bed
from helpline.lab.script import Press, Wait
from helpline.lab.tones import heard, heard_for, seconds
from speech.prompts import Prompt
from tests.system.callers import IN_THE_MENU, Caller, ends_as, place

pytestmark = pytest.mark.asyncio(loop_scope="session")

OPENING = [Prompt.GREETING, Prompt.RECORDING_NOTICE]
APOLOGY = [Prompt.NO_AGENT, Prompt.CALL_BACK_PROMISE, Prompt.EMERGENCY_KEY]
LATER = Wait(60)
PROBES = 1000


@dataclass(frozen=True)
class Calls:
    silent: Caller
    with_wrong_keys: Caller
    early: Caller
    in_the_menu: Caller
    before_the_queue: Caller
    refused_probes: int


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def calls(site: Bed) -> AsyncIterator[Calls]:
    silent = await place(site, (LATER,))
    wrong = (IN_THE_MENU, Press("6"), Wait(1.4), Press("#"), Wait(1.4), Press("1"), LATER)
    yield Calls(
        silent,
        await place(site, wrong),
        # In the greeting and the notice, which keys do not cut.
        await place(site, (Wait(0.1), Press("7*"), IN_THE_MENU, Press("1"), LATER)),
        await place(site, (Wait(2.0),), hang_up=True),
        await place(site, (IN_THE_MENU, Press("1"), Wait(0.3)), hang_up=True),
        await _probe(site),
    )
    await site.clear_lines()


async def _probe(bed: Bed) -> int:
    """Connect to the AGI port and close, as health checks do; how many were refused."""
    address = bed.settings.cell.agi

    async def once() -> bool:
        try:
            _, writer = await asyncio.open_connection(str(address.address), address.port)
        except OSError:
            return False
        writer.close()
        return True

    done = [await asyncio.gather(*(once() for _ in range(50))) for _ in range(PROBES // 50)]
    return PROBES - sum(map(sum, done))


async def test_who_cannot_press_keys_reaches_the_queue_untouched_by_a_thousand_probes(
    calls: Calls,
) -> None:
    recording = await ends_as(calls.silent, Outcome.NO_AGENT)
    assert heard(recording) == [*OPENING, *[Prompt.MENU] * 3, Prompt.CONNECTING, *APOLOGY]
    assert (await calls.silent.row())["queue"] is not None
    assert calls.refused_probes == 0


async def test_wrong_keys_are_named_and_asked_again(calls: Calls) -> None:
    recording = await ends_as(calls.with_wrong_keys, Outcome.NO_AGENT)
    again = [Prompt.INVALID_KEY, Prompt.MENU]
    menu = [Prompt.MENU, *again, *again]
    assert heard(recording) == [*OPENING, *menu, Prompt.CONNECTING, *APOLOGY]


async def test_a_key_cuts_the_menu_and_keys_before_it_harm_nothing(calls: Calls) -> None:
    listened = heard_for(await ends_as(calls.early, Outcome.NO_AGENT))
    assert [one for one, _ in listened] == [*OPENING, Prompt.MENU, Prompt.CONNECTING, *APOLOGY]
    assert dict(listened)[Prompt.MENU] < seconds(Prompt.MENU) - 0.2
    assert dict(listened)[Prompt.RECORDING_NOTICE] > seconds(Prompt.RECORDING_NOTICE) - 0.2


async def test_hanging_up_in_the_greeting_is_ivr_abandoned(site: Bed) -> None:
    call = await place(site, (LATER,))
    await call.until("answered_at")
    await call.phone.bye()
    assert Prompt.MENU not in heard(await ends_as(call, Outcome.IVR_ABANDONED))


async def test_hanging_up_in_the_menu_is_ivr_abandoned(calls: Calls) -> None:
    recording = await ends_as(calls.in_the_menu, Outcome.IVR_ABANDONED)
    assert heard(recording) == [*OPENING, Prompt.MENU]
    assert await calls.in_the_menu.callbacks() == []


async def test_hanging_up_before_the_queue_answers_is_ivr_abandoned(calls: Calls) -> None:
    recording = await ends_as(calls.before_the_queue, Outcome.IVR_ABANDONED)
    assert heard(recording) == [*OPENING, Prompt.MENU, Prompt.CONNECTING]
    assert (await calls.before_the_queue.row())["queue"] is None
