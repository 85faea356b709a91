"""The life cycle against its rules: any order of moves, any policy, any holes in the mapping."""

import inspect
from collections import defaultdict
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import partial
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from complaints import lifecycle
from complaints.calendar import Counting
from complaints.deadlines import Clock
from complaints.ends import (
    Advised,
    AdvisedAtDesk,
    Answered,
    AnsweredAtDesk,
    Final,
    Merged,
    OwnWord,
    Ruling,
    SpecialClosed,
    SpecialReason,
    Thanked,
    Withdrawn,
)
from complaints.errors import NotAllowedError, NotOverdueError
from complaints.kinds import MatterKind
from complaints.lifecycle import (
    AwaitingFeedback,
    ClosedSatisfied,
    Followed,
    Open,
    Paused,
    PauseReason,
    ProposalKind,
    Proposed,
    Returned,
    Terms,
    Triage,
    Unverified,
    WithOfficer,
)
from complaints.mapping import Ladder, Post
from complaints.policy import MP_181, UP_1076, Policy, SpecialClose

START = datetime(2025, 11, 20, 5, 30, tzinfo=UTC)
ATTEMPT = UUID(int=7)
RULING = Ruling(
    code=SpecialReason.NO_BUDGET, text="अगले वर्ष", post="L3", level=3, actor="officer:L3"
)
DAYS = (7, 7, 10, 14)
#: There is a post of each level, held or not.
FITTING = frozenset({"L1", "L2", "L3", "L4"})


def terms(*levels: int, policy: Policy = UP_1076) -> Terms:
    posts = {n: Post(f"L{n}", f"officer {n}", n, "place", "+919415000000") for n in levels}
    held = frozenset(one.id for one in posts.values())
    return Terms(policy, Ladder(posts, held, fitting=FITTING), DAYS)


def staffed(levels: set[int], policy: Policy) -> Terms:
    """There is a post of each level, and these are held."""
    all_held = terms(1, 2, 3, 4, policy=policy)
    posts = {level: post for level, post in all_held.ladder.posts.items() if level in levels}
    vacant = {n: post for n, post in all_held.ladder.posts.items() if n not in levels}
    held = frozenset(post.id for post in posts.values())
    return replace(all_held, ladder=Ladder(posts, held, vacant, FITTING))


ALL = terms(1, 2, 3, 4)


def clock(due_at: datetime, since: datetime = START) -> Clock:
    return Clock(
        policy="any",
        counting=Counting.CALENDAR_DAYS,
        since=since,
        days=7,
        due_at=due_at,
        running_since=since,
        left_then=due_at - since,
    )


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


def test_what_was_late_goes_up_once_a_higher_level_is_held_and_only_then() -> None:
    late = START + timedelta(days=8)
    marked = new(terms(1)).overdue(terms(1), late)
    assert marked.look_again(terms(1), late) is None
    after = marked.look_again(ALL, late)
    assert after is not None
    assert (after.level, after.overdue_at, after.due_at) == (2, None, late + timedelta(days=7))
    assert (marked.cm_office_since, after.cm_office_since) == (late, None)
    with pytest.raises(NotAllowedError, match="still has time"):
        after.look_again(ALL, late)


def test_dissatisfied_where_a_higher_level_is_held_by_now_it_leaves_the_cm_offices_list() -> None:
    review = new(terms(1)).dispose().dissatisfied(terms(1), START)
    assert review.cm_office_since == START
    risen = review.dispose().dissatisfied(ALL, START)
    assert (risen.level, risen.cm_office_since) == (2, None)


def test_handed_to_another_department_it_stays_on_the_cm_offices_list() -> None:
    review = new(terms(1)).dispose().dissatisfied(terms(1), START)
    assert review.transfer(terms(1), ALL, START).cm_office_since == START


@pytest.mark.parametrize(
    ("reason", "days"), [(PauseReason.COURT_STAY, 180), (PauseReason.WAITING_FOR_CITIZEN, 15)]
)
def test_a_pause_is_over_after_its_longest_time_and_not_before(
    reason: PauseReason, days: int
) -> None:
    paused = new().pause(ALL, reason, START, stood=timedelta(0))
    assert paused.resume_at == START + timedelta(days=days)
    with pytest.raises(NotOverdueError):
        paused.pause_over(ALL, paused.resume_at - timedelta(seconds=1))
    assert paused.pause_over(ALL, paused.resume_at).due_at == START + timedelta(days=days + 7)


