"""Calls and recordings: found within queues, heard with a right and a reason, written down."""

import asyncio
import io
import json
import re
import zipfile
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest
from playwright.async_api import Browser, Page, expect
from pypdf import PdfReader

from access.grants import grant
from access.passwords import Passwords
from access.rights import Grant, Role, Scope
from db.pool import Pool
from helpline.clock import ManualClock
from tests.access.people import BY
from tests.complaints.world import World
from tests.supervisor.site import Centre, centre
from tests.supervisor.tapes import Tapes
from tests.web.site import Client
from tests.web.test_browser import judge_both, new_page, sign_in

pytestmark = pytest.mark.timeout(180)
_SOURCE = re.compile(r'<audio [^>]*src="([^"]+)"')


async def signed_in(
    hall: Centre, role: Role, scope: Scope | None = None, *besides: Role, **fields: str
) -> Client:
    name = f"person-{len(hall.site.clients)}"
    people = hall.site.people
    user = await people.add(name, role, scope or Scope(), language="en", **fields)
    for more in besides:
        await grant(people.pool, user.id, Grant(more), BY, people.clock())
    client = hall.site.client()
    await client.get("/sign-in")
    await client.sign_in(name)
    return client


def source(client: Client) -> str:
    found = _SOURCE.search(client.last)
    assert found is not None, client.last
    return found[1].replace("&amp;", "&")


async def test_however_often_it_is_loaded_anew_the_list_leaves_connections_to_calls(
    archive: Centre, monkeypatch: pytest.MonkeyPatch
) -> None:
    now, most, four = 0, 0, asyncio.Event()

    async def slow(*_: object) -> list[object]:
        nonlocal now, most
        now += 1
        most = max(most, now)
        if now == 4:
            four.set()
        await four.wait()
        await asyncio.sleep(0.05)  # a fifth, were it let in, would be here by now
        now -= 1
        return []

    monkeypatch.setattr("cti.supervisor.call_list._found", slow)
    client = await signed_in(archive, Role.SUPERVISOR)
    async with asyncio.timeout(60):
        await asyncio.gather(*[client.get("/calls") for _ in range(12)])
    assert (now, most) == (0, 4)


async def listen(client: Client, call: UUID, recording: UUID, reason: str) -> int:
    answer = await client.post(f"/calls/{call}/recordings/{recording}/listen", reason=reason)
    return answer.status


async def test_a_recording_is_heard_in_the_browser_with_a_reason(
    archive: Centre, tapes: Tapes, browser: Browser
) -> None:
    call, recording = await tapes.talked()
    await tapes.copied()
    await tapes.paused(recording)
    kavita = await archive.site.people.add("kavita", Role.SUPERVISOR, language="hi")
    page = await new_page(browser)
    await sign_in(page, archive.site, "kavita")
    await page.goto(archive.site.origin + "/calls")
    assert await judge_both(page, archive.pool, "calls") == []
    await page.click("tbody a")
    await page.fill(f"#l-{recording}", "नागरिक की शिकायत की जाँच")
    await page.click(".recording button:has-text('सुनें')")
    await page.wait_for_selector("audio", state="attached")  # the player hides it
    await expect(page.locator(".wave path")).to_have_count(2, timeout=20_000)
    await expect(page.locator(".wave .gap")).to_have_count(1)
    await expect(page.locator(".gaps li")).to_contain_text("0:01")
    await expect(page.locator(".gaps li")).to_contain_text("आधार संख्या")
    assert await judge_both(page, archive.pool, "playback") == []
    await page.focus(".wave")
    for key, at in (
        ("End", "0:04"),
        ("Home", "0:00"),
        ("ArrowRight", "0:04"),
        ("PageDown", "0:00"),
    ):
        await page.keyboard.press(key)
        await expect(page.locator(".player .time")).to_contain_text(f"0:04 में से {at}")
    await page.keyboard.press(">")
    assert await page.evaluate("document.querySelector('audio').playbackRate") == 1.25
    await page.keyboard.press("Space")
    await expect(page.locator("button[value=play]")).to_contain_text("रोकें", timeout=20_000)
    await page.keyboard.press("Space")
    await expect(page.locator("button[value=play]")).to_contain_text("चलाएँ")
    await page.select_option("[name=sides]", "0")
    await page.wait_for_function("document.querySelector('audio').duration > 3", timeout=20_000)
    played = await page.evaluate(
        """async () => { const a = document.querySelector('audio'); a.muted = true;
        await a.play(); await new Promise(r => a.ontimeupdate = () => a.currentTime > .3 && r());
        a.currentTime = 2.5; await new Promise(r => a.onseeked = r); return a.currentTime; }"""
    )
    assert played >= 2.5
    rows = await archive.pool.fetch("select * from recording_access")
    assert {(row["audience"], row["reason"]) for row in rows} == {
        (f"user:{kavita.id}", "नागरिक की शिकायत की जाँच")
    }
    assert str(call) in page.url


