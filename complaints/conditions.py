"""What a move of the life cycle asks first: of the moment, the policy, and who there is. Pure."""

from datetime import datetime, timedelta

from complaints.deadlines import Clock
from complaints.ends import Standing
from complaints.errors import NotAllowedError, NotOverdueError
from complaints.mapping import Post
from complaints.policy import Policy, SpecialClose
from complaints.terms import PauseReason, Terms


def past(due_at: datetime, now: datetime) -> None:
    """Raise `NotOverdueError` before that."""
    if now < due_at:
        raise NotOverdueError(due_at)


def somebody_closes_specially(terms: Terms) -> None:
    """Raise `NotAllowedError` where the policy has no special close."""
    if terms.policy.special_close is SpecialClose.NOBODY:
        raise NotAllowedError("nobody may close it without the citizen's satisfaction")


def may_leave(transfers: int, clock: Clock, terms: Terms, now: datetime) -> None:
    """Raise `NotAllowedError` where the policy lets no officer pass it on any more."""
    policy = terms.policy
    if transfers >= policy.transfers_at_most:
        raise NotAllowedError(f"it was moved {transfers} times: no more")
    time = policy.transfer_days * policy.day
    if now > terms.counted_as(clock.counting).after(clock.since, time):
        days = f"{policy.transfer_days:g} {clock.counting.replace('_', ' ')}"
        raise NotAllowedError(f"only within {days} of getting it")


def longest(reason: PauseReason, policy: Policy) -> timedelta:
    """For how long a clock may stand for that reason."""
    waits = reason is PauseReason.WAITING_FOR_CITIZEN
    return (policy.longest_wait_days if waits else policy.longest_stay_days) * policy.day


def above(level: int, terms: Terms) -> Post | None:
    """The next level that has an officer."""
    return terms.ladder.at_or_above(level + 1, terms.policy.last_level)


def astray(before: Standing, terms: Terms) -> bool:
    """Whether its post does not answer for it any more, since a reform, and another post does."""
    lowest = terms.ladder.at_or_above(1, terms.policy.last_level)
    return lowest is not None and before.post not in terms.ladder.fitting


def onward(before: Standing, terms: Terms) -> Post | None:
    """Who gets it when its officer's time is over: the next level that has an officer; where none
    has, and its own post does not answer for it any more, the one that does at its level.
    """
    found = above(before.level, terms)
    return instead(before, terms) if found is None and astray(before, terms) else found


def other_above(state: Standing, terms: Terms) -> Post | None:
    """The next level with an officer who is not the one who asks, in charge or moved up since."""
    answering = terms.ladder.up_to(terms.policy.last_level)
    own = terms.asking
    others = (level for level, post in answering.items() if own is None or post.officer != own)
    level = min((level for level in others if level > state.level), default=None)
    return None if level is None else answering[level]


def instead(before: Standing, terms: Terms) -> Post | None:
    """Who has it when nobody holds its post any more; None: it stays with its post."""
    return terms.ladder.instead_of(before.post, before.level, terms.policy.last_level)
