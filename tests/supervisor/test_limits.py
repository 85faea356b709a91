"""The page of the alarms' limits: for whose queues, with a reason, at once."""

import re
from datetime import timedelta

import pytest
from playwright.async_api import Browser, expect

from access.passwords import Passwords
from access.rights import Role, Scope
from cti.alarms import AlarmKind, AlarmRule
from db.pool import Pool
from helpline.clock import ManualClock
from tests.supervisor.site import TITLES, centre
from tests.supervisor.test_calls import signed_in
from tests.web.test_browser import DESK, judge, new_page, sign_in

pytestmark = pytest.mark.timeout(120)
RULES = (
    AlarmRule(kind=AlarmKind.WAITING, threshold=10),
    AlarmRule(kind=AlarmKind.TRUNK_FULL, threshold=0.9),
)
PATH = "/supervisor/alarms/limits"


@pytest.fixture
async def pool(pool: Pool) -> Pool:
    await pool.execute("truncate alarm_limit")
    return pool


@pytest.mark.parametrize("language", ["hi", "en"])
async def test_a_supervisor_sets_a_limit_with_a_reason(
    pool: Pool, passwords: Passwords, clock: ManualClock, browser: Browser, language: str
) -> None:
    async with centre(pool, passwords, clock, RULES) as hall:
        kavita = await hall.site.people.add("kavita", Role.SUPERVISOR, language=language)
        page = await new_page(browser, DESK)
        await sign_in(page, hall.site, "kavita")
        await page.goto(hall.site.origin + PATH)
        await page.select_option("#l-kind", "waiting")
        await page.select_option("#l-queue", "helpline-hi")
        await page.fill("#l-threshold", "25")
        await page.fill("#l-why", "मेला")
        await page.click("button[value=set]")
        row = page.locator("tbody tr", has_text=TITLES["helpline-hi"][language]).first
        await expect(row).to_contain_text("25", timeout=20_000)
        assert await judge(page, f"alarm-limits-{language}") == []
        found = await pool.fetchrow("select * from alarm_limit")
        assert found is not None
        assert (found["queue"], found["threshold"], found["why"], found["set_by"]) == (
            "helpline-hi", 25, "मेला", f"user:{kavita.id}",
        )  # fmt: skip


async def test_limits_are_changed_within_ones_queues_and_of_all_by_who_supervises_all(
    pool: Pool, passwords: Passwords, clock: ManualClock
) -> None:
    async with centre(pool, passwords, clock, RULES) as hall:
        hindi = await signed_in(hall, Role.SUPERVISOR, Scope(queue="helpline-hi"))
        whole = await signed_in(hall, Role.SUPERVISOR)
        auditor = await signed_in(hall, Role.QUALITY_AUDITOR)
        form = {"kind": "waiting", "threshold": "7", "why": "x", "act": "set"}
        for client, queue, status in (
            (hindi, "helpline-hi", 200), (hindi, "helpline-en", 403), (hindi, "*", 403),
            (whole, "*", 200), (whole, "none", 400), (auditor, "helpline-hi", 403),
        ):  # fmt: skip
            await client.get(PATH)
            answer = await client.post(PATH, **form, queue=queue)
            assert answer.status in ({200, 303} if status == 200 else {status}), (queue, status)
        trunk = {"kind": "trunk_full", "threshold": "80", "why": "x", "act": "set", "queue": "*"}
        assert (await hindi.post(PATH, **trunk)).status == 403
        await whole.post(PATH, **trunk)
        for wrong in ({"threshold": "200"}, {"why": " "}, {"threshold": "many"}, {"kind": "x"}):
            assert (await whole.post(PATH, **{**trunk, **wrong})).status == 400
        rows = await pool.fetch(
            "select kind, queue, threshold from alarm_limit order by set_at, id"
        )
        assert {tuple(row) for row in rows} == {
            ("waiting", "helpline-hi", 7.0), ("waiting", "*", 7.0), ("trunk_full", "*", 0.8),
        }  # fmt: skip


async def test_the_page_says_whose_each_limit_is_and_who_set_it(
    pool: Pool, passwords: Passwords, clock: ManualClock
) -> None:
    """A queue's limit that was taken back is that of each queue again, whoever set that one."""
    async with centre(pool, passwords, clock, RULES) as hall:
        whole = await signed_in(hall, Role.SUPERVISOR)
        await whole.get(PATH)
        for kind, queue, act in (
            ("dialling_cut_off", "*", "set"), ("waiting", "*", "set"),
            ("waiting", "helpline-hi", "set"), ("waiting", "helpline-hi", "reset"),
        ):  # fmt: skip
            clock.advance(timedelta(seconds=1))
            given = {"kind": kind, "queue": queue, "act": act, "threshold": "7", "why": "x"}
            assert (await whole.post(PATH, **given)).status in (200, 303), kind
        await whole.get(PATH)
        rows = re.findall(
            r'<tr><th scope="row">([^<]*)</th>((?:<td>[^<]*</td>){3})</tr>', whole.last
        )
        told = {(what, *re.findall(r"<td>([^<]*)</td>", cells)) for what, cells in rows}
        cut_off, waiting = "A telephone was cut off from dialling", "Too many callers wait"
        assert (cut_off, "of the cell", "7", "a supervisor") in told
        assert (waiting, TITLES["helpline-hi"]["en"], "7", "a supervisor") in told
        assert ("Lines are nearly full", "of the cell", "90%", "the settings") in told
