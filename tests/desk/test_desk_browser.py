"""An agent's day at the browser, over HTTPS and wss, with a real Asterisk and a real citizen."""

import asyncio
import re
from itertools import groupby
from pathlib import Path
from uuid import uuid4

import numpy as np
import pytest
import soundfile
from playwright.async_api import Dialog, Page, expect

from calls.model import Outcome
from complaints.registration import Registration, register
from cti.snapshot import resync, take
from cti.state import State
from cti.views import agent_view
from helpline.demo.reference import CATEGORY, PLACE
from helpline.lab.bed import CITIZEN, Bed
from helpline.lab.media import tone
from helpline.lab.phones import PhoneError
from helpline.lab.script import Answer, Say
from helpline.lab.tones import heard, level
from speech.prompts import Prompt
from tests.access.people import PASSWORD
from tests.desk.conftest import Office
from tests.system.callers import AGENTS_TONE, CITIZENS_TONE, TO_THE_QUEUE, Caller, place
from tests.web.test_browser import judge, newer_code

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(180)]

LEFT, RIGHT = 0, 1
EMERGENCY_TONE = 2900.0
WORDS = "हैंडपंप तीन हफ़्ते से खराब है।"
# How much of what the agent hears is the citizen's tone.
HEARS = """async hertz => {
  const voice = document.getElementById("voice").srcObject;
  if (!voice) return 0;  // a page that was loaded anew joins its call after it has shown it
  if (!voice.getAudioTracks().length) return 0;  // until the end of a hold is agreed on
  const context = new AudioContext();
  const analyser = context.createAnalyser();
  analyser.fftSize = 8192;
  context.createMediaStreamSource(voice).connect(analyser);
  await new Promise(done => setTimeout(done, 700));
  const bins = new Float32Array(analyser.frequencyBinCount);
  analyser.getFloatFrequencyData(bins);
  const power = bins.map(db => 10 ** (db / 10));
  const at = hertz * analyser.fftSize / context.sampleRate;
  const near = power.reduce((sum, one, bin) => Math.abs(bin - at) < 8 ? sum + one : sum, 0);
  await context.close();
  const all = power.reduce((sum, one) => sum + one, 0);
  return all ? near / all : 0;
}"""
# For who reads of a failure: the loudest tone (Hz), how loud (dB), and what there is of a voice.
LOUDEST = """async () => {
  const voice = document.getElementById("voice").srcObject;
  const tracks = voice?.getAudioTracks().map(one => `${one.readyState} muted=${one.muted}`);
  if (!tracks?.length) return `no voice (${tracks})`;
  const context = new AudioContext();
  const analyser = context.createAnalyser();
  analyser.fftSize = 8192;
  context.createMediaStreamSource(voice).connect(analyser);
  await new Promise(done => setTimeout(done, 700));
  const bins = new Float32Array(analyser.frequencyBinCount);
  analyser.getFloatFrequencyData(bins);
  const top = Math.max(...bins);
  const at = Math.round(bins.indexOf(top) * context.sampleRate / analyser.fftSize);
  const heard = `${at} Hz at ${Math.round(top)} dB, ${context.state}, ${tracks}`;
  await context.close();
  return heard;
}"""


async def status(page: Page, wanted: str) -> None:
    await page.wait_for_selector(f"#desk-bar[data-status={wanted}]")


async def phone_ready(page: Page) -> None:
    await page.wait_for_selector("#desk-phone[data-good=true]:not(:empty)")


async def in_call(office: Office, page: Page) -> Caller:
    """A citizen's call, answered by the key."""
    await status(page, "ready")
    await phone_ready(page)
    call = await place(office.bed, TO_THE_QUEUE)
    await status(page, "ringing")
    await page.wait_for_selector("#call-answer:enabled")
    await page.keyboard.press("F2")
    await status(page, "in_call")
    return call


async def hears(page: Page, hertz: float, share: float = 0.5) -> None:
    """Until this tone is so much of what the agent hears."""
    for _ in range(150):
        if await page.evaluate(HEARS, hertz) > share:
            return
        await asyncio.sleep(0.1)
    raise AssertionError(f"{hertz} Hz is not heard, but {await page.evaluate(LOUDEST)}")


async def grown(bed: Bed, call: Caller, seconds: float) -> None:
    """Until the recording has grown by so much."""
    (file,) = list((bed.settings.state_dir.absolute() / "captures").glob(f"*{call.id}*"))
    size = file.stat().st_size

    async def so() -> bool | None:
        return file.stat().st_size > size + seconds * 2 * 2 * 8000 or None

    await bed.until("some talk", so)


