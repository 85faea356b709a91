"""An officer who cannot act has their clock stopped, and started again with what was left."""

from collections.abc import Sequence
from datetime import datetime

import structlog

from complaints import history, number, texts
from complaints.batches import together_or_alone
from complaints.history import Event
from complaints.lifecycle import Paused, PauseReason
from complaints.mapping import posts_by_id
from complaints.moving import held_by
from complaints.notifications import Kind, Notification, notify_each
from complaints.policy import Policy
from complaints.store import (
    Complaint,
    hold,
    hold_paused_too_long,
    move_each,
    terms_for,
    terms_for_each,
    transaction,
)
from complaints.taking import entry_of, must_act, must_be, take, tell_citizen
from complaints.words import clean
from db.pool import Connection, Pool

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
) -> None:
    """The officer of `post` has the clock stopped; the citizen is told why, since they may be who
    is waited for. `actor`: that officer, or the agent whom they told.

    Raises the number's errors, `InvalidInputError` (text), `WrongPostError`, `NotNowError`,
    `AlreadyEndedError` and `NotAllowedError` (the time is over).
    """
    digits, text = number.parse(complaint_number), clean("text", text, _LONGEST)
    async with transaction(pool) as conn:
        complaint = await hold(conn, digits)
        before = held_by(complaint, post, "paused")
        after = before.pause(await terms_for(conn, complaint, policy, now), reason, now)
        why = f"{reason}: {text}"
        entry = await take(
            conn, complaint, after, event=Event.PAUSED, actor=actor, now=now, reason=why
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
) -> datetime:
    """The officer of `post` has the clock started again; by when it must be disposed of now.

    Raises as `pause`.
    """
    digits, text = number.parse(complaint_number), clean("text", text, _LONGEST)
    async with transaction(pool) as conn:
        complaint = await hold(conn, digits)
        before = must_be(complaint, Paused, "resumed")
        must_act(before, post)
        after = before.resume(await terms_for(conn, complaint, policy, now), now)
        await take(conn, complaint, after, event=Event.RESUMED, actor=actor, now=now, reason=text)
    _log.info("officer's time goes on", complaint=str(complaint.id))
    return after.due_at


async def end_long_pauses(pool: Pool, *, policy: Policy, now: datetime, limit: int = 200) -> int:
    """Let at most `limit` clocks go on whose longest pause is over; how many there were.

    Exactly once, by any number of workers; one batch is one transaction. The officers are told.
    """
    async with transaction(pool) as conn:
        paused = await hold_paused_too_long(conn, now, limit)
        resumed = await together_or_alone(
            conn, paused, lambda some: _go_on(conn, some, policy, now), named=lambda one: one.id
        )
        if resumed:
            _log.info("longest pauses are over", complaints=resumed)
    return resumed


async def _go_on(
    conn: Connection, paused: Sequence[Complaint], policy: Policy, now: datetime
) -> None:
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
                one.number, one.category_name, one.place_name, after[one.id].due_at
            ),
        )
        for one in paused
    ]
    await notify_each(conn, messages, now)


def _paused(one: Complaint) -> Paused:
    if not isinstance(one.state, Paused):
        raise TypeError(f"held as paused, but {one.state}")  # the schema ends no other state so
    return one.state
