"""`helpline report calls`: the figures of the queues, as text, CSV or a spreadsheet."""

import argparse
import csv
from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta
from typing import IO

import xlsxwriter

from calls.report_rows import intervals, offered_calls
from calls.reporting import IST, By, Fate, Line, OfferedCall, Rules, fate, report, total
from helpline.clock import shifted_clock
from helpline.database import command_pool
from helpline.settings import Settings

Cell = str | int | float | None
Table = Sequence[Sequence[Cell]]

_HEAD = (
    "offered", *(str(fate) for fate in Fate), "short_abandoned", "service_level", "abandonment",
    "asa_s", "aht_s", "occupancy", "transfers",
)  # fmt: skip
_CALL_HEAD = (
    "call", "fate", "queue", "agent", "queued_ist", "answered_ist", "ended_ist", "outcome",
    "transfers",
)  # fmt: skip


async def calls(settings: Settings, options: argparse.Namespace) -> int:
    """Print or write the report of whole days, IST."""
    since, until = day_bounds(options.since, options.to or options.since)
    now = shifted_clock(settings.clock_shift)()
    async with command_pool(settings) as pool, pool.acquire(timeout=5) as conn:
        offered = await offered_calls(conn, since, until)
        times = await intervals(conn, since, until, now)
    rules = Rules(timedelta(seconds=options.within), timedelta(seconds=options.short))
    lines = report(offered, times, options.by, rules) | {"total": total(offered, times, rules)}
    figures, listing = line_table(options.by, lines), call_table(offered)
    shown = listing if options.list else figures
    if options.xlsx:
        with xlsxwriter.Workbook(str(options.xlsx)) as book:
            for name, table in (("figures", figures), ("calls", listing)):
                sheet = book.add_worksheet(name)
                for number, row in enumerate(table):
                    sheet.write_row(number, 0, ["" if cell is None else cell for cell in row])
    elif options.csv:
        with options.csv.open("w", encoding="utf-8-sig", newline="") as file:
            _write_csv(file, shown)
    else:
        print(as_text(shown))
    return 0


def day_bounds(first: date, last: date) -> tuple[datetime, datetime]:
    """From the first day's beginning to the last day's end, IST."""
    begin = datetime.combine(first, time(), IST)
    return begin, datetime.combine(last, time(), IST) + timedelta(days=1)


def line_table(by: By, lines: Mapping[str, Line]) -> list[list[Cell]]:
    """A head and one row a line."""
    table: list[list[Cell]] = [[str(by), *_HEAD]]
    for key, line in lines.items():
        table.append(
            [
                key,
                line.offered,
                *(line.fates[one] for one in Fate),
                line.short_abandoned,
                _rounded(line.service_level),
                _rounded(line.abandonment),
                _seconds(line.average_speed_of_answer),
                _seconds(line.average_handling_time),
                _rounded(line.occupancy),
                line.transfers,
            ]
        )
    return table


def call_table(offered: Sequence[OfferedCall]) -> list[list[Cell]]:
    """A head and one row a call: what the figures are made of. No number, no name."""
    table: list[list[Cell]] = [list(_CALL_HEAD)]
    for call in offered:
        table.append(
            [
                str(call.id), str(fate(call)), call.queue, call.agent_id, _ist(call.queued_at),
                _ist(call.agent_answered_at), _ist(call.ended_at), call.outcome, call.transfers,
            ]
        )  # fmt: skip
    return table


def as_text(table: Table) -> str:
    """Columns under their heads."""
    texts = [["-" if cell is None else str(cell) for cell in row] for row in table]
    widths = [max(len(row[n]) for row in texts) for n in range(len(texts[0]))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in texts
    )


def _write_csv(file: IO[str], table: Table) -> None:
    csv.writer(file).writerows(["" if cell is None else cell for cell in row] for row in table)


def _rounded(share: float | None) -> float | None:
    return None if share is None else round(share, 4)


def _seconds(lasted: timedelta | None) -> float | None:
    return None if lasted is None else round(lasted.total_seconds(), 1)


def _ist(at: datetime | None) -> str | None:
    return None if at is None else at.astimezone(IST).strftime("%Y-%m-%d %H:%M:%S")
