"""To whom a call is owed, in the browser: listed, taken, called from the page, closed with why."""

from datetime import timedelta
from uuid import UUID

import pytest
from playwright.async_api import Browser

from access.rights import Role, Scope
from calls.model import Outcome
from calls.store import end_if_open, owe_callback
from cti.supervisor import owed_page
from cti.views import AgentStatus
from db.ids import new_id
from tests.complaints.world import World
from tests.cti.fake_ami import eventually
from tests.cti.test_pauses import member
from tests.supervisor.site import Centre
from tests.supervisor.test_calls import signed_in
from tests.web.test_browser import judge, new_page, sign_in

pytestmark = pytest.mark.timeout(180)

NUMBER = "+919812345678"


async def promised(
    hall: Centre, number: str = NUMBER, ago: int = 10, reason: Outcome = Outcome.NO_AGENT
) -> UUID:
    at = hall.site.clock() - timedelta(minutes=ago)
    call = new_id(at)
    await hall.pool.execute(
        "insert into call (id, cell, direction, citizen_number, started_at, queue, queued_at)"
        " values ($1, 'cell1', 'inbound', $2, $3, 'helpline-hi', $3)",
        *(call, number, at),
    )
    async with hall.pool.acquire() as conn:
        await owe_callback(conn, call, None, reason, at)
        await end_if_open(conn, call, reason, at)
    return call


async def ready(hall: Centre) -> None:
    """Their telephone is a member of the queue, as Asterisk says."""
    await hall.room.asterisk_says(member())
    await eventually(lambda: hall.room.live.view("1001").status is AgentStatus.READY)


async def may_dial(hall: Centre) -> None:
    await hall.pool.execute("truncate dial_rule, dial_request, dial_cut_off")
    await hall.pool.execute("insert into dial_rule values ('*', '+91', 100)")


async def test_an_agent_takes_one_calls_it_once_and_closes_another(
    hall: Centre, browser: Browser
) -> None:
    await may_dial(hall)
    await promised(hall, ago=30)
    await promised(hall, ago=20)
    await promised(hall, "+919812345679", 5, Outcome.QUEUE_ABANDONED)
    await hall.site.people.add("sita", Role.AGENT, language="hi", agent_id="1001")
    page = await new_page(browser)
    await sign_in(page, hall.site, "sita")
    await page.goto(hall.site.origin + "/")
    await page.click("nav a[href='/owed-calls']")
    assert await judge(page, "owed-calls-hi") == []
    rows = page.locator("tbody tr")
    assert await rows.count() == 2
    assert "2 बार" in await rows.nth(0).inner_text()
    assert "कोई वादा नहीं" in await rows.nth(1).inner_text()
    await rows.nth(0).locator("button").click()
    assert await judge(page, "owed-call-hi") == []
    await page.click("button:has-text('अभी कॉल करें')")
    assert "साइन इन" in await page.inner_text(".problem")  # at the desk first
    async with await hall.room.page("1001"):
        await ready(hall)
        await page.click("button:has-text('अभी कॉल करें')")
        await page.wait_for_selector(".notice")
        assert hall.room.server.count("Originate") == 1
        assert "जारी" in await page.inner_text("main")
    attempt = await hall.pool.fetchrow("select number, agent_id from callback_attempt")
    assert attempt is not None
    assert tuple(attempt) == (NUMBER, "1001")
    await page.goto(hall.site.origin + "/owed-calls")
    await rows.nth(1).locator("th a").click()
    await page.select_option("#c-result", "not_wanted")
    await page.fill("#c-why", "नागरिक ने स्वयं मना किया")
    await page.click("button:has-text('बंद करें')")
    assert "नागरिक ने स्वयं मना किया" in await page.inner_text("td.long")
    await page.goto(hall.site.origin + "/owed-calls?show=done")
    assert await judge(page, "owed-calls-done-hi") == []
    assert await rows.count() == 1


async def test_a_supervisor_sees_who_has_taken_one_and_leaves_it_to_others(
    hall: Centre, browser: Browser
) -> None:
    call = await promised(hall)
    await hall.pool.execute(
        "update callback set taken_by = '1002', taken_until = $2 where call_id = $1",
        *(call, hall.site.clock() + timedelta(minutes=10)),
    )
    await hall.site.people.add("kavita", Role.SUPERVISOR, language="en")
    page = await new_page(browser)
    await sign_in(page, hall.site, "kavita")
    await page.goto(hall.site.origin + "/supervisor")
    await page.click(".wall-head a[href='/owed-calls']")
    assert await judge(page, "owed-calls-en") == []
    assert "मोहन लाल" in await page.inner_text("tbody")
    assert await page.locator("tbody button").count() == 0  # has no telephone
    await page.click("tbody th a")
    assert await judge(page, "owed-call-en") == []
    await page.click("button:has-text('Leave to others')")
    assert await hall.pool.fetchval("select taken_by from callback") is None


async def test_what_another_agent_has_taken_is_neither_called_nor_closed(hall: Centre) -> None:
    call = await promised(hall)
    await hall.pool.execute(
        "update callback set taken_by = '1002', taken_until = $2 where call_id = $1",
        *(call, hall.site.clock() + timedelta(minutes=10)),
    )
    await hall.site.people.add("asha", Role.AGENT, language="en", agent_id="1001")
    client = hall.site.client()
    await client.get("/sign-in")
    await client.sign_in("asha")
    await client.get(f"/owed-calls/{call}")
    for act, more in (
        ("take", {}), ("call", {"key": str(call)}), ("release", {}),
        ("close", {"result": "handled", "why": "x"}),
    ):  # fmt: skip
        answer = await client.post(f"/owed-calls/{call}/{act}", **more)
        assert answer.status == 409, act
    assert (await client.post(f"/owed-calls/{call}/close", result="served", why="x")).status == 409
    assert await hall.pool.fetchval("select count(*) from callback_note") == 0
    assert hall.room.server.count("Originate") == 0


