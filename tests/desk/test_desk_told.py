"""Told in a call: an agent asks whom the dialer did not reach, and takes what officers report."""

from typing import Any
from uuid import UUID

import pytest
from playwright.async_api import Page, Route, expect

from calls import dialling
from calls.dialling import Rule
from complaints.disposal import DisposalKind, dispose
from complaints.followup import give_up
from helpline.lab.bed import CITIZEN, Bed
from helpline.lab.media import tone
from helpline.lab.script import Answer, Say
from tests.desk.conftest import Office
from tests.desk.test_desk_browser import complaint, in_call, out_of_sight, phone_ready, status
from tests.desk.test_kept_calls import CALLED_TONE
from tests.web.test_browser import judge

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(180)]

QUESTION = "क्या आप इस निस्तारण से संतुष्ट हैं?"


async def row(bed: Bed, number: str) -> dict[str, Any]:
    [found] = await bed.rows("select * from complaint where number = $1", number)
    return dict(found)


async def not_reached(bed: Bed, name: str) -> str:
    """Disposed of, and the dialer has given up: an agent is to ask."""
    number = await complaint(bed, name, "हैंडपंप से पानी नहीं आता।")
    about = await row(bed, number)
    await dispose(
        bed.helpline.pool, number, kind=DisposalKind.RESOLVED, report="हैंडपंप ठीक किया गया।",
        post=about["post"], actor="officer:one", policy=bed.settings.rules, now=bed.now(),
    )  # fmt: skip
    async with bed.helpline.pool.acquire() as conn, conn.transaction():
        assert await give_up(conn, about["id"], 1, bed.now(), policy=bed.settings.rules)
        await conn.execute("truncate dial_rule, dial_request, dial_cut_off")
        await dialling.allow(conn, Rule("*", "+91", 1000))
    return number


async def called_from_the_list(office: Office, page: Page, number: str, name: str) -> UUID:
    """A click on the list, the agent's F2, the citizen's answer; the call."""
    await status(page, "ready")
    await phone_ready(page)
    await office.bed.line.expect(Answer((Say(tone(CALLED_TONE, 60)),), ring=0.3))
    listed = await page.context.new_page()
    await listed.goto(f"{office.bed.settings.http.origin}/feedback-tasks")
    assert await judge(listed, name) == []
    assert CITIZEN not in await listed.inner_text("main")
    await listed.click(f"tr:has-text('{number}') button")
    await listed.wait_for_selector(".notice")
    await page.bring_to_front()
    await page.wait_for_selector("#call-answer:enabled")
    await page.keyboard.press("F2")
    await status(page, "in_call")
    await listed.close()
    [call] = await office.bed.rows(
        "select d.call_id from desk_call d join complaint c on c.id = d.complaint_id"
        " where c.number = $1", number,
    )  # fmt: skip
    found: UUID = call["call_id"]
    return found


async def until_answered(office: Office, call: UUID) -> None:
    """Until the rows say that the agent talks with the citizen."""

    async def talks() -> bool | None:
        found = await office.bed.rows("select from agent_talk where call_id = $1", call)
        return bool(found) or None

    await office.bed.until("a talk", talks)


async def told_of(page: Page, number: str, what: str) -> None:
    """By keyboard: the panel, which complaint, what."""
    await page.keyboard.press("Shift+F3")
    await page.wait_for_selector("#told:not([hidden])")
    await page.wait_for_selector(f"#told-complaints input[value='{number}']")
    await page.check(f"#told-complaints input[value='{number}']")
    await page.focus(f"#told-deeds input[value={what}]")
    await page.keyboard.press("Space")


async def test_a_citizen_called_from_the_list_is_satisfied_and_that_call_is_the_evidence(
    office: Office,
) -> None:
    number = await not_reached(office.bed, "रामलाल")
    async with office.desk() as page:
        call = await called_from_the_list(office, page, number, "feedback-tasks-hi")
        await until_answered(office, call)
        await told_of(page, number, "satisfied")
        assert QUESTION in await page.inner_text("#told-question")
        faults = await judge(page, "desk-told-hi")
        assert await out_of_sight(page, "told-enter", "call-end", "told-question") == []
        await page.keyboard.press("Control+Enter")
        await expect(page.locator("#te-speaker")).to_be_visible()  # nobody said who speaks
        await page.check("#told-speakers input[value=complainant]")
        await page.click("#told-enter")
        await page.wait_for_selector("#told-sure:not([hidden])")
        faults += await judge(page, "desk-told-sure-hi")
        assert (await row(office.bed, number))["state"] == "awaiting_feedback"
        await page.click("#told-sure-no")
        await page.keyboard.press("Enter")  # which has the focus, and asks again
        sent: list[str] = []
        page.on("request", lambda it: sent.append(it.url) if it.method == "POST" else None)
        await page.locator("#told-sure-yes").dblclick()
        await page.wait_for_selector("#told-result:not([hidden])")
        assert len(sent) == 1
        faults += await judge(page, "desk-told-done-hi")
        found = await row(office.bed, number)
        assert (found["state"], found["closing_attempt"]) == ("closed_satisfied", call)
        await page.keyboard.press("F9")
        await status(page, "ready")
        assert faults == []


