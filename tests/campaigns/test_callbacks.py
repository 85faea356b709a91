"""Places kept in a queue: who is called back, when, how often, and never twice."""

import asyncio
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from uuid import UUID

import pytest

from calls.model import Outcome
from calls.store import end_if_open, owe_callback
from campaigns.callbacks import Callbacks, CallbackSettings, owed
from campaigns.originator import DialRequest, OriginateReply
from campaigns.pacing import Limits
from campaigns.window import CallingWindow
from db.errors import AWAY
from db.ids import new_id
from db.pool import Pool, open_pool
from tests.campaigns.fakes import Clock
from tests.db.guillotine import Guillotine, Moment

QUEUE, NUMBER, OTHER = "helpline-hi", "+919810000001", "+919810000002"
SETTINGS = CallbackSettings(
    cell="cell-1",
    caller_id="1076",
    window=CallingWindow(),
    limits=Limits(max_channels=10, calls_per_second=10, inbound_reserve=0, trunk_channels=20),
)


@dataclass
class Network:
    """Remembers what was dialled, and for whose place."""

    reply: OriginateReply = OriginateReply.ACCEPTED
    ready: bool = True
    live: frozenset[UUID] | None = frozenset()
    dialled: list[tuple[str, UUID]] = field(default_factory=list)
    ids: list[UUID] = field(default_factory=list)

    async def call_back(self, request: DialRequest, left_call: UUID) -> OriginateReply:
        self.dialled.append((request.number, left_call))
        self.ids.append(request.attempt_id)
        return self.reply

    async def live_calls(self) -> frozenset[UUID] | None:
        return self.live


@dataclass
class House:
    """Agents, waiting callers and kept places as rows."""

    pool: Pool
    clock: Clock = field(default_factory=Clock)
    network: Network = field(default_factory=Network)

    def carrier(self, pool: Pool | None = None, **changes: object) -> Callbacks:
        settings = replace(SETTINGS, **changes)  # type: ignore[arg-type]
        return Callbacks(pool or self.pool, self.network, self.clock, settings)

    async def agent(self, name: str = "1001") -> None:
        await self.pool.execute(
            "insert into agent values ($1, 'सीता', 'cell-1', $2)", name, [QUEUE]
        )
        await self.pool.execute(
            "insert into agent_session (id, agent_id, signed_in_at) values ($1, $2, $3)",
            *(new_id(self.clock()), name, self.clock()),
        )

    async def queued(self, number: str, ago: int) -> UUID:
        """A citizen who has waited since then."""
        at = self.clock() - timedelta(minutes=ago)
        call_id = new_id(at)
        await self.pool.execute(
            "insert into call (id, cell, direction, citizen_number, started_at, queue, queued_at)"
            " values ($1, 'cell-1', 'inbound', $2, $3, $4, $3)",
            *(call_id, number, at, QUEUE),
        )
        return call_id

    async def kept(self, number: str = NUMBER, ago: int = 10) -> UUID:
        """Somebody who left their place to be called back."""
        call_id = await self.queued(number, ago)
        at = self.clock() - timedelta(minutes=ago)
        await self.pool.execute(
            "insert into callback (call_id, number, reason, requested_at, queue, entered_at,"
            " priority) values ($1, $2, 'callback_kept', $3, $4, $3, 0)",
            *(call_id, number, at, QUEUE),
        )
        await self.ends(call_id, Outcome.CALLBACK_KEPT)
        return call_id

    async def ends(self, call_id: UUID, outcome: Outcome, at: datetime | None = None) -> None:
        async with self.pool.acquire() as conn:
            await end_if_open(conn, call_id, outcome, at or self.clock())

    async def left(self) -> list[str]:
        """Numbers to which a call is owed."""
        async with self.pool.acquire() as conn:
            return [one.number for one in await owed(conn, 10)]


@pytest.fixture
def house(pool: Pool) -> House:
    return House(pool)


async def test_who_kept_their_place_is_called_once_when_an_agent_is_there(house: House) -> None:
    left = await house.kept()
    assert await house.carrier().tick() == 0
    await house.agent()
    assert await house.carrier().tick() == 1
    for _ in range(3):
        assert await house.carrier().tick() == 0
    assert house.network.dialled == [(NUMBER, left)]
    assert await house.left() == [NUMBER]


async def test_two_processes_at_once_call_once(house: House) -> None:
    await house.kept()
    await house.agent()
    asked = await asyncio.gather(*(house.carrier().tick() for _ in range(4)))
    assert sum(asked) == len(house.network.dialled) == 1


