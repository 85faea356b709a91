"""An agent leaves a consultation: by hanging up, which hands the citizen over, or by a loss."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from aiohttp import ClientWebSocketResponse

from cti.directory import Directory, EmergencyService
from cti.softphones import SoftphoneSettings
from db.pool import Pool
from dialplans.names import CONTEXT_BACK, CONTEXT_DESK_AWAY, CONTEXT_DESK_CITIZEN
from tests.cti.fake_ami import eventually, one
from tests.cti.room import Room, ask, lines, opened, receive
from tests.cti.streams import AT, CALL, CITIZEN, agent_leg, citizen_leg, event
from tests.cti.test_room import listing

DIRECTORY = Directory(
    agents=frozenset({"1001", "1002"}),
    services=(EmergencyService("112", "पुलिस", "Police", "112"),),
)
OUTSIDE, COLLEAGUE = {"listed": "112"}, {"agent": "1002"}


@asynccontextmanager
async def consulting(
    pool: Pool, whom: dict[str, str], how: str = "consult"
) -> AsyncIterator[tuple[Room, ClientWebSocketResponse, dict[str, str]]]:
    """The citizen is on hold, the agent in the room; and the leg of who was asked."""
    await pool.execute("truncate desk_action")
    await pool.execute(
        "insert into call (id, cell, direction, channel_id, started_at)"
        " values ($1, 'cell1', 'inbound', $2, $3)", CALL, CITIZEN, AT,
    )  # fmt: skip
    server = listing(lines(event("", **citizen_leg())), lines(event("", **agent_leg(state="6"))))
    phones = SoftphoneSettings(agents=frozenset({"1001"}), url="wss://pbx/ws")
    async with opened(pool, server, directory=DIRECTORY, softphones=phones) as room:
        page = await room.page()
        await receive(page, "hello", "pop")
        await room.asterisk_says(
            event("QueueMemberAdded", queue="helpline-hi", interface="PJSIP/1002", paused="0")
        )
        assert (await ask(page, how, to=whom))["ok"]
        await room.asterisk_says(event("ConfbridgeJoin", **agent_leg(state="6")))
        rung = next(a for a in server.actions if one(a, "action") == "Originate")
        id, channel = one(rung, "channelid"), "PJSIP/trunk" if whom is OUTSIDE else "PJSIP/1002"
        yield room, page, {
            "channel": f"{channel}-000000aa", "uniqueid": id, "linkedid": id,
            "channelstate": "6", "calleridnum": "112", "call": str(CALL),
        }  # fmt: skip


async def moved_to(room: Room, *contexts: str) -> None:
    """Until the citizen was sent there, one after the other (the first time on hold)."""

    def sent() -> list[str]:
        asked = [a for a in room.server.actions if one(a, "action") == "Redirect"]
        return [one(action, "context") for action in asked[1:]]

    await eventually(lambda: sent() == list(contexts))


async def handed_to(room: Room) -> tuple[str | None, list[str]]:
    """What is on record once the citizen is gone too: the first agent's talk, what was logged."""
    ended = room.server.count("Hangup")
    await room.asterisk_says(event("Hangup", **citizen_leg(), cause="16"))
    await eventually(lambda: room.server.count("Hangup") > ended)  # nobody stays in the room
    await room.written()
    rows = await room.pool.fetch(
        "select handed_to from agent_talk where call_id = $1 and agent_id = '1001'", CALL
    )
    logged = await room.pool.fetch("select action from desk_action where call_id = $1", CALL)
    assert len(rows) == 1
    return rows[0]["handed_to"], sorted(row["action"] for row in logged)


@pytest.mark.parametrize(
    ("whom", "target"), [(OUTSIDE, "number"), (COLLEAGUE, "agent:1002")], ids=["outside", "agent"]
)
async def test_who_hangs_up_in_a_consultation_has_transferred_the_citizen(
    pool: Pool, whom: dict[str, str], target: str
) -> None:
    async with consulting(pool, whom) as (room, _, third):
        hangs_up = event("Hangup", **agent_leg(state="6"), cause="16")
        await room.asterisk_says(event("ConfbridgeJoin", **third), hangs_up)
        await moved_to(room, CONTEXT_DESK_CITIZEN)
        assert await handed_to(room) == (target, ["consult", "transfer_consulted"])


