"""Beside the calls: notices until they were read, help until it is closed, to whom to hand on."""

import asyncio

import pytest
from playwright.async_api import Page, expect

from cti.supervising import Supervisor
from tests.desk.conftest import Office
from tests.desk.test_desk_browser import in_call, out_of_sight, phone_ready, status
from tests.desk.test_desk_guidance import wrapped_up
from tests.web.test_browser import judge

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(180)]
KAVITA = Supervisor(actor="user:1", name="कविता")


async def says(office: Office, type: str, **more: object) -> None:
    """As her wallboard would."""
    asked = {"type": type, "id": 1, **more}
    answer = await office.bed.helpline.live.wallboards.answer(KAVITA, asked)
    assert answer["ok"], answer


async def reloaded(page: Page) -> None:
    await page.reload()
    await status(page, "ready")


async def test_a_notice_stays_on_the_desk_until_the_agent_says_that_they_read_it(
    office: Office,
) -> None:
    queue = (await office.bed.rows("select queues from agent where id = '1001'"))[0]["queues"][0]
    async with office.desk() as sita:
        await status(sita, "ready")
        await says(office, "broadcast", queue=queue, text="बाढ़ की सूचना")
        await expect(sita.locator("#notices li")).to_contain_text("बाढ़ की सूचना")
        await says(office, "broadcast", queue=queue, text="दूसरी", hours=1)
        await expect(sita.locator("#notices li")).to_have_count(2)
        faults = await judge(sita, "desk-notices-hi")
        await reloaded(sita)
        await expect(sita.locator("#notices li")).to_have_count(2)
        await sita.keyboard.press("F3")
        await expect(sita.locator("#notices li")).to_have_count(1)
        await expect(sita.locator("#notices li")).to_contain_text("दूसरी")
        await sita.click("#notices button")
        await expect(sita.locator("#notices")).to_be_hidden()
        await reloaded(sita)
        await asyncio.sleep(1)
        await expect(sita.locator("#notices")).to_be_hidden()
    async with office.desk("mohan") as mohan:  # was not there
        await expect(mohan.locator("#notices li")).to_have_count(2)
        faults += await judge(mohan, "desk-notices-en")
        for left in (1, 0):
            await mohan.keyboard.press("F3")
            await expect(mohan.locator("#notices li")).to_have_count(left)
    read = await office.bed.rows("select agent_id from notice_read")
    assert sorted(row["agent_id"] for row in read) == ["1001", "1001", "1002", "1002"]
    assert faults == []


async def test_the_conversation_with_a_supervisor_is_there_after_a_reload(office: Office) -> None:
    async with office.desk() as page:
        await status(page, "ready")
        await page.fill("#help-text", "क्या यह हमारा काम है?")
        await page.keyboard.press("Enter")
        await expect(page.locator("#help-log li")).to_have_count(1)
        await says(office, "help_take", agent="1001", seen="")
        await says(office, "help", agent="1001", text="हाँ")
        await says(office, "help_close", agent="1001")
        for _ in range(2):
            rows = page.locator("#help-log li")
            await expect(rows).to_have_count(4)
            await expect(rows.nth(1)).to_contain_text("कविता")
            await expect(rows.nth(2)).to_contain_text("हाँ")
            await expect(rows.nth(3)).to_contain_text("बात पूरी की")
            await reloaded(page)


async def test_agents_to_hand_on_to_are_named_with_what_they_do(office: Office) -> None:
    async with office.desk("mohan") as mohan:
        await in_call(office, mohan)
        faults = await judge(mohan, "desk-in-call-en")
        assert await out_of_sight(mohan, "call-end", "call-emergency", "form-send") == []
        await mohan.keyboard.press("Shift+F6")
        await asyncio.sleep(0.5)
        await expect(mohan.locator("#call-agents option")).to_have_count(0)
        async with office.desk() as sita:
            await phone_ready(sita)
            agents = mohan.locator("#call-agents option")
            await expect(agents).to_have_text(["● Agent 0 (1001) · Ready"])
            await mohan.select_option("#call-target", '{"agent":"1001"}')
            await sita.keyboard.press("Shift+F2")
            await expect(agents).to_have_text(["○ Agent 0 (1001) · Paused"])
            assert await mohan.input_value("#call-target") == '{"agent":"1001"}'
            faults += await judge(mohan, "desk-hand-on-en")
            await sita.keyboard.press("Shift+F2")
        await wrapped_up(mohan)
        assert faults == []


async def test_a_browser_that_is_not_signed_in_is_no_telephone_to_listen_with(
    office: Office,
) -> None:
    listen = {"type": "listen", "id": 1, "agent": "1001", "phone": "1002", "reason": "जाँच"}
    async with office.desk() as sita:
        await in_call(office, sita)
        answer = await office.bed.helpline.live.wallboards.answer(KAVITA, listen)
        assert answer["reason"] == {"code": "phone_away"}
        await wrapped_up(sita)
