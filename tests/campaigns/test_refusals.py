"""A trunk that refuses whatever is dialled: whose fault a refused call is, by the others."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calls.model import Outcome
from campaigns.refusals import (
    REFUSED,
    End,
    Fate,
    Refusal,
    RefusalRules,
    TrunkSeen,
    carried_since,
    runs,
)

NOW = datetime(2026, 3, 10, 6, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)
RULES = RefusalRules()
SILENT = (Outcome.FAILED, Outcome.LOST, Outcome.CONGESTION)


def end(number: int, at: int, outcome: Outcome | None, *, answered: bool = False) -> End:
    return End(f"+9198{number:08}", NOW + at * SECOND, outcome, answered)


def refused(count: int, *, since: int = 0) -> list[End]:
    whys = sorted(REFUSED)
    return [end(one, since + one, whys[one % len(whys)]) for one in range(count)]


_ends = st.lists(
    st.tuples(st.integers(0, 30), st.sampled_from([*Outcome, None]), st.booleans()), max_size=60
).map(lambda drawn: [end(n, at, why, answered=yes) for at, (n, why, yes) in enumerate(drawn)])


@given(_ends)
def test_runs_hold_each_refused_call_once_and_none_that_came_through(ends: list[End]) -> None:
    found = runs(ends)
    for one in ends:
        within = [run for run in found if run.began_at <= one.at <= run.last_at]
        assert len(within) == 1 or one.carried is not False
        assert not within or one.carried is not True
    for run in found:
        inside = [one for one in ends if run.began_at <= one.at <= run.last_at]
        assert run.numbers == len({one.number for one in inside if one.carried is False})
        assert (run.ended_at is None) == (carried_since(ends, run.last_at) is None)


@given(_ends, st.integers(0, 300))
def test_a_call_is_the_trunks_only_where_it_stands_among_so_many_that_were_refused(
    ends: list[End], later: int
) -> None:
    """Also when each is judged while the next are dialled: a verdict that was given stands."""
    written: list[Refusal] = []
    said: dict[End, Fate] = {}
    for until in range(1, len(ends) + 1):
        known, now = (
            ends[:until],
            ends[until - 1].at + (later * SECOND if until == len(ends) else 0 * SECOND),
        )
        seen = TrunkSeen(runs(known), tuple(written))
        written += [Refusal(run.began_at, now, run.ended_at) for run in seen.new(RULES)]
        seen = TrunkSeen(seen.runs, tuple(written))
        written = [
            Refusal(one.began_at, one.probed_at, one.ended_at or carried_since(known, one.began_at))
            for one in written
        ]
        for one in known:
            fate = seen.fate(one, now, RULES)
            assert said.get(one, fate) is fate
            if fate is not Fate.LATER:
                said[one] = fate
            in_row = next((r for r in seen.runs if r.began_at <= one.at <= r.last_at), None)
            if fate is Fate.TRUNK:
                assert in_row is not None
                assert one.carried is False
            if in_row is not None and one.carried is False and in_row.numbers >= RULES.in_a_row:
                assert fate is Fate.TRUNK
            if fate is Fate.LATER:
                assert in_row is not None
                assert in_row.ended_at is None
                assert now - in_row.last_at < RULES.held


def test_one_number_that_is_refused_again_and_again_is_that_numbers() -> None:
    ends = [end(1, at, Outcome.REJECTED) for at in range(40)]
    seen = TrunkSeen(runs(ends))
    assert seen.new(RULES) == []
    assert seen.fate(ends[0], ends[-1].at, RULES) is Fate.LATER
    assert seen.fate(ends[0], ends[-1].at + RULES.held, RULES) is Fate.OWN


def test_what_rang_before_and_ends_after_breaks_no_run() -> None:
    """In the order of dialling, not of ending."""
    ends = [end(99, -30, Outcome.NO_ANSWER), *refused(10)]
    assert [run.numbers for run in TrunkSeen(runs(ends)).new(RULES)] == [10]


@pytest.mark.parametrize("outcome", SILENT)
def test_our_own_faults_neither_make_a_run_nor_break_one(outcome: Outcome) -> None:
    assert runs([end(one, one, outcome) for one in range(40)]) == []
    [run] = runs([*refused(5), end(50, 5, outcome), *refused(10, since=10)[5:]])
    assert (run.numbers, run.ended_at) == (10, None)


def test_who_cannot_wait_is_judged_by_what_is_known() -> None:
    ends = refused(3)
    assert TrunkSeen(runs(ends)).fate(ends[0], NOW, RULES, waits=False) is Fate.OWN
    stands = TrunkSeen(runs(ends), [Refusal(NOW, NOW)])
    assert stands.fate(ends[0], NOW, RULES, waits=False) is Fate.TRUNK


@given(st.integers(0, 50), st.integers(-600, 600))
def test_while_it_refuses_single_calls_try_it_and_no_more(allowance: int, since: int) -> None:
    refusal = Refusal(NOW, NOW)
    now = NOW + since * SECOND
    allowed = refusal.allows(allowance, now, RULES)
    assert allowed <= min(allowance, 1)
    assert allowed == 0 or abs(now - NOW) >= RULES.probe_every
    assert Refusal(NOW, NOW, NOW).allows(allowance, now, RULES) == allowance
