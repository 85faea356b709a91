"""The figures of the queues: every offered call has one fate, and no call is counted wrong."""

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calls.model import Outcome
from calls.report_rows import intervals, offered_calls
from calls.reporting import (
    FATE_OF,
    NEVER_OFFERED,
    By,
    Fate,
    Interval,
    OfferedCall,
    Rules,
    fate,
    report,
    total,
)
from db.migrate import migrate
from db.pool import open_pool

AT = datetime(2026, 3, 2, 18, 25, tzinfo=UTC)  # 23:55 IST
SECOND = timedelta(seconds=1)

moments = st.none() | st.integers(-600, 7200).map(lambda s: AT + s * SECOND)
odd_calls = st.builds(
    OfferedCall,
    id=st.uuids(),
    queue=st.sampled_from(["helpline-hi", "helpline-en"]),
    queued_at=st.integers(0, 7200).map(lambda s: AT + s * SECOND),
    agent_id=st.sampled_from([None, "1001", "1002"]),
    agent_answered_at=moments,
    ended_at=moments,
    outcome=st.none() | st.sampled_from([*map(str, Outcome), "something new"]),
    owes_callback=st.booleans(),
    transfers=st.integers(0, 3),
)


def call(wait: float, talk: float | None = None, outcome: str | None = None) -> OfferedCall:
    answered = AT + wait * SECOND if talk is not None else None
    return OfferedCall(
        id=UUID(int=0),
        queue="helpline-hi",
        queued_at=AT,
        agent_id="1001" if talk is not None else None,
        agent_answered_at=answered,
        ended_at=AT + (wait + (talk or 0)) * SECOND,
        outcome=outcome or ("agent_answered" if talk is not None else "queue_abandoned"),
    )


@given(st.lists(odd_calls), st.sampled_from(By))
def test_offered_is_the_sum_of_all_fates_over_all_lines(calls: list[OfferedCall], by: By) -> None:
    lines = report(calls, [], by, Rules())
    for line in [*lines.values(), total(calls, [], Rules())]:
        assert line.offered == (
            line.fates[Fate.ANSWERED] + line.fates[Fate.ABANDONED] + line.fates[Fate.OVERFLOWED]
            + line.fates[Fate.CALLBACK] + line.fates[Fate.IN_PROGRESS]
        )  # fmt: skip
        assert 0 <= line.short_abandoned <= line.fates[Fate.ABANDONED]
        for share in (line.service_level, line.abandonment):
            assert share is None or 0 <= share <= 1
    assert sum(line.offered for line in lines.values()) == len(calls)


def test_a_call_that_an_agent_answered_is_never_abandoned() -> None:
    assert fate(call(3, talk=60, outcome="lost")) is Fate.ANSWERED
    assert fate(call(3, talk=60, outcome="queue_abandoned")) is Fate.ANSWERED


@pytest.mark.parametrize("outcome", Outcome)
def test_every_outcome_has_a_fate_or_is_never_offered(outcome: Outcome) -> None:
    assert (outcome in FATE_OF) != (outcome in NEVER_OFFERED), "say what becomes of it"
    for owes in (False, True):
        one = OfferedCall(
            id=uuid4(), queue="q", queued_at=AT, ended_at=AT, outcome=outcome, owes_callback=owes
        )
        line = total([one], [], Rules())
        assert (line.offered, sum(line.fates.values())) == (1, 1)
        assert fate(one) is not Fate.IN_PROGRESS


@pytest.mark.parametrize(
    ("outcome", "becomes"),
    [
        ("callback_kept", Fate.CALLBACK),
        ("emergency", Fate.OVERFLOWED),
        ("status_told", Fate.ABANDONED),
        ("closed", Fate.OVERFLOWED),
        ("caller_blocked", Fate.OVERFLOWED),
    ],
)
def test_what_new_outcomes_are_to_a_queue(outcome: str, becomes: Fate) -> None:
    assert fate(call(3, outcome=outcome)) is becomes


