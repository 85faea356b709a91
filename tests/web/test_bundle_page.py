"""The officers' page of a bundle in a real Chromium: at a desk and on a telephone, hi and en."""

from collections.abc import AsyncIterator
from datetime import timedelta
from functools import partial

import pytest
from playwright.async_api import Browser, Page

from access.passwords import Passwords
from complaints.bundle_link import sign
from complaints.escalation import escalate_overdue
from complaints.feedback import Answer, DissatisfactionReason
from complaints.registration import Registration
from helpline.clock import ManualClock
from tests.complaints.files import LETTER, PHOTO, disposed_with, in_memory, taken_in
from tests.complaints.moves import interim
from tests.complaints.test_pausing import paused, resumed
from tests.complaints.world import CITIZEN, START, World
from tests.web.site import Site, opened
from tests.web.test_browser import DESK, TELEPHONE, judge, new_page
from tests.web.test_browser import browser as browser
from web.pages import bundle

pytestmark = pytest.mark.timeout(180)
SECRET = b"a secret for tests only"
UNTIL = START + timedelta(days=60)
SIGNED = partial(sign, SECRET, "", expires=UNTIL)
WORDS = "हैंडपंप तीन हफ़्ते से खराब है, https://example.invalid/" + "a" * 80


@pytest.fixture
def clock(world: World) -> ManualClock:
    return ManualClock(world.now)


@pytest.fixture
async def served(world: World, passwords: Passwords, clock: ManualClock) -> AsyncIterator[Site]:
    await world.pool.execute("truncate app_user cascade")
    await world.pool.execute("update post set title_en = 'Executive Engineer' where id = 'L2-LAL'")
    async with opened(
        world.pool,
        passwords,
        clock,
        add=lambda app, shell: bundle.add_routes(app, shell, SECRET, world.policy),
    ) as site:
        yield site


async def escalated(world: World) -> str:
    """Everything that can be on the page: recordings of each state, files, register, history."""
    call = await world.call()
    for state in ("stored", "open"):
        await world.recording(call, state=state)
    form: Registration = world.form(call_id=call, text=WORDS)
    registered = await world.register(form)
    number = registered.number
    await interim(world, number)
    await paused(world, number)
    await resumed(world, number)
    intake = await taken_in(world, in_memory(), PHOTO, LETTER)
    disposed = await disposed_with(world, number, intake)
    world.later(hours=1)
    attempt = await world.attempt(disposed.complaint_id, disposed.disposal_no)
    own = await world.recording(attempt, "own_words")
    reason = DissatisfactionReason.FALSE_REPORT
    await world.answer(attempt, Answer(False, reason, recording_id=own))
    world.later(days=8)
    await escalate_overdue(world.pool, policy=world.policy, now=world.now, signer=SIGNED)
    [message] = await world.messages(registered.complaint_id, "officer_forwarded")
    link: str = message["links"][0]
    return link


async def shown(page: Page, url: str) -> str:
    await page.goto(url)
    return await page.inner_text("body")


@pytest.mark.parametrize("size", [DESK, TELEPHONE], ids=["desk", "telephone"])
async def test_a_bundle_is_readable_in_both_languages_and_the_choice_is_kept(
    world: World, served: Site, clock: ManualClock, browser: Browser, size: tuple[int, int]
) -> None:
    link = served.origin + await escalated(world)
    clock.set(world.now)
    page = await new_page(browser, size)
    faults: list[str] = []
    page.on("console", lambda told: faults.append(told.text) if told.type == "error" else None)
    hindi = await shown(page, link)
    assert await page.get_attribute("html", "lang") == "hi"
    for text in ("नागरिक के अपने शब्द", "आख्या सही नहीं है", "नागरिक से जानकारी अपेक्षित", "अधिशासी अभियंता"):
        assert text in hindi
    faults += await judge(page, f"bundle-hi-{size[0]}")
    await page.click("header a:text-is('English')")
    english = await page.inner_text("body")
    assert await page.get_attribute("html", "lang") == "en"
    for text in (
        "Complaint ", "Broken hand pump, Mahroni", "Forwarded to Executive Engineer.",
        "The citizen's own words", "the report is not true", "information is awaited",
        "next word by", "escalated to level 2", "by itself, at the time limit",
        "This link is good until", WORDS,
    ):  # fmt: skip
        assert text in english, text
    assert CITIZEN not in english
    faults += await judge(page, f"bundle-en-{size[0]}")
    assert await shown(page, link) == english  # as chosen, from now on
    for name, url in (("not-valid", link[:-2]), ("not-valid", served.origin + "/b/nonsense")):
        assert "This link is not valid." in await shown(page, url), name
    clock.set(UNTIL)
    assert "This link ended on 19-01-2026 11:00." in await shown(page, link)
    faults += await judge(page, f"bundle-over-en-{size[0]}")
    await page.click("header a:text-is('हिन्दी')")
    assert "1076 पर कॉल करके" in await page.inner_text("body")
    faults += await judge(page, f"bundle-over-hi-{size[0]}")
    assert [one for one in faults if "403" not in one] == []  # which those were answered with


async def test_who_signed_in_reads_it_in_the_language_of_their_account(
    world: World, served: Site, clock: ManualClock
) -> None:
    link = await escalated(world)
    clock.set(world.now)
    await served.people.add("officer", language="en")
    client = served.client()
    await client.get("/sign-in")
    await client.sign_in("officer")
    assert (await client.get(link)).status == 200
    assert '<html lang="en">' in client.last
    await client.get(link + "?language=xx")
    assert '<html lang="en">' in client.last
