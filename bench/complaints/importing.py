"""What it takes to import a state's officers from files: 61 departments, 6,500 posts with holders.

As `helpline import folder` does it, on a database that holds nothing yet.
"""

import csv
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from io import StringIO
from time import perf_counter

from bench.complaints.country import reference_data
from complaints.importing.importer import Tables, import_tables, read_files
from complaints.importing.layouts import Kind
from complaints.reference import ReferenceData
from db.pool import Pool

OFFICERS = 6_500


class ImportFaultError(Exception):
    """The made-up files were refused; the message says the first reason."""


@dataclass(frozen=True, slots=True)
class Imported:
    """One run of the import. `rows`: in the files."""

    what: str
    rows: int
    seconds: float


async def measure(pool: Pool, officers: int = OFFICERS) -> list[Imported]:
    """A dry run, the import, and the same files again; each with reading them.

    Raises `ImportFaultError`.
    """
    files = [(kind, f"{kind}.csv", data) for kind, data in _files(officers).items()]
    found = []
    for what, dry_run in (("dry run", True), ("import", False), ("again, nothing new", False)):
        began = perf_counter()
        tables = read_files(files)
        report = await import_tables(pool, tables, dry_run=dry_run)
        seconds = perf_counter() - began
        if report.faults:
            raise ImportFaultError(f"{len(report.faults)} faults, the first: {report.faults[0]}")
        found.append(Imported(what, _rows(tables), seconds))
    return found


def _rows(tables: Tables) -> int:
    return sum(len(rows) for rows in tables.rows.values())


def _files(officers: int) -> dict[Kind, bytes]:
    """The made-up state with so many posts: those of the higher levels, then of the first."""
    whole = reference_data()
    posts = sorted(whole.posts, key=lambda post: (-post.level, post.id))[:officers]
    held = {post.id for post in posts}
    tenures = [tenure for tenure in whole.tenures if tenure.post in held]
    codes = {tenure.officer for tenure in tenures}
    return {
        **_matters(whole),
        Kind.POSTS: _csv(
            "code,title,department,place,level,number",
            ((p.id, p.title, p.department, p.place, p.level, p.number) for p in posts),
        ),
        Kind.OFFICERS: _csv(
            "code,name", ((one.code, one.name) for one in whole.officers if one.code in codes)
        ),
        Kind.TENURES: _csv(
            "post,officer,kind,from", ((t.post, t.officer, t.kind, t.from_on) for t in tenures)
        ),
    }


def _matters(whole: ReferenceData) -> dict[Kind, bytes]:
    return {
        Kind.DEPARTMENTS: _csv(
            "code,name_hi,name_en", ((d.code, d.name_hi, d.name_en) for d in whole.departments)
        ),
        Kind.PLACES: _csv(
            "code,kind,name_hi,name_en,parent",
            ((p.code, p.kind, p.name_hi, p.name_en, p.parent) for p in whole.places),
        ),
        Kind.CATEGORIES: _csv(
            "code,name_hi,name_en,department,days_1,days_2,days_3,days_4",
            (
                (c.code, c.name_hi, c.name_en, c.department, *(c.level_days or ()))
                for c in whole.categories
            ),
        ),
    }


def _csv(head: str, rows: Iterable[Sequence[object]]) -> bytes:
    text = StringIO()
    writer = csv.writer(text)
    writer.writerow(head.split(","))
    writer.writerows(rows)
    return text.getvalue().encode()
