"""The figures of the queues: every offered call has one fate, and no call is counted wrong."""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from random import Random
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calls import service_levels
from calls.model import Outcome
from calls.report_rows import Behind, Figures, Span, calls_behind, figures, lines_of_cells
from calls.report_tables import HEAD, line_cells
from calls.reporting import (
    FATE_OF,
    IST,
    NEVER_OFFERED,
    By,
    Facts,
    Fate,
    Group,
    Line,
    OfferedCall,
    Rules,
    facts_of,
    fate,
    summed,
)
from db.pool import Pool
from db.statements import QUERIES, statements

AT = datetime(2026, 3, 2, 18, 25, tzinfo=UTC)  # 23:55 IST
SECOND = timedelta(seconds=1)
HOURS = timedelta(hours=3)
SPAN = Span(since=AT, until=AT + HOURS)

OUTCOMES = [*map(str, Outcome), "something new"]
odd_facts = st.builds(
    Facts,
    st.booleans(),
    st.booleans(),
    st.booleans(),
    st.none() | st.sampled_from(OUTCOMES),
    st.booleans(),
)
odd_groups = st.builds(
    lambda facts, calls, short: Group(facts=facts, calls=calls, short=min(short, calls)),
    odd_facts,
    st.integers(1, 9),
    st.integers(0, 9),
)


def facts(outcome: str | None, *, answered: bool = False, owes: bool = False) -> Facts:
    return Facts(answered, moved_on=False, ended=True, outcome=outcome, owes_callback=owes)


@given(st.lists(odd_groups))
def test_offered_is_the_sum_of_all_fates(groups: list[Group]) -> None:
    line = Line()
    for group in groups:
        line.count(group)
    assert line.offered == sum(group.calls for group in groups)
    assert line.offered == (
        line.fates[Fate.ANSWERED] + line.fates[Fate.ABANDONED] + line.fates[Fate.OVERFLOWED]
        + line.fates[Fate.CALLBACK] + line.fates[Fate.IN_PROGRESS]
    )  # fmt: skip
    assert 0 <= line.short_abandoned <= line.fates[Fate.ABANDONED]
    for share in (line.service_level, line.abandonment):
        assert share is None or 0 <= share <= 1
    assert summed([line, line]).offered == 2 * line.offered


@given(odd_facts)
def test_the_facts_of_a_fate_are_all_that_have_it_and_no_other(one: Facts) -> None:
    found = {wanted: one in facts_of(wanted, OUTCOMES) for wanted in Fate}
    assert found == {wanted: fate(one) is wanted for wanted in Fate}


def test_a_call_that_an_agent_answered_is_never_abandoned() -> None:
    assert fate(facts("lost", answered=True)) is Fate.ANSWERED
    assert fate(facts("queue_abandoned", answered=True)) is Fate.ANSWERED


def test_who_went_on_to_another_queue_overflowed_whatever_came_of_them_there() -> None:
    for outcome, owes in ((None, False), ("agent_answered", False), ("queue_timeout", True)):
        assert fate(Facts(False, True, True, outcome, owes)) is Fate.OVERFLOWED


@pytest.mark.parametrize("outcome", Outcome)
def test_every_outcome_has_a_fate_or_is_never_offered(outcome: Outcome) -> None:
    assert (outcome in FATE_OF) != (outcome in NEVER_OFFERED), "say what becomes of it"
    for owes in (False, True):
        assert fate(facts(outcome, owes=owes)) is not Fate.IN_PROGRESS


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
    assert fate(facts(outcome)) is becomes


def test_giving_up_is_overflow_unless_we_owe_a_call() -> None:
    assert fate(facts("queue_timeout")) is Fate.OVERFLOWED
    assert fate(facts("no_agent", owes=True)) is Fate.CALLBACK


def test_who_hung_up_has_abandoned_also_when_they_are_listed_to_be_called() -> None:
    assert fate(facts("queue_abandoned", owes=True)) is Fate.ABANDONED
    assert fate(facts("lost", owes=True)) is Fate.ABANDONED


@pytest.fixture
async def pool(emptied: Pool) -> Pool:
    await emptied.execute("truncate agent_state, desk_action cascade")
    await emptied.execute(
        "insert into agent values ('1001', 'सीता', 'c', '{helpline-hi}'),"
        " ('1002', 'मोहन', 'c2', '{helpline-en}')"
    )
    return emptied


