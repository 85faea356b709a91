"""The life of a complaint: each state is a type, and its methods are its legal moves.

    Triage, Returned --forward, overdue--> WithOfficer; --advise--> Advised
    WithOfficer --dispose--> AwaitingFeedback --satisfied--> ClosedSatisfied
    WithOfficer --overdue--> WithOfficer, one level up
    WithOfficer --vacated--> WithOfficer of the next post held, when nobody holds its own any more
    WithOfficer --look_again--> WithOfficer, one level up, when a higher post was filled too late
    WithOfficer --pause--> Paused --resume, pause_over--> WithOfficer
    WithOfficer --transfer--> WithOfficer of the other department
    WithOfficer --propose--> Proposed --approve, refuse--> WithOfficer or SpecialClosed
    WithOfficer --return_mapping--> Returned;  --special_close--> SpecialClosed
    AwaitingFeedback --dissatisfied--> WithOfficer; --attempts_used_up--> Unverified
    ClosedSatisfied, Unverified --reopen--> WithOfficer
    every open state --withdraw--> Withdrawn; --merge--> Merged

Information is answered instead of disposed of: WithOfficer --answer--> Answered. Ends at the desk
(`ends.AtDesk`) have no moves, and nothing leads to them but registration.

Pure: values and `now` in, a new state out. A move that the type has, but the policy or the moment
does not allow, raises `NotAllowedError`. Ends that nothing leads on from stand in `ends`, what a
move asks first in `conditions`.

Long, and one file: the states lead to each other in a circle, and who checks one rule against the
policy follows it through several of them.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from complaints import conditions, deadlines
from complaints.deadlines import Clock, StoppedClock
from complaints.ends import (
    Advised,
    Answered,
    DeskEnd,
    Final,
    Merged,
    OwnWord,
    Ruling,
    SpecialClosed,
    Standing,
    Withdrawn,
)
from complaints.errors import NotAllowedError
from complaints.kinds import MatterKind
from complaints.mapping import Post
from complaints.policy import SpecialClose
from complaints.terms import PauseReason, ProposalKind, Terms

# What a move is asked with belongs to the subject, for those who use it.
__all__ = [
    "AwaitingFeedback",
    "ClosedSatisfied",
    "Followed",
    "Open",
    "PauseReason",
    "Paused",
    "ProposalKind",
    "Proposed",
    "Returned",
    "State",
    "Terms",
    "Triage",
    "Unverified",
    "WithOfficer",
    "registered",
]

_LOWEST_SPECIAL_LEVEL = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class _Open(Standing):
    def withdraw(self, word: OwnWord, now: datetime) -> Withdrawn:
        """The citizen takes it back."""
        return Withdrawn(**self.kept(), word=word, ended_at=now)

    def merge(self, into: UUID, text: str, actor: str, now: datetime) -> Merged:
        """The citizen told it before: it goes on in the older file."""
        return Merged(**self.kept(), into=into, text=text, actor=actor, ended_at=now)


@dataclass(frozen=True, slots=True, kw_only=True)
class _InSorting(_Open):
    """With the CM's team. `level`, `post`: where it goes, or came from. It cannot lie there."""

    clock: Clock

    @property
    def due_at(self) -> datetime:
        """When it goes on by itself."""
        return self.clock.due_at

    def forward(self, terms: Terms, now: datetime) -> "WithOfficer":
        """To the lowest officer of `terms`, whose full time begins."""
        post = terms.ladder.at_or_above(1, terms.policy.last_level)
        return _arrived(post, self, terms, now) if post else _stays(self, terms, now)

    def advise(self, advice: str, actor: str, now: datetime) -> Advised:
        """It is not for this helpline; the citizen is told where to go."""
        return Advised(**self.kept(), advice=advice, actor=actor, ended_at=now)


