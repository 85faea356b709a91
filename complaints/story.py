"""The whole story of one complaint: read once, then shown by whoever needs it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from functools import cache
from typing import Any
from uuid import UUID

import asyncpg

from calls.course import Stay, Talk
from complaints import history, number
from complaints.attachments.model import Attachment
from complaints.attachments.rows import attachment_of
from complaints.errors import UnknownComplaintError
from complaints.history import Entry, Head
from db.pool import Pool
from db.statements import statements

# A row of the history, as `complaints_story` gives it.
_ENTRY = (
    *("seq", "at", "event", "level", "actor", "reason", "call_id", "post", "due_at", "basis"),
    *("attached", "brought", "previous", "hash"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class StoryComplaint:
    """The complaint as it stands. Names as citizens read them, in Hindi.

    `level`, `post_title` None: it ended at the desk, no officer ever had it. `weight`: how often
    the citizen has told it. `linked`: complaints of other citizens about the same matter.
    """

    id: UUID
    number: str
    state: str
    level: int | None
    text_hi: str
    contact: str
    kind: str
    incident: bool
    confidential: bool
    source: str
    confirmed_by: str | None
    weight: int
    linked: int
    linked_open: int
    merged_into: str | None
    due_at: datetime | None
    cm_office_since: datetime | None
    registered_at: datetime
    category: str
    department: str | None
    place: str
    citizen: str | None
    post_title: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class StoryCall:
    """A call that belongs to the complaint, or that tried to reach its citizen (`attempt_no`)."""

    id: UUID
    direction: str
    role: str
    attempt_no: int | None
    disposal_no: int | None
    number: str | None
    service_number: str
    started_at: datetime
    answered_at: datetime | None
    pop_at: datetime | None
    agent_answered_at: datetime | None
    ended_at: datetime | None
    outcome: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class StoryRecording:
    """What was recorded. `location`: path in the store; None while it is being written."""

    id: UUID
    call_id: UUID
    kind: str
    state: str
    started_at: datetime
    closed_at: datetime | None
    sha256: str | None
    seconds: float | None
    channels: int | None
    location: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class StoryNotification:
    """What was told to whom, and what became of it. `links` open what is in `recordings`.

    One of `next_attempt_at`, `sent_at` and `held_at` is set. `encoding`, `parts`: of an SMS.
    """

    id: UUID
    kind: str
    channel: str
    recipient: str
    body: str
    recordings: tuple[UUID, ...]
    links: tuple[str, ...]
    encoding: str | None
    parts: int | None
    attempts: int
    created_at: datetime
    next_attempt_at: datetime | None
    sent_at: datetime | None
    held_at: datetime | None
    last_error: str | None
    delivered_at: datetime | None
    undelivered_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class StoryBundle:
    """What a post was handed with the complaint, and whether somebody opened it."""

    post: str
    created_at: datetime
    opened: int
    first_opened_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisterEntry:
    """An entry in the register of dissatisfaction. `level`: whose disposal did not satisfy.

    `attempt_id` None: the citizen had it opened again, and said `words` (may be None).
    """

    entry_no: int
    at: datetime
    level: int
    reason_code: str | None
    recording_id: UUID | None
    attempt_id: UUID | None
    words: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """Everything, each list oldest first.

    `broken_at`: place (1, 2, ...) of the first history entry whose hash does not fit, or None.
    `stays`, `talks`: of all its calls.
    """

    complaint: StoryComplaint
    history: tuple[Entry, ...]
    broken_at: int | None
    calls: tuple[StoryCall, ...]
    stays: tuple[Stay, ...]
    talks: tuple[Talk, ...]
    attachments: tuple[Attachment, ...]
    recordings: tuple[StoryRecording, ...]
    notifications: tuple[StoryNotification, ...]
    bundles: tuple[StoryBundle, ...]
    register: tuple[RegisterEntry, ...]


async def load_story(pool: Pool, complaint_number: str) -> Story:
    """The story as of one moment.

    Raises `InvalidComplaintNumberError` and `UnknownComplaintError`.
    """
    digits = number.parse(complaint_number)
    async with pool.acquire(timeout=5) as conn:
        row = await statements().complaints_story(conn, number=digits)
    if row is None:
        raise UnknownComplaintError(digits)
    return _story(row)


def _story(row: asyncpg.Record) -> Story:
    complaint = StoryComplaint(**{name: row[name] for name in _names(StoryComplaint)})
    entries, broken_at = history.told(
        complaint.id,
        list(_named(_ENTRY, row["history"])),
        Head(row["entries"], row["head"]),
    )
    return Story(
        complaint=complaint,
        history=tuple(entries),
        broken_at=broken_at,
        calls=tuple(StoryCall(**one) for one in _named(_names(StoryCall), row["calls"])),
        stays=tuple(Stay(**one) for one in _named(_names(Stay), row["stays"])),
        talks=tuple(Talk(**one) for one in _named(_names(Talk), row["talks"])),
        attachments=tuple(
            attachment_of(one) for one in _named(_names(Attachment), row["attachments"])
        ),
        recordings=tuple(
            recording_of(one) for one in _named(_names(StoryRecording), row["recordings"])
        ),
        notifications=tuple(
            _notification(one) for one in _named(_names(StoryNotification), row["notifications"])
        ),
        bundles=tuple(StoryBundle(**one) for one in _named(_names(StoryBundle), row["bundles"])),
        register=tuple(
            RegisterEntry(**one) for one in _named(_names(RegisterEntry), row["register"])
        ),
    )


@cache
def _names(record: type[Any]) -> tuple[str, ...]:
    return tuple(one.name for one in fields(record))


def _named(names: Sequence[str], rows: Sequence[Sequence[Any]]) -> Iterator[dict[str, Any]]:
    """Rows of a list within `complaints_story`, whose columns are in this order."""
    return (dict(zip(names, row, strict=True)) for row in rows)


def recording_of(row: Mapping[str, Any]) -> StoryRecording:
    """From a row with the columns of `complaints_recordings`."""
    values = {name: row[name] for name in _names(StoryRecording)}
    seconds = None if row["seconds"] is None else float(row["seconds"])
    return StoryRecording(**values | {"seconds": seconds})


def register_entry_of(row: Mapping[str, Any]) -> RegisterEntry:
    """From a row of `complaints_register`."""
    return RegisterEntry(**{name: row[name] for name in _names(RegisterEntry)})


def _notification(row: Mapping[str, Any]) -> StoryNotification:
    recordings = tuple(UUID(one) for one in row["recordings"])
    return StoryNotification(**{**row, "recordings": recordings, "links": tuple(row["links"])})
