"""`helpline report calls`: the figures of the queues, as text, CSV or a spreadsheet."""

import argparse
from datetime import timedelta

from calls.report_rows import intervals, offered_calls
from calls.report_tables import Table, as_csv, as_xlsx, call_table, day_bounds, line_table
from calls.reporting import Rules, report, total
from helpline.clock import shifted_clock
from helpline.database import command_pool
from helpline.settings import Settings


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
        options.xlsx.write_bytes(as_xlsx({"figures": figures, "calls": listing}))
    elif options.csv:
        options.csv.write_text(as_csv(shown), encoding="utf-8-sig", newline="")
    else:
        print(as_text(shown))
    return 0


def as_text(table: Table) -> str:
    """Columns under their heads."""
    texts = [["-" if cell is None else str(cell) for cell in row] for row in table]
    widths = [max(len(row[n]) for row in texts) for n in range(len(texts[0]))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in texts
    )
