"""What agents ask stays open for supervisors; what supervisors tell stays until it was read."""

import asyncio
from datetime import datetime, timedelta
from typing import Any

import asyncpg
import pytest
from aiohttp import ClientWebSocketResponse

from cti.why import Why
from db.pool import Pool
from tests.cti.room import Room, ask, opened, receive
from tests.cti.streams import AT
from tests.cti.test_supervising import DIRECTORY, FakeSupervisors, board, members, supervised


async def until_open(page: ClientWebSocketResponse, *agents: str) -> list[dict[str, Any]]:
    """The open questions, once they are those of these agents."""
    async with asyncio.timeout(30):
        while True:
            told = await page.receive_json()
            if told["type"] == "board" and [one["agent"] for one in told["questions"]] == [*agents]:
                questions: list[dict[str, Any]] = told["questions"]
                return questions


async def asks(room: Room, agent: str = "1001", text: str = "क्या यह हमारा काम है?") -> None:
    page = await room.page(agent)
    await receive(page, "hello")
    assert (await ask(page, "help", text=text))["ok"]
    await page.close()


async def log(pool: Pool) -> list[tuple[str, str, str]]:
    rows = await pool.fetch("select kind, author, actor from help_message order by n")
    return [(row["kind"], row["author"], row["actor"]) for row in rows]


async def test_a_question_is_on_a_wallboard_that_is_opened_after_it_and_after_a_restart(
    pool: Pool,
) -> None:
    async with supervised(pool) as (room, _):
        await asks(room)
    async with supervised(pool) as (room, _):  # the agent is not there any more
        for who in ("all", "hindi"):
            page = await room.client.ws_connect("/supervisor/socket", headers={"X-Supervisor": who})
            first = await page.receive_json(timeout=20)
            (question,) = first["questions"]
            assert (question["agent"], question["name"]) == ("1001", "सीता देवी")
            assert (question["text"], question["by"]) == ("क्या यह हमारा काम है?", "")
        page = await room.client.ws_connect(
            "/supervisor/socket", headers={"X-Supervisor": "english"}
        )
        assert (await page.receive_json(timeout=20))["questions"] == []
        answer = await ask(page, "help_take", agent="1001", seen="")
        assert answer["reason"] == {"code": Why.NOT_YOUR_QUEUE}


async def test_who_takes_a_question_is_named_until_somebody_closes_it(pool: Pool) -> None:
    async with supervised(pool) as (room, _):
        await asks(room)
        page, other = await board(room, "hindi"), await board(room, "all")
        assert (await ask(page, "help_take", agent="1001", seen=""))["ok"]
        second = await ask(other, "help_take", agent="1001", seen="")
        assert second["reason"] == {"code": Why.TAKEN_MEANWHILE}
        assert (await ask(page, "help_take", agent="1001", seen=""))["ok"]  # theirs already
        (question,) = await until_open(other, "1001")
        while not question["by"]:
            (question,) = await until_open(other, "1001")
        assert (question["by"], question["by_name"]) == ("user:2", "मीना")
        assert (await ask(other, "help_take", agent="1001", seen="user:2"))["ok"]
        assert (await ask(other, "help_close", agent="1001"))["ok"]
        assert (await ask(page, "help_close", agent="1001"))["reason"] == {"code": Why.NOTHING_OPEN}
        assert (await ask(page, "help_take", agent="1001", seen=""))["reason"] == {
            "code": Why.NOTHING_OPEN
        }
        await until_open(page)
        assert await log(pool) == [
            ("said", "agent:1001", ""),
            ("taken", "supervisor:मीना", "user:2"),
            ("taken", "supervisor:कविता", "user:1"),
            ("closed", "supervisor:कविता", "user:1"),
        ]


async def test_of_two_who_take_it_at_once_one_has_it(pool: Pool) -> None:
    async with supervised(pool) as (room, _):
        await asks(room)
        pages = [await board(room, "hindi"), await board(room, "all")]
        answers = await asyncio.gather(
            *(ask(page, "help_take", agent="1001", seen="") for page in pages)
        )
        assert sorted(answer["ok"] for answer in answers) == [False, True]
        assert len(await log(pool)) == 2


