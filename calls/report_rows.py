"""What the report of the queues is computed from: sums by the database, fates by `calls.reporting`.

Sums are made of any length of time: of totals where days have them, of rows elsewhere. Calls are
read page by page.
"""

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg

from calls.model import Outcome
from calls.report_sql import fetch_slowly
from calls.report_totals import between, summed_days
from calls.reporting import By, Facts, Fate, Group, Line, OfferedCall, Rules, facts_of, summed
from db.pool import Connection, Pool
from db.statements import statements

_ACQUIRE_SECONDS = 5.0
_PAGE = 2_000
_GRAIN = {By.QUEUE: "queue", By.DAY: "queue", By.AGENT: "agent", By.HOUR: "hour"}
_FIRST = UUID(int=0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """Callers who came to a queue, and talks that began, in [since, until). `queues` None: all."""

    since: datetime
    until: datetime
    queues: tuple[str, ...] | None = None

    @property
    def names(self) -> list[str] | None:
        """The queues, as statements take them."""
        return None if self.queues is None else list(self.queues)

    @property
    def _bounds(self) -> dict[str, Any]:
        return {"since": self.since, "until": self.until, "queues": self.names}


@dataclass(frozen=True, slots=True)
class Figures:
    """`lines` by their key, sorted; by agents, "" has what no agent answered.

    `unaccounted`: calls that came to a queue, by their own rows, and are in no figure, since no
    stay of theirs is there. Zero, unless rows were lost.
    """

    lines: Mapping[str, Line]
    total: Line
    unaccounted: int = 0


async def figures(conn: Connection, span: Span, by: By, rules: Rules, now: datetime) -> Figures:
    """The report. An interval that goes on lasts until `now`.

    Raises `TimeoutError` for too many calls, or another of `db.errors.AWAY`.
    """
    sums = _Sums(by)
    async with conn.transaction(isolation="repeatable_read", readonly=True):
        await statements().reports_room(conn)
        days = await summed_days(conn, span.since, min(span.until, now), rules)
        for since, until in between(span.since, span.until, days):
            await _add_rows(conn, sums, replace(span, since=since, until=until), rules, now)
        if days:
            await _add_totals(conn, sums, days, span)
    return sums.figures()


class _Sums:
    """Lines as they grow, from rows and from totals alike."""

    def __init__(self, by: By) -> None:
        self.by = by
        self._lines: dict[str, Line] = {}
        self._of_no_line = Line()
        self.unaccounted = 0

    def calls(self, rows: Iterable[asyncpg.Record]) -> None:
        for row in rows:
            self._line(row).count(_group(row))

    def talks(self, rows: Iterable[asyncpg.Record]) -> None:
        for row in rows:
            if row["placed"]:
                line = self._line_or_none(row)
                line.placed += row["talks"]
                line.placed_talked += row["talked"]
            else:
                line = self._line(row)
                line.transfers += row["transfers"]
                line.ended_talks += row["talks"]
                line.talked += row["talked"]

    def wrap_ups(self, rows: Iterable[asyncpg.Record]) -> None:
        for row in rows:
            if row["placed"]:
                self._line_or_none(row).placed_wrapped_up += row["wrapped_up"]
            else:
                self._line(row).wrapped_up += row["wrapped_up"]

    def duty(self, rows: Iterable[asyncpg.Record]) -> None:
        for row in rows:
            line = self._line_or_none(row)
            line.on_duty += row["on_duty"]
            line.busy += row["busy"]

    def figures(self) -> Figures:
        whole = summed([*self._lines.values(), self._of_no_line])
        return Figures(dict(sorted(self._lines.items())), whole, self.unaccounted)

    def _line(self, row: asyncpg.Record) -> Line:
        return self._lines.setdefault(row["key"], Line())

    def _line_or_none(self, row: asyncpg.Record) -> Line:
        """By queues, what is of none (an agent's time, a click) stands in the total alone."""
        return self._of_no_line if self.by is By.QUEUE and not row["key"] else self._line(row)


async def _add_rows(conn: Connection, sums: _Sums, span: Span, rules: Rules, now: datetime) -> None:
    sums.calls(await _groups(conn, span, sums.by, rules, per_cell=False))
    (missing,) = await fetch_slowly(conn, "reports_unaccounted", **span._bounds)
    sums.unaccounted += missing["calls"]
    bounds = {**span._bounds, "by": sums.by}
    sums.talks(await fetch_slowly(conn, "reports_talks", **bounds))
    sums.wrap_ups(await fetch_slowly(conn, "reports_wrap_ups", **bounds))
    unit, step = ("hour", timedelta(hours=1)) if sums.by is By.HOUR else ("day", timedelta(days=1))
    bounds["until"] = min(span.until, now)
    sums.duty(await fetch_slowly(conn, "reports_times", **bounds, unit=unit, step=step))


async def _add_totals(conn: Connection, sums: _Sums, days: Sequence[date], span: Span) -> None:
    given = {"by": sums.by, "grain": _GRAIN[sums.by], "days": days, "queues": span.names}
    sums.calls(await fetch_slowly(conn, "reports_total_calls", **given))
    (missing,) = await fetch_slowly(conn, "reports_total_unaccounted", **given)
    sums.unaccounted += missing["calls"]
    work = await fetch_slowly(conn, "reports_total_work", **given)
    sums.talks(work)
    sums.wrap_ups(work)
    grain = "hour" if sums.by is By.HOUR else "agent"
    placed = await fetch_slowly(conn, "reports_total_placed", **{**given, "grain": grain})
    sums.talks(placed)
    sums.wrap_ups(placed)
    sums.duty(await fetch_slowly(conn, "reports_total_duty", **{**given, "grain": grain}))


async def lines_of_cells(conn: Connection, span: Span, rules: Rules) -> dict[str, dict[str, Line]]:
    """Calls by cell and queue: no agents' time, no wrap-ups."""
    cells: dict[str, dict[str, Line]] = {}
    for row in await _groups(conn, span, By.QUEUE, rules, per_cell=True):
        line = cells.setdefault(row["cell"], {}).setdefault(row["key"], Line())
        line.count(_group(row))
    return cells


@dataclass(frozen=True, slots=True, kw_only=True)
class Behind:
    """The calls that a figure counts: of one line (None: of all), of one fate (None: offered)."""

    by: By = By.QUEUE
    key: str | None = None
    fate: Fate | None = None


async def calls_behind(
    pool: Pool, span: Span, behind: Behind, *, page: int = _PAGE
) -> AsyncIterator[list[OfferedCall]]:
    """Oldest first, page by page; no connection is held between two pages."""
    after_at, after_id, after_queue = span.since, _FIRST, ""
    while True:
        async with pool.acquire(timeout=_ACQUIRE_SECONDS) as conn:
            rows = await fetch_slowly(
                conn, "reports_offered", **span._bounds, by=behind.by, key=behind.key,
                **_combinations(behind.fate), after_at=after_at, after_id=after_id,
                after_queue=after_queue, at_most=page,
            )  # fmt: skip
        yield [OfferedCall(**row) for row in rows]
        if len(rows) < page:
            return
        after_at, after_id, after_queue = (rows[-1][name] for name in ("queued_at", "id", "queue"))


def _combinations(wanted: Fate | None) -> dict[str, Sequence[object] | None]:
    names = ("answered", "moved", "ended", "outcomes", "owing")
    if wanted is None:
        return dict.fromkeys(names)
    found = [one._replace(outcome=one.outcome or "") for one in facts_of(wanted, Outcome)]
    return {
        name: list(column) for name, column in zip(names, zip(*found, strict=True), strict=True)
    }


async def _groups(
    conn: Connection, span: Span, by: By, rules: Rules, *, per_cell: bool
) -> list[asyncpg.Record]:
    return await fetch_slowly(
        conn, "reports_groups", **span._bounds, by=by, within=rules.answer_within,
        short=rules.short, own=rules.own, per_cell=per_cell,
    )  # fmt: skip


def _group(row: asyncpg.Record) -> Group:
    return Group(
        facts=Facts(**{name: row[name] for name in Facts._fields}),
        calls=row["calls"],
        short=row["short"],
        in_time=row["in_time"],
        unseen=row["unseen"],
        waited=row["waited"],
    )