async def test_those_who_wait_before_them_are_served_first(house: House) -> None:
    await house.kept(ago=5)
    await house.agent()
    before = await house.queued(OTHER, ago=20)
    assert await house.carrier().tick() == 0
    await house.ends(before, Outcome.QUEUE_ABANDONED)
    assert await house.carrier().tick() == 1


async def test_an_earlier_place_comes_first(house: House) -> None:
    await house.kept(NUMBER, ago=5)
    first = await house.kept(OTHER, ago=20)
    await house.agent()
    assert await house.carrier().tick() == 1
    assert house.network.dialled == [(OTHER, first)]


async def test_who_answers_was_called_back(house: House) -> None:
    await house.kept()
    await house.agent()
    await house.carrier().tick()
    [call_id] = house.network.ids
    await house.pool.execute(
        "update call set answered_at = $2 where id = $1", call_id, house.clock()
    )
    await house.ends(call_id, Outcome.QUEUE_ABANDONED)
    await house.carrier().tick()
    assert await house.left() == []


async def test_who_does_not_answer_is_called_again_after_a_pause_and_not_for_ever(
    house: House,
) -> None:
    await house.kept()
    await house.agent()
    for done in range(1, 4):
        assert await house.carrier().tick() == 1
        await house.ends(house.network.ids[-1], Outcome.NO_ANSWER)
        assert await house.carrier().tick() == 0
        house.clock.advance(minutes=6)
        assert len(house.network.dialled) == done
    assert await house.carrier().tick() == 0
    assert await house.left() == []


async def test_at_night_and_without_a_link_nobody_is_called(house: House) -> None:
    await house.kept()
    await house.agent()
    house.network.ready = False
    assert await house.carrier().tick() == 0
    house.network.ready = True
    house.clock.advance(hours=12)
    assert await house.carrier().tick() == 0
    assert house.network.dialled == []


async def test_who_has_talked_with_an_agent_meanwhile_is_owed_nothing(house: House) -> None:
    await house.kept()
    again = await house.queued(NUMBER, ago=1)
    await house.pool.execute(
        "update call set agent_answered_at = $2 where id = $1", again, house.clock()
    )
    await house.ends(again, Outcome.AGENT_ANSWERED)
    await house.agent()
    assert await house.carrier().tick() == 0
    assert await house.left() == []


async def test_other_debts_are_listed_for_agents_and_not_dialled(house: House) -> None:
    call_id = await house.queued(NUMBER, ago=5)
    await house.ends(call_id, Outcome.NO_AGENT)
    async with house.pool.acquire() as conn:
        await owe_callback(conn, call_id, NUMBER, Outcome.NO_AGENT, house.clock())
    await house.agent()
    assert await house.carrier().tick() == 0
    assert await house.left() == [NUMBER]


async def test_a_refused_request_is_tried_again_later_and_an_unknown_one_is_looked_for(
    house: House,
) -> None:
    await house.kept()
    await house.agent()
    house.network.reply = OriginateReply.REFUSED
    await house.carrier().tick()
    house.network.reply = OriginateReply.UNKNOWN
    house.clock.advance(minutes=6)
    assert await house.carrier().tick() == 0  # settles what was refused; the pause begins
    house.clock.advance(minutes=6)
    assert await house.carrier().tick() == 1
    house.network.live = frozenset(house.network.ids[-1:])
    house.clock.advance(minutes=6)
    assert await house.carrier().tick() == 0  # it rings, or they talk
    house.network.live = frozenset()
    assert await house.carrier().tick() == 0
    outcome = await house.pool.fetchval(
        "select outcome from call where id = $1", house.network.ids[-1]
    )
    assert outcome == Outcome.LOST


@pytest.mark.parametrize("cut_at", range(1, 14))
@pytest.mark.parametrize("moment", [Moment.UNSENT, Moment.UNANSWERED])
async def test_a_process_that_dies_anywhere_calls_at_most_once_and_another_goes_on(
    house: House, migrated_url: str, moment: Moment, cut_at: int
) -> None:
    await house.kept()
    await house.agent()
    async with Guillotine(migrated_url, cut_at, moment) as line:
        doomed = await open_pool(line.url, size=2)
        with suppress(*AWAY):
            await house.carrier(doomed).tick()
        doomed.terminate()
        await line.drop()
        await line.sessions_end(house.pool)
    for _ in range(2):
        await house.carrier().tick()
    assert len(house.network.dialled) <= 1
    for _ in range(3):
        house.clock.advance(minutes=3)
        await house.carrier().tick()
    assert house.network.dialled
    assert len(set(house.network.ids)) == len(house.network.ids)
