"""Citizens in the queue and with an agent: screen-pop, recording, and who hangs up when."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from calls.model import Outcome
from helpline.cell import state_folder
from helpline.demo.agent import AgentPage
from helpline.lab.bed import CITIZEN, Bed
from helpline.lab.media import RATE, tone
from helpline.lab.script import Answer, Ring, Say, Wait
from helpline.lab.tones import heard, level
from speech.prompts import Prompt
from tests.system.callers import (
    AGENTS_TONE,
    CITIZENS_TONE,
    TO_THE_QUEUE,
    Caller,
    ends_as,
    place,
    signed_in,
)

pytestmark = pytest.mark.asyncio(loop_scope="session")

KNOWN_TO_THE_NETWORK = (f"P-Asserted-Identity: <sip:{CITIZEN}@c.invalid>", "Privacy: id")
WITHHELD = '"Anonymous" <sip:anonymous@anonymous.invalid>'
TO_THE_AGENT = [Prompt.GREETING, Prompt.RECORDING_NOTICE, Prompt.MENU, Prompt.CONNECTING]
TALKS = Say(tone(AGENTS_TONE, 120))


@pytest_asyncio.fixture(loop_scope="session")
async def page(helpline: Bed) -> AsyncIterator[AgentPage]:
    """The page of the only agent, who is in the queue."""
    async with signed_in(helpline) as opened:
        yield opened


async def talking(bed: Bed, page: AgentPage, call: Caller) -> None:
    """Until the agent has answered."""
    await page.wait_for("answered", call=str(call.id))
    await call.until("agent_answered_at")


async def test_the_agent_sees_the_caller_before_answering_and_both_are_on_the_recording(
    helpline: Bed, page: AgentPage
) -> None:
    earlier = await place(helpline, (Wait(60),))
    await earlier.until("answered_at")
    await earlier.phone.bye()
    await earlier.ended()
    await helpline.agent_phone().expect(Answer((TALKS,), ring=1.0))
    call = await place(helpline, TO_THE_QUEUE)
    pop = await page.wait_for("pop", call=str(call.id))
    assert pop["caller"] == f"+91{CITIZEN}"
    assert str(earlier.id) in [one["call"] for one in pop["history"]["calls"]]
    await talking(helpline, page, call)
    await _both_have_spoken(call)
    await call.phone.bye()
    recording = await ends_as(call, Outcome.AGENT_ANSWERED)
    row = await call.row()
    assert row["agent_id"] == "1001"
    assert row["answered_at"] <= row["queued_at"] <= row["pop_at"] < row["agent_answered_at"]
    assert heard(recording) == TO_THE_AGENT
    left, right = 0, 1
    assert level(recording, left, CITIZENS_TONE) > 0.9 > 0.01 > level(recording, left, AGENTS_TONE)
    assert (
        level(recording, right, AGENTS_TONE) > 0.1 > 0.01 > level(recording, right, CITIZENS_TONE)
    )


async def test_the_queue_and_the_agents_line_one_at_a_time(helpline: Bed, page: AgentPage) -> None:
    """One talks, one waits, for a third there is no place; then both hang up."""
    await helpline.agent_phone().expect(Answer((TALKS,), ring=0.1))
    first = await place(helpline, TO_THE_QUEUE)
    await talking(helpline, page, first)
    waiting = await place(helpline, TO_THE_QUEUE)
    await waiting.until("queued_at")
    too_many = await place(helpline, TO_THE_QUEUE)
    recording = await ends_as(too_many, Outcome.QUEUE_FULL)
    apology = [Prompt.QUEUE_FULL, Prompt.CALL_BACK_PROMISE, Prompt.EMERGENCY_KEY]
    assert heard(recording)[-3:] == apology
    assert await too_many.callbacks() == [(f"+91{CITIZEN}", "queue_full")]
    await waiting.phone.bye()
    await first.phone.bye()
    assert heard(await ends_as(waiting, Outcome.QUEUE_ABANDONED)) == TO_THE_AGENT
    assert await waiting.callbacks() == []
    await ends_as(first, Outcome.AGENT_ANSWERED)


async def test_hanging_up_while_the_agents_phone_rings_is_queue_abandoned(
    helpline: Bed, page: AgentPage
) -> None:
    rings = await helpline.agent_phone().expect(Ring())
    call = await place(helpline, TO_THE_QUEUE)
    await page.wait_for("pop", call=str(call.id))
    await call.phone.bye()
    await rings.wait()
    await page.wait_for("pop_withdrawn", call=str(call.id))
    await ends_as(call, Outcome.QUEUE_ABANDONED)
    row = await call.row()
    assert (row["agent_id"], row["agent_answered_at"]) == (None, None)


async def test_an_agent_who_hangs_up_has_answered(helpline: Bed, page: AgentPage) -> None:
    phone = await helpline.agent_phone().expect(
        Answer((Say(tone(AGENTS_TONE, 1)),), ring=0.1, hang_up=True)
    )
    call = await place(helpline, TO_THE_QUEUE)
    await call.phone.wait()
    await phone.wait()
    recording = await ends_as(call, Outcome.AGENT_ANSWERED)
    assert level(recording, 1, AGENTS_TONE) > 0.1
    await page.wait_for("released", call=str(call.id))


async def test_no_agent_is_shown_a_withheld_number(helpline: Bed, page: AgentPage) -> None:
    await helpline.agent_phone().expect(Ring())
    call = await place(helpline, TO_THE_QUEUE, identity=WITHHELD, headers=KNOWN_TO_THE_NETWORK)
    pop = await page.wait_for("pop", call=str(call.id))
    assert (pop["caller"], pop["history"]) == (None, {"calls": [], "complaints": []})
    await call.phone.bye()
    assert (await call.ended())["citizen_number"] is None


async def _both_have_spoken(call: Caller) -> None:
    """Until the recording has two more seconds than it had."""
    files = list(state_folder(call.bed.settings).captures.glob(f"*{call.id}*"))
    (file,) = files
    size = file.stat().st_size

    async def grown() -> bool | None:
        return file.stat().st_size > size + 2 * 2 * 2 * RATE or None

    await call.bed.until("two seconds of talk", grown)
