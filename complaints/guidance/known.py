"""What is in force: the newest version of each."""

from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import asyncpg

from complaints.guidance.layouts import GuidanceKind, Guide
from complaints.guidance.model import FormField, Scheme, Script
from db.pool import Connection
from db.statements import statements

G = TypeVar("G")


@dataclass(frozen=True, slots=True)
class Current(Generic[G]):
    """One that is in force, and which version of its code it is."""

    guide: G
    version: int


async def current(conn: Connection, kind: GuidanceKind) -> list[Current[Guide]]:
    """All of a kind, by code."""
    found: list[Current[Guide]] = []
    async for row in getattr(statements(), f"guidance_{kind}")(conn):
        found.append(Current(_guide(kind, row), row["version"]))
    return found


async def current_schemes(conn: Connection) -> list[Current[Scheme]]:
    """All schemes, by code."""
    rows = statements().guidance_schemes(conn)
    return [Current(_scheme(row), row["version"]) async for row in rows]


async def current_scripts(conn: Connection) -> list[Script]:
    """All scripts, by code."""
    return [_script(row) async for row in statements().guidance_scripts(conn)]


async def current_fields(conn: Connection) -> list[Current[FormField]]:
    """All fields, by code."""
    rows = statements().guidance_fields(conn)
    return [Current(FormField(**_values(row)), row["version"]) async for row in rows]


def _guide(kind: GuidanceKind, row: asyncpg.Record) -> Guide:
    match kind:
        case GuidanceKind.SCHEMES:
            return _scheme(row)
        case GuidanceKind.SCRIPTS:
            return _script(row)
        case GuidanceKind.FIELDS:
            return FormField(**_values(row))


def _values(row: asyncpg.Record) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name != "version"}


def _scheme(row: asyncpg.Record) -> Scheme:
    return Scheme(**_values(row) | {"keywords": tuple(row["keywords"])})


def _script(row: asyncpg.Record) -> Script:
    questions = {name: tuple(row[name]) for name in ("questions_hi", "questions_en")}
    return Script(**_values(row) | questions)
