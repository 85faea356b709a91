"""Agents who are not in the settings any more: their rows stay, nothing else of them does."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from aiohttp import ClientWebSocketResponse, WSMsgType

from cti import roster, tokens
from cti.desk import Agent
from cti.directory import Directory
from cti.errors import AgentGoneError
from cti.pages import CLOSE_GONE
from cti.roster import Rostered
from db.ids import new_id
from db.pool import Pool
from db.statements import statements
from tests.cti.fake_ami import eventually
from tests.cti.room import SECRET, Room, opened, receive
from tests.cti.streams import AT, CALL, answered_call, event
from tests.cti.test_membership import sign_in

LATER = AT + timedelta(hours=1)
SITA = Rostered("1001", "सीता देवी", ("helpline-hi",))
MOHAN = Rostered("1002", "मोहन", ("helpline-hi", "helpline-en"))


async def load(pool: Pool, *listed: Rostered) -> list[str]:
    async with pool.acquire() as conn:
        return await roster.load(conn, "cell1", listed, LATER)


async def test_who_is_not_listed_is_gone_once_and_back_when_listed_again(pool: Pool) -> None:
    assert await load(pool, SITA, MOHAN) == []
    assert await load(pool, SITA) == ["1002"]
    assert await load(pool, SITA) == []
    rows = await pool.fetch("select id, gone_at from agent order by id")
    assert [tuple(row) for row in rows] == [("1001", None), ("1002", LATER), ("2001", None)]
    assert await load(pool, SITA, MOHAN) == []
    assert await pool.fetchval("select count(*) from agent where gone_at is not null") == 0


async def test_a_cell_without_agents_lets_all_of_its_own_go(pool: Pool) -> None:
    assert await load(pool) == ["1001", "1002"]


async def test_with_the_agent_their_session_and_their_places_in_the_queues_end(pool: Pool) -> None:
    for agent in ("1001", "1002"):
        await sign_in(pool, agent)
    await load(pool, MOHAN)
    rows = await pool.fetch("select agent_id, signed_out_at from agent_session order by agent_id")
    assert [tuple(row) for row in rows] == [("1001", LATER), ("1002", None)]
    async with opened(pool) as room:
        await eventually(lambda: room.server.count("QueueAdd") == 2)  # both of Mohan's
        await room.asterisk_says(
            event("QueueMemberAdded", interface="PJSIP/1001", queue="helpline-hi")
        )
        assert list(room.desk.serving()) == ["1002"]


async def test_a_sign_in_on_its_way_when_the_agent_goes_is_not_written(pool: Pool) -> None:
    await load(pool, MOHAN)
    async with pool.acquire() as conn:
        for agent in ("1001", "1002"):
            await statements().cti_sign_in(conn, id=new_id(AT), agent_id=agent, at=AT)
    assert await pool.fetchval("select array_agg(agent_id) from agent_session") == ["1002"]


async def test_who_is_gone_is_told_so_and_not_seated(pool: Pool) -> None:
    await load(pool, MOHAN)
    async with opened(pool) as room:
        with pytest.raises(AgentGoneError):
            await room.desk.agent("1001")
        page = await room.page("1001")
        message = await page.receive(timeout=10)
        assert (message.type, message.data) == (WSMsgType.CLOSE, CLOSE_GONE)
        assert room.desk.signed_in == 0
        answer = await post(room)
        assert (answer["error"], answer["reason"]["code"]) == (
            "1001 is not an agent here any more", "gone"
        )  # fmt: skip
        assert room.registrar.forms == []


async def test_the_socket_of_another_cells_agent_is_closed_for_good(pool: Pool) -> None:
    """A refusal (403) would be a lost network to a browser, which would ask for ever."""
    async with opened(pool) as room:
        page = await room.page("2001")  # of cell2
        message = await page.receive(timeout=10)
        assert (message.type, message.data) == (WSMsgType.CLOSE, CLOSE_GONE)
        assert room.desk.signed_in == 0


async def post(room: Room) -> dict[str, Any]:
    headers = {"Authorization": f"Bearer {tokens.issue(SECRET, '1001')}"}
    form = {"call": str(CALL), "key": str(uuid4()), "category": "c", "place": "p", "text": "t"}
    response = await room.client.post("/agent/complaints", json=form, headers=headers)
    assert response.status == 403
    found: dict[str, Any] = await response.json()
    return found


async def test_a_call_of_who_is_gone_goes_on_to_its_end(pool: Pool) -> None:
    async with opened(pool) as room:
        await receive(await room.page(), "hello")
        await room.written()
    await load(pool, MOHAN)
    async with opened(pool) as room:
        await room.open_call(CALL)
        await room.asterisk_says(*answered_call()[:9])
        await room.written()
        row = await room.row("call", CALL)
        assert (row["agent_id"], row["ended_at"]) == ("1001", None)
        assert room.server.count("Hangup") == 0
        await room.asterisk_says(*answered_call()[9:])
        assert room.server.count("Hangup") == 0


async def test_who_leaves_in_a_call_gets_none_after_it_and_their_page_stays_until_then(
    pool: Pool,
) -> None:
    seats = {id: Agent(id, id, ("helpline-hi",)) for id in ("1001", "1002")}
    directory = Directory(agents=frozenset(seats))
    async with opened(pool, directory=directory) as room:
        page, other = await room.page(), await room.page("1002")
        await room.asterisk_says(
            event("QueueMemberAdded", interface="PJSIP/1001", queue="helpline-hi")
        )
        await room.open_call(CALL)
        await room.asterisk_says(*answered_call()[:9])
        assert [room.cti.at_work(id) for id in ("1001", "1002")] == [True, False]
        before = room.server.count("QueuePause")
        room.cti.follow(seats, frozenset({"1001"}), frozenset())
        await eventually(lambda: room.server.count("QueuePause") > before)
        pauses = [one for one in room.server.actions if one["action"] == ["QueuePause"]]
        assert (pauses[-1]["interface"], pauses[-1]["paused"]) == (["PJSIP/1001"], ["true"])
        assert directory.agents == {"1002"}  # no colleague hands them a citizen
        assert room.desk.signed_in == 2
        await room.asterisk_says(*answered_call()[9:])
        await eventually(lambda: not room.cti.at_work("1001"))
        room.cti.follow({"1002": Agent("1002", "मोहन लाल", ())}, frozenset(), frozenset())
        assert await closed(page) == CLOSE_GONE
        assert room.desk.serving() == {"1002": Agent("1002", "मोहन लाल", ())}
        assert not other.closed


async def closed(page: ClientWebSocketResponse) -> int:
    """The code with which the server closes the page."""
    while True:
        message = await page.receive(timeout=10)
        if message.type is WSMsgType.CLOSE:
            return int(message.data)


async def test_while_out_of_step_with_asterisk_anybody_may_be_at_work(pool: Pool) -> None:
    async with opened(pool) as room:
        assert not room.cti.at_work("1001")
        await room.server.stop()
        await eventually(lambda: room.cti.at_work("1001"))