OFFICE = replace(UP_1076, counting=Counting.WORKING_DAYS, transfer_needs_approval=True)
SATURDAY = datetime(2025, 11, 22, 12, 30, tzinfo=UTC)  # 18:00 in India


def over_holidays(policy: Policy = OFFICE) -> tuple[Terms, WithOfficer]:
    """Given on a Saturday evening before a Sunday and three holidays."""
    here = replace(
        terms(1, 2, 3, 4, policy=policy),
        holidays=frozenset(date(2025, 11, day) for day in (24, 25, 26)),
    )
    given = lifecycle.registered(here, SATURDAY)
    assert isinstance(given, WithOfficer)
    return here, given


def test_the_days_for_a_transfer_and_a_return_are_the_officers_and_counted() -> None:
    here, given = over_holidays()
    last = datetime(2025, 11, 29, 12, 30, tzinfo=UTC)  # six hours, Thursday, Friday, eighteen more
    assert given.return_mapping(here, last).transfers == 1
    assert given.propose_transfer(2, here, last).kind is ProposalKind.TRANSFER
    for move in (given.return_mapping, partial(given.propose_transfer, 2)):
        with pytest.raises(NotAllowedError, match="within 3 working days of getting it"):
            move(here, last + timedelta(seconds=1))
    alone = replace(OFFICE, transfer_needs_approval=False)
    assert given.transfer(replace(here, policy=alone), here, last).transfers == 1


def elsewhere(*levels: int) -> Terms:
    """Since a reform another department answers for it, with a post of each of these levels."""
    posts = {n: Post(f"N{n}", f"new {n}", n, "place", "+919415000000") for n in levels}
    ids = frozenset(one.id for one in posts.values())
    return Terms(UP_1076, Ladder(posts, ids, fitting=ids), DAYS)


def test_what_a_reform_gave_to_others_can_always_be_returned_and_that_counts_for_nothing() -> None:
    late = START + timedelta(days=6)
    moved = replace(new(), transfers=UP_1076.transfers_at_most)
    returned = moved.return_mapping(elsewhere(1), late)
    assert (returned.transfers, returned.post) == (UP_1076.transfers_at_most, "L1")
    assert returned.forward(elsewhere(1), late).post == "N1"
    for nowhere_else in (ALL, elsewhere()):
        with pytest.raises(NotAllowedError, match="moved 2 times"):
            moved.return_mapping(nowhere_else, late)


def test_what_is_late_where_a_reform_left_it_goes_to_the_post_that_answers_for_it() -> None:
    last = replace(at_last(), dissatisfied_at_level=1)
    there = last.overdue(elsewhere(2, 4), START)
    assert (there.post, there.level, there.overdue_at) == ("N4", 4, None)
    assert (there.due_at, there.dissatisfied_at_level) == (START + timedelta(days=14), 1)
    assert there.overdue(elsewhere(2, 4), there.due_at).overdue_at == there.due_at  # theirs now
    returned = last.return_mapping(elsewhere(4), START)
    assert returned.overdue(elsewhere(4), returned.due_at).post == "N4"
    for nowhere_to_go in (elsewhere(), elsewhere(2)):
        stuck = last.overdue(nowhere_to_go, START)
        assert (stuck.post, stuck.overdue_at) == ("L4", START)
        assert stuck.look_again(nowhere_to_go, START) is None
        after = stuck.look_again(elsewhere(4), START)
        assert after is not None
        assert (after.post, after.cm_office_since) == ("N4", START)
        assert returned.overdue(nowhere_to_go, returned.due_at).post == "L4"
    assert new().overdue(elsewhere(1), START + timedelta(days=7)).post == "N1"
    assert new().overdue(elsewhere(1, 2), START + timedelta(days=7)).post == "N2"


def test_the_days_for_a_return_are_counted_as_they_were_given() -> None:
    here, given = over_holidays()
    plain, given_plain = over_holidays(replace(OFFICE, counting=Counting.CALENDAR_DAYS))
    later = SATURDAY + timedelta(days=3, seconds=1)
    assert given.return_mapping(plain, later).transfers == 1
    with pytest.raises(NotAllowedError, match="within 3 calendar days"):
        given_plain.return_mapping(here, later)


