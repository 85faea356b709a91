"""Somebody types or has chosen something, and the page is told something in that moment."""

import asyncio
from typing import Any

import pytest
from playwright.async_api import Page, Route, expect

from db.pool import Pool
from tests.desk.conftest import Office
from tests.desk.test_desk_browser import complaint, in_call, phone_ready, status
from tests.desk.test_desk_drafts import LEAKS, kept, reads, wrap_up
from tests.desk.test_desk_told import until_answered
from tests.desk.wire import Message, Wire
from tests.system.callers import TO_THE_QUEUE, place

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(180)]

FOCUS = "() => document.activeElement.id || document.activeElement.value"


async def done(page: Page) -> None:
    await wrap_up(page)
    await page.click("#desk-wrap-end")
    await status(page, "ready")


async def test_a_call_that_rings_does_not_take_the_keys_of_who_types(office: Office) -> None:
    wire, pops = Wire(), list[Message]()

    def without_pop(message: Message) -> Message | None:
        if message["type"] == "pop":
            pops.append(message)
        return None if message["type"] == "pop" else message

    wire.change = without_pop
    async with office.desk() as page:
        await wire.between(page)
        await page.reload()
        await status(page, "ready")
        await phone_ready(page)
        await page.focus("#help-text")
        call = await place(office.bed, TO_THE_QUEUE)
        await page.wait_for_selector("#call-answer:enabled")
        await page.keyboard.type("क्या")
        for _ in range(100):
            if pops:
                break
            await asyncio.sleep(0.1)
        wire.say(*pops)
        await page.wait_for_selector("#caller:not([hidden])")
        await page.keyboard.type(" यह")
        assert await page.input_value("#help-text") == "क्या यह"
        await status(page, "ringing")
        await page.evaluate("document.activeElement.blur()")
        wire.say(pops[0] | {"caller": "+919800000000"})
        await expect(page.locator("#call-answer")).to_be_focused()  # whose keys go nowhere else
        await call.phone.bye()
        await status(page, "ready")


async def test_what_is_told_of_a_caller_again_leaves_the_choice_that_has_the_focus(
    office: Office,
) -> None:
    await complaint(office.bed, "रोहित", "नाली भरी है।")
    wire, pops = Wire(), list[Message]()

    def seen(message: Message) -> Message:
        if message["type"] == "pop":
            pops.append(message)
        return message

    wire.change = seen
    async with office.desk() as page:
        await wire.between(page)
        await page.reload()
        await in_call(office, page)
        theirs = page.locator("#form-citizens label:has-text('रोहित') input")
        await theirs.focus()
        citizen = await theirs.get_attribute("value")
        wire.say(pops[-1], wire.last_state | {"held": True})
        await expect(page.locator("#call-hold")).to_have_attribute("aria-pressed", "true")
        assert await page.evaluate(FOCUS) == citizen
        await done(page)


async def test_a_list_that_comes_late_does_not_take_the_focus_from_the_number_being_typed(
    office: Office,
) -> None:
    number = await complaint(office.bed, "रोहित", "नाली भरी है।")
    go = asyncio.Event()

    async def late(route: Route) -> None:
        answer = await route.fetch()
        await go.wait()
        await route.fulfill(response=answer)

    async with office.desk() as page:
        call = await in_call(office, page)
        await until_answered(office, call.id)
        await page.route("**/agent/told?*", late, times=1)
        await page.keyboard.press("Shift+F3")
        await page.focus("#told-number")
        await page.keyboard.type(number[:4])
        go.set()
        await page.wait_for_selector("#told-complaints input")
        await page.keyboard.type(number[4:])
        assert await page.input_value("#told-number") == number
        await page.keyboard.press("Enter")
        await page.wait_for_selector(f"#told-complaints input[value='{number}']:checked")
        await page.keyboard.press("F6")
        await done(page)


async def test_what_was_chosen_is_chosen_still_when_the_page_has_connected_again(
    office: Office,
) -> None:
    wire = Wire()
    queue = (await office.bed.rows("select queues from agent where id = '1002'"))[0]["queues"][0]
    async with office.desk("mohan") as page:
        await wire.between(page)
        await page.reload()
        await in_call(office, page)
        reasons = await page.eval_on_selector_all(
            "#desk-reason option", "all => all.map(one => one.value)"
        )
        await page.select_option("#desk-reason", reasons[-1])
        await page.keyboard.press("Shift+F6")
        await page.select_option("#call-target", f'{{"queue":"{queue}"}}')
        await wire.cut()
        await status(page, "offline")
        await status(page, "in_call")
        assert await page.input_value("#desk-reason") == reasons[-1] != reasons[0]
        assert await page.input_value("#call-target") == f'{{"queue":"{queue}"}}'
        await done(page)


