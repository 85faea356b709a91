"""Staffing: the formula against published values, and a week from calls that came."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cti.erlang import Target, agents_needed, service_level, waits
from cti.staffing import PlannedWeek, render, short, suggest, week
from db.ids import new_id
from db.pool import Pool
from tests.calls.rows import STAYS_OF_CALLS, TALKS_OF_CALLS

NOW = datetime(2025, 11, 26, 6, 0, tzinfo=UTC)  # a Wednesday in India
LAST_MONDAY = date(2025, 11, 17)


# Reference: 100 calls in 30 minutes of 180 s are 10 erlangs; the usual worked example of Erlang C.
def test_the_formula_gives_the_published_values() -> None:
    assert waits(11, 10) == pytest.approx(0.6821, abs=1e-4)
    assert waits(14, 10) == pytest.approx(0.1741, abs=1e-4)
    assert service_level(14, 10, 180, 20) == pytest.approx(0.8883, abs=1e-4)
    assert agents_needed(10, 180, Target(share=0.8, within=20, occupancy=1)) == 14


def test_a_centre_of_the_published_load_needs_what_was_planned() -> None:
    # 80,000 calls a day, 10 % in the peak hour, 240 s: 533 erlangs, 545 to 630 agents.
    erlangs = 8_000 * 240 / 3600
    assert 545 <= agents_needed(erlangs, 240, Target()) <= 630
    assert agents_needed(erlangs, 240, Target(occupancy=1)) < 560


@given(st.floats(0.01, 900), st.floats(10, 900), st.floats(0.5, 0.99), st.floats(0, 120))
def test_the_fewest_agents_that_reach_the_target(
    erlangs: float, handling: float, share: float, within: float
) -> None:
    target = Target(share=share, within=within, occupancy=1)
    agents = agents_needed(erlangs, handling, target)
    assert service_level(agents, erlangs, handling, within) >= share
    assert service_level(agents - 1, erlangs, handling, within) < share


@given(st.integers(1, 400), st.floats(0.01, 500))
def test_more_agents_never_mean_a_longer_wait(agents: int, erlangs: float) -> None:
    assert 0 <= waits(agents + 1, erlangs) <= waits(agents, erlangs) <= 1


def test_nobody_is_needed_where_nobody_calls() -> None:
    assert agents_needed(0, 240, Target()) == 0


def test_the_busy_week_counts_and_a_week_without_calls_counts_too() -> None:
    first = date(2025, 11, 3)
    seen = {(first + timedelta(7 * n), 10): calls for n, calls in enumerate([10, 50, 40, 20, 30])}
    target = Target(quantile=0.8)
    [monday] = [
        one
        for one in week(seen, {10: 240.0}, first=first, weeks=5, target=target)
        if (one.weekday, one.hour) == (0, 10)
    ]
    assert monday.calls == 40
    assert monday.scheduled > monday.agents >= agents_needed(40 * 240 / 3600, 240, target)
    hours = list(week({(first, 10): 9}, {10: 240.0}, first=first, weeks=5, target=target))
    assert len(hours) == 168
    assert not any(one.agents for one in hours), "one week of five is not a busy week of Mondays"


@pytest.mark.parametrize(
    "wrong", [{"share": 1.0}, {"occupancy": 0}, {"quantile": 0}, {"shrinkage": 1}, {"within": -1}]
)
def test_a_target_that_makes_no_sense_is_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError):
        Target(**wrong)


async def _call(
    pool: Pool,
    queued: datetime,
    talked: int | None,
    queue: str = "helpline-hi",
    outcome: str = "agent_answered",
) -> None:
    ended = queued + timedelta(seconds=30 + (talked or 0))
    answered = None if talked is None else queued + timedelta(seconds=30)
    await pool.execute(
        """insert into call (id, cell, direction, started_at, queue, queued_at, agent_id,
                             agent_answered_at, ended_at, outcome)
           values ($1, 'cell1', 'inbound', $2, $3, $2, '1001', $4, $5, $6)""",
        *(new_id(queued), queued, queue, answered, ended),
        "queue_abandoned" if talked is None else outcome,
    )
    await pool.execute(STAYS_OF_CALLS)
    await pool.execute(TALKS_OF_CALLS)


async def test_a_week_is_suggested_from_the_calls_that_came(pool: Pool) -> None:
    # Monday 17 November 2025, 23:45 in India: still Monday there, though Monday 18:15 in UTC.
    late = datetime(2025, 11, 17, 18, 15, tzinfo=UTC)
    for n in range(60):
        await _call(pool, late + timedelta(seconds=n), talked=170)
    await _call(pool, late, talked=None)
    await _call(pool, late, talked=3600, outcome="lost")  # found so late: nobody saw its end
    await _call(pool, late, talked=3600, queue="helpline-en")
    await _call(pool, late - timedelta(days=7), talked=3600)  # before the one week asked for
    await _call(pool, NOW, talked=3600)  # this week is not over
    found = await suggest(pool, "helpline-hi", weeks=1, wrap_up=10, target=Target(), now=NOW)
    assert (found.first, found.calls) == (LAST_MONDAY, 62)
    [busy] = [one for one in found.hours if one.agents]
    assert (busy.weekday, busy.hour, busy.calls, busy.handling) == (0, 23, 62, 180.0)
    assert busy.agents == agents_needed(62 * 180 / 3600, 180, Target())
    told = render(found, Target())
    assert f"most at once: {busy.agents} (Mon 23h, 62 calls of 180 s)" in told


async def test_who_is_handed_on_or_keeps_their_place_is_one_caller(pool: Pool) -> None:
    at = datetime(2025, 11, 17, 5, 0, tzinfo=UTC)
    for n in range(10):
        await _call(pool, at + timedelta(seconds=n), talked=170)
    await pool.execute(
        "insert into agent_talk (call_id, agent_id, began_at, ended_at, queue)"
        " select call_id, agent_id, ended_at, ended_at + interval '170 s', queue"
        " from agent_talk order by began_at limit 5"
    )
    await _call(pool, at, talked=None)
    await pool.execute(
        "update call set outcome = 'callback_kept' where outcome = 'queue_abandoned'"
    )
    found = await suggest(pool, "helpline-hi", weeks=1, wrap_up=10, target=Target(), now=NOW)
    [busy] = [one for one in found.hours if one.agents]
    assert (busy.calls, busy.handling) == (10, 15 * 180 / 10)


async def test_a_queue_without_calls_is_told_as_such(pool: Pool) -> None:
    found = await suggest(pool, "helpline-hi", weeks=4, wrap_up=10, target=Target(), now=NOW)
    assert "no calls" in render(found, Target())


def test_hours_are_short_by_their_own_weekday_and_holidays_are_not_counted() -> None:
    needed = {(day, hour): 5 for day in range(7) for hour in range(24)}
    seats = dict.fromkeys(needed, 5) | {(2, 10): 4, (3, 10): 0}
    monday = date(2026, 1, 26)
    assert short(needed, PlannedWeek(monday, seats)) == 2
    assert short(needed, PlannedWeek(monday, seats, frozenset({3}))) == 1
    assert short(needed, PlannedWeek(monday, {})) == 168