async def put(pool: Pool, one: OfferedCall, cell: str = "c") -> None:
    """A call that was in this queue alone, and had this agent alone."""
    await pool.execute(
        "insert into call (id, cell, direction, started_at, queue, queued_at, agent_id,"
        " agent_answered_at, ended_at, outcome) values ($1, $2, 'inbound', $4, $3, $4, $5, $6, $7,"
        " $8)",
        one.id, cell, one.queue, one.queued_at, one.agent_id, one.agent_answered_at,
        one.ended_at, one.outcome,
    )  # fmt: skip
    await put_stay(pool, one)
    if one.agent_id and one.agent_answered_at:
        until = one.ended_at and max(one.ended_at, one.agent_answered_at)
        await put_talk(pool, one, one.agent_id, one.agent_answered_at, until)
    if one.owes_callback:
        await pool.execute(
            "insert into callback (call_id, number, reason, requested_at)"
            " values ($1, '+919876543210', 'no_agent', $2)", one.id, one.queued_at,
        )  # fmt: skip


async def put_stay(pool: Pool, one: OfferedCall) -> None:
    left = one.agent_answered_at or one.ended_at
    await pool.execute(
        "insert into queue_stay values ($1, $2, $3, $4, $5, $6)", one.id, one.queue,
        one.queued_at, left, one.agent_id if one.agent_answered_at else None, one.moved_to,
    )  # fmt: skip


async def put_talk(
    pool: Pool, one: OfferedCall, agent: str, begin: datetime, end: datetime | None,
    handed_to: str | None = None,
) -> None:  # fmt: skip
    await pool.execute(
        "insert into agent_talk values ($1, $2, $3, $4, $5, $6)",
        one.id, agent, begin, end, one.queue, handed_to,
    )  # fmt: skip


def call(wait: float, talk: float | None = None, **more: object) -> OfferedCall:
    """Waited so long, then talked so long, or hung up."""
    at = more.get("queued_at", AT)
    assert isinstance(at, datetime)
    fields: dict[str, object] = {
        "id": uuid4(), "queue": "helpline-hi", "queued_at": at,
        "agent_id": None if talk is None else "1001",
        "agent_answered_at": None if talk is None else at + wait * SECOND,
        "ended_at": at + (wait + (talk or 0)) * SECOND,
        "outcome": "queue_abandoned" if talk is None else "agent_answered",
    }  # fmt: skip
    return OfferedCall(**{**fields, **more})  # type: ignore[arg-type]


def any_calls(count: int) -> list[OfferedCall]:
    """Of every shape that the schema lets be, ends before answers included."""
    dice = Random(7)
    outcomes = [one for one in Outcome if one not in NEVER_OFFERED]
    made = []
    for _ in range(count):
        ended, answered = dice.random() < 0.9, dice.random() < 0.6
        queued = AT + dice.randrange(7200) * SECOND
        made.append(
            OfferedCall(
                id=uuid4(),
                queue=dice.choice(["helpline-hi", "helpline-en"]),
                queued_at=queued,
                agent_id=dice.choice(["1001", "1002"]) if answered else None,
                agent_answered_at=queued + dice.randrange(600) * SECOND if answered else None,
                moved_to="third" if ended and not answered and dice.random() < 0.3 else None,
                ended_at=queued + dice.choice([2, 20, 500]) * SECOND if ended else None,
                outcome=str(dice.choice(outcomes)) if ended else None,
                owes_callback=dice.random() < 0.2,
            )
        )
    return made


def waited(one: OfferedCall) -> timedelta | None:
    """None: answered, and nobody saw when."""
    if one.agent_answered_at and one.ended_at and one.ended_at <= one.agent_answered_at:
        return None
    until = one.agent_answered_at or one.ended_at
    return until - one.queued_at if until else 0 * SECOND


KEYS: dict[By, Callable[[OfferedCall], str]] = {
    By.QUEUE: lambda one: one.queue,
    By.AGENT: lambda one: one.agent_id or "",
    By.HOUR: lambda one: one.queued_at.astimezone(IST).strftime("%Y-%m-%d %H:00"),
    By.DAY: lambda one: one.queued_at.astimezone(IST).strftime("%Y-%m-%d"),
}


