"""The figures' pages: the invariant, the calls behind each figure, files, and staffing."""

import asyncio
import csv
import io
import re
import zipfile
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4
from xml.etree import ElementTree

import pytest
from playwright.async_api import Browser

from access.rights import Role, Scope
from calls import service_levels
from calls.report_tables import CALL_HEAD, Spreadsheet
from calls.report_totals import sum_a_day
from calls.reporting import IST, By, OfferedCall, Rules
from cti.supervisor.report_page import in_turns
from tests.calls.rows import STAYS_OF_CALLS, TALKS_OF_CALLS
from tests.supervisor.site import Centre
from tests.supervisor.test_calls import signed_in
from tests.web.site import Client
from tests.web.test_browser import DESK, judge, judge_both, new_page, sign_in

pytestmark = pytest.mark.timeout(180)
_MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
NOW = datetime(2025, 11, 22, 5, 30, tzinfo=UTC)
FATES = (
    ("agent_answered", "1001"), ("agent_answered", "1002"), ("agent_answered", "1001"),
    ("queue_abandoned", None), ("queue_timeout", None), ("no_agent", None), (None, None),
)  # fmt: skip


async def a_day(hall: Centre) -> None:
    """Seven calls in Hindi, one of each fate at least, and one in English."""
    now = hall.site.clock()
    for n, (outcome, agent) in enumerate([*FATES, ("agent_answered", "1003")]):
        at = now - timedelta(hours=3, minutes=-7 * n)
        call = uuid4()
        await hall.pool.execute(
            "insert into call (id, cell, direction, citizen_number, started_at, queue, queued_at,"
            " agent_id, agent_answered_at, ended_at, outcome)"
            " values ($1, 'cell1', 'inbound', '+919876543210', $2, $3, $2, $4, $5, $6, $7)",
            call, at, "helpline-en" if agent == "1003" else "helpline-hi", agent,
            at + timedelta(seconds=12) if agent else None,
            at + timedelta(minutes=4) if outcome else None, outcome,
        )  # fmt: skip
        if outcome == "no_agent":
            await hall.pool.execute(
                "insert into callback values ($1, '+919876543210', 'no_agent', $2)", call, at
            )
    await hall.pool.execute(STAYS_OF_CALLS)
    await hall.pool.execute(TALKS_OF_CALLS)


async def test_the_figures_add_up_and_lead_to_their_calls(hall: Centre, browser: Browser) -> None:
    await a_day(hall)
    await hall.pool.execute("update queue_stay set told_minutes = 1 where agent_id is not null")
    await hall.site.people.add("kavita", Role.SUPERVISOR, language="hi")
    page = await new_page(browser)
    await sign_in(page, hall.site, "kavita")
    await page.goto(hall.site.origin + "/reports/calls")
    assert await judge_both(page, hall.pool, "call-report") == []
    told = await page.inner_text(".sum")
    offered, *parts = [int(number) for number in re.findall(r"\d+", told)]
    assert told.startswith("✓")
    assert (offered, sum(parts), parts) == (8, 8, [4, 1, 1, 1, 1])
    for by in ("agent", "hour", "day"):
        await page.goto(f"{hall.site.origin}/reports/calls?by={by}")
        assert await page.inner_text("tfoot td") == "8"
    await page.goto(hall.site.origin + "/reports/calls")
    await page.click("tbody tr:has-text('हेल्पलाइन (हिन्दी)') td:nth-child(3) a")  # answered
    assert "हेल्पलाइन (हिन्दी)" in await page.inner_text("h1")
    assert "key=helpline-hi" in page.url
    assert await page.locator("tbody tr").count() == 3
    assert await judge(page, "call-report-list") == []
    await page.click("tbody a")
    assert "/calls/" in page.url