@dataclass(frozen=True, slots=True, kw_only=True)
class Triage(_InSorting):
    """New, and seen by the CM's team first, where the policy has it."""

    def overdue(self, terms: Terms, now: datetime) -> "WithOfficer":
        """Nobody looked in time: forwarded all the same. Raises `NotOverdueError`."""
        conditions.past(self.due_at, now)
        return self.forward(terms, now)


@dataclass(frozen=True, slots=True, kw_only=True)
class Returned(_InSorting):
    """An officer says that it is not theirs: it is to be mapped anew."""

    def overdue(self, terms: Terms, now: datetime) -> "WithOfficer":
        """Nobody mapped it in time: to the level above the one that returned it.

        From the last level back to it, if it answers for it still. Raises `NotOverdueError`.
        """
        conditions.past(self.due_at, now)
        post = conditions.onward(self, terms)
        return _passed_on(post, self, terms, now) if post else _stays(self, terms, now)


@dataclass(frozen=True, slots=True, kw_only=True)
class _AtWork(_Open):
    def dispose(self) -> "AwaitingFeedback":
        """The officer reports; the clock stops; now the citizen is asked."""
        if self.about is MatterKind.INFORMATION:
            raise NotAllowedError("information is answered, not disposed of")
        return AwaitingFeedback(**self.kept() | {"disposals": self.disposals + 1})

    def answer(self, answer: str, actor: str, now: datetime) -> Answered:
        """The officer gives the information that was asked for, and that is its end."""
        if self.about is not MatterKind.INFORMATION:
            raise NotAllowedError("only information ends with an answer")
        kept = self.kept() | {"disposals": self.disposals + 1}
        return Answered(**kept, answer=answer, actor=actor, ended_at=now)


@dataclass(frozen=True, slots=True, kw_only=True)
class _OnTheClock(_AtWork):
    """`overdue_at`: the time ran out, and no level is left to go to."""

    clock: Clock
    overdue_at: datetime | None = None

    @property
    def due_at(self) -> datetime:
        """By when the officer must have disposed of it."""
        return self.clock.due_at

    def overdue(self, terms: Terms, now: datetime) -> "WithOfficer":
        """The limit has passed: to the next level that has an officer.

        From the last one it goes nowhere: it stays, marked, on the list of the CM's office; but
        where its post does not answer for it any more, it goes to the one that does.
        Raises `NotOverdueError` before the due time.
        """
        conditions.past(self.due_at, now)
        if post := conditions.onward(self, terms):
            return _passed_on(post, self, terms, now)
        listed = {"cm_office_since": self.cm_office_since or now}
        return WithOfficer(
            **self.kept() | listed,
            clock=self.clock.silenced(),
            overdue_at=self.overdue_at or now,
        )

    def vacated(self, terms: Terms, since: datetime, now: datetime) -> "WithOfficer | None":
        """Nobody holds its post since then: to who has that post's complaints now, with full time.

        None: not yet, by the policy, or its post is held, or nobody else is there.
        """
        days = terms.policy.vacancy_days
        other = conditions.instead(self, terms)
        if other is None or days is None or now < since + days * terms.policy.day:
            return None
        return _passed_on(other, self, terms, now)

    def look_again(self, terms: Terms, now: datetime) -> "WithOfficer | None":
        """It was late when no level was left: to a higher one that has an officer by now.

        With that it leaves the list of the CM's office: an officer with full time has it. Or, on
        that list, to another post of its level, where its own does not answer for it any more.
        None: there is none still. Raises `NotAllowedError` before that.
        """
        if self.overdue_at is None:
            raise NotAllowedError("its officer still has time, or the next level has")
        post = conditions.onward(self, terms)
        return _passed_on(post, self, terms, now) if post else None


