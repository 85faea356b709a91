"""The report's figures and calls as tables: for the command line, for pages, CSV, spreadsheets."""

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path

import xlsxwriter
from xlsxwriter.exceptions import FileCreateError

from calls.reporting import IST, By, Fate, Line, OfferedCall

Cell = str | int | float | None
Table = Sequence[Sequence[Cell]]

SHEET_ROWS = 1_048_576
"""Of one sheet, as Excel and LibreOffice have it."""

HEAD = (
    "offered", *(str(fate) for fate in Fate), "short_abandoned", "service_level", "abandonment",
    "asa_s", "aht_s", "occupancy", "transfers", "placed", "placed_aht_s",
)  # fmt: skip
CALL_HEAD = (
    "call", "fate", "queue", "agent", "queued_ist", "answered_ist", "ended_ist", "outcome",
    "transfers", "moved_to",
)  # fmt: skip


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
        line.placed,
        _seconds(line.placed_handling_time),
    ]


def call_rows(offered: Iterable[OfferedCall]) -> list[list[Cell]]:
    """One row a stay in a queue, as `CALL_HEAD` names it. No number, no name."""
    return [
        [
            str(call.id), str(call.fate), call.queue, call.agent_id, _ist(call.queued_at),
            _ist(call.agent_answered_at), _ist(call.ended_at), call.outcome, call.transfers,
            call.moved_to,
        ]
        for call in offered
    ]  # fmt: skip


def as_csv(table: Table) -> str:
    """A spreadsheet finds UTF-8 by the mark before it, which is the writer's."""
    written = io.StringIO(newline="")
    csv.writer(written).writerows(["" if cell is None else cell for cell in row] for row in table)
    return written.getvalue()


class Spreadsheet:
    """A file with the figures and their calls, written row by row: memory does not grow with it.

    A sheet has 1,048,576 rows. Calls beyond are left out, and its last row says so.
    """

    def __init__(self, path: Path, figures: Table, *, most_rows: int = SHEET_ROWS) -> None:
        """Text stays text: nothing is taken for a formula."""
        options = {
            "strings_to_formulas": False, "strings_to_urls": False, "constant_memory": True,
            "tmpdir": str(path.parent),
        }  # fmt: skip
        self._book = xlsxwriter.Workbook(path, options)
        self._most = most_rows
        sheet = self._book.add_worksheet("figures")
        for number, row in enumerate(figures):
            sheet.write_row(number, 0, _blank(row))
        self._calls = self._book.add_worksheet("calls")
        self._calls.write_row(0, 0, CALL_HEAD)
        self._row = 1
        self.full = False

    def add(self, offered: Iterable[OfferedCall]) -> None:
        """More calls; nothing more once it is `full`."""
        for row in call_rows(offered):
            if self.full:
                return
            if self._row == self._most - 1:
                self._calls.write_row(self._row, 0, [f"CUT: a sheet has {self._most} rows"])
                self.full = True
                return
            self._calls.write_row(self._row, 0, _blank(row))
            self._row += 1

    def close(self) -> None:
        """Finish the file. Raises `OSError`."""
        try:
            self._book.close()
        except FileCreateError as error:
            raise OSError(f"the spreadsheet cannot be written: {error}") from error


def _blank(row: Sequence[Cell]) -> list[str | int | float]:
    return ["" if cell is None else cell for cell in row]


def _rounded(share: float | None) -> float | None:
    return None if share is None else round(share, 4)


def _seconds(lasted: timedelta | None) -> float | None:
    return None if lasted is None else round(lasted.total_seconds(), 1)


def _ist(at: datetime | None) -> str | None:
    return None if at is None else at.astimezone(IST).strftime("%Y-%m-%d %H:%M:%S")
