"""Places kept in a queue: who is called back, when, how often, and never twice."""

import asyncio
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import pairwise
from uuid import UUID

import pytest

from calls.model import Outcome
from calls.owed import PROMISED, Whose, owed_now, take
from calls.store import end_if_open, owe_callback, set_agent_answered, set_waiting
from campaigns.callbacks import Callbacks, CallbackSettings
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
    default_queue=QUEUE,
    limits=Limits(max_channels=10, calls_per_second=10, inbound_reserve=0, trunk_channels=20),
)
WIDE = Limits(max_channels=100, calls_per_second=100, inbound_reserve=0, trunk_channels=200)
OURS = {Outcome.NO_AGENT, Outcome.QUEUE_FULL, Outcome.QUEUE_TIMEOUT, Outcome.CLOSED}


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
    shut: set[str] = field(default_factory=set)

    async def open_now(self, queue: str) -> bool:
        return queue not in self.shut

    def carrier(self, pool: Pool | None = None, **changes: object) -> Callbacks:
        settings = replace(SETTINGS, **changes)  # type: ignore[arg-type]
        return Callbacks(pool or self.pool, self.network, self.clock, settings, self.open_now)

    async def agent(self, name: str = "1001", *, cell: str = "cell-1", queue: str = QUEUE) -> None:
        await self.pool.execute(
            "insert into agent values ($1, 'सीता', $2, $3)", name, cell, [queue]
        )
        await self.pool.execute(
            "insert into agent_session (id, agent_id, signed_in_at) values ($1, $2, $3)",
            *(new_id(self.clock()), name, self.clock()),
        )

    async def queued(
        self, number: str, ago: int, *, queue: str | None = QUEUE, cell: str = "cell-1"
    ) -> UUID:
        """A citizen who has waited since then."""
        at = self.clock() - timedelta(minutes=ago)
        call_id = new_id(at)
        await self.pool.execute(
            "insert into call (id, cell, direction, citizen_number, started_at)"
            " values ($1, $4, 'inbound', $2, $3)",
            *(call_id, number, at, cell),
        )
        if queue is not None:
            await self.pool.execute("select enter_queue($1, $2, $3, true)", call_id, queue, at)
        return call_id

    async def promised(
        self,
        number: str = NUMBER,
        ago: int = 10,
        *,
        reason: Outcome = Outcome.NO_AGENT,
        queue: str = QUEUE,
    ) -> UUID:
        """Somebody who was told that we would call."""
        waited = None if reason is Outcome.CLOSED else queue
        call_id = await self.queued(number, ago, queue=waited)
        at = self.clock() - timedelta(minutes=ago)
        async with self.pool.acquire() as conn:
            wanted = queue if waited is None else None
            assert await owe_callback(conn, call_id, None, reason, at, wanted)
        await self.ends(call_id, reason, at)
        return call_id

    async def answers(self) -> None:
        """The citizen whom we called last."""
        await self.answers_to(self.network.ids[-1])

    async def answers_to(self, call_id: UUID) -> None:
        await self.pool.execute(
            "update call set answered_at = $2 where id = $1", call_id, self.clock()
        )

    async def results(self) -> dict[str, str | None]:
        """How each debt ended, by its reason."""
        rows = await self.pool.fetch("select reason, result from callback")
        return {row["reason"]: row["result"] for row in rows}

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

    async def keeps(self, call_id: UUID) -> None:
        """They press the key in a call of ours, and hang up."""
        await self.pool.execute(
            "insert into callback (call_id, number, reason, requested_at, queue, entered_at,"
            " priority) select id, citizen_number, 'callback_kept', $2, $3, $2, 0 from call"
            " where id = $1",
            *(call_id, self.clock(), QUEUE),
        )
        await self.ends(call_id, Outcome.CALLBACK_KEPT)

    async def ends_as(self, call_id: UUID, number: str, outcome: Outcome, answered: bool) -> None:
        """As the flows leave it: with a promise, where that is what the citizen was told."""
        if answered:
            await self.answers_to(call_id)
        if answered and outcome is Outcome.CALLBACK_KEPT:
            await self.keeps(call_id)
        elif answered and outcome in PROMISED:
            async with self.pool.acquire() as conn:
                await owe_callback(conn, call_id, number, outcome, self.clock(), QUEUE)
        await self.ends(call_id, outcome)

    async def ends(self, call_id: UUID, outcome: Outcome, at: datetime | None = None) -> None:
        async with self.pool.acquire() as conn:
            await end_if_open(conn, call_id, outcome, at or self.clock())

    async def left(self) -> list[str]:
        """Numbers to which a call is owed."""
        async with self.pool.acquire() as conn:
            found, _ = await owed_now(
                conn, queues=None, default_queue=QUEUE, now=self.clock(), at_most=10
            )
        return [one.number for one in found]


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