async def test_a_call_that_no_figure_counts_is_said_instead_of_a_tick(hall: Centre) -> None:
    """Its stay is not there: the figures add up all the same, and would hide it."""
    await a_day(hall)
    lost = "delete from queue_stay where queue = 'helpline-en'"
    await hall.pool.execute(lost)
    client = await signed_in(hall, Role.SUPERVISOR)
    for _ in ("from rows", "from totals of days"):
        await client.get("/reports/calls?since=2025-11-20&until=2025-11-22")
        assert "⚠ Offered 7" in client.last
        assert "1 calls that came to a queue are in no figure" in client.last
        async with hall.pool.acquire() as conn:
            await conn.execute("update call set queued_at = queued_at - interval '1 day'")
            await conn.execute("update queue_stay set entered_at = entered_at - interval '1 day'")
        while await sum_a_day(hall.pool, NOW, Rules()):
            pass
    assert await hall.pool.fetchval("select calls from report_unaccounted") == 1


async def test_people_read_titles_and_links_keep_the_names_of_queues(hall: Centre) -> None:
    await a_day(hall)
    call = await hall.pool.fetchval("select id from call where queue = 'helpline-hi' limit 1")
    client = await signed_in(hall, Role.SUPERVISOR)
    for path in (
        "/supervisor", "/supervisor/alarms/limits", "/calls?queue=helpline-hi", f"/calls/{call}",
        "/reports/calls", "/reports/calls/list?key=helpline-hi",
        "/reports/staffing?queue=helpline-hi",
    ):  # fmt: skip
        await client.get(path)
        assert "Helpline (Hindi)" in client.last, path
        seen = re.sub("<[^>]*>", "", client.last)
        assert "helpline-hi" not in seen, path
    await client.get("/calls?queue=gone-hi")
    assert "Gone (Hindi)" in client.last


async def test_the_wait_that_was_said_stands_beside_the_one_that_came(hall: Centre) -> None:
    await a_day(hall)
    client = await signed_in(hall, Role.SUPERVISOR)
    await client.get("/reports/calls")
    assert "Nobody was told a waiting time" in client.last
    await hall.pool.execute("update queue_stay set told_minutes = 1 where queue = 'helpline-hi'")
    await client.get("/reports/calls?by=hour")
    rows = re.findall("<tr>(.*?)</tr>", client.last[client.last.index('id="told"') :])
    told = [re.sub("(<[^>]*>)+", " ", row).split() for row in rows[1:]]
    figures = ["6", "3", "3", "0", "0", "50.0", "%", "-48", "s", "-48", "s"]
    assert told == [["Helpline", "(Hindi)", *figures], ["All", *figures]]
    await client.get("/reports/calls?since=2025-10-01&until=2025-11-22")
    assert "Only of up to 31 days" in client.last


async def test_the_figures_say_within_how_many_seconds_each_queue_answers(hall: Centre) -> None:
    await a_day(hall)
    before = NOW - timedelta(days=2)
    async with hall.pool.acquire() as conn:
        await service_levels.put(conn, "cell1", {"helpline-hi": 15, "helpline-en": 40}, before)
        await service_levels.put(conn, "cell1", {"helpline-en": 30}, NOW)
    client = await signed_in(hall, Role.SUPERVISOR)
    await client.get("/reports/calls")
    assert "Helpline (English) 30 / 40 s; Helpline (Hindi) 15 s; otherwise 20 s" in client.last


async def sheets(hall: Centre, client: Client, query: str = "") -> list[list[list[object]]]:
    """The cells of the workbook's sheets, row by row; None: an empty one."""
    async with client.http.get(f"{hall.site.origin}/reports/calls/file.xlsx{query}") as answer:
        assert answer.status == 200
        book = zipfile.ZipFile(io.BytesIO(await answer.read()))
    strings = []
    if "xl/sharedStrings.xml" in book.namelist():
        shared = ElementTree.fromstring(book.read("xl/sharedStrings.xml"))
        strings = ["".join(one.itertext()) for one in shared]
    found = []
    for number in (1, 2):
        sheet = ElementTree.fromstring(book.read(f"xl/worksheets/sheet{number}.xml"))
        rows, columns = [], list[str]()
        for row in sheet.iter(f"{_MAIN}row"):
            cells = {str(one.get("r"))[0]: _cell(one, strings) for one in row}
            columns = columns or sorted(cells)  # as many as the head has
            rows.append([cells.get(column) for column in columns])
        found.append(rows)
    return found


