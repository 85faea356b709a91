"""An officer who cannot act has their clock stopped, and started again with what was left."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import structlog

from complaints import history, number, texts
from complaints.batches import Due, Work, carry_out_each
from complaints.history import Event
from complaints.in_call import take_officers_call
from complaints.lifecycle import Paused, PauseReason
from complaints.mapping import posts_by_id
from complaints.moving import held_by
from complaints.notifications import Kind, Notification, notify_each
from complaints.policy import Policy
from complaints.store import (
    Complaint,
    held_due,
    hold,
    move_each,
    take_paused_too_long,
    terms_for,
    terms_for_each,
    transaction,
)
from complaints.taking import entry_of, must_act, must_be, take, tell_citizen
from complaints.words import clean
from db.pool import Connection, Pool
from db.statements import statements

_log = structlog.get_logger(__name__)
_LONGEST = 2000


async def pause(
    pool: Pool,
    complaint_number: str,
    *,
    reason: PauseReason,
    text: str,
    post: str,
    actor: str,
    policy: Policy,
    now: datetime,
    call_id: UUID | None = None,
) -> None:
    """The officer of `post` has the clock stopped; the citizen is told why, since they may be who
    is waited for. `actor`: that officer, or the agent whom they told in the call `call_id`.

    Raises the number's errors, `InvalidInputError` (text, call_id), `WrongPostError`,
    `NotNowError`, `AlreadyEndedError`, `NotAllowedError` (the time is over, or it
    stood long enough) and `NoEvidenceError`
    (somebody else's call).
    """
    digits, text = number.parse(complaint_number), clean("text", text, _LONGEST)
    async with transaction(pool) as conn:
        complaint = await hold(conn, digits)
        before = held_by(complaint, post, "paused")
        terms = await terms_for(conn, complaint, policy, now)
        stood = await statements().lifecycle_stood(conn, complaint_id=complaint.id, reason=reason)
        after = before.pause(terms, reason, now, stood=stood)
        await take_officers_call(conn, complaint, call_id, actor=actor)
        entry = await take(
            conn,
            complaint,
            after,
            event=Event.PAUSED,
            actor=actor,
            now=now,
            reason=f"{reason}: {text}",
            call_id=call_id,
        )
        body = texts.citizen_paused(digits, reason is PauseReason.WAITING_FOR_CITIZEN, text)
        await tell_citizen(conn, complaint, entry, Kind.CITIZEN_PAUSED, body, now)
    _log.info("officer's time stands", complaint=str(complaint.id), reason=reason)


async def resume(
    pool: Pool,
    complaint_number: str,
    *,
    text: str,
    post: str,
    actor: str,
    policy: Policy,
    now: datetime,
    call_id: UUID | None = None,
) -> datetime:
    """The officer of `post` has the clock started again; by when it must be disposed of now. The
    citizen is told.

    Raises as `pause`.
    """
    digits, text = number.parse(complaint_number), clean("text", text, _LONGEST)
    async with transaction(pool) as conn:
        complaint = await hold(conn, digits)
        before = must_be(complaint, Paused, "resumed")
        must_act(before, post)
        after = before.resume(await terms_for(conn, complaint, policy, now), now)
        await take_officers_call(conn, complaint, call_id, actor=actor)
        entry = await take(
            conn,
            complaint,
            after,
            event=Event.RESUMED,
            actor=actor,
            now=now,
            reason=text,
            call_id=call_id,
        )
        body = texts.citizen_resumed(digits, after.due_at)
        await tell_citizen(conn, complaint, entry, Kind.CITIZEN_RESUMED, body, now)
    _log.info("officer's time goes on", complaint=str(complaint.id))
    return after.due_at


async def end_long_pauses(pool: Pool, *, policy: Policy, now: datetime, limit: int = 200) -> int:
    """Let at most `limit` clocks go on whose longest pause is over; how many there were.

    Exactly once, by any number of workers; one batch is one transaction. Officers and citizens are
    told. What cannot go on counts too, as in `escalation.escalate_overdue`.
    """
    async with transaction(pool) as conn:
        paused = await take_paused_too_long(conn, now, limit)
        resumed = await carry_out_each(
            conn, Work.PAUSE, paused, lambda some: _go_on(conn, some, policy, now), now
        )
        if resumed:
            _log.info("longest pauses are over", complaints=resumed)
    return len(paused)


async def _go_on(conn: Connection, due: Sequence[Due], policy: Policy, now: datetime) -> None:
    paused = await held_due(conn, due)
    terms = await terms_for_each(conn, paused, policy, now)
    after = {one.id: _paused(one).pause_over(terms[one.id], now) for one in paused}
    entries = {
        one.id: entry_of(
            one,
            after[one.id],
            event=Event.RESUMED,
            actor="clock",
            now=now,
            reason=f"{_paused(one).reason}: longest pause, until "
            f"{_paused(one).resume_at.isoformat()}",
        )
        for one in paused
    }
    seqs = await history.append_each(conn, entries, moves=True)
    await move_each(conn, after, now)
    posts = await posts_by_id(conn, sorted({one.post for one in after.values()}), now)
    messages = [
        Notification(
            complaint_id=one.id,
            entry=seqs[one.id],
            kind=Kind.OFFICER_RESUMED,
            recipient=posts[after[one.id].post].number,
            officer=posts[after[one.id].post].officer,
            body=texts.officer_resumed(
                one.number, one.subject, one.place_name, after[one.id].due_at
            ),
        )
        for one in paused
    ]
    messages += [
        Notification(
            complaint_id=one.id,
            entry=seqs[one.id],
            kind=Kind.CITIZEN_RESUMED,
            recipient=one.contact,
            body=texts.citizen_resumed(one.number, after[one.id].due_at),
        )
        for one in paused
    ]
    await notify_each(conn, messages, now)


def _paused(one: Complaint) -> Paused:
    if not isinstance(one.state, Paused):
        raise TypeError(f"held as paused, but {one.state}")  # the schema ends no other state so
    return one.state
