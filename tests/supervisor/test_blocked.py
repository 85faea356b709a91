"""The list of abusive callers: who was kept out by whom, until when and why, and let in again."""

from datetime import timedelta

import pytest
from playwright.async_api import Browser, expect

from access.rights import Role, Scope
from calls import admission
from calls.admission import Limits, Verdict, judge
from tests.supervisor.site import Centre
from tests.supervisor.test_calls import signed_in
from tests.web.test_browser import DESK, new_page, sign_in
from tests.web.test_browser import judge as judged

pytestmark = pytest.mark.timeout(120)
PATH = "/supervisor/blocked"
NUMBER = "+919876543210"
FORM = {"number": "98765 43210", "days": "7", "why": "गाली"}


@pytest.fixture
async def hall(hall: Centre) -> Centre:
    await hall.pool.execute("truncate blocked_caller")
    return hall


async def kept_out(hall: Centre) -> bool:
    async with hall.pool.acquire() as conn:
        load = await admission.load(conn, number=NUMBER, cell="cell1", now=hall.site.clock())
    return judge(Limits(), load) is Verdict.BLOCKED


@pytest.mark.parametrize("language", ["hi", "en"])
async def test_a_supervisor_blocks_a_caller_with_a_reason_and_lets_them_in_again(
    hall: Centre, browser: Browser, language: str
) -> None:
    kavita = await hall.site.people.add(
        "kavita", Role.SUPERVISOR, language=language, display_name="कविता"
    )
    page = await new_page(browser, DESK)
    await sign_in(page, hall.site, "kavita")
    await page.goto(hall.site.origin + "/supervisor")
    await page.click(f'a[href="{PATH}"]')
    await page.fill("#b-number", "9876543210")
    await page.fill("#b-why", "रोज़ गाली")
    await page.click("button[value=block]")
    row = page.locator("tbody tr")
    await expect(row).to_contain_text("रोज़ गाली", timeout=20_000)
    await expect(row).to_contain_text("कविता")
    assert await judged(page, f"blocked-{language}") == []
    assert await kept_out(hall)
    entry = await hall.pool.fetchrow("select * from blocked_caller")
    assert entry is not None
    assert (entry["blocked_by"], entry["until"] - entry["since"]) == (
        f"user:{kavita.id}", timedelta(days=7),
    )  # fmt: skip
    await row.locator("button").click()
    await expect(row.locator("button")).to_have_count(0, timeout=20_000)
    assert not await kept_out(hall)
    assert await hall.pool.fetchval("select lifted_by from blocked_caller") == f"user:{kavita.id}"


async def test_the_list_is_for_who_supervises_all_and_says_what_is_wrong(hall: Centre) -> None:
    whole = await signed_in(hall, Role.SUPERVISOR)
    await whole.get(PATH)
    for wrong in ({"number": "12"}, {"days": "0"}, {"days": "366"}, {"days": "x"}, {"why": " "}):
        assert (await whole.post(PATH, **{**FORM, **wrong})).status == 400, wrong
    assert not await kept_out(hall)
    assert (await whole.post(PATH, **FORM)).status == 303
    assert (await whole.post(PATH, **FORM)).status == 409
    for role, scope in (
        (Role.SUPERVISOR, Scope(queue="helpline-hi")), (Role.QUALITY_AUDITOR, None),
        (Role.AGENT, None), (Role.ADMINISTRATOR, None),
    ):  # fmt: skip
        other = await signed_in(hall, role, scope)
        assert (await other.get(PATH)).status == 403
        assert (await other.post(f"{PATH}/lift", number=NUMBER)).status == 403
        await other.get("/calls")
        assert PATH not in other.last
    assert await kept_out(hall)


async def test_what_was_lifted_or_is_over_stays_to_be_read_and_found_by_number(
    hall: Centre,
) -> None:
    client, now = await signed_in(hall, Role.SUPERVISOR), hall.site.clock()
    async with hall.pool.acquire() as conn:
        for number, ago, days, why in (
            (NUMBER, 30, 7, "past"), (NUMBER, 1, 7, "stands"), ("+919811111111", 2, 7, "other"),
        ):  # fmt: skip
            since = now - timedelta(days=ago)
            await admission.block(
                conn, number, until=since + timedelta(days=days), by="operator", why=why, now=since
            )
    await client.get(PATH)
    assert [client.last.index(why) for why in ("stands", "other", "past")] == sorted(
        client.last.index(why) for why in ("stands", "other", "past")
    )
    assert (await client.post(f"{PATH}/lift", number="+919811111111")).status == 303
    assert (await client.post(f"{PATH}/lift", number="+919811111111")).status == 409
    await client.get(f"{PATH}?number=9876543210")
    assert "other" not in client.last.split("<tbody>")[1]
    assert "Time is over" in client.last
    assert "its own end" not in client.last
    await client.get(f"{PATH}?number=9811111111")
    assert "Let in by" in client.last
    assert (await client.get(f"{PATH}?number=many")).status == 400
