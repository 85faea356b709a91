"""Which calls belong to a complaint: also those in which its citizen gave no answer by key."""

from uuid import UUID

import pytest

from calls.model import Outcome
from complaints import feedback
from complaints.bundles import open_bundle
from complaints.escalation import escalate_overdue
from complaints.feedback import Answer, DissatisfactionReason
from complaints.holding import calls_of, holding_call
from complaints.merging import merge
from complaints.registration import Registered
from complaints.story import load_story
from db.ids import new_id
from tests.complaints.world import World, sign


async def asked(
    world: World, outcome: Outcome, registered: Registered, *, confirmed: bool = False
) -> tuple[UUID, UUID]:
    """Its citizen's number was called, taken and recorded, without an answer: call, recording.

    `confirmed`: who took it said that they are the complainant.
    """
    call = await world.disposed_and_called(registered.number)
    recording = await world.recording(call)
    if confirmed:
        await feedback.confirmed(world.pool, call)
        await feedback.confirmed(world.pool, call)  # sent again
    await world.hung_up(call, outcome)
    world.later(hours=20)
    return call, recording


async def handed_up(world: World, registered: Registered) -> tuple[list[UUID], set[UUID]]:
    """It goes back, and then to L2: what L2's message and what its bundle has."""
    last = await world.attempt(registered.complaint_id, 1)
    await world.answer(last, Answer(False, DissatisfactionReason.NOT_DONE))
    world.later(days=8)
    await escalate_overdue(world.pool, policy=world.policy, now=world.now, signer=sign)
    [message] = await world.messages(registered.complaint_id, "officer_forwarded")
    bundle = await open_bundle(
        world.pool,
        await world.pool.fetchval("select id from bundle"),
        policy=world.policy,
        remote="127.0.0.1",
        now=world.now,
    )
    assert bundle is not None
    return list(message["recordings"]), {one.id for one in bundle.recordings}


async def test_an_escalation_carries_the_feedback_call_that_was_hung_up_without_an_answer(
    world: World,
) -> None:
    registered = await world.register()
    _, recording = await asked(world, Outcome.FEEDBACK_HUNG_UP, registered, confirmed=True)
    assert await handed_up(world, registered) == ([recording], {recording})


@pytest.mark.parametrize(
    "outcome",
    [
        Outcome.WRONG_PERSON,
        Outcome.FEEDBACK_HUNG_UP,
        Outcome.FEEDBACK_NO_INPUT,
        Outcome.UNAVAILABLE,
        Outcome.LOST,
    ],
)
async def test_what_nobody_said_as_the_complainant_is_in_the_story_and_handed_to_no_officer(
    world: World, outcome: Outcome
) -> None:
    registered = await world.register()
    _, recording = await asked(world, outcome, registered)
    assert await handed_up(world, registered) == ([], set())
    story = await load_story(world.pool, registered.number)
    assert [one.id for one in story.recordings] == [recording]


async def test_a_confidential_citizens_feedback_call_without_an_answer_is_withheld(
    world: World,
) -> None:
    registered = await world.register(world.form(confidential=True))
    await asked(world, Outcome.FEEDBACK_NO_INPUT, registered, confirmed=True)
    assert await handed_up(world, registered) == ([], set())


@pytest.mark.parametrize("outcome", [Outcome.FEEDBACK_HUNG_UP, Outcome.WRONG_PERSON])
async def test_a_feedback_call_without_an_answer_is_held_with_its_complaint(
    world: World, outcome: Outcome
) -> None:
    registered = await world.register()
    call, _ = await asked(world, outcome, registered)
    async with world.pool.acquire() as conn, conn.transaction():
        held = await holding_call(conn, call, world.policy, world.now)
        assert held == f"complaint {registered.number} is open"
        assert call in await calls_of(conn, registered.number)


async def test_a_call_to_the_citizen_by_an_agents_click_belongs_to_the_complaint(
    world: World,
) -> None:
    registered = await world.register()
    call = await world.talked_with("101")
    recording = await world.recording(call)
    await world.pool.execute("insert into agent values ('101', 'सीता', 'cell-1', '{q}')")
    await world.pool.execute(
        "insert into desk_call (key, call_id, agent_id, complaint_id, at)"
        " values ($1, $2, '101', $3, $4)",
        *(new_id(world.now), call, registered.complaint_id, world.now),
    )
    story = await load_story(world.pool, registered.number)
    assert [(one.id, one.role) for one in story.calls] == [(call, "follow_up")]
    assert [one.id for one in story.recordings] == [recording]
    await world.disposed_and_called(registered.number)
    assert await handed_up(world, registered) == ([recording], {recording})


async def test_merged_the_older_file_has_the_younger_ones_feedback_calls_without_an_answer(
    world: World,
) -> None:
    older = await world.register()
    world.later(minutes=1)
    younger = await world.register()
    call, _ = await asked(world, Outcome.FEEDBACK_HUNG_UP, younger, confirmed=True)
    for outcome in (Outcome.WRONG_PERSON, Outcome.FEEDBACK_HUNG_UP):
        await world.hung_up(await world.attempt(younger.complaint_id, 1), outcome)
    await merge(world.pool, younger.number, into=older.number, actor="agent:101", now=world.now)
    linked = await world.pool.fetch(
        "select call_id, role from complaint_call where complaint_id = $1", older.complaint_id
    )
    assert [tuple(row) for row in linked] == [(call, "feedback")]
