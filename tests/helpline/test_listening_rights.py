"""Who may listen: by role, queue, department, place and bundle; what is confidential stays so."""

from dataclasses import replace
from uuid import UUID, uuid4

import pytest

from access import grants, users
from access.log import By
from access.rights import TENANT, Grant, Role, Scope
from cti.supervisor.hearing import ListeningRights
from db.ids import new_id
from db.pool import Pool
from db.statements import sql
from tests.complaints.world import World

BY = By("system:test", "test")
AGENT = "101"


@pytest.fixture
def world(staffed: Pool) -> World:
    return World(staffed)


async def person(
    world: World, role: Role, scope: Scope = TENANT, agent_id: str | None = None
) -> str:
    """The actor of a new user with that role."""
    new = users.NewUser(sign_in_name=f"u{uuid4().hex[:12]}", display_name="कोई", agent_id=agent_id)
    user = await users.add(world.pool, new, BY, world.now)
    await grants.grant(world.pool, user.id, Grant(role, scope), BY, world.now)
    return f"user:{user.id}"


async def recorded(world: World, **form: object) -> UUID:
    """The recording of a call with agent 101 in which a complaint was registered."""
    call_id = await world.call()
    await world.pool.execute(sql("calls_waits"), call_id, "helpline-hi", world.now)
    await world.pool.execute(sql("calls_agent_answered"), call_id, AGENT, world.later(seconds=9))
    recording_id = await world.recording(call_id)
    await world.register(replace(world.form(**form), call_id=call_id))
    return recording_id


async def hears(world: World, user: str, recording_id: UUID) -> bool:
    return await ListeningRights(world.pool, lambda: world.now).may_listen(user, recording_id)


async def test_an_agent_hears_their_own_calls_and_no_others(world: World) -> None:
    recording_id = await recorded(world)
    assert await hears(world, await person(world, Role.AGENT, agent_id=AGENT), recording_id)
    assert not await hears(world, await person(world, Role.AGENT, agent_id="102"), recording_id)


async def handed_on(world: World, recording_id: UUID) -> UUID:
    """The citizen waited in another queue then, and agent 102 had them. The call."""
    call_id: UUID = await world.pool.fetchval(
        "select call_id from recording where id = $1", recording_id
    )
    await world.pool.execute(sql("calls_waits"), call_id, "helpline-en", world.later(minutes=3))
    await world.pool.execute(sql("calls_agent_answered"), call_id, "102", world.later(seconds=9))
    return call_id


async def test_each_agent_who_had_the_citizen_hears_the_call(world: World) -> None:
    recording_id = await recorded(world)
    await handed_on(world, recording_id)
    for agent, scope, wanted in (
        (AGENT, TENANT, True),
        ("102", Scope(queue="schemes-hi"), True),  # where they take calls by now
        ("103", TENANT, False),
    ):
        user = await person(world, Role.AGENT, scope, agent_id=agent)
        assert await hears(world, user, recording_id) is wanted, agent


async def test_who_supervises_one_of_its_queues_hears_the_whole_call(world: World) -> None:
    recording_id = await recorded(world)
    await handed_on(world, recording_id)
    for queue, wanted in (("helpline-hi", True), ("helpline-en", True), ("schemes-hi", False)):
        for role in (Role.SUPERVISOR, Role.QUALITY_AUDITOR):
            user = await person(world, role, Scope(queue=queue))
            assert await hears(world, user, recording_id) is wanted, (queue, role)


async def test_a_confidential_call_of_several_agents_is_heard_by_none_of_them(
    world: World,
) -> None:
    recording_id = await recorded(world, confidential=True)
    await handed_on(world, recording_id)
    for agent in (AGENT, "102"):
        user = await person(world, Role.AGENT, agent_id=agent)
        assert not await hears(world, user, recording_id)
    supervisor = await person(world, Role.SUPERVISOR, Scope(queue="helpline-hi"))
    assert not await hears(world, supervisor, recording_id)