def test_the_sorting_of_what_came_back_is_counted_and_a_review_too() -> None:
    here, given = over_holidays()
    back = given.return_mapping(here, SATURDAY)
    assert back.due_at == datetime(2025, 11, 27, 12, 30, tzinfo=UTC)
    review = given.dispose().dissatisfied(here, SATURDAY)  # 3.5 days
    assert review.due_at == datetime(2025, 12, 1, 0, 30, tzinfo=UTC)  # over one more Sunday


def test_a_citizens_a_courts_and_a_vacant_posts_days_are_plain_days() -> None:
    here, given = over_holidays()
    done = given.dispose().satisfied(ATTEMPT, SATURDAY)
    last = SATURDAY + timedelta(days=OFFICE.reopen_days)
    assert done.reopen(here, last).level == 1
    with pytest.raises(NotAllowedError, match="only within 30 days"):
        done.reopen(here, last + timedelta(seconds=1))
    for reason, days in (
        (PauseReason.WAITING_FOR_CITIZEN, OFFICE.longest_wait_days),
        (PauseReason.COURT_STAY, OFFICE.longest_stay_days),
    ):
        paused = given.pause(here, reason, SATURDAY, stood=timedelta(0))
        assert paused.resume_at == SATURDAY + timedelta(days=days)
    empty = replace(here, ladder=terms(2, 3, 4).ladder)
    early, late = (SATURDAY + timedelta(days=2, seconds=n) for n in (-1, 0))
    assert given.vacated(empty, SATURDAY, early) is None
    assert given.vacated(empty, SATURDAY, late) is not None


def test_a_vacant_level_is_passed_over() -> None:
    holes = terms(1, 4)
    assert new(holes).overdue(holes, START + timedelta(days=7)).level == 4


HELD = st.sets(st.integers(1, 4), min_size=1)


@given(HELD, st.integers(1, 4), st.integers(0, 3), st.integers(0, 2))
def test_what_comes_back_finds_who_holds_the_post_by_then(
    held: set[int], level: int, heard: int, reviews: int
) -> None:
    of = terms(*held, policy=replace(UP_1076, reviews_per_level=reviews))
    before = AwaitingFeedback(
        level=level, post=f"L{level}", disposals=1, dissatisfied_at_level=heard
    )
    after = before.dissatisfied(of, START)
    nobody_is_above = not any(one > level for one in held)
    assert after.level in held or (nobody_is_above and after.level == level)
    assert after.post == f"L{after.level}"
    again = ClosedSatisfied(**after.kept(), attempt_id=ATTEMPT, ended_at=START)
    reopened = again.reopen(of, START)
    assert reopened.level in held or nobody_is_above


@given(HELD, st.integers(1, 4), st.floats(0, 5))
def test_from_a_vacant_post_it_goes_to_the_next_one_held_after_the_policys_days(
    held: set[int], level: int, days: float
) -> None:
    of = terms(*held)
    before = WithOfficer(level=level, post=f"L{level}", clock=clock(START), transfers=1)
    now = START + timedelta(days=days)
    after = before.vacated(of, START, now)
    above = [one for one in held if one > level]
    if level in held or not above or days < 2:
        assert after is None
    else:
        assert after is not None
        assert (after.level, after.transfers) == (min(above), 1)
        assert after.due_at == now + timedelta(days=DAYS[after.level - 1])
    never = replace(UP_1076, vacancy_days=None)
    assert before.vacated(terms(*held, policy=never), START, now) is None


def test_who_serves_the_same_level_from_above_has_full_time_and_what_was_heard_counts() -> None:
    """The block's post is vacant; the district's serves its level too."""
    before = WithOfficer(
        level=1, post="block", clock=clock(START), transfers=1, dissatisfied_at_level=1
    )
    now = START + timedelta(days=2)
    after = before.vacated(ALL, START, now)
    assert after is not None
    assert (after.level, after.post, after.transfers) == (1, "L1", 1)
    assert after.dissatisfied_at_level == 1
    assert after.due_at == now + timedelta(days=DAYS[0])


