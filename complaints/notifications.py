"""Rows that tell somebody something.

Written in the transaction that decided it, delivered by a worker (`messages`).
"""

import json
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Any
from uuid import UUID

import structlog

from calls.numbers import is_landline
from complaints.kinds import MatterKind
from db.ids import new_id
from db.pool import Connection
from db.statements import statements
from messages.model import Channel
from messages.templates import Template, Which
from messages.wording import Wording, templates_or_faults, word_from, worded

_log = structlog.get_logger(__name__)
_NONE_KNOWN: Mapping[Which, Template] = MappingProxyType({})

#: A template's variables, or a text as it is.
Body = Mapping[str, str] | str

#: Bundle id -> URL that opens the bundle for a while.
Signer = Callable[[UUID], str]


class Kind(StrEnum):
    """What a notification is about."""

    CITIZEN_REGISTERED = "citizen_registered"
    OFFICER_ASSIGNED = "officer_assigned"
    OFFICER_REVIEW = "officer_review"
    OFFICER_FORWARDED = "officer_forwarded"
    CITIZEN_DISPOSED = "citizen_disposed"
    CITIZEN_CLOSED = "citizen_closed"
    CITIZEN_ASKED = "citizen_asked"
    CITIZEN_UNVERIFIED = "citizen_unverified"
    CITIZEN_IN_TRIAGE = "citizen_in_triage"
    CITIZEN_INTERIM = "citizen_interim"
    CITIZEN_PAUSED = "citizen_paused"
    CITIZEN_RESUMED = "citizen_resumed"
    CITIZEN_MOVED = "citizen_moved"
    CITIZEN_SPECIAL_CLOSED = "citizen_special_closed"
    CITIZEN_WITHDRAWN = "citizen_withdrawn"
    CITIZEN_REOPENED = "citizen_reopened"
    CITIZEN_ADVISED = "citizen_advised"
    OFFICER_REMINDER = "officer_reminder"
    OFFICER_PROPOSAL = "officer_proposal"
    OFFICER_APPROVED = "officer_approved"
    OFFICER_REFUSED = "officer_refused"
    OFFICER_ENDED = "officer_ended"
    OFFICER_RESUMED = "officer_resumed"
    OFFICER_LINK = "officer_link"
    OFFICER_VACANCY = "officer_vacancy"
    CITIZEN_ANSWERED = "citizen_answered"
    CITIZEN_THANKED = "citizen_thanked"
    CITIZEN_ADDED = "citizen_added"
    CITIZEN_MERGED = "citizen_merged"
    OFFICER_INFORMATION = "officer_information"
    OFFICER_SUGGESTION = "officer_suggestion"
    OFFICER_ADDED = "officer_added"
    OFFICER_MERGED = "officer_merged"
    OFFICER_REPORTED = "officer_reported"
    TEAM_RETURNED = "team_returned"


def assignment_of(kind: MatterKind) -> Kind:
    """With which message an officer gets a matter of this kind."""
    if kind is MatterKind.INFORMATION:
        return Kind.OFFICER_INFORMATION
    return Kind.OFFICER_ASSIGNED