async def wraps_up(world: World, agent: str, call_id: UUID) -> None:
    """As it is written (tests/cti/test_pauses.py): a state without its call, and a wish with it."""
    await world.pool.execute(
        "update agent_state set state = 'wrap_up', call_id = null where agent_id = $1", agent
    )
    await world.pool.execute(
        "insert into agent_session (id, agent_id, signed_in_at, wrap_up_call, wrap_up_until,"
        " wrap_up_seconds) values ($1, $2, $3, $4, $3::timestamptz + interval '30 s', 30)",
        *(new_id(world.now), agent, world.now, call_id),
    )


async def speaks(world: World, call_id: UUID, agent: str) -> UUID:
    """The agent speaks with the one who has called before, from the same number."""
    await world.pool.execute(
        "update call set ended_at = $2, outcome = 'agent_answered' where id = $1",
        *(call_id, world.now),
    )
    now_in = await world.call()
    await world.pool.execute(
        "update call set citizen_number = (select citizen_number from call where id = $2),"
        " answered_at = $3 where id = $1", now_in, call_id, world.now
    )  # fmt: skip
    await world.pool.execute(
        "insert into agent (id, name, cell, queues) values ($1, 'x', 'c', '{}')"
        " on conflict do nothing", agent
    )  # fmt: skip
    await world.pool.execute(
        "insert into agent_state (id, agent_id, state, call_id, from_at) values ($1, $2, $3, $4,"
        " $5)", new_id(world.now), agent, "in_call", now_in, world.now,
    )  # fmt: skip
    return now_in


async def test_an_agent_hears_the_last_calls_of_whom_they_speak_with(world: World) -> None:
    recording_id = await recorded(world)
    call_id = await world.pool.fetchval("select id from call where agent_id = $1", AGENT)
    other = await person(world, Role.AGENT, agent_id="102")
    now_in = await speaks(world, call_id, "102")
    assert await hears(world, other, recording_id)
    await wraps_up(world, "102", now_in)
    assert await hears(world, other, recording_id)
    elsewhere = await person(world, Role.AGENT, Scope(queue="helpline-en"), agent_id=None)
    assert not await hears(world, elsewhere, recording_id)
    await world.pool.execute("update agent_state set until_at = $1", world.now)
    assert not await hears(world, other, recording_id)


async def test_what_an_officer_said_in_a_call_that_was_lost_is_no_citizens_last_call(
    world: World,
) -> None:
    recording_id = await recorded(world)
    call_id = await world.pool.fetchval("select id from call where agent_id = $1", AGENT)
    other = await person(world, Role.AGENT, agent_id="102")
    await speaks(world, call_id, "102")
    await world.pool.execute("update call set outcome = 'lost' where id = $1", call_id)
    assert await hears(world, other, recording_id)
    await world.recording(call_id, "officer_remark")
    assert not await hears(world, other, recording_id)


async def test_while_a_citizens_telephone_only_rings_nobody_hears_their_last_calls(
    world: World,
) -> None:
    recording_id = await recorded(world)
    call_id = await world.pool.fetchval("select id from call where agent_id = $1", AGENT)
    other = await person(world, Role.AGENT, agent_id="102")
    clicked = await speaks(world, call_id, "102")  # their own leg is up before the citizen's
    await world.pool.execute("update call set answered_at = null where id = $1", clicked)
    assert not await hears(world, other, recording_id)
    await wraps_up(world, "102", clicked)
    assert not await hears(world, other, recording_id)


async def test_an_agent_who_speaks_with_somebody_else_hears_nothing(world: World) -> None:
    recording_id = await recorded(world)
    call_id = await world.pool.fetchval("select id from call where agent_id = $1", AGENT)
    other = await person(world, Role.AGENT, agent_id="102")
    now_in = await speaks(world, call_id, "102")
    await world.pool.execute(
        "update call set citizen_number = '+919811111111' where id = $1", now_in
    )
    assert not await hears(world, other, recording_id)
    await world.pool.execute("update call set citizen_number = null")  # withheld, both
    assert not await hears(world, other, recording_id)


