"""With an escalation goes what the citizen said: recordings, reasons and history."""

from datetime import datetime

from complaints import history, texts
from complaints.lifecycle import WithOfficer
from complaints.mapping import post_by_id
from complaints.notifications import Kind, Notification, Signer, notify
from complaints.store import Complaint
from db.pool import Connection
from db.statements import statements


async def forward(
    conn: Connection,
    complaint: Complaint,
    state: WithOfficer,
    entry: int,
    *,
    signer: Signer,
    now: datetime,
) -> None:
    """Tell the officer of `state`, who has it from history entry `entry` on.

    Recordings still being written go along: their links work once they are stored.
    """
    post = await post_by_id(conn, state.post, now)
    found = statements().complaints_recordings(conn, complaint_id=complaint.id)
    recordings = [row["id"] async for row in found]
    register = statements().complaints_register(conn, complaint_id=complaint.id)
    codes = [row["reason_code"] async for row in register]
    body = texts.officer_forwarded(
        complaint.number,
        complaint.category_name,
        complaint.place_name,
        state.due_at,
        [None if code is None else texts.DissatisfactionReason(code) for code in codes],
        await history.entries(conn, complaint.id),
        len(recordings),
    )
    notification = Notification(
        complaint_id=complaint.id,
        entry=entry,
        kind=Kind.OFFICER_FORWARDED,
        recipient=post.number,
        body=body,
        recordings=recordings,
        links=[signer(recording, post.id) for recording in recordings],
    )
    await notify(conn, notification, now)