async def test_while_one_who_was_called_back_waits_or_talks_their_agent_is_not_promised_twice(
    house: House,
) -> None:
    await house.kept(ago=10)
    await house.kept(OTHER, ago=5)
    await house.agent()
    assert await house.carrier().tick() == 1
    await house.answers()
    for column in ("queued_at", "agent_answered_at"):
        await house.pool.execute(
            f"update call set queue = $2, {column} = $3 where id = $1",
            *(house.network.ids[-1], QUEUE, house.clock()),
        )
        assert await house.carrier().tick() == 0
    await house.ends(house.network.ids[-1], Outcome.AGENT_ANSWERED)
    assert await house.carrier().tick() == 1
    assert [number for number, _ in house.network.dialled] == [NUMBER, OTHER]


async def test_who_answers_was_called_back(house: House) -> None:
    await house.kept()
    await house.agent()
    await house.carrier().tick()
    [call_id] = house.network.ids
    await house.pool.execute(
        "update call set answered_at = $2 where id = $1", call_id, house.clock()
    )
    await house.ends(call_id, Outcome.IVR_ABANDONED)
    await house.carrier().tick()
    assert await house.left() == []
    assert await house.results() == {"callback_kept": "reached"}


async def test_who_was_called_back_and_hung_up_while_waiting_is_listed_again_and_not_dialled(
    house: House,
) -> None:
    await house.kept()
    await house.agent()
    await house.carrier().tick()
    await house.answers()
    await house.ends(house.network.ids[-1], Outcome.QUEUE_ABANDONED)
    for _ in range(2):
        assert await house.carrier().tick() == 0
        house.clock.advance(minutes=6)
    assert await house.results() == {"callback_kept": "reached", "queue_abandoned": None}


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


@pytest.mark.parametrize(
    ("answered", "outcome"), [(False, Outcome.BUSY), (True, Outcome.IVR_ABANDONED)],
    ids=["busy", "left-in-the-notice"],
)  # fmt: skip
async def test_an_agent_who_picked_up_to_call_them_has_not_talked_with_them(
    house: House, answered: bool, outcome: Outcome
) -> None:
    """A click rings the agent first: that they answered says nothing of the citizen."""
    await house.promised()
    at = house.clock()
    click = new_id(at)
    await house.pool.execute(
        "insert into call (id, cell, direction, citizen_number, started_at, agent_answered_at,"
        " answered_at) values ($1, 'cell-1', 'outbound', $2, $3, $3, $4)",
        *(click, NUMBER, at, at if answered else None),
    )
    carrier = house.carrier(reasons=())
    await carrier.tick()
    assert await house.results() == {"no_agent": None}
    await house.ends(click, outcome)
    await carrier.tick()
    assert await house.results() == {"no_agent": None}


@pytest.mark.parametrize("reason", PROMISED[1:], ids=str)
async def test_to_whom_a_call_was_promised_is_called_at_the_queue_they_came_for(
    house: House, reason: Outcome
) -> None:
    await house.agent(queue="helpline-hi")
    left = await house.promised(reason=reason, queue="helpline-en")
    assert await house.carrier().tick() == 0  # nobody serves that one
    await house.agent("1002", queue="helpline-en")
    assert await house.carrier().tick() == 1
    assert house.network.dialled == [(NUMBER, left)]


async def test_who_overflowed_is_called_to_the_queue_they_came_for(house: House) -> None:
    left = await house.promised(queue="helpline-en")
    await house.pool.execute("update call set queue = 'helpline-hi' where id = $1", left)
    await house.agent()
    assert await house.carrier().tick() == 0
    await house.agent("1002", queue="helpline-en")
    assert await house.carrier().tick() == 1


async def test_a_promise_waits_for_the_hours_of_its_queue(house: House) -> None:
    await house.promised(reason=Outcome.CLOSED)
    await house.agent()
    house.shut.add(QUEUE)
    assert await house.carrier().tick() == 0
    house.shut.clear()
    assert await house.carrier().tick() == 1


