"""Who asks for it is not known to the office complained of: neither name, number nor voice."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from hypothesis import given
from hypothesis import strategies as st

from complaints.bundle_link import sign
from complaints.confidentiality import audience_may_hear, may_hear, may_know
from complaints.escalation import escalate_overdue
from complaints.feedback import Answer, DissatisfactionReason
from complaints.merging import merge
from complaints.policy import UP_1076, Policy
from complaints.registration import Registered
from complaints.story import load_story
from complaints.telling import render_story
from db.pool import Connection
from recordings import links
from recordings.download import Downloads
from recordings.master import MasterKeys
from recordings.store import Store
from recordings.vault import Vault
from tests.complaints.moves import energy_has_officers, sorted_to, transferred
from tests.complaints.world import CITIZEN, START, World
from tests.recordings.room import MASTER
from tests.web.site import behind_a_proxy
from web.pages.bundle import BundlePage
from web.shell import Visit

SECRET = b"a secret for tests only"
UNTIL = START + timedelta(days=300)
Client = TestClient[web.Request, web.Application]


@pytest.fixture
async def client(world: World, tmp_path: Path) -> AsyncIterator[Client]:
    async def may_fetch(conn: Connection, recording: UUID, audience: str) -> bool:
        return await audience_may_hear(conn, recording, audience, world.policy)

    app = web.Application()
    vault = Vault(Store.local(tmp_path), MasterKeys([MASTER]))
    shell = behind_a_proxy(world.pool, lambda: world.now)
    Downloads(world.pool, vault, SECRET, shell.now, may_fetch, shell.address).add_routes(app)

    async def page(visit: Visit) -> web.StreamResponse:
        return await BundlePage(SECRET, world.policy).get(visit)

    app.router.add_get("/b/{token}", shell.open_page(page))
    async with TestClient(TestServer(app)) as client:
        yield client


def signer(bundle: UUID) -> str:
    return sign(SECRET, "", bundle, UNTIL)


async def registered_in_confidence(world: World) -> tuple[Registered, list[UUID]]:
    """It has come to L2, with a call, a feedback call and own words: the recordings."""
    call = await world.call()
    recordings = [await world.recording(call)]
    registered = await world.register(world.form(call_id=call, confidential=True))
    attempt = await world.disposed_and_called(registered.number)
    own = await world.recording(attempt, "own_words")
    recordings += [await world.recording(attempt), own]
    await world.answer(attempt, Answer(False, DissatisfactionReason.FALSE_REPORT, recording_id=own))
    world.later(days=8)
    moved = await escalate_overdue(world.pool, policy=world.policy, now=world.now, signer=signer)
    assert moved == 1  # on time, as any other
    return registered, recordings


async def sent_to_officers(world: World) -> str:
    rows = await world.pool.fetch(
        "select body, variables from notification where kind like 'officer%'"
    )
    assert rows
    return "\n".join(f"{row['body']} {row['variables']}" for row in rows)


async def test_no_message_to_an_officer_has_number_or_name(world: World) -> None:
    await registered_in_confidence(world)
    told = await sent_to_officers(world)
    assert CITIZEN not in told
    assert "रामप्यारी" not in told
    assert "नागरिक का नंबर गोपनीय" in told
    assert "आवाज़ नहीं दी गई" in told
    [forwarded] = await world.pool.fetch(
        "select recordings from notification where kind = 'officer_forwarded'"
    )
    assert forwarded["recordings"] == []


async def test_nor_when_it_comes_to_another_department_or_out_of_triage(world: World) -> None:
    await energy_has_officers(world)
    await transferred(world, (await world.register(world.form(confidential=True))).number)
    world.policy = replace(UP_1076, triage=True)
    await sorted_to(world, (await world.register(world.form(confidential=True))).number)
    assert CITIZEN not in await sent_to_officers(world)


async def test_an_open_complaint_tells_the_number(world: World) -> None:
    await world.register()
    assert CITIZEN in await sent_to_officers(world)


async def bundle_html(world: World, client: Client) -> str:
    [message] = await world.pool.fetch(
        "select links from notification where kind = 'officer_forwarded'"
    )
    async with client.get(message["links"][0]) as answer:
        assert answer.status == 200
        return await answer.text()


async def test_the_bundle_has_no_voice_and_says_so(world: World, client: Client) -> None:
    await registered_in_confidence(world)
    html = await bundle_html(world, client)
    assert "<audio" not in html
    assert "/recordings/" not in html
    assert "3 रिकॉर्डिंग नहीं दी गई" in html
    assert "कोई रिकॉर्डिंग नहीं है" not in html
    assert "आख्या सही नहीं है" in html  # the reason is told
    assert CITIZEN not in html
    assert "रामप्यारी" not in html


@pytest.mark.parametrize(
    ("policy", "known"),
    [
        (UP_1076, False),
        (replace(UP_1076, confidential_seen_from=3), False),
        (replace(UP_1076, confidential_seen_from=2), True),
        (replace(UP_1076, by_category={"handpump": {"confidential_seen_from": 2}}), True),
        (replace(UP_1076, by_category={"power-cut": {"confidential_seen_from": 2}}), False),
    ],
)
async def test_from_which_level_on_it_is_known_is_the_policys(
    world: World, client: Client, policy: Policy, known: bool
) -> None:
    world.policy = policy
    _, recordings = await registered_in_confidence(world)
    html = await bundle_html(world, client)
    assert html.count("<audio") == (3 if known else 0)
    [forwarded] = await world.pool.fetch(
        "select body, recordings from notification where kind = 'officer_forwarded'"
    )
    assert sorted(forwarded["recordings"]) == (sorted(recordings) if known else [])
    assert ("आवाज़ नहीं दी गई" in forwarded["body"]) != known
    assert ("नागरिक का नंबर गोपनीय" in forwarded["body"]) != known
    assert (CITIZEN in forwarded["body"]) == known


async def status(world: World, client: Client, recording: UUID, audience: str) -> int:
    link = links.sign(SECRET, "", recording, audience, UNTIL)
    async with client.get(link) as answer:
        return answer.status


async def test_the_server_refuses_an_officer_also_with_a_good_link(
    world: World, client: Client
) -> None:
    _, recordings = await registered_in_confidence(world)
    for recording in recordings:
        for post in ("L1-MAH", "L2-LAL", "L4-UP"):
            assert await status(world, client, recording, post) == 403
        # Ours are not refused: the file of this test is not there, which is the store's answer.
        assert await status(world, client, recording, "agent:101") == 503
    world.policy = replace(UP_1076, confidential_seen_from=4)
    assert await status(world, client, recordings[0], "L4-UP") == 503
    assert await status(world, client, recordings[0], "L2-LAL") == 403


async def test_a_call_that_only_tried_to_reach_the_citizen_is_withheld_too(
    world: World, client: Client
) -> None:
    registered = await world.register(world.form(confidential=True))
    recording = await world.recording(await world.disposed_and_called(registered.number))
    assert await status(world, client, recording, "L1-MAH") == 403


async def test_a_call_that_brought_an_open_complaint_as_well_is_withheld_in_both(
    world: World, client: Client
) -> None:
    call = await world.call()
    recording = await world.recording(call)
    await world.register(world.form(call_id=call, confidential=True, place="lalitpur"))
    world.later(days=7)
    await world.register(world.form(call_id=call))
    world.later(days=7)
    await escalate_overdue(world.pool, policy=world.policy, now=world.now, signer=signer)
    rows = await world.pool.fetch(
        "select recordings from notification where kind = 'officer_forwarded'"
    )
    assert [row["recordings"] for row in rows] == [[], []]
    assert await status(world, client, recording, "L2-LAL") == 403


async def told_first_openly(world: World) -> tuple[Registered, UUID]:
    """A complaint with its call, and that call's recording."""
    call = await world.call()
    recording = await world.recording(call)
    older = await world.register(world.form(call_id=call))
    world.later(days=1)
    return older, recording