@dataclass(frozen=True, slots=True, kw_only=True)
class WithOfficer(_OnTheClock):
    """The officer's clock runs."""

    def pause(
        self, terms: Terms, reason: PauseReason, now: datetime, *, stood: timedelta
    ) -> "Paused":
        """The clock stands while the officer cannot act. Not after the limit, nor for ever.

        `stood`: for how long it did so for this reason already, since this officer got it: all
        its pauses together are no longer than the longest one.
        """
        if now >= self.due_at:
            raise NotAllowedError("the officer's time is over: it cannot be paused any more")
        longest = conditions.longest(reason, terms.policy)
        if stood >= longest:
            why = reason.replace("_", " ")
            raise NotAllowedError(f"it stood for {stood}, {why}, and {longest} is the most")
        counted = terms.counted_as(self.clock.counting)
        clock = deadlines.stopped(self.clock, terms.policy, counted, now)
        resume_at = now + longest - stood
        return Paused(**self.kept(), clock=clock, reason=reason, resume_at=resume_at)

    def transfer(self, here: Terms, there: Terms, now: datetime) -> "WithOfficer":
        """To the lowest officer of another department, whose full time begins."""
        self._may_leave(here, now)
        if self.approves_transfer(here):
            raise NotAllowedError("a transfer needs the approval of the next level")
        return _transferred(self, there, now)

    def propose_transfer(self, entry: int, terms: Terms, now: datetime) -> "Proposed":
        """Ask the next level for a transfer; the clock goes on."""
        self._may_leave(terms, now)
        if not self.approves_transfer(terms):
            raise NotAllowedError("a transfer needs no approval")
        return self._propose(ProposalKind.TRANSFER, entry)

    def approves_transfer(self, terms: Terms) -> Post | None:
        """Whose approval a transfer needs; None where the officer decides, as the last one does."""
        return conditions.other_above(self, terms) if terms.policy.transfer_needs_approval else None

    def decides_special_close(self, terms: Terms) -> Post | None:
        """Who decides a special close that this officer can only propose; None: this officer.

        Raises `NotAllowedError` where there is nobody: it takes two to close it so.
        """
        proposes = terms.policy.special_close is SpecialClose.PROPOSED
        if not proposes or self.level != _LOWEST_SPECIAL_LEVEL:
            return None
        if decider := conditions.other_above(self, terms):
            return decider
        why = "a special close is for the next level to decide, and nobody else is there"
        raise NotAllowedError(why)

    def return_mapping(self, terms: Terms, now: datetime) -> Returned:
        """It came to the wrong officer; or it is theirs no more, which is no move of theirs."""
        astray = conditions.astray(self, terms)
        if not astray:
            self._may_leave(terms, now)
        clock = deadlines.sorting_clock(terms.policy, terms.calendar, now)
        moved = {"transfers": self.transfers + (not astray)}
        return Returned(**self.kept() | moved, clock=clock)

    def special_close(self, ruling: Ruling, terms: Terms, now: datetime) -> SpecialClosed:
        """Closed by the officer who has it; the citizen need not be satisfied."""
        self._may_close_specially(terms)
        if self.decides_special_close(terms):
            raise NotAllowedError("a special close needs the decision of the next level")
        return SpecialClosed(**self.kept(), ruling=ruling, ended_at=now)

    def propose_special_close(self, entry: int, terms: Terms) -> "Proposed":
        """Ask the next level to close it; the clock goes on."""
        self._may_close_specially(terms)
        if not self.decides_special_close(terms):
            raise NotAllowedError("a special close is decided by who has it")
        return self._propose(ProposalKind.SPECIAL_CLOSE, entry)

    def _propose(self, kind: ProposalKind, entry: int) -> "Proposed":
        return Proposed(
            **self.kept(),
            clock=self.clock,
            overdue_at=self.overdue_at,
            kind=kind,
            entry=entry,
        )

    def _may_leave(self, terms: Terms, now: datetime) -> None:
        conditions.may_leave(self.transfers, self.clock, terms, now)

    def _may_close_specially(self, terms: Terms) -> None:
        conditions.somebody_closes_specially(terms)
        if self.level < _LOWEST_SPECIAL_LEVEL:
            raise NotAllowedError(f"a special close is for L{_LOWEST_SPECIAL_LEVEL} and above")


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposed(_OnTheClock):
    """The officer asked the next level; it lapses when the complaint moves on by itself."""

    kind: ProposalKind
    entry: int  # where the proposal stands in the history

    def approve_transfer(self, there: Terms, now: datetime) -> WithOfficer:
        """The next level agrees."""
        self._is(ProposalKind.TRANSFER)
        return _transferred(self, there, now)

    def approve_special_close(self, ruling: Ruling, terms: Terms, now: datetime) -> SpecialClosed:
        """The next level decides so, if the policy still has it; the ruling is theirs."""
        self._is(ProposalKind.SPECIAL_CLOSE)
        conditions.somebody_closes_specially(terms)
        return SpecialClosed(**self.kept(), ruling=ruling, ended_at=now)

    def refuse(self) -> WithOfficer:
        """It stays with its officer, whose clock never stopped."""
        return WithOfficer(**self.kept(), clock=self.clock, overdue_at=self.overdue_at)

    def decider(self, terms: Terms) -> Post | None:
        """Who decides: the next level that has an officer, another than who proposed it."""
        return conditions.other_above(self, terms)

    def refuses(self, terms: Terms) -> str:
        """The post that can refuse it: who decides; where nobody is left, its own takes it back."""
        decider = self.decider(terms)
        return decider.id if decider else self.post

    def _is(self, kind: ProposalKind) -> None:
        if self.kind is not kind:
            raise NotAllowedError(f"a {self.kind.replace('_', ' ')} is proposed")


