"""The pages in a real Chromium: what people see, with and without scripts, in both languages."""

import os
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from playwright.async_api import Browser, BrowserContext, Page, async_playwright

from access import first
from access.passwords import Passwords
from access.rights import Role, Scope
from db.pool import Pool
from helpline.clock import ManualClock
from helpline.options.pages import HttpOptions
from helpline.tls import make_certificate, tls_context
from helpline.tools import load_browser
from tests.access.people import PASSWORD
from tests.web.site import Site, opened

ROOT = Path(__file__).parents[2]
SHOTS = ROOT / "var" / "screenshots"
AXE = ROOT / "web" / "js" / "node_modules" / "axe-core" / "axe.min.js"
DESK, TELEPHONE = (1366, 768), (360, 740)
_FLAGS = [
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
_RUN_AXE = """async () => {
  const rules = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"];
  const found = await axe.run(document, {runOnly: {type: "tag", values: rules}});
  return found.violations.map(v => `${v.id}: ${v.nodes.map(n => n.target.join(" ")).join(", ")}`);
}"""

# As it is after a download. At the window, after whatever the page itself has to say to it.
_STAYS = """() => {
  window.sent = [];
  window.addEventListener("submit", event => {
    sent.push(!event.defaultPrevented);
    event.preventDefault();
  });
}"""


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    chromium = load_browser(ROOT)
    flags = [*_FLAGS, *(["--no-sandbox"] if os.geteuid() == 0 else [])]
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=chromium.argv[0], args=flags, env={**chromium.environment()}
        )
        yield browser
        await browser.close()


async def new_page(browser: Browser, size: tuple[int, int] = DESK, *, scripts: bool = True) -> Page:
    context: BrowserContext = await browser.new_context(
        viewport={"width": size[0], "height": size[1]},
        java_script_enabled=scripts,
        ignore_https_errors=True,
    )
    context.set_default_timeout(20_000)
    return await context.new_page()


async def sign_in(page: Page, site: Site, name: str, password: str = PASSWORD) -> None:
    await page.goto(site.origin + "/sign-in")
    await page.fill("input[name=name]", name)
    await page.fill("input[name=password]", password)
    await page.click("form.card > button")
    await page.wait_for_load_state()