async def test_a_call_is_handed_to_nobody_else_when_who_was_chosen_has_left(
    office: Office,
) -> None:
    async with office.desk("mohan") as mohan:
        await in_call(office, mohan)
        await mohan.keyboard.press("Shift+F6")
        async with office.desk() as sita:
            await phone_ready(sita)
            await expect(mohan.locator("#call-agents option")).to_have_count(1)
            await mohan.select_option("#call-target", '{"agent":"1001"}')
        await expect(mohan.locator("#call-agents option")).to_have_count(0)
        assert await mohan.input_value("#call-target") == ""
        await mohan.click("#call-transfer")
        await expect(mohan.locator("#desk-said.bad")).to_contain_text("Choose to whom")
        await status(mohan, "in_call")
        await mohan.select_option("#call-target", '{"listed":"water"}')
        await done(mohan)


async def test_the_next_question_is_typed_while_the_one_before_is_still_being_sent(
    office: Office,
) -> None:
    wire, held = Wire(), list[Message]()
    async with office.desk() as page:
        await wire.between(page)
        await page.reload()
        await status(page, "ready")
        await phone_ready(page)

        def hold(message: Message) -> Message | None:
            if message["type"] == "answer":
                held.append(message)
            return None if message["type"] == "answer" else message

        await page.fill("#help-text", "पहला")
        wire.change = hold
        await page.keyboard.press("Enter")
        await page.wait_for_selector("#help-log li.own:has-text('पहला')")
        await page.fill("#help-text", "दूसरा")
        wire.change = lambda message: message
        wire.say(*held, wire.last_state | {"status": "paused"})
        await status(page, "paused")
        assert await page.input_value("#help-text") == "दूसरा"
        await page.keyboard.press("Enter")
        await expect(page.locator("#help-text")).to_have_value("")


async def test_f9_for_the_call_before_does_not_refuse_the_one_that_has_just_begun_to_ring(
    office: Office,
) -> None:
    press = """() => new MutationObserver((_, it) => {
      if (document.getElementById("call-answer").disabled) return;
      it.disconnect();
      document.body.dispatchEvent(new KeyboardEvent("keydown", { key: "F9", bubbles: true }));
      document.body.dataset.pressed = "F9";
    }).observe(document.getElementById("call"), { attributes: true, subtree: true })"""
    wire, types = Wire(), list[str]()

    def seen(message: Message) -> Message:
        types.append(message["type"])
        return message

    wire.change = seen
    async with office.desk() as page:
        await wire.between(page)
        await page.reload()
        await status(page, "ready")
        await phone_ready(page)
        await page.evaluate(press)
        call = await place(office.bed, TO_THE_QUEUE)
        await page.wait_for_selector("body[data-pressed=F9]")
        await asyncio.sleep(1.5)
        await page.keyboard.press("F2")
        await status(page, "in_call")
        assert "pop_withdrawn" not in types  # it has rung all the while
        await done(page)
        await call.ended()


async def test_a_draft_that_comes_late_is_joined_with_what_was_typed_since(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away() -> Pool:
        raise ConnectionRefusedError

    drafts: Any = office.bed.helpline.live.drafts
    async with office.desk() as page:
        call = await in_call(office, page)
        await page.fill("#f-text", LEAKS)
        await page.fill("#f-contact", "9811111111")
        await kept(page)
        with monkeypatch.context() as patched:
            patched.setattr(drafts, "_pool", away)
            await page.reload()
            await status(page, "in_call")
            await page.wait_for_selector("#call-hold:enabled")
            await page.fill("#f-text", "दो हफ़्ते से।")
            await page.fill("#f-contact", "9822222222")
        await reads(page, f"{LEAKS}\nदो हफ़्ते से।")
        assert await page.input_value("#f-contact") == "9822222222"
        await kept(page)
        rows = await office.bed.rows(
            "select form->>'text' as text from call_draft where call_id = $1", call.id
        )
        assert [row["text"] for row in rows] == [f"{LEAKS}\nदो हफ़्ते से।"]
        await page.click("#form-clear")
        await done(page)
