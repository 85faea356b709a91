"""With an escalation goes what the citizen said: recordings, reasons and history, in one bundle."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from complaints import bundles, texts
from complaints.assigning import to_citizen
from complaints.confidentiality import may_hear, may_know
from complaints.history import Entry, Event
from complaints.lifecycle import WithOfficer
from complaints.mapping import Post, posts_by_id
from complaints.notifications import Kind, Notification, Signer, notify_each
from complaints.policy import Policy
from complaints.store import Complaint
from db.pool import Connection
from db.statements import statements


@dataclass(frozen=True, slots=True)
class Forwarded:
    """A complaint whose officer, that of `state`, has it by history entry `why`, at place `seq`."""

    complaint: Complaint
    state: WithOfficer
    seq: int
    why: Entry


#: Of these the citizen is told beside: who had it reopened so, the others with the assignment.
_TOLD_ALREADY = frozenset({Event.REOPENED, Event.TRANSFERRED, Event.FORWARDED})


async def forward(
    conn: Connection,
    forwarded: Sequence[Forwarded],
    *,
    policy: Policy,
    signer: Signer,
    now: datetime,
) -> None:
    """Tell officers and citizens, with the same few statements for any number of complaints.

    To the citizens there is another due time than they were told.

    Recordings still being written go along: the bundle lists them, and plays them once stored.
    Those that would tell the officer who complains, where that is confidential, do not.
    """
    ids = [one.complaint.id for one in forwarded]
    levels = {one.complaint.id: one.state.level for one in forwarded}
    recordings: dict[UUID, list[UUID]] = defaultdict(list)
    async for row in statements().complaints_recordings(conn, complaint_ids=ids):
        if may_hear(policy, levels[row["complaint_id"]], row["confidential_as"]):
            recordings[row["complaint_id"]].append(row["id"])
    posts = await posts_by_id(conn, sorted({one.state.post for one in forwarded}), now)
    handed = [(one.complaint.id, one.seq, one.state.post) for one in forwarded]
    messages = [
        _message(one, posts[one.state.post], recordings[one.complaint.id], signer(bundle), policy)
        for one, bundle in zip(forwarded, await bundles.make_each(conn, handed, now), strict=True)
    ]
    messages += [
        to_citizen(one.complaint, one.state, one.seq)
        for one in forwarded
        if one.why.event not in _TOLD_ALREADY
    ]
    await notify_each(conn, messages, now)


def _message(
    one: Forwarded, post: Post, recordings: Sequence[UUID], link: str, policy: Policy
) -> Notification:
    complaint = one.complaint
    hidden = complaint.confidential and not may_know(policy.of(complaint.category), post.level)
    return Notification(
        complaint_id=complaint.id,
        entry=one.seq,
        kind=Kind.OFFICER_FORWARDED,
        recipient=post.number,
        officer=post.officer,
        body=texts.officer_forwarded(
            complaint.number,
            complaint.subject,
            complaint.place_name,
            None if hidden else complaint.contact,
            one.state.due_at,
            one.why,
            link,
        ),
        recordings=recordings,
        links=[link],
    )