async def test_the_queues_own_word_of_the_end_may_come_before_the_hang_up(pool: Pool) -> None:
    async with consulting(pool, OUTSIDE) as (room, _, third):
        leg = agent_leg(state="6")
        dest = {f"dest{key}": value for key, value in leg.items()}
        done = {**citizen_leg(), **dest, "queue": "helpline-hi", "interface": "PJSIP/1001"}
        await room.asterisk_says(
            event("ConfbridgeJoin", **third),
            event("ConfbridgeLeave", **leg),
            event("AgentComplete", **done, dest_call=str(CALL)),
            event("Hangup", **leg, cause="16"),
        )
        await moved_to(room, CONTEXT_DESK_CITIZEN)
        assert await handed_to(room) == ("number", ["consult", "transfer_consulted"])


async def test_whose_telephone_went_silent_transferred_nobody_and_nobody_is_left_alone(
    pool: Pool,
) -> None:
    async with consulting(pool, OUTSIDE) as (room, _, third):
        silent = event("Hangup", **agent_leg(state="6"), cause="44")  # rtp_timeout's
        await room.asterisk_says(event("ConfbridgeJoin", **third), silent)
        await moved_to(room, CONTEXT_DESK_CITIZEN)
        assert await handed_to(room) == (None, ["consult"])


async def test_whose_page_is_reloaded_while_the_third_rings_gets_the_citizen_back(
    pool: Pool,
) -> None:
    async with consulting(pool, OUTSIDE) as (room, _, third):
        await room.asterisk_says(event("Newstate", **{**third, "channelstate": "5"}))
        ready = await room.cti.recovery.phone_ready("1001", 0)
        assert ready.rings_for == CALL
        await moved_to(room, CONTEXT_DESK_AWAY)
        assert ended(room) == [agent_leg()["uniqueid"], third["uniqueid"]]  # who rings in vain
        back = rung_back(room)
        await room.asterisk_says(
            event("Hangup", **agent_leg(state="6"), cause="16"),
            event("Hangup", **third, cause="16"),
            event("Newstate", **{**back, "channelstate": "5"}),
            event("ConfbridgeJoin", **back),
        )
        await moved_to(room, CONTEXT_DESK_AWAY, CONTEXT_DESK_CITIZEN)
        assert len(ended(room)) == 2
        handed, logged = await handed_to(room)
        assert (handed, logged) == (None, ["consult", "softphone_back", "softphone_lost"])


@pytest.mark.parametrize("first", ["third", "back"])
async def test_whose_page_is_reloaded_while_a_third_is_called_for_all_leaves_the_citizen_there(
    pool: Pool, first: str
) -> None:
    """An emergency service that rings goes on ringing, and has the citizen if it is there first."""
    async with consulting(pool, OUTSIDE, "conference") as (room, _, third):
        await room.asterisk_says(
            event("ConfbridgeJoin", **citizen_leg()),
            event("Newstate", **{**third, "channelstate": "5"}),
        )
        assert (await room.cti.recovery.phone_ready("1001", 0)).rings_for == CALL
        await moved_to(room, CONTEXT_DESK_AWAY)
        assert ended(room) == [agent_leg()["uniqueid"]]
        legs = {"third": third, "back": rung_back(room)}
        await room.asterisk_says(
            event("ConfbridgeLeave", **citizen_leg()),
            event("Hangup", **agent_leg(state="6"), cause="16"),
            event("ConfbridgeJoin", **legs[first]),
        )
        await moved_to(room, CONTEXT_DESK_AWAY, CONTEXT_DESK_CITIZEN)
        assert ended(room) == [agent_leg()["uniqueid"]]


