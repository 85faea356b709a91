"""The mark of an incident goes wherever the complaint goes, whoever gets it."""

from dataclasses import replace
from uuid import UUID

import pytest

from complaints.bundles import open_bundle
from complaints.cm_office import cm_office_list, render_listed
from complaints.escalation import escalate_overdue, remind
from complaints.merging import merge
from complaints.officers_list import officers_page
from complaints.policy import UP_1076
from complaints.story import load_story
from complaints.telling import render_story
from complaints.waiting import waiting
from tests.complaints.moves import energy_has_officers, sorted_to, transferred
from tests.complaints.world import World, sign

MARK = "घटना: हैंडपंप खराब"


async def told(world: World, complaint_id: UUID, kind: str) -> str:
    """The latest message of a kind."""
    message = (await world.messages(complaint_id, kind))[-1]
    return str(message["body"])


async def test_the_first_officer_after_triage_reads_that_it_is_an_incident(world: World) -> None:
    world.policy = replace(UP_1076, triage=True)
    registered = await world.register(world.form(incident=True))
    page = await waiting(world.pool, policy=world.policy, now=world.now)
    assert [one.category for one in page.lines] == [MARK]
    await sorted_to(world, registered.number)
    assert "घटना: " in await told(world, registered.complaint_id, "officer_assigned")


async def test_so_does_the_officer_to_whom_it_is_transferred(world: World) -> None:
    await energy_has_officers(world)
    registered = await world.register(world.form(incident=True))
    await transferred(world, registered.number)
    messages = await world.messages(registered.complaint_id, "officer_assigned")
    assert len(messages) == 2
    assert all(MARK in message["body"] for message in messages)


async def test_so_do_who_is_reminded_and_who_gets_it_by_an_escalation(world: World) -> None:
    registered = await world.register(world.form(incident=True))
    [line] = (await officers_page(world.pool, "L1-MAH")).lines
    assert line.incident
    world.later(days=6)
    assert await remind(world.pool, now=world.now) == 1
    assert MARK in await told(world, registered.complaint_id, "officer_reminder")
    for _ in range(4):
        world.later(days=15)
        await escalate_overdue(world.pool, policy=world.policy, now=world.now, signer=sign)
    messages = await world.messages(registered.complaint_id, "officer_forwarded")
    assert [MARK in message["body"] for message in messages] == [True, True, True]
    bundle = await open_bundle(
        world.pool,
        await world.pool.fetchval("select id from bundle limit 1"),
        policy=world.policy,
        remote="127.0.0.1",
        now=world.now,
    )
    assert bundle is not None
    assert bundle.category == MARK
    [listed] = await cm_office_list(world.pool)
    assert MARK in render_listed(listed)


async def test_who_is_not_satisfied_sends_it_back_with_its_mark(world: World) -> None:
    registered = await world.register(world.form(incident=True))
    await world.dissatisfied(registered.number)
    assert MARK in await told(world, registered.complaint_id, "officer_review")


@pytest.mark.parametrize("way", ["added", "merged"])
async def test_what_is_told_again_as_an_incident_makes_the_older_file_one(
    world: World, way: str
) -> None:
    older = await world.register()
    world.later(days=1)
    form = world.form(incident=True, text="अब दुर्घटना हो गई")
    if way == "added":
        await world.taken_up(replace(form, adds_to=older.number, separate=False))
    else:
        younger = await world.register(form)
        await merge(world.pool, younger.number, into=older.number, actor="agent:101", now=world.now)
    assert (await world.complaint(older.complaint_id))["incident"]
    assert "made_incident" in await world.events(older.complaint_id)
    assert "घटना: अब दुर्घटना हो गई" in await told(world, older.complaint_id, "officer_added")
    world.later(days=8)
    await escalate_overdue(world.pool, policy=world.policy, now=world.now, signer=sign)
    assert MARK in await told(world, older.complaint_id, "officer_forwarded")
    text = render_story(await load_story(world.pool, older.number))
    assert "(INCIDENT)" in text
    assert "An incident from now on" in text


async def test_the_mark_stays_and_is_set_once(world: World) -> None:
    older = await world.register(world.form(incident=True))
    for incident in (False, True):
        form = world.form(adds_to=older.number, separate=False, incident=incident)
        await world.taken_up(form)
    assert (await world.complaint(older.complaint_id))["incident"]
    assert await world.events(older.complaint_id) == ["registered", "added", "added"]
    assert "घटना" not in await told(world, older.complaint_id, "officer_added")
