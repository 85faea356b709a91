"""Two supervisors at one agent at once: any number listen, one is heard, one move counts."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aiohttp import ClientWebSocketResponse

from cti.directory import Directory, EmergencyService
from cti.supervising import Supervisor
from db.pool import Pool
from dialplans.names import CONTEXT_DESK_SIDE, CONTEXT_DESK_SPY
from tests.cti.fake_ami import Action, FakeAmi, Session, one
from tests.cti.room import Room, ask, lines, opened, receive
from tests.cti.streams import agent_leg, citizen_leg, event
from tests.cti.test_room import listing
from tests.cti.test_supervising import ALL, HINDI, FakeSupervisors, board, members

DIRECTORY = Directory(
    agents=frozenset({"1001", "1008", "1009"}),
    queues=frozenset({"helpline-hi", "helpline-en", "schemes"}),
    services=(EmergencyService("112", "पुलिस", "Police", "112"),),
)
MEENA, KAVITA = {"phone": "1009"}, {"phone": "1008"}


def talking(slow: float = 0.0) -> FakeAmi:
    """1001 talks with a citizen; Asterisk takes `slow` seconds for each redirect."""
    channels = (citizen_leg(), agent_leg(state="6"))
    server = listing(*(lines(event("", **channel)) for channel in channels))
    usual = server.handler

    async def handler(session: Session, action: Action) -> bool:
        if one(action, "action") == "Redirect":
            await asyncio.sleep(slow)
        return await usual(session, action)

    server.handler = handler
    return server


@asynccontextmanager
async def two_at(
    pool: Pool, server: FakeAmi
) -> AsyncIterator[tuple[Room, ClientWebSocketResponse, ClientWebSocketResponse]]:
    known = FakeSupervisors({"all": ALL, "hindi": HINDI})
    async with opened(pool, server, supervisors=known, directory=DIRECTORY) as room:
        agent = await room.page("1001")
        await receive(agent, "hello", "pop")
        await members(room, ("helpline-hi", "1001"))
        await room.written()
        yield room, await board(room, "all"), await board(room, "hindi")


async def beside(page: ClientWebSocketResponse, mode: str, phone: Mapping[str, str]) -> Any:
    return await ask(page, mode, agent="1001", reason="जाँच", **phone)


def originated(room: Room) -> list[tuple[str, str]]:
    """The telephones that were rung, and to where."""
    return [
        (one(action, "channel"), one(action, "context"))
        for action in room.server.actions
        if one(action, "action") == "Originate"
    ]


def legs_of(room: Room) -> list[str]:
    return [
        one(action, "channelid")
        for action in room.server.actions
        if one(action, "action") == "Originate"
    ]


async def noted(pool: Pool, table: str) -> int:
    """What is on record stays: rows of other tests, too."""
    return int(await pool.fetchval(f"select count(*) from {table}"))


async def gone(room: Room, leg: str) -> None:
    channel = {"uniqueid": leg, "channel": "PJSIP/1009-00000009", "channelstate": "6"}
    await room.asterisk_says(event("Hangup", **channel, cause="16"))


async def test_of_two_who_join_a_call_at_once_one_does_and_the_other_is_told_who(
    pool: Pool,
) -> None:
    async with two_at(pool, talking(slow=0.1)) as (room, kavita, meena):
        told = await asyncio.gather(beside(kavita, "barge", KAVITA), beside(meena, "barge", MEENA))
        assert sorted(answer["ok"] for answer in told) == [False, True]
        (refused,) = (answer for answer in told if not answer["ok"])
        won = "कविता" if told[0]["ok"] else "मीना"
        assert refused["reason"] == {"code": "beside_another", "who": won}
        assert room.server.count("Redirect") == 1  # nobody was moved twice
        assert len(originated(room)) == 1


@pytest.mark.parametrize(
    ("first", "second", "both"),
    [
        ("listen", "listen", True),
        ("listen", "barge", True),
        ("barge", "listen", True),
        ("whisper", "listen", True),
        ("whisper", "whisper", False),
        ("whisper", "barge", False),
        ("barge", "whisper", False),
    ],
)
async def test_any_number_listen_and_one_is_heard(
    pool: Pool, first: str, second: str, both: bool
) -> None:
    before = await noted(pool, "desk_action")
    async with two_at(pool, talking()) as (room, kavita, meena):
        assert (await beside(kavita, first, KAVITA))["ok"]
        told = await beside(meena, second, MEENA)
        assert told["ok"] is both
        if not both:
            assert told["reason"] == {"code": "beside_another", "who": "कविता"}
            await gone(room, legs_of(room)[0])  # who was heard has hung up
            assert (await beside(meena, second, MEENA))["ok"]
        await room.written()
        assert await noted(pool, "desk_action") == before + 2


async def test_who_goes_on_from_listening_to_joining_leaves_the_seat_before(pool: Pool) -> None:
    async with two_at(pool, talking()) as (room, kavita, _):
        assert (await beside(kavita, "listen", KAVITA))["ok"]
        again = await beside(kavita, "listen", KAVITA)
        assert again["reason"] == {"code": "beside_yourself"}
        assert (await beside(kavita, "barge", KAVITA))["ok"]
        assert originated(room) == [
            ("PJSIP/1008", CONTEXT_DESK_SPY), ("PJSIP/1008", CONTEXT_DESK_SIDE),
        ]  # fmt: skip
        hung_up = [a for a in room.server.actions if one(a, "action") == "Hangup"]
        assert [one(action, "channel") for action in hung_up] == legs_of(room)[:1]


async def test_a_telephone_that_cannot_be_called_keeps_no_seat(pool: Pool) -> None:
    server = talking()
    usual, refuse = server.handler, [True]

    async def handler(session: Session, action: Action) -> bool:
        if one(action, "action") == "Originate" and refuse.pop() if refuse else False:
            await session.reply(action, "Error", "no such device")
            return True
        return await usual(session, action)

    async with two_at(pool, server) as (_, kavita, meena):
        server.handler = handler
        told = await beside(kavita, "whisper", KAVITA)
        assert told["reason"] == {"code": "your_phone_not_called"}
        assert (await beside(meena, "whisper", MEENA))["ok"]


async def test_an_agent_does_not_part_a_call_that_a_supervisor_is_joining(pool: Pool) -> None:
    async with opened(
        pool, talking(slow=0.1), supervisors=FakeSupervisors(), directory=DIRECTORY
    ) as room:
        agent = await room.page("1001")
        await receive(agent, "hello", "pop")
        await members(room, ("helpline-hi", "1001"))
        kavita = await board(room, "all")
        told = await asyncio.gather(
            beside(kavita, "barge", KAVITA), ask(agent, "consult", to={"listed": "112"})
        )
        assert sorted(answer["ok"] for answer in told) == [False, True]
        assert room.server.count("Redirect") == 1
        again = await ask(agent, "consult", to={"listed": "112"})
        assert again["reason"] == {"code": "asked_already"}  # who joins rings, and is not seen yet


async def test_of_two_moves_of_one_agent_the_second_is_told_of_the_first(pool: Pool) -> None:
    before = await noted(pool, "supervisor_action")
    both = FakeSupervisors({"all": ALL, "other": Supervisor(actor="user:4", name="Tara")})
    async with opened(pool, talking(), supervisors=both, directory=DIRECTORY) as room:
        await receive(await room.page("1001"), "hello", "pop")
        await members(room, ("helpline-hi", "1001"))
        await room.written()
        pages = [await board(room, "all"), await board(room, "other")]
        wanted = ["helpline-en", "schemes"]
        seen = {"agent": "1001", "reason": "भीड़", "from": ["helpline-hi"]}
        told = await asyncio.gather(
            *(
                ask(page, "move", queues=[queue], **seen)
                for page, queue in zip(pages, wanted, strict=True)
            )
        )
        assert sorted(answer["ok"] for answer in told) == [False, True]
        (refused,) = (answer for answer in told if not answer["ok"])
        assert refused["reason"] == {"code": "moved_meanwhile"}
        (won,) = (q for q, answer in zip(wanted, told, strict=True) if answer["ok"])
        held = await pool.fetchval(
            "select queues from agent_session where agent_id = '1001' and signed_out_at is null"
        )
        assert held == [won]
        assert await noted(pool, "supervisor_action") == before + 1


async def test_rights_over_a_move_are_asked_of_where_the_agent_is_by_then(pool: Pool) -> None:
    """Asterisk has not taken the first move yet; the second is by who supervises one queue."""
    async with two_at(pool, talking()) as (_, kavita, meena):
        move = {"agent": "1001", "reason": "भीड़"}
        assert (await ask(kavita, "move", queues=["helpline-en"], **move))["ok"]
        told = await ask(meena, "move", queues=["helpline-hi"], **move)
        assert told["reason"] == {"code": "not_your_queue"}
