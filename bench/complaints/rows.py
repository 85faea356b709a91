"""Rows as the use cases write them, for COPY. The only place that knows the tables' columns.

A column that a later migration adds without a default makes the build fail: add it here. One of a
complaint's state comes by itself.
"""

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID

from complaints.ends import SpecialClosed, Withdrawn
from complaints.history import BEFORE_THE_FIRST, Entry, chained
from complaints.lifecycle import AwaitingFeedback, ClosedSatisfied, Unverified, WithOfficer
from complaints.notifications import Notification
from complaints.state_rows import rows_of
from messages.templates import Template
from messages.wording import word_from

# The columns of a complaint's state are those that `complaints.store` writes, by the names of that
# statement's parameters; these differ from their columns'.
_COLUMN_OF = {
    "states": "state",
    "levels": "level",
    "posts": "post",
    "due_policies": "due_policy",
    "due_countings": "due_counting",
    "pause_reasons": "pause_reason",
    "proposals": "proposal",
    "closing_attempts": "closing_attempt",
    "unverified_reasons": "unverified_reason",
}
_STATE_NAMES = tuple(rows_of(AwaitingFeedback(level=1, post="any")))

COLUMNS: Mapping[str, tuple[str, ...]] = {
    "citizen": ("id", "name", "language", "created_at"),
    "citizen_number": ("citizen_id", "number"),
    "call": (
        *("id", "cell", "direction", "citizen_number", "citizen_number_raw", "service_number"),
        *("started_at", "answered_at", "agent_id", "agent_answered_at", "ended_at", "outcome"),
    ),
    "recording": (
        *("id", "call_id", "kind", "cell", "started_at", "state", "closed_at", "sha256"),
        *("seconds", "channels", "bytes", "location"),
    ),
    "complaint": (
        *("id", "number", "category", "place", "citizen_id", "contact", "text_hi"),
        *("matter", "source", "registered_at", "changed_at", "entries", "head", "end_entry"),
        *(_COLUMN_OF.get(name, name) for name in _STATE_NAMES),
    ),
    "registration_key": ("key", "complaint_id"),
    "complaint_call": ("complaint_id", "call_id", "role"),
    "complaint_history": (
        *("complaint_id", "seq", "at", "event", "level", "actor", "reason", "call_id", "post"),
        *("due_at", "basis", "previous", "hash"),
    ),
    "disposal": ("complaint_id", "disposal_no", "level", "post", "kind", "report", "actor", "at"),
    "feedback_due": (
        *("complaint_id", "disposal_no", "next_attempt_at", "attempts_made", "done_at", "outcome"),
        "tried",
    ),
    "attempt": (
        *("id", "complaint_id", "disposal_no", "attempt_no", "number", "cell"),
        *("written_at", "requested_at", "settled_at"),
    ),
    "feedback": (
        *("attempt_id", "complaint_id", "disposal_no", "satisfied", "reason_code"),
        *("recording_id", "at"),
    ),
    "dissatisfaction_register": (
        *("attempt_id", "complaint_id", "level", "reason_code", "recording_id", "at"),
    ),
    "complaint_end": (
        *("complaint_id", "entry", "kind", "actor", "level", "post", "reason_code", "text"),
        *("call_id", "at"),
    ),
    "notification": (
        *("id", "dedupe_key", "complaint_id", "kind", "channel", "language", "recipient", "body"),
        *("variables", "encoding", "parts", "recordings", "links", "attempts", "failures"),
        *("created_at", "sent_at", "reference", "delivered_at"),
    ),
    "notification_attempt": (
        *("notification_id", "attempt_no", "channel", "began_at", "ended_at", "outcome"),
    ),
    "bundle": ("id", "complaint_id", "entry", "post", "created_at"),
}

CELL = "cell-bench"

#: The states in which a complaint is built.
Lived = WithOfficer | AwaitingFeedback | ClosedSatisfied | Unverified | SpecialClosed | Withdrawn
_EPOCH_SECONDS = 1_000


def key_at(at: datetime, bits: int) -> UUID:
    """A key of version 7 that sorts by `at`, with 74 chosen bits: `db.ids.new_id`, repeatable."""
    milliseconds = int(at.timestamp() * _EPOCH_SECONDS)
    high = (milliseconds << 16) | 0x7000 | (bits >> 62 & 0xFFF)
    return UUID(int=high << 64 | 0x2 << 62 | bits & (1 << 62) - 1)


