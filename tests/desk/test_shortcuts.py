"""The keys of the desk that no button was pressed for: emergency, recording, a question."""

import pytest

from helpline.lab.media import tone
from helpline.lab.script import Answer, Say
from helpline.lab.tones import level
from tests.cti.test_live_control import heard_now, room
from tests.desk.conftest import Office
from tests.desk.test_desk_browser import RIGHT, hears, in_call, recorded, status
from tests.system.callers import AGENTS_TONE, CITIZENS_TONE

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(180)]
EMERGENCY_TONE = 2900.0


async def test_shift_f9_joins_an_emergency_service_and_does_nothing_without_a_call(
    office: Office,
) -> None:
    async with office.desk() as page:
        await status(page, "ready")
        await page.keyboard.press("Shift+F9")
        call = await in_call(office, page)
        await heard_now(office.bed, call, AGENTS_TONE)
        emergency = await office.bed.line.expect(
            Answer((Say(tone(EMERGENCY_TONE, 60)),), ring=0.1), times=1
        )
        await page.focus("#f-text")  # as while the agent types
        await page.keyboard.press("Shift+F9")
        await room(office.bed, 3)
        await hears(page, EMERGENCY_TONE, 0.1)
        await hears(page, CITIZENS_TONE, 0.1)
        await heard_now(office.bed, call, EMERGENCY_TONE, 0.1)
        await page.keyboard.press("F9")
        await status(page, "wrap_up")
        await page.keyboard.press("Shift+F9")  # it is over
        await page.click("#desk-wrap-end")
        await room(office.bed, 2)
        await call.phone.bye()
        await emergency.wait()
        assert level(await recorded(call), RIGHT, EMERGENCY_TONE) > 0.02
        rows = await office.bed.rows(
            "select action, target from desk_action where call_id = $1 order by at, id", call.id
        )
        assert [tuple(row) for row in rows] == [("conference", "number:112"), ("hang_up", "")]


async def test_shift_f8_stops_the_recording_and_takes_it_up_again(office: Office) -> None:
    stands = """select resumed_at is null as stands from recording_pause p
                join recording r on r.id = p.recording_id where r.call_id = $1"""
    async with office.desk() as page:
        await status(page, "ready")
        await page.keyboard.press("Shift+F8")  # without a call: nothing
        call = await in_call(office, page)
        await heard_now(office.bed, call, AGENTS_TONE)
        assert await page.is_hidden("#call-unrecorded")
        for paused in (True, False):
            await page.keyboard.press("Shift+F8")
            await page.wait_for_selector(f"#call-record[aria-pressed={str(paused).lower()}]")
            assert await page.is_visible("#call-unrecorded") is paused
            assert [row["stands"] for row in await office.bed.rows(stands, call.id)] == [paused]
            await hears(page, CITIZENS_TONE)  # what is not recorded is heard
        await page.keyboard.press("F9")
        await recorded(call)
        await status(page, "wrap_up")
        await page.click("#desk-wrap-end")


async def test_shift_f7_leads_to_the_question_for_a_supervisor_in_a_call_too(
    office: Office,
) -> None:
    async with office.desk() as page:
        await in_call(office, page)
        await page.focus("#f-text")
        await page.keyboard.press("Shift+F7")
        await page.keyboard.type("क्या यह हमारा काम है?")
        await page.keyboard.press("Enter")
        await page.wait_for_selector("#help-log li.own:has-text('क्या यह हमारा काम है?')")
        assert await page.input_value("#f-text") == ""
        rows = await office.bed.rows("select agent_id, text from help_message order by id desc")
        assert tuple(rows[0]) == ("1001", "क्या यह हमारा काम है?")
        await page.keyboard.press("F9")
        await status(page, "wrap_up")
        await page.click("#desk-wrap-end")
