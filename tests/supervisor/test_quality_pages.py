"""Quality in the browser: drawn, heard, judged, corrected, answered by the agent."""

import html
import json
import re
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page

from access.rights import Role, Scope
from cti.quality_forms import make_version
from cti.reviews import load_form
from tests.cti.test_quality_forms import only_the_first
from tests.recordings.room import conversation
from tests.supervisor.site import Centre
from tests.supervisor.tapes import Tapes
from tests.supervisor.test_calls import signed_in
from tests.web.test_browser import judge, judge_both, new_page, sign_in

pytestmark = pytest.mark.timeout(180)


async def fill(page: Page, **points: str) -> None:
    """The best points for each, but those that are given."""
    for select in await page.locator("table.sheet select").all():
        code = (await select.get_attribute("name") or "").removeprefix("p-")
        if code in points:
            await select.select_option(points[code])
        else:
            await select.select_option(index=1)


async def test_a_draw_that_takes_too_long_says_so(
    hall: Centre, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = await signed_in(hall, Role.QUALITY_AUDITOR)
    assert (await client.get("/quality")).status == 200
    monkeypatch.setattr("calls.report_sql._LONGEST_SECONDS", 0.000_001)
    assert (await client.get("/quality?days=90")).status == 503
    assert "fewer days" in client.last


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


async def test_each_recording_of_a_call_is_played_with_its_own_pauses(
    archive: Centre, tapes: Tapes
) -> None:
    call, first = await tapes.talked()
    second = await tapes.capture().open(call, "call")
    Path(second.path).write_bytes(conversation(2.0))
    await tapes.closer().sweep()
    await tapes.paused(second.id)
    auditor = await signed_in(archive, Role.QUALITY_AUDITOR)
    for recording, pauses in ((first, 0), (second.id, 1)):
        await auditor.post(
            f"/quality/{call}/listen", recording=str(recording), agent="1001", reason="Quality"
        )
        found = re.search(r'data-gaps="([^"]*)"', auditor.last)
        assert found is not None, auditor.last
        assert len(json.loads(html.unescape(found[1]))) == pauses


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


@pytest.fixture
async def first_form(archive: Centre) -> AsyncIterator[None]:
    yield
    await only_the_first(archive.pool)


@pytest.mark.usefixtures("first_form")
@pytest.mark.parametrize("language", ["hi", "en"])
async def test_a_new_version_is_made_and_an_old_review_is_corrected_by_its_own(
    archive: Centre, tapes: Tapes, browser: Browser, language: str
) -> None:
    old, _ = await tapes.talked()
    new, _ = await tapes.talked()
    await archive.pool.execute("truncate quality_answer, quality_mark, quality_review")
    people = archive.site.people
    await people.add("meena", Role.QUALITY_AUDITOR, language=language, display_name="मीना")
    await people.add("sita", Role.AGENT, language=language, agent_id="1001")
    page = await new_page(browser)
    await sign_in(page, archive.site, "meena")
    await page.goto(f"{archive.site.origin}/quality/{old}")
    await fill(page)
    await page.locator("main form button").last.click()
    await page.wait_for_selector(".notice")
    await page.goto(archive.site.origin + "/quality")
    await page.click('main a[href="/quality/form"]')
    assert await judge(page, f"quality-form-{language}") == []
    await page.check("input[name=out-0]")  # the greeting
    await page.fill("input[name=hi-9]", "समाधान समझाया")
    await page.fill("input[name=en-9]", "Explained the solution")
    await page.fill("input[name=most-9]", "200")
    await page.fill("#f-why", "बैठक 12 नवंबर")
    await page.evaluate(
        "document.querySelector('form[action=\"/quality/form\"]').noValidate = true"
    )
    await page.locator("main form button").last.click()
    await page.wait_for_selector("#e-most-9")
    assert await judge(page, f"quality-form-fault-{language}") == []
    assert await page.is_checked("input[name=out-0]")  # what was entered stays
    await page.fill("input[name=most-9]", "20")
    await page.locator("main form button").last.click()
    await page.wait_for_selector("details:nth-of-type(2)")
    assert "मीना" in await page.inner_text("details summary >> nth=0")
    await page.goto(f"{archive.site.origin}/quality/{new}")
    assert await page.locator("#p-greeting").count() == 0
    assert await page.locator("#p-explained_the_solution").count() == 1
    await page.goto(f"{archive.site.origin}/quality/{old}")
    assert await page.locator("#p-greeting").count() == 1
    await page.select_option("#p-courtesy", "8")
    await page.locator("main form button").last.click()
    await page.wait_for_selector("h2")
    rows = await archive.pool.fetch("select version from quality_review")
    assert [row["version"] for row in rows] == [1, 1]
    own = await new_page(browser)
    await sign_in(own, archive.site, "sita")
    await own.goto(archive.site.origin + "/my-reviews")
    assert await own.locator("section.recording li").count() == 9


@pytest.mark.usefixtures("first_form")
async def test_the_form_is_changed_by_who_judges_all_and_not_over_anothers_change(
    archive: Centre,
) -> None:
    path = "/quality/form"
    lead, other = [await signed_in(archive, Role.QUALITY_AUDITOR) for _ in range(2)]
    admin = await signed_in(archive, Role.ADMINISTRATOR)
    form = {"title_hi": "कॉल", "title_en": "Call", "why": "x", "code-0": "greeting", "hi-0": "अ",
            "en-0": "Greeting", "most-0": "5", "version": "1"}  # fmt: skip
    for client in (lead, other, admin):
        assert (await client.get(path)).status == 200
    for wrong in ({"why": ""}, {"hi-0": ""}, {"most-0": "0"}, {"out-0": "on"}, {"title_en": ""}):
        assert (await lead.post(path, **{**form, **wrong})).status == 400, wrong
    for version in ("", "0", "12345678", "x"):
        assert (await lead.post(path, **{**form, "version": version})).status == 409
    assert (await lead.post(path, **form)).status == 303
    assert (await other.post(path, **form)).status == 409
    assert (await admin.post(path, **{**form, "version": "2", "most-0": "6"})).status == 303
    one_queue = await signed_in(archive, Role.QUALITY_AUDITOR, Scope(queue="helpline-hi"))
    assert (await one_queue.get(path)).status == 200
    assert '<form method="post" action="/quality/form"' not in one_queue.last
    assert (await one_queue.post(path, **form)).status == 403
    assert (await (await signed_in(archive, Role.SUPERVISOR)).get(path)).status == 403


@pytest.mark.usefixtures("first_form")
async def test_a_sheet_of_a_form_that_was_changed_meanwhile_is_not_saved(
    archive: Centre, tapes: Tapes
) -> None:
    call, _ = await tapes.talked()
    client = await signed_in(archive, Role.QUALITY_AUDITOR)
    await client.get(f"/quality/{call}")
    async with archive.pool.acquire() as conn:
        sheet = await load_form(conn, "call")
    changed = replace(sheet, title_en="Another")
    now = archive.site.clock()
    await make_version(archive.pool, changed, by="user:1", why="x", now=now)
    points = {f"p-{one.code}": str(one.most) for one in sheet.criteria}
    assert (await client.post(f"/quality/{call}", version="1", **points)).status == 400
    assert (await client.post(f"/quality/{call}", version="99999", **points)).status == 400
    assert (await client.post(f"/quality/{call}", version="77", **points)).status == 400
    assert (await client.post(f"/quality/{call}", version="2", **points)).status == 303