async def test_a_double_click_is_one_call_and_a_number_without_a_rule_none(hall: Centre) -> None:
    call = await promised(hall)
    await hall.pool.execute("truncate dial_rule, dial_request, dial_cut_off")
    await hall.site.people.add("asha", Role.AGENT, language="en", agent_id="1001")
    client = hall.site.client()
    await client.get("/sign-in")
    await client.sign_in("asha")
    await client.get(f"/owed-calls/{call}")
    async with await hall.room.page("1001"):
        await ready(hall)
        assert (await client.post(f"/owed-calls/{call}/take")).status == 303
        key = str(new_id(hall.site.clock()))
        answer = await client.post(f"/owed-calls/{call}/call", key=key)
        assert answer.status == 409  # no rule lets this telephone call it
        await may_dial(hall)
        for _ in range(2):
            assert (await client.post(f"/owed-calls/{call}/call", key=key)).status == 303
        other = str(new_id(hall.site.clock()))
        assert (await client.post(f"/owed-calls/{call}/call", key=other)).status == 409
    assert hall.room.server.count("Originate") == 1


async def in_confidence(hall: Centre, world: World) -> UUID:
    """An agent called about a confidential complaint, and handed its citizen to a queue in vain."""
    call = await promised(hall)
    registered = await world.register(world.form(contact=NUMBER, confidential=True))
    await hall.pool.execute("update call set direction = 'outbound' where id = $1", call)
    await hall.pool.execute(
        "insert into desk_call values ($1, $2, '1002', $3, $4)",
        *(new_id(hall.site.clock()), call, registered.complaint_id, hall.site.clock()),
    )
    return call


async def test_the_number_of_who_complains_in_confidence_is_on_no_page_of_owed_calls(
    hall: Centre, world: World
) -> None:
    call = await in_confidence(hall, world)
    sita = await signed_in(hall, Role.AGENT, agent_id="1001")
    kavita = await signed_in(hall, Role.SUPERVISOR)
    for client in (sita, kavita):
        for page in ("", f"/{call}"):
            await client.get(f"/owed-calls{page}")
            assert "in confidence" in client.last
            assert NUMBER not in client.last
            assert f"• {NUMBER[-4:]}" not in client.last
    ours = await signed_in(hall, Role.SUPERVISOR, None, Role.CM_OFFICE)  # may see such complaints
    await ours.get("/owed-calls")
    assert NUMBER in ours.last
    await world.talked_with("1001", NUMBER)
    await sita.get("/owed-calls")  # the citizen called, and has told them
    assert NUMBER in sita.last
    await hall.pool.execute(
        "update callback set done_at = $1, result = 'handled'", hall.site.clock()
    )
    await kavita.get("/owed-calls?show=done")
    assert "in confidence" in kavita.last
    assert NUMBER not in kavita.last


async def test_what_is_over_is_told_to_be_more_than_is_shown(
    hall: Centre, monkeypatch: pytest.MonkeyPatch
) -> None:
    for ago in (1, 2, 3):
        await promised(hall, ago=ago)
    await hall.pool.execute(
        "update callback set done_at = $1, result = 'handled'", hall.site.clock()
    )
    kavita = await signed_in(hall, Role.SUPERVISOR)
    await kavita.get("/owed-calls?show=done")
    assert "<p>And " not in kavita.last
    monkeypatch.setattr(owed_page, "_SHOWN", 1)
    await kavita.get("/owed-calls?show=done")
    assert "And 2 more." in kavita.last


async def test_who_calls_an_owed_number_back_is_not_told_it_where_it_is_in_confidence(
    hall: Centre, world: World
) -> None:
    call = await in_confidence(hall, world)
    await may_dial(hall)
    clicks, callers = hall.room.cti.clicks, hall.room.cti.callers
    async with await hall.room.page("1001"):
        await ready(hall)
        await hall.pool.execute(
            "update callback set taken_by = '1001', taken_until = $1",
            hall.site.clock() + timedelta(minutes=10),
        )
        ours = await clicks.call_back("1001", new_id(hall.site.clock()), call)
        assert await callers.number("1001", ours) is None
        await world.talked_with("1001", NUMBER)
        assert await callers.number("1001", ours) == NUMBER


async def test_who_has_no_right_or_another_queue_sees_nothing_of_it(hall: Centre) -> None:
    call = await promised(hall)
    auditor = await signed_in(hall, Role.QUALITY_AUDITOR)
    assert (await auditor.get("/owed-calls")).status == 403
    other = await signed_in(hall, Role.SUPERVISOR, Scope(queue="helpline-en"))
    await other.get("/owed-calls?queue=helpline-hi")
    assert NUMBER not in other.last
    assert (await other.get(f"/owed-calls/{call}")).status == 404
    mine = await signed_in(hall, Role.SUPERVISOR, Scope(queue="helpline-hi"))
    await mine.get("/owed-calls")
    assert NUMBER in mine.last
