"""`helpline report calls`: the figures of the queues, as text, CSV or a spreadsheet."""

import argparse
import sys
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from pathlib import Path

from calls.report_rows import Behind, Span, calls_behind, figures
from calls.report_tables import (
    CALL_HEAD,
    SHEET_ROWS,
    Spreadsheet,
    Table,
    as_csv,
    call_rows,
    line_table,
)
from calls.reporting import OfferedCall, Rules, day_bounds
from calls.told_waits import LONGEST, told_table, told_waits
from helpline.clock import shifted_clock
from helpline.database import command_pool
from helpline.settings import Settings, SettingsError


async def calls(settings: Settings, options: argparse.Namespace) -> int:
    """Print or write the report of whole days, IST."""
    since, until = _days(options)
    now, span = shifted_clock(settings.clock_shift)(), Span(since=since, until=until)
    rules = _rules(options)
    async with command_pool(settings) as pool:
        async with pool.acquire(timeout=5) as conn:
            found = await figures(conn, span, options.by, rules, now)
        table = line_table(options.by, {**found.lines, "total": found.total})
        listing = calls_behind(pool, span, Behind())
        if options.xlsx:
            await _write_xlsx(options.xlsx, table, listing)
        elif options.list:
            await _write_list(options.csv, listing)
        elif options.csv:
            options.csv.write_text(as_csv(table), encoding="utf-8-sig", newline="")
        else:
            print(as_text(table))
    return 0


async def waits(settings: Settings, options: argparse.Namespace) -> int:
    """Print how long callers were told that they would wait, beside how long they did."""
    since, until = _days(options)
    if until - since > LONGEST:
        raise SettingsError(f"at most {LONGEST.days} days")
    async with command_pool(settings) as pool, pool.acquire(timeout=5) as conn:
        found = await told_waits(conn, since, until, None)
    print(as_text(told_table(found)) if found else "nobody was told a waiting time")
    return 0


def _days(options: argparse.Namespace) -> tuple[datetime, datetime]:
    last = options.to or options.since
    if last < options.since:
        raise SettingsError(f"{last} is before {options.since}")
    return day_bounds(options.since, last)


def _rules(options: argparse.Namespace) -> Rules:
    """Each queue's own seconds, unless others are asked for."""
    short = timedelta(seconds=options.short)
    if options.within is None:
        return Rules(short=short)
    return Rules(timedelta(seconds=options.within), short, own=False)


async def _write_xlsx(path: Path, table: Table, listing: AsyncIterator[list[OfferedCall]]) -> None:
    book = Spreadsheet(path, table)
    async for page in listing:
        book.add(page)
        if book.full:
            print(f"calls beyond {SHEET_ROWS} rows are left out: use --list --csv", file=sys.stderr)
            break
    book.close()


async def _write_list(path: Path | None, listing: AsyncIterator[list[OfferedCall]]) -> None:
    """Page by page: as CSV, or as text."""
    if path is None:
        table: list[list[str | int | float | None]] = [list(CALL_HEAD)]
        async for page in listing:
            table += call_rows(page)
        print(as_text(table))
        return
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        file.write(as_csv([CALL_HEAD]))
        async for page in listing:
            file.write(as_csv(call_rows(page)))


def as_text(table: Table) -> str:
    """Columns under their heads."""
    texts = [["-" if cell is None else str(cell) for cell in row] for row in table]
    widths = [max(len(row[n]) for row in texts) for n in range(len(texts[0]))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in texts
    )
