"""Writing what the files say: all or nothing, only what differs, never deleting."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import structlog

from complaints.errors import ImportUnderWayError
from complaints.importing.checks import check, settle
from complaints.importing.faults import Fault
from complaints.importing.known import load_known
from complaints.importing.layouts import Key, Kind, Located, Row, read_rows
from complaints.reference import ReferenceData, put
from db.pool import Connection, Pool
from db.statements import statements

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Tables:
    """What the files hold. `notes`: what was decided where a file left something open."""

    rows: Mapping[Kind, Sequence[Located]]
    faults: Sequence[Fault] = ()
    notes: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Changes:
    """Of one kind. `absent`: recorded, but in no file; they stay as they are."""

    new: Sequence[Row] = ()
    changed: Sequence[Row] = ()
    unchanged: int = 0
    absent: Sequence[Key] = ()


@dataclass(frozen=True, slots=True)
class Report:
    """Nothing is written when there are `faults`, or in a dry run."""

    changes: Mapping[Kind, Changes] = field(default_factory=dict)
    faults: Sequence[Fault] = ()
    notes: Sequence[str] = ()
    written: bool = False


def read_files(files: Iterable[tuple[Kind, str, bytes]]) -> Tables:
    """(kind, name, content) of each file. Files of one kind are one list."""
    rows: dict[Kind, list[Located]] = {}
    faults: list[Fault] = []
    for kind, name, data in files:
        read, wrong = read_rows(kind, name, data)
        rows.setdefault(kind, []).extend(read)
        faults += wrong
    return Tables(rows, faults)


async def import_tables(pool: Pool, tables: Tables, *, dry_run: bool = False) -> Report:
    """Bring what is recorded up to date with the files, in one transaction.

    A dry run does the same up to the commit. Raises `ImportUnderWayError`, and
    `ReferenceDataError` when the database refuses what the checks let pass.
    """
    async with pool.acquire(timeout=5) as conn:
        work = conn.transaction()
        await work.start()
        keep = False
        try:
            report = await _import(conn, tables)
            keep = not report.faults and not dry_run
        finally:
            await (work.commit() if keep else work.rollback())
    counted = {str(kind): len(one.new) + len(one.changed) for kind, one in report.changes.items()}
    _log.info("import", written=keep, faults=len(report.faults), **counted)
    return Report(report.changes, report.faults, report.notes, written=keep)


async def _import(conn: Connection, tables: Tables) -> Report:
    if not await statements().officers_hold_import(conn):
        raise ImportUnderWayError
    known = await load_known(conn)
    files = settle(known, tables.rows)
    faults = sorted({*tables.faults, *check(known, files)})
    if faults:
        return Report(faults=faults, notes=tables.notes)
    changes = {kind: _changes(known[kind], files[kind]) for kind in Kind if kind in files}
    await put(conn, _data(changes))
    return Report(changes, notes=tables.notes)


def _changes(known: Mapping[Key, Row], files: Sequence[Located]) -> Changes:
    rows = {located.key: located.row for located in files if located.row is not None}
    new = [row for key, row in rows.items() if key not in known]
    changed = [row for key, row in rows.items() if key in known and known[key] != row]
    return Changes(
        new, changed, len(rows) - len(new) - len(changed), sorted(known.keys() - rows.keys())
    )


def _data(changes: Mapping[Kind, Changes]) -> ReferenceData:
    rows: dict[str, Any] = {kind.value: [*one.new, *one.changed] for kind, one in changes.items()}
    return ReferenceData(**rows)
