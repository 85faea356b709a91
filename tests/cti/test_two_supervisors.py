"""Two supervisors at one agent at once: any number listen, one is heard, one move counts."""

import asyncio
import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID, uuid4

import pytest
from aiohttp import ClientWebSocketResponse

from cti.beside import Seat, seat_of, words_of
from cti.directory import Directory, EmergencyService
from cti.supervising import Supervisor
from db.pool import Pool
from dialplans.names import CONTEXT_DESK_SIDE, CONTEXT_DESK_SPY, SIDE_LEG, VAR_BESIDE
from tests.cti.fake_ami import Action, FakeAmi, Session, one
from tests.cti.room import Room, ask, lines, opened, receive
from tests.cti.streams import AT, CALL, agent_leg, citizen_leg, event
from tests.cti.test_room import listing
from tests.cti.test_supervising import ALL, HINDI, FakeSupervisors, board, members

DIRECTORY = Directory(
    agents=frozenset({"1001", "1008", "1009"}),
    queues=frozenset({"helpline-hi", "helpline-en", "schemes"}),
    services=(EmergencyService("112", "पुलिस", "Police", "112"),),
)
MEENA, KAVITA = {"phone": "1009"}, {"phone": "1008"}


def talking(slow: float = 0.0, beside: Mapping[str, str] | None = None) -> FakeAmi:
    """1001 talks with a citizen; Asterisk takes `slow` seconds for each redirect.

    `beside`: legs of supervisors that a server before us has rung, with what stands on them.
    """
    left = beside or {}
    spies = ({**spy_leg(leg), "channelstate": "6"} for leg in left)
    channels = (citizen_leg(), agent_leg(state="6"), *spies)
    server = listing(*(lines(event("", **channel)) for channel in channels))
    usual = server.handler

    async def handler(session: Session, action: Action) -> bool:
        if one(action, "action") == "Redirect":
            await asyncio.sleep(slow)
        if (one(action, "action"), one(action, "variable")) == ("Getvar", VAR_BESIDE):
            told = left.get(one(action, "channel"), "")
            await session.reply(action, "Success", "", f"Value: {told}")
            return True
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


def spy_leg(leg: str) -> dict[str, str]:
    """As Asterisk tells of one; it names no call of ours."""
    return {
        "uniqueid": leg, "linkedid": leg, "channel": "PJSIP/1009-00000009", "channelstate": "4",
        "context": CONTEXT_DESK_SPY,
    }  # fmt: skip


async def gone(room: Room, leg: str) -> None:
    await room.asterisk_says(event("Hangup", **spy_leg(leg), cause="16"))


def shown(room: Room) -> list[dict[str, str]]:
    """Who is beside 1001, as wallboards show it."""
    (agent,) = (one for one in room.cti.wallboards.board()["agents"] if one["agent"] == "1001")
    found: list[dict[str, str]] = agent["beside"]
    return found


def hung_up(room: Room) -> list[str]:
    return [one(a, "channel") for a in room.server.actions if one(a, "action") == "Hangup"]


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


@pytest.mark.parametrize("mode", ["listen", "whisper", "barge"])
async def test_the_reason_is_on_record_before_a_supervisors_telephone_rings(
    pool: Pool, mode: str
) -> None:
    server, reason = talking(), f"जाँच {uuid4()} "
    kept = reason + "?"
    usual, on_record = server.handler, []
    asked = "select count(*) from desk_action where (call_id, action, reason) = ($1, $2, $3)"

    async def handler(session: Session, action: Action) -> bool:
        if one(action, "action") == "Originate":
            on_record.append(await pool.fetchval(asked, CALL, mode, kept))
        return await usual(session, action)

    server.handler = handler
    async with two_at(pool, server) as (_, kavita, _other):
        half = reason + "\ud83d"  # of an emoji that was cut in two
        assert (await ask(kavita, mode, agent="1001", reason=half, **KAVITA))["ok"]
        assert on_record == [1]


@pytest.mark.parametrize("mode", ["listen", "whisper", "barge"])
async def test_nobody_is_beside_an_agent_while_the_reason_cannot_be_kept(
    pool: Pool, mode: str
) -> None:
    before = await noted(pool, "desk_action")
    async with two_at(pool, talking()) as (room, kavita, _):
        room.database.away = True
        told = await beside(kavita, mode, KAVITA)
        assert told["reason"] == {"code": "database_away"}
        room.database.away = False
        await room.written()
        assert (originated(room), room.server.count("Redirect")) == ([], 0)
        assert await noted(pool, "desk_action") == before
        assert (await beside(kavita, mode, KAVITA))["ok"]  # the seat is free


async def test_a_call_that_ends_while_the_reason_is_written_is_not_listened_to(
    pool: Pool,
) -> None:
    async with two_at(pool, talking()) as (room, kavita, _), pool.acquire() as other:
        async with other.transaction():
            await other.execute("lock table desk_action in access exclusive mode")
            asked = asyncio.create_task(beside(kavita, "listen", KAVITA))
            waits = (
                "select count(*) from pg_locks"
                " where relation = 'desk_action'::regclass and not granted"
            )
            async with asyncio.timeout(10):
                while not await other.fetchval(waits):
                    await asyncio.sleep(0.01)
            await room.asterisk_says(event("Hangup", **agent_leg(state="6"), cause="16"))
        assert (await asked)["reason"] == {"code": "agent_in_no_call"}
        assert originated(room) == []