def _cell(cell: ElementTree.Element, strings: list[str]) -> object:
    match cell.get("t"):
        case "inlineStr":
            return "".join(cell.itertext())
        case "s":
            return strings[int("".join(cell.itertext()))]
    text = "".join(cell.itertext())
    return float(text) if text else None


async def test_files_hold_the_same_figures(hall: Centre) -> None:
    await a_day(hall)
    client = await signed_in(hall, Role.SUPERVISOR)
    async with client.http.get(hall.site.origin + "/reports/calls/file.csv") as answer:
        rows = list(csv.DictReader(io.StringIO((await answer.read()).decode("utf-8-sig"))))
    assert [(row["queue"], row["offered"], row["answered"]) for row in rows] == [
        ("helpline-en", "1", "1"), ("helpline-hi", "7", "3"), ("total", "8", "4"),
    ]  # fmt: skip
    figures, calls = await sheets(hall, client)
    assert figures[0][:3] == ["queue", "offered", "answered"]
    assert [row[:3] for row in figures[1:]] == [
        ["helpline-en", 1, 1], ["helpline-hi", 7, 3], ["total", 8, 4],
    ]  # fmt: skip
    for number, one in enumerate(rows, 1):  # the same cells as in the CSV
        told = [None if text == "" else text for text in one.values()]
        assert [told[0], *(text and float(text) for text in told[1:])] == figures[number]
    assert calls[0] == list(CALL_HEAD)
    found = {row["id"]: row for row in await hall.pool.fetch("select * from call")}
    assert len(calls) == 1 + len(found) == 9
    for cells in calls[1:]:
        one = dict(zip(CALL_HEAD, cells, strict=True))
        row = found[UUID(str(one["call"]))]
        assert (one["queue"], one["agent"], one["outcome"]) == (
            row["queue"], row["agent_id"], row["outcome"],
        )  # fmt: skip
        queued = row["queued_at"].astimezone(IST)
        assert one["queued_ist"] == queued.strftime("%Y-%m-%d %H:%M:%S")


async def test_an_empty_days_report_is_a_page_and_files_of_nothing(hall: Centre) -> None:
    await a_day(hall)
    client = await signed_in(hall, Role.SUPERVISOR)
    period = "?since=2025-11-01&until=2025-11-01"
    assert (await client.get(f"/reports/calls{period}")).status == 200
    assert "Offered 0 = " in client.last
    assert client.last.partition("<tbody>")[2].partition("</tbody>")[0].strip() == ""
    assert "None" not in client.last
    assert (await client.get(f"/reports/calls/list{period}")).status == 200
    assert client.last.count("<tr>") <= 1
    async with client.http.get(f"{hall.site.origin}/reports/calls/file.csv{period}") as answer:
        rows = list(csv.DictReader(io.StringIO((await answer.read()).decode("utf-8-sig"))))
    assert [(row["queue"], row["offered"], row["service_level"]) for row in rows] == [
        ("total", "0", "")
    ]
    figures, calls = await sheets(hall, client, period)
    total = dict(zip(figures[0], figures[1], strict=True))
    assert (len(figures), total["queue"], total["offered"]) == (2, "total", 0)
    assert (total["service_level"], total["asa_s"], total["occupancy"]) == (None, None, None)
    assert calls == [list(CALL_HEAD)]


@pytest.mark.parametrize(
    ("role", "scope", "status", "offered"),
    [
        (Role.SUPERVISOR, Scope(queue="helpline-en"), 200, 1),
        (Role.ADMINISTRATOR, Scope(), 200, 8),
        (Role.AGENT, Scope(), 403, 0),
        (Role.DISTRICT_MAGISTRATE, Scope(place="lal"), 403, 0),
    ],
)
async def test_figures_are_within_ones_queues(
    hall: Centre, role: Role, scope: Scope, status: int, offered: int
) -> None:
    await a_day(hall)
    await hall.pool.execute(
        "insert into place values ('lal', 'district', 'ललितपुर', 'Lalitpur', null)"
    )
    client = await signed_in(hall, role, scope)
    assert (await client.get("/reports/calls")).status == status
    if status == 200:
        assert f"Offered {offered} = " in client.last
        await client.get("/reports/calls/list")
        assert client.last.count("<tr>") == offered + 1
        assert ("/calls/" in client.last.replace("/reports/calls/", "")) is (
            role is Role.SUPERVISOR
        )


