"""A complaint that an officer has anew, without an escalation: they and the citizen are told."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from complaints import texts
from complaints.confidentiality import may_know
from complaints.lifecycle import WithOfficer
from complaints.mapping import Post, posts_by_id
from complaints.notifications import Kind, Notification, assignment_of, notify_each
from complaints.policy import Policy
from complaints.store import Complaint
from db.pool import Connection


@dataclass(frozen=True, slots=True)
class Assigned:
    """A complaint whose officer, that of `state`, has it by the history's entry `seq`."""

    complaint: Complaint
    state: WithOfficer
    seq: int


async def tell_assigned(
    conn: Connection, assigned: Sequence[Assigned], policy: Policy, now: datetime
) -> None:
    """Tell officers and citizens, with the same few statements for any number of complaints."""
    posts = await posts_by_id(conn, sorted({one.state.post for one in assigned}), now)
    messages = [
        message
        for one in assigned
        for message in (
            _to_officer(one, posts[one.state.post], policy),
            to_citizen(one.complaint, one.state, one.seq),
        )
    ]
    await notify_each(conn, messages, now)


def _to_officer(one: Assigned, post: Post, policy: Policy) -> Notification:
    complaint = one.complaint
    rules = policy.of(complaint.category)
    hidden = complaint.confidential and not may_know(rules, one.state.level)
    return Notification(
        complaint_id=complaint.id,
        entry=one.seq,
        kind=assignment_of(one.state.about),
        recipient=post.number,
        officer=post.officer,
        body=texts.officer_assigned(
            complaint.number,
            complaint.subject,
            complaint.place_name,
            complaint.text,
            None if hidden else complaint.contact,
            one.state.due_at,
        ),
    )


def to_citizen(complaint: Complaint, state: WithOfficer, seq: int) -> Notification:
    """That an officer has it by the history's entry `seq`, and by when."""
    return Notification(
        complaint_id=complaint.id,
        entry=seq,
        kind=Kind.CITIZEN_MOVED,
        recipient=complaint.contact,
        body=texts.citizen_moved(complaint.number, state.due_at),
    )
