"""The life of a complaint: each state is a type, and its methods are its legal moves.

    WithOfficer --dispose--> AwaitingFeedback --satisfied--> ClosedSatisfied
         |   ^                      |     |
         |   +-----dissatisfied-----+     +--attempts_used_up--> Unverified
         +--overdue--> WithOfficer, one level up

Pure: values and `now` in, a new state out. Two ends so far, each with its evidence: the citizen's
own answer, or why nobody could be asked. There is no way to close a complaint without either.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from complaints import deadlines
from complaints.errors import NotOverdueError
from complaints.mapping import Ladder, Post
from complaints.policy import Policy


@dataclass(frozen=True, slots=True)
class Terms:
    """What a move is decided by, besides the state: the tenant's rules and who could get it."""

    policy: Policy
    ladder: Ladder
    level_days: tuple[int, ...]  # the category's calendar days at level 1, 2, ...


@dataclass(frozen=True, slots=True, kw_only=True)
class _Standing:
    """What every state knows. `post` is the one that has it, or had it last.

    `dissatisfied_at_level` counts since the complaint came to this level. `cm_office_since`: on
    the list of the CM's office, because the last level was late or did not satisfy.
    """

    level: int
    post: str
    disposals: int = 0
    dissatisfied_at_level: int = 0
    cm_office_since: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class WithOfficer(_Standing):
    """The officer's clock runs. `overdue_at`: it ran out, and no level is left to go to."""

    due_at: datetime
    overdue_at: datetime | None = None

    def dispose(self) -> "AwaitingFeedback":
        """The officer reports; the clock stops; now the citizen is asked."""
        return AwaitingFeedback(
            level=self.level,
            post=self.post,
            disposals=self.disposals + 1,
            dissatisfied_at_level=self.dissatisfied_at_level,
            cm_office_since=self.cm_office_since,
        )

    def overdue(self, terms: Terms, now: datetime) -> "WithOfficer":
        """The limit has passed: to the next level that has an officer.

        From the last one it goes nowhere: it stays, marked, on the list of the CM's office.
        Raises `NotOverdueError` before the due time.
        """
        if now < self.due_at:
            raise NotOverdueError(self.due_at)
        if post := _above(self.level, terms):
            return _arrived(post, self, terms, now)
        return WithOfficer(
            level=self.level,
            post=self.post,
            disposals=self.disposals,
            dissatisfied_at_level=self.dissatisfied_at_level,
            cm_office_since=self.cm_office_since or now,
            due_at=self.due_at,
            overdue_at=self.overdue_at or now,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class AwaitingFeedback(_Standing):
    """Disposed of, as the officer says. Only the citizen's word moves it on."""

    def satisfied(self, attempt_id: UUID) -> "ClosedSatisfied":
        """The citizen said so, in this call."""
        return ClosedSatisfied(
            level=self.level,
            post=self.post,
            disposals=self.disposals,
            dissatisfied_at_level=self.dissatisfied_at_level,
            cm_office_since=self.cm_office_since,
            attempt_id=attempt_id,
        )

    def dissatisfied(self, terms: Terms, now: datetime) -> WithOfficer:
        """Back for a review, or to the next level when the policy's reviews are used up.

        At the last level it is always a review, on the list of the CM's office.
        """
        next_post = _above(self.level, terms)
        if next_post and self.dissatisfied_at_level >= terms.policy.reviews_per_level:
            return _arrived(next_post, self, terms, now)
        return WithOfficer(
            level=self.level,
            post=self.post,
            disposals=self.disposals,
            dissatisfied_at_level=self.dissatisfied_at_level + 1,
            cm_office_since=self.cm_office_since or (None if next_post else now),
            due_at=deadlines.review_due_at(terms.level_days, self.level, terms.policy, now),
        )

    def attempts_used_up(self, reason: str) -> "Unverified":
        """Nobody could be asked, for `reason`. Its own end, never "satisfied"."""
        return Unverified(
            level=self.level,
            post=self.post,
            disposals=self.disposals,
            dissatisfied_at_level=self.dissatisfied_at_level,
            cm_office_since=self.cm_office_since,
            reason=reason,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ClosedSatisfied(_Standing):
    """Closed because the citizen is satisfied; `attempt_id` is the call in which they said so."""

    attempt_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class Unverified(_Standing):
    """Disposed of, but the citizen could not be asked."""

    reason: str


State = WithOfficer | AwaitingFeedback | ClosedSatisfied | Unverified


def registered(terms: Terms, now: datetime) -> WithOfficer | None:
    """A new complaint at the lowest level that has an officer; None when none has."""
    post = terms.ladder.at_or_above(1, terms.policy.last_level)
    return None if post is None else _arrived(post, None, terms, now)


def _above(level: int, terms: Terms) -> Post | None:
    return terms.ladder.at_or_above(level + 1, terms.policy.last_level)


def _arrived(post: Post, before: _Standing | None, terms: Terms, now: datetime) -> WithOfficer:
    """With the officer of a level it was not at before: that level's full time, count at zero."""
    return WithOfficer(
        level=post.level,
        post=post.id,
        disposals=before.disposals if before else 0,
        cm_office_since=before.cm_office_since if before else None,
        due_at=deadlines.due_at(terms.level_days, post.level, terms.policy, now),
    )