async def test_nobody_who_waits_loses_an_agent_to_a_promise(house: House) -> None:
    await house.promised(ago=60)
    await house.agent()
    waits = await house.queued(OTHER, ago=1)
    assert await house.carrier().tick() == 0
    await house.ends(waits, Outcome.IVR_ABANDONED)
    assert await house.carrier().tick() == 1


async def test_a_kept_place_goes_before_a_promise(house: House) -> None:
    await house.promised(NUMBER, ago=60)
    kept = await house.kept(OTHER, ago=1)
    await house.agent()
    assert await house.carrier().tick() == 1
    assert house.network.dialled == [(OTHER, kept)]
    assert await house.carrier().tick() == 0  # the one agent is for them
    await house.agent("1002")
    assert await house.carrier().tick() == 1


async def test_two_promises_to_a_number_are_one_call_and_count_together(house: House) -> None:
    await house.promised(ago=60)
    await house.promised(ago=30, reason=Outcome.QUEUE_FULL)
    for name in ("1001", "1002", "1003"):
        await house.agent(name)
    for done in range(1, 4):
        assert await house.carrier().tick() == 1
        await house.ends(house.network.ids[-1], Outcome.NO_ANSWER)
        assert await house.carrier().tick() == 0
        house.clock.advance(minutes=6)
        assert len(house.network.dialled) == done
    assert await house.results() == {"no_agent": "unreached", "queue_full": "unreached"}
    assert await house.pool.fetchval("select count(*) from call where outcome = 'failed'") == 0


async def test_a_number_is_called_only_so_often_in_a_day_and_then_again(house: House) -> None:
    await house.agent()
    for _ in range(2):
        await house.promised(ago=0)
        assert await house.carrier(most=1, most_a_day=2).tick() == 1
        await house.ends(house.network.ids[-1], Outcome.NO_ANSWER)
        await house.carrier(most=1, most_a_day=2).tick()
        house.clock.advance(minutes=6)
    await house.promised(ago=0)
    assert await house.carrier(most_a_day=2).tick() == 0
    house.clock.advance(hours=24)
    assert await house.carrier(most_a_day=2).tick() == 1


async def test_what_was_our_fault_does_not_use_up_the_promise(house: House) -> None:
    await house.promised()
    await house.agent()
    for outcome in (Outcome.CONGESTION, Outcome.FAILED, Outcome.LOST, Outcome.NO_AGENT):
        assert await house.carrier().tick() == 1
        if outcome is Outcome.NO_AGENT:
            await house.answers()
        await house.ends(house.network.ids[-1], outcome)
        assert await house.carrier().tick() == 0
        house.clock.advance(minutes=6)
    assert await house.left() == [NUMBER]
    assert await house.carrier().tick() == 1


async def test_an_invalid_number_is_not_called_again(house: House) -> None:
    await house.promised()
    await house.agent()
    await house.carrier().tick()
    await house.ends(house.network.ids[-1], Outcome.INVALID_NUMBER)
    await house.carrier().tick()
    assert await house.results() == {"no_agent": None}, "all may be refused: others will tell"
    house.clock.advance(minutes=2)
    await house.carrier().tick()
    assert await house.results() == {"no_agent": "unreached"}


async def test_a_number_abroad_that_a_caller_showed_is_not_called_and_holds_up_nobody(
    house: House,
) -> None:
    for paid in ("+25261234567", "+881612345678"):
        await house.kept(paid, ago=60)
    await house.kept(NUMBER, ago=5)
    for desk in ("1001", "1002", "1003"):
        await house.agent(desk)
    carrier = house.carrier(called=("+91",), limits=Limits(1, 10, 0, 20))
    assert await carrier.tick() == 1
    assert [number for number, _ in house.network.dialled] == [NUMBER]


async def test_only_agents_of_this_cell_who_serve_the_queue_now_count(house: House) -> None:
    await house.promised()
    await house.agent("1001", cell="cell-2")
    await house.agent("1002")
    await house.pool.execute(
        "update agent_session set pause_reason = (select min(code) from pause_reason)"
        " where agent_id = '1002'"
    )
    await house.agent("1003")
    move = "update agent_session set queues = $2 where agent_id = $1"
    await house.pool.execute(move, "1003", ["helpline-en"])
    assert await house.carrier().tick() == 0
    await house.agent("1004", queue="helpline-en")
    await house.pool.execute(move, "1004", [QUEUE])
    assert await house.carrier().tick() == 1


