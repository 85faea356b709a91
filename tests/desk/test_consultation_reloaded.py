"""An agent's page is lost while they talk with whom they asked, and comes back to just that."""

import os

import pytest
from playwright.async_api import Page

from calls.model import Outcome
from cti.snapshot import resync, take
from cti.state import State
from dialplans.names import EXTEN_ASKED
from helpline.lab.phones import PhoneCall, may_send_raw
from helpline.lab.tones import heard, pair
from speech.prompts import Prompt
from tests.cti.test_live_control import heard_now, no_channels, room
from tests.cti.wiretap import heard_at, share
from tests.desk.conftest import Office
from tests.desk.test_desk_browser import hears, in_call, phone_ready, recorded, status
from tests.desk.test_handing_on import ANSWERS, WATER_TONE, chosen, page
from tests.system.callers import CITIZENS_TONE, Caller

__all__ = ["page"]
pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(240)]


async def consulting(office: Office, page: Page) -> tuple[Caller, PhoneCall]:
    """The agent talks with the water works while the citizen waits."""
    call = await in_call(office, page)
    water = await office.bed.line.expect(ANSWERS)
    await chosen(page)
    await page.click("#call-consult")
    await page.wait_for_selector("#call-complete:enabled")
    await hears(page, WATER_TONE)
    return call, water


async def waits_where(office: Office, context: str) -> None:
    """Until the citizen is there."""

    async def so() -> bool | None:
        shown = await office.bed.helpline.asterisk.process.cli("core show channels concise")
        return f"!{context}!" in shown or None

    await office.bed.until(f"the citizen in {context}", so)


async def third_hangs_up(office: Office, water: PhoneCall) -> None:
    """As Asterisk sees it: a script that waits to be hung up sends no word of its own."""
    cli = office.bed.helpline.asterisk.process.cli
    shown = (await cli("core show channels concise")).splitlines()
    [leg] = [line.partition("!")[0] for line in shown if f"!{EXTEN_ASKED}!" in line]
    await cli(f"channel request hangup {leg}")
    await water.wait()


async def actions(office: Office, call: Caller) -> list[tuple[str, str]]:
    rows = await office.bed.rows(
        "select action, target from desk_action where call_id = $1 order by at, id", call.id
    )
    return [(row["action"], row["target"]) for row in rows]


async def wrapped_up(page: Page) -> None:
    await status(page, "wrap_up")
    await page.click("#desk-wrap-end")
    await status(page, "ready")


async def test_a_reload_in_a_consultation_brings_the_agent_back_to_whom_they_asked(
    office: Office, page: Page
) -> None:
    call, water = await consulting(office, page)
    for _ in range(2):
        await page.reload()
        await phone_ready(page)
        await status(page, "in_call")
        await page.wait_for_selector("#call-complete:enabled")
        assert "बाहरी नंबर" in await page.inner_text("#call-word")
        await hears(page, WATER_TONE, 0.9)  # and not the citizen
        await waits_where(office, "desk-hold")
        await room(office.bed, 2)
    await page.click("#call-complete")
    await status(page, "wrap_up")
    await room(office.bed, 2)  # citizen and water works
    await heard_now(office.bed, call, WATER_TONE)
    await call.phone.bye()
    await water.wait()
    path = await recorded(call)
    assert Prompt.PLEASE_WAIT not in heard(path)  # to whom it was said that they wait, waited
    lost = [("softphone_lost", ""), ("softphone_back", "")] * 2
    assert await actions(office, call) == [
        ("consult", "number:1916"), *lost, ("transfer_consulted", "number")
    ]  # fmt: skip
    await wrapped_up(page)
    await no_channels(office.bed)


async def test_a_reload_while_a_colleague_is_asked_leaves_the_citizen_the_agents_own(
    office: Office, page: Page
) -> None:
    async with office.desk("mohan") as other:
        await phone_ready(other)
        await status(other, "ready")
        await other.keyboard.press("Shift+F2")
        await status(other, "paused")
        call = await in_call(office, page)
        await other.keyboard.press("Shift+F2")
        await status(other, "ready")
        await page.click("#call-more details:has(#call-target) summary")
        await page.wait_for_selector("#call-agents option:has-text('●')", state="attached")
        await page.select_option("#call-target", '{"agent":"1002"}')
        await page.click("#call-consult")
        await status(other, "ringing")
        await other.wait_for_selector("#call-answer:enabled")
        await other.keyboard.press("F2")
        await page.wait_for_selector("#call-complete:enabled")
        await page.reload()
        await phone_ready(page)
        await page.wait_for_selector("#call-complete:enabled")
        await status(other, "in_call")
        await waits_where(office, "desk-hold")
        assert (await call.row())["agent_id"] == "1001"
        await page.click("#call-cancel")
        await hears(page, CITIZENS_TONE)
        await status(other, "wrap_up")
        await other.click("#desk-wrap-end")
        await page.keyboard.press("F9")
        await recorded(call)
        await wrapped_up(page)
        await no_channels(office.bed)


@pytest.mark.skipif("HELPLINE_SOAK" not in os.environ, reason="make soak: it waits for a minute")
@pytest.mark.skipif(not may_send_raw(), reason="hears packets by a raw socket")
async def test_whose_agent_does_not_return_is_handed_to_whom_was_asked_who_is_told_to_wait(
    office: Office, page: Page
) -> None:
    call, water = await consulting(office, page)
    await page.close()
    await waits_where(office, "desk-away-asked")

    async def told() -> bool | None:
        got = await heard_at(office.bed.site.line.host, 1)
        low, high = pair(Prompt.PLEASE_WAIT)
        said = [share(sound, low) + share(sound, high) for sound in got.values()]
        return any(one > 0.5 for one in said) or None

    await office.bed.until("the water works to hear that they wait", told, 40)
    # What a server knows that is started in the midst.
    state, _ = resync(State(), await take(office.bed.helpline.live.link), office.bed.now())
    known = state.calls[call.id]
    assert (known.awaited, known.agent_id) == ("1001", None)
    assert (await call.row())["ended_at"] is None
    await waits_where(office, "desk-away-asked")
    await office.bed.until("the citizen in the room", lambda: there(office), 90)
    await heard_now(office.bed, call, WATER_TONE)
    await third_hangs_up(office, water)

    # Their agent is signed out by now, and no other is there: a word and a promise, not silence.
    assert (await call.ended())["outcome"] == Outcome.NO_AGENT
    await call.phone.wait()
    assert Prompt.NO_AGENT in heard(await call.recording())
    await no_channels(office.bed)


async def there(office: Office) -> bool | None:
    shown = await office.bed.helpline.asterisk.process.cli("core show channels concise")
    return "!desk-citizen!" in shown or None


async def test_whom_the_third_leaves_while_the_page_is_away_waits_and_gets_the_agent_back(
    office: Office, page: Page
) -> None:
    call, water = await consulting(office, page)
    context = page.context
    await page.close()
    await waits_where(office, "desk-away-asked")
    await third_hangs_up(office, water)
    await waits_where(office, "desk-away")
    again = await context.new_page()
    await again.goto(f"{office.bed.settings.http.origin}/desk")
    await status(again, "in_call")
    await again.wait_for_selector("#call-asking", state="hidden")
    await hears(again, CITIZENS_TONE)
    await again.keyboard.press("F9")
    assert Prompt.PLEASE_WAIT in heard(await recorded(call))
    await wrapped_up(again)
    await no_channels(office.bed)
