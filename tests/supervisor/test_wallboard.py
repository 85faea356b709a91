"""The wallboard in a real Chromium: live, readable, and what is done from it."""

import json
from datetime import timedelta
from uuid import uuid4

import pytest
from aiohttp import WSServerHandshakeError
from playwright.async_api import Browser, expect

from access.passwords import Passwords
from access.rights import TENANT, Role, Scope
from cti.alarms import AlarmKind, AlarmRule
from cti.pages import CLOSE_SIGNED_OUT
from db.pool import Pool
from helpline.clock import ManualClock
from tests.calls.rows import STAYS_OF_CALLS
from tests.cti.fake_ami import eventually
from tests.cti.room import ask, receive
from tests.cti.streams import answered_call, citizen_leg, event
from tests.supervisor.site import TITLES, Centre, centre
from tests.web.test_browser import DESK, judge, judge_both, new_page, newer_code, sign_in
from web.dates import IST

pytestmark = pytest.mark.timeout(180)
ALARMS = (
    AlarmRule(kind=AlarmKind.WAITING, threshold=0, raise_after=timedelta(0)),
    AlarmRule(kind=AlarmKind.LONGEST_WAIT, threshold=600, raise_after=timedelta(0)),
)


async def busy(hall: Centre) -> None:
    """One agent talks, one is ready, one paused; somebody waits."""
    room = hall.room
    for agent in ("1001", "1002", "1003"):
        await receive(await room.page(agent), "hello")
    pairs = [("helpline-hi", "1001"), ("helpline-hi", "1002"), ("helpline-en", "1003")]
    await room.asterisk_says(
        *(
            event(
                "QueueMemberAdded", queue=queue, interface=f"PJSIP/{agent}",
                paused="1" if agent == "1003" else "0", pausedreason="meal",
            )
            for queue, agent in pairs
        )
    )  # fmt: skip
    await room.asterisk_says(*answered_call()[:-3])
    waiting = citizen_leg("lab1-9.77", call=uuid4(), number="9811111111")
    await room.asterisk_says(
        event("Newchannel", **waiting), event("QueueCallerJoin", **waiting, queue="helpline-hi")
    )


async def half_an_hour(hall: Centre) -> None:
    """Four calls to the queue: three were answered in time, one citizen hung up."""
    for n in range(4):
        at = hall.site.clock() - timedelta(minutes=5 * n + 1)
        await hall.pool.execute(
            "insert into call (id, cell, direction, started_at, queue, queued_at, agent_id,"
            " agent_answered_at, ended_at, outcome)"
            " values ($1, 'cell1', 'inbound', $2, 'helpline-hi', $2, $3, $4, $5, $6)",
            uuid4(), at, "1001" if n else None, at + timedelta(seconds=8) if n else None,
            at + timedelta(seconds=50), "agent_answered" if n else "queue_abandoned",
        )  # fmt: skip
    await hall.pool.execute(STAYS_OF_CALLS)


@pytest.mark.parametrize("language", ["hi", "en"])
async def test_the_wallboard_is_live_readable_and_accessible(
    pool: Pool, passwords: Passwords, clock: ManualClock, browser: Browser, language: str
) -> None:
    async with centre(pool, passwords, clock, ALARMS) as hall:
        await hall.site.people.add("kavita", Role.SUPERVISOR, language=language)
        page = await new_page(browser, DESK)
        faults: list[str] = []
        page.on("pageerror", lambda error: faults.append(str(error)))
        await sign_in(page, hall.site, "kavita")
        await page.goto(hall.site.origin + "/supervisor")
        await expect(page.locator("#figure-waiting dd")).to_have_text("0", timeout=20_000)
        await busy(hall)
        await half_an_hour(hall)
        await expect(page.locator("#figure-waiting dd")).to_have_text("1", timeout=20_000)
        await expect(page.locator("li.is-in_call")).to_have_count(1, timeout=20_000)
        await expect(page.locator("li.is-paused")).to_have_count(1)
        await expect(page.locator("#alarms")).to_contain_text("⚠", timeout=20_000)
        seats = {"hi": "साइन इन 3 · नियोजित सीटें 5", "en": "Signed in 3 · planned seats 5"}
        await expect(page.locator("#seats")).to_have_text(seats[language])
        title = TITLES["helpline-hi"][language]
        await expect(page.locator("#queues tr[data-queue=helpline-hi] th")).to_have_text(title)
        await expect(page.locator("#alarms")).to_contain_text(f"{title}:")
        await expect(page.locator("li.is-in_call .in")).to_have_text(title)
        clock.advance(timedelta(seconds=95))
        await expect(page.locator("#figure-longest dd")).to_contain_text("1:3", timeout=20_000)
        await expect(page.locator("li.is-paused .since")).to_contain_text("1:3")
        await expect(page.locator("#figure-trunk dd")).to_contain_text("240")
        await expect(page.locator("#figure-level dd")).to_have_text("75 %", timeout=20_000)
        assert await judge(page, f"wallboard-{language}") == []
        await page.click("li.is-in_call button")
        await page.wait_for_selector("dialog[open]")
        assert await judge(page, f"wallboard-act-{language}") == []
        assert faults == []


