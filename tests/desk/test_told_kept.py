"""What is typed into "told in this call" while other calls ring, are answered, and pages reload."""

import pytest
from playwright.async_api import Page, expect

from tests.desk.conftest import Office
from tests.desk.test_desk_browser import complaint, in_call, phone_ready, status
from tests.desk.test_desk_drafts import wrap_up
from tests.desk.test_desk_told import row, told_of, until_answered
from tests.system.callers import TO_THE_QUEUE, Caller, place
from tests.web.test_browser import judge

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(180)]

WORDS = "हैंडपंप अपने आप ठीक हो गया, अब शिकायत नहीं चाहिए।"


async def taken_back(page: Page, number: str) -> None:
    """Typed, and not entered."""
    await told_of(page, number, "withdraw")
    await page.check("#told-speakers input[value=complainant]")
    await page.fill("#told-text", WORDS)


async def typed_in_a_wrap_up_that_ended(office: Office, page: Page, number: str) -> Caller:
    """The call of which it is."""
    call = await in_call(office, page)
    await until_answered(office, call.id)
    await page.fill("#f-text", "kept, too")
    await wrap_up(page)
    await taken_back(page, number)
    await page.keyboard.press("Shift+F4")
    await status(page, "ready")
    await phone_ready(page)
    return call


async def entered(office: Office, page: Page, number: str, call: Caller) -> None:
    """By key; the call stands as the evidence."""
    await page.keyboard.press("Control+Enter")
    await page.wait_for_selector("#told-result:not([hidden])")
    assert (await row(office.bed, number))["state"] == "withdrawn"
    calls = await office.bed.rows(
        "select k.call_id from complaint_call k join complaint c on c.id = k.complaint_id"
        " where c.number = $1", number,
    )  # fmt: skip
    assert call.id in [one["call_id"] for one in calls]


async def test_a_call_that_only_rings_takes_nothing_from_what_was_told_in_the_one_before(
    office: Office,
) -> None:
    number = await complaint(office.bed, "हरीश", "हैंडपंप खराब है।")
    async with office.desk() as page:
        first = await typed_in_a_wrap_up_that_ended(office, page, number)
        assert await page.is_hidden("#told-of")
        rings = await place(office.bed, TO_THE_QUEUE)
        await status(page, "ringing")
        await page.wait_for_selector("#call-answer:enabled")
        await expect(page.locator("#told")).to_be_visible()
        assert await page.input_value("#told-text") == WORDS
        await expect(page.locator("#told-of")).to_be_visible()  # beside it is who rings
        faults = await judge(page, "desk-told-rings")
        await rings.phone.bye()
        await status(page, "ready")
        assert await page.input_value("#told-text") == WORDS
        await expect(page.locator("#told-of")).to_be_hidden()
        await page.keyboard.press("Shift+F3")
        assert await page.input_value("#f-text") == "kept, too"
        await page.wait_for_selector("#told-kept:not([hidden])")
        await page.keyboard.press("Shift+F3")  # of the same call: nothing is typed anew
        await page.wait_for_selector("#told-what:not([hidden])")
        assert await page.input_value("#told-text") == WORDS
        await entered(office, page, number, first)
        await page.click("#told-close")
        assert await page.is_hidden("#told-kept")
        await page.click("#form-clear")
        assert faults == []


async def test_what_was_told_in_the_call_before_is_entered_while_the_next_one_goes_on(
    office: Office,
) -> None:
    number = await complaint(office.bed, "गिरीश", "हैंडपंप खराब है।")
    async with office.desk() as page:
        first = await typed_in_a_wrap_up_that_ended(office, page, number)
        second = await in_call(office, page)
        await page.wait_for_selector("#told-kept:not([hidden])")
        assert await page.is_hidden("#told")  # the form is the new call's
        faults = await judge(page, "desk-told-kept")
        await until_answered(office, second.id)
        await page.keyboard.press("Shift+F3")
        await expect(page.locator("#told-text")).to_have_value("")  # as is what is told in it
        assert await page.is_hidden("#told-of")
        await page.keyboard.press("Shift+F3")
        await page.reload()
        await status(page, "in_call")
        await page.click(f"#told-kept-list button:has-text('{number}')")
        await page.wait_for_selector("#told-who:not([hidden])")
        assert await page.input_value("#told-text") == WORDS
        assert await page.is_checked("#told-speakers input[value=complainant]")
        await expect(page.locator("#told-of")).to_be_visible()
        faults += await judge(page, "desk-told-of-before")
        await entered(office, page, number, first)
        await page.click("#told-close")
        assert await page.is_hidden("#told-kept")
        await wrap_up(page)
        await page.click("#desk-wrap-end")
        await status(page, "ready")
        assert faults == []


async def test_another_agent_in_the_same_tab_finds_nothing_and_who_typed_it_can_discard_it(
    office: Office,
) -> None:
    number = await complaint(office.bed, "मनीष", "हैंडपंप खराब है।")
    async with office.desk() as page:
        await typed_in_a_wrap_up_that_ended(office, page, number)
        kept = "() => sessionStorage.getItem('helpline.told')"
        assert WORDS in await page.evaluate(kept)
        await page.click("#told-close")
        await page.reload()
        await status(page, "ready")
        await page.click("#told-kept-list button.small")
        assert await page.is_hidden("#told-kept")
        assert await page.evaluate(kept) is None
        theirs = '{"agent": "1002", "tellings": {"x": {"about": {}, "text": "y"}}}'
        await page.evaluate("it => sessionStorage.setItem('helpline.told', it)", theirs)
        await page.reload()
        await status(page, "ready")
        assert await page.is_hidden("#told-kept")
        assert await page.evaluate(kept) is None
        await page.click("#form-clear")
