"""A citizen handed to a number outside that the guard allows, against a real Asterisk."""

import pytest

from calls.model import Outcome
from dialplans.names import PRIORITY_RETURNED, QUEUE_DEFAULT
from helpline.lab.bed import Bed
from helpline.lab.script import Refuse
from tests.cti.test_live_control import (
    OTHER_TALKS,
    OTHERS_TONE,
    TALKS,
    heard_now,
    in_call,
    no_channels,
    talk,
    whole,
)
from tests.system.callers import AGENTS_TONE, signed_in

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
