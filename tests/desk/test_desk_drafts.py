"""The form over several calls: who is speaking, what was typed and not registered."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
import pytest_asyncio
from playwright.async_api import Page, Route

from calls import dialling
from calls.dialling import Rule
from db.ids import new_id
from db.pool import Pool
from helpline.lab.bed import CITIZEN
from helpline.lab.media import tone
from helpline.lab.script import Answer, Say
from tests.desk.conftest import Office
from tests.desk.test_desk_browser import complaint, hears, in_call, phone_ready, pick, status
from tests.system.callers import CITIZENS_TONE, TO_THE_QUEUE, Caller, place
from tests.web.test_browser import judge

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(180)]

LEAKS = "पानी की टंकी रिसती है।"
NO_POWER = "बिजली नहीं है।"


@pytest_asyncio.fixture(autouse=True, loop_scope="session")
async def nothing_left(office: Office) -> None:
    """By the tests before these, which share the agent."""
    await office.bed.helpline.pool.execute("delete from call_draft")


async def wrap_up(page: Page) -> None:
    await page.keyboard.press("F9")
    await status(page, "wrap_up")


async def filled_in(page: Page, text: str) -> None:
    await pick(page, "category", "hand pump", "हैंडपंप")
    await pick(page, "place", "Mehroni", "महरौनी")
    await page.fill("#f-text", text)


async def kept(page: Page) -> None:
    await page.wait_for_selector("#form-saved:not(:empty)")


async def reads(page: Page, text: str) -> None:
    """Until the form has this text. (Waiting within the page needs `eval`: its policy forbids.)"""
    for _ in range(200):
        if await page.input_value("#f-text") == text:
            return
        await asyncio.sleep(0.1)
    raise AssertionError(await page.input_value("#f-text"))


async def registered(page: Page) -> str:
    await page.keyboard.press("Control+Enter")
    await page.wait_for_selector("#form-result .number")
    return await page.text_content("#form-result .number") or ""


@asynccontextmanager
async def late_answer(page: Page) -> AsyncIterator[asyncio.Event]:
    """The form is sent, and answered to the page no earlier than the event is set."""
    go = asyncio.Event()

    async def hold(route: Route) -> None:
        answer = await route.fetch()
        await go.wait()
        await route.fulfill(response=answer)

    await page.route("**/agent/complaints", hold, times=1)
    try:
        yield go
    finally:
        go.set()


async def next_call(office: Office, page: Page) -> Caller:
    """The wrap-up is ended and another citizen's call answered, with a form of its own."""
    await wrap_up(page)
    await page.click("#desk-wrap-end")
    await status(page, "ready")
    call = await in_call(office, page)
    await reads(page, "")
    return call


async def registered_in(office: Office, call: Caller) -> list[str]:
    """The numbers of a call's complaints."""
    rows = await office.bed.rows(
        "select c.number from complaint_call k join complaint c on c.id = k.complaint_id"
        " where k.call_id = $1", call.id,
    )  # fmt: skip
    return [str(row["number"]) for row in rows]


async def person(office: Office, number: str) -> str:
    rows = await office.bed.rows(
        "select z.name from complaint c join citizen z on z.id = c.citizen_id where c.number = $1",
        number,
    )
    return str(rows[0]["name"])


async def test_after_a_reload_in_the_wrap_up_the_form_is_sent_also_from_another_computer(
    office: Office,
) -> None:
    await complaint(office.bed, "सुरेश", "नाली भरी है।")
    async with office.desk() as page:
        await in_call(office, page)
        await filled_in(page, "नलकूप बंद है।")
        await kept(page)
        await wrap_up(page)
        await page.evaluate("sessionStorage.clear()")  # as on another computer
        await page.reload()
        await page.wait_for_selector("#form-citizens label:has-text('सुरेश')")
        assert await page.is_visible("#form-citizens input[value='']")
        assert await page.text_content("#caller-number") == f"+91{CITIZEN}"
        await reads(page, "नलकूप बंद है।")
        await page.check("#form-citizens label:has-text('सुरेश') input")
        await page.keyboard.press("Control+Enter")
        await page.wait_for_selector("#form-asks button")
        await page.click("#form-asks button:last-of-type")
        await page.wait_for_selector("#form-result .number")
        number = await page.text_content("#form-result .number") or ""
        assert await person(office, number) == "सुरेश"
        await page.click("#desk-wrap-end")