async def test_the_service_level_of_all_queues_is_that_of_the_report(
    hall: Centre, browser: Browser
) -> None:
    await hall.site.people.add("kavita", Role.SUPERVISOR, TENANT, language="en")
    await half_an_hour(hall)  # three of four in time
    now = hall.site.clock()
    answered, ended = now - timedelta(seconds=40), now - timedelta(seconds=5)
    for n in range(12):  # two late of two; ten still wait
        late = n < 2
        await hall.pool.execute(
            "insert into call (id, cell, direction, started_at, queue, queued_at, agent_id,"
            " agent_answered_at, ended_at, outcome)"
            " values ($1, 'cell1', 'inbound', $2, 'helpline-en', $2, $3, $4, $5, $6)",
            uuid4(), now - timedelta(minutes=3), "1003" if late else None,
            answered if late else None, ended if late else None,
            "agent_answered" if late else None,
        )  # fmt: skip
    await hall.pool.execute(STAYS_OF_CALLS)
    page = await new_page(browser)
    await sign_in(page, hall.site, "kavita")
    await page.goto(hall.site.origin + "/supervisor")
    level = page.locator("#queues tr[data-queue=helpline-en] td").nth(2)
    await expect(level).to_have_text("0 %", timeout=40_000)
    await expect(page.locator("#figure-level dd")).to_have_text("50 %")
    await page.goto(hall.site.origin + "/reports/calls")
    await expect(page.locator("tfoot")).to_contain_text("50.0 %")


async def test_a_supervisor_pauses_an_agent_with_a_reason_by_keyboard(
    hall: Centre, browser: Browser
) -> None:
    await hall.site.people.add("kavita", Role.SUPERVISOR, TENANT, language="en")
    agent = await hall.room.page("1001")
    await receive(agent, "hello")
    await hall.room.asterisk_says(
        event("QueueMemberAdded", queue="helpline-hi", interface="PJSIP/1001", paused="0")
    )
    page = await new_page(browser)
    await sign_in(page, hall.site, "kavita")
    await page.goto(hall.site.origin + "/supervisor")
    await page.focus("li.agent button")
    await page.keyboard.press("Enter")
    await expect(page.locator("#act-reason")).to_be_focused()
    for _ in range(2):  # closed and opened again
        await page.click("button[value=close]")
        await expect(page.locator("dialog[open]")).to_have_count(0)
        await page.click("li.agent button")
    await page.keyboard.press("Enter")  # chooses nothing
    await page.click("button[value=force_pause]")
    await expect(page.locator("#act-problem")).to_contain_text("Say why")
    await page.fill("#act-reason", "साथी बीमार")
    await page.click("button[value=force_pause]")
    await expect(page.locator("#told")).to_have_text("Done.", timeout=20_000)
    row = await hall.pool.fetchrow(
        "select * from supervisor_action where reason = $1", "साथी बीमार"
    )
    assert row is not None
    assert (row["action"], row["target"], row["reason"]) == (
        "force_pause", "agent:1001", "साथी बीमार",
    )  # fmt: skip
    await page.fill("#b-text", "बाढ़ की सूचना")
    await page.keyboard.press("Enter")
    (told,) = await receive(agent, "broadcast")
    assert told["text"] == "बाढ़ की सूचना"


