"""Bytes of a CSV file -> cells under their column's name, with line numbers. Pure; never raises.

Read as RFC 4180 in UTF-8, with or without a byte order mark, lines ended by LF, CR LF or CR.
"""

import codecs
import csv
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from complaints.importing.faults import Fault

_LARGEST = 64 * 1024 * 1024  # bytes; every district, post and officer of a state is under 2 MiB
_LINE_END = re.compile(rb"\r\n|\r|\n")
_OTHER_ENCODINGS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


@dataclass(frozen=True, slots=True)
class Cells:
    """One row. `values`: by column name; a column that the file lacks is not in it."""

    line: int
    values: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Table:
    """What could be read, and all that could not."""

    columns: Sequence[str]
    rows: Sequence[Cells]
    faults: Sequence[Fault]


def read_table(
    file: str,
    data: bytes,
    *,
    required: Sequence[str],
    optional: Sequence[str] = (),
    others_allowed: bool = False,
) -> Table:
    """The rows of a file that must have the `required` columns, in any order.

    A row that stands in a faulty line is left out: its faults are told once.
    """
    if len(data) > _LARGEST:
        return Table((), (), [Fault(file, 1, f"is larger than {_LARGEST} bytes")])
    if data.startswith(_OTHER_ENCODINGS):
        return Table((), (), [Fault(file, 1, "is UTF-16: save it as CSV in UTF-8")])
    faults = _undecodable(file, data)
    spoilt = {fault.line for fault in faults}
    text = data.decode("utf-8", errors="replace").removeprefix("\ufeff")
    records = _records(file, text, faults)
    line, header = next(records, (1, []))
    columns = [name.strip().lower() for name in header]
    while columns and not columns[-1]:  # a spreadsheet's empty columns at the right
        columns.pop()
    faults += _header_faults(file, line, columns, required, None if others_allowed else optional)
    if not set(columns) & set(required):
        return Table(columns, (), faults)
    rows = [
        Cells(line, dict(zip(columns, map(str.strip, cells), strict=False)))
        for line, cells in records
        if line not in spoilt and _fits(file, line, cells, len(columns), faults)
    ]
    return Table(columns, rows, faults)


def _undecodable(file: str, data: bytes) -> list[Fault]:
    """A fault for each line that is not UTF-8."""
    faults: list[Fault] = []
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        for number, line in enumerate(_LINE_END.split(data), 1):
            try:
                line.decode("utf-8")
            except UnicodeDecodeError as error:
                byte = f"byte {line[error.start]:#04x} at position {error.start + 1}"
                faults.append(Fault(file, number, f"{byte} is not UTF-8: save as CSV in UTF-8"))
    return faults


def _records(file: str, text: str, faults: list[Fault]) -> Iterator[tuple[int, list[str]]]:
    """Rows that are not blank, each with the line it begins in; the others go to `faults`."""
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    while True:
        line = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:  # the reader goes on with the next line
            faults.append(Fault(file, line, f"is not CSV: {error}"))
            continue
        if any(cell.strip() for cell in cells):
            yield line, cells


def _header_faults(
    file: str,
    line: int,
    columns: Sequence[str],
    required: Sequence[str],
    optional: Sequence[str] | None,
) -> list[Fault]:
    """`optional` None: columns that nobody asked for are passed over."""
    if not columns:
        return [Fault(file, line, f"is empty: the columns are {', '.join(required)}")]
    if len(columns) == 1 and len(required) > 1 and re.search("[;\t|]", columns[0]):
        return [Fault(file, line, "is separated by something else than commas")]
    reasons = [f"has no column {name}" for name in required if name not in columns]
    for position, name in enumerate(columns):
        if name in columns[:position]:
            reasons.append(f"has the column {name or 'without a name'} twice")
        elif optional is not None and name not in (*required, *optional):
            reasons.append(f"has a column that is not known: {name[:40]!r}")
    return [Fault(file, line, reason) for reason in reasons]


def _fits(file: str, line: int, cells: list[str], width: int, faults: list[Fault]) -> bool:
    """As many cells as columns; empty ones beyond them do no harm."""
    fits = len(cells) >= width and not any(cell.strip() for cell in cells[width:])
    if not fits:
        faults.append(Fault(file, line, f"has {len(cells)} cells, the header has {width}"))
    return fits