async def test_who_is_known_on_another_number_is_found_and_is_no_second_person(
    office: Office,
) -> None:
    elsewhere = await complaint(office.bed, "कमला", "सड़क टूटी है।")
    await office.bed.helpline.pool.execute(
        "update citizen_number n set number = '+919811111111' from citizen c"
        " where c.id = n.citizen_id and c.name = 'कमला'"
    )
    async with office.desk() as page:
        await in_call(office, page)
        await page.wait_for_selector("#form-citizens input")
        await page.click("#form-citizens ~ details summary")
        await page.fill("#find-q", elsewhere)
        await page.keyboard.press("Enter")
        await page.check("#form-citizens label:has-text('कमला') input")
        await filled_in(page, LEAKS)
        await page.keyboard.press("Control+Enter")
        await page.wait_for_selector("#form-asks button")
        await page.click("#form-asks button:last-of-type")
        await page.wait_for_selector("#form-result .number")
        number = await page.text_content("#form-result .number") or ""
        rows = await office.bed.rows(
            "select n.number from complaint c join citizen_number n using (citizen_id)"
            " where c.number = $1 order by 1", number,
        )  # fmt: skip
        assert [row["number"] for row in rows] == ["+919811111111", f"+91{CITIZEN}"]
        await wrap_up(page)
        await page.click("#desk-wrap-end")


async def test_a_citizen_is_called_about_a_complaint_that_is_known_by_its_number_alone(
    office: Office,
) -> None:
    number = await complaint(office.bed, "महेश", "खंभा गिरा है।")
    async with office.bed.helpline.pool.acquire() as conn:
        await dialling.allow(conn, Rule("*", "+91", 1000))
    async with office.desk("mohan") as page:  # in English
        await status(page, "ready")
        await phone_ready(page)
        await page.fill("#call-out-number", "123")
        await page.keyboard.press("Enter")
        await page.wait_for_selector("#desk-said:has-text('There is no such complaint.')")
        faults = await judge(page, "desk-call-out")
        await office.bed.line.expect(Answer((Say(tone(CITIZENS_TONE, 60)),), ring=0.3))
        await page.fill("#call-out-number", f"{number[:3]} {number[3:]}")
        await page.keyboard.press("Enter")
        await status(page, "in_call")
        await page.wait_for_selector(f"#caller-complaints li:has-text('{number}')")
        assert "hand pump" in (await page.text_content("#caller-complaints") or "").lower()
        assert await page.text_content("#caller-language") == "Hindi"
        assert await page.is_hidden("#caller-queue")
        assert await page.is_hidden("#call-out")
        await hears(page, CITIZENS_TONE)
        await page.keyboard.press("F9")
        await page.wait_for_selector("#call[data-state=none]")
        assert faults == []


async def test_a_call_that_rings_elsewhere_gives_the_form_back(office: Office) -> None:
    async with office.desk() as page:
        await status(page, "ready")
        await phone_ready(page)
        call = await place(office.bed, TO_THE_QUEUE)
        await status(page, "ringing")
        await page.wait_for_selector("#caller:not([hidden])")
        await page.check("#form-citizens input[value='']")
        await page.fill("#f-text", LEAKS)
        assert await page.is_disabled("#form-send")  # they still wait: nobody here has them
        await call.phone.bye()
        await status(page, "ready")
        await reads(page, "")
        assert await page.is_hidden("#drafts")
        assert await page.is_hidden("#caller")


async def test_what_was_typed_stays_when_the_next_call_rings_and_is_found_when_it_is_answered(
    office: Office,
) -> None:
    async with office.desk() as page:
        first = await in_call(office, page)
        await filled_in(page, LEAKS)
        await kept(page)
        await wrap_up(page)
        await page.click("#desk-wrap-end")
        await status(page, "ready")
        await phone_ready(page)
        gone = await place(office.bed, TO_THE_QUEUE)
        await status(page, "ringing")
        assert await page.input_value("#f-text") == LEAKS
        await gone.phone.bye()
        await status(page, "ready")
        assert await page.input_value("#f-text") == LEAKS
        second = await in_call(office, page)
        await page.wait_for_selector("#drafts:not([hidden])")
        assert await page.input_value("#f-text") == ""
        await page.click("#drafts summary")
        faults = await judge(page, "desk-drafts")
        await page.click(f"#drafts-list button:has-text('{LEAKS}')")
        await page.wait_for_selector("#form-back:not([hidden])")
        await reads(page, LEAKS)
        await page.check("#form-citizens input[value='']")
        await page.fill("#f-citizen_name", "गीता")
        number = await registered(page)
        rows = await office.bed.rows(
            "select call_id from complaint_call k join complaint c on c.id = k.complaint_id"
            " where c.number = $1", number,
        )  # fmt: skip
        assert [row["call_id"] for row in rows] == [first.id]  # not the one that goes on
        await page.click("#form-back")
        assert await page.is_hidden("#form-result")
        assert await page.is_hidden("#drafts")
        await page.check("#form-citizens input[value='']")
        await page.fill("#f-citizen_name", "राधा")
        await filled_in(page, "बिजली नहीं है।")
        other = await registered(page)
        rows = await office.bed.rows(
            "select call_id from complaint_call k join complaint c on c.id = k.complaint_id"
            " where c.number = $1", other,
        )  # fmt: skip
        assert [row["call_id"] for row in rows] == [second.id]
        await wrap_up(page)
        await page.click("#desk-wrap-end")
        assert faults == []