async def asterisk_says_held(bed: Bed, wanted: bool) -> None:
    """Until a server that knows nothing yet would show the first agent so."""

    async def so() -> bool | None:
        snapshot = await take(bed.helpline.live.link)
        state, _ = resync(State(), snapshot, bed.now())
        return agent_view(state, "1001").held is wanted or None

    await bed.until(f"held by Asterisk's word: {wanted}", so)


async def recorded(call: Caller) -> Path:
    """Both voices are in the one recording, each on its side."""
    row = await call.ended()
    assert row["outcome"] == Outcome.AGENT_ANSWERED
    path = await call.recording()
    assert level(path, LEFT, CITIZENS_TONE) > 0.9
    assert level(path, RIGHT, AGENTS_TONE) > 0.02
    assert level(path, LEFT, AGENTS_TONE) < 0.01
    return path


def longest_silence(path: Path, channel: int, *, after: float) -> float:
    """Seconds without sound, after the first seconds."""
    samples, rate = soundfile.read(path, dtype="float32", always_2d=True)
    step = rate // 50
    side = samples[int(after * rate) :, channel]
    quiet = [float(np.abs(side[at : at + step]).max()) < 0.01 for at in range(0, len(side), step)]
    return max((len(list(run)) for is_quiet, run in groupby(quiet) if is_quiet), default=0) / 50


async def complaint(bed: Bed, name: str, text: str) -> str:
    """The number of a complaint of the citizen who calls in these tests."""
    done = await register(
        bed.helpline.pool,
        Registration(
            key=uuid4(), contact=f"+91{CITIZEN}", category=CATEGORY, place=PLACE, text=text,
            citizen_name=name, separate=True,
        ),
        policy=bed.settings.rules,
        now=bed.now(),
        actor="agent:1002",
    )  # fmt: skip
    return done.number


async def out_of_sight(page: Page, *ids: str) -> list[str]:
    """Which of them an agent would have to scroll to, in a window of 1366x768."""
    await page.evaluate("scrollTo(0, 0)")
    missing = []
    for id in ids:
        box = await page.locator(f"#{id}").bounding_box()
        if box is None or box["y"] < 0 or box["y"] + box["height"] > 768:
            missing.append(f"{id}: {box}")
    return missing


async def pick(page: Page, field: str, typed: str, wanted: str) -> None:
    """By keyboard: type, go down, enter."""
    await page.focus(f"#f-{field}")
    await page.keyboard.type(typed)
    await page.wait_for_selector(f"#f-{field}-found li:has-text('{wanted}')")
    await page.keyboard.press("ArrowDown")
    await page.keyboard.press("Enter")
    assert wanted in await page.input_value(f"#f-{field}")


async def back_in_a_new_session(office: Office, page: Page) -> None:
    """The one before ended, they signed in in another tab, and the desk is not loaded anew."""
    await page.click("#desk-out")
    await page.wait_for_selector("#desk-in")
    await page.context.clear_cookies()
    other = await page.context.new_page()
    await other.goto(f"{office.bed.settings.http.origin}/sign-in?next=/account")
    await other.fill("input[name=name]", "sita")
    await other.fill("input[name=password]", PASSWORD)
    await other.click("form.card > button")
    await other.wait_for_selector("form[action='/sign-out']")
    await other.close()
    await page.click("#desk-in")


