"""A citizen comes to a queue while somebody is in the room for them, or rings: whose they are."""

from cti.effects import AgentAnswered, AgentReleased, Effect, OfferToAgent
from cti.snapshot import Snapshot, resync
from cti.softphones import SoftphoneSettings
from cti.state import State
from cti.views import AgentStatus, agent_view
from db.pool import Pool
from dialplans.names import CONTEXT_BACK, CONTEXT_DESK_AWAY
from tests.cti.fake_ami import eventually, one
from tests.cti.room import Room, lines, opened, receive, shows
from tests.cti.streams import AT, CALL, CITIZEN, agent_leg, both, citizen_leg, event
from tests.cti.test_asking import asking
from tests.cti.test_awaited import ASKED
from tests.cti.test_awaited import consulting as consulted
from tests.cti.test_leaving_consultation import DIRECTORY, OUTSIDE, consulting, ended, moved_to
from tests.cti.test_room import listing
from tests.cti.test_state import leg, play

NEXT = agent_leg("1002", 30)
QUEUED = event("QueueCallerJoin", **citizen_leg(), queue="helpline-hi")
LEFT = event("QueueCallerLeave", **citizen_leg(), queue="helpline-hi")
TAKEN = (LEFT, both("AgentConnect", citizen_leg(), {**NEXT, "channelstate": "6"}))


async def test_whom_a_queue_gives_to_the_next_agent_is_not_pulled_back_into_the_room(
    pool: Pool,
) -> None:
    async with consulting(pool, OUTSIDE) as (room, page, third):
        other = await room.page("1002")
        await room.asterisk_says(event("ConfbridgeJoin", **third))
        await asking(page, "in_room", "number")
        await room.asterisk_says(QUEUED)
        await shows(page, asking=None, status="in_call")  # the citizen is not on hold any more
        await room.asterisk_says(both("AgentCalled", citizen_leg(), NEXT))
        _, pop = await receive(other, "hello", "pop")  # while it rings
        assert pop["call"] == str(CALL)
        await room.asterisk_says(*TAKEN)
        first, asked = agent_leg()["uniqueid"], third["uniqueid"]
        # Whom the next one asks would come into the same room.
        await eventually(lambda: set(ended(room)) == {first, asked})
        await room.asterisk_says(
            event("Hangup", **agent_leg(state="6"), cause="16"),
            event("Hangup", **third, cause="16"),
        )
        await room.written()
        await moved_to(room)  # nobody moved the citizen
        assert len(ended(room)) == 2
        call = room.live.state.calls[CALL]
        assert (call.agent_id, call.others) == ("1002", {})


async def test_who_comes_to_the_room_from_hold_by_the_dialplan_is_on_hold_no_more(
    pool: Pool,
) -> None:
    async with consulting(pool, OUTSIDE) as (room, page, third):
        await room.asterisk_says(event("ConfbridgeJoin", **third))
        await asking(page, "in_room", "number")
        await room.asterisk_says(event("ConfbridgeJoin", **citizen_leg()))
        await shows(page, asking=None, status="in_call")
        # So that the agent, who leaves, leaves the two talking.
        await room.asterisk_says(event("Hangup", **agent_leg(state="6"), cause="16"))
        await room.written()
        await moved_to(room)
        assert ended(room) == []


async def test_who_comes_into_a_room_that_everybody_has_left_goes_to_a_queue(pool: Pool) -> None:
    server = listing(lines(event("", **citizen_leg())))
    async with opened(pool, server, directory=DIRECTORY) as room:
        await room.asterisk_says(event("ConfbridgeJoin", **citizen_leg()))
        await eventually(lambda: sent_to(room) == [CONTEXT_BACK])


def sent_to(room: Room) -> list[str]:
    asked = [a for a in room.server.actions if one(a, "action") == "Redirect"]
    return [one(action, "context") for action in asked]