_SEEK = """second => { const a = document.querySelector('audio'); a.muted = true;
a.currentTime = second; }"""
_HEARD = """() => { const a = document.querySelector('audio');
return a.error || a.seeking || a.readyState < 2 ? 0 : a.currentTime; }"""


async def until_heard(page: Page, second: float) -> None:
    async with asyncio.timeout(40):
        while await page.evaluate(_HEARD) < second:
            await asyncio.sleep(0.2)


async def long_recording(archive: Centre, tapes: Tapes, page: Page) -> UUID:
    """More sound than a browser fetches ahead, on the page of its call; played from its begin."""
    call, recording = await tapes.talked(seconds=600.0)
    await archive.site.people.add("kavita", Role.SUPERVISOR, language="hi")
    await sign_in(page, archive.site, "kavita")
    await page.goto(f"{archive.site.origin}/calls/{call}")
    await page.fill(f"#l-{recording}", "जाँच")
    await page.click(".recording button:has-text('सुनें')")
    await expect(page.locator(".wave path")).to_have_count(2, timeout=60_000)
    async with asyncio.timeout(20):
        while not await page.evaluate("() => document.querySelector('audio').duration > 500"):
            await asyncio.sleep(0.2)
    return recording


async def test_a_link_that_ends_while_it_is_heard_is_renewed_for_the_same_reason(
    archive: Centre, tapes: Tapes, browser: Browser
) -> None:
    page = await new_page(browser)
    recording = await long_recording(archive, tapes, page)
    before = await page.get_attribute("audio", "src")
    archive.site.clock.advance(timedelta(minutes=31))
    await page.evaluate(_SEEK, 500)
    await until_heard(page, 500)
    assert await page.get_attribute("audio", "src") != before
    beyond = await page.evaluate(
        """async () => { const link = document.querySelector('audio').src;
        const answer = await fetch(link, {headers: {Range: "bytes=999999999-"}});
        return [answer.status, answer.headers.get("Content-Range").slice(0, 8)]; }"""
    )
    assert beyond == [416, "bytes */"]
    await page.click("button[value=play]")
    await until_heard(page, 501.8)
    assert await page.inner_text(".player-said") == ""
    rows = await archive.pool.fetch("select * from recording_access")
    assert {row["reason"] for row in rows} == {"जाँच"}
    assert {row["recording_id"] for row in rows} == {recording}
    archive.site.clock.advance(timedelta(minutes=31))
    await archive.pool.execute("update role_grant set revoked_at = now()")
    await page.evaluate(_SEEK, 200)
    await expect(page.locator(".player-said")).to_contain_text("कारण फिर लिखें", timeout=30_000)


async def test_only_ones_own_link_is_renewed_and_not_for_ever(
    archive: Centre, tapes: Tapes
) -> None:
    call, recording = await tapes.talked()
    client = await signed_in(archive, Role.SUPERVISOR)
    assert await listen(client, call, recording, "check") == 200
    link = source(client)
    archive.site.clock.advance(timedelta(minutes=31))
    renewed = await client.post("/recordings/renew", link=link)
    assert renewed.status == 200
    new = json.loads(client.last)["url"]
    ranged = {"Range": "bytes=999999999-"}
    assert (await client.http.get(archive.site.origin + new, headers=ranged)).status == 416
    assert (await client.http.get(archive.site.origin + new)).status == 200
    spoilt = ("", "/recordings/x", link.replace("check", "other"), link.replace("s=1", "s=2"))
    for forged in spoilt:
        assert (await client.post("/recordings/renew", link=forged)).status == 403, forged
    other = await signed_in(archive, Role.SUPERVISOR)
    assert (await other.post("/recordings/renew", link=link)).status == 403
    archive.site.clock.advance(timedelta(hours=12))
    await client.get("/sign-in")
    await client.sign_in("person-0")
    assert (await client.post("/recordings/renew", link=link)).status == 403


