"""The life cycle against its rules: any order of moves, any policy, any holes in the mapping."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from complaints import lifecycle
from complaints.calendar import Counting
from complaints.deadlines import Clock
from complaints.errors import NotOverdueError
from complaints.lifecycle import (
    AwaitingFeedback,
    ClosedSatisfied,
    State,
    Terms,
    Unverified,
    WithOfficer,
)
from complaints.mapping import Ladder, Post
from complaints.policy import UP_1076, Policy

START = datetime(2025, 11, 20, 5, 30, tzinfo=UTC)
ATTEMPT = UUID(int=7)
DAYS = (7, 7, 10, 14)


def terms(*levels: int, policy: Policy = UP_1076) -> Terms:
    posts = {n: Post(f"L{n}", f"officer {n}", n, "place", "+919415000000") for n in levels}
    return Terms(policy, Ladder(posts), DAYS)


ALL = terms(1, 2, 3, 4)


def clock(due_at: datetime, since: datetime = START) -> Clock:
    return Clock(policy="any", counting=Counting.CALENDAR_DAYS, since=since, days=7, due_at=due_at)


def at_last(due_at: datetime = START) -> WithOfficer:
    return WithOfficer(level=4, post="L4", clock=clock(due_at))


def new(of: Terms = ALL) -> WithOfficer:
    state = lifecycle.registered(of, START)
    assert isinstance(state, WithOfficer)
    return state


def test_a_new_complaint_is_with_the_first_level_for_its_days() -> None:
    state = new()
    assert (state.level, state.post, state.due_at) == (1, "L1", START + timedelta(days=7))
    assert state.clock.basis == "up-1076: 7 calendar days"


def test_without_any_officer_there_is_no_complaint() -> None:
    assert lifecycle.registered(terms(), START) is None


def test_disposal_stops_the_clock_and_counts() -> None:
    disposed = new().dispose()
    assert disposed.disposals == 1
    assert not hasattr(disposed, "due_at")


def test_the_first_dissatisfaction_returns_to_the_same_level_the_second_to_the_next() -> None:
    review = new().dispose().dissatisfied(ALL, START)
    assert (review.level, review.post, review.dissatisfied_at_level) == (1, "L1", 1)
    assert review.due_at == START + timedelta(days=3.5)
    escalated = review.dispose().dissatisfied(ALL, START)
    assert (escalated.level, escalated.post, escalated.dissatisfied_at_level) == (2, "L2", 0)
    assert escalated.due_at == START + timedelta(days=7)
    assert escalated.disposals == 2


def test_the_next_level_too_gets_its_review_first() -> None:
    state = new()
    levels = []
    for _ in range(6):
        state = state.dispose().dissatisfied(ALL, START)
        levels.append(state.level)
    assert levels == [1, 2, 2, 3, 3, 4]


def test_a_policy_without_reviews_escalates_at_once() -> None:
    at_once = terms(1, 2, 3, 4, policy=Policy(name="at once", reviews_per_level=0))
    assert new(at_once).dispose().dissatisfied(at_once, START).level == 2


def test_dissatisfied_at_the_last_level_stays_there_on_the_cm_offices_list() -> None:
    state = at_last()
    for count in (1, 2, 3):
        state = state.dispose().dissatisfied(ALL, START + timedelta(days=count))
        assert (state.level, state.post, state.dissatisfied_at_level) == (4, "L4", count)
        assert state.cm_office_since == START + timedelta(days=1)
    assert state.due_at == START + timedelta(days=3 + 7)


def test_past_the_limit_it_goes_one_level_up_with_that_levels_full_time() -> None:
    late = START + timedelta(days=9)
    escalated = new().overdue(ALL, late)
    assert (escalated.level, escalated.due_at) == (2, late + timedelta(days=7))
    assert escalated.overdue_at is None


def test_before_the_limit_nothing_is_overdue() -> None:
    with pytest.raises(NotOverdueError):
        new().overdue(ALL, START + timedelta(days=7, microseconds=-1))
    assert new().overdue(ALL, START + timedelta(days=7)).level == 2


def test_overdue_at_the_last_level_it_stays_marked_with_its_old_due_time() -> None:
    marked = at_last().overdue(ALL, START + timedelta(days=1))
    assert (marked.level, marked.due_at) == (4, START)
    assert marked.overdue_at == marked.cm_office_since == START + timedelta(days=1)
    assert marked.overdue(ALL, START + timedelta(days=2)) == marked


def test_a_vacant_level_is_passed_over() -> None:
    holes = terms(1, 4)
    assert new(holes).overdue(holes, START + timedelta(days=7)).level == 4


def test_the_ends_carry_their_evidence() -> None:
    disposed = new().dispose()
    assert disposed.satisfied(ATTEMPT, START).attempt_id == ATTEMPT
    assert disposed.attempts_used_up("no answer, thrice", START).reason == "no answer, thrice"


class AnyLife(RuleBasedStateMachine):
    """A complaint under any policy, on any ladder, with any order of the moves it has."""

    state: State

    @initialize(
        levels=st.sets(st.integers(1, 4), min_size=1),
        reviews=st.integers(0, 3),
    )
    def begin(self, levels: set[int], reviews: int) -> None:
        self.terms = terms(*levels, policy=Policy(name="any", reviews_per_level=reviews))
        self.now = self.moved_at = START
        self.disposals = self.judged = 0
        self.highest = max(levels)
        self.state = new(self.terms)
        self.before: State = self.state

    def go(self, after: State) -> None:
        self.before, self.state = self.state, after
        self.moved_at = self.now

    @rule(hours=st.integers(0, 24 * 20))
    def time_passes(self, hours: int) -> None:
        self.now += timedelta(hours=hours)

    @precondition(lambda self: isinstance(self.state, WithOfficer))
    @rule()
    def dispose(self) -> None:
        assert isinstance(self.state, WithOfficer)
        self.disposals += 1
        self.go(self.state.dispose())

    @precondition(lambda self: isinstance(self.state, WithOfficer))
    @rule()
    def sweep(self) -> None:
        assert isinstance(self.state, WithOfficer)
        if self.state.overdue_at is None and self.state.due_at <= self.now:
            self.go(self.state.overdue(self.terms, self.now))

    @precondition(lambda self: isinstance(self.state, AwaitingFeedback))
    @rule()
    def dissatisfied(self) -> None:
        assert isinstance(self.state, AwaitingFeedback)
        self.judged += 1
        self.go(self.state.dissatisfied(self.terms, self.now))

    @precondition(lambda self: isinstance(self.state, AwaitingFeedback))
    @rule(satisfied=st.sampled_from([True, False, False, False]))
    def end(self, satisfied: bool) -> None:
        assert isinstance(self.state, AwaitingFeedback)
        if satisfied:
            self.go(self.state.satisfied(ATTEMPT, self.now))
        else:
            self.go(self.state.attempts_used_up("no answer", self.now))

    @invariant()
    def it_stands_with_an_officer_who_exists(self) -> None:
        assert self.terms.ladder.posts[self.state.level].id == self.state.post

    @invariant()
    def it_never_goes_down(self) -> None:
        assert self.state.level >= self.before.level

    @invariant()
    def every_disposal_is_counted_once_and_judged_at_most_once(self) -> None:
        assert self.state.disposals == self.disposals
        waiting = not isinstance(self.state, WithOfficer)
        assert self.judged == self.disposals - waiting

    @invariant()
    def the_officer_always_gets_time(self) -> None:
        if isinstance(self.state, WithOfficer) and self.state.overdue_at is None:
            assert self.state.due_at >= self.moved_at + timedelta(days=2)

    @invariant()
    def reviews_below_the_last_officer_are_limited(self) -> None:
        if self.state.level < self.highest:
            assert self.state.dissatisfied_at_level <= self.terms.policy.reviews_per_level

    @invariant()
    def only_the_last_officer_is_on_the_cm_offices_list(self) -> None:
        if self.state.cm_office_since is not None:
            assert self.state.level == self.highest

    @invariant()
    def an_end_has_its_evidence(self) -> None:
        if isinstance(self.state, ClosedSatisfied):
            assert self.state.attempt_id == ATTEMPT
        if isinstance(self.state, Unverified):
            assert self.state.reason
        if isinstance(self.state, ClosedSatisfied | Unverified):
            assert self.state.disposals >= 1


AnyLife.TestCase.settings = settings(max_examples=80, stateful_step_count=30, deadline=None)
TestAnyLife = AnyLife.TestCase
