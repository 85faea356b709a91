"""Rows that tell somebody something.

Written in the transaction that decided it, delivered by a worker (`messages`).
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

import structlog

from db.ids import new_id
from db.pool import Connection
from db.statements import statements
from messages.model import Channel
from messages.wording import Wording, word, worded

_log = structlog.get_logger(__name__)

#: Bundle id -> URL that opens the bundle for a while.
Signer = Callable[[UUID], str]


class Kind(StrEnum):
    """What a notification is about."""

    CITIZEN_REGISTERED = "citizen_registered"
    OFFICER_ASSIGNED = "officer_assigned"
    OFFICER_REVIEW = "officer_review"
    OFFICER_FORWARDED = "officer_forwarded"
    CITIZEN_CLOSED = "citizen_closed"
    CITIZEN_UNVERIFIED = "citizen_unverified"


@dataclass(frozen=True, slots=True, kw_only=True)
class Notification:
    """`entry`: place in the complaint's history of the event that is told; told once per kind.

    `body`: the variables of the kind's template; or a text as it is, where none is registered.
    `recordings`: what goes with it behind `links`.
    """

    complaint_id: UUID
    entry: int
    kind: Kind
    recipient: str
    body: Mapping[str, str] | str
    channel: Channel = Channel.SMS
    language: str = "hi"
    recordings: Sequence[UUID] = ()
    links: Sequence[str] = ()

    @property
    def dedupe_key(self) -> str:
        """One message of a kind for one event, in each channel."""
        key = f"{self.complaint_id}:{self.entry}:{self.kind}"
        return key if self.channel is Channel.SMS else f"{key}:{self.channel}"


async def notify(conn: Connection, notification: Notification, now: datetime) -> None:
    """Write the row, due at once; held where its template does not fit."""
    wording = await _word(conn, notification)
    if wording.fault:
        _log.error("message held", kind=notification.kind, error=wording.fault)
    variables = {} if isinstance(notification.body, str) else dict(notification.body)
    await statements().complaints_notify(
        conn,
        id=new_id(now),
        dedupe_key=notification.dedupe_key,
        complaint_id=notification.complaint_id,
        kind=notification.kind,
        channel=notification.channel,
        language=notification.language,
        recipient=notification.recipient,
        subject=wording.subject,
        body=wording.body,
        variables=json.dumps(variables, ensure_ascii=False),
        template_id=wording.template_id,
        header=wording.header,
        encoding=wording.encoding,
        parts=wording.parts,
        recordings=list(notification.recordings),
        links=list(notification.links),
        created_at=now,
        next_attempt_at=None if wording.fault else now,
        held_at=now if wording.fault else None,
        last_error=wording.fault,
    )


async def _word(conn: Connection, notification: Notification) -> Wording:
    if isinstance(notification.body, str):
        return worded(notification.channel, notification.body)
    return await word(
        conn,
        notification.kind,
        notification.channel,
        notification.language,
        notification.body,
    )