def test_the_ends_carry_their_evidence() -> None:
    disposed = new().dispose()
    assert disposed.satisfied(ATTEMPT, START).attempt_id == ATTEMPT
    assert disposed.attempts_used_up("no answer, thrice", START).reason == "no answer, thrice"


EVERY_OPEN = {"withdraw", "merge"}
ON_THE_CLOCK = {"dispose", "answer", "overdue", "look_again", "vacated"} | EVERY_OPEN
MOVES: dict[type, set[str]] = {
    Triage: {"forward", "advise", "overdue"} | EVERY_OPEN,
    Returned: {"forward", "advise", "overdue"} | EVERY_OPEN,
    WithOfficer: ON_THE_CLOCK
    | {"pause", "transfer", "propose_transfer", "return_mapping"}
    | {"special_close", "propose_special_close"},
    Proposed: ON_THE_CLOCK | {"approve_transfer", "approve_special_close", "refuse"},
    Paused: {"resume", "pause_over", "dispose", "answer"} | EVERY_OPEN,
    AwaitingFeedback: {"satisfied", "dissatisfied", "attempts_used_up"} | EVERY_OPEN,
    ClosedSatisfied: {"reopen"},
    Unverified: {"reopen"},
    SpecialClosed: set(),
    Withdrawn: set(),
    Advised: set(),
    Answered: set(),
    Merged: set(),
    AdvisedAtDesk: set(),
    AnsweredAtDesk: set(),
    Thanked: set(),
}
QUESTIONS = {"approves_transfer", "decides_special_close", "decider", "refuses", "kept"}


@pytest.mark.parametrize("state", MOVES)
def test_a_state_has_methods_for_its_legal_moves_only(state: type) -> None:
    methods = {
        name
        for name in dir(state)
        if not name.startswith("_") and inspect.isfunction(getattr(state, name))
    }
    assert methods - QUESTIONS == MOVES[state]


def test_information_is_answered_and_nobody_is_asked() -> None:
    asked = lifecycle.registered(ALL, START, MatterKind.INFORMATION)
    assert isinstance(asked, WithOfficer)
    with pytest.raises(NotAllowedError, match="answered, not disposed"):
        asked.dispose()
    end = asked.overdue(ALL, asked.due_at).answer("सोमवार को", "officer:L2", START)
    assert (end.level, end.disposals, end.answer) == (2, 1, "सोमवार को")
    with pytest.raises(NotAllowedError, match="only information"):
        new().answer("x", "officer:L1", START)


def test_information_keeps_its_kind_on_every_way() -> None:
    rules = terms(1, 2, policy=replace(UP_1076, triage=True))
    sorting = lifecycle.registered(rules, START, MatterKind.INFORMATION)
    assert isinstance(sorting, Triage)
    there = sorting.forward(rules, START).transfer(rules, rules, START)
    assert there.return_mapping(rules, START).forward(rules, START).about == "information"


def test_a_proposal_is_approved_as_what_it_is() -> None:
    rules = terms(1, 2, 3, policy=replace(MP_181, transfer_needs_approval=True))
    transfer = new(rules).propose_transfer(3, rules, START)
    with pytest.raises(NotAllowedError, match="a transfer is proposed"):
        transfer.approve_special_close(RULING, rules, START)
    at_two = replace(new(rules), level=2, post="L2")
    with pytest.raises(NotAllowedError, match="a special close is proposed"):
        at_two.propose_special_close(3, rules).approve_transfer(rules, START)


def test_what_needs_no_approval_is_not_proposed_and_what_needs_it_is() -> None:
    with pytest.raises(NotAllowedError, match="needs no approval"):
        new().propose_transfer(3, ALL, START)
    rules = terms(1, 2, 3, 4, policy=replace(MP_181, transfer_needs_approval=True))
    with pytest.raises(NotAllowedError, match="needs the approval"):
        new(rules).transfer(rules, rules, START)
    with pytest.raises(NotAllowedError, match="decided by who has it"):
        replace(new(), level=2).propose_special_close(3, ALL)
    with pytest.raises(NotAllowedError, match="decision of the next level"):
        replace(new(rules), level=2).special_close(RULING, rules, START)


