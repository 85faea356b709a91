"""The trunk's last lines are for emergencies: what the desk dials is counted, and held to that."""

import asyncio
from datetime import timedelta
from uuid import UUID, uuid4

from calls import admission, dialling
from calls.dialling import Rule
from campaigns import attempts
from cti.directory import Directory, EmergencyService, Listed
from cti.errors import NotNowError
from cti.state import State
from cti.trunk import Trunk, beside
from cti.why import Why
from db.pool import Pool
from db.statements import statements
from tests.complaints.world import World
from tests.cti.fake_ami import FakeAmi, eventually
from tests.cti.room import ask, lines, opened, receive
from tests.cti.streams import AT, CALL, CITIZEN, agent_leg, citizen_leg, event, outbound_leg
from tests.cti.test_room import listing
from tests.cti.test_state import play

DIRECTORY = Directory(
    listed=(Listed("water", "जल", "Water", "1916"),),
    services=(EmergencyService("112", "पुलिस", "Police", "112"),),
)
ASKED = {
    "channel": "PJSIP/trunk-000000aa", "uniqueid": "side-1", "linkedid": "side-1",
    "channelstate": "6", "calleridnum": "1916", "call": str(CALL),
}  # fmt: skip
GIVEN = {**ASKED, "channel": "PJSIP/trunk-000000ab", "uniqueid": "lab1-9.9", "linkedid": CITIZEN}


def talking(*more: dict[str, str]) -> FakeAmi:
    """A conversation, and these channels beside it."""
    return listing(
        *(lines(event("", **leg)) for leg in (citizen_leg(), agent_leg(state="6"), *more))
    )


async def told(pool: Pool, cell: str, legs: int, age: int = 1) -> None:
    """Another cell's word."""
    await pool.execute(
        "insert into cell_board (cell, word, at, board, beside) values ($1, 1, $2, '{}', $3)",
        cell, AT - timedelta(seconds=age), legs,
    )  # fmt: skip


async def open_calls(pool: Pool, count: int) -> None:
    for _ in range(count):
        await pool.execute(
            "insert into call (id, cell, direction, started_at)"
            " values ($1, 'cell9', 'inbound', $2)",
            uuid4(), AT,
        )  # fmt: skip


def test_a_number_outside_that_was_asked_or_given_a_citizen_is_a_channel_beside() -> None:
    own = [citizen_leg(), outbound_leg(UUID(int=5)), agent_leg()]
    assert beside(play(event("Newchannel", **leg) for leg in own)[0]) == 0
    both = [*own, ASKED, GIVEN]
    assert beside(play(event("Newchannel", **leg) for leg in both)[0]) == 2


async def test_the_desk_dials_outside_only_while_the_reserve_is_left(pool: Pool) -> None:
    async with pool.acquire() as conn:
        await conn.execute("truncate dial_rule, dial_request, dial_cut_off")
        await dialling.allow(conn, Rule("*", "+91", 100))
    # Five lines, one kept: two calls and the number that is asked leave the desk one.
    async with opened(
        pool, talking(GIVEN), directory=DIRECTORY, trunk_limit=5, emergency_reserve=1
    ) as room:
        await open_calls(pool, 1)
        await room.open_call(CALL)
        page = await room.page()
        await receive(page, "hello", "pop")
        assert (await ask(page, "transfer", to={"listed": "water"}))["ok"]
        refused = await ask(page, "transfer", to={"listed": "water"})
        assert (refused["ok"], refused["reason"]) == (False, {"code": Why.LINES_BUSY})
        for command in ("consult", "conference"):
            assert not (await ask(page, command, to={"listed": "water"}))["ok"]
        requests = await pool.fetchval("select count(*) from dial_request")
        assert requests == 1  # a full trunk is not held against the agent
        before = room.server.count("Redirect")
        assert (await ask(page, "transfer", to={"listed": "112"}))["ok"]
        assert room.server.count("Redirect") == before + 1


async def test_a_click_without_a_line_writes_and_rings_nothing(pool: Pool, world: World) -> None:
    async with pool.acquire() as conn:
        await dialling.allow(conn, Rule("*", "+91", 100))
    number = (await world.register()).number
    async with opened(pool, trunk_limit=5, emergency_reserve=1) as room:
        await open_calls(pool, 4)
        page = await room.page()
        await receive(page, "hello")
        await room.asterisk_says(
            event("QueueMemberAdded", interface="PJSIP/1001", queue="helpline-hi")
        )
        key = str(uuid4())
        refused = await ask(page, "call_citizen", key=key, complaint=number)
        assert (refused["ok"], refused["reason"]) == (False, {"code": Why.LINES_BUSY})
        assert (room.server.count("Originate"), await rows(pool)) == (0, 4)
        await pool.execute("update call set ended_at = $1, outcome = 'lost' where id = any($2)",
                           AT, [await pool.fetchval("select id from call limit 1")])  # fmt: skip
        assert (await ask(page, "call_citizen", key=key, complaint=number))["ok"]
        assert (room.server.count("Originate"), await rows(pool)) == (1, 5)


async def rows(pool: Pool) -> int:
    return int(await pool.fetchval("select count(*) from call"))


async def test_the_last_line_goes_to_one_of_two_who_ask_at_once(pool: Pool) -> None:
    trunk = Trunk(State, lambda: AT, cell="cell1", limit=3)
    await open_calls(pool, 2)

    async def take() -> bool:
        async with pool.acquire() as conn:
            try:
                await trunk.take(conn)
            except NotNowError:
                return False
            return True

    assert sorted(await asyncio.gather(take(), take())) == [False, True]


async def test_lines_of_other_cells_are_counted_while_they_are_heard_of(pool: Pool) -> None:
    await told(pool, "cell1", 7)  # our own word: we know better
    await told(pool, "cell2", 2)
    await told(pool, "cell3", 40, age=60)
    await open_calls(pool, 3)
    async with pool.acquire() as conn:
        assert await statements().calls_trunk_used(conn, cell="cell1", now=AT) == 3 + 2
        load = await admission.load(conn, number=None, cell="cell1", now=AT)
        assert load.trunks_open == 3 + 7 + 2
        busy = await attempts.busy(conn, AT)
        assert (busy.inbound, busy.outbound, busy.beside) == (3, 0, 9)


async def test_a_cell_tells_what_it_dials_beside_its_calls(pool: Pool) -> None:
    async with opened(pool, talking(ASKED, GIVEN)) as room:
        await eventually(lambda: beside(room.live.state) == 2)
        async with asyncio.timeout(10):
            while await pool.fetchval("select beside from cell_board where cell = 'cell1'") != 2:
                await asyncio.sleep(0.05)