async def test_an_agent_answers_in_the_browser_registers_and_wraps_up(office: Office) -> None:
    async with office.desk() as page:
        await status(page, "ready")
        await back_in_a_new_session(office, page)
        await status(page, "ready")
        await phone_ready(page)
        await page.wait_for_selector("#day-calls:not(:text-is('–'))", state="attached")
        had_before = int(await page.text_content("#day-calls") or 0)  # in the tests before
        faults = await judge(page, "desk-ready")
        call = await place(office.bed, TO_THE_QUEUE)
        await status(page, "ringing")
        await page.wait_for_selector("#caller:not([hidden])")
        assert await page.text_content("#caller-number") == f"+91{CITIZEN}"
        assert await page.text_content("#caller-queue") == "हेल्पलाइन (हिन्दी)"
        faults += await judge(page, "desk-ringing")
        assert await out_of_sight(page, "call-answer", "caller-number") == []
        await page.wait_for_selector("#call-answer:enabled")
        await page.keyboard.press("F2")
        await status(page, "in_call")
        await hears(page, CITIZENS_TONE)
        await page.fill("#f-citizen_name", "रामलाल")
        await pick(page, "category", "hand pump", "हैंडपंप")
        await pick(page, "place", "Mehroni", "महरौनी")
        await page.fill("#f-text", WORDS)
        faults += await judge(page, "desk-in-call")
        assert await out_of_sight(page, "call-end", "call-emergency", "form-send") == []
        await page.keyboard.press("Control+Enter")
        await page.wait_for_selector("#form-result .number")
        number = await page.text_content("#form-result .number")
        assert re.fullmatch(r"\d{9}", number or "")
        faults += await judge(page, "desk-registered")
        rows = await office.bed.rows(
            "select c.text_hi, z.name from complaint c join citizen z on z.id = c.citizen_id"
            " join complaint_call k on k.complaint_id = c.id"
            " where c.number = $1 and k.call_id = $2",
            number, call.id,
        )  # fmt: skip
        assert [tuple(row) for row in rows] == [(WORDS, "रामलाल")]
        await call.phone.bye()
        await status(page, "wrap_up")
        await page.click("#desk-wrap-more")
        await page.wait_for_selector("#desk-wrap-more:disabled")
        faults += await judge(page, "desk-wrap-up")
        await page.keyboard.press("Shift+F4")
        await status(page, "ready")
        assert int(await page.text_content("#day-calls") or 0) == 1 + had_before
        await recorded(call)
        assert faults == []


async def test_a_known_citizen_is_shown_and_a_duplicate_is_asked_about(office: Office) -> None:
    first = await complaint(office.bed, "रामलाल", "हैंडपंप से पानी नहीं आता।")
    async with office.desk() as page:
        await status(page, "ready")
        await phone_ready(page)
        call = await place(office.bed, TO_THE_QUEUE)
        await status(page, "ringing")
        await page.wait_for_selector(f"#caller-complaints li:has-text('{first}')")
        faults = await judge(page, "desk-known-ringing")
        await page.wait_for_selector("#call-answer:enabled")
        await page.keyboard.press("F2")
        await status(page, "in_call")
        await pick(page, "category", "हैंडपंप", "हैंडपंप")
        await pick(page, "place", "महरौनी", "महरौनी")
        await page.fill("#f-text", WORDS)
        await page.keyboard.press("Control+Enter")
        await page.wait_for_selector(".fault[data-of=citizen]:not([hidden])")
        await page.check("#form-citizens label:has-text('रामलाल') input")
        assert await out_of_sight(page, "call-end", "call-emergency", "form-send") == []
        await page.keyboard.press("Control+Enter")
        await page.wait_for_selector("#form-asks button")
        faults += await judge(page, "desk-duplicate")
        assert await out_of_sight(page, "call-end", "call-emergency", "form-asks") == []
        await page.click(f"#form-asks button:has-text('{first}')")
        await page.wait_for_selector("#form-result .number")
        assert await page.text_content("#form-result .number") == first
        await call.phone.bye()
        await call.ended()
        await status(page, "wrap_up")
        await page.click("#desk-wrap-end")
        assert faults == []


async def test_hold_mute_and_an_emergency_in_one_click(office: Office) -> None:
    async with office.desk() as page:
        call = await in_call(office, page)
        await grown(office.bed, call, 1)
        await page.keyboard.press("F8")
        await page.wait_for_selector("#call-hold[aria-pressed=true]")
        await page.keyboard.press("F8")  # at once, while the hold is still being agreed on
        await page.wait_for_selector("#call-hold[aria-pressed=false]")
        await hears(page, CITIZENS_TONE)
        await asterisk_says_held(office.bed, False)
        await page.keyboard.press("F8")
        await asterisk_says_held(office.bed, True)
        await page.keyboard.press("F8")
        await asterisk_says_held(office.bed, False)
        await page.keyboard.press("F4")
        await page.wait_for_selector("#call-mute[aria-pressed=true]")
        await page.keyboard.press("F4")
        emergency = await office.bed.line.expect(
            Answer((Say(tone(EMERGENCY_TONE, 60)),), ring=0.1), times=1
        )
        await page.click("#call-emergency")
        await hears(page, EMERGENCY_TONE, 0.1)  # beside the citizen's
        await page.reload()  # the two others talk on, and the agent comes back to them
        await page.wait_for_selector("#call-hold:enabled")
        await hears(page, EMERGENCY_TONE, 0.1)
        await page.keyboard.press("F9")
        await status(page, "wrap_up")
        assert (await call.row())["ended_at"] is None  # the citizen and the service talk on
        await call.phone.bye()
        await emergency.wait()
        path = await recorded(call)
        assert level(path, RIGHT, EMERGENCY_TONE) > 0.02
        actions = await office.bed.rows(
            "select action from desk_action where call_id = $1 order by id", call.id
        )
        assert [row["action"] for row in actions] == [
            "hold", "unhold", "hold", "unhold", "mute", "unmute", "conference", "softphone_lost",
            "hang_up",
        ]  # fmt: skip
        await page.click("#desk-wrap-end")