@dataclass(frozen=True, slots=True, kw_only=True)
class Paused(_AtWork):
    """With an officer who cannot act now; the clock stands, until `resume_at` at the latest."""

    clock: StoppedClock
    reason: PauseReason
    resume_at: datetime

    def resume(self, terms: Terms, now: datetime) -> WithOfficer:
        """The clock goes on with what was left."""
        counted = terms.counted_as(self.clock.clock.counting)
        clock = deadlines.going_on(self.clock, counted, now)
        return WithOfficer(**self.kept(), clock=clock)

    def pause_over(self, terms: Terms, now: datetime) -> WithOfficer:
        """Nobody resumed it in time: the clock goes on by itself. Raises `NotOverdueError`."""
        conditions.past(self.resume_at, now)
        return self.resume(terms, now)


@dataclass(frozen=True, slots=True, kw_only=True)
class AwaitingFeedback(_Open):
    """Disposed of, as the officer says. The citizen's word moves it on."""

    def satisfied(self, attempt_id: UUID, now: datetime) -> "ClosedSatisfied":
        """The citizen said so, in this call."""
        return ClosedSatisfied(**self.kept(), attempt_id=attempt_id, ended_at=now)

    def dissatisfied(self, terms: Terms, now: datetime) -> WithOfficer:
        """Back for a review, or to the next level when the policy's reviews are used up, or when
        nobody holds the post of its level any more.

        At the last level it is always a review, on the list of the CM's office.
        """
        return _not_satisfied(self, terms, now)

    def attempts_used_up(self, reason: str, now: datetime) -> "Unverified":
        """Nobody could be asked, for `reason`. Its own end, never "satisfied"."""
        return Unverified(**self.kept(), reason=reason, ended_at=now)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Reopenable(Standing):
    ended_at: datetime

    def reopen(self, terms: Terms, now: datetime) -> WithOfficer:
        """The citizen is not satisfied after all: as if they had said so in the feedback call.

        Within the policy's days of the end.
        """
        policy = terms.policy
        if now > policy.reopenable_until(self.ended_at):
            raise NotAllowedError(f"only within {policy.reopen_days} days of its end")
        return _not_satisfied(self, terms, now)


@dataclass(frozen=True, slots=True, kw_only=True)
class ClosedSatisfied(_Reopenable):
    """Closed because the citizen is satisfied; `attempt_id` is the call in which they said so."""

    attempt_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class Unverified(_Reopenable):
    """Disposed of, but the citizen could not be asked."""

    reason: str