async def test_who_listens_is_on_the_agents_card_and_can_leave(
    hall: Centre, browser: Browser
) -> None:
    await hall.site.people.add("kavita", Role.SUPERVISOR, language="en", display_name="Kavita")
    await busy(hall)
    page = await new_page(browser)
    await sign_in(page, hall.site, "kavita")
    await page.goto(hall.site.origin + "/supervisor")
    await page.click("li.is-in_call button")
    await expect(page.locator("button[value=leave]")).to_be_disabled()
    await page.fill("#act-phone", "1009")
    await page.fill("#act-reason", "जाँच")
    await page.click("button[value=listen]")
    await expect(page.locator("#told")).to_have_text("Done.", timeout=20_000)
    (asked,) = (one for one in hall.room.server.actions if one["action"] == ["Originate"])
    (leg,) = asked["channelid"]
    channel = {"uniqueid": leg, "linkedid": leg, "channel": "PJSIP/1009-00000009"}
    await hall.room.asterisk_says(event("Newstate", **channel, channelstate="6"))
    card = page.locator("li.is-in_call .state")
    await expect(card).to_contain_text("Kavita listens", timeout=20_000)
    await page.click("li.is-in_call button")
    await page.click("button[value=leave]")
    await expect(card).not_to_contain_text("Kavita", timeout=20_000)
    ended = [one for one in hall.room.server.actions if one["action"] == ["Hangup"]]
    assert [one["channel"] for one in ended] == [[leg]]


async def test_a_refusal_is_said_in_the_readers_language(hall: Centre, browser: Browser) -> None:
    await hall.site.people.add("kavita", Role.SUPERVISOR, TENANT, language="hi")
    await receive(await hall.room.page("1001"), "hello")
    await hall.room.asterisk_says(
        event("QueueMemberAdded", queue="helpline-hi", interface="PJSIP/1001", paused="0")
    )
    page = await new_page(browser)
    await sign_in(page, hall.site, "kavita")
    await page.goto(hall.site.origin + "/supervisor")
    await page.click("li.agent button")
    await page.fill("#act-reason", "भीड़")
    for box in await page.locator("#act input[name=queues]:checked").all():
        await box.uncheck()
    await page.click("button[value=move]")
    await expect(page.locator("#act-problem")).to_have_text("ऐसी कोई कतार नहीं है।", timeout=20_000)
    await page.click("button[value=help]")
    told = "संदेश में 1 से 1000 अक्षर हों।"
    await expect(page.locator("#act-problem")).to_have_text(told, timeout=20_000)
    await page.add_init_script(newer_code("message_length"))
    for language, other in (
        ("hi", "सर्वर ने इसे नहीं लिया।"),
        ("en", "The server did not take it."),
    ):
        await hall.pool.execute("update web_session set language = $1", language)
        await page.reload()
        await page.click("li.agent button")
        await page.click("button[value=help]")
        await expect(page.locator("#act-problem")).to_have_text(other, timeout=20_000)


@pytest.mark.parametrize("language", ["hi", "en"])
async def test_an_agents_question_stands_until_it_is_answered_and_closed(
    hall: Centre, browser: Browser, language: str
) -> None:
    for name, display in (("kavita", "Kavita"), ("meena", "Meena")):
        await hall.site.people.add(
            name, Role.SUPERVISOR, language=language, display_name=display
        )  # fmt: skip
    agent = await hall.room.page("1001")
    await receive(agent, "hello")
    assert (await ask(agent, "help", text="क्या यह योजना चालू है? <b>"))["ok"]
    await agent.close()
    kavita, meena = await new_page(browser, DESK), await new_page(browser)
    question = "#questions li[data-agent='1001']"
    for page, name in ((kavita, "kavita"), (meena, "meena")):  # both opened after it was asked
        await sign_in(page, hall.site, name)
        await page.goto(hall.site.origin + "/supervisor")
        await expect(page.locator(question)).to_contain_text(
            "क्या यह योजना चालू है? <b>", timeout=20_000
        )
    await expect(kavita.locator(question)).to_have_class("waits")
    await kavita.click(f"{question} button[value=answer]")
    await expect(kavita.locator("#act-log li")).to_contain_text("क्या यह योजना चालू है? <b>")
    await kavita.fill("#act-help", "हाँ")
    await kavita.click("dialog button[value=help]")
    await expect(meena.locator(question)).to_contain_text("Kavita", timeout=20_000)
    await expect(meena.locator(question)).to_have_class("taken")
    await meena.reload()
    await meena.click(f"{question} button[value=answer]")
    await expect(meena.locator("#act-log li")).to_have_count(2, timeout=20_000)
    await meena.click("dialog button[value=close]")
    assert await judge(kavita, f"wallboard-question-{language}") == []
    await meena.click(f"{question} button[value=take]")
    await expect(kavita.locator(question)).to_contain_text("Meena", timeout=20_000)
    await kavita.click(f"{question} button[value=close_question]")
    for page in (kavita, meena):
        await expect(page.locator(question)).to_have_count(0, timeout=20_000)
    agent = await hall.room.page("1001")  # a reload
    await receive(agent, "hello")
    told = (await ask(agent, "help_history"))["messages"]
    assert [(one["kind"], one["from"], one["text"]) for one in told[1:]] == [
        ("said", "supervisor:Kavita", "हाँ"),
        ("taken", "supervisor:Meena", ""),
        ("closed", "supervisor:Kavita", ""),
    ]


