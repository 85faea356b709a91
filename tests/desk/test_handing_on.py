"""A citizen handed on from the browser: to a number outside, by a consultation or a conference."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import Page

from calls import dialling
from calls.dialling import Rule
from helpline.lab.media import tone
from helpline.lab.phones import may_send_raw
from helpline.lab.script import Answer, Ring, Say
from helpline.lab.tones import level
from tests.cti.test_live_control import heard_now, room
from tests.cti.wiretap import heard_at, keys_at, share
from tests.desk.conftest import Office
from tests.desk.test_desk_browser import RIGHT, hears, in_call, recorded, status
from tests.system.callers import AGENTS_TONE, CITIZENS_TONE, Caller

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(180)]

WATER_TONE = 2900.0
ANSWERS = Answer((Say(tone(WATER_TONE, 120)),), ring=0.3)
KEYS = "123456789*0#"
FAINT = 0.001  # a browser takes a tone that goes on and on for noise, and dampens it


@pytest_asyncio.fixture(loop_scope="session")
async def page(office: Office) -> AsyncIterator[Page]:
    """The desk of an agent who may dial in India."""
    async with office.bed.helpline.pool.acquire() as conn:
        await conn.execute("truncate dial_rule, dial_request, dial_cut_off")
        await dialling.allow(conn, Rule("*", "+91", 1000))
    async with office.desk() as opened:
        yield opened


async def chosen(page: Page) -> None:
    await page.click("#call-more details:has(#call-target) summary")
    await page.select_option("#call-target", '{"listed":"water"}')


async def test_a_consultation_is_joined_by_the_citizen_and_all_three_talk(
    office: Office, page: Page
) -> None:
    call = await in_call(office, page)
    water = await office.bed.line.expect(ANSWERS)
    await chosen(page)
    await page.click("#call-consult")
    await page.wait_for_selector("#call-complete:enabled")  # the water works have answered
    await room(office.bed, 2)
    await hears(page, WATER_TONE)  # and not the citizen, who waits
    await page.click("#call-join")
    await page.wait_for_selector("#call-asking", state="hidden")
    await room(office.bed, 3)
    await hears(page, WATER_TONE, 0.1)
    await hears(page, CITIZENS_TONE, 0.1)
    await heard_now(office.bed, call, WATER_TONE, 0.1)
    await page.keyboard.press("F9")
    await status(page, "wrap_up")
    await room(office.bed, 2)  # the two others talk on
    assert (await call.row())["ended_at"] is None
    await call.phone.bye()
    await water.wait()
    path = await recorded(call)
    assert level(path, RIGHT, WATER_TONE) > 0.02
    await page.click("#desk-wrap-end")


async def test_who_was_asked_takes_the_citizen_by_a_click_and_the_agent_is_free(
    office: Office, page: Page
) -> None:
    call = await in_call(office, page)
    await heard_now(office.bed, call, AGENTS_TONE)
    water = await office.bed.line.expect(ANSWERS)
    await chosen(page)
    await page.click("#call-consult")
    await page.wait_for_selector("#call-complete:enabled")
    await hears(page, WATER_TONE)
    await page.click("#call-complete")
    await status(page, "wrap_up")
    await page.wait_for_selector("#call-asking", state="hidden")
    await room(office.bed, 2)
    await heard_now(office.bed, call, WATER_TONE)
    assert (await call.row())["ended_at"] is None
    assert await page.inner_text("#desk-said") == ""
    await page.click("#desk-wrap-end")
    await status(page, "ready")
    await call.phone.bye()
    await water.wait()
    assert level(await recorded(call), RIGHT, WATER_TONE) > 0.02
    assert await actions(office, call) == ["consult", "transfer_consulted"]


async def test_a_consultation_is_ended_by_a_click_and_the_agent_talks_with_the_citizen_again(
    office: Office, page: Page
) -> None:
    call = await in_call(office, page)
    await chosen(page)
    for answers in (ANSWERS, Ring()):  # and before anybody has answered
        water = await office.bed.line.expect(answers)
        await page.click("#call-consult")
        await page.wait_for_selector("#call-asking:visible")
        if answers is ANSWERS:
            await page.wait_for_selector("#call-complete:enabled")
            await hears(page, WATER_TONE)
        assert await page.is_enabled("#call-cancel")
        await page.click("#call-cancel")
        await page.wait_for_selector("#call-asking", state="hidden")
        await water.wait()
        await hears(page, CITIZENS_TONE)
        await heard_now(office.bed, call, AGENTS_TONE)
        assert await page.inner_text("#desk-said") == ""  # they did it themselves
        assert await page.is_visible("#call-handing")
    await page.keyboard.press("F9")
    await recorded(call)
    await status(page, "wrap_up")
    await page.click("#desk-wrap-end")
    assert await actions(office, call) == ["consult", "consult_cancelled"] * 2 + ["hang_up"]


async def test_a_conference_by_a_click_joins_all_three_without_anybody_waiting(
    office: Office, page: Page
) -> None:
    call = await in_call(office, page)
    await heard_now(office.bed, call, AGENTS_TONE)
    water = await office.bed.line.expect(ANSWERS)
    await chosen(page)
    await page.click("#call-conference")
    await room(office.bed, 3)
    await hears(page, WATER_TONE, 0.1)
    await hears(page, CITIZENS_TONE, 0.1)
    await heard_now(office.bed, call, WATER_TONE, 0.1)
    await heard_now(office.bed, call, AGENTS_TONE, FAINT)
    assert await page.is_hidden("#call-asking")
    await page.keyboard.press("F9")
    await status(page, "wrap_up")
    await page.click("#desk-wrap-end")
    await room(office.bed, 2)  # the two others talk on
    await call.phone.bye()
    await water.wait()
    assert level(await recorded(call), RIGHT, WATER_TONE) > 0.02
    assert await actions(office, call) == ["conference", "hang_up"]


@pytest.mark.skipif(not may_send_raw(), reason="hears packets by a raw socket")
async def test_each_of_the_twelve_keys_is_pressed_towards_who_was_asked_else_the_citizen(
    office: Office, page: Page
) -> None:
    call = await in_call(office, page)
    await heard_now(office.bed, call, AGENTS_TONE)
    await page.click("#call-more summary:has-text('कुंजियाँ')")
    await page.wait_for_selector(".key:visible")
    assert await page.locator("#call-keys .key").all_text_contents() == list(KEYS)
    assert await pressed(page, office.bed.site.caller.host) == KEYS
    water = await office.bed.line.expect(ANSWERS)
    await chosen(page)
    await page.click("#call-consult")
    await page.wait_for_selector("#call-complete:enabled")
    await hears(page, WATER_TONE)
    assert await pressed(page, office.bed.site.line.host) == KEYS
    wire = await keys_at(office.bed.site.line.host, 4)
    await page.focus("#call-keypad summary")
    await page.keyboard.type("7*0")
    assert "7*0" in (await wire).values()
    await page.keyboard.press("F9")
    await status(page, "wrap_up")
    await page.click("#desk-wrap-end")
    await call.phone.bye()
    await call.ended()
    await water.wait()
    done = await actions(office, call)
    # One key, and the others together; typed ones as they come.
    assert 2 * 3 + 1 <= done.count("keys") <= 2 * 3 + 3


async def pressed(page: Page, host: str) -> str:
    """The keys that come to this telephone when all buttons are clicked at once, in turn."""
    wire = await keys_at(host, 8)
    await page.evaluate(
        "document.querySelectorAll('#call-keys .key').forEach((key) => key.click())"
    )
    (heard,) = [keys for keys in (await wire).values() if keys]
    assert await page.inner_text("#desk-said") == ""  # none was refused
    return heard


async def actions(office: Office, call: Caller) -> list[str]:
    """What is on record as done in the call, in order."""
    rows = await office.bed.rows(
        "select action from desk_action where call_id = $1 order by at, id", call.id
    )
    return [row["action"] for row in rows]


async def test_who_was_asked_hangs_up_and_the_page_says_that_the_citizen_hears_the_agent_again(
    office: Office, page: Page
) -> None:
    call = await in_call(office, page)
    water = await office.bed.line.expect(
        Answer((Say(tone(WATER_TONE, 3)),), ring=0.3, hang_up=True)
    )
    await chosen(page)
    await page.click("#call-consult")
    await page.wait_for_selector("#call-complete:enabled")
    assert "बाहरी नंबर" in await page.inner_text("#call-word")
    await water.wait()
    await page.wait_for_selector("#call-asking", state="hidden")
    assert await page.inner_text("#desk-said") == "नागरिक अब फिर आपको सुन रहे हैं।"
    await hears(page, CITIZENS_TONE)
    await page.keyboard.press("F9")
    await recorded(call)
    await status(page, "wrap_up")
    await page.click("#desk-wrap-end")


@pytest.mark.skipif(not may_send_raw(), reason="hears packets by a raw socket")
async def test_a_citizen_is_handed_to_a_number_outside_and_the_agent_is_free(
    office: Office, page: Page
) -> None:
    call = await in_call(office, page)
    await heard_now(office.bed, call, AGENTS_TONE)
    water = await office.bed.line.expect(ANSWERS)
    await chosen(page)
    await page.click("#call-transfer")
    await status(page, "wrap_up")

    async def heard() -> bool | None:
        # What the citizen gets: their recording may lack a second speaker (docs/OPERATING.md).
        got = await heard_at(office.bed.site.caller.host, 1)
        return any(share(sound, WATER_TONE) > 0.9 for sound in got.values()) or None

    await office.bed.until("the citizen to hear the number outside", heard)
    assert (await call.row())["ended_at"] is None
    await page.click("#desk-wrap-end")
    await status(page, "ready")
    await call.phone.bye()
    await water.wait()
    rows = await office.bed.rows("select target from desk_action where call_id = $1", call.id)
    assert [row["target"] for row in rows] == ["number:1916"]
