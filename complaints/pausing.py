"""An officer who cannot act has their clock stopped, and started again with what was left."""

from datetime import datetime

import structlog

from complaints import number, texts
from complaints.history import Event
from complaints.lifecycle import Paused, PauseReason
from complaints.moving import held_by
from complaints.notifications import Kind
from complaints.policy import Policy
from complaints.store import hold, terms_for, transaction
from complaints.taking import must_act, must_be, take, tell_citizen
from complaints.words import clean
from db.pool import Pool

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