async def test_an_answer_takes_the_question_and_both_sides_read_it_again(pool: Pool) -> None:
    async with supervised(pool) as (room, _):
        await asks(room)
        page = await board(room, "hindi")
        assert (await ask(page, "help", agent="1001", text="हाँ, दर्ज कीजिए"))["ok"]
        agent = await room.page("1001")
        await receive(agent, "hello")
        told = (await ask(agent, "help_history"))["messages"]
        assert [(one["kind"], one["from"], one["text"]) for one in told] == [
            ("said", "agent:1001", "क्या यह हमारा काम है?"),
            ("said", "supervisor:मीना", "हाँ, दर्ज कीजिए"),
        ]
        assert (await ask(page, "help_history", agent="1001"))["messages"] == told
        (question,) = await until_open(await later(room), "1001")
        assert (question["by"], question["unanswered"]) == ("user:2", False)
        assert (await ask(agent, "help", text="और यह?"))["ok"]
        (question,) = await until_open(await later(room), "1001")
        assert (question["by"], question["unanswered"], question["text"]) == (
            "user:2", True, "और यह?",
        )  # fmt: skip
        assert (await ask(page, "help_close", agent="1001"))["ok"]
        (closed,) = [one async for one in of_kind(agent, "closed")]
        assert closed["from"] == "supervisor:मीना"


async def later(room: Room) -> ClientWebSocketResponse:
    return await room.client.ws_connect("/supervisor/socket", headers={"X-Supervisor": "hindi"})


async def of_kind(page: ClientWebSocketResponse, kind: str) -> Any:
    while True:
        message = await page.receive_json(timeout=20)
        if message["type"] == "help" and message["kind"] == kind:
            yield message
            return


async def test_what_was_asked_and_told_cannot_be_changed(pool: Pool) -> None:
    async with supervised(pool) as (room, _):
        await asks(room)
        page = await board(room, "all")
        assert (await ask(page, "broadcast", queue="helpline-hi", text="बाढ़"))["ok"]
    for change in ("update help_message set text = 'x'", "delete from help_message",
                   "update notice set text = 'x'", "delete from notice"):  # fmt: skip
        with pytest.raises(asyncpg.PostgresError):
            await pool.execute(change)


async def unread(page: ClientWebSocketResponse) -> list[str]:
    return [one["text"] for one in (await ask(page, "notices"))["notices"]]


async def test_a_notice_waits_for_whoever_signs_in_and_goes_once_it_was_read(pool: Pool) -> None:
    clock = AT

    def now() -> datetime:
        return clock

    known = FakeSupervisors()
    async with opened(pool, supervisors=known, directory=DIRECTORY, now=now) as room:
        page = await board(room, "all")
        sent = await ask(page, "broadcast", queue="helpline-hi", text="बाढ़", hours=4)
        assert (await ask(page, "broadcast", queue="helpline-en", text="Flood", hours=1))["ok"]
        agent = await room.page("1001")
        await receive(agent, "hello")
        assert await unread(agent) == ["बाढ़"]  # not of the other queue
        assert await unread(agent) == ["बाढ़"]  # a reload
        assert (await ask(agent, "notice_read", notice=sent["notice"]))["ok"]
        assert (await ask(agent, "notice_read", notice=sent["notice"]))["ok"]
        assert await unread(agent) == []
        both = await room.page("1002")
        await receive(both, "hello")
        assert sorted(await unread(both)) == ["Flood", "बाढ़"]
        clock = AT + timedelta(hours=2)
        assert await unread(both) == ["बाढ़"]
        clock = AT + timedelta(hours=4)
        assert await unread(both) == []
        rows = await pool.fetch("select agent_id, at from notice_read")
        assert [tuple(row) for row in rows] == [("1001", AT)]
        for hours in (0, 169, -1):
            refused = await ask(page, "broadcast", queue="helpline-hi", text="x", hours=hours)
            assert refused["ok"] is False
        unknown = await ask(agent, "notice_read", notice=str(AT.timestamp()))
        assert unknown["ok"] is False


async def test_a_notice_is_told_at_once_to_who_is_there(pool: Pool) -> None:
    async with supervised(pool) as (room, _):
        agent = await room.page("1001")
        await receive(agent, "hello")
        await members(room, ("helpline-hi", "1001"))
        page = await board(room, "hindi")
        sent = await ask(page, "broadcast", queue="helpline-hi", text="बाढ़")
        (told,) = await receive(agent, "broadcast")
        assert (told["notice"], told["from"], told["text"]) == (sent["notice"], "मीना", "बाढ़")
        assert told["until"] == (AT + timedelta(hours=24)).isoformat()
