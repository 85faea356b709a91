"""What helps an agent while they talk: last calls, scripts, schemes, what nobody is to hear."""

import asyncio
import re

import pytest
import pytest_asyncio
from playwright.async_api import Page

from complaints.guidance import answers
from complaints.guidance.importer import import_guidance
from complaints.guidance.layouts import GuidanceKind
from complaints.reference import load as load_reference
from helpline.guidance_commands import sample_file
from helpline.lab.bed import Bed
from tests.desk.conftest import Office
from tests.desk.test_desk_browser import grown, in_call, phone_ready, pick, status
from tests.desk.test_desk_page import OUT_OF_SCOPE
from tests.desk.wire import Message, Wire
from tests.system.callers import TO_THE_QUEUE, place
from tests.web.test_browser import judge

SCHEMES = """\
code,name_hi,name_en,who_hi,who_en,how_hi,how_en,documents_hi,documents_en,where_hi,where_en,category
old-age,वृद्धावस्था पेंशन,Old age pension,साठ वर्ष से ऊपर,Over sixty,पोर्टल पर आवेदन करें,Apply online,\
आयु का प्रमाण,Proof of age,समाज कल्याण कार्यालय,Social welfare office,handpump
ration,राशन कार्ड,Ration card,पात्र परिवार,Poor families,जन सेवा केंद्र से,At a centre,आधार,Aadhaar,\
पूर्ति कार्यालय,Supply office,
"""
FIELDS = """\
code,category,name_hi,name_en,sensitive,position,pattern
pump-mark,handpump,हैंडपंप का चिह्न,Mark on the pump,no,1,
aadhaar-4,handpump,आधार के अंतिम चार अंक,Last four digits of Aadhaar,yes,2,[0-9]{4}
account,handpump,बैंक खाता संख्या,Bank account,yes,3,
"""
END_THE_LINK = """() => {
  const voice = document.getElementById("past-voice");
  voice.src = voice.src.replace(/expires=\\d+/, "expires=1");
  voice.play().catch(() => {});
}"""
PAUSES = """select p.why, p.resumed_by from recording_pause p
            join recording r on r.id = p.recording_id where r.call_id = $1 order by p.paused_at"""

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(180)]


async def bring(bed: Bed, kind: GuidanceKind, csv: str) -> None:
    report = await import_guidance(
        bed.helpline.pool, kind, [("a.csv", csv.encode())], by="operator:test", now=bed.now()
    )
    assert report.written, report.faults


@pytest_asyncio.fixture(loop_scope="session")
async def guided(office: Office) -> Office:
    """Scripts of the sample, two schemes, fields of the one category."""
    _, scripts = sample_file(GuidanceKind.SCRIPTS)
    for kind, csv in (
        (GuidanceKind.SCHEMES, SCHEMES),
        (GuidanceKind.SCRIPTS, scripts.decode()),
        (GuidanceKind.FIELDS, FIELDS),
    ):
        await bring(office.bed, kind, csv)
    return office


async def somebody_new(page: Page) -> None:
    if await page.is_visible("#form-citizens input[value='']"):
        await page.check("#form-citizens input[value='']")


async def wrapped_up(page: Page) -> None:
    await page.keyboard.press("F9")
    await status(page, "wrap_up")
    await page.click("#desk-wrap-end")
    await status(page, "ready")


async def stored(bed: Bed, call: object) -> None:
    """Until the call's recording lies in the store."""

    async def so() -> bool | None:
        rows = await bed.rows("select state from recording where call_id = $1", call)
        return (bool(rows) and all(row["state"] == "stored" for row in rows)) or None

    await bed.until("the recording to be stored", so, 30)


async def kept_draft(bed: Bed, call: object, part: str) -> str | None:
    """The draft of this call, once it has `part` in it."""
    rows = await bed.rows("select form::text as form from call_draft where call_id = $1", call)
    return str(rows[0]["form"]) if rows and part in rows[0]["form"] else None


async def so(page: Page, expression: str) -> None:
    """Until it is true. (Waiting within the page needs `eval`, which its policy forbids.)"""
    for _ in range(200):
        if await page.evaluate(expression):
            return
        await asyncio.sleep(0.1)
    raise AssertionError(expression)


