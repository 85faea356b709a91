"""Closed although the citizen is not satisfied: with a reason code, a text and a name (R18)."""

from datetime import datetime
from uuid import UUID

from complaints import number
from complaints.ending import end_specially
from complaints.ends import Ruling, SpecialReason
from complaints.errors import NotAllowedError
from complaints.in_call import take_officers_call
from complaints.moving import held_by
from complaints.policy import Policy
from complaints.proposals import propose
from complaints.store import hold, terms_for, transaction
from complaints.taking import Word
from complaints.words import clean
from db.pool import Pool

_LONGEST = 4000


async def close_specially(
    pool: Pool,
    complaint_number: str,
    *,
    code: SpecialReason,
    text: str,
    post: str,
    actor: str,
    policy: Policy,
    now: datetime,
    only_propose: bool = False,
    call_id: UUID | None = None,
) -> bool:
    """The officer of `post` closes it, or proposes so; whether it is closed now.

    `only_propose`: refused (`NotAllowedError`) where the officer would decide alone.

    By the policy of its category the next level decides about a proposal, or nobody may.
    `call_id`: in which the agent who enters it was told.
    Raises the number's errors, `InvalidInputError` (text, call_id), `WrongPostError`,
    `NotNowError`, `AlreadyEndedError`, `NotAllowedError`, `NoEvidenceError` (another's call).
    """
    digits = number.parse(complaint_number)
    word = Word(clean("text", text, _LONGEST), actor, now, call_id)
    async with transaction(pool) as conn:
        complaint = await hold(conn, digits)
        before = held_by(complaint, post, "closed specially")
        terms = await terms_for(conn, complaint, policy, now)
        decider = before.decides_special_close(terms)
        if decider is None and only_propose:
            raise NotAllowedError("it is not proposed: who has it decides alone, if anybody may")
        await take_officers_call(conn, complaint, call_id, actor=actor)
        if decider:
            proposed = before.propose_special_close(0, terms)
            await propose(conn, complaint, proposed, decider, word, code=code)
            return False
        ruling = Ruling(code=code, text=word.text, post=post, level=before.level, actor=actor)
        after = before.special_close(ruling, terms, now)
        await end_specially(conn, complaint, after, now, call_id=call_id)
    return True
