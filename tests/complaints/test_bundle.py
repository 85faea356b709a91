"""What an officer gets with an escalated complaint: one link, one page, and who opened it."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from functools import partial
from urllib.parse import parse_qsl
from uuid import UUID

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from hypothesis import given, settings
from hypothesis import strategies as st

from complaints.bundle_link import opened_by, sign
from complaints.bundles import renew
from complaints.errors import NoBundleError
from complaints.escalation import escalate_overdue
from complaints.feedback import Answer, DissatisfactionReason
from complaints.policy import UP_1076
from complaints.registration import Registered
from complaints.story import load_story
from complaints.telling import render_story
from messages.parts import measure
from recordings.links import verify
from tests.complaints.moves import (
    decided,
    energy_has_officers,
    returned,
    sorted_to,
    transferred,
)
from tests.complaints.world import CITIZEN, START, World
from tests.web.site import CLIENT, FORWARDED, behind_a_proxy
from web.pages import bundle as bundle_page

SECRET = b"a secret for tests only"
Client = TestClient[web.Request, web.Application]
UNTIL = START + timedelta(days=30)


@pytest.fixture
async def client(world: World) -> AsyncIterator[Client]:
    app = web.Application()
    shell = behind_a_proxy(world.pool, lambda: world.now)
    bundle_page.add_routes(app, shell, SECRET, world.policy)
    async with TestClient(TestServer(app)) as client:
        yield client


def signer(bundle: UUID) -> str:
    return sign(SECRET, "", bundle, UNTIL)


async def escalated(world: World, recording: str = "stored") -> tuple[str, str]:
    """A complaint that came to L2; its number and the link that L2 was sent."""
    call = await world.call()
    await world.recording(call, state=recording)
    registered = await world.register(
        world.form(call_id=call, text="<script>alert(1)</script> हैंडपंप खराब")
    )
    attempt = await world.disposed_and_called(registered.number)
    await world.answer(attempt, Answer(False, DissatisfactionReason.FALSE_REPORT))
    world.later(days=8)
    await escalate_overdue(world.pool, policy=world.policy, now=world.now, signer=signer)
    [message] = await world.messages(registered.complaint_id, "officer_forwarded")
    return registered.number, message["links"][0]


async def test_the_page_holds_recordings_reasons_and_history_in_hindi(
    world: World, client: Client
) -> None:
    number, link = await escalated(world)
    async with client.get(link) as answer:
        html = await answer.text()
    assert (answer.status, answer.content_type) == (200, "text/html")
    assert 'lang="hi"' in html
    assert number in html
    assert "आख्या सही नहीं है" in html
    assert "समय सीमा समाप्त, स्तर-2 को अग्रसारित" in html
    assert "/recordings/" in html
    assert "<audio controls" in html
    assert "<script>" not in html
    assert CITIZEN not in html  # whoever has the link can open it
    assert "रामप्यारी" not in html
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]


async def test_its_links_to_recordings_are_for_the_officers_post_and_hold(
    world: World, client: Client
) -> None:
    _, link = await escalated(world)
    async with client.get(link) as answer:
        html = await answer.text()
    url = html.split("<audio controls")[1].split('src="')[1].split('"')[0].replace("&amp;", "&")
    path, query = url.split("?")
    fields = dict(parse_qsl(query))
    assert fields["audience"] == "L2-LAL"
    bundle = await world.pool.fetchval("select id from bundle")
    assert fields["reason"] == f"bundle:{bundle}"
    recording = path.removeprefix("/recordings/")
    given = (fields["audience"], fields["expires"], fields["signature"])
    assert verify(SECRET, recording, *given, world.now, fields["reason"])
    assert not verify(SECRET, recording, *given, world.now, fields["reason"], folder="attachments")


async def test_a_recording_that_is_being_closed_is_named_and_can_be_played_later(
    world: World, client: Client
) -> None:
    _, link = await escalated(world, recording="open")
    async with client.get(link) as answer:
        assert "रिकॉर्डिंग अभी बंद हो रही है" in await answer.text()
    await world.pool.execute(
        "update recording set state = 'stored', closed_at = $1, sha256 = $2, seconds = 9,"
        " channels = 2, bytes = 9, location = 'x.wav'",
        *(world.now, "ab" * 32),
    )
    async with client.get(link) as answer:
        html = await answer.text()
    assert "<audio controls" in html
    assert "बंद हो रही है" not in html


async def test_an_erased_recording_is_named_as_such_and_cannot_be_played(
    world: World, client: Client
) -> None:
    _, link = await escalated(world)
    await world.pool.execute(
        "insert into recording_erasure select id, $1, 'a', 'b', sha256 from recording", world.now
    )
    await world.pool.execute("update recording set state = 'erased'")
    async with client.get(link) as answer:
        html = await answer.text()
    assert "(मिटाई जा चुकी है)" in html, "when and why is not known here: it may have been early"
    assert "<audio" not in html


async def test_an_opening_through_a_proxy_is_the_clients_own(world: World, client: Client) -> None:
    _, link = await escalated(world)
    async with client.get(link, headers=FORWARDED) as answer:
        assert answer.status == 200
    assert await world.pool.fetchval("select remote from bundle_access") == CLIENT


async def test_every_opening_is_logged_and_told(world: World, client: Client) -> None:
    number, link = await escalated(world)
    story = render_story(await load_story(world.pool, number))
    assert "handed to L2-LAL: not opened yet" in story
    for _ in range(2):
        async with client.get(link) as answer:
            assert answer.status == 200
    rows = await world.pool.fetch("select at, remote from bundle_access")
    assert [(row["at"], row["remote"]) for row in rows] == [(world.now, "127.0.0.1")] * 2
    story = render_story(await load_story(world.pool, number))
    assert "handed to L2-LAL: opened 2 time(s)" in story


async def test_a_link_that_is_over_or_not_ours_opens_nothing(world: World, client: Client) -> None:
    _, link = await escalated(world)
    changed = link[:-1] + ("A" if link[-1] != "A" else "B")
    leads_nowhere = signer(UUID(int=7))
    for wrong in (changed, leads_nowhere, "/b/nonsense", "/b/%E0%A4%95"):
        async with client.get(wrong) as answer:
            assert answer.status == 403, wrong
    world.now = UNTIL
    async with client.get(link) as answer:
        assert answer.status == 403
        assert "1076 पर कॉल करके" in await answer.text()  # and what the officer can do
    assert await world.pool.fetchval("select count(*) from bundle_access") == 0


async def test_a_new_link_goes_to_who_holds_the_post_now_and_opens_the_same(
    world: World, client: Client
) -> None:
    number, _ = await escalated(world)
    world.now = UNTIL
    fresh = partial(sign, SECRET, "", expires=UNTIL + timedelta(days=60))
    await world.pool.execute("update post set number = '+919415000022' where id = 'L2-LAL'")
    post = await renew(world.pool, number, actor="agent:101", signer=fresh, now=world.now)
    [message] = await world.pool.fetch("select * from notification where kind = 'officer_link'")
    assert (post, message["recipient"]) == ("L2-LAL", "+919415000022")
    [link] = message["links"]
    assert link in message["body"]
    async with client.get(link) as answer:
        assert (answer.status, number in await answer.text()) == (200, True)
    again = await renew(world.pool, number, actor="agent:101", signer=fresh, now=world.now)
    assert again == post
    assert (await world.events(message["complaint_id"]))[-2:] == ["link_renewed", "link_renewed"]


async def dissatisfied(world: World) -> tuple[Registered, UUID]:
    """Back with L1 for a review; and the recording of its registration."""
    call = await world.call()
    recording = await world.recording(call)
    registered = await world.register(world.form(call_id=call))
    await world.dissatisfied(registered.number)
    return registered, recording


async def test_a_transfer_after_a_dissatisfaction_hands_on_what_was_said(
    world: World, client: Client
) -> None:
    await energy_has_officers(world)
    one, recording = await dissatisfied(world)
    await transferred(world, one.number)
    [message] = await world.messages(one.complaint_id, "officer_forwarded")
    assert (message["recipient"], message["recordings"]) == ("+919415000011", [recording])
    assert "दूसरे विभाग को स्थानांतरित" in message["body"]
    handed = await world.pool.fetch("select post from bundle")
    assert [row["post"] for row in handed] == ["E1-MAH"]
    story = render_story(await load_story(world.pool, one.number))
    assert "handed to E1-MAH: not opened yet" in story
    post = await renew(world.pool, one.number, actor="agent:101", signer=signer, now=world.now)
    assert post == "E1-MAH"
    [again] = await world.messages(one.complaint_id, "officer_link")
    async with client.get(again["links"][0]) as answer:
        assert "काम नहीं हुआ" in await answer.text()


async def test_what_the_next_level_transfers_and_what_is_mapped_anew_is_handed_on_too(
    world: World,
) -> None:
    world.policy = replace(UP_1076, transfer_needs_approval=True)
    await energy_has_officers(world)
    one, _ = await dissatisfied(world)
    await transferred(world, one.number)
    await decided(world, one.number, approve=True, post="L2-LAL")
    other, _ = await dissatisfied(world)
    await returned(world, other.number)
    await sorted_to(world, other.number, category="power-cut")
    for each in (one, other):
        assert len(await world.messages(each.complaint_id, "officer_forwarded")) == 1
    handed = await world.pool.fetch("select post from bundle")
    assert [row["post"] for row in handed] == ["E1-MAH", "E1-MAH"]


async def test_who_has_heard_it_or_has_nothing_to_hear_is_handed_no_bundle(world: World) -> None:
    await energy_has_officers(world)
    one, _ = await dissatisfied(world)
    await returned(world, one.number)
    assert (await sorted_to(world, one.number)).post == "L1-MAH"  # where it was
    await transferred(world, (await world.register()).number)  # nothing was reported
    assert await world.pool.fetchval("select count(*) from bundle") == 0


async def test_who_was_handed_nothing_gets_no_link(world: World) -> None:
    registered = await world.register()
    with pytest.raises(NoBundleError, match=registered.number):
        await renew(world.pool, registered.number, actor="operator", signer=signer, now=world.now)


@given(st.uuids(), st.integers(1, 30_000_000))
@settings(deadline=None)
def test_a_link_opens_its_bundle_until_its_minute(bundle: UUID, minutes: int) -> None:
    expires = START + timedelta(minutes=minutes)
    token = sign(SECRET, "https://x", bundle, expires).removeprefix("https://x/b/")
    assert opened_by(SECRET, token, expires - timedelta(seconds=1)) == (bundle, expires)
    assert opened_by(SECRET, token, expires) is None
    assert opened_by(b"another secret, as long", token, START) is None


def test_a_link_fits_into_one_part_of_an_sms() -> None:
    link = sign(SECRET, "https://h.up.gov.in", UUID(int=1), UNTIL)
    assert measure("क" + link).units <= 70 + 1
    assert len(link) == len("https://h.up.gov.in") + 51