#: A talk stands where it began.
TALK_KEYS: dict[By, Callable[[OfferedCall], str]] = {
    **KEYS,
    By.HOUR: lambda one: KEYS[By.HOUR](replace(one, queued_at=one.agent_answered_at or AT)),
    By.DAY: lambda one: KEYS[By.DAY](replace(one, queued_at=one.agent_answered_at or AT)),
}


async def figured(pool: Pool, by: By = By.QUEUE, now: datetime | None = None) -> Figures:
    async with pool.acquire() as conn:
        return await figures(conn, SPAN, by, Rules(), now or AT + timedelta(hours=4))


def end_was_seen(one: OfferedCall) -> bool:
    """Of the talk, or it goes on."""
    if one.ended_at is None or one.agent_answered_at is None:
        return True
    return one.outcome != "lost" and one.ended_at > one.agent_answered_at


@pytest.mark.parametrize("by", By)
async def test_sums_of_the_database_are_those_of_the_calls_one_by_one(pool: Pool, by: By) -> None:
    calls = any_calls(120)
    for one in calls:
        await put(pool, one)
    found = await figured(pool, by)
    talked = {TALK_KEYS[by](one) for one in calls if one.agent_answered_at and end_was_seen(one)}
    assert set(found.lines) == {KEYS[by](one) for one in calls} | talked
    for key, line in found.lines.items():
        mine = [one for one in calls if KEYS[by](one) == key]
        assert line.fates == {what: sum(one.fate is what for one in mine) for what in Fate}
        waits = {one.id: waited(one) for one in mine}
        answered = [one for one in mine if one.fate is Fate.ANSWERED]
        seen = [wait for one in answered if (wait := waits[one.id]) is not None]
        assert line.unseen_answers == len(answered) - len(seen)
        assert line.waited == sum(seen, 0 * SECOND)
        assert line.answered_in_time == sum(wait <= 20 * SECOND for wait in seen)
        short = [o for o in mine if o.fate is Fate.ABANDONED and o.ended_at
                 and o.ended_at - o.queued_at < 5 * SECOND]  # fmt: skip
        assert line.short_abandoned == len(short)
    for key, line in found.lines.items():
        talks = [
            one.ended_at - one.agent_answered_at
            for one in calls
            if one.ended_at and one.agent_answered_at and end_was_seen(one)
            and TALK_KEYS[by](one) == key
        ]  # fmt: skip
        assert (line.ended_talks, line.talked) == (len(talks), sum(talks, 0 * SECOND))
    assert found.total.offered == len(calls)


@pytest.mark.parametrize("wanted", [None, *Fate])
async def test_the_calls_behind_a_figure_are_those_that_it_counts(
    pool: Pool, wanted: Fate | None
) -> None:
    calls = any_calls(60)
    for one in calls:
        await put(pool, one)
    for key in (None, "helpline-hi"):
        behind = Behind(by=By.QUEUE, key=key, fate=wanted)
        pages = [page async for page in calls_behind(pool, SPAN, behind, page=7)]
        found = [one for page in pages for one in page]
        expected = {
            one.id for one in calls if wanted in (None, one.fate) and key in (None, one.queue)
        }
        assert {one.id for one in found} == expected
        assert len(found) == len(expected)
        assert [one.queued_at for one in found] == sorted(one.queued_at for one in found)
        assert all(len(page) <= 7 for page in pages)


async def test_figures_are_of_the_queues_asked_for_and_of_their_agents_time(pool: Pool) -> None:
    await put(pool, call(3, 60))
    await put(pool, call(3, 60, queue="helpline-en", agent_id="1002"))
    for agent in ("1001", "1002"):
        await state(pool, "ready", 0, 100, agent=agent)
    span = Span(since=AT, until=AT + timedelta(hours=2), queues=("helpline-en",))
    async with pool.acquire() as conn:
        found = await figures(conn, span, By.AGENT, Rules(), AT + timedelta(hours=1))
    assert list(found.lines) == ["1002"]
    assert found.total.offered == 1
    assert found.total.on_duty == 100 * SECOND


async def test_short_abandons_stand_apart_from_service_level_and_abandonment(pool: Pool) -> None:
    for one in (call(10, 60), call(30, 120), call(2), call(40)):
        await put(pool, one)
    line = (await figured(pool)).total
    assert line.short_abandoned == 1
    assert (line.service_level, line.abandonment) == (1 / 3, 1 / 3)
    assert line.average_speed_of_answer == 20 * SECOND
    assert line.average_handling_time == 90 * SECOND


