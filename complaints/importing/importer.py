"""Writing what the files say: all or nothing, only what differs, deleting only when asked to."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import structlog

from complaints.errors import ImportUnderWayError
from complaints.importing.checks import check, settle
from complaints.importing.faults import Fault
from complaints.importing.known import Known, load_known
from complaints.importing.layouts import Key, Kind, Located, Row, read_rows
from complaints.reference import Category, PostRow, ReferenceData, put
from complaints.store import transaction
from db.pool import Connection, Pool
from db.statements import statements

_log = structlog.get_logger(__name__)
_NAMED = 10

#: Of these a wrong row can be taken away by a file without it: nothing refers to them.
#: With the statement's parameters and the attributes that they are made of.
REMOVABLE: Mapping[Kind, Mapping[str, str]] = {
    Kind.TENURES: {"posts": "post", "kinds": "kind", "first_days": "from_on"},
    Kind.LEAVES: {"officers": "officer", "first_days": "from_on"},
    Kind.HOLIDAYS: {"calendars": "calendar", "days": "on_date"},
}


@dataclass(frozen=True, slots=True)
class Tables:
    """What the files hold. `notes`: what was decided where a file left something open."""

    rows: Mapping[Kind, Sequence[Located]]
    faults: Sequence[Fault] = ()
    notes: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Changes:
    """Of one kind. `absent`: recorded, but in no file; `removed`: whether they were taken away."""

    new: Sequence[Row] = ()
    changed: Sequence[Row] = ()
    unchanged: int = 0
    absent: Sequence[Key] = ()
    removed: bool = False


@dataclass(frozen=True, slots=True)
class Report:
    """Nothing is written when there are `faults`, or in a dry run."""

    changes: Mapping[Kind, Changes] = field(default_factory=dict)
    faults: Sequence[Fault] = ()
    notes: Sequence[str] = ()
    written: bool = False


class _UndoneError(Exception):
    """Takes back what the transaction did."""


def read_files(files: Iterable[tuple[Kind, str, bytes]]) -> Tables:
    """(kind, name, content) of each file. Files of one kind are one list."""
    rows: dict[Kind, list[Located]] = {}
    faults: list[Fault] = []
    for kind, name, data in files:
        read, wrong = read_rows(kind, name, data)
        rows.setdefault(kind, []).extend(read)
        faults += wrong
    return Tables(rows, faults)


async def import_tables(
    pool: Pool, tables: Tables, *, dry_run: bool = False, remove_absent: bool = False
) -> Report:
    """Bring what is recorded up to date with the files, in one transaction.

    A dry run does the same up to the commit. `remove_absent`: what is recorded in no file is
    removed, of the kinds in the files that are `REMOVABLE`. Raises `ImportUnderWayError`, and
    `ReferenceDataError` when the database refuses what the checks let pass.
    """
    report = Report()
    try:
        async with transaction(pool) as conn:
            report = await _import(conn, tables, tuple(REMOVABLE) if remove_absent else ())
            if report.faults or dry_run:
                raise _UndoneError
        keep = True
    except _UndoneError:
        keep = False
    counted = {str(kind): len(one.new) + len(one.changed) for kind, one in report.changes.items()}
    _log.info("import", written=keep, faults=len(report.faults), **counted)
    return Report(report.changes, report.faults, report.notes, written=keep)


async def _import(conn: Connection, tables: Tables, removable: Sequence[Kind]) -> Report:
    if not await statements().officers_hold_import(conn):
        raise ImportUnderWayError
    known = await load_known(conn)
    files = settle(known, tables.rows)
    staying = {kind: {} if kind in removable else known[kind] for kind in Kind}
    faults = sorted(
        {
            *tables.faults,
            *check(staying, files),
            *await _risen(conn, known, files),
            *await _opened(conn, known, files),
        }
    )
    if faults:
        return Report(faults=faults, notes=tables.notes)
    notes = [*tables.notes, *_without_english(files.get(Kind.CATEGORIES, ()))]
    changes = {
        kind: _changes(known[kind], files[kind], removed=kind in removable)
        for kind in Kind
        if kind in files
    }
    await _remove(conn, known, changes)
    await put(conn, _data(changes))
    return Report(changes, notes=notes)


def _without_english(categories: Iterable[Located]) -> Iterator[str]:
    """What a citizen who speaks English is told in Hindi all the same."""
    rows = [one.row for one in categories if isinstance(one.row, Category)]
    codes = sorted(row.code for row in rows if not row.in_scope and not row.advice_en)
    if codes:
        more = f" and {len(codes) - _NAMED} more" if len(codes) > _NAMED else ""
        yield f"advice has no English words (advice_en): {', '.join(codes[:_NAMED])}{more}"


async def _risen(
    conn: Connection, known: Known, files: Mapping[Kind, Sequence[Located]]
) -> list[Fault]:
    """A post keeps its level once it has had a complaint: that of the complaint is the post's."""
    risen: dict[str, tuple[Located, int]] = {}
    for located in files.get(Kind.POSTS, ()):
        before, after = known[Kind.POSTS].get(located.key), located.row
        if not isinstance(before, PostRow) or not isinstance(after, PostRow):
            continue
        if before.level != after.level:
            risen[after.id] = located, before.level
    if not risen:
        return []
    had = statements().officers_posts_that_had_complaints(conn, posts=list(risen))
    faults = []
    async for row in had:
        located, level = risen[row["id"]]
        reason = f"level: it had complaints at level {level}: give the new post a new code"
        faults.append(Fault(located.file, located.line, reason))
    return faults


async def _opened(
    conn: Connection, known: Known, files: Mapping[Kind, Sequence[Located]]
) -> list[Fault]:
    """What was out of scope can become a heading only while nothing is registered upon it. (What a
    department answered never can: `check` says so.)
    """
    opened: dict[str, Located] = {}
    for located in files.get(Kind.CATEGORIES, ()):
        before, after = known[Kind.CATEGORIES].get(located.key), located.row
        if not isinstance(before, Category) or not isinstance(after, Category):
            continue
        if before.is_leaf and not before.department and not after.is_leaf:
            opened[after.code] = located
    if not opened:
        return []
    had = statements().officers_categories_with_complaints(conn, categories=list(opened))
    reason = "in_scope: complaints were registered upon it, it cannot become a heading"
    return [Fault(opened[row["code"]].file, opened[row["code"]].line, reason) async for row in had]


async def _remove(conn: Connection, known: Known, changes: Mapping[Kind, Changes]) -> None:
    for kind, one in changes.items():
        if one.removed and one.absent:
            rows = [known[kind][key] for key in one.absent]
            columns = {
                name: [getattr(row, attribute) for row in rows]
                for name, attribute in REMOVABLE[kind].items()
            }
            await getattr(statements(), f"officers_remove_{kind}")(conn, **columns)


def _changes(
    known: Mapping[Key, Row], files: Sequence[Located], *, removed: bool = False
) -> Changes:
    rows = {located.key: located.row for located in files if located.row is not None}
    new = [row for key, row in rows.items() if key not in known]
    changed = [row for key, row in rows.items() if key in known and known[key] != row]
    absent = sorted(known.keys() - rows.keys())
    return Changes(new, changed, len(rows) - len(new) - len(changed), absent, removed)


def _data(changes: Mapping[Kind, Changes]) -> ReferenceData:
    rows: dict[str, Any] = {kind.value: [*one.new, *one.changed] for kind, one in changes.items()}
    return ReferenceData(**rows)
