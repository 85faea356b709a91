"""The audit chain's events: what happened to a recording, in the transaction that did it.

An event is sealed into the one chain of all recordings by a job (`recordings.chain`), so that no
two transactions wait for each other.
"""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Literal
from uuid import UUID

from db.ids import new_id
from db.pool import Connection
from db.statements import statements

EventKind = Literal[
    "closed",
    "copied",
    "original_removed",
    "accessed",
    "certified",
    "held",
    "released",
    "erased",
    "paused",
    "resumed",
]
Facts = Mapping[str, str | int | float | None]


async def note(
    conn: Connection, recording_id: UUID, kind: EventKind, at: datetime, facts: Facts
) -> UUID:
    """Write an event into the caller's transaction; its id."""
    event_id = new_id(at)
    await statements().recordings_add_event(
        conn, id=event_id, recording_id=recording_id, kind=kind, at=at, facts=as_text(facts)
    )
    return event_id


def as_text(facts: Facts) -> str:
    """JSON with sorted keys and without blanks."""
    return json.dumps(facts, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def canonical(event_id: UUID, recording_id: UUID, kind: str, at: datetime, facts: str) -> str:
    """What is hashed of an event: five lines, times in UTC to the microsecond."""
    when = at.astimezone(UTC).isoformat(timespec="microseconds")
    return f"{event_id}\n{recording_id}\n{kind}\n{when}\n{facts}"