async def test_a_talk_whose_end_nobody_saw_is_in_no_handling_time(pool: Pool) -> None:
    seen = call(10, 240)
    lost = call(20, 3600, outcome="lost", agent_id="1002")  # found hours later
    for one in (seen, lost):
        await put(pool, one)
    await put(pool, call(10, 0))  # of which nothing was heard before its end
    handed = call(10, 3600, outcome="lost", agent_id="1002")
    await put(pool, handed)
    await pool.execute("delete from agent_talk where call_id = $1", handed.id)
    first, second = AT + 10 * SECOND, AT + 130 * SECOND
    await put_talk(pool, handed, "1001", first, second, "agent:1002")
    await put_talk(pool, handed, "1002", second, AT + 3610 * SECOND)
    for agent, one, begin, end in (("1001", seen, 10, 250), ("1002", lost, 20, 3620)):
        await state(pool, "in_call", begin, end, one.id, agent)
        await state(pool, "wrap_up", end, end + 20, agent=agent)
    line = (await figured(pool)).total
    assert line.fates[Fate.ANSWERED] == 4
    assert (line.ended_talks, line.talked, line.transfers) == (2, (240 + 120) * SECOND, 1)
    assert line.average_handling_time == (240 + 120 + 20) / 2 * SECOND
    await pool.execute("update call set direction = 'outbound', answered_at = queued_at")
    assert (await figured(pool)).total.placed == 2


async def test_an_answer_that_nobody_saw_is_in_no_speed_of_answer_and_no_service_level(
    pool: Pool,
) -> None:
    for one in (call(10, 240), call(40), call(300, 0)):  # the last was over before we heard of it
        await put(pool, one)
    line = (await figured(pool)).total
    assert (line.fates[Fate.ANSWERED], line.offered) == (2, 3)
    assert (line.average_speed_of_answer, line.service_level) == (10 * SECOND, 1 / 2)
    assert line.abandonment == 1 / 3
    await put(pool, call(30, None, ended_at=None, outcome=None))
    assert (await figured(pool)).total.service_level == 1 / 2


async def state(
    pool: Pool, name: str, begin: float, end: float | None, call_id: UUID | None = None,
    agent: str = "1001",
) -> None:  # fmt: skip
    await pool.execute(
        "insert into agent_state values ($1, $2, $3, '', $4, $5, $6)",
        uuid4(), agent, name, call_id, AT + begin * SECOND,
        None if end is None else AT + end * SECOND,
    )  # fmt: skip


def table_of(line: Line) -> dict[str, object]:
    return dict(zip(HEAD, line_cells(line), strict=True))


async def placed(pool: Pool, queue: str | None = None) -> None:
    """A talk of a minute in a call of ours, after 5 s of ringing, and its wrap-up of 15 s."""
    one = call(0, 60)
    await put(pool, one)
    await pool.execute("update call set direction = 'outbound' where id = $1", one.id)
    await pool.execute("update agent_talk set queue = $2 where call_id = $1", one.id, queue)
    await pool.execute("delete from queue_stay where call_id = $1", one.id)
    await state(pool, "in_call", -5, 60, one.id)
    await state(pool, "wrap_up", 60, 75)
    await state(pool, "ready", 75, 150)


async def test_a_call_that_we_place_has_a_handling_time_of_its_own(pool: Pool) -> None:
    await placed(pool)
    line = (await figured(pool, By.AGENT)).lines["1001"]
    assert (line.placed, line.placed_handling_time, line.occupancy) == (1, 75 * SECOND, 0.5)
    assert (line.offered, line.average_handling_time, line.transfers) == (0, None, 0)
    by_queue = await figured(pool, By.QUEUE)
    assert (by_queue.lines, by_queue.total.occupancy) == ({}, 0.5)
    assert (by_queue.total.placed, by_queue.total.placed_handling_time) == (1, 75 * SECOND)
    await put(pool, call(10, 30, queued_at=AT + 200 * SECOND))
    both = (await figured(pool, By.AGENT)).lines["1001"]
    assert (both.average_handling_time, both.placed_handling_time) == (30 * SECOND, 75 * SECOND)
    assert table_of(both)["placed"] == 1
    assert table_of(both)["placed_aht_s"] == 75.0