async def test_while_the_database_is_away_a_draft_is_asked_for_and_saved_until_it_is_back(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away() -> Pool:
        raise ConnectionRefusedError

    drafts = office.bed.helpline.live.drafts
    async with office.desk() as page:
        call = await in_call(office, page)
        await page.fill("#f-text", LEAKS)
        await kept(page)
        with monkeypatch.context() as patched:
            patched.setattr(drafts, "_pool", away)
            await page.reload()
            await page.wait_for_selector("#call[data-state=in_call]")
            await page.wait_for_selector("#call-hold:enabled")
            assert await page.input_value("#f-text") == ""
        await reads(page, LEAKS)
        with monkeypatch.context() as patched:
            patched.setattr(drafts, "_pool", away)
            await page.fill("#f-text", f"{LEAKS} दो हफ़्ते से।")
            await asyncio.sleep(1.5)  # what was typed is sent after a moment
            assert await page.text_content("#form-saved") == ""
        await kept(page)
        rows = await office.bed.rows(
            "select form->>'text' as text from call_draft where call_id = $1", call.id
        )
        assert [row["text"] for row in rows] == [f"{LEAKS} दो हफ़्ते से।"]
        await wrap_up(page)
        await page.click("#desk-wrap-end")


async def test_what_was_typed_while_the_database_was_away_is_kept_though_another_call_came(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away() -> Pool:
        raise ConnectionRefusedError

    drafts = office.bed.helpline.live.drafts
    async with office.desk() as page:
        first = await in_call(office, page)
        with monkeypatch.context() as patched:
            patched.setattr(drafts, "_pool", away)
            await page.fill("#f-text", LEAKS)
            await wrap_up(page)
            await page.click("#desk-wrap-end")
            await status(page, "ready")
            await in_call(office, page)
            await reads(page, "")
            assert await office.bed.rows("select 1 from call_draft") == []
        await page.wait_for_selector("#drafts:not([hidden])")
        rows = await office.bed.rows("select call_id, form->>'text' as text from call_draft")
        assert [(row["call_id"], row["text"]) for row in rows] == [(first.id, LEAKS)]
        await page.click("#drafts summary")
        await page.click(f"#drafts-list button:has-text('{LEAKS}')")
        await reads(page, LEAKS)
        await wrap_up(page)
        await page.click("#desk-wrap-end")


async def test_a_number_that_comes_late_is_told_and_the_next_calls_form_is_left_alone(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away() -> Pool:
        raise ConnectionRefusedError

    drafts = office.bed.helpline.live.drafts
    async with office.desk() as page, late_answer(page) as go:
        first = await in_call(office, page)
        with monkeypatch.context() as patched:
            patched.setattr(drafts, "_pool", away)  # the first form is still to be kept
            await page.check("#form-citizens input[value='']")
            await page.fill("#f-citizen_name", "मीना")
            await filled_in(page, LEAKS)
            await page.keyboard.press("Control+Enter")
            await page.wait_for_selector("#form-send:disabled")
            second = await next_call(office, page)
            await page.fill("#f-text", NO_POWER)
            assert await page.is_enabled("#form-send")
            go.set()
            [number] = await registered_in(office, first)
            await page.wait_for_selector(f"#desk-said:has-text('{number}')")
            assert await page.is_hidden("#form-result")
            assert await page.input_value("#f-text") == NO_POWER
        await kept(page)
        await asyncio.sleep(3.5)  # what is still to be kept is sent each three seconds
        rows = await office.bed.rows("select call_id, form->>'text' as text from call_draft")
        assert [(row["call_id"], row["text"]) for row in rows] == [(second.id, NO_POWER)]
        assert await page.is_hidden("#drafts")
        await wrap_up(page)
        await page.click("#desk-wrap-end")


async def test_a_question_that_comes_late_is_not_asked_over_the_next_calls_form(
    office: Office,
) -> None:
    older = await complaint(office.bed, "रेखा", "नल टूटा है।")
    async with office.desk() as page, late_answer(page) as go:
        first = await in_call(office, page)
        await page.check("#form-citizens label:has-text('रेखा') input")
        await filled_in(page, LEAKS)
        await page.keyboard.press("Control+Enter")
        await page.wait_for_selector("#form-send:disabled")
        second = await next_call(office, page)
        await page.fill("#f-text", NO_POWER)
        go.set()
        await page.wait_for_selector("#desk-said.bad:has-text('पहले से खुली')")
        assert await page.is_hidden("#form-asks")
        assert await page.input_value("#f-text") == NO_POWER
        await page.click("#drafts summary")
        await page.click(f"#drafts-list button:has-text('{LEAKS}')")
        await reads(page, LEAKS)
        # Who is speaking comes by an answer of its own: before it the form is not sent.
        await page.wait_for_selector("#form-citizens label:has-text('रेखा'):has(input:checked)")
        await page.keyboard.press("Control+Enter")
        await page.wait_for_selector("#form-asks button")
        await page.fill("#f-text", f"{LEAKS} दो दिन से।")
        await page.wait_for_selector("#form-asks", state="hidden")  # it was asked of other words
        await page.keyboard.press("Control+Enter")
        await page.click(f"#form-asks button:has-text('{older}')")
        await page.wait_for_selector(f"#form-result .number:has-text('{older}')")
        assert older in await registered_in(office, first)
        assert await registered_in(office, second) == []
        await page.click("#form-back")
        await reads(page, NO_POWER)
        await wrap_up(page)
        await page.click("#desk-wrap-end")


async def test_who_looks_at_another_draft_while_the_database_is_away_finds_their_own_again(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away() -> Pool:
        raise ConnectionRefusedError

    drafts, typed = office.bed.helpline.live.drafts, "बिजली नहीं है।"
    async with office.desk() as page:
        await in_call(office, page)
        await page.fill("#f-text", LEAKS)
        await kept(page)
        await wrap_up(page)
        await page.click("#desk-wrap-end")
        await status(page, "ready")
        second = await in_call(office, page)
        await page.wait_for_selector("#drafts:not([hidden])")
        with monkeypatch.context() as patched:
            patched.setattr(drafts, "_pool", away)
            await page.fill("#f-text", typed)
            await page.click("#drafts summary")
            await page.click(f"#drafts-list button:has-text('{LEAKS}')")
            await reads(page, "")  # which is not to be had now
            await page.click("#form-back")
            await reads(page, typed)
        await kept(page)
        rows = await office.bed.rows(
            "select form->>'text' as text from call_draft where call_id = $1", second.id
        )
        assert [row["text"] for row in rows] == [typed]
        await wrap_up(page)
        await page.click("#desk-wrap-end")


async def test_a_call_that_was_answered_unheard_is_found_and_registered_for(office: Office) -> None:
    """Its screen-pop never came: it was over before the link to Asterisk was in step again."""
    bed = office.bed
    at = bed.now()
    call = new_id(at)
    await bed.rows(
        "insert into call (id, cell, direction, citizen_number, started_at, answered_at, ended_at,"
        " outcome) values ($1, 'lab', 'inbound', $2, $3, $3, $3, 'agent_answered')",
        *(call, f"+91{CITIZEN}", at),
    )
    async with office.desk() as page:
        await phone_ready(page)
        bed.helpline.live.served(call, "PJSIP/1001", at)
        found = page.locator("#drafts-list button", has_text="स्क्रीन पर नहीं दिखी")
        await found.wait_for(state="attached", timeout=60_000)
        await page.click("#drafts summary")
        await found.click()
        await pick(page, "category", "hand pump", "हैंडपंप")
        await pick(page, "place", "Mehroni", "महरौनी")
        await page.fill("#f-text", LEAKS)
        await page.check("#form-citizens input[value='']")
        await page.fill(
            "#f-citizen_name", "सीमा"
        )  # without, the next such form would be asked of it
        number = await registered(page)
        rows = await bed.rows(
            "select c.number from complaint_call k join complaint c on c.id = k.complaint_id"
            " where k.call_id = $1", call,
        )  # fmt: skip
        assert [row["number"] for row in rows] == [number]
        assert await bed.rows("select * from call_draft where call_id = $1", call) == []
