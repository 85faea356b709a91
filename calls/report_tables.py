"""The report's figures and calls as tables: for the command line, for pages, CSV, spreadsheets."""

import csv
import io
from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta

import xlsxwriter

from calls.reporting import IST, By, Fate, Line, OfferedCall, fate

Cell = str | int | float | None
Table = Sequence[Sequence[Cell]]

HEAD = (
    "offered", *(str(fate) for fate in Fate), "short_abandoned", "service_level", "abandonment",
    "asa_s", "aht_s", "occupancy", "transfers",
)  # fmt: skip
CALL_HEAD = (
    "call", "fate", "queue", "agent", "queued_ist", "answered_ist", "ended_ist", "outcome",
    "transfers",
)  # fmt: skip


def day_bounds(first: date, last: date) -> tuple[datetime, datetime]:
    """From the first day's beginning to the last day's end, IST."""
    begin = datetime.combine(first, time(), IST)
    return begin, datetime.combine(last, time(), IST) + timedelta(days=1)


def line_table(by: By, lines: Mapping[str, Line]) -> list[list[Cell]]:
    """A head and one row a line."""
    return [[str(by), *HEAD], *([key, *line_cells(line)] for key, line in lines.items())]


def line_cells(line: Line) -> list[Cell]:
    """As `HEAD` names them."""
    return [
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


def call_table(offered: Sequence[OfferedCall]) -> list[list[Cell]]:
    """A head and one row a call: what the figures are made of. No number, no name."""
    table: list[list[Cell]] = [list(CALL_HEAD)]
    for call in offered:
        table.append(
            [
                str(call.id), str(fate(call)), call.queue, call.agent_id, _ist(call.queued_at),
                _ist(call.agent_answered_at), _ist(call.ended_at), call.outcome, call.transfers,
            ]
        )  # fmt: skip
    return table


def as_csv(table: Table) -> str:
    """With a head line; a spreadsheet finds UTF-8 by the mark before it, which is the writer's."""
    written = io.StringIO(newline="")
    csv.writer(written).writerows(["" if cell is None else cell for cell in row] for row in table)
    return written.getvalue()


def as_xlsx(tables: Mapping[str, Table]) -> bytes:
    """A sheet a table. Text stays text: nothing is taken for a formula."""
    written = io.BytesIO()
    options = {"strings_to_formulas": False, "strings_to_urls": False, "in_memory": True}
    with xlsxwriter.Workbook(written, options) as book:
        for name, table in tables.items():
            sheet = book.add_worksheet(name)
            for number, row in enumerate(table):
                sheet.write_row(number, 0, ["" if cell is None else cell for cell in row])
    return written.getvalue()


def _rounded(share: float | None) -> float | None:
    return None if share is None else round(share, 4)


def _seconds(lasted: timedelta | None) -> float | None:
    return None if lasted is None else round(lasted.total_seconds(), 1)


def _ist(at: datetime | None) -> str | None:
    return None if at is None else at.astimezone(IST).strftime("%Y-%m-%d %H:%M:%S")
