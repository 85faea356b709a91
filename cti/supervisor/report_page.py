"""Figures of the queues by queue, agent, hour or day, with the calls behind each figure.

Sums are the database's, of any length of time; files are written page by page.
"""

import asyncio
import tempfile
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path

import structlog
from aiohttp import web

from access.rights import Right, may_somewhere
from access.users import ACQUIRE_SECONDS
from calls import service_levels
from calls.report_rows import Behind, Figures, Span, calls_behind, figures
from calls.report_tables import (
    CALL_HEAD,
    HEAD,
    SHEET_ROWS,
    Spreadsheet,
    Table,
    as_csv,
    call_rows,
    line_cells,
    line_table,
)
from calls.reporting import By, Fate, OfferedCall, Rules, day_bounds
from calls.told_waits import LONGEST, ToldWaits, told_waits
from cti.supervisor.wall import asked_day, supervisor_of, today
from db.errors import AWAY, stop_if_cancelled
from db.pool import Connection
from web.shell import Shell, Visit

_log = structlog.get_logger(__name__)
_MOST_DAYS = {By.HOUR: 92}
_MOST_DAYS_ELSE = 1_098
_MOST_CALLS = 500
_AT_ONCE = 2
_PAGE_SECONDS = 250.0
"""Four sums, each of which the database stops after a minute."""
_FILE_SECONDS = 1_800.0
_PIECE = 256 * 1024
_CSV = "text/csv"
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """What is asked: whole days in India, both included."""

    since: date
    until: date
    by: By

    def query(self, **more: str) -> dict[str, str]:
        """As an address has it."""
        days = {"since": self.since.isoformat(), "until": self.until.isoformat()}
        return {**days, "by": str(self.by), **more}


def add_routes(app: web.Application, shell: Shell) -> None:
    """`/reports/calls` and below."""
    pages = _Reports()
    for path, handler, seconds in (
        ("/reports/calls", pages.show, _PAGE_SECONDS),
        ("/reports/calls/list", pages.list, _PAGE_SECONDS),
        ("/reports/calls/list.csv", pages.list_csv, _FILE_SECONDS),
        ("/reports/calls/file.csv", pages.csv, _PAGE_SECONDS),
        ("/reports/calls/file.xlsx", pages.xlsx, _FILE_SECONDS),
    ):
        page = shell.page(handler, right=Right.CALL_REPORT_SEE, seconds=seconds)
        app.router.add_get(path, page)


@dataclass(frozen=True, slots=True)
class _Reports:
    """`_turn`: this process answers calls too, so few long sums and files are made at once."""

    _turn: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(_AT_ONCE))

    async def show(self, visit: Visit) -> web.StreamResponse:
        period = _period(visit)
        try:
            found = await self._figures(visit, period)
        except TimeoutError:
            return _too_long(visit, "report.too_long")
        whole, span = found.total, _span(visit, period)
        async with visit.shell.pool.acquire(timeout=ACQUIRE_SECONDS) as conn:
            levels = await service_levels.held(conn, span.since, span.until, span.queues)
            told = await _told_waits(conn, span)
        parts = [f"{visit.say(f'report.{one}')} {whole.fates[one]}" for one in Fate]
        return visit.render(
            "call_report.html.j2",
            period=period,
            head=HEAD,
            fates=[str(one) for one in Fate],
            lines={key: line_cells(line) for key, line in found.lines.items()},
            total=line_cells(whole),
            unaccounted=found.unaccounted,
            sum=f"{whole.offered} = {' + '.join(parts)}",
            by=list(By),
            levels=levels,
            told=told,
            told_days=LONGEST.days,
            otherwise=round(Rules().answer_within.total_seconds()),
            sheet_rows=SHEET_ROWS,
            too_many=whole.offered > SHEET_ROWS - 2,
        )

    async def list(self, visit: Visit) -> web.StreamResponse:
        """The calls behind one figure: the first of them."""
        try:
            return await self._list(visit)
        except TimeoutError:
            return _too_long(visit, "report.list_too_long")

    async def _list(self, visit: Visit) -> web.StreamResponse:
        period, behind = _period(visit), _behind(visit)
        found = await self._figures(visit, period)
        line = found.total if behind.key is None else found.lines.get(behind.key)
        count = 0 if line is None else line.fates[behind.fate] if behind.fate else line.offered
        calls: list[OfferedCall] = []
        if count:
            pages = calls_behind(visit.shell.pool, _span(visit, period), behind, page=_MOST_CALLS)
            calls = await anext(pages)
        return visit.render(
            "call_report_list.html.j2",
            period=period,
            behind=behind,
            count=count,
            calls=calls,
            most=_MOST_CALLS,
            may_open=may_somewhere(visit.signed_in.person, Right.CALL_FIND),
        )

    async def csv(self, visit: Visit) -> web.StreamResponse:
        """The figures."""
        period = _period(visit)
        body = "\ufeff" + as_csv(_table(period.by, await self._figures(visit, period)))
        return web.Response(text=body, content_type=_CSV, headers=_named("figures.csv"))

    async def list_csv(self, visit: Visit) -> web.StreamResponse:
        """All calls behind a figure, however many, sent as they are read."""
        pages = calls_behind(visit.shell.pool, _span(visit, _period(visit)), _behind(visit))
        pieces = _csv_pieces(in_turns(self._turn, pages))
        return await _send(visit, pieces, _CSV, "calls.csv")

    async def xlsx(self, visit: Visit) -> web.StreamResponse:
        """Figures and calls. The file is finished before it is sent: a workbook is one archive."""
        period = _period(visit)
        found = await self._figures(visit, period)
        pages = calls_behind(visit.shell.pool, _span(visit, period), Behind())
        with tempfile.TemporaryDirectory(prefix="helpline-report-") as folder:
            path = Path(folder) / "calls.xlsx"
            async with self._turn:
                await _write(path, _table(period.by, found), pages)
            return await _send(visit, _file_pieces(path), _XLSX, "calls.xlsx")

    async def _figures(self, visit: Visit, period: Period) -> Figures:
        span, now = _span(visit, period), visit.shell.now()
        async with self._turn, visit.shell.pool.acquire(timeout=ACQUIRE_SECONDS) as conn:
            return await figures(conn, span, period.by, Rules(), now)


