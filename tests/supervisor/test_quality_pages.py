"""Quality in the browser: drawn, heard, judged, corrected, answered by the agent."""

import pytest
from playwright.async_api import Browser, Page

from access.rights import Role, Scope
from tests.supervisor.site import Centre
from tests.supervisor.tapes import Tapes
from tests.supervisor.test_calls import signed_in
from tests.web.test_browser import judge_both, new_page, sign_in

pytestmark = pytest.mark.timeout(180)


async def fill(page: Page, **points: str) -> None:
    """The best points for each, but those that are given."""
    for select in await page.locator("table.sheet select").all():
        code = (await select.get_attribute("name") or "").removeprefix("p-")
        if code in points:
            await select.select_option(points[code])
        else:
            await select.select_option(index=1)


async def test_a_call_is_drawn_heard_judged_corrected_and_answered(
    archive: Centre, tapes: Tapes, browser: Browser
) -> None:
    call, _ = await tapes.talked()
    await tapes.copied()
    await archive.pool.execute("truncate quality_answer, quality_mark, quality_review")
    people = archive.site.people
    await people.add("meena", Role.QUALITY_AUDITOR, language="hi", display_name="मीना")
    await people.add("sita", Role.AGENT, language="hi", agent_id="1001")
    page = await new_page(browser)
    await sign_in(page, archive.site, "meena")
    await page.goto(archive.site.origin + "/quality")
    assert await judge_both(page, archive.pool, "quality") == []
    await page.click("tbody a")
    await page.fill("input[name=reason]", "गुणवत्ता, नवंबर")
    await page.click("button:has-text('सुनें')")
    await page.wait_for_selector("audio", state="attached")  # the player hides it
    assert await judge_both(page, archive.pool, "quality-call") == []
    await fill(page, courtesy="0")
    await page.fill("#comment", "शिष्टता पर ध्यान दें")
    await page.click("button:has-text('सहेजें')")
    await page.wait_for_selector(".notice")
    assert "मीना" in await page.inner_text(".notice")
    assert await page.locator("#p-courtesy").input_value() == "0"  # a correction begins with it
    await page.select_option("#p-courtesy", "8")
    await page.click("button:has-text('सुधार सहेजें')")
    await page.wait_for_selector("text=पहले के मूल्यांकन")
    rows = await archive.pool.fetch("select supersedes, score from quality_review order by at, id")
    assert len(rows) == 2
    assert await archive.pool.fetchval("select count(*) from quality_review where failed") == 1
    own = await new_page(browser)
    await sign_in(own, archive.site, "sita")
    await own.goto(archive.site.origin + "/my-reviews")
    assert await judge_both(own, archive.pool, "my-reviews") == []
    assert await own.locator("section.recording").count() == 1  # the one that stands
    await own.click("button[value=no]")
    assert "कारण" in await own.inner_text(".problem")
    await own.fill("textarea", "कॉलर बहुत क्रोधित था")
    await own.click("button[value=no]")
    await own.wait_for_selector(".notice")
    answer = await archive.pool.fetchrow("select agrees, text from quality_answer")
    assert answer is not None
    assert tuple(answer) == (False, "कॉलर बहुत क्रोधित था")
    await page.goto(f"{archive.site.origin}/quality/{call}")
    assert "क्रोधित" in await page.inner_text(".notice")


async def test_an_open_criterion_is_named_and_nothing_is_saved(
    archive: Centre, tapes: Tapes
) -> None:
    call, _ = await tapes.talked()
    client = await signed_in(archive, Role.QUALITY_AUDITOR)
    await client.get(f"/quality/{call}")
    answer = await client.post(f"/quality/{call}", **{"p-greeting": "5", "comment": "बच जाए"})
    assert answer.status == 400
    assert client.last.count("Please choose.") == 8
    assert "बच जाए" in client.last
    rows = "select count(*) from quality_review where call_id = $1"
    assert await archive.pool.fetchval(rows, call) == 0


async def test_nobody_judges_their_own_call_or_another_queues(
    archive: Centre, tapes: Tapes
) -> None:
    call, _ = await tapes.talked()
    await archive.site.people.add("own", Role.QUALITY_AUDITOR, agent_id="1001", language="en")
    own = archive.site.client()
    await own.get("/sign-in")
    await own.sign_in("own")
    await own.get(f"/quality/{call}")
    assert "Nobody judges their own call" in own.last
    assert (await own.post(f"/quality/{call}", comment="")).status == 400
    other = await signed_in(archive, Role.QUALITY_AUDITOR, Scope(queue="helpline-en"))
    assert (await other.get(f"/quality/{call}")).status == 404
    await other.get("/quality")
    assert str(call) not in other.last


async def test_an_agent_sees_no_one_elses_reviews(archive: Centre) -> None:
    client = await signed_in(archive, Role.AGENT)  # without a desk
    assert (await client.get("/my-reviews")).status == 403
    assert (await client.get("/quality")).status == 403
