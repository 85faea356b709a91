"""The access log: who signed in, what was granted, what was refused. Rows are never changed."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

import asyncpg

from db.ids import new_id
from db.pool import Connection
from db.statements import statements

OPERATOR = "operator"
NOBODY = "nobody"


class Event(StrEnum):
    """What is logged. Pages have words for each."""

    USER_ADDED = "user_added"
    USER_CHANGED = "user_changed"
    USER_ENABLED = "user_enabled"
    USER_DISABLED = "user_disabled"
    ROLE_GRANTED = "role_granted"
    ROLE_REVOKED = "role_revoked"
    SIGNED_IN = "signed_in"
    SIGNED_OUT = "signed_out"
    SIGN_IN_REFUSED = "sign_in_refused"
    PASSWORD_CHANGE_REFUSED = "password_change_refused"  # noqa: S105 -- an event
    PASSWORD_CHANGED = "password_changed"  # noqa: S105 -- an event
    PASSWORD_RESET = "password_reset"  # noqa: S105 -- an event
    PIN_SET = "pin_set"
    PIN_REMOVED = "pin_removed"
    PIN_REFUSED = "pin_refused"
    PIN_ACCEPTED = "pin_accepted"
    RIGHT_REFUSED = "right_refused"
    FIRST_CODE_ISSUED = "first_code_issued"
    DIALLING_ALLOWED = "dialling_allowed"
    DIALLING_LIFTED = "dialling_lifted"


@dataclass(frozen=True, slots=True)
class By:
    """Who does it, and from where: `actor` is `user:<id>`, `operator`, `operator:<name>` or
    `nobody`.
    """

    actor: str
    remote: str = ""


@dataclass(frozen=True, slots=True)
class Entry:
    """A row of the log; `actor` by sign-in name where it was a user."""

    at: datetime
    event: Event
    actor: str
    remote: str
    details: Mapping[str, object]


async def write(
    conn: Connection,
    event: Event,
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
    return [_entry(row) async for row in rows]


async def entries_about_dialling(conn: Connection, most: int) -> list[Entry]:
    """Who let whom dial where, and lifted which cut-off, newest first."""
    return [_entry(row) async for row in statements().access_log_dialling(conn, most=most)]


def _entry(row: asyncpg.Record) -> Entry:
    return Entry(
        row["at"], Event(row["event"]), row["actor"], row["remote"], json.loads(row["details"])
    )
