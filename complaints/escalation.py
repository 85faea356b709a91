"""What nobody answered in time moves on by itself, exactly once; before that, a reminder.

A batch is decided in Python and written with the same few statements for any number of complaints.
"""

from collections.abc import Sequence
from datetime import datetime

import structlog

from complaints import history, texts
from complaints.assigning import Assigned, tell_assigned
from complaints.batches import Due, Work, carry_out_each
from complaints.ends import Standing
from complaints.forwarding import Forwarded, forward
from complaints.history import Entry, Event
from complaints.lifecycle import Proposed, Returned, State, Triage, WithOfficer
from complaints.mapping import posts_by_id
from complaints.notifications import Kind, Notification, Signer, notify_each
from complaints.policy import Policy
from complaints.store import (
    given_at,
    held_due,
    move_each,
    take_overdue,
    take_to_remind,
    terms_for_each,
    transaction,
)
from db.pool import Connection, Pool
from db.statements import statements

_log = structlog.get_logger(__name__)


async def escalate_overdue(
    pool: Pool, *, policy: Policy, now: datetime, signer: Signer, limit: int = 200
) -> int:
    """Move on at most `limit` overdue complaints, oldest due first; how many there were.

    Any number of workers may do this at once. One batch is one transaction; call again while the
    answer is `limit`. The next level's time runs from `now`, also after a downtime. A complaint
    that cannot be moved on counts too: it is set aside until a later time of its own, told, and
    holds up no other.
    """
    async with transaction(pool) as conn:
        overdue = await take_overdue(conn, now, limit)
        moved = await carry_out_each(
            conn,
            Work.OVERDUE,
            overdue,
            lambda some: _move_on(conn, some, policy, now, signer),
            now,
        )
        if moved:
            _log.info("overdue complaints moved on", complaints=moved)
    return len(overdue)


async def _move_on(
    conn: Connection, due: Sequence[Due], policy: Policy, now: datetime, signer: Signer
) -> None:
    overdue = await held_due(conn, due)
    terms = await terms_for_each(conn, overdue, policy, now)
    after = {one.id: _due(one.state).overdue(terms[one.id], now) for one in overdue}
    entries = {one.id: _entry(_due(one.state), after[one.id], now) for one in overdue}
    seqs = await history.append_each(conn, entries, moves=True)
    await move_each(conn, after, now)
    await _tell_each(
        conn,
        [Forwarded(one, after[one.id], seqs[one.id], entries[one.id]) for one in overdue],
        policy,
        signer,
        now,
    )


async def _tell_each(
    conn: Connection, moved: Sequence[Forwarded], policy: Policy, signer: Signer, now: datetime
) -> None:
    """Who got it by an escalation is handed all that was said; who got it anew is told of it."""
    escalated = [one for one in moved if one.why.event is Event.ESCALATED_OVERDUE]
    if escalated:
        await forward(conn, escalated, policy=policy, signer=signer, now=now)
    anew = [
        Assigned(one.complaint, one.state, one.seq)
        for one in moved
        if one.why.event in (Event.FORWARDED, Event.GIVEN_BACK)
    ]
    if anew:
        await tell_assigned(conn, anew, policy, now)


def _due(state: State) -> Triage | WithOfficer | Proposed | Returned:
    if not isinstance(state, Triage | WithOfficer | Proposed | Returned):
        raise TypeError(f"held as overdue, but {state}")  # the schema has a due time for no other
    return state


def why_aside(before: Standing, after: WithOfficer) -> str:
    """Of what goes to another post of the same level, as `conditions.onward` says; else nothing."""
    if after.post == before.post or after.level > before.level:
        return ""
    return f"; {before.post} does not answer for it any more"


def _entry(
    before: Triage | WithOfficer | Proposed | Returned, after: WithOfficer, now: datetime
) -> Entry:
    if isinstance(before, Triage):
        event = Event.FORWARDED
    elif after.overdue_at is not None:
        event = Event.OVERDUE_AT_LAST_LEVEL
    elif isinstance(before, Returned) and after.post == before.post:
        event = Event.GIVEN_BACK
    else:
        event = Event.ESCALATED_OVERDUE
    return Entry(
        at=now,
        event=event,
        level=after.level,
        actor="clock",
        reason=f"due {before.due_at.isoformat()}{why_aside(before, after)}",
        post=after.post,
        due_at=after.due_at,
        basis=after.clock.basis,
    )


async def remind(pool: Pool, *, now: datetime, limit: int = 200) -> int:
    """Remind at most `limit` officers who have used most of their time; how many there were.

    Each once for the time that they were given, by any number of workers. One batch is one
    transaction. Who cannot be reminded counts too, as in `escalate_overdue`.
    """
    async with transaction(pool) as conn:
        due = await take_to_remind(conn, now, limit)
        reminded = await carry_out_each(
            conn, Work.REMINDER, due, lambda some: _remind(conn, some, now), now
        )
        if reminded:
            _log.info("officers reminded", complaints=reminded)
    return len(due)


async def _remind(conn: Connection, due: Sequence[Due], now: datetime) -> None:
    held = await held_due(conn, due)
    given = await given_at(conn, held)
    posts = await posts_by_id(conn, sorted({_due(one.state).post for one in held}), now)
    messages = [
        Notification(
            complaint_id=one.id,
            entry=given[one.id],
            kind=Kind.OFFICER_REMINDER,
            recipient=posts[_due(one.state).post].number,
            officer=posts[_due(one.state).post].officer,
            body=texts.officer_reminder(
                one.number, one.subject, one.place_name, _due(one.state).due_at
            ),
        )
        for one in held
    ]
    await statements().complaints_reminded(conn, ids=[one.id for one in held])
    await notify_each(conn, messages, now)