async def test_the_recording_is_paused_for_what_nobody_is_to_hear(office: Office) -> None:
    pauses = """select resumed_at is null as stands from recording_pause p
                join recording r on r.id = p.recording_id
                where r.call_id = $1 order by p.paused_at"""
    async with office.desk() as page:
        call = await in_call(office, page)
        await grown(office.bed, call, 1)
        await page.click("#call-record")
        await page.wait_for_selector("#call-unrecorded:visible")
        await page.reload()
        await page.wait_for_selector("#call-record[aria-pressed=true]")
        assert [row["stands"] for row in await office.bed.rows(pauses, call.id)] == [True]
        await page.wait_for_selector("#call-hold:enabled")
        await page.click("#call-record")
        await page.wait_for_selector("#call-record[aria-pressed=false]")
        assert await page.is_hidden("#call-unrecorded")
        assert [row["stands"] for row in await office.bed.rows(pauses, call.id)] == [False]
        await page.keyboard.press("F9")
        await status(page, "wrap_up")
        await page.click("#desk-wrap-end")


async def test_a_reload_in_the_call_does_not_end_it_and_brings_the_draft_back(
    office: Office,
) -> None:
    async with office.desk() as page:
        call = await in_call(office, page)
        await page.fill("#f-text", WORDS)
        await page.wait_for_selector("#form-saved:not(:empty)")
        await grown(office.bed, call, 1)
        header = page.locator("header.site button")
        for button in await header.all():
            await expect(button).to_be_disabled()
        await stays_where_it_was(page)
        for _ in range(2):
            await page.reload()  # a person is asked whether they want that; here they do
            await page.wait_for_selector("#call[data-state=in_call]")
            await page.wait_for_selector("#call-hold:enabled")
            await hears(page, CITIZENS_TONE)
        assert await page.input_value("#f-text") == WORDS
        assert await page.text_content("#caller-number") == f"+91{CITIZEN}"
        await grown(office.bed, call, 2)
        await page.keyboard.press("F9")
        path = await recorded(call)
        assert Prompt.PLEASE_WAIT in heard(path)
        await status(page, "wrap_up")
        for button in await header.all():
            await expect(button).to_be_enabled()
        await page.click("#desk-wrap-end")


async def stays_where_it_was(page: Page) -> None:
    """After a click that would lead away from the citizen: the agent is asked, and says no."""
    asked = asyncio.Event()

    async def no(dialog: Dialog) -> None:
        assert dialog.type == "beforeunload"
        await dialog.dismiss()
        asked.set()

    page.once("dialog", no)
    await page.click("header.site .brand a")
    async with asyncio.timeout(20):
        await asked.wait()
    await hears(page, CITIZENS_TONE)
    await status(page, "in_call")


async def test_while_the_agent_is_heard_a_lost_page_moves_nobody(office: Office) -> None:
    recovery = office.bed.helpline.live.recovery
    async with office.desk() as page:
        call = await in_call(office, page)
        before, away = recovery.kept, recovery.away
        try:
            recovery.away = lambda _agent: True
            await grown(office.bed, call, 8)
        finally:
            recovery.away = away
        assert recovery.kept == before
        await page.keyboard.press("F9")
        path = await recorded(call)
        assert Prompt.PLEASE_WAIT not in heard(path)


async def test_sockets_that_are_cut_for_a_while_leave_the_call_as_it_is(office: Office) -> None:
    """Both, the page's and SIP's, with the sound going on."""
    recovery = office.bed.helpline.live.recovery
    async with office.desk() as page:
        call = await in_call(office, page)
        before = recovery.kept
        await page.context.set_offline(True)
        await status(page, "offline")
        await grown(office.bed, call, 8)
        await page.context.set_offline(False)
        await status(page, "in_call")
        await phone_ready(page)
        await hears(page, CITIZENS_TONE)
        assert recovery.kept == before
        await page.keyboard.press("F9")
        path = await recorded(call)
        assert Prompt.PLEASE_WAIT not in heard(path)