@pytest.mark.parametrize("language", ["hi", "en"])
async def test_who_has_read_a_notice_is_listed(
    hall: Centre, browser: Browser, language: str
) -> None:
    await hall.site.people.add("kavita", Role.SUPERVISOR, language=language)
    scope = Scope(queue="helpline-en")
    await hall.site.people.add("tara", Role.SUPERVISOR, scope, language="en")
    page = await new_page(browser)
    await sign_in(page, hall.site, "kavita")
    await page.goto(hall.site.origin + "/supervisor")
    await expect(page.locator("#link")).to_have_text("", timeout=20_000)
    await page.select_option("#b-hours", "4")
    await page.fill("#b-text", "बाढ़ की सूचना")
    await page.keyboard.press("Enter")
    await expect(page.locator("#told")).not_to_have_text("", timeout=20_000)
    agent = await hall.room.page("1001")
    await receive(agent, "hello")
    (notice,) = (await ask(agent, "notices"))["notices"]
    assert (await ask(agent, "notice_read", notice=notice["notice"]))["ok"]
    await page.click("a[href='/supervisor/notices']")
    assert await judge(page, f"notices-{language}") == []
    await page.click("tbody a")
    await expect(page.locator("tbody tr", has_text="सीता देवी")).to_contain_text("✓")
    await expect(page.locator("tbody tr", has_text="मोहन लाल")).not_to_contain_text("✓")
    await expect(page.locator("tbody tr", has_text="Asha Verma")).to_have_count(0)
    assert await judge(page, f"notice-{language}") == []
    tara = hall.site.client()
    await tara.get("/sign-in")
    await tara.sign_in("tara")
    assert (await tara.get(page.url.removeprefix(hall.site.origin))).status == 404
    assert (await tara.get("/supervisor/notices/x")).status == 404


async def test_a_lost_socket_is_said_and_healed_unless_the_session_is_over(
    hall: Centre, browser: Browser
) -> None:
    await hall.site.people.add("kavita", Role.SUPERVISOR, language="en")
    page = await new_page(browser)
    await sign_in(page, hall.site, "kavita")
    await page.goto(hall.site.origin + "/supervisor")
    pages = hall.room.cti.wallboards._pages
    await eventually(lambda: len(pages) == 1, 20)  # before that nothing is said, either
    (first,) = pages
    first._drop("test")
    await expect(page.locator("#link")).to_contain_text("No connection", timeout=20_000)
    await expect(page.locator("#link")).to_have_text("", timeout=20_000)
    await eventually(lambda: len(pages.keys() - {first}) == 1, 20)
    await hall.pool.execute("delete from web_session")
    for open_page in list(pages):
        open_page._drop("test")
    await page.wait_for_url("**/sign-in?next=/supervisor", timeout=20_000)


async def test_who_supervises_one_queue_sees_that_one(hall: Centre, browser: Browser) -> None:
    scope = Scope(queue="helpline-en")
    await hall.site.people.add("tara", Role.SUPERVISOR, scope, language="en")
    page = await new_page(browser)
    await sign_in(page, hall.site, "tara")
    await page.goto(hall.site.origin + "/supervisor")
    await busy(hall)
    await expect(page.locator("#queues tr")).to_have_count(1, timeout=20_000)
    await expect(page.locator("#agents li")).to_have_count(1, timeout=20_000)
    await expect(page.locator("#seats")).to_have_text("")  # they are of all queues
    assert await page.inner_text("#agents .name") == "Asha Verma (1003)"
    assert await page.locator("#b-queue option").all_inner_texts() == ["Helpline (English)"]