async def test_the_last_call_is_heard_on_hold_and_stops_when_the_citizen_is_heard(
    office: Office,
) -> None:
    bed = office.bed
    async with office.desk("mohan") as page:  # in English
        first = await in_call(office, page)
        await somebody_new(page)
        # By a name: else a later test's citizen without one, of this number, has this open already.
        await page.fill("#f-citizen_name", "हरिराम")
        await pick(page, "category", "hand pump", "Hand pump")
        await pick(page, "place", "Mehroni", "Mehroni")
        await page.fill("#f-text", "हैंडपंप से पानी नहीं आता।")
        await page.keyboard.press("Control+Enter")
        told = await page.text_content("#form-result:has(.number)") or ""
        assert "BDO, Mehroni" in told
        assert not re.search("[\u0900-\u097f]", told)
        await grown(bed, first, 4)
        await wrapped_up(page)
        await stored(bed, first.id)
    async with office.desk() as page:  # another agent
        await status(page, "ready")
        await phone_ready(page)
        second = await place(bed, TO_THE_QUEUE)
        await status(page, "ringing")
        await page.wait_for_selector("#caller-calls button")
        await page.keyboard.press("F2")
        await status(page, "in_call")
        await page.click("#caller-calls li:first-child button")
        await page.wait_for_selector("#desk-said:has-text('होल्ड')")
        assert await page.is_hidden("#past")
        await page.keyboard.press("F8")
        await page.wait_for_selector("#call-hold[aria-pressed=true]")
        await page.click("#caller-calls li:first-child button")
        await so(page, "document.getElementById('past-voice').currentTime > 0.3")
        faults = await judge(page, "desk-last-call")
        await page.keyboard.press("F8")
        await so(page, "document.getElementById('past-voice').paused")
        accesses = await bed.rows(
            "select a.audience, a.reason from recording_access a"
            " join recording r on r.id = a.recording_id where r.call_id = $1", first.id,
        )  # fmt: skip
        assert {row["reason"] for row in accesses} == {
            f"the citizen's last calls, in call {second.id}"
        }
        assert all(row["audience"].startswith("user:") for row in accesses)
        await page.keyboard.press("F9")
        await status(page, "wrap_up")  # who writes up may hear them too
        await page.click("#caller-calls li:first-child button")
        await so(page, "!document.getElementById('past-voice').paused")
        await so(page, "document.getElementById('past-voice').currentTime > 0.3")
        await _links_that_fail(page)
        await page.click("#desk-wrap-end")
        await status(page, "ready")
        link = await page.evaluate("document.getElementById('past-voice').src")
        gone = await page.evaluate("async url => (await fetch(url)).status", link)
        assert gone == 403  # they speak with the citizen no more
        await page.evaluate(END_THE_LINK)
        await page.wait_for_selector("#desk-said:has-text('केवल नागरिक से बात करते समय')")
        assert await page.is_hidden("#past")
        assert faults == []


async def _links_that_fail(page: Page) -> None:
    """One that has ended is made anew and heard on; without a network that is said."""
    await page.evaluate(END_THE_LINK)
    await so(page, "!/expires=1(&|$)/.test(document.getElementById('past-voice').src)")
    await so(page, "!document.getElementById('past-voice').paused")
    await so(page, "document.getElementById('past-voice').currentTime > 0.3")
    await page.route("**/listen", lambda route: route.abort())
    await page.evaluate(END_THE_LINK)
    await page.wait_for_selector("#desk-said:has-text('सर्वर से संपर्क नहीं है')")
    assert await page.is_hidden("#past")
    await page.unroute("**/listen")
    await page.click("#caller-calls li:first-child button")
    await so(page, "document.getElementById('past-voice').currentTime > 0.3")


async def test_what_the_server_finds_wrong_is_said_in_hindi(office: Office) -> None:
    async with office.desk() as page:
        await in_call(office, page)
        await somebody_new(page)
        await page.fill("#f-category", "कुछ भी")
        await page.fill("#f-contact", "12")
        await page.fill("#f-text", "पानी नहीं")
        await page.keyboard.press("Control+Enter")
        await page.wait_for_selector(".fault:not([hidden])")
        said = await page.locator(".fault:not([hidden]), #desk-said").all_text_contents()
        assert said
        assert not [one for one in said if re.search("[A-Za-z]", one)]
        faults = await judge(page, "desk-faults")
        await wrapped_up(page)
        assert faults == []