@pytest.mark.parametrize("way", ["added", "merged"])
async def test_what_is_told_again_in_confidence_makes_the_older_file_confidential(
    world: World, client: Client, way: str
) -> None:
    older, first = await told_first_openly(world)
    call = await world.call()
    second = await world.recording(call)
    form = world.form(call_id=call, confidential=True, text="नाम न बताएं, दबाव है")
    if way == "added":
        await world.taken_up(replace(form, adds_to=older.number, separate=False))
    else:
        younger = await world.register(form)
        await merge(world.pool, younger.number, into=older.number, actor="agent:101", now=world.now)
    assert "made_confidential" in await world.events(older.complaint_id)
    world.later(days=8)
    await escalate_overdue(world.pool, policy=world.policy, now=world.now, signer=signer)
    html = await bundle_html(world, client)
    assert "<audio" not in html
    assert "/recordings/" not in html
    assert "2 रिकॉर्डिंग नहीं दी गई" in html
    assert CITIZEN not in html
    assert "पहचान अब से गोपनीय" in html
    for recording in (first, second):
        assert await status(world, client, recording, "L2-LAL") == 403
    [forwarded] = await world.messages(older.complaint_id, "officer_forwarded")
    assert forwarded["recordings"] == []
    assert "CONFIDENTIAL" in render_story(await load_story(world.pool, older.number))


async def test_what_is_told_again_openly_leaves_a_confidential_file_so(world: World) -> None:
    older = await world.register(world.form(confidential=True))
    for confidential in (False, True):
        form = world.form(adds_to=older.number, separate=False, confidential=confidential)
        await world.taken_up(form)
    assert (await world.complaint(older.complaint_id))["confidential"]
    assert await world.events(older.complaint_id) == ["registered", "added", "added"]


async def test_we_see_it_and_it_is_marked(world: World) -> None:
    registered, recordings = await registered_in_confidence(world)
    story = await load_story(world.pool, registered.number)
    text = render_story(story)
    assert "CONFIDENTIAL: the office complained of learns neither name, number nor voice" in text
    assert CITIZEN in text
    assert len(story.recordings) == len(recordings)


@given(st.none() | st.integers(1, 4), st.integers(1, 4))
def test_a_higher_level_never_knows_less(lowest: int | None, level: int) -> None:
    policy = replace(UP_1076, confidential_seen_from=lowest)
    assert may_know(policy, level) == (lowest is not None and level >= lowest)
    assert may_hear(policy, level, []) is True
    assert may_hear(policy, level, ["a"]) == may_know(policy, level)