class Page:
    """Rows by table, until they are copied. `templates`: by kind, as the database has them."""

    def __init__(self, rng: Random, templates: Mapping[str, Template]) -> None:
        self.rows: dict[str, list[tuple[Any, ...]]] = {table: [] for table in COLUMNS}
        self._rng = rng
        self._templates = templates

    def add(self, table: str, *values: Any) -> None:
        """One row: values in the order of the table's columns."""
        self.rows[table].append(values)

    def new_id(self, at: datetime) -> UUID:
        """A key made at `at`."""
        return key_at(at, self._rng.getrandbits(74))

    def call(
        self, at: datetime, number: str, seconds: float, outcome: str, *, outbound: bool = False
    ) -> UUID:
        """A call, over after `seconds`; its key."""
        call_id, end = self.new_id(at), at + timedelta(seconds=seconds)
        direction = "outbound" if outbound else "inbound"
        agent = f"{100 + self._rng.getrandbits(8)}" if outcome == "agent_answered" else None
        times = (at, at if seconds else None, agent, at if agent else None, end)
        self.add("call", call_id, CELL, direction, number, number, "1076", *times, outcome)
        return call_id

    def recording(self, call_id: UUID, at: datetime, seconds: float, kind: str = "call") -> UUID:
        """What was recorded in a call, stored; its key."""
        recording_id, channels = self.new_id(at), 2 if kind == "call" else 1
        closed = at + timedelta(seconds=seconds + 5)
        digest, size = f"{self._rng.getrandbits(256):064x}", int(16_000 * channels * seconds)
        path = f"{at:%Y/%m/%d}/{recording_id}.wav"
        file = (closed, digest, round(seconds, 3), channels, size, path)
        self.add("recording", recording_id, call_id, kind, CELL, at, "stored", *file)
        return recording_id

    def complaint(
        self,
        who: tuple[UUID, str],
        what: tuple[UUID, str, str, str, str],
        times: tuple[datetime, datetime],
        state: Lived,
        history: tuple[int, str],
        end_entry: int | None,
    ) -> None:
        """`who`: citizen, contact. `what`: id, number, category, place, text.

        `times`: registered, changed last. `history`: how long it is, and its last hash.
        """
        columns = rows_of(state)
        complaint_id, number, category, place, text = what
        matter = (complaint_id, number, category, place, *who, text, complaint_id, "phone")
        values = (columns[name] for name in _STATE_NAMES)
        self.add("complaint", *matter, *times, *history, end_entry, *values)

    def told(self, one: Notification, at: datetime) -> None:
        """A message that was sent and has arrived."""
        notification_id, sent = self.new_id(at), at + timedelta(seconds=4)
        wording = word_from(self._templates[one.kind], one.channel, one.variables)
        what = (json.dumps(one.variables, ensure_ascii=False), wording.encoding, wording.parts)
        went = (1, 1, at, sent, f"gw-{notification_id.hex}", sent + timedelta(seconds=3))
        self.add(
            "notification",
            *(notification_id, one.dedupe_key, one.complaint_id, one.kind, one.channel),
            *(one.language, one.recipient, wording.body, *what),
            *(list(one.recordings), list(one.links), *went),
        )
        self.add("notification_attempt", notification_id, 1, one.channel, at, sent, "sent")


class Chain:
    """A complaint's history while it is written."""

    def __init__(self, page: Page, complaint_id: UUID) -> None:
        self._page = page
        self._complaint_id = complaint_id
        self.head = BEFORE_THE_FIRST
        self.seq = 0

    def append(self, entry: Entry) -> int:
        """As `complaints.history.append`; the entry's place."""
        self.seq += 1
        previous, self.head = self.head, chained(self.head, self._complaint_id, self.seq, entry)
        self._page.add(
            "complaint_history",
            *(self._complaint_id, self.seq, entry.at, entry.event, entry.level, entry.actor),
            *(entry.reason, entry.call_id, entry.post, entry.due_at, entry.basis),
            *(previous, self.head),
        )
        return self.seq