async def test_a_call_that_we_place_is_its_queues_or_that_of_its_agents(pool: Pool) -> None:
    async def seen(*queues: str) -> int:
        async with pool.acquire() as conn:
            span = replace(SPAN, queues=queues)
            return (await figures(conn, span, By.DAY, Rules(), AT + HOURS)).total.placed

    await placed(pool)
    assert [await seen("helpline-hi"), await seen("helpline-en")] == [1, 0]
    await placed(pool, "helpline-en")  # who was called back came to that queue
    assert [await seen("helpline-hi"), await seen("helpline-en")] == [1, 1]
    assert (await figured(pool)).lines["helpline-en"].placed == 1


async def click(
    pool: Pool, began: float, answered: float | None, ended: float, outcome: str
) -> UUID:
    """An agent is in the room from `began` on, the citizen from `answered` on; then a wrap-up."""
    one = call(began, ended - began, queued_at=AT, outcome=outcome)
    await put(pool, one)
    await pool.execute(
        "update call set direction = 'outbound', queue = null, queued_at = null, answered_at = $2"
        " where id = $1", one.id, None if answered is None else AT + answered * SECOND,
    )  # fmt: skip
    await pool.execute("update agent_talk set queue = null where call_id = $1", one.id)
    await pool.execute("delete from queue_stay where call_id = $1", one.id)
    await state(pool, "in_call", began, ended, one.id)
    await state(pool, "wrap_up", ended, ended + 15)
    return one.id


@pytest.mark.parametrize(
    ("answered", "ended", "outcome", "counted"),
    [
        (None, 30, "busy", (0, 0 * SECOND)),
        (20, 200, "agent_answered", (1, 195 * SECOND)),
        (40, 30, "ivr_abandoned", (0, 0 * SECOND)),  # the agent was gone before
        (None, 200, "agent_answered", (1, 215 * SECOND)),  # answered while our server was away
    ],
)
async def test_a_call_that_we_place_counts_from_its_citizens_answer_or_not_at_all(
    pool: Pool, answered: float | None, ended: float, outcome: str, counted: tuple[int, timedelta]
) -> None:
    await click(pool, 0, answered, ended, outcome)
    for by in By:
        line = (await figured(pool, by)).total
        assert (line.placed, line.placed_talked + line.placed_wrapped_up) == counted, by


async def test_a_click_stands_where_its_citizen_answered(pool: Pool) -> None:
    await click(pool, 290, 310, 400, "agent_answered")  # over midnight in India
    lines = (await figured(pool, By.DAY)).lines
    assert {day: line.placed for day, line in lines.items()} == {"2026-03-02": 0, "2026-03-03": 1}
    assert lines["2026-03-03"].placed_handling_time == 105 * SECOND
    async with pool.acquire() as conn:
        span = Span(since=AT + 300 * SECOND, until=AT + 311 * SECOND)
        assert (await figures(conn, span, By.AGENT, Rules(), AT + HOURS)).total.placed == 1


async def test_an_agents_own_day_counts_calls_from_the_citizens_answer(pool: Pool) -> None:
    for place, (answered, outcome) in enumerate(((None, "busy"), (20, "agent_answered"))):
        began = 1000 * place
        at = None if answered is None else began + answered
        await click(pool, began, at, began + 200, outcome)
    async with pool.acquire() as conn:
        day = await statements().desk_day(conn, agent_id="1001", since=AT, now=AT + HOURS)
    assert (day["calls"], day["talked"]) == (1, 180)


async def test_agents_time_is_cut_at_midnight_in_india(pool: Pool) -> None:
    await state(pool, "in_call", 0, 600)
    await state(pool, "ready", 600, 1200)
    await state(pool, "paused", 1200, 9000)
    lines = (await figured(pool, By.DAY)).lines
    assert list(lines) == ["2026-03-02", "2026-03-03"]
    assert lines["2026-03-02"].busy == timedelta(minutes=5)
    assert lines["2026-03-02"].occupancy == 1
    assert lines["2026-03-03"].occupancy == 1 / 3
    hours = (await figured(pool, By.HOUR)).lines
    assert list(hours) == ["2026-03-02 23:00", "2026-03-03 00:00"]
    assert (await figured(pool, By.QUEUE)).total.on_duty == timedelta(minutes=20)


