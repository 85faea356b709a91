"""Who may supervise what: by session, within their queues, and each act with who and why."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import pytest
from aiohttp import ClientWebSocketResponse, WSServerHandshakeError, web

from access.rights import TENANT, Grant, Person, Role, Scope
from cti import tokens
from cti.directory import Directory
from cti.supervising import Supervisor, seen_by, supervising
from db.pool import Pool
from tests.cti.fake_ami import Action, Session, one
from tests.cti.room import SECRET, Room, ask, opened, receive
from tests.cti.streams import answered_call, event

ALL = Supervisor(actor="user:1", name="कविता")
HINDI = Supervisor(actor="user:2", name="मीना", queues=frozenset({"helpline-hi"}))
ENGLISH = Supervisor(actor="user:3", name="Tara", queues=frozenset({"helpline-en"}))
EVERYBODY = {"all": ALL, "hindi": HINDI, "english": ENGLISH}
DIRECTORY = Directory(
    agents=frozenset({"1001", "1002", "1009"}), queues=frozenset({"helpline-hi", "helpline-en"})
)


@dataclass
class FakeSupervisors:
    """Browsers say who they are in a header."""

    known: dict[str, Supervisor] = field(default_factory=lambda: dict(EVERYBODY))

    async def supervisor_of(self, request: web.Request) -> Supervisor | None:
        return self.known.get(request.headers.get("X-Supervisor", ""))

    def from_our_page(self, request: web.Request) -> bool:
        return "Origin" in request.headers


@asynccontextmanager
async def supervised(pool: Pool) -> AsyncIterator[tuple[Room, FakeSupervisors]]:
    known = FakeSupervisors()
    await pool.execute("alter table supervisor_action disable trigger user")
    await pool.execute("delete from supervisor_action")
    await pool.execute("alter table supervisor_action enable trigger user")
    async with opened(pool, supervisors=known, directory=DIRECTORY, look_every=0.05) as room:
        yield room, known


async def board(room: Room, who: str) -> ClientWebSocketResponse:
    headers = {"X-Supervisor": who}
    page = await room.client.ws_connect("/supervisor/socket", headers=headers)
    first = await page.receive_json(timeout=20)
    hello = await page.receive_json(timeout=20)
    assert (first["type"], hello["type"]) == ("board", "hello")
    return page


async def members(room: Room, *pairs: tuple[str, str]) -> None:
    """Asterisk says that these agents are in these queues."""
    await room.asterisk_says(
        *(
            event("QueueMemberAdded", queue=queue, interface=f"PJSIP/{agent}", paused="0")
            for queue, agent in pairs
        )
    )


def person(*grants: Grant) -> Person:
    return Person(UUID(int=1), "tara", "Tara", "en", "1009", grants)


def test_a_person_supervises_what_their_roles_say() -> None:
    assert supervising(person()) is None
    assert supervising(person(Grant(Role.AGENT), Grant(Role.ADMINISTRATOR))) is None
    both = person(
        Grant(Role.SUPERVISOR, Scope(queue="helpline-hi")),
        Grant(Role.SUPERVISOR, Scope(queue="helpline-en")),
    )
    found = supervising(both)
    assert found is not None
    assert found.queues == frozenset({"helpline-hi", "helpline-en"})
    assert found.phone == "1009"
    everywhere = supervising(person(Grant(Role.SUPERVISOR, TENANT)))
    assert everywhere is not None
    assert everywhere.queues is None


def test_queues_that_are_not_theirs_are_not_on_their_board() -> None:
    whole = {
        "queues": {"helpline-hi": {}, "helpline-en": {}},
        "agents": [
            {"agent": "1001", "status": "ready", "queues": ["helpline-hi"]},
            {"agent": "1002", "status": "paused", "queues": ["helpline-en", "helpline-hi"]},
        ],
        "by_status": {"ready": 1, "paused": 1},
        "calls": 4,
        "alarms": [{"queue": "helpline-hi"}, {"queue": ""}],
    }
    seen = seen_by(whole, ENGLISH)
    assert list(seen["queues"]) == ["helpline-en"]
    assert [one["agent"] for one in seen["agents"]] == ["1002"]
    assert (seen["by_status"], seen["calls"], seen["alarms"]) == ({"paused": 1}, 4, [{"queue": ""}])
    assert seen_by(whole, ALL) == whole


def test_no_queue_at_all_is_only_for_who_supervises_all() -> None:
    assert ALL.may([])
    assert not HINDI.may([])


async def test_only_who_supervises_gets_the_socket(pool: Pool) -> None:
    async with supervised(pool) as (room, _):
        for headers in ({}, {"X-Supervisor": "nobody"}, {"Authorization": "Bearer kavita.x"}):
            with pytest.raises(WSServerHandshakeError) as refused:
                await room.client.ws_connect("/supervisor/socket", headers=headers)
            assert refused.value.status == 401
        await board(room, "all")
        token = {"Authorization": f"Bearer {tokens.issue_supervisor(SECRET, 'lab')}"}
        await room.client.ws_connect("/supervisor/socket", headers=token)


async def test_each_act_is_written_with_who_and_why(pool: Pool) -> None:
    async with supervised(pool) as (room, _):
        agent = await room.page("1001")
        await receive(agent, "hello")
        await members(room, ("helpline-hi", "1001"))
        page = await board(room, "hindi")
        assert (await ask(page, "force_pause", agent="1001"))["reason"] == {"code": "say_why"}
        assert (await ask(page, "force_pause", agent="1001", reason=" "))["ok"] is False
        assert (await ask(page, "force_pause", agent="1001", reason="शोर"))["ok"]
        assert (await ask(page, "broadcast", queue="helpline-hi", text="बाढ़"))["ok"]
        (heard,) = await receive(agent, "broadcast")
        assert heard["from"] == "मीना"
        assert (await ask(page, "force_sign_out", agent="1001", reason="घर"))["ok"]
        rows = await pool.fetch("select * from supervisor_action")
        told = {(row["actor"], row["action"], row["target"], row["reason"]) for row in rows}
        assert told == {  # in no order: the clock of tests stands
            ("user:2", "force_pause", "agent:1001", "शोर"),
            ("user:2", "broadcast", "queue:helpline-hi", "बाढ़"),
            ("user:2", "force_sign_out", "agent:1001", "घर"),
        }
        assert len(rows) == 3


async def test_another_queues_agents_are_not_theirs(pool: Pool) -> None:
    async with supervised(pool) as (room, _):
        await receive(await room.page("1001"), "hello")
        await receive(await room.page("1002"), "hello")
        await members(
            room, ("helpline-hi", "1001"), ("helpline-hi", "1002"), ("helpline-en", "1002")
        )
        await room.asterisk_says(*answered_call()[:-3])
        page = await board(room, "english")
        not_theirs = {"code": "not_your_queue"}
        for command, more in (
            ("force_pause", {"agent": "1001"}),
            ("force_sign_out", {"agent": "1001"}),
            ("move", {"agent": "1001", "queues": ["helpline-en"]}),
            ("move", {"agent": "1002", "queues": ["helpline-en"]}),  # out of helpline-hi
            ("broadcast", {"queue": "helpline-hi", "text": "x"}),
            ("help", {"agent": "1001", "text": "x"}),
        ):
            answer = await ask(page, command, reason="क्यों", **more)
            assert (answer["ok"], answer["reason"]) == (False, not_theirs), command
        heard = await ask(page, "listen", agent="1001", phone="1009", reason="क्यों")
        assert heard["reason"] == not_theirs
        assert await pool.fetchval("select count(*) from supervisor_action") == 0


async def test_nobody_listens_on_a_telephone_that_an_agent_works_with(pool: Pool) -> None:
    async with supervised(pool) as (room, known):
        await receive(await room.page("1001"), "hello")
        await receive(await room.page("1002"), "hello")
        page = await board(room, "all")
        told = await ask(page, "listen", agent="1001", phone="1002", reason="क्यों")
        assert told["reason"] == {"code": "phone_in_use"}
        known.known["all"] = Supervisor(actor="user:1", name="कविता", phone="1009")
        told = await ask(page, "listen", agent="1001", phone="1002", reason="क्यों")
        assert told["reason"] == {"code": "agent_in_no_call"}  # it would be their own that rings


async def test_a_notice_to_a_queue_that_there_is_not_is_refused_whoever_supervises_all(
    pool: Pool,
) -> None:
    async with supervised(pool) as (room, _):
        page = await board(room, "all")
        told = await ask(page, "broadcast", queue="helpline-hindi", text="बाढ़")
        assert told["reason"] == {"code": "no_such_queue"}
        assert (
            await pool.fetchval("select count(*) from notice where queue = 'helpline-hindi'") == 0
        )
        assert (await ask(page, "broadcast", queue="helpline-hi", text="बाढ़"))["ok"]


@pytest.mark.parametrize("mode", ["listen", "whisper", "barge"])
@pytest.mark.parametrize(
    ("state", "away"), [("UNAVAILABLE", True), ("INVALID", True), ("NOT_INUSE", False)]
)
async def test_a_telephone_that_cannot_ring_is_refused_with_the_reason(
    pool: Pool, mode: str, state: str, away: bool
) -> None:
    async with supervised(pool) as (room, _known):
        usual = room.server.handler

        async def states(session: Session, action: Action) -> bool:
            if one(action, "variable") != "DEVICE_STATE(PJSIP/1009)":
                return await usual(session, action)
            await session.reply(action, "Success", "", f"Value: {state}")
            return True

        room.server.handler = states
        await receive(await room.page("1001"), "hello")
        await members(room, ("helpline-hi", "1001"))
        await room.asterisk_says(*answered_call()[:-3])
        page = await board(room, "all")
        told = await ask(page, mode, agent="1001", phone="1009", reason="क्यों")
        assert told.get("reason") == ({"code": "phone_away"} if away else None)
        assert room.server.count("Originate") == int(not away)


async def test_a_right_that_was_taken_back_counts_at_once(pool: Pool) -> None:
    async with supervised(pool) as (room, known):
        agent = await room.page("1001")
        await receive(agent, "hello")
        page = await board(room, "all")
        del known.known["all"]
        await page.send_json({"type": "force_pause", "id": 1, "agent": "1001", "reason": "because"})
        async with asyncio.timeout(20):
            while (closed := await page.receive()).data != 4000:
                assert '"ok":true' not in str(closed.data).replace(" ", "")
        assert await pool.fetchval("select count(*) from supervisor_action") == 0


async def test_an_open_board_follows_a_narrower_right(pool: Pool) -> None:
    async with supervised(pool) as (room, known):
        await members(room, ("helpline-hi", "1001"), ("helpline-en", "1002"))
        page = await board(room, "all")
        known.known["all"] = ENGLISH
        async with asyncio.timeout(20):
            while True:
                told = await page.receive_json()
                if told["type"] == "board" and list(told["queues"]) == ["helpline-en"]:
                    break


async def test_a_page_that_saw_what_was_gone_again_is_told(pool: Pool) -> None:
    """Opened between two looks, it is shown a board that nobody else is ever shown."""

    def served(told: dict[str, Any]) -> bool:
        queue = told.get("queues", {}).get("helpline-hi", {})
        return bool(queue) and queue["agents"] == 1

    async with supervised(pool) as (room, _), asyncio.timeout(60):
        first = await board(room, "all")
        await members(room, ("helpline-hi", "1001"))
        while not served(await first.receive_json()):
            pass
        gone = event("QueueMemberRemoved", queue="helpline-hi", interface="PJSIP/1001")
        await room.asterisk_says(gone)
        page = await board(room, "all")
        await members(room, ("helpline-hi", "1001"))
        while not served(await page.receive_json()):
            pass


async def test_help_is_told_only_to_who_supervises_the_agent(pool: Pool) -> None:
    async with supervised(pool) as (room, _):
        agent = await room.page("1001")
        await receive(agent, "hello")
        await members(room, ("helpline-hi", "1001"))
        theirs, others = await board(room, "hindi"), await board(room, "english")
        assert (await ask(agent, "help", text="क्या करूँ?"))["ok"]
        async with asyncio.timeout(20):
            while (await theirs.receive_json())["type"] != "help":
                pass
        await others.send_json({"type": "ping"})
        seen = []
        while (told := await others.receive_json(timeout=20))["type"] != "pong":
            seen.append(told["type"])
        assert "help" not in seen
