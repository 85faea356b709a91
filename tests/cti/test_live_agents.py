"""Agents' states against a real Asterisk: its own `queue show` says the same as the page."""

import re

import pytest
from asyncpg import Record

from helpline.lab.bed import Bed
from helpline.lab.media import tone
from helpline.lab.script import Answer, Refuse, Ring, Say
from tests.cti.conftest import WRAP_UP
from tests.system.callers import AGENTS_TONE, TO_THE_QUEUE, place, signed_in

pytestmark = pytest.mark.asyncio(loop_scope="session")

TALKS = Say(tone(AGENTS_TONE, 120))


async def shown(bed: Bed, *words: str, present: bool = True) -> None:
    """Until Asterisk's own list of the queue's first agent has all these words, or has them not."""

    async def so() -> bool | None:
        text = await bed.helpline.asterisk.process.cli("queue show helpline-hi")
        line = next((line for line in text.splitlines() if "PJSIP/1001" in line), "")
        return True if all(word in line for word in words) == present else None

    await bed.until(f"queue show: {words} {present}", so)


async def test_a_pause_is_asterisks_own_and_outlives_its_restart(desk: Bed) -> None:
    async with signed_in(desk) as page:
        await page.until_state(status="ready")
        assert (await page.ask("pause", reason="meal"))["ok"]
        await page.until_state(status="paused", reason="meal")
        await shown(desk, "paused:meal")
        await desk.helpline.asterisk.process.cli("core restart now")
        await desk.until("Asterisk to be gone", lambda: _ready(desk, False))
        await desk.until("the link", lambda: _ready(desk, True), 60)
        await shown(desk, "paused:meal")
        assert (await page.ask("ready"))["ok"]
        await page.until_state(status="ready")
        await shown(desk, "paused", present=False)


async def test_the_wrap_up_is_a_pause_in_asterisk_and_ends_by_itself(desk: Bed) -> None:
    async with signed_in(desk) as page:
        await desk.agent_phone().expect(Answer((TALKS,), ring=0.1))
        call = await place(desk, TO_THE_QUEUE)
        await page.until_state(status="in_call", call=str(call.id))
        await call.phone.bye()
        state = await page.until_state(status="wrap_up")
        await shown(desk, "paused:wrap_up")
        assert state["wrap_up"]["extended"] is False
        await page.until_state(status="ready", timeout=WRAP_UP + 20)
        await shown(desk, "paused", present=False)

        async def over() -> list[Record] | None:  # rows come a moment after the page's state
            rows = await desk.rows(
                "select state, until_at - from_at as lasted from agent_state"
                " where agent_id = '1001' and (call_id = $1 or state = 'wrap_up')"
                " and from_at >= (select started_at from call where id = $1) order by id",
                call.id,
            )
            return rows if rows and rows[-1]["lasted"] else None

        rows = await desk.until("the row of the wrap-up", over)
        assert [row["state"] for row in rows] == ["ringing", "in_call", "wrap_up"]
        # Our clock and Asterisk's word differ by ms.
        assert rows[-1]["lasted"].total_seconds() > WRAP_UP - 1


async def test_a_page_lost_in_the_call_ends_nothing_and_comes_back_to_it(desk: Bed) -> None:
    async with desk.page() as page:
        await page.until_state(status="ready")
        await desk.agent_phone().expect(Answer((TALKS,), ring=0.1))
        call = await place(desk, TO_THE_QUEUE)
        before = await page.until_state(status="in_call", call=str(call.id))
    async with signed_in(desk) as again:
        state = await again.until_state(status="in_call", call=str(call.id))
        assert state["since"] == before["since"]
        text = await desk.helpline.asterisk.process.cli("core show channels")
        assert re.search(r"\b2 active channels", text)
        await call.phone.bye()
        await again.until_state(status="wrap_up")
        assert (await again.ask("end_wrap_up"))["ok"]
        await again.until_state(status="ready")


async def test_who_does_not_answer_is_paused_and_a_caller_who_hangs_up_is_not_their_fault(
    desk: Bed,
) -> None:
    async with signed_in(desk) as page:
        await page.until_state(status="ready")
        for _ in range(3):
            await desk.agent_phone().expect(Ring())
            call = await place(desk, TO_THE_QUEUE)
            await page.until_state(status="ringing", call=str(call.id))
            await call.phone.bye()
            await call.ended()
            await page.until_state(status="ready")
            await desk.clear_lines()
        refuses = await desk.agent_phone().expect(Refuse(486), times=3)
        call = await place(desk, TO_THE_QUEUE)
        await page.until_state(status="paused", reason="no_answer")
        await shown(desk, "paused:no_answer")
        assert refuses.invites() == 3
        assert (await call.row())["ended_at"] is None  # the citizen waits for somebody else
        assert (await page.ask("ready"))["ok"]
        await page.until_state(status="ready")


async def _ready(bed: Bed, wanted: bool) -> bool | None:
    return True if bed.helpline.live.link.ready is wanted else None