async def judge(page: Page, name: str) -> list[str]:
    """What axe finds, with a picture; and whether the page is wider than its window."""
    SHOTS.mkdir(parents=True, exist_ok=True)
    await page.screenshot(path=SHOTS / f"{name}.png", full_page=True)
    await page.evaluate(AXE.read_text(encoding="utf-8"))
    found = [f"{name}: {one}" for one in await page.evaluate(_RUN_AXE)]
    excess = await page.evaluate(
        "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    )
    return [*found, f"{name}: {excess} px too wide"] if excess > 0 else found


def newer_code(code: str) -> str:
    """A script for a page: what refuses with `code` does so with one that nobody has heard of."""
    return (
        "const parse = JSON.parse;"
        f'const known = /"code": ?"{code}"/;'
        """JSON.parse = (text) => parse(String(text).replace(known, '"code": "of_a_newer_one"'));"""
    )


async def judge_both(page: Page, pool: Pool, name: str) -> list[str]:
    """`judge`, then in the other language, the page loaded anew; and back to what it was."""
    faults = await judge(page, name)
    first = await page.get_attribute("html", "lang")
    for look in (True, False):
        await pool.execute(
            "update web_session set language = case language when 'hi' then 'en' else 'hi' end"
        )
        await page.reload(wait_until="networkidle" if look else "load")
        language = await page.get_attribute("html", "lang")
        assert (language != first) is look
        if look:
            faults += await judge(page, f"{name}-{language}")
    return faults


@pytest.mark.timeout(180)
@pytest.mark.parametrize(
    ("language", "size"),
    [("hi", DESK), ("en", DESK), ("hi", TELEPHONE)],
    ids=["hi-desk", "en-desk", "hi-telephone"],
)
async def test_every_page_is_accessible_and_fits(
    site: Site, browser: Browser, language: str, size: tuple[int, int]
) -> None:
    await site.people.add("boss", Role.ADMINISTRATOR, language=language)
    officer = await site.people.add(
        "ramesh.kumar", Role.OFFICER, Scope(post="bdo"), number="+919876543210",
        display_name="रमेश कुमार",
    )  # fmt: skip
    page = await new_page(browser, size)
    complaints: list[str] = []
    page.on("console", lambda told: complaints.append(told.text) if told.type == "error" else None)
    faults = []

    async def look(path: str, name: str) -> None:
        await page.goto(site.origin + path)
        faults.extend(await judge(page, f"{name}-{language}-{size[0]}"))

    await page.goto(site.origin + "/sign-in")
    if language == "en":
        await page.click("form.language button")
        await page.wait_for_selector("html[lang=en]")
    await look("/sign-in", "sign-in")
    await look("/first-administrator", "first-administrator")
    assert complaints == []  # from here on, refusals are reported there too
    await sign_in(page, site, "boss", "wrong password")
    faults += await judge(page, f"sign-in-refused-{language}-{size[0]}")
    await sign_in(page, site, "boss")
    for path, name in (
        ("/", "home"),
        ("/account", "account"),
        ("/account/password", "password"),
        ("/users", "users"),
        ("/users/new", "user-new"),
        (f"/users/{officer.id}", "user"),
        ("/no-such-page", "not-found"),
    ):
        await look(path, name)
    await page.goto(f"{site.origin}/users/{officer.id}")
    await page.fill("#f-number", "12")
    await page.click("form[action$='/change'] button")
    await page.wait_for_selector("#e-number")
    faults += await judge(page, f"user-refused-{language}-{size[0]}")
    await page.click("form[action='/sign-out'] button")
    await sign_in(page, site, "ramesh.kumar")
    await look("/account/pin", "pin")
    assert faults == []


async def test_sign_in_works_without_scripts(site: Site, browser: Browser) -> None:
    await site.people.add()
    page = await new_page(browser, scripts=False)
    await sign_in(page, site, "sita")
    assert page.url == site.origin + "/"
    await page.click("form[action='/sign-out'] button")
    assert "/sign-in" in page.url


async def test_the_script_shows_the_password_and_asks_before_what_cannot_be_undone(
    site: Site, browser: Browser
) -> None:
    user = await site.people.add()
    await site.people.add("boss", Role.ADMINISTRATOR)
    page = await new_page(browser)
    await page.goto(site.origin + "/sign-in")
    await page.click(".shown button")
    assert await page.get_attribute("input[name=password]", "type") == "text"
    await sign_in(page, site, "boss")
    await page.goto(f"{site.origin}/users/{user.id}")
    page.once("dialog", lambda dialog: dialog.dismiss())
    await page.click("button.bad")
    assert (await site.people.events(user.id)).count("user_disabled") == 0
    page.once("dialog", lambda dialog: dialog.accept())
    await page.click("button.bad")
    await page.wait_for_selector("button[value=yes]")
    assert (await site.people.events(user.id)).count("user_disabled") == 1


async def test_a_form_is_sent_once_but_works_again_when_the_page_stays(
    site: Site, browser: Browser
) -> None:
    """Its answer was a file, or the browser's stop was pressed: no other page comes."""
    await site.people.add("boss", Role.ADMINISTRATOR)
    page = await new_page(browser)
    await page.clock.install()
    await sign_in(page, site, "boss")

    async def opened_to_stay(path: str) -> None:
        await page.goto(site.origin + path)
        await page.evaluate(_STAYS)

    async def clicked(times: int) -> list[bool]:
        """Whether each was sent."""
        for _ in range(times):
            await page.click("main form button:not([type])")
        found: list[bool] = await page.evaluate("sent.splice(0)")
        return found

    await opened_to_stay("/account/password")
    for field in await page.locator("input[type=password]").all():
        await field.fill(PASSWORD)
    assert await clicked(2) == [True, False]
    await page.locator("input[type=password]").first.fill(
        PASSWORD + "!"
    )  # was wrong, and is mended
    assert await clicked(2) == [True, False]
    await page.clock.fast_forward(6000)
    assert await clicked(2) == [True, False]
    await opened_to_stay("/users")
    assert await clicked(2) == [True, True]  # a search changes nothing


async def test_the_first_administrator_signs_in_with_the_keyboard_alone(
    site: Site, browser: Browser
) -> None:
    code = await first.issue_code(site.shell.pool, site.clock())
    page = await new_page(browser)
    await page.goto(site.origin + "/first-administrator")
    await page.keyboard.press("Tab")
    assert await page.evaluate("document.activeElement.className") == "skip"
    await page.keyboard.press("Enter")
    for text in (code, "boss", "प्रशासक", PASSWORD, PASSWORD):
        await page.keyboard.press("Tab")
        if await page.evaluate("document.activeElement.type") == "button":
            await page.keyboard.press("Tab")  # the button that shows the password
        await page.keyboard.type(text)
    await page.keyboard.press("Enter")
    await page.wait_for_url("**/sign-in?notice=first")
    await sign_in(page, site, "boss")
    assert page.url == site.origin + "/"


async def test_over_https_the_cookie_is_bound_to_the_host(
    pool: Pool, passwords: Passwords, clock: ManualClock, browser: Browser, tmp_path: Path
) -> None:
    now = datetime.now(UTC)  # a real browser's clock
    _, certificate, key = make_certificate(tmp_path, ["127.0.0.1"], now)
    http = HttpOptions(certificate=certificate, key=key, public_url="https://127.0.0.1")
    async with opened(pool, passwords, clock, tls_context(http)) as site:
        await site.people.add()
        page = await new_page(browser)
        await sign_in(page, site, "sita")
        assert page.url == site.origin + "/"
        cookies = {one["name"]: one for one in await page.context.cookies()}
        assert cookies["__Host-helpline"]["secure"] is True
        await page.goto(site.origin + "/account")
        assert page.url.endswith("/account")