async def test_passwords_that_come_and_go_do_not_touch_calls(office: Office) -> None:
    """Each is a reload of Asterisk's SIP, with a call up."""
    softphones = office.bed.helpline.live.softphones
    async with office.desk() as page:
        call = await in_call(office, page)
        before = softphones.published
        for _ in range(8):
            await softphones.issue("1002")
            softphones.revoke("1002")
        assert softphones.published >= before + 8
        await hears(page, CITIZENS_TONE)
        await grown(office.bed, call, 1)
        await page.keyboard.press("F9")
        path = await recorded(call)
        assert heard(path)[-1] != Prompt.PLEASE_WAIT
        assert longest_silence(path, RIGHT, after=3.0) < 0.3


async def test_a_password_dies_with_the_sign_out(office: Office) -> None:
    softphones = office.bed.helpline.live.softphones
    given = await softphones.issue("1002")
    phone = office.bed.agent_phone(1)
    await phone.register("1002", given["password"])
    newer = await softphones.issue("1002")
    with pytest.raises(PhoneError):
        await phone.register("1002", given["password"])
    await phone.register("1002", newer["password"])
    async with office.desk("mohan") as page:
        await phone_ready(page)
        assert "1002" in softphones.given
        await page.click("#desk-out")
        await page.wait_for_selector("#desk-in")
        await page.context.clear_cookies()  # their session is over, too
        await page.click("#desk-in")
        await page.wait_for_url("**/sign-in?next=*")
    assert "1002" not in softphones.given

    async def refused() -> bool | None:
        try:
            await phone.register("1002", newer["password"])
        except PhoneError:
            return True
        return None

    await office.bed.until("the password to be void", refused)


async def test_the_desk_in_english_by_keyboard_with_help_and_a_pause(office: Office) -> None:
    async with office.desk("mohan") as page:
        await status(page, "ready")
        await page.keyboard.press("Shift+F2")
        await status(page, "paused")
        await page.fill("#help-text", "Which department is this?")
        await page.keyboard.press("Enter")
        await page.wait_for_selector("#help-log li.own:has-text('Which department')")
        faults = await judge(page, "desk-paused-en")
        reached = set()
        for _ in range(40):
            await page.keyboard.press("Tab")
            reached.add(await page.evaluate("document.activeElement.id"))
        assert reached >= {"desk-ready", "desk-out", "f-category", "f-place", "f-text", "help-text"}
        await page.keyboard.press("Shift+F2")
        await status(page, "ready")
        await refused_by_a_newer_server(page, "The server did not take it.")
        assert faults == []


async def refused(page: Page, told: str) -> None:
    """As if the wrap-up had ended while the button was clicked."""
    await page.evaluate("document.getElementById('desk-wrap-end').click()")
    await page.wait_for_selector(f"#desk-said:has-text('{told}')", timeout=20_000)


async def refused_by_a_newer_server(page: Page, told: str) -> None:
    """With a code that this page's texts do not have."""
    await page.add_init_script(newer_code("no_wrap_up"))
    await page.reload()
    await status(page, "ready")
    await refused(page, told)


async def test_a_refusal_is_said_in_hindi_also_one_that_the_page_does_not_know(
    office: Office,
) -> None:
    async with office.desk() as page:
        await status(page, "ready")
        await refused(page, "कॉल के बाद का कार्य अभी नहीं चल रहा।")
        await refused_by_a_newer_server(page, "सर्वर ने इसे नहीं लिया।")


async def test_without_network_the_citizen_waits_and_is_connected_again(office: Office) -> None:
    async with office.desk() as page:
        call = await in_call(office, page)
        await page.close()
        recovery = office.bed.helpline.live.recovery

        async def waits() -> bool | None:
            return recovery.kept > before or None

        before = recovery.kept
        await office.bed.until("the citizen to be kept", waits, 40)
        again = await page.context.new_page()
        await again.goto(f"{office.bed.settings.http.origin}/desk")
        await status(again, "in_call")
        await hears(again, CITIZENS_TONE)
        assert (await call.row())["ended_at"] is None
        await again.keyboard.press("F9")
        await recorded(call)
        await status(again, "wrap_up")  # the next test finds nobody in it
        await again.click("#desk-wrap-end")
        await again.click("#desk-out")
        await again.wait_for_selector("#desk-in")
