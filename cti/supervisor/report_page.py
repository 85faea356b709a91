"""The figures of the queues: by queue, agent, hour or day, with the calls behind each figure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from aiohttp import web

from access.rights import Right, may_somewhere
from access.users import ACQUIRE_SECONDS
from calls.report_rows import intervals, offered_calls
from calls.report_tables import (
    HEAD,
    as_csv,
    as_xlsx,
    call_table,
    day_bounds,
    line_cells,
    line_table,
)
from calls.reporting import (
    By,
    Fate,
    Interval,
    OfferedCall,
    Rules,
    calls_behind,
    fate,
    report,
    total,
)
from cti.erlang import Target
from cti.staffing import suggest
from cti.supervising import Supervisor
from cti.supervisor.wall import asked_day, supervisor_of, today
from db.pool import Connection
from db.statements import statements
from web.shell import Shell, Visit

_MOST_DAYS = 92
_MOST_CALLS = 500
_MOST_WEEKS = 52
_MOST_READ = 50_000
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


@dataclass(frozen=True, slots=True)
class Material:
    """What the figures are made of, within the queues of who asks."""

    calls: Sequence[OfferedCall]
    times: Sequence[Interval]


def add_routes(app: web.Application, shell: Shell, *, wrap_up: Mapping[str, int]) -> None:
    """`/reports/calls` and below. `wrap_up`: seconds by queue, for the staffing."""
    staffing = _Staffing(wrap_up)
    for path, handler in (
        ("/reports/calls", _show),
        ("/reports/calls/list", _list),
        ("/reports/calls/file.csv", _csv),
        ("/reports/calls/file.xlsx", _xlsx),
        ("/reports/staffing", staffing.show),
    ):
        app.router.add_get(path, shell.page(handler, right=Right.CALL_REPORT_SEE))


async def _show(visit: Visit) -> web.StreamResponse:
    period = _period(visit)
    try:
        material = await _material(visit, period)
    except _TooManyError:
        return visit.render(
            "call_report_too_many.html.j2", status=413, most=_MOST_READ, period=period
        )
    whole = total(material.calls, material.times, Rules())
    lines = report(material.calls, material.times, period.by, Rules())
    parts = [f"{visit.say(f'report.{one}')} {whole.fates[one]}" for one in Fate]
    return visit.render(
        "call_report.html.j2",
        period=period,
        head=HEAD,
        fates=[str(one) for one in Fate],
        lines={key: line_cells(line) for key, line in lines.items()},
        total=line_cells(whole),
        sum=f"{whole.offered} = {' + '.join(parts)}",
        holds=whole.offered == len(material.calls),
        by=list(By),
    )


class _TooManyError(web.HTTPRequestEntityTooLarge):
    """More calls than a page may read: this process answers calls too."""

    def __init__(self) -> None:
        super().__init__(_MOST_READ, _MOST_READ + 1)


async def _list(visit: Visit) -> web.StreamResponse:
    """The calls behind one figure."""
    period, asked = _period(visit), visit.request.query
    try:
        wanted = Fate(asked["fate"]) if asked.get("fate") else None
    except ValueError as error:
        raise web.HTTPBadRequest from error
    material = await _material(visit, period)
    behind = calls_behind(material.calls, period.by, asked.get("key"), wanted)
    return visit.render(
        "call_report_list.html.j2",
        period=period,
        key=asked.get("key"),
        fate=wanted,
        count=len(behind),
        calls=[(call, fate(call)) for call in behind[:_MOST_CALLS]],
        most=_MOST_CALLS,
        may_open=may_somewhere(visit.signed_in.person, Right.CALL_FIND),
    )


async def _csv(visit: Visit) -> web.StreamResponse:
    figures, _ = await _tables(visit)
    return _file("\ufeff" + as_csv(figures), "text/csv", "calls.csv")


async def _xlsx(visit: Visit) -> web.StreamResponse:
    figures, listing = await _tables(visit)
    return _file(as_xlsx({"figures": figures, "calls": listing}), _XLSX, "calls.xlsx")


async def _tables(visit: Visit) -> tuple[list[list[str | int | float | None]], ...]:
    period = _period(visit)
    material = await _material(visit, period)
    lines = report(material.calls, material.times, period.by, Rules())
    lines["total"] = total(material.calls, material.times, Rules())
    return line_table(period.by, lines), call_table(material.calls)


def _file(body: str | bytes, kind: str, name: str) -> web.Response:
    data = body.encode() if isinstance(body, str) else body
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return web.Response(body=data, content_type=kind, headers=headers)


def _period(visit: Visit) -> Period:
    """At most a quarter: what is asked beyond that is cut off at its beginning."""
    until = asked_day(visit, "until", today(visit))
    since = min(asked_day(visit, "since", until), until)
    since = max(since, until - timedelta(days=_MOST_DAYS - 1))
    try:
        by = By(visit.request.query.get("by", By.QUEUE))
    except ValueError:
        by = By.QUEUE
    return Period(since=since, until=until, by=by)


async def _material(visit: Visit, period: Period) -> Material:
    supervisor = supervisor_of(visit, Right.CALL_REPORT_SEE)
    since, until = day_bounds(period.since, period.until)
    async with visit.shell.pool.acquire(timeout=ACQUIRE_SECONDS) as conn:
        return await _read(conn, supervisor, since, until, visit.shell.now())


async def _read(
    conn: Connection, supervisor: Supervisor, since: datetime, until: datetime, now: datetime
) -> Material:
    found = await statements().supervision_count_offered(
        conn, since=since, until=until, at_most=_MOST_READ + 1
    )
    if found > _MOST_READ:
        raise _TooManyError
    calls = await offered_calls(conn, since, until)
    times = await intervals(conn, since, until, now)
    if supervisor.queues is None:
        return Material(calls, times)
    rows = statements().supervision_agents_of(conn, queues=sorted(supervisor.queues))
    theirs = {row["id"] async for row in rows}
    return Material(
        [call for call in calls if supervisor.may([call.queue])],
        [time for time in times if time.agent_id in theirs],
    )


@dataclass(frozen=True, slots=True)
class _Staffing:
    wrap_up: Mapping[str, int]

    async def show(self, visit: Visit) -> web.StreamResponse:
        """How many agents each hour of the week needs."""
        supervisor = supervisor_of(visit, Right.CALL_REPORT_SEE)
        queues = [name for name in self.wrap_up if supervisor.may([name])]
        asked, target = visit.request.query, Target()
        queue = asked.get("queue") or next(iter(queues), "")
        if queue not in queues:
            raise web.HTTPNotFound
        given = asked.get("weeks", "")
        weeks = min(max(int(given), 1), _MOST_WEEKS) if given.isdecimal() else 4
        week = await suggest(
            visit.shell.pool,
            queue,
            weeks=weeks,
            wrap_up=self.wrap_up[queue],
            target=target,
            now=visit.shell.now(),
        )
        hours = {(one.weekday, one.hour): one for one in week.hours}
        return visit.render(
            "staffing.html.j2",
            week=week,
            hours=hours,
            queues=queues,
            target=target,
            scheduled=sum(one.scheduled for one in week.hours),
        )
