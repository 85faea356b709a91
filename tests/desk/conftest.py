"""A helpline whose agents sit at browsers: HTTPS, wss, a real Chromium. Networks 127.0.64 to 66."""

from __future__ import annotations

import os
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import time
from pathlib import Path

import pytest_asyncio
import soundfile
from playwright.async_api import Browser, Page, async_playwright, expect

from access import grants, users
from access.log import OPERATOR, By
from access.rights import Grant, Role
from access.users import NewUser
from cti.errors import NotNowError
from dialplans.settings import QueueSettings
from helpline.lab.bed import QUICK_FEEDBACK, Bed, CellPlan, bed
from helpline.lab.media import RATE, tone
from helpline.options.cell import TargetOptions
from helpline.sign_in import passwords
from helpline.tools import load_browser, load_tools
from tests.access.people import PASSWORD
from tests.database import fresh_database
from tests.system.callers import AGENTS_TONE

# As long as its other waits, for the same pages.
expect.set_options(timeout=30_000)

ROOT = Path(__file__).parents[2]
WATER = TargetOptions(code="water", name_hi="जल", name_en="Water", number="1916")
WRAP_UP = 60
AGENTS = ("1001", "1002", "1003")
#: When citizens are called has tests of its own; these run whenever somebody runs them. They click:
#: a call of the dialer's own would take the telephone that is ready for theirs.
CLICKED = QUICK_FEEDBACK.model_copy(update={"opens": time(0), "closes": time.max, "enabled": False})
_FLAGS = [
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--use-fake-ui-for-media-stream",
    "--use-fake-device-for-media-stream",
    "--allow-loopback-in-peer-connection",
    "--disable-features=WebRtcHideLocalIpsWithMdns",
    "--autoplay-policy=no-user-gesture-required",
]


@dataclass
class Office:
    """The helpline, and a browser in which agents sign in."""

    bed: Bed
    browser: Browser

    @asynccontextmanager
    async def desk(self, name: str = "sita") -> AsyncIterator[Page]:
        """The desk of an agent who has just signed in."""
        context = await self.browser.new_context(
            viewport={"width": 1366, "height": 768}, ignore_https_errors=True
        )
        context.set_default_timeout(30_000)
        try:
            page = await context.new_page()
            page.on("console", lambda told: _CONSOLE.append(f"{told.type}: {told.text}"))
            page.on("pageerror", lambda told: _CONSOLE.append(f"error: {told}"))
            await page.goto(f"{self.bed.settings.http.origin}/sign-in?next=/desk")
            await page.fill("input[name=name]", name)
            await page.fill("input[name=password]", PASSWORD)
            await page.click("form.card > button")
            await page.wait_for_selector("#desk")
            yield page
            if not page.is_closed() and await may_sign_out(page):
                await page.click("#desk-out")
                await page.wait_for_selector("#desk-in")
        finally:
            print("\n".join(_CONSOLE[-40:]))
            _CONSOLE.clear()
            await context.close()


_CONSOLE: list[str] = []


async def may_sign_out(page: Page) -> bool:
    """Nobody may in a call, in which a test that failed leaves them."""
    return await page.is_visible("#desk-out") and await page.is_enabled("#desk-out")


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def running_office(postgres_url: str) -> AsyncIterator[Office]:
    own_database = fresh_database(postgres_url, "browser_desk_tests")
    # A short path: Asterisk's control socket lies below it.
    with tempfile.TemporaryDirectory(prefix="hb-") as folder:
        async with bed(
            Path(folder),
            load_tools(ROOT),
            network="127.0.64",
            http_port=8464,
            database_url=own_database,
            feedback=CLICKED,
            cell=CellPlan(
                agents=3,
                queues=(
                    QueueSettings(
                        title="हेल्पलाइन (हिन्दी)", wrap_up_seconds=WRAP_UP, ring_seconds=20
                    ),
                ),
                targets=(
                    TargetOptions(code="water", name_hi="जल", name_en="Water", number="1916"),
                ),
                browsers=True,
            ),
        ) as running:
            await _hire(running, "sita", "सीता देवी", "1001", "hi")
            await _hire(running, "mohan", "Mohan", "1002", "en")
            await _hire(running, "kavita", "कविता", "1003", "hi", Role.SUPERVISOR)
            async with chromium(Path(folder), AGENTS_TONE) as browser:
                yield Office(running, browser)


@pytest_asyncio.fixture(loop_scope="session")
async def office(running_office: Office) -> AsyncIterator[Office]:
    yield running_office
    process = running_office.bed.helpline.asterisk.process
    for asked in ("core show channels concise", "confbridge list"):
        print(await process.cli(asked))  # for who reads of a failure
    await running_office.bed.clear_lines()
    await _wrapped_up(running_office.bed)


async def _wrapped_up(bed: Bed) -> None:
    """Whose call has just been ended is free for the next test, not after a wrap-up."""
    live = bed.helpline.live

    async def over() -> bool | None:
        return live.live_calls() == frozenset() or None

    await bed.until("the calls to be over", over)
    for agent in AGENTS:
        with suppress(NotNowError):  # there is none to end
            live._cti.presence.end_wrap_up(agent)


async def _hire(
    bed: Bed, name: str, display: str, agent_id: str, language: str, *more: Role
) -> None:
    hashed = await passwords(bed.settings).hash(PASSWORD)
    new = NewUser(
        sign_in_name=name, display_name=display, language=language, password_hash=hashed,
        must_change=False, agent_id=agent_id,
    )  # fmt: skip
    by = By(OPERATOR)
    user = await users.add(bed.helpline.pool, new, by, bed.now())
    for role in (Role.AGENT, *more):
        await grants.grant(bed.helpline.pool, user.id, Grant(role), by, bed.now())


@asynccontextmanager
async def chromium(folder: Path, hertz: float) -> AsyncIterator[Browser]:
    """Its microphone hears a tone."""
    voice = folder / f"voice-{hertz:g}.wav"
    soundfile.write(voice, tone(hertz, 10), RATE)
    tool = load_browser(ROOT)
    flags = [*_FLAGS, f"--use-file-for-fake-audio-capture={voice}"]
    if os.geteuid() == 0:
        flags.append("--no-sandbox")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=tool.argv[0], args=flags, env={**tool.environment()}
        )
        yield browser
        await browser.close()