async def test_a_dissatisfied_one_is_back_with_an_officer_though_the_answer_to_it_was_lost(
    office: Office,
) -> None:
    number = await not_reached(office.bed, "सीताराम")
    async with office.desk("mohan") as page:
        call = await called_from_the_list(office, page, number, "feedback-tasks-en")
        await until_answered(office, call)
        await told_of(page, number, "dissatisfied")
        await page.check("#told-speakers input[value=for_complainant]")
        await page.select_option("#told-reason", "partly_done")
        faults = await judge(page, "desk-told-en")

        async def unheard(route: Route) -> None:
            await route.fetch()
            await route.abort()

        await page.route("**/agent/told", unheard, times=1)
        await page.click("#told-enter")
        await expect(page.locator("#desk-said.bad")).not_to_be_empty()
        await page.click("#told-enter")
        await page.wait_for_selector("#told-result:not([hidden])")
        assert "Back with its officer" in await page.inner_text("#told-result")
        faults += await judge(page, "desk-told-done-en")
        found = await row(office.bed, number)
        assert (found["state"], found["level"]) == ("with_officer", 1)
        said = await office.bed.rows(
            "select attempt_id, reason_code, told_to from feedback where complaint_id = $1",
            found["id"],
        )  # fmt: skip
        assert [tuple(one) for one in said] == [(call, "partly_done", "agent:1002")]
        await page.keyboard.press("F9")
        await status(page, "ready")
        assert faults == []


async def test_an_officer_and_another_number_are_entered_in_their_call_and_its_wrap_up(
    office: Office,
) -> None:
    """The caller's number is not the citizen's: nobody is asked by it, an officer can report."""
    pool = office.bed.helpline.pool
    numbers = [await complaint(office.bed, name, "पानी नहीं आता।") for name in ("अ", "ब", "स")]
    async with pool.acquire() as conn, conn.transaction():
        await conn.execute("alter table complaint disable trigger what_was_brought_stays")
        await conn.execute(
            "update complaint set contact = '+919812300000' where number = any($1)", numbers
        )
        await conn.execute("alter table complaint enable trigger what_was_brought_stays")
    await pool.execute(
        "delete from citizen_number where citizen_id in"
        " (select citizen_id from complaint where number = any($1))", numbers,
    )  # fmt: skip
    reported, taken_back, noted = numbers
    async with office.desk("mohan") as page:
        call = await in_call(office, page)
        await until_answered(office, call.id)
        await page.fill("#f-text", "kept meanwhile")
        await page.keyboard.press("Shift+F3")
        await page.fill("#told-number", f"{reported[:3]} {reported[3:]}")
        await page.press("#told-number", "Enter")
        await page.check("#told-deeds input[value=disposal]")
        await page.check("#told-speakers input[value=officer]")
        await page.check("#told-disposal-field input[value=resolved]")
        await page.fill("#told-text", "New pump fitted.")
        faults = await judge(page, "desk-told-officer-en")
        await page.keyboard.press("Control+Enter")
        await page.wait_for_selector("#told-result:not([hidden])")
        [disposal] = await office.bed.rows(
            "select via, actor, call_id from disposal d join complaint c on c.id = d.complaint_id"
            " where c.number = $1", reported,
        )  # fmt: skip
        assert tuple(disposal) == ("agent", "agent:1002", call.id)
        await page.click("#told-close")
        assert await page.input_value("#f-text") == "kept meanwhile"
        await page.keyboard.press("F9")
        await status(page, "wrap_up")
        await page.keyboard.press("Shift+F3")
        await page.fill("#told-number", taken_back)
        await page.click("#told-look")
        await page.check("#told-deeds input[value=withdraw]")
        await page.check("#told-speakers input[value=complainant]")
        await page.fill("#told-text", "No need any more.")
        await page.click("#told-enter")
        await expect(page.locator("#desk-said.bad")).to_contain_text("Not entered")
        await page.fill("#told-confirmed", "Named the village and the day.")
        await page.click("#told-enter")
        await page.wait_for_selector("#told-result:not([hidden])")
        assert (await row(office.bed, taken_back))["state"] == "withdrawn"
        await page.click("#told-result button")
        await page.wait_for_selector("#told-form:not([hidden])")
        await page.fill("#told-number", noted)
        await page.click("#told-look")
        await page.check("#told-deeds input[value=comment]")
        await page.fill("#told-text", "Ring after ten.")
        faults += await judge(page, "desk-told-remark-en")
        await page.click("#told-enter")
        await page.wait_for_selector("#told-result:not([hidden])")
        assert faults == []
        await page.keyboard.press("F6")  # the form again
        await page.click("#form-clear")
        await page.click("#desk-wrap-end")
        await status(page, "ready")
    await call.ended()
