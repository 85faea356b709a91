"""Quality reviews: the score, one standing judgement a call, corrections, the agent's answer."""

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import md5
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from calls.store import set_agent_answered
from cti.errors import ConflictError, FieldsRefusedError, NoSuchCallError
from cti.quality import Criterion, Form, judge
from cti.reviews import answer, load_form, quality, review, sample
from db.ids import new_id
from db.pool import Pool
from tests.calls.rows import TALKS_OF_CALLS

NOW = datetime(2025, 11, 20, 5, 30, tzinfo=UTC)
FORM = Form(
    "t", 1, "", "", (Criterion("a", "", "", 10), Criterion("b", "", "", 30),
                     Criterion("kind", "", "", 10, fatal=True)),
)  # fmt: skip
BEST: dict[str, int | None] = {
    "greeting": 5, "identity": 10, "listening": 15, "matter": 20, "words": 20, "number_told": 15,
    "closing": 5, "courtesy": 10, "privacy": 10,
}  # fmt: skip


def test_what_does_not_apply_counts_neither_way() -> None:
    assert judge(FORM, {"a": 5, "b": None, "kind": 10}).score == 75
    assert judge(FORM, {"a": None, "b": None, "kind": None}).score is None


def test_a_fatal_criterion_without_a_point_leaves_none() -> None:
    found = judge(FORM, {"a": 10, "b": 30, "kind": 0})
    assert (found.score, found.failed) == (0, True)
    assert not judge(FORM, {"a": 0, "b": 0, "kind": 1}).failed


@given(st.integers(0, 10), st.integers(0, 30), st.integers(1, 10))
def test_more_points_are_never_a_lower_score(a: int, b: int, kind: int) -> None:
    score = judge(FORM, {"a": a, "b": b, "kind": kind}).score
    more = judge(FORM, {"a": min(10, a + 1), "b": b, "kind": kind}).score
    assert score is not None
    assert more is not None
    assert 0 <= score <= more <= 100


def test_every_fault_of_the_sheet_is_named() -> None:
    with pytest.raises(FieldsRefusedError) as refused:
        judge(FORM, {"a": 11, "kind": -1, "x": 1})
    assert refused.value.fields == {
        "b": "is missing", "a": "is 0 to 10", "kind": "is 0 to 10", "x": "is not on this form"
    }  # fmt: skip


@dataclass
class Room:
    pool: Pool

    async def call(
        self, agent: str | None = "1001", *, ended: bool = True, recorded: bool = True, day: int = 0
    ) -> UUID:
        at = NOW - timedelta(days=day, hours=1)
        call_id = new_id(at)
        await self.pool.execute(
            """insert into call (id, cell, direction, started_at, agent_id, agent_answered_at,
                                 ended_at, outcome)
               values ($1, 'cell1', 'inbound', $2, $3, $2, $4, $5)""",
            *(call_id, at, agent, at + timedelta(minutes=4) if ended else None),
            "agent_answered" if ended else None,
        )
        await self.pool.execute(TALKS_OF_CALLS)
        if recorded:
            await self.pool.execute(
                """insert into recording (id, call_id, kind, cell, started_at, state, closed_at,
                                          sha256, seconds, channels, bytes, location)
                   values ($1, $2, 'call', 'cell1', $3, 'stored', $3, $4, 240, 2, 1, 'x')""",
                *(new_id(at), call_id, at, "ab" * 32),
            )
        return call_id

    async def handed_on(self, call_id: UUID, *agents: str) -> None:
        """Each minute to the next of these agents; from whom to whom is not noted."""
        at = await self.pool.fetchval("select started_at from call where id = $1", call_id)
        async with self.pool.acquire() as conn:
            for minute, agent in enumerate(agents, 1):
                await set_agent_answered(conn, call_id, agent, at + timedelta(minutes=minute))

    async def judge(self, call_id: UUID, **changes: object) -> UUID:
        by: dict[str, object] = {"reviewer": "auditor:meena", "corrects": None, **BEST} | changes
        reviewer, corrects, agent = by.pop("reviewer"), by.pop("corrects"), by.pop("agent", None)
        review_id, _ = await review(
            self.pool, call_id, form="call", points=by,  # type: ignore[arg-type]
            comment="", reviewer=str(reviewer), now=NOW, corrects=corrects,  # type: ignore[arg-type]
            agent_id=agent,  # type: ignore[arg-type]
        )  # fmt: skip
        return review_id


