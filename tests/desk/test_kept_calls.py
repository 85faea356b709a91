"""What may not end a call at the browser: a server that knows of none yet, a session that ends."""

import asyncio
from uuid import uuid4

import pytest
from playwright.async_api import Page, expect

from calls import dialling
from calls.dialling import Rule
from helpline.lab.media import tone
from helpline.lab.script import Answer, Say
from tests.access.people import PASSWORD
from tests.desk.conftest import Office
from tests.desk.test_desk_browser import complaint, hears, in_call, phone_ready, status
from tests.desk.wire import Message, Wire
from tests.system.callers import CITIZENS_TONE, TO_THE_QUEUE, place

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(180)]
CALLED_TONE = 2900.0


def knows_nothing(message: Message) -> Message | None:
    """As a server before its first snapshot."""
    if message["type"] == "hello":
        told = {"status": "signed_out", "in_step": False, "call": None, "since": None}
        return message | {"state": message["state"] | told}
    return None if message["type"] == "state" else message


async def wrapped_up(page: Page) -> None:
    await page.keyboard.press("F9")
    await status(page, "wrap_up")
    await page.click("#desk-wrap-end")
    await status(page, "ready")


async def test_a_server_that_knows_of_no_call_yet_ends_none_and_rings_back_when_it_does(
    office: Office,
) -> None:
    wire = Wire()
    async with office.desk() as page:
        await wire.between(page)
        await page.reload()
        call = await in_call(office, page)
        await hears(page, CITIZENS_TONE)
        wire.change = knows_nothing
        await wire.cut()
        await status(page, "no_link")
        await asyncio.sleep(1.5)
        await hears(page, CITIZENS_TONE)
        await expect(page.locator("#call")).to_have_attribute("data-state", "in_call")
        await page.reload()  # now its telephone is lost, and that is nothing to be judged yet
        await status(page, "no_link")
        await asyncio.sleep(1.5)
        wire.change = lambda message: message
        wire.say(wire.last_state)
        await status(page, "in_call")
        await page.wait_for_selector("#call-hold:enabled")
        await hears(page, CITIZENS_TONE)
        assert (await call.row())["ended_at"] is None
        await wrapped_up(page)


async def test_a_session_that_ends_in_a_call_leaves_the_page_to_it(office: Office) -> None:
    async with office.desk() as page:
        call = await in_call(office, page)
        other = await page.context.new_page()
        await other.goto(f"{office.bed.settings.http.origin}/desk")
        await page.wait_for_selector("#desk-in")  # the newer page took over
        await other.goto("about:blank")
        await page.click("#desk-in")
        await status(page, "in_call")
        await office.bed.helpline.pool.execute("delete from web_session")
        await page.wait_for_selector("#desk-in", timeout=40_000)
        await page.click("#desk-in")
        await page.wait_for_selector("#desk-said:has-text('दूसरे टैब में')")
        for word in ("hand", "water"):  # which is fetched, and refused
            async with page.expect_response("**/desk/categories?*"):
                await page.fill("#f-category", word)
        await asyncio.sleep(1)
        await hears(page, CITIZENS_TONE)
        assert (await call.row())["ended_at"] is None
        await page.keyboard.press("F9")
        await call.ended()
        await page.fill("#f-category", "hand pump")
        await page.fill("input[name=name]", "sita")
        await page.fill("input[name=password]", PASSWORD)
        await page.click("form.card > button")
        await status(page, "wrap_up")  # after the call that outlived the session
        await page.click("#desk-wrap-end")
        await status(page, "ready")


async def test_a_call_to_a_citizen_is_answered_by_itself_and_one_that_is_refused_answers_no_other(
    office: Office,
) -> None:
    pool = office.bed.helpline.pool
    await pool.execute("truncate dial_rule, dial_request, dial_cut_off")
    async with pool.acquire() as conn:
        await dialling.allow(conn, Rule("*", "+91", 1000))
    await complaint(office.bed, "रामलाल", "हैंडपंप से पानी नहीं आता।")
    async with office.desk() as page:
        await in_call(office, page)
        await wrapped_up(page)
        called = await office.bed.line.expect(Answer((Say(tone(CALLED_TONE, 60)),), ring=0.3))
        await page.click("#caller-complaints button")
        await status(page, "in_call")
        await hears(page, CALLED_TONE)
        await page.keyboard.press("F9")
        await status(page, "ready")  # of no queue, so no wrap-up follows
        await called.wait()
        await pool.execute("truncate dial_rule, dial_request, dial_cut_off")
        await page.click("#caller-complaints button")
        await page.wait_for_selector("#desk-said.bad:not(:empty)")
        call = await place(office.bed, TO_THE_QUEUE)
        await status(page, "ringing")
        await page.wait_for_selector("#call-answer:enabled")
        await asyncio.sleep(1.5)
        await expect(page.locator("#call")).to_have_attribute("data-state", "ringing")
        await call.phone.bye()
        await call.ended()
        await status(page, "ready")


async def test_a_queues_call_that_rings_before_the_server_says_so_is_not_taken_for_the_clicked_one(
    office: Office,
) -> None:
    wire, clicked = Wire(), str(uuid4())
    number = await complaint(office.bed, "रामलाल", "हैंडपंप से पानी नहीं आता।")
    await office.bed.helpline.pool.execute("truncate dial_rule, dial_request, dial_cut_off")

    def accepted(message: Message) -> Message | None:
        """The click, which then comes to nothing; and what rings is not told yet."""
        if message["type"] == "answer" and not message["ok"]:
            return {"type": "answer", "id": message["id"], "ok": True, "call": clicked}
        return None if message.get("status") == "ringing" else message

    async with office.desk() as page:
        await wire.between(page)
        await page.reload()
        await status(page, "ready")
        await phone_ready(page)
        wire.change = accepted
        await page.fill("#call-out-number", number)
        await page.keyboard.press("Enter")
        await expect(page.locator("#call-out-number")).to_have_value("")
        call = await place(office.bed, TO_THE_QUEUE)
        await page.wait_for_selector("#call-answer:enabled")
        await asyncio.sleep(1.5)
        await expect(page.locator("#call")).to_have_attribute("data-state", "ringing")
        assert (await call.row())["agent_answered_at"] is None
        # The click's leg begins to ring at Asterisk in the same moment.
        wire.say(wire.last_state | {"status": "ringing", "call": clicked})
        await status(page, "ringing")
        await asyncio.sleep(1.5)
        await expect(page.locator("#call")).to_have_attribute("data-state", "ringing")
        assert (await call.row())["agent_answered_at"] is None
        wire.change = lambda message: message
        wire.say(wire.last_state)
        await status(page, "ringing")
        failed = {"code": "your_phone_not_answered"}
        wire.say({"type": "call_failed", "call": clicked, "reason": failed})
        await page.wait_for_selector("#desk-said.bad:has-text('आपके टेलीफ़ोन ने उत्तर नहीं दिया')")
        await asyncio.sleep(0.5)
        await expect(page.locator("#call")).to_have_attribute("data-state", "ringing")
        await call.phone.bye()
        await call.ended()
        await status(page, "ready")