async def test_no_reason_no_recording(archive: Centre, tapes: Tapes) -> None:
    call, recording = await tapes.talked()
    client = await signed_in(archive, Role.SUPERVISOR)
    assert await listen(client, call, recording, "  ") == 400
    assert "<audio" not in client.last
    assert await archive.pool.fetchval("select count(*) from recording_access") == 0


async def test_a_link_ends_with_the_right(archive: Centre, tapes: Tapes) -> None:
    call, recording = await tapes.talked()
    client = await signed_in(archive, Role.SUPERVISOR)
    assert await listen(client, call, recording, "check") == 200
    link = source(client)
    stranger = archive.site.client()  # the link is for who holds it, and is logged by its owner
    part = await stranger.http.get(archive.site.origin + link, headers={"Range": "bytes=0-99"})
    assert (part.status, len(await part.read())) == (206, 100)
    await archive.pool.execute("update role_grant set revoked_at = now()")
    assert (await stranger.get(link)).status == 403


async def test_a_link_is_over_after_half_an_hour(archive: Centre, tapes: Tapes) -> None:
    call, recording = await tapes.talked()
    client = await signed_in(archive, Role.SUPERVISOR)
    assert await listen(client, call, recording, "check") == 200
    link = source(client)
    peaks = link.replace("?", "/peaks?")
    archive.site.clock.advance(timedelta(minutes=29, seconds=58))
    for path in (link, peaks):
        assert (await client.http.get(archive.site.origin + path)).status == 200
    archive.site.clock.advance(timedelta(seconds=3))
    for path in (link, peaks):
        assert (await client.get(path)).status == 403
    accesses = await archive.pool.fetchval("select count(*) from recording_access")
    assert accesses == 1


async def test_a_link_is_for_its_person_recording_and_reason_alone(
    archive: Centre, tapes: Tapes
) -> None:
    call, recording = await tapes.talked()
    _, other = await tapes.talked()
    client = await signed_in(archive, Role.SUPERVISOR)
    assert await listen(client, call, recording, "check") == 200
    link = source(client)
    second = await archive.site.people.add("second", Role.SUPERVISOR)
    person = re.search(r"audience=([^&]+)", link)
    assert person is not None
    for changed in (
        link.replace(str(recording), str(other)),
        link.replace(person[1], f"user%3A{second.id}"),
        link.replace("reason=check", "reason=other"),
        re.sub(r"expires=\d+", "expires=99999999999", link),
    ):
        assert changed != link
        assert (await client.get(changed)).status == 403
    # Whoever else has it plays it under its owner's name, until the owner may not hear any more.
    stranger = archive.site.client()
    assert (await stranger.http.get(archive.site.origin + link)).status == 200
    owners = await archive.pool.fetch("select distinct audience from recording_access")
    assert [row["audience"] for row in owners] == [person[1].replace("%3A", ":")]
    await archive.pool.execute("update app_user set active = false where id <> $1", second.id)
    assert (await stranger.get(link)).status == 403


@pytest.mark.parametrize(
    ("role", "scope", "list_status", "call_status"),
    [
        (Role.SUPERVISOR, Scope(queue="helpline-en"), 200, 404),
        (Role.SUPERVISOR, Scope(queue="helpline-hi"), 200, 200),
        (Role.QUALITY_AUDITOR, Scope(), 200, 200),
        (Role.AGENT, Scope(), 403, 403),
        (Role.ADMINISTRATOR, Scope(), 403, 403),
        (Role.CM_OFFICE, Scope(), 200, 200),
    ],
)
async def test_calls_are_for_who_may_and_within_their_queues(
    archive: Centre, tapes: Tapes, role: Role, scope: Scope, list_status: int, call_status: int
) -> None:
    call, recording = await tapes.talked()
    client = await signed_in(archive, role, scope)
    assert (await client.get("/calls")).status == list_status
    assert (str(call) in client.last) is (call_status == 200)
    assert (await client.get(f"/calls/{call}")).status == call_status
    assert ("9876543210" in client.last) is (
        call_status == 200 and role in (Role.SUPERVISOR, Role.CM_OFFICE)
    )
    heard = await listen(client, call, recording, "check")
    assert heard == (200 if call_status == 200 else call_status)