async def test_whom_agent_and_third_both_left_goes_back_to_the_queue(pool: Pool) -> None:
    """The agent's page is away; an emergency service had the citizen meanwhile, and hung up."""
    async with consulting(pool, OUTSIDE, "conference") as (room, _, third):
        ringing = event("Newstate", **{**third, "channelstate": "5"})
        await room.asterisk_says(event("ConfbridgeJoin", **citizen_leg()), ringing)
        assert (await room.cti.recovery.phone_ready("1001", 0)).rings_for == CALL
        await moved_to(room, CONTEXT_DESK_AWAY)
        back = rung_back(room)
        await room.asterisk_says(
            event("ConfbridgeLeave", **citizen_leg()),
            event("Hangup", **agent_leg(state="6"), cause="16"),
            event("Newstate", **{**back, "channelstate": "5"}),
            event("ConfbridgeJoin", **third),
        )
        await moved_to(room, CONTEXT_DESK_AWAY, CONTEXT_DESK_CITIZEN)
        await room.asterisk_says(
            event("ConfbridgeJoin", **citizen_leg()), event("Hangup", **third, cause="16")
        )
        await room.written()
        await moved_to(room, CONTEXT_DESK_AWAY, CONTEXT_DESK_CITIZEN)  # the agent may be back yet
        await room.asterisk_says(event("Hangup", **back, cause="19"))
        await moved_to(room, CONTEXT_DESK_AWAY, CONTEXT_DESK_CITIZEN, CONTEXT_BACK)
        assert citizen_leg()["uniqueid"] not in ended(room)


async def test_who_answers_while_being_told_that_they_need_not_does_not_get_the_citizen(
    pool: Pool,
) -> None:
    async with consulting(pool, OUTSIDE) as (room, _, third):
        await room.asterisk_says(event("Newstate", **{**third, "channelstate": "5"}))
        assert (await room.cti.recovery.phone_ready("1001", 0)).rings_for == CALL
        await room.asterisk_says(
            event("ConfbridgeJoin", **third), event("Hangup", **third, cause="16")
        )
        await room.asterisk_says(event("ConfbridgeJoin", **rung_back(room)))
        await moved_to(room, CONTEXT_DESK_AWAY, CONTEXT_DESK_CITIZEN)
        handed, logged = await handed_to(room)
        assert (handed, logged) == (None, ["consult", "softphone_back", "softphone_lost"])


async def test_who_was_left_alone_while_our_server_was_away_goes_back_to_the_queue(
    pool: Pool,
) -> None:
    server = listing(lines(event("", **citizen_leg(), application="ConfBridge")))
    async with opened(pool, server, directory=DIRECTORY) as room:

        def sent_to() -> list[str]:
            asked = [a for a in room.server.actions if one(a, "action") == "Redirect"]
            return [one(action, "context") for action in asked]

        await eventually(lambda: sent_to() == [CONTEXT_BACK])


def ended(room: Room) -> list[str]:
    """Legs that were ended by us."""
    return [one(a, "channel") for a in room.server.actions if one(a, "action") == "Hangup"]


def rung_back(room: Room) -> dict[str, str]:
    """The agent's new leg."""
    originates = [a for a in room.server.actions if one(a, "action") == "Originate"]
    assert len(originates) == 2
    id = one(originates[-1], "channelid")
    return {**agent_leg(number=99, state="6"), "uniqueid": id, "linkedid": id}


async def test_a_colleague_who_was_asked_and_hangs_up_transfers_nobody(pool: Pool) -> None:
    async with consulting(pool, COLLEAGUE) as (room, _, third):
        await room.asterisk_says(
            event("ConfbridgeJoin", **third), event("Hangup", **third, cause="16")
        )
        await moved_to(room, CONTEXT_DESK_CITIZEN)  # to who asked
        assert await handed_to(room) == (None, ["consult"])


async def test_who_hangs_up_before_anybody_answered_has_handed_the_citizen_to_nobody(
    pool: Pool,
) -> None:
    async with consulting(pool, OUTSIDE) as (room, page, third):
        ringing = event("Newstate", **{**third, "channelstate": "5"})
        assert (await ask(page, "hang_up"))["ok"]
        await room.asterisk_says(ringing, event("Hangup", **agent_leg(state="6"), cause="16"))
        await moved_to(room, CONTEXT_BACK)
        await eventually(lambda: room.server.count("Hangup") == 2)  # who rings, too
        assert await handed_to(room) == (None, ["consult", "hang_up"])