async def test_staffing_is_suggested_from_the_queues_own_weeks(
    hall: Centre, browser: Browser
) -> None:
    monday = hall.site.clock() - timedelta(days=12)  # of the last whole week
    for n in range(60):
        await hall.pool.execute(
            "insert into call (id, cell, direction, started_at, queue, queued_at, agent_id,"
            " agent_answered_at, ended_at, outcome) values ($1, 'cell1', 'inbound', $2,"
            " 'helpline-hi', $2, '1001', $2, $3, 'agent_answered')",
            uuid4(), monday + timedelta(seconds=50 * n), monday + timedelta(seconds=50 * n + 200),
        )  # fmt: skip
    await hall.pool.execute(STAYS_OF_CALLS)
    await hall.pool.execute(TALKS_OF_CALLS)
    await hall.site.people.add("kavita", Role.SUPERVISOR, language="hi")
    page = await new_page(browser, DESK)
    await sign_in(page, hall.site, "kavita")
    await page.goto(hall.site.origin + "/reports/staffing?queue=helpline-hi&weeks=1")
    assert await judge_both(page, hall.pool, "staffing") == []
    cells = [int(text) for text in await page.locator("tbody td").all_inner_texts()]
    assert len(cells) == 168
    assert max(cells) > 1
    await page.goto(hall.site.origin + "/reports/staffing?queue=*&weeks=1")
    assert await page.locator("td.short").count() > 0
    assert re.fullmatch(r"⚠ [2-9] / [01]", await page.inner_text("td.short >> nth=0"))
    assert "हेल्पलाइन (हिन्दी) 15 से" in await page.inner_text("main")
    assert await judge_both(page, hall.pool, "staffing-seats") == []
    assert (await page.goto(hall.site.origin + "/reports/staffing?queue=none")).status == 404  # type: ignore[union-attr]


async def test_the_calls_of_a_figure_are_sent_as_a_file_however_many(hall: Centre) -> None:
    await a_day(hall)
    await hall.pool.execute(
        "insert into call (id, cell, direction, started_at, queue, queued_at, ended_at, outcome)"
        " select gen_random_uuid(), 'cell1', 'inbound', $1, 'helpline-en', $1, $1, 'lost'"
        " from generate_series(1, 4500)", hall.site.clock() - timedelta(hours=1),
    )  # fmt: skip
    await hall.pool.execute(STAYS_OF_CALLS)
    client = await signed_in(hall, Role.SUPERVISOR)
    for query, many in (("", 4508), ("?fate=abandoned&key=helpline-en", 4500), ("?key=no", 0)):
        async with client.http.get(f"{hall.site.origin}/reports/calls/list.csv{query}") as answer:
            rows = list(csv.DictReader(io.StringIO((await answer.read()).decode("utf-8-sig"))))
        assert len({row["call"] for row in rows}) == len(rows) == many
    await client.get("/reports/calls/list?fate=abandoned&key=helpline-en")
    assert "(4500)" in client.last
    assert client.last.count("<tr>") == 500 + 1
    english = await signed_in(hall, Role.SUPERVISOR, Scope(queue="helpline-hi"))
    async with english.http.get(f"{hall.site.origin}/reports/calls/list.csv") as answer:
        rows = list(csv.DictReader(io.StringIO((await answer.read()).decode("utf-8-sig"))))
    assert {row["queue"] for row in rows} == {"helpline-hi"}


async def test_a_year_is_summed_and_more_than_three_are_cut(hall: Centre) -> None:
    await a_day(hall)
    client = await signed_in(hall, Role.SUPERVISOR)
    await client.get("/reports/calls?since=2024-12-01&until=2025-11-22&by=day")
    assert "Offered 8 = " in client.last
    await client.get("/reports/calls?since=2001-01-01&until=2025-11-22")
    assert 'value="2022-11-21"' in client.last
    for path in ("/reports/calls", "/calls", "/supervisor/day"):
        query = "since=0001-01-01&until=9999-12-31&day=9999-12-31"
        assert (await client.get(f"{path}?{query}")).status == 200


