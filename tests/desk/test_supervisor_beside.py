"""A supervisor whose telephone is the browser: they listen, whisper and join, their desk paused."""

import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Page

from helpline.lab.bed import Bed
from helpline.lab.phones import may_send_raw
from tests.cti.test_live_control import heard_now, room
from tests.cti.wiretap import heard_at, share
from tests.desk.conftest import Office, chromium
from tests.desk.test_desk_browser import HEARS, hears, in_call, phone_ready, recorded, status
from tests.system.callers import AGENTS_TONE, CITIZENS_TONE, Caller
from tests.web.test_browser import judge

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(240)]
SUPERVISORS_TONE = 2700.0
REASON = "शिकायत की जाँच"
THERE, NOT_THERE = 0.05, 0.005
# The same of several tones in the same moment.
ALL_HEARD = f"tones => Promise.all(tones.map({HEARS}))"
FAINT = 0.001  # a browser takes a tone that goes on and on for noise, and dampens it


@pytest_asyncio.fixture(loop_scope="session")
async def kavita(office: Office) -> AsyncIterator[Page]:
    """The desk of a supervisor, paused, in a browser with a voice of its own."""
    with tempfile.TemporaryDirectory() as folder:
        async with (
            chromium(Path(folder), SUPERVISORS_TONE) as browser,
            Office(office.bed, browser).desk("kavita") as page,
        ):
            await status(page, "ready")
            await phone_ready(page)
            await page.keyboard.press("Shift+F2")
            await status(page, "paused")
            yield page


@pytest.mark.skipif(not may_send_raw(), reason="hears packets by a raw socket")
async def test_a_supervisor_listens_whispers_and_joins_from_a_paused_desk_and_hangs_up_there(
    office: Office, kavita: Page
) -> None:
    bed = office.bed
    wall = await wallboard(office, kavita)
    async with office.desk() as sita:
        call = await in_call(office, sita)
        await heard_now(bed, call, AGENTS_TONE)
        assert await kavita.is_hidden("#call-end")

        await goes_beside(wall, kavita, "listen")
        await hears(kavita, CITIZENS_TONE, THERE)
        await hears(kavita, AGENTS_TONE, THERE)
        await hears(sita, CITIZENS_TONE)
        assert await hears_only_others(sita, SUPERVISORS_TONE)
        assert await citizen_hears(bed, SUPERVISORS_TONE) < NOT_THERE
        faults = await judge(kavita, "desk-beside")
        await hangs_up(kavita, bed, by_key=True)

        await goes_beside(wall, kavita, "whisper")
        await hears(sita, SUPERVISORS_TONE, THERE)
        await hears(kavita, CITIZENS_TONE, THERE)
        assert await citizen_hears(bed, SUPERVISORS_TONE) < NOT_THERE
        await mutes(kavita, sita)
        assert await kavita.get_attribute("#desk-bar", "data-status") == "paused"
        await hangs_up(kavita, bed, by_key=False)

        await goes_beside(wall, kavita, "barge")
        await room(bed, 3)
        await hears(sita, SUPERVISORS_TONE, THERE)
        await hears(kavita, CITIZENS_TONE, THERE)
        await hears(kavita, AGENTS_TONE, FAINT)
        await heard_now(bed, call, SUPERVISORS_TONE, THERE)
        await mutes(kavita, sita)
        await hangs_up(kavita, bed, by_key=True, then="wrap_up")  # they had a part in the call
        await kavita.keyboard.press("Shift+F4")
        await status(kavita, "paused")

        await room(bed, 2)
        await hears(sita, CITIZENS_TONE)  # nobody else was hung up
        await sita.keyboard.press("F9")
        await recorded(call)
        await status(sita, "wrap_up")
        await sita.click("#desk-wrap-end")
    assert await acts(bed, call) == ["listen", "whisper", "barge"]
    assert faults == []


async def wallboard(office: Office, page: Page) -> Page:
    """In another tab of the same person."""
    opened = await page.context.new_page()
    await opened.goto(f"{office.bed.settings.http.origin}/supervisor")
    return opened


async def goes_beside(wall: Page, desk: Page, mode: str) -> None:
    """From the wallboard, then answered at the desk by the key."""
    await wall.click("li.is-in_call button:has-text('1001')")
    await wall.fill("#act-reason", REASON)
    await wall.click(f"#act button[value={mode}]:enabled")
    await wall.wait_for_selector("#act", state="hidden")
    await desk.wait_for_selector("#call-answer:enabled")
    await desk.keyboard.press("F2")
    await desk.wait_for_selector("#call-mute:enabled")
    await desk.wait_for_selector("#call-end:visible")


async def hangs_up(desk: Page, bed: Bed, *, by_key: bool, then: str = "paused") -> None:
    """Their own leg alone; who listened or whispered is paused as before."""
    if by_key:
        await desk.keyboard.press("F9")
    else:
        await desk.click("#call-end")
    await desk.wait_for_selector("#call-end", state="hidden")
    await desk.wait_for_selector("#call-mute", state="hidden")
    assert await desk.inner_text("#desk-said") == ""  # nothing was refused
    await status(desk, then)

    async def gone() -> bool | None:
        channels = await bed.helpline.asterisk.process.cli("core show channels concise")
        return "PJSIP/1003-" not in channels or None

    await bed.until("the supervisor's leg to be gone", gone)


async def mutes(supervisor: Page, agent: Page) -> None:
    """Whom they talk to hears them no more, and then again."""
    await supervisor.keyboard.press("F4")
    await supervisor.wait_for_selector("#call-mute[aria-pressed=true]")
    for _ in range(30):
        if await hears_only_others(agent, SUPERVISORS_TONE):
            break
    else:
        raise AssertionError("a muted supervisor is heard")
    await supervisor.click("#call-mute")
    await supervisor.wait_for_selector("#call-mute[aria-pressed=false]")
    await hears(agent, SUPERVISORS_TONE, THERE)
    assert await supervisor.inner_text("#desk-said") == ""


async def hears_only_others(page: Page, hertz: float) -> bool:
    """The citizen is heard there, and not this tone."""
    tone, citizens = await page.evaluate(ALL_HEARD, [hertz, CITIZENS_TONE])
    return bool(citizens > THERE and tone < NOT_THERE)


async def citizen_hears(bed: Bed, hertz: float) -> float:
    """In the packets that their telephone gets: a recording lacks what is whispered."""
    (sound,) = (await heard_at(bed.site.caller.host, 1.5)).values()
    assert share(sound, AGENTS_TONE) > 0.5
    return share(sound, hertz)


async def acts(bed: Bed, call: Caller) -> list[str]:
    rows = await bed.rows(
        "select action, reason from desk_action where call_id = $1 and actor <> 'agent:1001'"
        " and actor <> 'agent:1003' order by at, id",
        call.id,
    )
    assert {row["reason"] for row in rows} == {REASON}
    return [row["action"] for row in rows]