@pytest.mark.parametrize("language", ["hi", "en"])
async def test_a_cell_without_a_word_is_said_on_the_wallboard_and_not_counted(
    hall: Centre, browser: Browser, language: str
) -> None:
    await hall.site.people.add("kavita", Role.SUPERVISOR, language=language)
    own = hall.room.cti.wallboards.word()
    far = {**own, "queues": {"helpline-hi": {"waiting": 7, "longest_wait": 30, "agents": 3}}}
    await hall.pool.execute("insert into cell values ('cell2', 'https://b.example', now())")
    await hall.pool.execute(
        "insert into cell_board values ('cell2', 1, $1, $2)",
        hall.site.clock() - timedelta(minutes=4, seconds=7), json.dumps(far),
    )  # fmt: skip
    page = await new_page(browser, DESK)
    await sign_in(page, hall.site, "kavita")
    await page.goto(hall.site.origin + "/supervisor")
    since = (hall.site.clock() - timedelta(minutes=4, seconds=7)).astimezone(IST)
    await expect(page.locator("#cells-silent li")).to_contain_text(
        f"{since:%H:%M:%S}", timeout=20_000
    )
    await expect(page.locator("#each-cell tr")).to_have_count(2)
    await expect(page.locator("[data-cell=cell2]")).to_contain_text("?")
    await expect(page.locator("#figure-waiting dd")).to_have_text("0")
    assert await judge(page, f"wallboard-cells-{language}") == []
    await page.select_option("#cell", "cell2")
    await expect(page.locator("#figure-waiting dd")).to_have_text("?")
    await hall.pool.execute("update cell_board set word = word + 1")
    await expect(page.locator("#figure-waiting dd")).to_have_text("7", timeout=20_000)
    await expect(page.locator("#cells-silent li")).to_have_count(0)


async def test_the_day_of_an_agent_is_drawn_and_told_in_minutes(
    hall: Centre, browser: Browser
) -> None:
    await hall.site.people.add("kavita", Role.SUPERVISOR, language="hi")
    begin = hall.site.clock() - timedelta(hours=3)
    for n, (state, reason, minutes) in enumerate(
        [("ready", "", 20), ("ringing", "", 1), ("in_call", "", 34), ("wrap_up", "", 5),
         ("paused", "meal", 30), ("unreachable", "", 3), ("ready", "", 15)]
    ):  # fmt: skip
        end = begin + timedelta(minutes=minutes)
        await hall.pool.execute(
            "insert into agent_state (id, agent_id, state, reason, from_at, until_at)"
            " values ($1, $2, $3, $4, $5, $6)",
            uuid4(), "1001" if n else "1002", state, reason, begin, end,
        )  # fmt: skip
        begin = end
    page = await new_page(browser)
    await sign_in(page, hall.site, "kavita")
    await page.goto(hall.site.origin + "/supervisor/day")
    assert await judge_both(page, hall.pool, "supervisor-day") == []
    row = page.locator("tbody tr", has_text="सीता देवी")
    await expect(row.locator("rect")).to_have_count(6)
    await expect(row).to_contain_text("34 मिनट")


async def test_an_alarm_is_acknowledged_on_its_page(hall: Centre, browser: Browser) -> None:
    await hall.site.people.add("kavita", Role.SUPERVISOR, language="en", display_name="Kavita")
    await hall.pool.execute(
        "insert into alarm (id, cell, kind, queue, threshold, value, raised_at)"
        " values ($1, 'cell1', 'waiting', 'helpline-hi', 10, 14, $2)",
        uuid4(), hall.site.clock(),
    )  # fmt: skip
    page = await new_page(browser)
    await sign_in(page, hall.site, "kavita")
    await page.goto(hall.site.origin + "/supervisor/alarms")
    assert await judge_both(page, hall.pool, "alarms") == []
    await page.click("tbody button")
    await expect(page.locator("tbody")).to_contain_text("Kavita")
    by = await hall.pool.fetchval("select acknowledged_by from alarm")
    assert str(by).startswith("user:")


@pytest.mark.parametrize("role", [None, Role.AGENT, Role.ADMINISTRATOR, Role.QUALITY_AUDITOR])
async def test_others_are_refused_pages_and_socket(hall: Centre, role: Role | None) -> None:
    await hall.site.people.add("mohan", role)
    client = hall.site.client()
    await client.get("/sign-in")
    await client.sign_in("mohan")
    for path in ("/supervisor", "/supervisor/day", "/supervisor/alarms", "/supervisor/notices"):
        assert (await client.get(path)).status == 403
    assert (await client.get("/supervisor/socket")).status == 401
    url = hall.site.origin + "/supervisor/socket"
    socket = await client.http.ws_connect(url, origin=hall.site.origin)
    assert (await socket.receive(timeout=20)).data == CLOSE_SIGNED_OUT
    with pytest.raises(WSServerHandshakeError) as refused:
        await client.http.ws_connect(url, origin="https://evil.example")
    assert refused.value.status == 401