Open = Triage | WithOfficer | Proposed | Paused | Returned | AwaitingFeedback
#: What an officer has, or had: all that moves lead to.
Followed = (
    Triage
    | WithOfficer
    | Proposed
    | Paused
    | Returned
    | AwaitingFeedback
    | ClosedSatisfied
    | Unverified
    | Final
)
State = Followed | DeskEnd


def registered(
    terms: Terms, now: datetime, kind: MatterKind = MatterKind.COMPLAINT
) -> WithOfficer | Triage | None:
    """A new complaint, for the lowest level that has an officer; None when none has."""
    post = terms.ladder.at_or_above(1, terms.policy.last_level)
    if post is None:
        return None
    if terms.policy.triage:
        clock = deadlines.sorting_clock(terms.policy, terms.calendar, now)
        return Triage(level=post.level, post=post.id, about=kind, clock=clock)
    first = _arrived(post, None, terms, now)
    return WithOfficer(**first.kept() | {"about": kind}, clock=first.clock)


def _arrived(post: Post, before: Standing | None, terms: Terms, now: datetime) -> WithOfficer:
    """With the officer of a level it was not at before: that level's full time, count at zero."""
    return WithOfficer(
        level=post.level,
        post=post.id,
        disposals=before.disposals if before else 0,
        cm_office_since=before.cm_office_since if before else None,
        transfers=before.transfers if before else 0,
        about=before.about if before else MatterKind.COMPLAINT,
        clock=deadlines.level_clock(
            terms.level_days, post.level, terms.policy, terms.calendar, now
        ),
    )


def _risen(post: Post, before: Standing, terms: Terms, now: datetime) -> WithOfficer:
    """One level up, so the level it comes from was not the last one: off the CM's office's list.

    Who hands it to another department does not get it off that list.
    """
    arrived = _arrived(post, before, terms, now)
    return WithOfficer(**arrived.kept() | {"cm_office_since": None}, clock=arrived.clock)


def _passed_on(post: Post, before: Standing, terms: Terms, now: datetime) -> WithOfficer:
    """One level up; or, from a post that nobody holds or that answers for it no more, to another of
    the same level.

    That one has full time, but the level's reviews stay counted: the citizen was heard already.
    """
    if post.level > before.level:
        return _risen(post, before, terms, now)
    arrived = _arrived(post, before, terms, now)
    kept = arrived.kept() | {"dissatisfied_at_level": before.dissatisfied_at_level}
    return WithOfficer(**kept, clock=arrived.clock)


def _stays(before: Standing, terms: Terms, now: datetime) -> WithOfficer:
    """With the post that it is written down for, with the full time of its level."""
    clock = deadlines.level_clock(terms.level_days, before.level, terms.policy, terms.calendar, now)
    return WithOfficer(**before.kept(), clock=clock)


def _transferred(before: Standing, there: Terms, now: datetime) -> WithOfficer:
    post = there.ladder.at_or_above(1, there.policy.last_level)
    if post is None:
        raise NotAllowedError("the other department has no officer for this place")
    moved = _arrived(post, before, there, now)
    return WithOfficer(**moved.kept() | {"transfers": before.transfers + 1}, clock=moved.clock)


def _not_satisfied(before: Standing, terms: Terms, now: datetime) -> WithOfficer:
    next_post = conditions.above(before.level, terms)
    if next_post and before.dissatisfied_at_level >= terms.policy.reviews_per_level:
        return _risen(next_post, before, terms, now)
    present = conditions.instead(before, terms)  # the post may have fallen vacant since
    if present and present.level > before.level:
        return _risen(present, before, terms, now)
    changes: dict[str, Any] = {
        "post": present.id if present else before.post,
        "dissatisfied_at_level": before.dissatisfied_at_level + 1,
        "cm_office_since": before.cm_office_since or (None if next_post else now),
    }
    clock = deadlines.review_clock(
        terms.level_days, before.level, terms.policy, terms.calendar, now
    )
    return WithOfficer(**before.kept() | changes, clock=clock)