async def test_a_scheme_is_found_by_its_sound_and_told_in_one_click(guided: Office) -> None:
    async with guided.desk() as page:
        await page.wait_for_selector("#script:has-text('नमस्कार')")
        call = await in_call(guided, page)
        await somebody_new(page)
        await page.keyboard.press("F7")
        await page.wait_for_selector("#scheme-found li:has-text('राशन कार्ड')")
        await page.keyboard.type("vridha penshan")
        await page.wait_for_selector("#scheme-found li:has-text('वृद्धावस्था')")
        await so(page, "document.querySelectorAll('#scheme-found li').length === 1")
        await page.keyboard.press("Enter")
        await page.wait_for_selector("#scheme:has-text('समाज कल्याण कार्यालय')")
        faults = await judge(page, "desk-scheme")
        await page.click("#guide-language")
        await page.wait_for_selector("#scheme:has-text('Social welfare office')")
        assert await page.get_attribute("#script", "lang") == "en"
        await page.click("#scheme button.go")
        await page.wait_for_selector("#form-result .number")
        number = await page.text_content("#form-result .number")
        faults += await judge(page, "desk-scheme-told")
        [row] = await guided.bed.rows(
            "select c.kind, c.state, s.scheme, s.version, e.text, h.reason from complaint c"
            " join complaint_scheme s on s.complaint_id = c.id"
            " join complaint_end e on e.complaint_id = c.id"
            " join complaint_history h on h.complaint_id = c.id where c.number = $1", number,
        )  # fmt: skip
        assert (row["kind"], row["state"], row["scheme"], row["version"]) == (
            "information", "answered", "old-age", 1,
        )  # fmt: skip
        assert row["text"].startswith("वृद्धावस्था पेंशन: पात्र – साठ वर्ष से ऊपर। आवेदन – ")
        assert row["reason"] == row["text"]
        await wrapped_up(page)
        assert (await call.row())["outcome"] == "agent_answered"
        assert faults == []


def speaks_english(message: Message) -> Message | None:
    """As for a citizen who chose English."""
    return message | {"language": "en"} if message["type"] == "pop" else message


async def test_who_speaks_english_is_told_advice_and_schemes_in_english(guided: Office) -> None:
    await load_reference(guided.bed.helpline.pool, OUT_OF_SCOPE)
    wire = Wire()
    wire.change = speaks_english
    async with guided.desk() as page:
        await wire.between(page)
        await page.reload()
        await in_call(guided, page)
        await somebody_new(page)
        await pick(page, "category", "न्यायालय", "न्यायालय")
        await page.wait_for_selector("#form-advice:has-text('Go to legal aid')")
        await page.fill("#f-category", "")
        await pick(page, "category", "सूचना", "सूचना का अधिकार")
        await page.wait_for_selector("#form-advice:has-text('सूचना अधिकारी से मिलें')")
        await page.fill("#f-category", "")
        await page.keyboard.press("F7")
        await page.keyboard.type("vridha penshan")
        await page.click("#scheme-found li:has-text('वृद्धावस्था') button")
        await page.click("#scheme button.go")
        await page.wait_for_selector("#form-result .number")
        [told] = await guided.bed.rows("select text from complaint_end order by at desc limit 1")
        assert told["text"].startswith("Old age pension: Who – Over sixty. How – Apply online.")
        await wrapped_up(page)


async def limit_comes(bed: Bed, call: object) -> None:
    """The pause's time is over, and it is recorded again."""
    await bed.helpline.pool.execute(
        "update recording_pause set limit_at = paused_at + interval '1 millisecond'"
        " where resumed_at is null"
    )

    async def resumed() -> bool | None:
        return (await bed.rows(PAUSES, call))[-1]["resumed_by"] == "limit" or None

    await bed.until("the recording to go on", resumed)