async def test_who_hung_up_while_waiting_is_listed_and_dialled_only_if_the_settings_say_so(
    house: House,
) -> None:
    call_id = await house.queued(NUMBER, ago=5)
    await house.ends(call_id, Outcome.QUEUE_ABANDONED)
    await house.agent()
    for _ in range(2):
        assert await house.carrier().tick() == 0
        assert await house.left() == [NUMBER]
    everyone = (*PROMISED, Outcome.QUEUE_ABANDONED)
    assert await house.carrier(reasons=everyone).tick() == 1
    assert house.network.dialled == [(NUMBER, call_id)]


async def test_who_hung_up_and_was_served_since_is_not_listed_and_the_list_forgets_in_a_day(
    house: House,
) -> None:
    await house.ends(await house.queued(OTHER, ago=9), Outcome.QUEUE_ABANDONED, house.clock())
    served = await house.queued(OTHER, ago=1)
    house.clock.advance(minutes=1)
    await house.pool.execute(
        "update call set agent_answered_at = $2 where id = $1", served, house.clock()
    )
    await house.ends(served, Outcome.AGENT_ANSWERED)
    await house.ends(await house.queued(NUMBER, ago=5), Outcome.QUEUE_ABANDONED)
    carrier = house.carrier()
    await carrier.tick()
    assert await house.left() == [NUMBER]
    house.clock.advance(hours=25)
    await carrier.tick()
    assert await house.results() == {"queue_abandoned": "expired"}


async def test_who_is_owed_a_call_from_within_the_longest_call_of_all_is_served_by_it(
    house: House,
) -> None:
    """An agent had the citizen after the promise, in a call that had begun a day before it."""
    talk = await house.queued(NUMBER, ago=30 * 60)
    await house.promised(NUMBER, ago=5)
    await house.promised(OTHER, ago=5)
    await house.pool.execute(
        "update call set agent_answered_at = $2 where id = $1", talk, house.clock()
    )
    await house.carrier().tick()
    assert await house.left() == [OTHER]


async def test_who_was_gone_from_the_queue_when_the_server_came_back_is_listed(
    house: House,
) -> None:
    """Ended as lost: whether they hung up, or Asterisk died with them, nobody saw."""
    carrier = house.carrier()
    waiting = await house.queued(NUMBER, ago=300)
    talked = await house.queued(OTHER, ago=20)
    moved_on = await house.queued("+919810000003", ago=30)
    in_the_menu = await house.queued("+919810000004", ago=30, queue=None)
    async with house.pool.acquire() as conn:
        await set_agent_answered(conn, talked, "1001", house.clock() - timedelta(minutes=15))
        await set_waiting(conn, moved_on, "second", house.clock() - timedelta(minutes=25))
        await set_agent_answered(conn, moved_on, "1001", house.clock() - timedelta(minutes=15))
    for call_id in (waiting, talked, moved_on, in_the_menu):
        await house.ends(call_id, Outcome.LOST)
    for _ in range(2):
        await carrier.tick()
        assert await house.left() == [NUMBER]
    house.clock.advance(minutes=2)
    await house.ends(await house.queued(OTHER, ago=1), Outcome.LOST)
    await carrier.tick()
    assert await house.left() == [NUMBER, OTHER], "also those of later"


async def test_of_a_call_back_that_was_lost_in_the_queue_the_debt_stands_and_no_other_begins(
    house: House,
) -> None:
    left = await house.promised()
    await house.agent()
    assert await house.carrier().tick() == 1
    await house.answers()
    await house.pool.execute(
        "select enter_queue($1, $2, $3, true)", house.network.ids[-1], QUEUE, house.clock()
    )
    house.clock.advance(minutes=2)
    await house.ends(house.network.ids[-1], Outcome.LOST)
    house.network.ready = False
    await house.carrier().tick()
    owed = await house.pool.fetch("select call_id from callback where done_at is null")
    assert [row["call_id"] for row in owed] == [left]


async def test_where_nothing_is_dialled_the_list_is_kept_all_the_same(house: House) -> None:
    await house.ends(await house.queued(OTHER, ago=5), Outcome.QUEUE_ABANDONED)
    await house.promised()
    await house.agent()
    assert await house.carrier(reasons=()).tick() == 0
    assert await house.left() == [NUMBER, OTHER]


async def test_whom_an_agent_has_taken_is_not_dialled(house: House) -> None:
    left = await house.promised()
    await house.agent()
    async with house.pool.acquire() as conn, conn.transaction():
        await take(conn, left, Whose(actor="agent:1001", agent_id="1001"), house.clock())
    assert await house.carrier().tick() == 0
    house.clock.advance(minutes=16)
    assert await house.carrier().tick() == 1


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