async def test_time_without_a_telephone_is_not_time_on_duty(pool: Pool) -> None:
    await state(pool, "ready", 0, 100)
    await state(pool, "unreachable", 100, 900)
    await state(pool, "in_call", 900, 1000)
    total = (await figured(pool)).total
    assert (total.on_duty, total.busy, total.occupancy) == (200 * SECOND, 100 * SECOND, 0.5)


async def test_a_wrap_up_and_a_transfer_belong_to_the_call_before(pool: Pool) -> None:
    first, second = call(9, 51), call(60, 40, queue="helpline-en")
    for one in (first, second):
        await put(pool, one)
    await state(pool, "in_call", 9, 60, first.id)
    await state(pool, "wrap_up", 60, 75)
    await state(pool, "in_call", 75, 90, second.id)
    await state(pool, "ready", 90, None)
    await pool.execute("update agent_talk set handed_to = 'number:1' where call_id = $1", first.id)
    found = await figured(pool, now=AT + 100 * SECOND)
    hindi, english = found.lines["helpline-hi"], found.lines["helpline-en"]
    assert (hindi.wrapped_up, hindi.transfers) == (15 * SECOND, 1)
    assert (english.wrapped_up, english.transfers) == (0 * SECOND, 0)
    assert hindi.average_handling_time == (51 + 15) * SECOND
    assert found.total.occupancy == (51 + 15 + 15) / 91


async def handed_on(pool: Pool) -> OfferedCall:
    """Waited 10 s, talked 50 s with 1001, who wrapped up for 15 s, then 40 s with 1002."""
    one = call(10, 90, agent_id="1002")
    await put(pool, replace(one, agent_id=None, agent_answered_at=None, queue="gone"))
    await pool.execute("delete from queue_stay")
    await put_stay(pool, replace(one, agent_id="1001"))
    first, second = AT + 10 * SECOND, AT + 60 * SECOND
    await put_talk(pool, one, "1001", first, second, "agent:1002")
    await put_talk(pool, one, "1002", second, AT + 100 * SECOND)
    await state(pool, "in_call", 10, 60, one.id)
    await state(pool, "wrap_up", 60, 75)
    await state(pool, "in_call", 55, 100, one.id, "1002")  # was asked first
    await state(pool, "wrap_up", 100, 120, agent="1002")
    return one


async def test_a_call_that_is_handed_on_is_each_agents_for_their_own_talk(pool: Pool) -> None:
    await handed_on(pool)
    found = await figured(pool, By.AGENT)
    giver, receiver = found.lines["1001"], found.lines["1002"]
    assert (giver.fates[Fate.ANSWERED], receiver.offered) == (1, 0)
    assert (giver.transfers, receiver.transfers) == (1, 0)
    assert giver.average_handling_time == (50 + 15) * SECOND
    assert receiver.average_handling_time == (40 + 20) * SECOND
    queue = (await figured(pool)).lines["helpline-hi"]
    assert (queue.service_level, queue.average_speed_of_answer) == (1, 10 * SECOND)
    assert (queue.ended_talks, queue.talked, queue.transfers) == (2, 90 * SECOND, 1)
    assert queue.wrapped_up == 35 * SECOND


async def test_a_call_that_overflows_is_offered_to_both_queues_and_waits_in_each(
    pool: Pool,
) -> None:
    one = call(8, 60, queue="helpline-en", queued_at=AT + 30 * SECOND)
    await put(pool, one)
    await put_stay(pool, replace(one, queue="helpline-hi", queued_at=AT, agent_answered_at=None,
                                 moved_to="helpline-en", ended_at=one.queued_at))  # fmt: skip
    found = await figured(pool)
    first, second = found.lines["helpline-hi"], found.lines["helpline-en"]
    assert (first.offered, first.fates[Fate.OVERFLOWED], first.ended_talks) == (1, 1, 0)
    assert (second.offered, second.fates[Fate.ANSWERED]) == (1, 1)
    assert second.average_speed_of_answer == 8 * SECOND
    assert (first.service_level, second.service_level) == (0, 1)
    assert found.total.offered == sum(found.total.fates.values()) == 2


