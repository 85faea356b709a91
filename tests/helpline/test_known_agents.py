"""Who calls again is offered to the agent who had them: from the real rows."""

from datetime import timedelta
from uuid import UUID

import pytest

from calls.model import Direction, NewCall
from calls.store import set_agent_answered
from complaints.feedback import Answer
from cti.views import AgentStatus
from db.ids import new_id
from dialplans.settings import QueueSettings
from helpline.known_agents import AgentNumbers, KnownAgents
from helpline.options.cell import AgentOptions, CellOptions
from tests.complaints.world import CITIZEN, World

QUEUE = "helpline-hi"
CELL = CellOptions(
    name="c1",
    agents=tuple(AgentOptions(id=id, name=id, queues=(QUEUE,)) for id in ("1001", "1002")),
    queues=(QueueSettings(known_agent_days=7), QueueSettings(name="other")),
)


class Office:
    """Where agents sit, and what they do."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.seats = {(QUEUE, "1002"): AgentStatus.READY}
        self.known = KnownAgents(
            world.pool,
            CELL,
            lambda queue, agent: self.seats.get((queue, agent)),
            lambda: world.now,
            AgentNumbers(CELL),
        )

    async def spoke(self, agent: str, *, cell: str = "c1") -> UUID:
        """A call of the citizen with that agent."""
        at, call_id = self.world.now, new_id(self.world.now)
        async with self.world.pool.acquire(timeout=5) as conn:
            await conn.execute(
                "insert into call (id, cell, direction, citizen_number, started_at)"
                " values ($1, $2, 'inbound', $3, $4)",
                call_id, cell, CITIZEN, at,
            )  # fmt: skip
            await set_agent_answered(conn, call_id, agent, at)
        self.world.later(hours=1)
        return call_id

    async def about(self, call_id: UUID, number: str) -> None:
        """That call was about this complaint."""
        async with self.world.pool.acquire(timeout=5) as conn:
            await conn.execute(
                "insert into complaint_call (complaint_id, call_id, role)"
                " select id, $2, 'follow_up' from complaint where number = $1",
                number, call_id,
            )  # fmt: skip

    async def asks(self, queue: str = QUEUE, number: str | None = CITIZEN) -> int | None:
        now = self.world.now
        call = NewCall(new_id(now), "c1", Direction.INBOUND, now, number)
        return await self.known.number(call, queue)


@pytest.fixture
async def office(world: World) -> Office:
    """1002 had the citizen last about what is open."""
    made = Office(world)
    number = (await world.register()).number
    await made.about(await made.spoke("1001"), number)
    await made.about(await made.spoke("1002"), number)
    await made.spoke("1001")  # about nothing that is open
    return made


async def test_the_last_agent_about_an_open_complaint_is_offered_the_call(office: Office) -> None:
    assert await office.asks() == 2
    assert office.known.preferred == 1


async def test_only_in_a_queue_that_prefers_and_by_a_known_number(office: Office) -> None:
    office.seats["other", "1002"] = AgentStatus.READY
    assert await office.asks(queue="other") is None
    assert await office.asks(number=None) is None
    assert await office.asks(number="+919000000000") is None


@pytest.mark.parametrize(
    ("status", "waited_for"),
    [
        (AgentStatus.IN_CALL, True),
        (AgentStatus.WRAP_UP, True),
        (AgentStatus.PAUSED, False),
        (None, False),
    ],
)
async def test_who_may_be_free_soon_is_waited_for_and_who_is_away_is_not(
    office: Office, status: AgentStatus | None, waited_for: bool
) -> None:
    office.seats = {(QUEUE, "1002"): status} if status else {}
    assert (await office.asks() is not None) is waited_for


async def test_after_the_days_of_the_setting_anybody_will_do(office: Office) -> None:
    office.world.now += timedelta(days=8)
    assert await office.asks() is None


async def test_an_agent_of_another_cell_cannot_be_preferred(world: World) -> None:
    office = Office(world)
    number = (await world.register()).number
    await office.about(await office.spoke("1002", cell="c2"), number)
    assert await office.asks() is None


async def test_a_complaint_that_is_over_leaves_no_preference(world: World) -> None:
    office = Office(world)
    number = (await world.register()).number
    await office.about(await office.spoke("1002"), number)
    attempt = await world.disposed_and_called(number)
    assert await office.asks() == 2
    await world.answer(attempt, Answer(satisfied=True))
    assert await office.asks() is None


def test_agents_have_numbers_only_where_somebody_is_preferred() -> None:
    number_of = AgentNumbers(CELL)
    assert [number_of(QUEUE, "1001"), number_of(QUEUE, "1002")] == [1, 2]
    assert number_of("other", "1001") == number_of(QUEUE, "9999") == 0


def test_agents_beyond_the_largest_number_are_preferred_by_nobody() -> None:
    many = tuple(AgentOptions(id=str(10000 + n), name="x") for n in range(1001))
    number_of = AgentNumbers(replace_agents(many))
    assert number_of(QUEUE, "10999") == 1000
    assert number_of(QUEUE, "11000") == 0


def replace_agents(agents: tuple[AgentOptions, ...]) -> CellOptions:
    return CELL.model_copy(update={"agents": agents})


def test_who_stays_keeps_the_number_for_which_somebody_may_wait_when_another_leaves() -> None:
    number_of = AgentNumbers(CELL)
    number_of.follow(["1004", "1002", "1003"])
    assert [number_of(QUEUE, id) for id in ("1001", "1002", "1003", "1004")] == [0, 2, 3, 1]
