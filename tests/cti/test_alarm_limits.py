"""Limits that supervisors set: they hold in all cells from the next look on, with who and why."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cti import alarm_limits
from cti.alarm_limits import SetLimit
from cti.alarms import EACH_QUEUE, AlarmKind, AlarmRule, Thing, rule_for, with_limits
from cti.errors import LimitRefusedError
from db.pool import Pool
from tests.cti.test_alarms import NOW, RULE, Bench

WAITING = AlarmKind.WAITING


@pytest.fixture
async def bench(pool: Pool) -> AsyncIterator[Bench]:
    await pool.execute("truncate alarm, alarm_limit cascade")
    yield Bench(pool)
    await pool.execute("truncate alarm, alarm_limit cascade")


def limit(threshold: float | None, queue: str = EACH_QUEUE, **more: object) -> SetLimit:
    fields: dict[str, object] = {
        "kind": WAITING, "queue": queue, "threshold": threshold, "why": "मेला", "set_by": "user:1",
        "set_at": NOW,
    }  # fmt: skip
    return SetLimit(**{**fields, **more})  # type: ignore[arg-type]


def test_a_queues_own_limit_comes_before_that_of_each_queue() -> None:
    rules = with_limits([RULE], {Thing(WAITING, EACH_QUEUE): 20, Thing(WAITING, "helpline-hi"): 3})
    found = {queue: rule_for(rules, Thing(WAITING, queue)) for queue in ("helpline-hi", "x")}
    assert {queue: rule and rule.threshold for queue, rule in found.items()} == {
        "helpline-hi": 3, "x": 20,
    }  # fmt: skip
    assert all(rule and rule.raise_after == RULE.raise_after for rule in found.values())


def test_a_limit_that_was_taken_back_is_the_settings_again() -> None:
    named = AlarmRule(kind=WAITING, queue="helpline-hi", threshold=5, raise_after=timedelta(0))
    rules = with_limits([RULE, named], {Thing(WAITING, "helpline-hi"): None})
    assert rule_for(rules, Thing(WAITING, "helpline-hi")) == named
    assert with_limits([RULE], {}) == (RULE,)


def test_what_the_settings_do_not_watch_can_be_watched() -> None:
    rules = with_limits([], {Thing(AlarmKind.LONGEST_WAIT, "q"): 60})
    assert rule_for(rules, Thing(AlarmKind.LONGEST_WAIT, "q")) is not None
    assert rule_for(rules, Thing(AlarmKind.LONGEST_WAIT, "other")) is None


@given(st.floats(0, 100), st.floats(0, 100))
def test_the_latest_look_has_one_rule_for_a_queue(one: float, other: float) -> None:
    limits = {Thing(WAITING, EACH_QUEUE): one, Thing(WAITING, "q"): other}
    rule = rule_for(with_limits([RULE], limits), Thing(WAITING, "q"))
    assert rule is not None
    assert rule.threshold == other


async def test_a_running_cell_takes_a_new_limit_at_its_next_look(bench: Bench) -> None:
    bell = bench.bell()
    await bench.looks(bell, 8, waiting=12)
    assert len(bell.standing()) == 1
    await alarm_limits.set_limit(bench.pool, limit(15, "helpline-hi"))
    await bench.looks(bell, 8, waiting=12)
    assert bell.standing() == []
    await alarm_limits.set_limit(
        bench.pool, limit(None, "helpline-hi", set_at=NOW + timedelta(hours=1))
    )
    await bench.looks(bell, 8, waiting=12)
    assert len(bell.standing()) == 1


async def test_an_alarm_ends_with_the_limit_that_raised_it(bench: Bench) -> None:
    """Where the settings watch nothing, to take the limit back is to watch no more."""
    bell = bench.bell(rules=())
    await alarm_limits.set_limit(bench.pool, limit(3, "helpline-hi"))
    await bench.looks(bell, 8, waiting=12)
    assert len(bell.standing()) == 1
    later = NOW + timedelta(hours=1)
    await alarm_limits.set_limit(bench.pool, limit(None, "helpline-hi", set_at=later))
    await bench.looks(bell, 1, waiting=12)
    assert bell.standing() == []
    assert await bench.messages() == ["alarm_raised", "alarm_cleared"]


@pytest.mark.parametrize("kind", list(AlarmKind))
async def test_each_kind_of_alarm_can_have_a_limit(bench: Bench, kind: AlarmKind) -> None:
    await alarm_limits.set_limit(bench.pool, limit(1, kind=kind))
    assert await alarm_limits.standing(bench.pool) == {Thing(kind, EACH_QUEUE): 1}


async def test_each_change_stays_with_who_and_why(bench: Bench) -> None:
    for n, value in enumerate((15, 12, None)):
        at = NOW + timedelta(minutes=n)
        await alarm_limits.set_limit(bench.pool, limit(value, "helpline-hi", set_at=at))
    told = await alarm_limits.history(bench.pool, 10, None)
    assert [(one.threshold, one.why, one.set_by) for one in told] == [
        (None, "मेला", "user:1"), (12, "मेला", "user:1"), (15, "मेला", "user:1"),
    ]  # fmt: skip
    assert await alarm_limits.history(bench.pool, 10, ["helpline-en"]) == []
    assert await alarm_limits.standing(bench.pool) == {Thing(WAITING, "helpline-hi"): None}


@pytest.mark.parametrize(
    "wrong",
    [
        limit(-1), limit(float("nan")), limit(float("inf")), limit(1e9), limit(3, why="  "),
        limit(1.5, kind=AlarmKind.SERVICE_LEVEL), limit(0.5, "q", kind=AlarmKind.TRUNK_FULL),
    ],
)  # fmt: skip
async def test_what_cannot_be_is_refused(bench: Bench, wrong: SetLimit) -> None:
    with pytest.raises(LimitRefusedError):
        await alarm_limits.set_limit(bench.pool, wrong)
    assert await alarm_limits.standing(bench.pool) == {}