@pytest.fixture
async def room(pool: Pool) -> Room:
    await pool.execute("truncate quality_answer, quality_mark, quality_review")
    return Room(pool)


async def test_the_form_that_comes_with_the_helpline_adds_up(room: Room) -> None:
    async with room.pool.acquire() as conn:
        form = await load_form(conn, "call")
    assert sum(one.most for one in form.criteria) == 110
    assert judge(form, BEST).score == 100


async def test_a_call_is_judged_once_however_many_listen(room: Room) -> None:
    call = await room.call()
    tried = await asyncio.gather(*(room.judge(call) for _ in range(5)), return_exceptions=True)
    assert sum(isinstance(one, UUID) for one in tried) == 1
    assert all(isinstance(one, UUID | ConflictError) for one in tried)
    assert await room.pool.fetchval("select count(*) from quality_mark") == len(BEST)


async def test_a_correction_takes_the_place_and_leaves_the_first_readable(room: Room) -> None:
    call = await room.call()
    first = await room.judge(call, courtesy=0)
    with pytest.raises(ConflictError, match="correct that one"):
        await room.judge(call)
    second = await room.judge(call, corrects=first)
    tried = await asyncio.gather(
        *(room.judge(call, corrects=second) for _ in range(3)), return_exceptions=True
    )
    assert sum(isinstance(one, UUID) for one in tried) == 1
    with pytest.raises(ConflictError):
        await room.judge(call, corrects=first)
    found = await quality(room.pool, since=NOW, until=NOW + timedelta(1), form="call")
    [agent] = found.agents
    assert (agent.reviews, agent.score, agent.failed) == (1, 100, 0)
    with pytest.raises(asyncpg.RaiseError, match="append-only"):
        await room.pool.execute("update quality_review set score = 100")


@pytest.mark.parametrize(
    ("call", "why"),
    [
        ({"agent": None}, "had no agent"),
        ({"ended": False}, "still goes on"),
        ({"recorded": False}, "no recording"),
    ],
)
async def test_only_an_agents_recorded_call_can_be_judged(
    room: Room, call: dict[str, object], why: str
) -> None:
    call_id = await room.call(**call)  # type: ignore[arg-type]
    with pytest.raises(FieldsRefusedError, match=why):
        await room.judge(call_id)
    with pytest.raises(NoSuchCallError):
        await room.judge(uuid4())


async def test_nobody_judges_themselves(room: Room) -> None:
    with pytest.raises(ConflictError, match="own call"):
        await room.judge(await room.call(), reviewer="agent:1001")


async def test_each_agent_of_a_call_is_judged_for_their_own_part_once(room: Room) -> None:
    call = await room.call()
    await room.handed_on(call, "1002")
    last = await room.judge(call)  # who had the citizen last, where nobody is named
    first = await room.judge(call, agent="1001", courtesy=0)
    for agent in (None, "1001", "1002"):
        with pytest.raises(ConflictError, match="correct that one"):
            await room.judge(call, agent=agent)
    with pytest.raises(ConflictError, match="correct that one"):
        await room.judge(call, agent="1001", corrects=last)  # that one is of somebody else
    await room.judge(call, corrects=first)  # of whom that one is
    with pytest.raises(FieldsRefusedError, match="did not have the citizen"):
        await room.judge(call, agent="1003")
    found = await quality(room.pool, since=NOW, until=NOW + timedelta(1), form="call")
    assert {one.agent_id: (one.reviews, one.score) for one in found.agents} == {
        "1001": (1, 100), "1002": (1, 100),
    }  # fmt: skip
    await answer(room.pool, last, agent_id="1002", agrees=True, text="", now=NOW)


async def test_the_database_corrects_no_review_by_one_of_another_agent(room: Room) -> None:
    call = await room.call()
    await room.handed_on(call, "1002")
    first = await room.judge(call, agent="1001")
    with pytest.raises(asyncpg.ForeignKeyViolationError, match="same_agent"):
        await room.pool.execute(
            "insert into quality_review select gen_random_uuid(), call_id, form, version, '1002',"
            " reviewer, score, failed, comment, at, id from quality_review where id = $1", first
        )  # fmt: skip


