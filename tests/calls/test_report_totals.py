"""Totals of days that are over: the report says the same with them as from the rows alone."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from random import Random
from uuid import UUID, uuid4

import asyncpg
import pytest

from calls.model import Outcome
from calls.report_rows import Figures, Span, figures
from calls.report_totals import between, note_days, sum_a_day, sum_noted_day, summed_days
from calls.reporting import IST, NEVER_OFFERED, By, Fate, OfferedCall, Rules, day_bounds
from db.errors import AWAY
from db.pool import Pool
from tests.calls.test_reporting import AT, call, click, put, put_stay, put_talk, state
from tests.conftest import EMPTY
from tests.db.killed import Trial
from tests.db.killed import UseCase as OnPool

SECOND = timedelta(seconds=1)
DAY = timedelta(days=1)
FIRST = date(2026, 3, 2)
BEGIN = day_bounds(FIRST, FIRST)[0]
NOW = BEGIN + 3 * DAY + timedelta(hours=1)
"""Three days are over."""
DAYS = [FIRST, FIRST + DAY, FIRST + 2 * DAY]
RULES = Rules()
QUEUES = ["helpline-hi", "helpline-en", "helpline-emergency"]  # nobody calls the last


@pytest.fixture
async def pool(emptied: Pool) -> Pool:
    await with_agents(emptied)
    return emptied


async def with_agents(pool: Pool) -> None:
    await pool.execute(EMPTY)
    await pool.execute("truncate agent_state, desk_action cascade")
    await pool.execute(
        "insert into agent values ('1001', 'सीता', 'c', '{helpline-hi}'),"
        " ('1002', 'मोहन', 'c2', '{helpline-en,helpline-hi}')"
    )


async def three_days(pool: Pool, dice: Random, calls: int = 40) -> list[UUID]:
    """Agents at work from before the first day to after the last, and who was not served."""
    made: list[UUID] = []
    for agent in ("1001", "1002"):
        at = -dice.uniform(0, 7200)
        while at < 3.05 * 86_400:
            at = await served(pool, dice, agent, at, made)
    outcomes = [one for one in Outcome if one not in NEVER_OFFERED]
    for _ in range(calls):
        queued, wait = around_midnight(dice), dice.choice([1, 5, 20, 200])
        ended = dice.random() < 0.7
        made.append(uuid4())
        await put(
            pool,
            OfferedCall(
                id=made[-1],
                queue=dice.choice(QUEUES[:2]),
                queued_at=queued,
                ended_at=queued + wait * SECOND if ended else None,
                outcome=str(dice.choice(outcomes)) if ended else None,
                owes_callback=dice.random() < 0.2,
            ),
        )
    return made


def around_midnight(dice: Random) -> datetime:
    """Half of them within minutes of it."""
    if dice.random() < 0.5:
        return BEGIN + dice.uniform(0, 3 * 86_400) * SECOND
    return BEGIN + dice.randrange(4) * DAY + dice.uniform(-300, 300) * SECOND


async def served(pool: Pool, dice: Random, agent: str, at: float, made: list[UUID]) -> float:
    """One call of an agent, with what comes before and after it; when they are done."""
    offset = (BEGIN - AT).total_seconds()
    for name in ("paused", "ready"):
        lasts = dice.choice([0.0, dice.uniform(1, 25_000)])
        await state(pool, name, offset + at, offset + at + lasts, agent=agent)
        at += lasts
    talk = dice.choice([0.0, 40.5, dice.uniform(0, 3_600)])
    one = call(0).id
    queued = BEGIN + at * SECOND - dice.choice([3, 20, 21, 700]) * SECOND
    asked_first = dice.choice([0, 0, min(40, talk)])  # before they had the citizen
    answered = BEGIN + (at + asked_first) * SECOND
    offered = OfferedCall(
        id=one, queue=dice.choice(QUEUES[:2]), queued_at=queued, agent_id=agent,
        agent_answered_at=answered, ended_at=BEGIN + (at + talk) * SECOND,
        outcome="agent_answered", owes_callback=dice.random() < 0.1,
    )  # fmt: skip
    await put(pool, offered)
    made.append(one)
    ours = dice.random() < 0.3
    if ours:
        rings = dice.choice([None, 0, 30, 300, dice.uniform(0, 3_600)])
        citizen = None if rings is None else answered + (rings - 20) * SECOND
        await placed(pool, one, None if dice.random() < 0.5 else offered.queue, citizen)
    if dice.random() < 0.3:
        await handed_on(pool, dice, offered)
    if dice.random() < 0.3 and not ours:
        await overflowed(pool, dice, offered)
    await state(pool, "in_call", offset + at, offset + at + talk, one, agent)
    at += talk
    if dice.random() < 0.7:
        await state(pool, "wrap_up", offset + at, offset + at + 33, agent=agent)
        at += 33
    return at


async def placed(
    pool: Pool, call_id: UUID, queue: str | None, answered_at: datetime | None
) -> None:
    """It was we who called, by a click or for a queue, and the citizen answered then."""
    await pool.execute("delete from queue_stay where call_id = $1", call_id)
    await pool.execute(
        "update call set direction = 'outbound', answered_at = $2 where id = $1",
        call_id, answered_at,
    )  # fmt: skip
    await pool.execute("update agent_talk set queue = $2 where call_id = $1", call_id, queue)


async def handed_on(pool: Pool, dice: Random, one: OfferedCall) -> None:
    """To another agent, for a while that may end on the next day; asked before, or not."""
    assert one.agent_id is not None
    assert one.ended_at is not None
    to = "1002" if one.agent_id == "1001" else "1001"
    await pool.execute(
        "update agent_talk set handed_to = $2 where call_id = $1", one.id, f"agent:{to}"
    )
    until = one.ended_at + dice.choice([0, 50, 3000]) * SECOND
    await put_talk(pool, one, to, one.ended_at, until)
    await pool.execute("update call set ended_at = $2 where id = $1", one.id, until)


async def overflowed(pool: Pool, dice: Random, one: OfferedCall) -> None:
    """Out of a queue before, perhaps of the day before."""
    before = replace(
        one, queue="helpline-old", queued_at=one.queued_at - dice.choice([0, 30, 400]) * SECOND,
        agent_id=None, agent_answered_at=None, ended_at=one.queued_at, moved_to=one.queue,
    )  # fmt: skip
    await put_stay(pool, before)


async def all_summed(pool: Pool, now: datetime = NOW) -> list[date]:
    summed = []
    while day := await sum_a_day(pool, now, RULES):
        summed.append(day)
    return summed


async def with_totals(pool: Pool, span: Span, by: By, now: datetime = NOW) -> Figures:
    async with pool.acquire() as conn:
        return await figures(conn, span, by, RULES, now)


async def from_rows(pool: Pool, span: Span, by: By, now: datetime = NOW) -> Figures:
    """As if there were no totals."""
    kept = await pool.fetch("select day, summed_at from report_day")
    await pool.execute("update report_day set summed_at = null")
    found = await with_totals(pool, span, by, now)
    await pool.executemany(
        "update report_day set summed_at = $2 where day = $1", [tuple(row) for row in kept]
    )
    return found


async def read(pool: Pool, now: datetime = NOW) -> list[date]:
    """The days that the report takes from totals."""
    async with pool.acquire() as conn:
        return await summed_days(conn, BEGIN - DAY, now, RULES)


WHOLE = Span(since=BEGIN - DAY, until=BEGIN + 5 * DAY)


async def assert_the_same(pool: Pool, span: Span = WHOLE) -> None:
    for by in By:
        found, wanted = await with_totals(pool, span, by), await from_rows(pool, span, by)
        assert dict(found.lines) == dict(wanted.lines), by
        assert found.total == wanted.total
        fates = found.total.fates
        assert found.total.offered == sum(fates[one] for one in Fate)


async def moved(pool: Pool, begin: datetime, end: datetime | None, *queues: str) -> None:
    """The first agent was signed in, and was moved into these queues."""
    await pool.execute(
        "insert into agent_session (id, agent_id, signed_in_at, signed_out_at, queues)"
        " values ($1, '1001', $2, $3, $4)", uuid4(), begin, end, list(queues) or None,
    )  # fmt: skip


@pytest.mark.parametrize("summed", [False, True])
async def test_an_agents_day_counts_for_the_queue_into_which_they_were_moved(
    pool: Pool, summed: bool
) -> None:
    for day in range(3):  # an hour on each of them
        begin = (BEGIN - AT).total_seconds() + day * 86_400 + 10 * 3600
        await state(pool, "ready", begin, begin + 3600)
    await moved(pool, BEGIN, BEGIN + DAY / 2)
    await moved(pool, BEGIN + DAY * 1.1, BEGIN + DAY * 1.9, "helpline-emergency")
    await moved(pool, BEGIN + DAY * 2.1, None, "helpline-en")
    if summed:
        await all_summed(pool)
    duty = {}
    for queue in QUEUES:
        async with pool.acquire() as conn:
            span = replace(WHOLE, queues=(queue,))
            found = await figures(conn, span, By.DAY, RULES, NOW)
        duty[queue] = [day for day, line in found.lines.items() if line.on_duty == 3600 * SECOND]
    first, second, third = (day.isoformat() for day in DAYS)
    assert duty == {
        "helpline-hi": [first, second, third], "helpline-emergency": [second],
        "helpline-en": [third],
    }  # fmt: skip


@pytest.mark.parametrize("seed", range(4))
async def test_totals_and_rows_say_what_rows_alone_say(pool: Pool, seed: int) -> None:
    dice = Random(seed)
    await three_days(pool, dice)
    begin = BEGIN + dice.uniform(0, 2) * DAY
    await moved(pool, begin, begin + dice.uniform(0.1, 1) * DAY, "helpline-emergency")
    assert (await from_rows(pool, WHOLE, By.QUEUE)).total.offered > 40
    summed = await all_summed(pool)
    assert sorted(summed)[-3:] == DAYS
    assert await read(pool) == sorted(summed)
    await assert_the_same(pool)
    for queues in (None, ("helpline-en",), ("helpline-emergency",), ("helpline-hi", "gone")):
        since = BEGIN + dice.uniform(-1, 1.5) * DAY
        until = since + dice.uniform(0, 3) * DAY
        await assert_the_same(pool, Span(since=since, until=until, queues=queues))
        days = day_bounds(DAYS[0], DAYS[1])
        await assert_the_same(pool, Span(since=days[0], until=days[1], queues=queues))


@dataclass(frozen=True, slots=True)
class Late:
    """What one change of a row is, and of how many days it may spoil the totals."""

    name: str
    statement: str
    spoils: int = 1


QUEUED = "(select id from call where indian_day(queued_at) = '2026-03-03' and {} limit 1)"
SERVED, LOST = (
    QUEUED.format(which)
    for which in (
        "agent_id is not null and indian_day(agent_answered_at) = '2026-03-03'",
        "agent_id is null and ended_at is not null",
    )
)
OWED = "indian_day(c.queued_at) = '2026-03-03'"
STATE = "(select id from agent_state where indian_day(from_at) = '2026-03-03' and {} limit 1)"
CHANGES = [
    Late(
        "a call ends", "update call set ended_at = '2026-03-05Z', outcome = 'lost' where id ="
        " (select id from call where indian_day(queued_at) = '2026-03-03' and ended_at is null"
        " limit 1)",
    ),
    Late("a stay was in another queue",
         f"update queue_stay set queue = 'helpline-en-2' where call_id = {LOST}"),
    Late("an agent is known", f"update queue_stay set agent_id = '1002' where call_id = {LOST}"),
    Late("a talk is known", "insert into agent_talk select id, '1002', queued_at, ended_at, queue"
         f" from call where id = {LOST}"),
    Late("a talk was longer", "update agent_talk set ended_at = ended_at + interval '1 second'"
         f" where call_id = {SERVED}", spoils=2),
    Late("an outcome changes", "update call set outcome = 'status_told' where id = "
         + QUEUED.format("agent_id is null and outcome not in ('status_told')")),
    Late("a stay of another day", "update queue_stay set entered_at = entered_at - interval '1 day'"
         f" where call_id = {LOST}", spoils=2),
    Late("a call is written late", "with late as (insert into call (id, cell, direction,"
         " started_at) values (gen_random_uuid(), 'c', 'inbound', '2026-03-03Z') returning id)"
         " insert into queue_stay select id, 'helpline-hi', '2026-03-03Z' from late"),
    Late("a stay was none", f"delete from queue_stay where call_id = {LOST}"),
    Late("a call is owed", "insert into callback (call_id, number, reason, requested_at) select id,"
         f" '+919876543210', 'no_agent', queued_at from call where id = {SERVED}"
         " on conflict (call_id) do update set call_id = excluded.call_id", spoils=3),
    Late("no call is owed", "delete from callback where call_id in (select call_id from callback b"
         f" join call c on c.id = b.call_id where {OWED} limit 1)", spoils=3),
    Late("it was we who called", "update call set direction = 'outbound'"
         f" where id = {SERVED}", spoils=3),
    Late("a talk of ours was longer", "update agent_talk set ended_at = ended_at"
         " + interval '1 second' where call_id = (select t.call_id from agent_talk t"
         " join call c on c.id = t.call_id where c.direction = 'outbound'"
         " and indian_day(t.began_at) = '2026-03-03' limit 1)", spoils=2),
    Late("a citizen answered us later",
         "update call set answered_at = ended_at - interval '1 second'"
         " where id = (select t.call_id from agent_talk t join call c on c.id = t.call_id"
         " where c.direction = 'outbound' and indian_day(t.began_at) = '2026-03-03'"
         " and c.ended_at > t.began_at + interval '30 seconds' limit 1)", spoils=2),
    Late("a transfer", "update agent_talk set handed_to = 'queue:helpline-en'"
         f" where call_id = {SERVED}", spoils=3),
    Late("a talk was none", f"delete from agent_talk where call_id = {SERVED}", spoils=3),
    Late("a wrap-up ends", "update agent_state set until_at = until_at + interval '1 second'"
         f" where id = {STATE.format('state = $$wrap_up$$')}", spoils=2),
    Late("a wrap-up is removed", "delete from agent_state where id ="
         f" {STATE.format('state = $$wrap_up$$')}", spoils=2),
    Late("a pause was duty", "update agent_state set state = 'ready', reason = '' where id ="
         f" {STATE.format('state = $$paused$$ and until_at > from_at')}", spoils=2),
    Late("duty was longer", "update agent_state set until_at = until_at + interval '1 second'"
         f" where id = {STATE.format('state = $$ready$$')}"),
    Late("duty of another agent", "update agent_state set agent_id = '1003' where id ="
         f" {STATE.format('state = $$ready$$')}", spoils=2),
    Late("something between a call and its wrap-up", "insert into agent_state select"
         " gen_random_uuid(), agent_id, 'paused', '', null, from_at, from_at from agent_state"
         f" where id = {STATE.format('state = $$wrap_up$$')}", spoils=2),
]  # fmt: skip


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.name)
async def test_a_day_that_changes_later_is_read_from_rows_and_summed_anew(
    pool: Pool, change: Late
) -> None:
    await pool.execute("insert into agent values ('1003', 'गीता', 'c', '{helpline-hi}')")
    await three_days(pool, Random(11), calls=60)
    days = await all_summed(pool)
    assert not (await pool.execute(change.statement)).endswith(" 0")
    left = await read(pool)
    assert FIRST + DAY not in left
    assert len(days) - len(left) <= change.spoils
    await assert_the_same(pool)
    assert len(await all_summed(pool)) == len(days) - len(left)
    assert await read(pool) == sorted(days)
    await assert_the_same(pool)


async def test_an_answer_after_midnight_changes_both_days(pool: Pool) -> None:
    one = await click(pool, 290, None, 400, "agent_answered")
    await all_summed(pool)
    placed = "select array_agg((day, talks)) from report_placed where grain = 'agent'"
    assert await pool.fetchval(placed) == [(FIRST, 1)]
    for answered in (310, 290):
        at = AT + answered * SECOND
        await pool.execute("update call set answered_at = $2 where id = $1", one, at)
        assert await read(pool) == DAYS[2:]
        await assert_the_same(pool)
        await all_summed(pool)
        await assert_the_same(pool)
    assert await pool.fetchval(placed) == [(FIRST, 1)]


async def test_todays_calls_and_the_end_of_the_night_spoil_no_day(pool: Pool) -> None:
    await state(pool, "ready", 0, None)  # of 23:55
    await put(pool, call(30))
    now = BEGIN + DAY + timedelta(hours=1)
    assert await all_summed(pool, now) == [FIRST]
    today = call(4, 60, queued_at=now)
    await put(pool, today)
    await pool.execute("update agent_state set until_at = $1", now)
    await state(pool, "in_call", 4_000, None, today.id)
    await pool.execute("update call set pop_at = $1", now)
    assert await read(pool, now) == [FIRST]
    assert await all_summed(pool, now) == []


async def test_a_call_still_in_progress_keeps_no_day_from_its_totals(pool: Pool) -> None:
    await put(pool, call(0, ended_at=None, outcome=None))
    await all_summed(pool)
    assert await read(pool) == DAYS
    found = await with_totals(pool, WHOLE, By.DAY)
    assert found.lines["2026-03-02"].fates[Fate.IN_PROGRESS] == 1


async def test_a_day_is_summed_an_hour_after_its_end_and_not_before(pool: Pool) -> None:
    await put(pool, call(9))
    end = BEGIN + DAY
    assert await all_summed(pool, end + timedelta(minutes=59)) == []
    assert await all_summed(pool, end + timedelta(minutes=60)) == [FIRST]
    assert await read(pool, end - SECOND) == []  # a clock that went back
    assert await read(pool, end) == [FIRST]


async def test_the_latest_days_come_first_and_three_years_at_most(pool: Pool) -> None:
    await put(pool, call(9))
    assert await all_summed(pool) == DAYS[::-1]
    await note_days(pool, NOW + 4_000 * DAY, RULES)
    assert await pool.fetchval("select count(*) from report_day") == 3 + 1_100
    assert await pool.fetchval("select max(day) from report_day") == FIRST + 4_002 * DAY


async def test_nothing_is_noted_before_the_first_call(pool: Pool) -> None:
    assert not await note_days(pool, NOW, RULES)


async def test_other_rules_are_counted_from_rows(pool: Pool) -> None:
    for wait in (2, 7):
        await put(pool, call(wait))
    await all_summed(pool)
    slow = Rules(short=10 * SECOND)
    async with pool.acquire() as conn:
        assert (await figures(conn, WHOLE, By.QUEUE, slow, NOW)).total.short_abandoned == 2
        assert (await figures(conn, WHOLE, By.QUEUE, RULES, NOW)).total.short_abandoned == 1
    while await sum_a_day(pool, NOW, slow):
        pass
    assert await read(pool) == []
    async with pool.acquire() as conn:
        assert await summed_days(conn, BEGIN, NOW, slow) == DAYS
        assert (await figures(conn, WHOLE, By.QUEUE, slow, NOW)).total.short_abandoned == 2


async def test_the_report_reads_totals_where_there_are_some(pool: Pool) -> None:
    await put(pool, call(9))
    await all_summed(pool)
    await pool.execute("update report_calls set calls = 9")
    assert (await with_totals(pool, WHOLE, By.QUEUE)).total.offered == 9


@pytest.fixture
async def writer(pool: Pool, migrated_url: str) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(migrated_url)
    yield connection
    await connection.close()


LATE = "update call set outcome = 'lost'"


async def test_no_day_is_noted_while_a_change_of_a_call_is_not_committed(
    pool: Pool, writer: asyncpg.Connection
) -> None:
    await put(pool, call(9))
    async with writer.transaction():
        await writer.execute(LATE)
        with pytest.raises(AWAY):
            await note_days(pool, NOW, RULES)
        assert await pool.fetchval("select count(*) from report_day") == 0
    assert await note_days(pool, NOW, RULES)


async def test_a_change_while_its_day_is_summed_is_never_lost(
    pool: Pool, writer: asyncpg.Connection
) -> None:
    await put(pool, call(9))
    await note_days(pool, NOW, RULES)
    change = writer.transaction()
    await change.start()
    await writer.execute(LATE)  # by 23:55 of the first day, not committed while it is summed
    for _ in DAYS:
        await sum_noted_day(pool, NOW, RULES)
    assert await read(pool) == DAYS
    await change.commit()
    assert await read(pool) == DAYS[1:]
    await assert_the_same(pool)
    assert await all_summed(pool) == [FIRST]


async def test_nobody_who_writes_waits_for_a_sum(pool: Pool, writer: asyncpg.Connection) -> None:
    await put(pool, call(9))
    now = BEGIN + DAY + timedelta(hours=1)
    await note_days(pool, now, RULES)
    async with writer.transaction():
        await writer.execute("lock table report_duty")  # the sum comes so far, and no further
        under_way = asyncio.create_task(sum_noted_day(pool, now, RULES))
        async with asyncio.timeout(20):
            while not await pool.fetchval("select count(*) from pg_locks where not granted"):
                await asyncio.sleep(0.01)
        await pool.execute(LATE)
        assert not under_way.done()
    assert await under_way == FIRST
    assert await read(pool, now) == []  # it does not say what the rows say
    assert await all_summed(pool, now) == [FIRST]
    await assert_the_same(pool)


async def test_a_change_between_note_and_sum_is_in_the_sum(pool: Pool) -> None:
    await put(pool, call(9))
    await note_days(pool, NOW, RULES)
    await pool.execute(LATE)
    assert await sum_noted_day(pool, NOW, RULES) == DAYS[2]
    assert sorted(await all_summed(pool)) == DAYS[:2]
    await assert_the_same(pool)


async def test_writers_and_summers_at_once_leave_the_rows_figures(
    pool: Pool, migrated_url: str
) -> None:
    made = await three_days(pool, Random(5), calls=30)
    dice = Random(6)

    async def write() -> None:
        for one in dice.sample(made, 20):
            await pool.execute(
                "update queue_stay set queue = $2 where call_id = $1 and moved_to is null",
                one,
                dice.choice(QUEUES[:2]),
            )

    async def sum_all() -> None:
        for _ in range(12):
            try:
                await sum_a_day(pool, NOW, RULES)
            except AWAY:
                await asyncio.sleep(0.01)

    await asyncio.gather(write(), sum_all(), write(), sum_all())
    await assert_the_same(pool)
    await all_summed(pool)
    await assert_the_same(pool)


@pytest.mark.parametrize("sums", [False, True], ids=["noted", "summed"])
async def test_killed_at_any_statement_a_day_is_summed_whole_or_not_at_all(
    pool: Pool, migrated_url: str, sums: bool
) -> None:
    async def begin() -> OnPool:
        await with_agents(pool)
        one = call(9, 60, id=UUID(int=1))
        await put(pool, one)
        await state(pool, "in_call", 9, 69, one.id)
        await state(pool, "wrap_up", 69, 80)
        now = BEGIN + DAY + timedelta(hours=1)
        if not sums:
            return lambda doomed: note_days(doomed, now, RULES)
        await note_days(pool, now, RULES)
        return lambda doomed: sum_noted_day(doomed, now, RULES)

    killings = await Trial(pool, migrated_url, begin).killed_everywhere()
    assert killings.statements > 6
    assert killings.happened >= 2


def test_what_is_in_no_summed_day_is_before_between_and_after() -> None:
    found = list(between(BEGIN - SECOND, BEGIN + 3 * DAY, [DAYS[0], DAYS[2]]))
    assert found == [(BEGIN - SECOND, BEGIN), (BEGIN + DAY, BEGIN + 2 * DAY)]
    assert list(between(BEGIN, BEGIN + DAY, [DAYS[0]])) == []
    assert list(between(BEGIN, BEGIN + SECOND, [])) == [(BEGIN, BEGIN + SECOND)]
    assert BEGIN.astimezone(UTC).astimezone(IST).date() == FIRST