def test_giving_up_is_overflow_unless_we_owe_a_call() -> None:
    given_up = call(30, outcome="queue_timeout")
    assert fate(given_up) is Fate.OVERFLOWED
    owed = OfferedCall(
        id=uuid4(), queue="q", queued_at=AT, ended_at=AT, outcome="no_agent", owes_callback=True
    )
    assert fate(owed) is Fate.CALLBACK


def test_short_abandons_stand_apart_from_service_level_and_abandonment() -> None:
    line = total([call(10, 60), call(30, 120), call(2), call(40)], [], Rules())
    assert line.short_abandoned == 1
    assert (line.service_level, line.abandonment) == (1 / 3, 1 / 3)
    assert line.average_speed_of_answer == 20 * SECOND
    assert line.average_handling_time == 90 * SECOND


def test_agents_time_is_cut_at_midnight_in_india() -> None:
    ten_minutes = Interval("1001", "in_call", AT, AT + timedelta(minutes=10))
    ready = Interval("1001", "ready", AT + timedelta(minutes=10), AT + timedelta(minutes=20))
    pause = Interval("1001", "paused", AT, AT + timedelta(hours=9))
    lines = report([], [ten_minutes, ready, pause], By.DAY, Rules())
    assert list(lines) == ["2026-03-02", "2026-03-03"]
    assert lines["2026-03-02"].busy == timedelta(minutes=5)
    assert lines["2026-03-02"].occupancy == 1
    assert lines["2026-03-03"].occupancy == 1 / 3


async def test_the_rows_say_who_was_offered_and_what_followed(postgres_url: str) -> None:
    migrate(postgres_url)
    pool = await open_pool(postgres_url, size=2)
    try:
        await pool.execute("truncate call, agent, agent_state, desk_action cascade")
        await pool.execute("insert into agent values ('1001', 'सीता', 'c', '{helpline-hi}')")
        ids = [uuid4() for _ in range(3)]
        for number, (queued, answered) in enumerate([(AT, AT + 9 * SECOND), (AT, None)]):
            await pool.execute(
                "insert into call (id, cell, direction, started_at, queue, queued_at, agent_id,"
                " agent_answered_at, ended_at, outcome)"
                " values ($1, 'c', 'inbound', $2, 'helpline-hi', $3, '1001', $4, $5, 'lost')",
                ids[number], AT, queued, answered, AT + 60 * SECOND,
            )  # fmt: skip
        await pool.execute(  # never came to a queue: not offered
            "insert into call (id, cell, direction, started_at) values ($1, 'c', 'inbound', $2)",
            ids[2], AT,
        )  # fmt: skip
        for state, call_id, begin, end in (
            ("in_call", ids[0], 9, 60), ("wrap_up", None, 60, 75), ("ready", None, 75, None),
        ):  # fmt: skip
            await pool.execute(
                "insert into agent_state values ($1, '1001', $2, '', $3, $4, $5)",
                uuid4(), state, call_id, AT + begin * SECOND,
                None if end is None else AT + end * SECOND,
            )  # fmt: skip
        await pool.execute(
            "insert into desk_action values ($1, $2, 'agent:1001', 'transfer', '', '', $3)",
            uuid4(), ids[0], AT,
        )  # fmt: skip
        async with pool.acquire() as conn:
            offered = await offered_calls(conn, AT, AT + timedelta(hours=1))
            times = await intervals(conn, AT, AT + timedelta(hours=1), AT + 100 * SECOND)
        assert {one.id for one in offered} == set(ids[:2])
        (answered_one,) = [one for one in offered if one.id == ids[0]]
        assert (answered_one.wrap_up, answered_one.transfers) == (15 * SECOND, 1)
        line = total(offered, times, Rules())
        assert line.average_handling_time == (51 + 15) * SECOND
        assert line.occupancy == (51 + 15) / 91
    finally:
        await pool.close()