async def test_nothing_is_recorded_while_a_sensitive_field_is_typed(guided: Office) -> None:
    bed = guided.bed
    async with guided.desk() as page:
        call = await in_call(guided, page)
        await grown(bed, call, 1)
        await somebody_new(page)
        await page.fill("#f-citizen_name", "सुमन")
        await pick(page, "category", "hand pump", "हैंडपंप")
        await page.wait_for_selector("#f-more-account")
        await page.fill("#f-more-pump-mark", "HP-17")
        await page.focus("#f-more-aadhaar-4")
        await page.wait_for_selector("#call-unrecorded:visible:has-text('आधार')")
        await so(page, "!document.getElementById('f-more-aadhaar-4').readOnly")
        await page.keyboard.type("12")
        faults = await judge(page, "desk-sensitive")
        await page.keyboard.press("Tab")  # to the other one: it stays paused
        await so(page, "!document.getElementById('f-more-account').readOnly")
        await limit_comes(bed, call.id)  # and the page, whose clock may be slow, has not seen it
        await page.focus("#f-more-aadhaar-4")
        await so(page, "!document.getElementById('f-more-aadhaar-4').readOnly")
        assert [row["resumed_by"] for row in await bed.rows(PAUSES, call.id)] == ["limit", None]
        await page.focus("#f-more-account")
        await so(page, "!document.getElementById('f-more-account').readOnly")
        await page.keyboard.type("00112233")
        await page.focus("#f-text")
        await page.wait_for_selector("#call-unrecorded", state="hidden")
        await pick(page, "place", "Mehroni", "महरौनी")
        await page.fill("#f-text", "पानी नहीं आता।")
        await page.keyboard.press("Control+Enter")
        await page.wait_for_selector(".fault[data-of='fields.aadhaar-4']:not([hidden])")
        draft = await bed.until("the draft to be kept", lambda: kept_draft(bed, call.id, "HP-17"))
        assert "00112233" not in draft
        await page.focus("#f-more-aadhaar-4")
        await so(page, "!document.getElementById('f-more-aadhaar-4').readOnly")
        await page.keyboard.press("Control+A")
        await page.keyboard.type("1234")
        await page.keyboard.press("Control+Enter")
        await page.wait_for_selector("#form-result .number")
        number = await page.text_content("#form-result .number") or ""
        await page.wait_for_selector("#call-unrecorded", state="hidden")
        assert await page.input_value("#f-more-account") == ""
        paused = await bed.rows(PAUSES, call.id)
        assert [row["resumed_by"] for row in paused] == ["limit", "agent:1001", "agent:1001"]
        assert all(row["why"].startswith("संवेदनशील प्रविष्टि: आधार") for row in paused)
        kept = await bed.rows(
            "select f.field, f.value, f.sealed from complaint_field f join complaint c"
            " on c.id = f.complaint_id where c.number = $1 order by f.field", number,
        )  # fmt: skip
        assert [(row["field"], row["value"]) for row in kept] == [
            ("aadhaar-4", None), ("account", None), ("pump-mark", "HP-17"),
        ]  # fmt: skip
        assert b"00112233" not in kept[1]["sealed"]
        opened = await answers.opened(
            bed.helpline.pool, bed.helpline.vault.keys, answers.operator("test"), number,
            "the test", bed.now(),
        )  # fmt: skip
        assert {one.value for one in opened} == {"1234", "00112233", "HP-17"}
        await wrapped_up(page)
        assert faults == []


async def test_the_limit_ends_the_pause_of_a_field_whose_agent_has_no_network(
    guided: Office,
) -> None:
    bed = guided.bed
    async with guided.desk() as page:
        call = await in_call(guided, page)
        await pick(page, "category", "hand pump", "हैंडपंप")
        await page.wait_for_selector("#f-more-account")
        await page.focus("#f-more-account")
        await page.wait_for_selector("#call-unrecorded:visible")
        await page.context.set_offline(True)
        await status(page, "offline")
        await limit_comes(bed, call.id)
        await grown(bed, call, 1)
        await page.context.set_offline(False)
        await status(page, "in_call")
        await page.wait_for_selector("#call-unrecorded:visible")  # they are still in the field
        await page.focus("#f-text")
        await page.wait_for_selector("#call-record[aria-pressed=false]")
        paused = await bed.rows(PAUSES, call.id)
        assert [row["resumed_by"] for row in paused] == ["limit", "agent:1001"]
        await phone_ready(page)
        await wrapped_up(page)


async def test_a_reloaded_page_ends_the_pause_of_its_field(guided: Office) -> None:
    async with guided.desk() as page:
        call = await in_call(guided, page)
        await pick(page, "category", "hand pump", "हैंडपंप")
        await page.wait_for_selector("#f-more-account")
        await page.focus("#f-more-account")
        await page.wait_for_selector("#call-unrecorded:visible")
        await page.reload()
        await page.wait_for_selector("#call-hold:enabled")

        async def resumed() -> bool | None:
            [row] = await guided.bed.rows(PAUSES, call.id)
            return row["resumed_by"] == "agent:1001" or None

        await guided.bed.until("the recording to go on", resumed)
        await wrapped_up(page)