async def test_an_agent_who_is_rung_back_too_late_is_not_left_in_an_empty_room(pool: Pool) -> None:
    await pool.execute(
        "insert into call (id, cell, direction, channel_id, started_at)"
        " values ($1, 'cell1', 'inbound', $2, $3)", CALL, CITIZEN, AT,
    )  # fmt: skip
    server = listing(lines(event("", **citizen_leg())), lines(event("", **agent_leg(state="6"))))
    phones = SoftphoneSettings(agents=frozenset({"1001"}), url="wss://pbx/ws")
    async with opened(pool, server, directory=DIRECTORY, softphones=phones) as room:
        page, other = await room.page(), await room.page("1002")
        await receive(page, "hello", "pop")
        await receive(other, "hello")
        assert (await room.cti.recovery.phone_ready("1001", 0)).rings_for == CALL
        [rung] = [a for a in server.actions if one(a, "action") == "Originate"]
        id = one(rung, "channelid")
        back = {**agent_leg(number=99), "uniqueid": id, "linkedid": id}
        await room.asterisk_says(
            event("Hangup", **agent_leg(state="6"), cause="16"), event("Newstate", **back)
        )
        await room.written()
        talks = "select ended_at is null as open from agent_talk where call_id = $1"
        assert [row["open"] for row in await pool.fetch(talks, CALL)] == [False]
        await room.asterisk_says(QUEUED)
        await eventually(lambda: ended(room) == [agent_leg()["uniqueid"], id])
        # It answers while it is being ended.
        await room.asterisk_says(event("ConfbridgeJoin", **{**back, "channelstate": "6"}))
        await eventually(lambda: ended(room)[1:] == [id, id])
        assert agent_view(room.live.state, "1001").status is not AgentStatus.IN_CALL
        await room.asterisk_says(both("AgentCalled", citizen_leg(), NEXT))
        [pop] = await receive(other, "pop")
        assert pop["call"] == str(CALL)
        await room.asterisk_says(event("Hangup", **back, cause="16"), *TAKEN)
        await room.written()
        had = await pool.fetch("select agent_id from agent_talk where call_id = $1", CALL)
        assert sorted(row["agent_id"] for row in had) == ["1001", "1002"]  # theirs is of before
        assert sent_to(room) == [CONTEXT_DESK_AWAY]


async def test_who_is_asked_for_all_three_rings_no_more_when_the_citizen_is_handed_to_a_queue(
    pool: Pool,
) -> None:
    async with consulting(pool, OUTSIDE, "conference") as (room, _, third):
        await room.asterisk_says(
            event("ConfbridgeJoin", **citizen_leg()),
            event("Newstate", **{**third, "channelstate": "5"}),
            event("ConfbridgeLeave", **citizen_leg()),
            QUEUED,
        )
        await eventually(lambda: ended(room) == [third["uniqueid"]])


def effects_of(*kinds: type[Effect], of: list[Effect]) -> list[Effect]:
    return [one for one in of if isinstance(one, kinds)]


def test_who_stays_in_the_room_of_a_citizen_in_a_queue_does_not_have_them() -> None:
    state, effects = play([QUEUED], consulted())
    call = state.calls[CALL]
    assert (call.agent_id, call.agent_leg, set(call.others)) == (None, None, {"1001", "1002"})
    assert agent_view(state, "1001").status is AgentStatus.IN_CALL
    assert effects_of(AgentReleased, AgentAnswered, of=effects) == []


def test_who_comes_into_the_room_of_a_citizen_in_a_queue_does_not_get_them() -> None:
    state, _ = play([event("Newstate", **citizen_leg()), QUEUED])
    state, effects = play([event("ConfbridgeJoin", **ASKED)], state)
    assert state.calls[CALL].agent_id is None
    assert effects_of(AgentAnswered, of=effects) == []


def test_a_snapshot_of_a_citizen_in_a_queue_gives_them_to_nobody_in_the_room() -> None:
    first = {**agent_leg(state="6"), "uniqueid": "side-14"}
    found = Snapshot(
        legs=(leg(citizen_leg()), leg(first), leg(NEXT)),
        inside=frozenset({"side-14"}),
        waiting={CITIZEN: "helpline-hi"},
    )
    state, effects = resync(State(), found, AT)
    call = state.calls[CALL]
    assert (call.agent_id, set(call.others), set(call.offers)) == (None, {"1001"}, {"1002"})
    offered = [one for one in effects if isinstance(one, OfferToAgent)]
    assert "1002" in {one.agent_id for one in offered}