async def test_calls_long_ago_and_confidential_ones_are_not_among_the_last(world: World) -> None:
    recording_id = await recorded(world)
    call_id = await world.pool.fetchval("select id from call where agent_id = $1", AGENT)
    other = await person(world, Role.AGENT, agent_id="102")
    await wraps_up(world, "102", await speaks(world, call_id, "102"))
    assert await hears(world, other, recording_id)
    long_ago = "update call set started_at = started_at - $2 * interval '91 days' where id = $1"
    await world.pool.execute(long_ago, call_id, 1)
    assert not await hears(world, other, recording_id)
    await world.pool.execute(long_ago, call_id, -1)
    assert await hears(world, other, recording_id)
    await world.pool.execute("update complaint set confidential = true")
    assert not await hears(world, other, recording_id)


@pytest.mark.parametrize("role", [Role.SUPERVISOR, Role.QUALITY_AUDITOR])
async def test_supervisors_and_auditors_hear_their_queues_calls(world: World, role: Role) -> None:
    recording_id = await recorded(world)
    assert await hears(world, await person(world, role), recording_id)
    own, other = Scope(queue="helpline-hi"), Scope(queue="helpline-en")
    assert await hears(world, await person(world, role, own), recording_id)
    assert not await hears(world, await person(world, role, other), recording_id)


async def test_an_officer_hears_what_their_post_was_handed(world: World) -> None:
    recording_id = await recorded(world)
    officer = await person(world, Role.OFFICER, Scope(post="L2-LAL"))
    assert not await hears(world, officer, recording_id)
    await world.pool.execute(
        "insert into bundle (id, complaint_id, entry, post, created_at)"
        " select $1, id, 1, 'L2-LAL', $2 from complaint",
        *(new_id(world.now), world.now),
    )
    assert await hears(world, officer, recording_id)
    holder = await person(world, Role.OFFICER, Scope(post="L1-MAH"))
    assert await hears(world, holder, recording_id)
    other = await person(world, Role.OFFICER, Scope(post="L3-LAL"))
    assert not await hears(world, other, recording_id)


async def test_heads_hear_their_department_and_magistrates_their_district(world: World) -> None:
    recording_id = await recorded(world)
    for scope, wanted in (("jal-nigam", True), ("bijli", False)):
        head = await person(world, Role.DEPARTMENT_HEAD, Scope(department=scope))
        assert await hears(world, head, recording_id) is wanted
    magistrate = await person(world, Role.DISTRICT_MAGISTRATE, Scope(place="lalitpur"))
    assert await hears(world, magistrate, recording_id)
    block = await person(world, Role.DISTRICT_MAGISTRATE, Scope(place="lalitpur-mahroni"))
    assert await hears(world, block, recording_id)


async def test_a_confidential_complaints_call_is_for_who_may_see_such(world: World) -> None:
    recording_id = await recorded(world, confidential=True)
    assert not await hears(world, await person(world, Role.SUPERVISOR), recording_id)
    assert not await hears(world, await person(world, Role.AGENT, agent_id=AGENT), recording_id)
    assert await hears(world, await person(world, Role.CM_OFFICE), recording_id)


async def test_an_administrator_a_stranger_and_a_disabled_user_hear_nothing(world: World) -> None:
    recording_id = await recorded(world)
    assert not await hears(world, await person(world, Role.ADMINISTRATOR), recording_id)
    for stranger in (f"user:{uuid4()}", "user:nobody", "operator:root", "agent:101"):
        assert not await hears(world, stranger, recording_id)
    supervisor = await person(world, Role.SUPERVISOR)
    user_id = UUID(supervisor.removeprefix("user:"))
    await users.set_active(world.pool, user_id, False, BY, world.now)
    assert not await hears(world, supervisor, recording_id)
    assert not await hears(world, await person(world, Role.SUPERVISOR), uuid4())
