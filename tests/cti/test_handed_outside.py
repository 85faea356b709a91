"""A citizen handed to a number outside that the guard allows, against a real Asterisk."""

import pytest

from calls.model import Outcome
from calls.report_rows import Span, figures
from calls.reporting import By, Fate, Rules
from dialplans.names import PRIORITY_RETURNED, QUEUE_DEFAULT
from helpline.lab.bed import CITIZEN, Bed
from helpline.lab.script import Refuse, Ring
from helpline.lab.tones import heard
from speech.prompts import Prompt
from tests.cti.test_live_control import (
    OTHER_TALKS,
    OTHERS_TONE,
    TALKS,
    heard_now,
    in_call,
    no_channels,
    room,
    stays,
    talk,
    talks,
    whole,
)
from tests.system.callers import AGENTS_TONE, in_queue, signed_in

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_a_citizen_is_handed_to_a_number_outside_and_the_agent_is_free(desk: Bed) -> None:
    async with signed_in(desk) as page:
        call, phone = await in_call(desk, page)
        await talk(desk, call)
        water = await desk.line.expect(OTHER_TALKS)
        assert (await page.ask("transfer", to={"listed": "water"}))["ok"]
        await phone.wait()
        await page.until_state(status="wrap_up")
        await heard_now(desk, call, OTHERS_TONE)
        assert (await call.row())["ended_at"] is None
        await call.phone.bye()
        await water.wait()
        await whole(call, AGENTS_TONE, OTHERS_TONE)
        actions = await desk.rows("select target from desk_action where call_id = $1", call.id)
        assert [row["target"] for row in actions] == ["number:1916"]
        await no_channels(desk)


async def test_whom_a_number_outside_does_not_take_waits_in_the_queue_before_others(
    desk: Bed,
) -> None:
    async with signed_in(desk) as page:
        call, phone = await in_call(desk, page)
        await desk.line.expect(Refuse(486))
        assert (await page.ask("transfer", to={"listed": "water"}))["ok"]
        await phone.wait()
        await page.until_state(status="wrap_up")

        async def waits() -> bool | None:
            shown = await desk.helpline.asterisk.process.cli(f"queue show {QUEUE_DEFAULT}")
            return f"prio: {PRIORITY_RETURNED}" in shown or None

        await desk.until("the citizen to wait before others", waits)
        await desk.agent_phone().expect(TALKS)
        await page.ask("end_wrap_up")
        await page.until_state(status="in_call", call=str(call.id))
        await call.phone.bye()
        assert (await call.ended())["outcome"] == Outcome.AGENT_ANSWERED
        await no_channels(desk)


async def test_whom_no_agent_is_left_for_is_promised_a_call_by_the_queue_they_came_back_to(
    desk: Bed,
) -> None:
    """Their agent goes home in the middle of a consultation that nobody answers."""
    async with desk.page() as page:
        await in_queue(desk, present=True)
        call, _ = await in_call(desk, page)
        await desk.line.expect(Ring())
        assert (await page.ask("consult", to={"listed": "water"}))["ok"]
        await room(desk, 1)
        await page.sign_out()
        await in_queue(desk, present=False)
        cli = desk.helpline.asterisk.process.cli
        shown = (await cli("core show channels concise")).splitlines()
        [leg] = [line.split("!")[0] for line in shown if line.startswith("PJSIP/1001-")]
        await cli(f"channel request hangup {leg}")
    row = await call.ended()
    assert row["outcome"] == Outcome.NO_AGENT
    assert await call.callbacks() == [(f"+91{CITIZEN}", Outcome.NO_AGENT)]
    first, second = await stays(desk, call)
    assert [(one["queue"], one["agent_id"]) for one in (first, second)] == [
        (QUEUE_DEFAULT, "1001"), (QUEUE_DEFAULT, None),
    ]  # fmt: skip
    [one] = await talks(desk, call)
    assert (one["agent_id"], one["handed_to"]) == ("1001", None)
    said = heard(await call.recording())
    assert said[-3:] == [Prompt.NO_AGENT, Prompt.CALL_BACK_PROMISE, Prompt.EMERGENCY_KEY]
    span = Span(since=row["started_at"], until=row["ended_at"])
    async with desk.helpline.pool.acquire() as conn:
        found = await figures(conn, span, By.QUEUE, Rules(), row["ended_at"])
    fates = found.lines[QUEUE_DEFAULT].fates
    assert {one: count for one, count in fates.items() if count} == {
        Fate.ANSWERED: 1, Fate.CALLBACK: 1,
    }  # fmt: skip
    await no_channels(desk)


async def test_a_number_that_the_guard_refuses_is_not_dialled_and_the_page_is_told_why(
    desk: Bed,
) -> None:
    await desk.rows("delete from dial_rule")
    async with signed_in(desk) as page:
        call, phone = await in_call(desk, page)
        refused = await page.ask("transfer", to={"listed": "water"})
        why = {"code": "dial_no_rule"}
        assert (refused["ok"], refused["reason"]) == (False, why)
        await page.until_state(status="in_call", call=str(call.id))
        assert not phone.over  # they talk on
        await call.phone.bye()
        await call.ended()
        await no_channels(desk)