def test_the_last_level_has_nobody_to_ask_and_decides_itself_about_a_transfer() -> None:
    rules = terms(2, policy=replace(MP_181, transfer_needs_approval=True))
    assert new(rules).transfer(rules, rules, START).transfers == 1


def test_where_nobody_can_decide_a_special_close_nobody_closes_it() -> None:
    for rules in (terms(2, policy=MP_181), terms(1, 2, 3, policy=replace(MP_181, last_level=2))):
        at_two = replace(new(rules), level=2, post="L2")
        with pytest.raises(NotAllowedError, match="nobody else is there"):
            at_two.special_close(RULING, rules, START)
        with pytest.raises(NotAllowedError, match="nobody else is there"):
            at_two.propose_special_close(3, rules)
    at_three = replace(new(terms(3, policy=MP_181)), level=3)
    assert at_three.special_close(RULING, terms(3, policy=MP_181), START).ruling == RULING


def test_who_is_in_charge_of_the_next_level_too_is_not_asked_about_their_own_proposal() -> None:
    rules = terms(1, 2, 3, 4, policy=replace(MP_181, transfer_needs_approval=True))
    by_person = {1: "E1", 2: "E2", 3: "E2", 4: "E4"}
    posts = {n: replace(post, officer=by_person[n]) for n, post in rules.ladder.posts.items()}
    rules = replace(rules, ladder=replace(rules.ladder, posts=posts), asking="E2")
    at_two = replace(new(rules), level=2, post="L2")
    for decider in (at_two.decides_special_close(rules), at_two.approves_transfer(rules)):
        assert decider is not None
        assert decider.id == "L4"
    proposed = at_two.propose_special_close(3, rules)
    assert (proposed.decider(rules), proposed.refuses(rules)) == (posts[4], "L4")
    only = replace(rules, ladder=replace(rules.ladder, posts={2: posts[2], 3: posts[3]}))
    with pytest.raises(NotAllowedError, match="nobody else is there"):
        at_two.decides_special_close(only)
    assert (proposed.decider(only), proposed.refuses(only)) == (None, "L2")


def test_who_has_moved_up_since_is_passed_over_though_another_has_the_post_that_proposed() -> None:
    rules = terms(2, 3, 4, policy=MP_181)
    proposed = replace(new(rules), level=2, post="L2").propose_special_close(3, rules)
    posts = {n: replace(post, officer=f"E{n}") for n, post in rules.ladder.posts.items()}
    later = replace(rules, ladder=replace(rules.ladder, posts=posts))
    assert proposed.decider(replace(later, asking="E3")) == posts[4]
    assert proposed.decider(replace(later, asking="E2")) == posts[3]
    assert proposed.decider(later) == posts[3], "nobody is named as the one who proposed it"


def test_out_of_the_triage_it_goes_to_the_lowest_officer_of_that_day() -> None:
    """L1 fell vacant before it was told, and is held again when nobody has looked in time."""
    triage = lifecycle.registered(terms(2, policy=replace(UP_1076, triage=True)), START)
    assert isinstance(triage, Triage)
    assert triage.level == 2
    assert triage.overdue(terms(1, 2), triage.due_at).level == 1
    assert triage.forward(terms(1, 2), START).level == 1


def test_what_is_sorted_goes_to_the_post_on_record_when_every_post_is_gone() -> None:
    triage = lifecycle.registered(terms(1, policy=replace(UP_1076, triage=True)), START)
    assert isinstance(triage, Triage)
    nobody = terms()
    assert triage.forward(nobody, START).post == "L1"
    returned = new().return_mapping(ALL, START)
    assert returned.overdue(nobody, START + timedelta(days=1)).post == "L1"
    with pytest.raises(NotOverdueError):
        returned.overdue(nobody, START)


LEVELS = st.sets(st.integers(1, 4))
#: Who holds the post of level 1, 2, ... None: an office, whose holder nobody has recorded.
PERSONS = st.lists(st.sampled_from(["E1", "E2", None]), min_size=4, max_size=4)


