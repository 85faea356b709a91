"""What follows when an attempt's call has ended: asked again, asked otherwise, or answered."""

from dataclasses import dataclass, field, replace
from datetime import datetime
from uuid import UUID

import structlog

from calls.model import Outcome
from calls.store import end_if_open
from campaigns import attempts
from campaigns.attempts import EndedAttempt
from campaigns.refusals import RefusalRules
from campaigns.retry import (
    Decision,
    Done,
    GiveUp,
    RetryAt,
    RetryPolicy,
    counts_against_citizen,
    decide,
)
from campaigns.trunks import Trunks, blamed
from campaigns.window import CallingWindow
from complaints import feedback
from complaints.policy import Policy
from db.pool import Connection

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Rules:
    """By which consequences are drawn. `policy`: how often a citizen is called for a complaint, and
    what follows when no more calls do (R19). `refusals`: when a refused call is the trunk's.
    """

    waits: RetryPolicy
    window: CallingWindow
    policy: Policy
    refusals: RefusalRules = field(default_factory=RefusalRules)

    def retry_of(self, category: str) -> RetryPolicy:
        """For complaints of one category."""
        return replace(self.waits, max_attempts=self.policy.of(category).feedback_attempts)


async def settle_ended(
    conn: Connection, attempt_id: UUID, now: datetime, rules: Rules, trunks: Trunks | None = None
) -> bool:
    """Draw the consequence, in the caller's transaction. False when another dialer does or did, or
    it is not known yet whether the citizen's telephone or the trunk refused the call.
    """
    attempt = await attempts.lock_ended(conn, attempt_id)
    if attempt is None:
        return False
    outcome = await blamed(
        conn, trunks or {}, attempt.id, attempt.cell, attempt.end, now, rules.refusals
    )
    if outcome is None:
        return False
    attempt = replace(attempt, outcome=outcome)
    decision = await _follow_up(conn, attempt, now, rules)
    await attempts.settle(conn, attempt.id, now)
    _log.info(
        "feedback attempt settled",
        attempt=str(attempt.id),
        complaint=str(attempt.complaint_id),
        outcome=attempt.outcome,
        decision=repr(decision),
    )
    return True


async def _follow_up(
    conn: Connection, attempt: EndedAttempt, now: datetime, rules: Rules
) -> Decision:
    if attempt.judged:
        return Done()
    # "Given", yet nothing is recorded: the answer was lost on our side; the citizen is asked again.
    given = attempt.outcome is Outcome.FEEDBACK_GIVEN
    outcome = Outcome.LOST if given else attempt.outcome
    earlier = await attempts.earlier_outcomes(conn, attempt)
    retry = rules.retry_of(attempt.category)
    answered = attempt.end.answered
    decision = decide(outcome, earlier, now, retry, rules.window, answered=answered)
    which = (attempt.complaint_id, attempt.disposal_no)
    match decision:
        case RetryAt(at):
            await feedback.postpone(conn, *which, at)
        case GiveUp(reason):
            # Before the count: the complaint's row is locked first, as recording an answer does.
            await feedback.give_up(conn, *which, now, policy=rules.policy, reason=reason)
        case Done():
            pass
    if counts_against_citizen(outcome, earlier, retry):
        await feedback.count_attempt(conn, *which)
    return decision


async def drop_unrequested(conn: Connection, attempt_id: UUID, now: datetime, rules: Rules) -> bool:
    """End and settle an attempt that was never requested; False when it was requested meanwhile.

    Both in one transaction: the lock keeps its dialer, if that one still lives, from requesting
    it, and the settled row refuses it afterwards.
    """
    if not await attempts.lock_unrequested(conn, attempt_id):
        return False
    await end_if_open(conn, attempt_id, Outcome.FAILED, now)
    return await settle_ended(conn, attempt_id, now, rules)