@pytest.mark.parametrize("given", ["9" * 5000, "99", "-1", "four", "\u096a", "\u00b2"])
async def test_a_number_in_an_address_that_is_none_or_too_long_is_no_fault_of_ours(
    hall: Centre, given: str
) -> None:
    client = await signed_in(hall, Role.SUPERVISOR)
    for path in ("/reports/staffing?weeks", "/quality?days", "/quality?each"):
        assert (await client.get(f"{path}={given}")).status == 200, path


async def test_a_sum_that_takes_too_long_says_so(
    hall: Centre, monkeypatch: pytest.MonkeyPatch
) -> None:
    await a_day(hall)
    client = await signed_in(hall, Role.SUPERVISOR)
    monkeypatch.setattr("calls.report_sql._LONGEST_SECONDS", 0.000_001)
    assert (await client.get("/reports/calls")).status == 503
    assert "fewer days" in client.last
    assert (await client.get("/reports/calls/list?fate=answered")).status == 503
    assert "Finding these calls" in client.last
    assert (await client.get("/reports/staffing")).status == 503
    assert "fewer weeks" in client.last


@pytest.mark.parametrize("path", ["", "/list?fate=answered"])
async def test_what_says_so_is_accessible(
    hall: Centre, browser: Browser, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    await a_day(hall)
    await hall.site.people.add("kavita", Role.SUPERVISOR, language="hi")
    page = await new_page(browser)
    await sign_in(page, hall.site, "kavita")
    monkeypatch.setattr("calls.report_sql._LONGEST_SECONDS", 0.000_001)
    answer = await page.goto(f"{hall.site.origin}/reports/calls{path}")
    assert answer is not None
    assert answer.status == 503
    assert await judge_both(page, hall.pool, f"call-report-late{len(path)}") == []


async def test_totals_of_days_show_the_same_figures_and_lead_to_the_same_calls(
    hall: Centre,
) -> None:
    await a_day(hall)
    day = hall.site.clock().astimezone(IST).date().isoformat()
    addresses = [f"/reports/calls?by={by}&since={day}&until={day}" for by in By]
    addresses.append(f"/reports/calls/list?fate=answered&since={day}&until={day}")
    hall.site.clock.advance(timedelta(days=1))
    client = await signed_in(hall, Role.SUPERVISOR)

    async def tables() -> list[str]:
        shown = []
        for address in addresses:
            await client.get(address)
            shown.append(client.last[client.last.index("<h1") :])
        return shown

    from_rows = await tables()
    assert await sum_a_day(hall.pool, hall.site.clock(), Rules()) is not None
    assert "Offered 8 = " in from_rows[0]
    assert await tables() == from_rows


async def test_a_slow_reader_of_a_long_list_keeps_nobody_from_the_figures() -> None:
    async def two() -> AsyncIterator[list[OfferedCall]]:
        for _ in range(2):
            yield [OfferedCall(id=uuid4(), queue="q", queued_at=NOW)]

    turn = asyncio.Semaphore(1)
    pages = in_turns(turn, two())
    assert await anext(pages)  # is being sent
    assert not turn.locked()
    assert len([page async for page in pages]) == 1
    assert not turn.locked()


def test_a_sheet_that_is_full_says_so(tmp_path: Path) -> None:
    calls = [OfferedCall(id=uuid4(), queue="q", queued_at=NOW) for _ in range(9)]
    for most, kept, full in ((6, 4, True), (12, 9, False)):
        path = tmp_path / f"{most}.xlsx"
        book = Spreadsheet(path, [["figures"]], most_rows=most)
        for one in calls:
            book.add([one])
        book.close()
        sheet = zipfile.ZipFile(path).read("xl/worksheets/sheet2.xml").decode()
        assert sum(str(one.id) in sheet for one in calls) == kept
        assert ("CUT" in sheet, book.full) == (full, full)
