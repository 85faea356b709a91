"""Citizens whom an agent is to ask: listed without their numbers, called once, in the hours."""

import asyncio
from datetime import timedelta
from uuid import uuid4

import pytest

from access.rights import Role
from complaints.followup import give_up
from complaints.reference import load
from helpline.clock import ManualClock
from tests.complaints.world import CITIZEN, REFERENCE, World
from tests.cti.fake_ami import eventually
from tests.cti.streams import event
from tests.supervisor.site import Centre
from tests.supervisor.test_calls import signed_in
from tests.supervisor.test_owed_pages import may_dial
from tests.web.site import Client

pytestmark = pytest.mark.timeout(180)


async def to_ask(hall: Centre, **changes: object) -> str:
    """The number of a complaint that was disposed of, whose citizen nobody has reached."""
    await load(hall.pool, REFERENCE)
    world = World(hall.pool, now=hall.site.clock())
    registered = await world.register(world.form(**changes))
    await world.dispose(registered.number)
    async with hall.pool.acquire() as conn, conn.transaction():
        assert await give_up(conn, registered.complaint_id, 1, world.now, policy=world.policy)
    return registered.number


async def agent(hall: Centre, name: str, agent_id: str) -> Client:
    await hall.site.people.add(name, Role.AGENT, language="en", agent_id=agent_id)
    client = hall.site.client()
    await client.get("/sign-in")
    await client.sign_in(name)
    await client.get("/feedback-tasks")
    return client


async def click(client: Client, number: str, key: str | None = None) -> int:
    asked = await client.post(f"/feedback-tasks/{number}/call", key=key or str(uuid4()))
    return asked.status


async def both_ready(hall: Centre) -> None:
    for one in ("1001", "1002"):
        joined = event("QueueMemberAdded", interface=f"PJSIP/{one}", queue="helpline-hi")
        await hall.room.asterisk_says(joined)
    await eventually(lambda: len(hall.room.live.state.members) == 2)


async def test_two_agents_who_click_at_once_ring_the_citizen_once_and_one_has_the_task(
    hall: Centre,
) -> None:
    await may_dial(hall)
    number = await to_ask(hall)
    clients = [await agent(hall, "asha", "1001"), await agent(hall, "usha", "1002")]
    async with await hall.room.page("1001"), await hall.room.page("1002"):
        await both_ready(hall)
        statuses = await asyncio.gather(*(click(one, number) for one in (*clients, clients[0])))
        assert sorted(statuses) == [303, 409, 409]
        assert hall.room.server.count("Originate") == 1
        [taken] = await hall.pool.fetch("select taken_by from feedback_due")
        [call] = await hall.pool.fetch("select agent_id from desk_call")
        assert taken["taken_by"] == call["agent_id"]
        other = clients[0 if taken["taken_by"] == "1002" else 1]
        await other.get("/feedback-tasks")
        assert f"/feedback-tasks/{number}/call" not in other.last  # no button: another has it


async def test_a_click_that_is_sent_again_calls_nobody_again(hall: Centre) -> None:
    await may_dial(hall)
    number, key = await to_ask(hall), str(uuid4())
    client = await agent(hall, "asha", "1001")
    async with await hall.room.page("1001"):
        await both_ready(hall)
        assert [await click(client, number, key) for _ in range(2)] == [303, 303]
        assert hall.room.server.count("Originate") == 1


async def test_nobody_is_called_at_night_without_a_rule_or_without_a_desk(
    hall: Centre, clock: ManualClock
) -> None:
    await hall.pool.execute("truncate dial_rule, dial_request, dial_cut_off")
    number = await to_ask(hall)
    client = await agent(hall, "asha", "1001")
    assert await click(client, number) == 409
    assert "Sign in at your desk" in client.last
    async with await hall.room.page("1001"):
        await both_ready(hall)
        assert await click(client, number) == 409
        assert "may not be called from your telephone" in client.last
        await may_dial(hall)
        clock.advance(timedelta(hours=12))
        await client.get("/sign-in")  # the session has ended meanwhile
        await client.sign_in("asha")
        await client.get("/feedback-tasks")
        assert f"/feedback-tasks/{number}/call" not in client.last
        assert await click(client, number) == 409
        assert "not called at this hour" in client.last
    assert hall.room.server.count("Originate") == 0
    assert await hall.pool.fetchval("select taken_by from feedback_due") is None


async def test_neither_number_nor_the_name_of_who_asked_for_confidence_is_on_the_list(
    hall: Centre,
) -> None:
    secret = await to_ask(hall, confidential=True, citizen_name="गुप्त नाम")
    client = await agent(hall, "asha", "1001")
    assert secret in client.last
    assert "in confidence" in client.last
    assert "गुप्त नाम" not in client.last
    assert CITIZEN[3:] not in client.last


async def test_what_is_answered_meanwhile_is_told_and_strangers_see_nothing(hall: Centre) -> None:
    await may_dial(hall)
    number = await to_ask(hall)
    client = await agent(hall, "asha", "1001")
    await hall.pool.execute("update feedback_due set step = 'sms'")
    async with await hall.room.page("1001"):
        await both_ready(hall)
        assert await click(client, number) == 409
        assert "Nobody is to be asked about this complaint" in client.last
        assert await click(client, "900000008") == 409
        assert await click(client, "12") == 404
    supervisor = await signed_in(hall, Role.SUPERVISOR)
    assert (await supervisor.get("/feedback-tasks")).status == 200
    assert await click(supervisor, number) == 403  # who has no telephone calls nobody
    auditor = await signed_in(hall, Role.QUALITY_AUDITOR)
    assert (await auditor.get("/feedback-tasks")).status == 403
    assert hall.room.server.count("Originate") == 0
