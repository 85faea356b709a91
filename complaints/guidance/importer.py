"""Bringing guidance up to date with a file: all or nothing, each change a new version."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any

import structlog

from complaints.errors import ImportUnderWayError
from complaints.guidance.known import current
from complaints.guidance.layouts import GUIDES, GuidanceKind, Guide
from complaints.guidance.model import FormField, Scheme, Script
from complaints.importing.faults import Fault
from complaints.importing.layouts import LocatedRow, read_by
from complaints.store import transaction
from db.pool import Connection, Pool
from db.statements import statements

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class GuidanceReport:
    """Codes. Nothing is written when there are `faults`, or in a dry run.

    `absent`: in force, but not in the files; `withdrawn`: whether that ended them.
    """

    faults: Sequence[Fault] = ()
    new: Sequence[str] = ()
    changed: Sequence[str] = ()
    unchanged: int = 0
    absent: Sequence[str] = ()
    withdrawn: bool = False
    written: bool = False


class _UndoneError(Exception):
    """Takes back what the transaction did."""


async def import_guidance(
    pool: Pool,
    kind: GuidanceKind,
    files: Sequence[tuple[str, bytes]],
    *,
    by: str,
    now: datetime,
    dry_run: bool = False,
    withdraw_absent: bool = False,
) -> GuidanceReport:
    """(name, content) of each file, all of one kind. A dry run does the same up to the commit.

    Raises `ImportUnderWayError`.
    """
    report = GuidanceReport()
    try:
        async with transaction(pool) as conn:
            report = await _import(conn, kind, files, by, now, withdraw_absent)
            if report.faults or dry_run:
                raise _UndoneError
        written = True
    except _UndoneError:
        written = False
    counts = {"new": len(report.new), "changed": len(report.changed), "faults": len(report.faults)}
    _log.info("guidance imported", guidance=str(kind), written=written, **counts)
    return GuidanceReport(
        report.faults, report.new, report.changed, report.unchanged, report.absent,
        report.withdrawn, written,
    )  # fmt: skip


async def _import(
    conn: Connection,
    kind: GuidanceKind,
    files: Sequence[tuple[str, bytes]],
    by: str,
    now: datetime,
    withdraw_absent: bool,
) -> GuidanceReport:
    if not await statements().guidance_hold_import(conn):
        raise ImportUnderWayError
    known = {one.code: one for one in (each.guide for each in await current(conn, kind))}
    found, faults = _read(kind, files)
    codes = await statements().guidance_known_codes(conn)
    named = {name: frozenset(codes[name]) for name in ("departments", "categories", "answered")}
    absent = sorted(known.keys() - {one.key[0] for one in found})
    staying = {} if withdraw_absent else {code: known[code] for code in absent}
    faults = sorted({*faults, *check(found, named, staying)})
    if faults:
        return GuidanceReport(faults)
    rows = {one.row.code: one.row for one in found if one.row is not None}
    new = sorted(rows.keys() - known.keys())
    changed = sorted(code for code in rows.keys() & known.keys() if rows[code] != known[code])
    put = [_columns(rows[code], withdrawn=False) for code in (*new, *changed)]
    if withdraw_absent:
        put += [_columns(known[code], withdrawn=True) for code in absent]
    await getattr(statements(), f"guidance_put_{kind}")(conn, rows=json.dumps(put), by=by, at=now)
    unchanged = len(rows) - len(new) - len(changed)
    return GuidanceReport((), new, changed, unchanged, absent, withdrawn=withdraw_absent)


def _read(
    kind: GuidanceKind, files: Sequence[tuple[str, bytes]]
) -> tuple[list[LocatedRow[Guide]], list[Fault]]:
    found: list[LocatedRow[Guide]] = []
    faults: list[Fault] = []
    for name, data in files:
        rows, wrong = read_by(GUIDES[kind], name, data)
        found += rows
        faults += wrong
    return found, faults


def check(
    found: Sequence[LocatedRow[Guide]],
    named: Mapping[str, frozenset[str]],
    staying: Mapping[str, Guide],
) -> list[Fault]:
    """What does not fit together, or with what is recorded. Pure.

    `named`: codes of departments and categories. `staying`: in force and in no file.
    """
    faults = []
    first = {
        _case(one): f"{code}, in no file"
        for code, one in staying.items()
        if isinstance(one, Script)
    }
    codes: dict[str, str] = {}
    for one in found:
        where = f"{one.file}:{one.line}"
        before = codes.setdefault(one.key[0], where)
        if before != where:
            faults.append(Fault(one.file, one.line, f"{one.key[0]} is in {before} already"))
        if one.row is None:
            continue
        faults += [Fault(one.file, one.line, why) for why in _dangling(one.row, named)]
        if isinstance(one.row, Script):
            same = first.setdefault(_case(one.row), where)
            if same != where:
                what = "is for the same queue, kind and category as"
                faults.append(Fault(one.file, one.line, f"{one.key[0]} {what} {same}"))
    return faults


def _case(row: Script) -> tuple[str | None, ...]:
    """Of two scripts for one case nobody could say which is meant."""
    return (row.queue, row.kind, row.category)


def _dangling(row: Guide, named: Mapping[str, frozenset[str]]) -> list[str]:
    match row:
        case Scheme():
            asked = [("department", row.department, "departments")]
            asked.append(("category", row.category, "answered"))
        case Script() | FormField():
            asked = [("category", row.category, "categories")]
    return [
        f"{column} is not among the {_SETS[which]}: {code!r}"
        for column, code, which in asked
        if code is not None and code not in named[which]
    ]


_SETS = {
    "departments": "departments",
    "categories": "categories",
    "answered": "categories that a department answers",
}


def _columns(row: Guide, *, withdrawn: bool) -> dict[str, Any]:
    given = {name: _plain(value) for name, value in asdict(row).items()}
    return given | {"withdrawn": withdrawn}


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value