async def _told_waits(conn: Connection, span: Span) -> dict[str, ToldWaits] | None:
    """None: of so many days it is not summed."""
    if span.until - span.since > LONGEST:
        return None
    return await told_waits(conn, span.since, span.until, span.queues)


def _too_long(visit: Visit, why: str) -> web.StreamResponse:
    said = {"heading": "report.title", "back": "/reports/calls", "why": why}
    return visit.render("too_long.html.j2", **said, status=503)


def _table(by: By, found: Figures) -> Table:
    return line_table(by, {**found.lines, "total": found.total})


async def _write(path: Path, table: Table, pages: AsyncIterator[list[OfferedCall]]) -> None:
    """Rows are written beside the loop, one page after the other."""
    book = await asyncio.to_thread(Spreadsheet, path, table)
    async for page in pages:
        await asyncio.to_thread(book.add, page)
        if book.full:
            break
    await asyncio.to_thread(book.close)


async def in_turns(
    turn: asyncio.Semaphore, pages: AsyncIterator[list[OfferedCall]]
) -> AsyncIterator[list[OfferedCall]]:
    """The pages, each read in a turn that is over before it is sent: however slowly who wanted them
    reads, nobody else waits for that.
    """
    while True:
        async with turn:
            page = await anext(pages, None)
        if page is None:
            return
        yield page


async def _csv_pieces(pages: AsyncIterator[list[OfferedCall]]) -> AsyncIterator[bytes]:
    yield ("\ufeff" + as_csv([CALL_HEAD])).encode()
    async for page in pages:
        yield as_csv(call_rows(page)).encode()


async def _file_pieces(path: Path) -> AsyncIterator[bytes]:
    with path.open("rb") as file:
        while piece := await asyncio.to_thread(file.read, _PIECE):
            yield piece


async def _send(
    visit: Visit, pieces: AsyncIterator[bytes], kind: str, name: str
) -> web.StreamResponse:
    """A file that ends in the middle is cut off, so that nobody takes it for whole."""
    response = web.StreamResponse(headers=_named(name))
    response.content_type = kind
    response.enable_chunked_encoding()
    first = await anext(pieces)  # what fails before the head is still a page of its own
    await response.prepare(visit.request)
    try:
        await response.write(first)
        async for piece in pieces:
            await response.write(piece)
        await response.write_eof()
    except AWAY as error:
        stop_if_cancelled()
        _log.warning("report cut off", file=name, error=repr(error))
        if visit.request.transport is not None:
            visit.request.transport.abort()
    return response


def _named(name: str) -> dict[str, str]:
    return {"Content-Disposition": f'attachment; filename="{name}"'}


def _behind(visit: Visit) -> Behind:
    asked = visit.request.query
    try:
        wanted = Fate(asked["fate"]) if asked.get("fate") else None
    except ValueError as error:
        raise web.HTTPBadRequest from error
    return Behind(by=_period(visit).by, key=asked.get("key"), fate=wanted)


def _period(visit: Visit) -> Period:
    """At most three years, by hours a quarter: what is beyond is cut off at its beginning."""
    try:
        by = By(visit.request.query.get("by", By.QUEUE))
    except ValueError:
        by = By.QUEUE
    until = asked_day(visit, "until", today(visit))
    since = min(asked_day(visit, "since", until), until)
    most = timedelta(days=_MOST_DAYS.get(by, _MOST_DAYS_ELSE) - 1)
    return Period(since=max(since, until - most), until=until, by=by)


def _span(visit: Visit, period: Period) -> Span:
    supervisor = supervisor_of(visit, Right.CALL_REPORT_SEE)
    since, until = day_bounds(period.since, period.until)
    queues = None if supervisor.queues is None else tuple(sorted(supervisor.queues))
    return Span(since=since, until=until, queues=queues)