#: What an officer is told with the citizen's number (`contact` of `texts`).
NAMES_CITIZEN = frozenset({Kind.OFFICER_ASSIGNED, Kind.OFFICER_INFORMATION, Kind.OFFICER_FORWARDED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Notification:
    """`entry`: place in the complaint's history of the event that is told; told once per kind, and
    once to each of the CM's team. `again`: what tells one telling of it from another, where others
    are told of it later.

    `body`: the variables of the kind's template; or a text as it is, where none is registered.
    `officer`: the code of the person for whom it is, if it is for one; they get an e-mail too if
    they have an address. `recordings`: what goes with it behind `links`, which are URLs: no blank
    is in one.
    """

    complaint_id: UUID
    entry: int
    kind: Kind
    recipient: str
    body: Body
    channel: Channel = Channel.SMS
    language: str = "hi"
    officer: str | None = None
    recordings: Sequence[UUID] = ()
    links: Sequence[str] = ()
    again: str = ""

    @property
    def dedupe_key(self) -> str:
        """One message of a kind for one event, in each channel."""
        key = f"{self.complaint_id}:{self.entry}:{self.kind}"
        if self.kind is Kind.TEAM_RETURNED:
            key = f"{key}:{self.recipient}"
        if self.again:
            key = f"{key}:{self.again}"
        return key if self.channel is Channel.SMS else f"{key}:{self.channel}"

    @property
    def reaches_nobody(self) -> bool:
        """An SMS to a citizen's landline: a gateway would refuse it, and nobody could mend that. An
        office that has given a landline is another thing: its number is data.
        """
        to_citizen = self.channel is Channel.SMS and self.kind.startswith("citizen_")
        return to_citizen and is_landline(self.recipient)

    @property
    def variables(self) -> dict[str, str]:
        """What the template is filled in with; nothing where the body is a text already."""
        return {} if isinstance(self.body, str) else dict(self.body)


async def notify(conn: Connection, notification: Notification, now: datetime) -> None:
    """Write the row, due at once; held where its template does not fit; none to a landline."""
    await notify_each(conn, [notification], now)


async def notify_each(
    conn: Connection,
    notifications: Sequence[Notification],
    now: datetime,
    known: Mapping[Which, Template] = _NONE_KNOWN,
) -> None:
    """As `notify`, any number of rows with two statements: the templates, and the rows.

    `known`: templates that the caller has read in this transaction; only others are read. An e-mail
    is worded for each officer, and written if that one has an address: to ask first would be a
    statement more.
    """
    notifications = [one for one in notifications if not one.reaches_nobody]
    notifications += [_mailed(one) for one in notifications if one.officer]
    if not notifications:
        return
    wordings = await _word_each(conn, notifications, known)
    for notification, wording in zip(notifications, wordings, strict=True):
        if wording.fault:
            _log.error("message held", kind=notification.kind, error=wording.fault)
    await statements().complaints_notify(
        conn,
        ids=[new_id(now) for _ in notifications],
        dedupe_keys=[one.dedupe_key for one in notifications],
        complaint_ids=[one.complaint_id for one in notifications],
        kinds=[one.kind for one in notifications],
        channels=[one.channel for one in notifications],
        languages=[one.language for one in notifications],
        recipients=[one.recipient for one in notifications],
        officers=[one.officer for one in notifications],
        **_columns(notifications, wordings),
        recordings=[f"{{{','.join(map(str, one.recordings))}}}" for one in notifications],
        links=[" ".join(one.links) for one in notifications],
        created_at=now,
        next_attempt_at=[None if one.fault else now for one in wordings],
        held_at=[now if one.fault else None for one in wordings],
        last_errors=[one.fault for one in wordings],
    )


async def word_anew(
    conn: Connection,
    complaint_ids: Collection[UUID],
    kinds: Collection[Kind],
    changes: Mapping[str, str],
    now: datetime,
) -> int:
    """From now on these variables have these values in the complaints' messages of those kinds
    that have not left: those that wait, and those that are held. How many changed.

    One that is on its way in this moment leaves as it was; its next attempt does not. Where the
    template does not fit any more it is held. The complaint's row is held by the caller, or that of
    the file that it is part of by now: nobody else writes messages of these kinds meanwhile.
    """
    rows = statements().complaints_unsent(
        conn, complaint_ids=list(complaint_ids), kinds=list(kinds), changes=json.dumps(changes)
    )
    found = [(row["id"], _as_written(row, changes)) async for row in rows]
    if not found:
        return 0
    wordings = await _word_each(conn, [one for _, one in found], _NONE_KNOWN)
    await statements().complaints_word_anew(
        conn,
        ids=[message_id for message_id, _ in found],
        **_columns([one for _, one in found], wordings),
        faults=[one.fault for one in wordings],
        at=now,
    )
    return len(found)


def _as_written(row: Mapping[str, Any], changes: Mapping[str, str]) -> Notification:
    return Notification(
        complaint_id=row["complaint_id"],
        entry=0,
        kind=Kind(row["kind"]),
        recipient=row["recipient"],
        body={**json.loads(row["variables"]), **changes},
        channel=Channel(row["channel"]),
        language=row["language"],
    )


def _columns(
    notifications: Sequence[Notification], wordings: Sequence[Wording]
) -> dict[str, list[Any]]:
    """What the messages say, and how they were registered."""
    return {
        "subjects": [one.subject for one in wordings],
        "bodies": [one.body for one in wordings],
        "variables": [json.dumps(one.variables, ensure_ascii=False) for one in notifications],
        "template_ids": [one.template_id for one in wordings],
        "headers": [one.header for one in wordings],
        "encodings": [one.encoding for one in wordings],
        "parts": [one.parts for one in wordings],
    }


def _mailed(one: Notification) -> Notification:
    return replace(one, channel=Channel.EMAIL, recipient="")


async def _word_each(
    conn: Connection, notifications: Sequence[Notification], known: Mapping[Which, Template]
) -> list[Wording]:
    """Each template is read once, all of them together."""
    wanted = {
        (str(one.kind), one.channel, one.language)
        for one in notifications
        if not isinstance(one.body, str)
    }
    missing = wanted - known.keys()
    templates = {**known, **(await templates_or_faults(conn, missing) if missing else {})}
    return [
        worded(one.channel, one.body)
        if isinstance(one.body, str)
        else word_from(templates[one.kind, one.channel, one.language], one.channel, one.body)
        for one in notifications
    ]