async def test_who_goes_on_from_listening_to_joining_leaves_the_seat_before(pool: Pool) -> None:
    async with two_at(pool, talking()) as (room, kavita, _):
        assert (await beside(kavita, "listen", KAVITA))["ok"]
        again = await beside(kavita, "listen", KAVITA)
        assert again["reason"] == {"code": "beside_yourself"}
        assert (await beside(kavita, "barge", KAVITA))["ok"]
        assert originated(room) == [
            ("PJSIP/1008", CONTEXT_DESK_SPY), ("PJSIP/1008", CONTEXT_DESK_SIDE),
        ]  # fmt: skip
        assert hung_up(room) == legs_of(room)[:1]


@pytest.mark.parametrize("mode", ["listen", "whisper", "barge"])
async def test_the_leg_itself_says_whose_seat_it_is(pool: Pool, mode: str) -> None:
    async with two_at(pool, talking()) as (room, kavita, _):
        assert (await beside(kavita, mode, KAVITA))["ok"]
        (asked,) = (a for a in room.server.actions if one(a, "action") == "Originate")
        (told,) = (v for v in asked["variable"] if v.startswith(f"{VAR_BESIDE}="))
        seat = seat_of("leg", told.removeprefix(f"{VAR_BESIDE}="), AT)
        assert seat is not None
        assert (seat.call_id, seat.agent, seat.mode) == (CALL, "1001", mode)
        assert (seat.who.actor, seat.who.name) == (ALL.actor, "कविता")


def left_by(who: Supervisor, mode: str, leg: str) -> dict[str, str]:
    return {leg: words_of(Seat(CALL, "1001", who, mode, AT))}


@pytest.mark.parametrize(
    ("first", "second", "both"),
    [("whisper", "whisper", False), ("whisper", "barge", False), ("listen", "whisper", True)],
)
async def test_who_was_heard_before_a_restart_still_is_the_only_one(
    pool: Pool, first: str, second: str, both: bool
) -> None:
    leg = f"{SIDE_LEG}{uuid4()}"
    async with two_at(pool, talking(beside=left_by(ALL, first, leg))) as (room, kavita, meena):
        told = await beside(meena, second, MEENA)
        assert told["ok"] is both
        again = await beside(kavita, first, KAVITA)
        assert again["reason"] == {"code": "beside_yourself"}
        if not both:
            assert told["reason"] == {"code": "beside_another", "who": "कविता"}
            await gone(room, leg)  # who was heard has hung up
            assert (await beside(meena, second, MEENA))["ok"]


async def test_who_listened_before_a_restart_is_shown_and_can_leave(pool: Pool) -> None:
    leg = f"{SIDE_LEG}{uuid4()}"
    async with two_at(pool, talking(beside=left_by(ALL, "listen", leg))) as (room, kavita, meena):
        assert shown(room) == [{"who": ALL.actor, "name": "कविता", "mode": "listen"}]
        refused = await ask(meena, "leave", agent="1001")
        assert refused["reason"] == {"code": "not_beside"}
        assert (await ask(kavita, "leave", agent="1001"))["ok"]
        assert hung_up(room) == [leg]
        assert shown(room) == []
        assert (await beside(kavita, "listen", KAVITA))["ok"]


async def test_a_link_that_was_cut_seats_nobody_twice(pool: Pool) -> None:
    server = talking(beside=left_by(ALL, "listen", f"{SIDE_LEG}{uuid4()}"))
    async with two_at(pool, server) as (room, *_):
        room.server.sessions[-1].cut()
        while room.consumer.resyncs < 2:
            await asyncio.sleep(0.02)
        assert len(shown(room)) == 1


async def test_a_supervisor_is_shown_once_they_have_answered_until_they_hang_up(
    pool: Pool,
) -> None:
    async with two_at(pool, talking()) as (room, kavita, _):
        assert (await beside(kavita, "whisper", KAVITA))["ok"]
        (leg,) = legs_of(room)
        await room.asterisk_says(event("Newchannel", **spy_leg(leg)))
        assert shown(room) == []
        await room.asterisk_says(event("Newstate", **{**spy_leg(leg), "channelstate": "6"}))
        assert shown(room) == [{"who": ALL.actor, "name": "कविता", "mode": "whisper"}]
        await gone(room, leg)
        assert shown(room) == []


def test_a_seat_is_ascii_whoever_has_it_and_no_other_words_are_one() -> None:
    who = Supervisor(actor="user:12", name="क" * 80 + ':,"\\')
    words = words_of(Seat(CALL, "1001", who, "whisper", AT))
    assert re.fullmatch(r"[A-Za-z0-9%:._~-]{1,700}", words)
    read = seat_of("side-1", words, AT)
    assert read is not None
    assert (read.who.actor, read.leg, read.call_id) == ("user:12", "side-1", UUID(str(CALL)))
    for other in ("", "whisper", words.replace("whisper", "shout"), "listen:no-uuid:1001:a:b"):
        assert seat_of("side-1", other, AT) is None


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