@pytest.mark.parametrize("outcome", ["queue_abandoned", "agent_answered"])
async def test_who_is_handed_to_a_queue_and_hangs_up_was_abandoned_there(
    pool: Pool, outcome: str
) -> None:
    """The second outcome: in the moment before the queue took them, which leaves no trace."""
    one = call(10, 50, outcome=outcome)
    await put(pool, one)
    waits = replace(one, queue="helpline-en", queued_at=AT + 60 * SECOND, agent_answered_at=None)
    await put_stay(pool, replace(waits, ended_at=AT + 95 * SECOND))
    found = await figured(pool)
    assert found.lines["helpline-hi"].fates[Fate.ANSWERED] == 1
    assert found.lines["helpline-en"].fates[Fate.ABANDONED] == 1
    assert found.total.offered == sum(found.total.fates.values()) == 2
    behind = Behind(fate=Fate.ABANDONED)
    [page] = [page async for page in calls_behind(pool, SPAN, behind)]
    assert [(row.id, row.queue) for row in page] == [(one.id, "helpline-en")]


async def level(pool: Pool, seconds: int, at: datetime, cell: str = "c") -> None:
    async with pool.acquire() as conn:
        await service_levels.put(conn, cell, {"helpline-hi": seconds}, at)


async def test_in_time_is_within_the_seconds_of_the_queue_as_they_were_when_the_call_came(
    pool: Pool,
) -> None:
    """25 s of waiting each: before anything was said, under 30 s, under 10 s, in another queue."""
    await level(pool, 30, AT + 60 * SECOND)
    await level(pool, 30, AT + 90 * SECOND)  # the server started again: nothing changed
    await level(pool, 10, AT + 120 * SECOND)
    for begin, queue in ((0, "hi"), (60, "hi"), (119, "hi"), (120, "hi"), (61, "en")):
        one = call(25, 60, queue=f"helpline-{queue}")
        assert one.agent_answered_at is not None
        assert one.ended_at is not None
        later = begin * SECOND
        await put(pool, replace(
            one, queued_at=one.queued_at + later, ended_at=one.ended_at + later,
            agent_answered_at=one.agent_answered_at + later,
        ))  # fmt: skip
    await put(pool, call(25, 60), cell="c2")
    found = await figured(pool)
    assert found.lines["helpline-hi"].answered_in_time == 2
    assert found.lines["helpline-en"].answered_in_time == 0
    async with pool.acquire() as conn:
        asked = Rules(26 * SECOND, own=False)
        found = await figures(conn, SPAN, By.QUEUE, asked, AT + timedelta(hours=3))
        assert found.total.answered_in_time == 6
        whole = await service_levels.held(conn, SPAN.since, SPAN.until, None)
        assert whole == {"helpline-hi": (10, 30)}
        late = (AT + timedelta(hours=1), SPAN.until)
        assert await service_levels.held(conn, *late, ("helpline-hi",)) == {"helpline-hi": (10,)}
        assert await service_levels.held(conn, *late, ("helpline-en",)) == {}


async def test_a_clock_that_was_put_back_changes_a_service_level_all_the_same(pool: Pool) -> None:
    await level(pool, 30, AT)
    await level(pool, 60, AT - timedelta(days=1))
    await put(pool, call(40, 60))
    later = replace(call(40, 60), queued_at=AT + SECOND)
    await put(pool, later)
    assert (await figured(pool)).total.answered_in_time == 1


async def test_calls_stand_under_their_cell(pool: Pool) -> None:
    await put(pool, call(3, 60))
    await put(pool, call(3), cell="c2")
    async with pool.acquire() as conn:
        cells = await lines_of_cells(conn, SPAN, Rules())
    assert {name: list(queues) for name, queues in cells.items()} == {
        "c": ["helpline-hi"], "c2": ["helpline-hi"],
    }  # fmt: skip
    assert cells["c2"]["helpline-hi"].fates[Fate.ABANDONED] == 1


def test_the_parameters_of_statements_that_run_by_position_stand_in_that_order() -> None:
    for name in (
        "groups", "talks", "wrap_ups", "times", "offered", "total_calls", "total_work",
        "total_placed", "total_duty", "day_calls", "day_work", "day_placed", "day_duty",
        "day_forget_calls", "day_forget_work", "day_forget_placed", "day_forget_duty",
    ):  # fmt: skip
        statement = getattr(statements(), f"reports_{name}")
        text = (QUERIES / "reports.sql").read_text()
        body = text.split(f"-- name: reports_{name}(")[1].split("\n", 1)[1].split("-- name")[0]
        used = re.findall(r"(?<![:\w]):([a-z_]+)", body)
        assert list(dict.fromkeys(used)) == list(statement.parameters)
