"""Our server is new, and the calls are not: what it makes of those it finds."""

from datetime import timedelta
from uuid import uuid4

from db.pool import Pool
from dialplans.names import CONTEXT_DESK_HOLD
from tests.cti.fake_ami import Action, Session, eventually, one
from tests.cti.room import ask, lines, opened, receive, shows
from tests.cti.streams import AT, CALL, agent_leg, both, citizen_leg, event
from tests.cti.test_room import listing


async def test_what_a_server_before_us_left_open_is_ended_however_young(pool: Pool) -> None:
    dead, live, ours, outbound = (uuid4() for _ in range(4))
    channels = [lines(event("", **citizen_leg("lab1-7.7", call=None)))]
    for id, channel, direction, age in (
        (dead, "lab1-7.6", "inbound", 2),
        (live, "lab1-7.7", "inbound", 2),
        (ours, "lab1-7.8", "inbound", -2),
        (outbound, None, "outbound", 2),
    ):
        await pool.execute(
            "insert into call (id, cell, direction, channel_id, started_at)"
            " values ($1, 'cell1', $2, $3, $4)",
            id, direction, channel, AT - timedelta(seconds=age),
        )  # fmt: skip
    async with opened(pool, listing(*channels)) as room:
        assert await room.outcome(dead) == "lost"
        rows = await pool.fetch("select id from call where outcome is null")
        assert {row["id"] for row in rows} == {live, ours, outbound}


async def test_an_answer_seen_again_and_a_second_agents_keep_the_time_of_the_first(
    pool: Pool,
) -> None:
    """A server that is restarted sees conversations as if they had just begun."""
    channels = [lines(event("", **citizen_leg())), lines(event("", **agent_leg(state="6")))]
    first = AT - timedelta(minutes=5)
    await pool.execute(
        "insert into call (id, cell, direction, started_at, agent_id, agent_answered_at)"
        " values ($1, 'cell1', 'inbound', $2, '1001', $2)",
        CALL, first,
    )  # fmt: skip
    async with opened(pool, listing(*channels)) as room:
        await room.written()
        assert (await room.row("call", CALL))["agent_answered_at"] == first
        leg = agent_leg("1002", 15, state="6")
        await room.asterisk_says(
            event("Hangup", **agent_leg(state="6"), cause="16"),
            both("AgentConnect", citizen_leg(), leg),
        )
        await room.written()
        row = await room.row("call", CALL)
        assert (row["agent_id"], row["agent_answered_at"]) == ("1002", first)


async def test_what_agents_did_when_the_last_server_died_is_over_with_its_last_word(
    pool: Pool,
) -> None:
    began, word = AT - timedelta(hours=11), AT - timedelta(hours=10)
    for agent, state, since in (("1001", "ready", began), ("1002", "ready", began)):
        await pool.execute(
            "insert into agent_state (id, agent_id, state, from_at)"
            " values (gen_random_uuid(), $1, $2, $3)", agent, state, since,
        )  # fmt: skip
    channels = [lines(event("", **citizen_leg())), lines(event("", **agent_leg(state="6")))]
    async with opened(pool, listing(*channels), last_word=word) as room:
        await room.written()
        states = await pool.fetch(
            "select agent_id, state, from_at, until_at from agent_state order by agent_id, from_at"
        )
        assert [tuple(row) for row in states] == [
            ("1001", "ready", began, word), ("1001", "in_call", AT, None),
            ("1002", "ready", began, word),
        ]  # fmt: skip


async def test_a_citizen_on_hold_is_known_as_such_after_a_restart(pool: Pool) -> None:
    held = {**citizen_leg(), "context": CONTEXT_DESK_HOLD}
    agent = {**agent_leg(state="6"), "application": "ConfBridge"}
    channels = [lines(event("", **held)), lines(event("", **agent))]
    async with opened(pool, listing(*channels)) as room:
        page = await room.page()
        await receive(page, "hello", "pop")
        answer = await ask(page, "consult_cancel")
        assert answer["ok"], answer
        await eventually(lambda: room.server.count("Redirect") == 1)


async def test_agents_whose_citizen_went_while_no_server_ran_are_let_go(pool: Pool) -> None:
    alone = {**agent_leg(state="6"), "application": "ConfBridge"}
    async with opened(pool, listing(lines(event("", **alone)))) as room:
        await eventually(lambda: room.server.count("Hangup") == 1)


async def test_a_hold_that_began_or_ended_unheard_is_shown_as_asterisk_has_it(pool: Pool) -> None:
    talking = agent_leg(state="6")
    server = listing(lines(event("", **citizen_leg())), lines(event("", **talking)))
    lists, held = server.handler, "1"

    async def handler(session: Session, action: Action) -> bool:
        if one(action, "action") != "Getvar" or "CHANNEL(rtp,hold)" not in action["variable"]:
            return await lists(session, action)
        value = held if one(action, "channel") == talking["uniqueid"] else "1"
        await session.reply(action, "Success", "", f"Value: {value}")
        return True

    server.handler = handler
    async with opened(pool, server) as room:
        page = await room.page()
        (hello,) = await receive(page, "hello")
        assert (hello["state"]["status"], hello["state"]["held"]) == ("in_call", True)
        held = "0"
        server.sessions[-1].cut()
        await shows(page, status="in_call", held=False)


async def test_a_leg_that_is_gone_before_it_is_asked_spoils_no_snapshot(pool: Pool) -> None:
    server = listing(lines(event("", **citizen_leg())), lines(event("", **agent_leg(state="6"))))
    lists = server.handler

    async def handler(session: Session, action: Action) -> bool:
        if one(action, "action") != "Getvar":
            return await lists(session, action)
        await session.reply(action, "Error", "No such channel")
        return True

    server.handler = handler
    async with opened(pool, server) as room:
        page = await room.page()
        (hello,) = await receive(page, "hello")
        assert (hello["state"]["status"], hello["state"]["held"]) == ("in_call", False)
        assert room.consumer.resyncs == 1
