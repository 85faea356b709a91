"""An import's report, in words."""

from collections.abc import Iterator

from complaints.importing.importer import Changes, Report
from complaints.importing.layouts import Kind

_SHOWN = 10


def render_report(report: Report) -> str:
    """One line for each fault; otherwise what was, or would be, written."""
    return "\n".join(_lines(report))


def _lines(report: Report) -> Iterator[str]:
    yield from map(str, report.faults)
    yield from (f"note: {note}" for note in report.notes)
    for kind, changes in report.changes.items():
        yield from _of_kind(kind, changes)
    if report.faults:
        yield f"{len(report.faults)} fault(s): nothing was written"
    elif report.written:
        yield "written"
    else:
        yield "dry run: nothing was written"


def _of_kind(kind: Kind, changes: Changes) -> Iterator[str]:
    new, changed = len(changes.new), len(changes.changed)
    yield f"{kind}: {new} new, {changed} changed, {changes.unchanged} unchanged"
    if changes.absent:
        names = ", ".join(" ".join(key) for key in changes.absent[:_SHOWN])
        more = len(changes.absent) - _SHOWN
        rest = f" and {more} more" if more > 0 else ""
        what = "removed" if changes.removed else "they stay"
        yield f"{kind}: {len(changes.absent)} recorded in no file, {what}: {names}{rest}"
