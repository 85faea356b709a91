"""With an escalation goes what the citizen said: recordings, reasons and history, in one bundle."""

from datetime import datetime

from complaints import bundles, history, texts
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

    Recordings still being written go along: the bundle lists them, and plays them once stored.
    """
    post = await post_by_id(conn, state.post, now)
    found = statements().complaints_recordings(conn, complaint_id=complaint.id)
    link = signer(await bundles.make(conn, complaint.id, entry, post.id, now))
    happened = await history.entries(conn, complaint.id)
    notification = Notification(
        complaint_id=complaint.id,
        entry=entry,
        kind=Kind.OFFICER_FORWARDED,
        recipient=post.number,
        body=texts.officer_forwarded(
            complaint.number,
            complaint.category_name,
            complaint.place_name,
            state.due_at,
            happened[entry - 1],
            link,
        ),
        recordings=[row["id"] async for row in found],
        links=[link],
    )
    await notify(conn, notification, now)
