"""The access log: who signed in, what was granted, what was refused. Rows are never changed."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from db.ids import new_id
from db.pool import Connection
from db.statements import statements

OPERATOR = "operator"
NOBODY = "nobody"


@dataclass(frozen=True, slots=True)
class By:
    """Who does it, and from where: `actor` is `user:<id>`, `operator` or `nobody`."""

    actor: str
    remote: str = ""


@dataclass(frozen=True, slots=True)
class Entry:
    """A row of the log."""

    at: datetime
    event: str
    actor: str
    remote: str
    details: Mapping[str, object]


async def write(
    conn: Connection,
    event: str,
    by: By,
    now: datetime,
    *,
    subject: UUID | None = None,
    **details: object,
) -> None:
    """Add a row in the caller's transaction. Details hold no secrets and nothing typed in error."""
    await statements().access_log_add(
        conn,
        id=new_id(now),
        now=now,
        event=event,
        actor=by.actor,
        subject=subject,
        remote=by.remote,
        details=json.dumps(details, ensure_ascii=False, default=str),
    )


async def entries_about(conn: Connection, subject: UUID, most: int = 50) -> list[Entry]:
    """What is logged about a person, newest first."""
    rows = statements().access_log_of(conn, subject=subject, most=most)
    return [
        Entry(row["at"], row["event"], row["actor"], row["remote"], json.loads(row["details"]))
        async for row in rows
    ]
