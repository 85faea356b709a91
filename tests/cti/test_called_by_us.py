"""The screen-pop of a call that we place: Asterisk names us as its caller, its row the citizen."""

from uuid import UUID, uuid4

from calls.store import open_outbound
from cti.message import AmiEvent
from db.ids import new_id
from db.pool import Pool
from dialplans.names import SIDE_LEG
from tests.complaints.world import CITIZEN, World
from tests.cti.room import Room, ask, lines, may_click, opened, receive
from tests.cti.streams import AT, agent_leg, both, event, outbound_leg
from tests.cti.test_room import listing


async def _called_back(room: Room, number: str = CITIZEN, left: UUID | None = None) -> UUID:
    """By us, from the rows on until an agent's telephone rings for them."""
    call = new_id(AT)
    async with room.pool.acquire() as conn:
        assert await open_outbound(
            conn, call_id=call, cell="cell1", number=number, service_number="1076", at=AT
        )
        if left is not None:
            await conn.execute(
                "insert into callback_attempt (id, left_call, number, cell, written_at)"
                " values ($1, $2, $3, 'cell1', $4)", call, left, number, AT,
            )  # fmt: skip
    await room.asterisk_says(*_rings(call))
    return call


def _rings(call: UUID) -> list[AmiEvent]:
    """Who was called has answered, and waits in a queue; an agent's telephone rings."""
    citizen = outbound_leg(call, state="6")
    agent = agent_leg(citizen=str(call), call=call, state="0")
    return [
        event("Newchannel", **outbound_leg(call)),
        event("Newstate", **citizen),
        event("QueueCallerJoin", **citizen, queue="helpline-hi"),
        both("AgentCalled", citizen, agent),
    ]


async def test_whom_we_call_back_pops_with_their_number_and_history(pool: Pool) -> None:
    async with opened(pool) as room:
        page = await room.page()
        await receive(page, "hello")
        call = await _called_back(room)
        [pop] = await receive(page, "pop")
        assert (pop["call"], pop["caller"]) == (str(call), CITIZEN)
        assert pop["history"]["calls"] == [{"queue": "helpline-hi"}]
        assert room.history.looked_up == [CITIZEN]


async def test_whose_row_cannot_be_read_is_not_shown_as_somebody_who_withholds_the_number(
    pool: Pool,
) -> None:
    async with opened(pool) as room:
        page = await room.page()
        await receive(page, "hello")
        room.database.away = True
        await room.asterisk_says(*_rings(new_id(AT)))
        [pop] = await receive(page, "pop")
        assert (pop["caller"], pop["history"]) == (None, None)  # the page asks again
        room.database.away = False


async def test_a_click_pops_with_its_citizen_after_the_server_was_restarted(
    pool: Pool, world: World
) -> None:
    number = (await world.register()).number
    async with may_click(pool) as (room, page):
        told = await ask(page, "call_citizen", key=str(uuid4()), complaint=number)
    call = UUID(told["call"])
    agent = agent_leg(call=call, state="6") | {
        "uniqueid": f"{SIDE_LEG}1",
        "linkedid": f"{SIDE_LEG}1",
    }
    legs = [lines(event("", **leg)) for leg in (outbound_leg(call, state="6"), agent)]
    async with opened(pool, listing(*legs)) as room:
        page = await room.page()
        _, pop, *_ = await receive(page, "hello", "pop")
        assert (pop["call"], pop["caller"]) == (told["call"], CITIZEN)
        assert pop["history"]["calls"] == [{"queue": "helpline-hi"}]


async def test_whom_we_call_back_for_a_confidential_call_is_not_shown_to_who_may_not_see_it(
    pool: Pool, world: World
) -> None:
    number = (await world.register(world.form(confidential=True))).number
    async with may_click(pool) as (room, page):
        click = await ask(page, "call_citizen", key=str(uuid4()), complaint=number)
        await pool.execute(
            "update call set ended_at = $2, outcome = 'no_agent' where id = $1",
            UUID(click["call"]), AT,
        )  # fmt: skip
        await pool.execute(
            "insert into callback (call_id, number, reason, requested_at)"
            " values ($1, $2, 'no_agent', $3)", UUID(click["call"]), CITIZEN, AT,
        )  # fmt: skip
        call = await _called_back(room, left=UUID(click["call"]))
        [pop] = await receive(page, "pop")
        assert (pop["call"], pop["caller"]) == (str(call), None)
        assert (pop["history"], room.history.looked_up) == ({"calls": [], "complaints": []}, [])
