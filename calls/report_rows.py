"""What the report of the queues is computed from: sums by the database, fates by `calls.reporting`.

Sums are made of any length of time; calls are read page by page.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg

from calls.model import Outcome
from calls.reporting import By, Facts, Fate, Group, Line, OfferedCall, Rules, facts_of, summed
from db.pool import Connection, Pool
from db.statements import sql, statements

_ACQUIRE_SECONDS = 5.0
_PAGE = 2_000
_LONGEST_SECONDS = 60.0
"""A statement that sums for longer than this is stopped."""
_FIRST = UUID(int=0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """Calls sent to a queue in [since, until). `queues` None: all."""

    since: datetime
    until: datetime
    queues: tuple[str, ...] | None = None

    @property
    def _bounds(self) -> dict[str, Any]:
        queues = None if self.queues is None else list(self.queues)
        return {"since": self.since, "until": self.until, "queues": queues}


@dataclass(frozen=True, slots=True)
class Figures:
    """`lines` by their key, sorted; by agents, "" has the calls that no agent had."""

    lines: Mapping[str, Line]
    total: Line


async def figures(conn: Connection, span: Span, by: By, rules: Rules, now: datetime) -> Figures:
    """The report. An interval that goes on lasts until `now`.

    Raises `TimeoutError` for too many calls, or another of `db.errors.AWAY`.
    """
    lines: dict[str, Line] = {}
    async with conn.transaction(isolation="repeatable_read", readonly=True):
        await statements().reports_room(conn)
        for row in await _groups(conn, span, by, rules, per_cell=False):
            lines.setdefault(row["key"], Line()).count(_group(row))
        bounds = {**span._bounds, "by": by}
        for row in await _fetch(conn, "reports_transfers", **bounds):
            lines[row["key"]].transfers += row["transfers"]
        for row in await _fetch(conn, "reports_wrap_ups", **bounds):
            lines[row["key"]].wrapped_up += row["wrapped_up"]
        until, unit = min(span.until, now), "hour" if by is By.HOUR else "day"
        times = await _fetch(
            conn, "reports_times", **{**bounds, "until": until}, unit=unit,
            step=timedelta(hours=1) if by is By.HOUR else timedelta(days=1),
        )  # fmt: skip
    on_duty = Line()
    for row in times:
        # An agent's time is not one queue's: by queues it stands in the total alone.
        line = on_duty if by is By.QUEUE else lines.setdefault(row["key"], Line())
        line.on_duty += row["on_duty"]
        line.busy += row["busy"]
    return Figures(dict(sorted(lines.items())), summed([*lines.values(), on_duty]))


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
    after_at, after_id = span.since, _FIRST
    while True:
        async with pool.acquire(timeout=_ACQUIRE_SECONDS) as conn:
            rows = await _fetch(
                conn, "reports_offered", **span._bounds, by=behind.by, key=behind.key,
                **_combinations(behind.fate), after_at=after_at, after_id=after_id, at_most=page,
            )  # fmt: skip
        yield [OfferedCall(**row) for row in rows]
        if len(rows) < page:
            return
        after_at, after_id = rows[-1]["queued_at"], rows[-1]["id"]


def _combinations(wanted: Fate | None) -> dict[str, Sequence[object] | None]:
    names = ("answered", "ended", "outcomes", "owing")
    if wanted is None:
        return dict.fromkeys(names)
    found = [one._replace(outcome=one.outcome or "") for one in facts_of(wanted, Outcome)]
    return {
        name: list(column) for name, column in zip(names, zip(*found, strict=True), strict=True)
    }


async def _groups(
    conn: Connection, span: Span, by: By, rules: Rules, *, per_cell: bool
) -> list[asyncpg.Record]:
    return await _fetch(
        conn, "reports_groups", **span._bounds, by=by, within=rules.answer_within,
        short=rules.short, own=rules.own, per_cell=per_cell,
    )  # fmt: skip


def _group(row: asyncpg.Record) -> Group:
    return Group(
        facts=Facts(row["answered"], row["ended"], row["outcome"], row["owes_callback"]),
        calls=row["calls"],
        short=row["short"],
        in_time=row["in_time"],
        waited=row["waited"],
        talks=row["talks"],
        talked=row["talked"],
    )


async def _fetch(conn: Connection, name: str, **given: object) -> list[asyncpg.Record]:
    """A statement that may take longer than those of calls: its head names the parameters in the
    order of their first use.
    """
    ordered = [given[parameter] for parameter in getattr(statements(), name).parameters]
    return list(await conn.fetch(sql(name), *ordered, timeout=_LONGEST_SECONDS))
