"""A supervisor types or goes about by keyboard, and the board is told something in that moment."""

import pytest
from playwright.async_api import Browser, Page, WebSocketRoute, expect

from access.rights import TENANT, Role
from tests.cti.streams import event
from tests.supervisor.site import Centre
from tests.supervisor.test_wallboard import busy
from tests.web.test_browser import DESK, new_page, sign_in

pytestmark = pytest.mark.timeout(180)


class Wire:
    """Between the page and us: answers wait while `held` is a list."""

    def __init__(self) -> None:
        self.held: list[str] | None = None
        self._page: WebSocketRoute | None = None

    def connect(self, page: WebSocketRoute) -> None:
        self._page = page
        page.connect_to_server().on_message(self._told)

    def go_on(self) -> None:
        assert self._page is not None
        assert self.held is not None
        for told in self.held:
            self._page.send(told)
        self.held = None

    def _told(self, told: str | bytes) -> None:
        assert self._page is not None
        if self.held is not None and '"answer"' in str(told):
            self.held.append(str(told))
        else:
            self._page.send(told)


async def board(hall: Centre, browser: Browser, wire: Wire) -> Page:
    """The wallboard of a busy centre."""
    await hall.site.people.add("kavita", Role.SUPERVISOR, TENANT, language="en")
    await busy(hall)
    page = await new_page(browser, DESK)
    await sign_in(page, hall.site, "kavita")
    await page.route_web_socket("**/supervisor/socket", wire.connect)
    await page.goto(hall.site.origin + "/supervisor")
    await expect(page.locator("#agents li")).to_have_count(3, timeout=20_000)
    return page


async def opened(page: Page, agent: str) -> None:
    await page.click(f"li[data-agent='{agent}'] button")
    await page.wait_for_selector(f"#act-title:has-text('({agent})')")


async def test_what_is_written_to_one_agent_waits_for_them_and_goes_to_nobody_else(
    hall: Centre, browser: Browser
) -> None:
    page = await board(hall, browser, Wire())
    await opened(page, "1001")
    await page.fill("#act-help", "for 1001")
    await page.click("dialog button[value=close]")
    await opened(page, "1002")
    assert await page.input_value("#act-help") == ""
    await page.click("dialog button[value=close]")
    await opened(page, "1001")
    assert await page.input_value("#act-help") == "for 1001"


async def test_an_answer_that_comes_late_leaves_the_next_agents_dialog_as_it_is(
    hall: Centre, browser: Browser
) -> None:
    wire = Wire()
    page = await board(hall, browser, wire)
    await opened(page, "1001")
    await page.fill("#act-help", "for 1001")
    wire.held = []
    await page.click("dialog button[value=help]")
    await page.click("dialog button[value=close]")
    await opened(page, "1002")
    await page.fill("#act-help", "for 1002")
    wire.go_on()
    await expect(page.locator("#told")).not_to_be_empty()
    assert await page.input_value("#act-help") == "for 1002"
    assert await page.is_visible("dialog[open]")
    await page.click("dialog button[value=close]")
    await opened(page, "1001")
    assert await page.input_value("#act-help") == ""  # it was sent


async def test_the_next_notice_is_typed_while_the_one_before_is_still_being_sent(
    hall: Centre, browser: Browser
) -> None:
    wire = Wire()
    page = await board(hall, browser, wire)
    wire.held = []
    await page.fill("#broadcast [name=text]", "one")
    await page.click("#broadcast button")
    await page.fill("#broadcast [name=text]", "two")
    wire.go_on()
    await expect(page.locator("#told")).not_to_be_empty()
    assert await page.input_value("#broadcast [name=text]") == "two"


async def test_the_focus_stays_on_an_agent_whose_place_on_the_board_changes(
    hall: Centre, browser: Browser
) -> None:
    page = await board(hall, browser, Wire())
    cards = page.locator("#agents li")
    await expect(cards.last).to_have_attribute("data-agent", "1003")
    await page.focus("li[data-agent='1003'] button")
    pauses = (("helpline-en", "1003", "0"), ("helpline-hi", "1002", "1"))
    await hall.room.asterisk_says(
        *(
            event(
                "QueueMemberPause", queue=queue, interface=f"PJSIP/{agent}", paused=paused,
                pausedreason="meal" if paused == "1" else "",
            )
            for queue, agent, paused in pauses
        )
    )  # fmt: skip
    await expect(cards.last).to_have_attribute("data-agent", "1002", timeout=20_000)
    await expect(page.locator("li[data-agent='1003'] button")).to_be_focused()
