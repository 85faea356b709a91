"""With an escalation goes what the citizen said: recordings, reasons and history."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from complaints import history, texts
from complaints.history import Entry
from complaints.lifecycle import WithOfficer
from complaints.mapping import Post, posts_by_id
from complaints.notifications import Kind, Notification, Signer, notify_each
from complaints.store import Complaint
from complaints.texts import DissatisfactionReason
from db.pool import Connection
from db.statements import statements


@dataclass(frozen=True, slots=True)
class Forwarded:
    """A complaint whose officer, that of `state`, has it from history entry `entry` on."""

    complaint: Complaint
    state: WithOfficer
    entry: int


@dataclass(frozen=True, slots=True)
class _Said:
    """What goes along, by complaint."""

    recordings: Mapping[UUID, Sequence[UUID]]
    reasons: Mapping[UUID, Sequence[DissatisfactionReason | None]]
    histories: Mapping[UUID, Sequence[Entry]]


async def forward(
    conn: Connection, forwarded: Sequence[Forwarded], *, signer: Signer, now: datetime
) -> None:
    """Tell the officers, with the same few statements for any number of complaints.

    Recordings still being written go along: their links work once they are stored.
    """
    said = await _said(conn, [one.complaint.id for one in forwarded])
    posts = await posts_by_id(conn, sorted({one.state.post for one in forwarded}), now)
    messages = [_message(one, posts[one.state.post], said, signer) for one in forwarded]
    await notify_each(conn, messages, now)


async def _said(conn: Connection, ids: Sequence[UUID]) -> _Said:
    recordings: dict[UUID, list[UUID]] = defaultdict(list)
    async for row in statements().complaints_recordings(conn, complaint_ids=ids):
        recordings[row["complaint_id"]].append(row["id"])
    reasons: dict[UUID, list[DissatisfactionReason | None]] = defaultdict(list)
    async for row in statements().complaints_register(conn, complaint_ids=ids):
        code = row["reason_code"]
        reasons[row["complaint_id"]].append(code and DissatisfactionReason(code))
    return _Said(recordings, reasons, await history.entries_of(conn, ids))


def _message(one: Forwarded, post: Post, said: _Said, signer: Signer) -> Notification:
    complaint = one.complaint
    recordings = said.recordings.get(complaint.id, ())
    body = texts.officer_forwarded(
        complaint.number,
        complaint.category_name,
        complaint.place_name,
        one.state.due_at,
        said.reasons.get(complaint.id, ()),
        said.histories[complaint.id],
        len(recordings),
    )
    return Notification(
        complaint_id=complaint.id,
        entry=one.entry,
        kind=Kind.OFFICER_FORWARDED,
        recipient=post.number,
        body=body,
        recordings=recordings,
        links=[signer(recording, post.id) for recording in recordings],
    )
