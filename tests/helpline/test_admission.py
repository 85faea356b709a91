"""The guards of the settings, in the flow that a citizen hears, on the rows that there are."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

import pytest

from agi.server import FastAgiServer
from calls import admission as rules
from calls.journal import CallJournal
from calls.model import Direction, NewCall, Outcome
from db.group_commit import GroupCommit
from db.ids import new_id
from db.pool import Pool
from dialplans.settings import QueueSettings
from helpline.options.cell import CellOptions, GuardOptions
from helpline.options.following import FeedbackOptions
from helpline.reception import Admission, Places, admission
from helpline.settings import GivenSettings
from speech.prompts import Prompt
from tests.agi.asterisk import Citizen
from tests.agi.rooms import NOW, FakeCapture, Hall, now

CALLER, OTHER = "+919876543210", "+919876543211"
CELL = "c1"
OPEN = GuardOptions(caller_at_once=None, caller_per_hour=None)
MANY = 100
MINUTE = timedelta(minutes=1)


@pytest.fixture
async def pool(emptied: Pool) -> Pool:
    await emptied.execute("truncate blocked_caller")
    return emptied


@pytest.fixture
async def commit(pool: Pool) -> AsyncIterator[GroupCommit]:
    made = GroupCommit(lambda: pool)
    task = asyncio.create_task(made.run())
    yield made
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


@dataclass(frozen=True)
class Centre:
    """An inbound flow with the real gate."""

    pool: Pool
    commit: GroupCommit
    gate: Admission

    async def ring(self, citizen: Citizen) -> tuple[str | None, str | None]:
        """A call from `CALLER`: outcome and queue, as its row has them."""
        hall = Hall(gate=self.gate)  # type: ignore[arg-type]
        flow = hall.flow(CallJournal(self.commit), FakeCapture())
        server = FastAgiServer({"inbound": flow}, port=0)
        await server.start()
        await citizen.call(server.port, "inbound")
        await server.drain(20)
        assert server.failed == 0
        assert await self.commit.drain(20)
        call = UUID(citizen.variables["__HELPLINE_CALL"])
        row = await self.pool.fetchrow("select outcome, queue from call where id = $1", call)
        assert row is not None
        return row["outcome"], row["queue"]


def gate(pool: Pool, guards: GuardOptions, trunks: int = MANY) -> Admission:
    settings = GivenSettings(
        cell=CellOptions(name=CELL),
        guards=guards,
        feedback=FeedbackOptions(trunk_channels=trunks, inbound_reserve=0),
    )
    return admission(settings, pool, now)


async def calls(
    pool: Pool, count: int, number: str | None, *, over: bool = False, cell: str = CELL
) -> None:
    """So many calls of this number, ten minutes ago."""
    at = NOW - 10 * MINUTE
    for _ in range(count):
        await pool.execute(
            "insert into call (id, cell, direction, citizen_number, started_at, ended_at, outcome)"
            " values ($1, $2, 'inbound', $3, $4, $5, $6)",
            *(new_id(at), cell, number, at, at + MINUTE if over else None),
            Outcome.IVR_ABANDONED if over else None,
        )


@pytest.mark.parametrize(
    ("guards", "trunks", "others", "said", "outcome"),
    [
        (OPEN.model_copy(update={"caller_at_once": 3}), MANY,
         (3, CALLER, False), Prompt.CALLER_LIMIT, Outcome.CALLER_LIMIT),
        (OPEN.model_copy(update={"caller_per_hour": 3}), MANY,
         (3, CALLER, True), Prompt.CALLER_LIMIT, Outcome.CALLER_LIMIT),
        (OPEN.model_copy(update={"trunk_per_hour": 3}), MANY,
         (3, OTHER, True), Prompt.LINES_FULL, Outcome.LINES_FULL),
        (OPEN.model_copy(update={"emergency_reserve": 4}), 7,
         (3, None, False), Prompt.LINES_FULL, Outcome.LINES_FULL),
    ],
    ids=["of one number at once", "of one number in an hour", "on the trunk in an hour",
         "at once, but for what is reserved"],
)  # fmt: skip
async def test_one_call_beyond_a_limit_hears_why_and_the_last_within_it_gets_its_agent(
    pool: Pool,
    commit: GroupCommit,
    guards: GuardOptions,
    trunks: int,
    others: tuple[int, str | None, bool],
    said: Prompt,
    outcome: Outcome,
) -> None:
    count, number, over = others
    at = Centre(pool, commit, gate(pool, guards, trunks))
    cell = "other" if trunks < MANY else CELL
    await calls(pool, count - 1, number, over=over, cell=cell)
    citizen = Citizen(keys={Prompt.MENU: ["1"]})
    assert await at.ring(citizen) == (None, "helpline-hi")
    await pool.execute("truncate queue_stay, agent_talk")
    await pool.execute("delete from call where queue is not null")
    await calls(pool, 1, number, over=over, cell=cell)
    citizen = Citizen(keys={Prompt.MENU: ["1"]})
    assert await at.ring(citizen) == (outcome, None)
    assert citizen.said[:2] == [Prompt.RECORDING_NOTICE, said]
    assert Prompt.GREETING not in citizen.said
    assert at.gate.refused[str(outcome)] == 1


async def test_a_number_on_the_list_hears_so_until_the_block_ends_and_others_never(
    pool: Pool,
    commit: GroupCommit,
) -> None:
    at = Centre(pool, commit, gate(pool, OPEN))
    for number, until in ((OTHER, NOW + MINUTE), (CALLER, NOW - MINUTE)):
        async with pool.acquire() as conn:
            block = {"by": "supervisor:1", "why": "threats", "now": NOW - 9 * MINUTE}
            await rules.block(conn, number, until=until, **block)  # type: ignore[arg-type]
    assert await at.ring(Citizen(keys={Prompt.MENU: ["1"]})) == (None, "helpline-hi")
    async with pool.acquire() as conn:
        await rules.block(conn, CALLER, until=NOW + MINUTE, by="1", why="threats", now=NOW)
    citizen = Citizen(keys={Prompt.MENU: ["1"]})
    assert await at.ring(citizen) == (Outcome.CALLER_BLOCKED, None)
    assert citizen.said[:2] == [Prompt.RECORDING_NOTICE, Prompt.CALLER_BLOCKED]


async def test_without_a_database_nobody_is_kept_out(pool: Pool) -> None:
    strict = gate(pool, GuardOptions(caller_at_once=1, caller_per_hour=1))
    await calls(pool, 2, CALLER)
    call = NewCall(new_id(NOW), CELL, Direction.INBOUND, NOW, CALLER)
    assert await strict.verdict(call) is rules.Verdict.CALLER_LIMIT
    await pool.close()
    assert await strict.verdict(call) is rules.Verdict.ADMIT


async def test_a_queue_is_known_with_how_long_it_keeps_anybody(pool: Pool) -> None:
    queues = (QueueSettings(name="short", wait_limit_seconds=60), QueueSettings(name="long"))
    places = Places(pool, CellOptions(name=CELL, queues=queues), now, ())
    found = [await places.queue_now(one) for one in ("short", "long")]
    assert [one and one.limit for one in found] == [MINUTE, 5 * MINUTE]