async def test_a_confidential_call_hides_who_called_and_is_not_heard(
    archive: Centre, tapes: Tapes, world: World
) -> None:
    call, recording = await tapes.talked()
    await world.register()
    await archive.pool.execute("update complaint set confidential = true")
    await tapes.confidential(call)
    supervisor = await signed_in(archive, Role.SUPERVISOR)
    assert (await supervisor.get(f"/calls/{call}")).status == 200
    assert "9876543210" not in supervisor.last
    assert await listen(supervisor, call, recording, "check") == 403
    await supervisor.get("/calls?number=9876543210")
    assert str(call) not in supervisor.last  # being found by a number tells who called
    await supervisor.get("/calls")
    assert str(call) in supervisor.last
    office = await signed_in(archive, Role.CM_OFFICE)
    await office.get("/calls?number=9876543210")
    assert str(call) in office.last
    assert await listen(office, call, recording, "check") == 200
    assert "9876543210" in office.last


async def test_a_call_with_an_officers_remark_and_a_lost_softphone_has_its_page(
    archive: Centre, tapes: Tapes
) -> None:
    remark, _ = await tapes.recorded(b"", kind="officer_remark")
    call = (await tapes.row(remark))["call_id"]
    await tapes.pool.execute(
        "insert into desk_action (id, call_id, actor, action, at)"
        " values (gen_random_uuid(), $1, 'agent:1001', 'softphone_lost', $2)",
        *(call, tapes.at),
    )
    boss = await signed_in(archive, Role.SUPERVISOR)
    answer = await boss.get(f"/calls/{call}")
    assert answer.status == 200
    assert "The officer&#39;s remark" in boss.last
    assert "the softphone was cut off" in boss.last


async def test_search_by_number_complaint_agent_queue_days_and_pages(
    archive: Centre, tapes: Tapes, world: World
) -> None:
    hindi, _ = await tapes.talked()
    english, _ = await tapes.talked("1003", "helpline-en")
    number = (await world.register(world.form(call_id=english))).number
    client = await signed_in(archive, Role.SUPERVISOR)
    for query, found in (
        ("number=98765+43210", {hindi, english}),
        ("agent=1003", {english}),
        ("queue=helpline-hi", {hindi}),
        ("since=2025-11-23&until=2025-11-23", set()),
        ("since=2025-11-22&until=2025-11-22", {hindi, english}),
        ("since=2025-11-21&until=2025-11-22&queue=helpline-en", {english}),
        (f"complaint={number}", {english}),
        (f"complaint={number}&since=2025-11-23&until=2025-11-23", set()),
    ):
        assert (await client.get(f"/calls?{query}")).status == 200
        shown = {call for call in (hindi, english) if str(call) in client.last}
        assert shown == found, query
    assert (await client.get("/calls?number=abc")).status == 400
    assert (await client.get("/calls?complaint=12")).status == 400
    await archive.pool.execute(
        "insert into call (id, cell, direction, started_at) select gen_random_uuid(), 'cell1',"
        " 'inbound', $1::timestamptz - n * interval '1 second' from generate_series(1, 120) n",
        archive.site.clock(),
    )
    seen: set[str] = set()
    path = "/calls"
    while path:
        await client.get(path)
        rows = set(re.findall(r'href="/calls/([0-9a-f-]{36})"', client.last))
        assert not rows & seen
        seen |= rows
        following = re.search(r'class="button" href="(/calls\?[^"]+)"', client.last)
        path = following[1].replace("&amp;", "&") if following else ""
    assert len(seen) == 122