@pytest.mark.parametrize("outcome", sorted(OURS), ids=str)
async def test_whom_the_queue_does_not_take_when_we_call_is_left_in_peace_and_still_owed(
    house: House, outcome: Outcome
) -> None:
    """Their second promise is the first one: no row of its own, and no call at once."""
    left = await house.promised()
    await house.agent()
    assert await house.carrier().tick() == 1
    await house.answers()
    async with house.pool.acquire() as conn:
        again = house.network.ids[-1]
        assert await owe_callback(conn, again, NUMBER, outcome, house.clock(), QUEUE)
    await house.ends(again, outcome)
    for _ in range(4):
        assert await house.carrier().tick() == 0
        house.clock.advance(minutes=1)
    owed = await house.pool.fetch("select call_id, attempts from callback where done_at is null")
    assert [tuple(row) for row in owed] == [(left, 0)]
    house.clock.advance(minutes=1)
    assert await house.carrier().tick() == 1


async def test_who_was_served_and_then_left_alone_by_a_second_queue_is_owed_a_call_anew(
    house: House,
) -> None:
    await house.promised()
    await house.agent()
    await house.carrier().tick()
    await house.answers()
    [talk] = house.network.ids
    async with house.pool.acquire() as conn:
        await set_agent_answered(conn, talk, "1001", house.clock())
        house.clock.advance(minutes=2)
        assert await owe_callback(conn, talk, NUMBER, Outcome.QUEUE_FULL, house.clock(), QUEUE)
    await house.ends(talk, Outcome.QUEUE_FULL)
    assert await house.carrier().tick() == 0
    assert await house.results() == {"no_agent": "served", "queue_full": None}
    house.clock.advance(minutes=6)
    assert await house.carrier().tick() == 1


async def test_who_keeps_their_place_in_our_call_is_not_called_at_once(house: House) -> None:
    await house.kept()
    await house.agent()
    await house.carrier().tick()
    await house.answers()
    again = house.network.ids[-1]
    async with house.pool.acquire() as conn:
        await set_waiting(conn, again, QUEUE, house.clock())
    house.clock.advance(minutes=1)
    await house.keeps(again)
    assert await house.carrier().tick() == 0
    house.clock.advance(minutes=6)
    assert await house.carrier().tick() == 1
    assert house.network.dialled[-1] == (NUMBER, again)


async def test_to_a_queue_that_lets_nobody_in_nobody_is_called(house: House) -> None:
    """Seats count agents who talk, too: they are no room in the queue."""
    await house.kept()
    for name in range(20):
        await house.agent(f"{2000 + name}")
    waiting = [await house.queued(f"+91981000100{one}", ago=5) for one in range(3)]
    carrier = house.carrier(longest={QUEUE: 3})
    assert await carrier.tick() == 0
    await house.ends(waiting[0], Outcome.QUEUE_ABANDONED)
    assert await carrier.tick() == 1


async def test_in_a_day_no_telephone_rings_more_often_than_it_may_whatever_comes_of_it(
    house: House,
) -> None:
    """Each number's calls always end in one way; whoever was told that we call is owed it anew."""
    house.clock.advance(hours=-1)  # the window opens
    ways = [(one, answered) for one in Outcome for answered in (False, True)]
    numbers = {f"+9198100{at:05}": way for at, way in enumerate(ways)}
    for name in range(len(ways)):
        await house.agent(f"{2000 + name}")
    for number in numbers:
        await house.promised(number)
    carrier = house.carrier(reasons=(*PROMISED, Outcome.QUEUE_ABANDONED), limits=WIDE)
    began: dict[str, list[datetime]] = {number: [] for number in numbers}
    for _ in range(13 * 30):
        before = len(house.network.ids)
        await carrier.tick()
        called = zip(house.network.dialled, house.network.ids, strict=True)
        for (number, _), call_id in [*called][before:]:
            began[number].append(house.clock())
            await house.ends_as(call_id, number, *numbers[number])
        house.clock.advance(minutes=2)
    for number, starts in began.items():
        outcome, answered = numbers[number]
        pauses = [later - start for start, later in pairwise(starts)]
        assert not pauses or min(pauses) >= SETTINGS.retry, (outcome, answered)
        if answered or outcome not in (Outcome.FAILED, Outcome.CONGESTION):  # else nothing rang
            assert 1 <= len(starts) <= SETTINGS.most_a_day, (outcome, answered)


@pytest.mark.parametrize("cut_at", range(1, 25))
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