class AnyLife(RuleBasedStateMachine):
    """A complaint under any policy, in any order of its moves, while officers come and go."""

    state: Followed

    @initialize(
        levels=LEVELS,
        persons=PERSONS,
        policy=st.builds(
            Policy,
            name=st.just("any"),
            reviews_per_level=st.integers(0, 3),
            last_level=st.integers(1, 4),
            counting=st.sampled_from(Counting),
            special_close=st.sampled_from(SpecialClose),
            triage=st.booleans(),
            transfers_at_most=st.integers(0, 3),
            transfer_needs_approval=st.booleans(),
        ),
        about=st.sampled_from([MatterKind.COMPLAINT, MatterKind.DEMAND, MatterKind.INFORMATION]),
    )
    def begin(
        self, levels: set[int], persons: list[str | None], policy: Policy, about: MatterKind
    ) -> None:
        self.about = about
        self.terms = self.held_by(staffed(levels, policy), persons)
        self.now = self.moved_at = START
        self.disposals = self.judged = self.reopened = 0
        first = lifecycle.registered(self.terms, START, about)
        assert first is not None
        assert isinstance(first, Triage) == policy.triage
        self.state = first
        self.is_asked_by_who_has_it()
        self.before: Followed = self.state
        self.left_department = False
        #: For how long each time that was given has stood, for a reason.
        self.stood: defaultdict[tuple[datetime, PauseReason], timedelta] = defaultdict(timedelta)

    @property
    def answering(self) -> set[int]:
        """The levels that a complaint may come to now."""
        return set(self.terms.ladder.up_to(self.terms.policy.last_level))

    def go(self, after: Followed) -> None:
        if after.post != self.state.post:
            assert after.level in self.answering, "to a post that nobody holds"
        self.before, self.state = self.state, after
        self.moved_at = self.now
        self.left_department = False
        self.is_asked_by_who_has_it()

    @staticmethod
    def held_by(rules: Terms, persons: list[str | None]) -> Terms:
        """The same person may hold posts of several levels."""
        posts = {
            level: replace(post, officer=persons[level - 1])
            for level, post in rules.ladder.posts.items()
        }
        return replace(rules, ladder=replace(rules.ladder, posts=posts))

    def is_asked_by_who_has_it(self) -> None:
        """What waits for a decision was asked for by who had it then."""
        if not isinstance(self.state, Proposed):
            post = self.terms.ladder.posts.get(self.state.level)
            self.terms = replace(self.terms, asking=post.officer if post else None)

    def leave(self, after: Followed) -> None:
        self.go(after)
        self.left_department = True

    def is_allowed(self) -> "suppress":
        """A refusal leaves everything as it is."""
        return suppress(NotAllowedError)

    @rule(levels=LEVELS, persons=PERSONS)
    def officers_come_and_go(self, levels: set[int], persons: list[str | None]) -> None:
        there = self.held_by(staffed(levels, self.terms.policy), persons)
        self.terms = replace(there, asking=self.terms.asking)
        self.is_asked_by_who_has_it()

    @precondition(lambda self: isinstance(self.state, WithOfficer | Proposed))
    @rule(days=st.integers(0, 3))
    def its_post_is_vacant(self, days: int) -> None:
        assert isinstance(self.state, WithOfficer | Proposed)
        since = self.now - timedelta(days=days)
        if after := self.state.vacated(self.terms, since, self.now):
            assert self.state.level not in self.terms.ladder.posts
            self.go(after)

    @rule(hours=st.integers(0, 24 * 20))
    def time_passes(self, hours: int) -> None:
        self.now += timedelta(hours=hours)

    @precondition(lambda self: hasattr(self.state, "dispose"))
    @rule()
    def dispose(self) -> None:
        assert isinstance(self.state, WithOfficer | Proposed | Paused)
        self.disposals += 1
        if self.about is MatterKind.INFORMATION:
            self.go(self.state.answer("सोमवार को", "officer:L1", self.now))
        else:
            self.go(self.state.dispose())

    @precondition(lambda self: hasattr(self.state, "merge"))
    @rule(sure=st.integers(0, 9).map(lambda n: n == 0))
    def merge(self, sure: bool) -> None:
        assert isinstance(self.state, Open)
        if sure:
            self.go(self.state.merge(ATTEMPT, "into 100000007", "agent:1", self.now))

    @precondition(lambda self: hasattr(self.state, "overdue"))
    @rule()
    def sweep(self) -> None:
        assert isinstance(self.state, Triage | Returned | WithOfficer | Proposed)
        if getattr(self.state, "overdue_at", None) is None and self.state.due_at <= self.now:
            # Out of the triage it goes to the lowest officer, who may be back by then.
            go = self.leave if isinstance(self.state, Triage) else self.go
            go(self.state.overdue(self.terms, self.now))

    @precondition(lambda self: getattr(self.state, "overdue_at", None) is not None)
    @rule()
    def look_again(self) -> None:
        assert isinstance(self.state, WithOfficer | Proposed)
        if after := self.state.look_again(self.terms, self.now):
            self.go(after)

    @precondition(lambda self: hasattr(self.state, "forward"))
    @rule()
    def sort(self) -> None:
        assert isinstance(self.state, Triage | Returned)
        self.leave(self.state.forward(self.terms, self.now))

    @precondition(lambda self: isinstance(self.state, WithOfficer))
    @rule(reason=st.sampled_from(PauseReason))
    def pause(self, reason: PauseReason) -> None:
        assert isinstance(self.state, WithOfficer)
        with self.is_allowed():
            self.left = self.terms.calendar.between(self.now, self.state.due_at)
            stood = self.stood[self.state.clock.since, reason]
            self.go(self.state.pause(self.terms, reason, self.now, stood=stood))
            self.paused_at = self.now

    @precondition(lambda self: isinstance(self.state, Paused))
    @rule()
    def resume(self) -> None:
        assert isinstance(self.state, Paused)
        over = self.state.resume_at <= self.now
        move = self.state.pause_over if over else self.state.resume
        after = move(self.terms, self.now)
        of = after.clock.since, self.state.reason
        self.stood[of] += min(self.now, self.state.resume_at) - self.paused_at
        assert self.terms.calendar.between(self.now, after.due_at) == self.left
        self.go(after)

    @precondition(lambda self: isinstance(self.state, WithOfficer))
    @rule()
    def transfer(self) -> None:
        assert isinstance(self.state, WithOfficer)
        with self.is_allowed():
            if self.state.approves_transfer(self.terms):
                self.go(self.state.propose_transfer(1, self.terms, self.now))
            else:
                self.leave(self.state.transfer(self.terms, self.terms, self.now))

    @precondition(lambda self: isinstance(self.state, WithOfficer))
    @rule()
    def return_mapping(self) -> None:
        assert isinstance(self.state, WithOfficer)
        with self.is_allowed():
            self.go(self.state.return_mapping(self.terms, self.now))

    @precondition(lambda self: isinstance(self.state, WithOfficer))
    @rule(sure=st.integers(0, 4).map(lambda n: n == 0))
    def special_close(self, sure: bool) -> None:
        assert isinstance(self.state, WithOfficer)
        with self.is_allowed():
            if self.state.decides_special_close(self.terms):
                self.go(self.state.propose_special_close(1, self.terms))
            elif sure:
                self.go(self.state.special_close(RULING, self.terms, self.now))
                of_two = self.terms.policy.special_close is SpecialClose.PROPOSED
                assert self.state.level > 2 or not of_two, "one alone closes it"

    @precondition(lambda self: isinstance(self.state, Proposed))
    @rule(approve=st.booleans())
    def decide(self, approve: bool) -> None:
        assert isinstance(self.state, Proposed)
        decider, asking = self.state.decider(self.terms), self.terms.asking
        others = [
            level
            for level, post in self.terms.ladder.posts.items()
            if self.state.level < level <= self.terms.policy.last_level
            and (asking is None or post.officer != asking)
        ]
        if others:
            assert decider is not None, "there is another, and nobody decides"
            assert decider.level == min(others)
        if decider is None:
            assert self.state.refuses(self.terms) == self.state.post
            approve = False
        if not approve:
            due_at = self.state.due_at
            self.go(self.state.refuse())
            assert isinstance(self.state, WithOfficer)
            assert self.state.due_at == due_at
        elif self.state.kind is ProposalKind.TRANSFER:
            self.leave(self.state.approve_transfer(self.terms, self.now))
        else:
            self.go(self.state.approve_special_close(RULING, self.terms, self.now))

    @precondition(lambda self: isinstance(self.state, AwaitingFeedback))
    @rule()
    def dissatisfied(self) -> None:
        assert isinstance(self.state, AwaitingFeedback)
        self.judged += 1
        self.go(self.state.dissatisfied(self.terms, self.now))
        self.was_reviewed_seldom_enough()

    def was_reviewed_seldom_enough(self) -> None:
        """The same level has it again only while it has reviews left, or is the highest."""
        if self.state.level == self.before.level and max(self.answering) > self.state.level:
            assert self.before.dissatisfied_at_level < self.terms.policy.reviews_per_level

    @precondition(lambda self: isinstance(self.state, AwaitingFeedback))
    @rule(satisfied=st.booleans())
    def answer(self, satisfied: bool) -> None:
        assert isinstance(self.state, AwaitingFeedback)
        if satisfied:
            self.go(self.state.satisfied(ATTEMPT, self.now))
        else:
            self.go(self.state.attempts_used_up("no answer", self.now))

    @precondition(lambda self: hasattr(self.state, "reopen"))
    @rule()
    def reopen(self) -> None:
        assert isinstance(self.state, ClosedSatisfied | Unverified)
        ended_at = self.state.ended_at
        with self.is_allowed():
            self.go(self.state.reopen(self.terms, self.now))
            self.judged += 1
            self.was_reviewed_seldom_enough()
            assert self.now - ended_at <= timedelta(days=30)

    @precondition(lambda self: hasattr(self.state, "withdraw"))
    @rule(sure=st.integers(0, 9).map(lambda n: n == 0))
    def withdraw(self, sure: bool) -> None:
        assert not isinstance(self.state, Final | ClosedSatisfied | Unverified)
        if sure:
            word = OwnWord(actor="citizen", call_id=ATTEMPT)
            self.go(self.state.withdraw(word, self.now))

    @invariant()
    def it_stands_with_the_post_of_its_level_and_none_above_the_last(self) -> None:
        assert self.state.post == f"L{self.state.level}"
        assert self.state.level <= self.terms.policy.last_level

    @invariant()
    def it_goes_down_only_by_leaving_the_department(self) -> None:
        assert self.state.level >= self.before.level or self.left_department

    @invariant()
    def every_disposal_is_counted_once_and_judged_at_most_once(self) -> None:
        assert self.state.disposals == self.disposals
        assert self.disposals - 1 <= self.judged <= self.disposals

    @invariant()
    def moves_to_other_officers_are_limited(self) -> None:
        assert self.state.transfers <= self.terms.policy.transfers_at_most

    @invariant()
    def who_gets_it_always_gets_time(self) -> None:
        state = self.state
        if isinstance(state, WithOfficer) and not isinstance(self.before, Proposed | Paused):
            assert state.overdue_at or state.due_at >= self.moved_at + timedelta(days=2)
        if isinstance(state, Triage | Returned):
            assert state.due_at >= self.moved_at

    @invariant()
    def no_time_that_was_given_stands_for_ever(self) -> None:
        policy = self.terms.policy
        longest = {
            PauseReason.WAITING_FOR_CITIZEN: policy.longest_wait_days,
            PauseReason.COURT_STAY: policy.longest_stay_days,
        }
        for (_, reason), stood in self.stood.items():
            assert stood <= longest[reason] * policy.day

    @invariant()
    def it_stays_the_kind_that_it_is_and_nobody_is_asked_about_information(self) -> None:
        assert self.state.about is self.about
        if self.about is MatterKind.INFORMATION:
            assert not isinstance(self.state, AwaitingFeedback | ClosedSatisfied | Unverified)
        else:
            assert not isinstance(self.state, Answered)

    @invariant()
    def an_end_has_its_evidence(self) -> None:
        match self.state:
            case ClosedSatisfied() as end:
                assert (end.attempt_id, end.disposals >= 1) == (ATTEMPT, True)
            case Unverified() as end:
                assert end.reason
                assert end.disposals >= 1
            case SpecialClosed() as end:
                assert end.ruling == RULING
                assert end.level >= 2
                assert self.terms.policy.special_close is not SpecialClose.NOBODY
            case Withdrawn() as end:
                assert end.word.call_id == ATTEMPT
            case Answered() as end:
                assert end.answer
            case Merged() as end:
                assert end.into == ATTEMPT


AnyLife.TestCase.settings = settings(max_examples=150, stateful_step_count=30, deadline=None)
TestAnyLife = AnyLife.TestCase