async def test_an_auditor_does_not_search_by_number(archive: Centre) -> None:
    client = await signed_in(archive, Role.QUALITY_AUDITOR)
    assert (await client.get("/calls?number=9876543210")).status == 400


async def test_hold_and_release_want_the_right_and_a_reason(archive: Centre, tapes: Tapes) -> None:
    call, recording = await tapes.talked()
    path = f"/calls/{call}/recordings/{recording}"
    auditor = await signed_in(archive, Role.QUALITY_AUDITOR)
    await auditor.get(f"/calls/{call}")
    assert (await auditor.post(f"{path}/hold", reason="court")).status == 403
    client = await signed_in(archive, Role.SUPERVISOR)
    await client.get(f"/calls/{call}")
    assert (await client.post(f"{path}/hold", reason=" ")).status == 400
    assert (await client.post(f"{path}/hold", reason="court")).status == 303
    await client.get(f"/calls/{call}")
    assert "Held since" in client.last
    assert (await client.post(f"{path}/release", reason="case over")).status == 303
    await client.get(f"/calls/{call}")
    assert "Held since" not in client.last


@pytest.mark.parametrize(
    ("language", "said"), [("hi", "क्रोमियम यहाँ नहीं है"), ("en", "it has no Chromium")]
)
async def test_without_a_browser_the_page_says_that_no_certificate_can_be_made(
    pool: Pool, passwords: Passwords, clock: ManualClock, tapes: Tapes, tmp_path: Path,
    language: str, said: str,
) -> None:  # fmt: skip
    call, recording = await tapes.talked()
    missing = tmp_path / "chromium"
    async with centre(pool, passwords, clock, vault=tapes.vault, chromium=missing) as hall:
        await hall.site.people.add("anita", Role.CM_OFFICE, language=language)
        client = hall.site.client()
        await client.get("/sign-in")
        await client.sign_in("anita")
        await client.get(f"/calls/{call}")
        assert said in client.last  # before anybody fills the form in
        path = f"/calls/{call}/recordings/{recording}/certificate"
        given = {"name": "Anita", "designation": "Under Secretary", "reason": "court"}
        assert (await client.post(path, **given)).status == 400
        assert said in client.last
        missing.write_text("#!/bin/sh\nexit 1\n")
        missing.chmod(0o700)
        assert (await client.post(path, **given)).status == 400
        assert said not in client.last  # there is one, which prints nothing
    assert await pool.fetchval("select count(*) from recording_event where kind = 'certified'") == 0


async def test_the_certificate_comes_with_the_file_that_it_covers(
    archive: Centre, tapes: Tapes
) -> None:
    call, recording = await tapes.talked()
    path = f"/calls/{call}/recordings/{recording}/certificate"
    supervisor = await signed_in(archive, Role.SUPERVISOR)
    await supervisor.get(f"/calls/{call}")
    given = {
        "name": "Anita", "designation": "Under Secretary", "reason": "court",
        "kin": "R. K. Sharma", "address": "Lok Bhawan", "relation": "owned",
    }  # fmt: skip
    assert (await supervisor.post(path, **given)).status == 403
    office = await signed_in(archive, Role.CM_OFFICE)
    await office.get(f"/calls/{call}")
    for field in ("kin", "address", "relation"):
        assert f'name="{field}"' in office.last
    assert (await office.post(path, **{**given, "designation": ""})).status == 400
    assert (await office.post(path, **{**given, "relation": "stolen"})).status == 400
    headers = {"Origin": archive.site.origin}
    async with office.http.post(
        archive.site.origin + path, data={**given, "csrf": office.token}, headers=headers
    ) as answer:
        assert answer.status == 200
        packed = zipfile.ZipFile(io.BytesIO(await answer.read()))
    names = sorted(packed.namelist())
    assert [name.rpartition(".")[2] for name in names] == ["wav", "pdf"]
    printed = PdfReader(io.BytesIO(packed.read(names[1])))
    text = " ".join(" ".join(page.extract_text() for page in printed.pages).split())
    for signer in ("spouse of R. K. Sharma", "employed at Lok Bhawan", "☑ Owned", "☐ Managed"):
        assert signer in text
    kinds = await archive.pool.fetch("select kind from recording_event")
    assert "certified" in {row["kind"] for row in kinds}
