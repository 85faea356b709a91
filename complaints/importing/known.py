"""What is recorded already, by kind and key."""

from collections.abc import Mapping
from typing import Any

import asyncpg

from complaints.importing.layouts import Key, Kind, Row, key_of
from complaints.officers import Officer, TenureKind
from complaints.reference import Category, Department, Holiday, Leave, Place, PostRow, Tenure
from db.pool import Connection
from db.statements import statements

Known = Mapping[Kind, Mapping[Key, Row]]


async def load_known(conn: Connection) -> Known:
    """All of it: some ten thousand rows for a state."""
    known = {}
    for kind in Kind:
        rows = getattr(statements(), f"officers_{kind}")(conn)
        found = [_row(kind, row) async for row in rows]
        known[kind] = {key_of(kind, row): row for row in found}
    return known


def _row(kind: Kind, row: asyncpg.Record) -> Row:
    values: dict[str, Any] = dict(row)
    match kind:
        case Kind.DEPARTMENTS:
            return Department(**values)
        case Kind.PLACES:
            return Place(**values)
        case Kind.CATEGORIES:
            days = values["level_days"] and tuple(values["level_days"])
            return Category(**values | {"level_days": days, "keywords": tuple(values["keywords"])})
        case Kind.POSTS:
            return PostRow(**values | {"categories": tuple(values["categories"])})
        case Kind.OFFICERS:
            return Officer(**values)
        case Kind.TENURES:
            return Tenure(**values | {"kind": TenureKind(values["kind"])})
        case Kind.LEAVES:
            return Leave(**values)
        case Kind.HOLIDAYS:
            return Holiday(**values)
