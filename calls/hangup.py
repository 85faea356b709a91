"""From Asterisk's words to an outcome: how an attempt that nobody answered ended."""

from calls.model import Outcome

# Q.850 causes, as in Asterisk's causes.h.
_BY_CAUSE = {
    1: Outcome.INVALID_NUMBER,  # unallocated number
    17: Outcome.BUSY,
    18: Outcome.NO_ANSWER,  # no user responding
    19: Outcome.NO_ANSWER,  # ringing, no answer
    20: Outcome.NO_ANSWER,  # subscriber absent
    21: Outcome.REJECTED,
    22: Outcome.INVALID_NUMBER,  # number changed
    28: Outcome.INVALID_NUMBER,  # invalid number format
    34: Outcome.CONGESTION,  # no circuit
    38: Outcome.CONGESTION,  # network out of order
    41: Outcome.CONGESTION,  # temporary failure
    42: Outcome.CONGESTION,  # switch congestion
    44: Outcome.CONGESTION,  # requested channel not available
}
# OriginateResponse's reason is an AST_CONTROL frame: 3 still ringing, 5 busy, 8 congestion.
_BY_REASON = {3: Outcome.NO_ANSWER, 5: Outcome.BUSY, 8: Outcome.CONGESTION}


def unanswered_outcome(cause: int | None, reason: int | None) -> Outcome:
    """The outcome of an outbound leg that never answered. The cause, if it says something, wins."""
    if cause in _BY_CAUSE:
        return _BY_CAUSE[cause]
    if reason in _BY_REASON:
        return _BY_REASON[reason]
    return Outcome.FAILED