async def test_nobody_judges_a_call_in_which_they_had_the_citizen(room: Room) -> None:
    call = await room.call()
    await room.handed_on(call, "1002")
    for reviewer in ("agent:1001", "agent:1002"):
        with pytest.raises(ConflictError, match="own call"):
            await room.judge(call, reviewer=reviewer, agent="1001")


async def test_a_call_of_several_agents_is_drawn_for_each_whom_nobody_judged_in_it(
    room: Room,
) -> None:
    call = await room.call()
    await room.handed_on(call, "1002", "1001")

    async def drawn(queues: list[str] | None = None) -> list[tuple[str, UUID]]:
        found = await sample(
            room.pool, since=NOW - timedelta(days=1), until=NOW, per_agent=9, seed="a",
            form="call", queues=queues,
        )  # fmt: skip
        return [(one.agent_id, one.call_id) for one in found]

    assert await drawn() == [("1001", call), ("1002", call)]  # who had them twice is there once
    assert await drawn(["helpline-hi"]) == []
    await room.pool.execute("update agent_talk set queue = 'helpline-hi' where agent_id = '1002'")
    assert await drawn(["helpline-hi"]) == [("1002", call)]
    await room.judge(call, agent="1001")
    assert await drawn() == [("1002", call)]


async def test_the_agent_answers_once_to_what_stands(room: Room) -> None:
    call = await room.call()
    first = await room.judge(call)
    with pytest.raises(FieldsRefusedError, match="say why"):
        await answer(room.pool, first, agent_id="1001", agrees=False, text=" ", now=NOW)
    with pytest.raises(ConflictError):
        await answer(room.pool, first, agent_id="1002", agrees=True, text="", now=NOW)
    await answer(room.pool, first, agent_id="1001", agrees=False, text="यह मैंने कहा था", now=NOW)
    with pytest.raises(ConflictError):
        await answer(room.pool, first, agent_id="1001", agrees=True, text="", now=NOW)
    found = await quality(room.pool, since=NOW, until=NOW + timedelta(1), form="call")
    assert (found.agents[0].answered, found.agents[0].disputed) == (1, 1)
    second = await room.judge(call, corrects=first, closing=0)
    with pytest.raises(ConflictError):
        await answer(room.pool, first, agent_id="1001", agrees=True, text="", now=NOW)
    await answer(room.pool, second, agent_id="1001", agrees=True, text="", now=NOW)


async def test_the_sample_is_by_chance_repeatable_and_of_what_nobody_judged(room: Room) -> None:
    calls = {await room.call(day=day) for day in range(6)} | {await room.call("1002")}
    await room.call(recorded=False)
    await room.call(day=30)
    judged = next(iter(calls - {await room.call("1002", day=40)}))
    await room.judge(judged)
    period: dict[str, Any] = {"since": NOW - timedelta(days=10), "until": NOW}

    async def drawn(seed: str, per_agent: int = 2) -> list[UUID]:
        found = await sample(room.pool, **period, per_agent=per_agent, seed=seed, form="call")
        return [one.call_id for one in found]

    assert await drawn("a") == await drawn("a")
    assert len({tuple(await drawn(seed)) for seed in "abcdefgh"}) > 1
    assert set(await drawn("a", 99)) == calls - {judged}


async def test_the_lot_is_the_calls_and_what_cannot_be_heard_uses_up_no_draw(room: Room) -> None:
    recorded = [await room.call(day=day) for day in (1, 2, 3)]
    for day in range(25):
        await room.call(day=day, recorded=False)
        await room.call(day=day, ended=False)

    async def drawn(seed: str) -> set[UUID]:
        found = await sample(
            room.pool, since=NOW - timedelta(days=60), until=NOW, per_agent=2, seed=seed,
            form="call",
        )  # fmt: skip
        return {one.call_id for one in found}

    for seed in ("a", "नवंबर"):
        by_lot = sorted(recorded, key=lambda one: md5(f"{one}{seed}".encode()).hexdigest())
        assert await drawn(seed) == set(by_lot[:2])


async def test_the_weakest_criterion_stands_first(room: Room) -> None:
    await room.judge(await room.call(), identity=0)
    await room.judge(await room.call(day=1), identity=5, closing=None)
    found = await quality(room.pool, since=NOW, until=NOW + timedelta(1), form="call")
    assert next(iter(found.criteria.items())) == ("identity", 0.25)
