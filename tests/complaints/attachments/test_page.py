"""What a signed link answers: the file as it came, in a cage, with a note of who opened it."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from urllib.parse import unquote
from uuid import UUID

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from complaints.attachments.erasing import erase
from complaints.attachments.model import Attachment
from complaints.bundle_link import sign as sign_bundle
from complaints.escalation import escalate_overdue
from complaints.policy import UP_1076
from complaints.story import load_story
from complaints.telling import render_story
from helpline.site import add_links
from recordings.links import sign
from recordings.sweeper import Sweeper
from recordings.vault import Vault
from tests.complaints.files import (
    LETTER,
    PHOTO,
    PNG,
    WAV,
    attached_to,
    disposed_with,
    in_folder,
    not_satisfied,
    taken_in,
)
from tests.complaints.world import START, World
from tests.web.site import CLIENT, FORWARDED, behind_a_proxy

SECRET = b"a secret for tests only"
UNTIL = START + timedelta(days=60)
Client = TestClient[web.Request, web.Application]
LARGE = ("बड़ा.png", PNG + bytes(range(256)) * 3000)  # more than one piece, and many segments


@pytest.fixture
def vault(tmp_path: Path) -> Vault:
    return in_folder(tmp_path / "store")


@pytest.fixture
async def client(world: World, vault: Vault) -> AsyncIterator[Client]:
    world.policy = replace(UP_1076, confidential_seen_from=3)
    app = web.Application()
    shell = behind_a_proxy(world.pool, lambda: world.now)
    add_links(app, shell, world.policy, vault, SECRET)
    async with TestClient(TestServer(app)) as client:
        yield client


def link(file: Attachment, audience: str = "L2-LAL", reason: str = "bundle:1") -> str:
    return sign(SECRET, "", file.id, audience, UNTIL, reason, folder="attachments")


async def attached(world: World, vault: Vault, *files: tuple[str, bytes]) -> list[Attachment]:
    number = (await world.register()).number
    disposed = await disposed_with(world, number, await taken_in(world, vault, *files))
    return await attached_to(world, disposed.complaint_id)


async def test_a_photograph_is_shown_in_a_sandbox_and_a_voice_note_is_saved(
    world: World, vault: Vault, client: Client
) -> None:
    photo, voice = await attached(world, vault, LARGE, ("आवाज़.wav", WAV))
    async with client.get(link(photo)) as answer:
        assert (answer.status, await answer.read()) == (200, LARGE[1])
        assert answer.headers["Content-Type"] == "image/png"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        policy = answer.headers["Content-Security-Policy"].split("; ")
        assert {"default-src 'none'", "sandbox"} <= set(policy)
        assert answer.headers["Cache-Control"] == "no-store"
        how, _, name = answer.headers["Content-Disposition"].partition("; ")
        assert how == "inline"
        assert unquote(name.partition("UTF-8''")[2]) == photo.name
    async with client.get(link(voice)) as answer:
        assert (await answer.read(), answer.content_type) == (WAV, "audio/wav")
        assert answer.headers["Content-Disposition"].startswith("attachment; ")
    async with client.head(link(photo)) as answer:
        assert (answer.status, answer.content_length) == (200, len(LARGE[1]))


async def test_a_name_that_lies_is_saved_as_what_the_file_is(
    world: World, vault: Vault, client: Client
) -> None:
    [photo] = await attached(world, vault, ('x"; filename="evil.html', PNG))
    async with client.get(link(photo)) as answer:
        assert answer.headers["Content-Type"] == "image/png"
        said = answer.headers["Content-Disposition"]
        assert said.count('"') == 2
        assert said.endswith("evil.html.png")


async def test_every_opening_is_logged_with_the_post_and_told(
    world: World, vault: Vault, client: Client
) -> None:
    [photo] = await attached(world, vault, PHOTO)
    for _ in range(2):
        async with client.get(link(photo)) as answer:
            assert answer.status == 200
    rows = await world.pool.fetch("select * from attachment_access")
    assert [(row["audience"], row["reason"], row["remote"], row["at"]) for row in rows] == [
        ("L2-LAL", "bundle:1", "127.0.0.1", world.now)
    ] * 2
    number = await world.pool.fetchval("select number from complaint")
    assert "opened 2 time(s)" in render_story(await load_story(world.pool, number))


async def test_an_opening_through_a_proxy_is_the_clients_own(
    world: World, vault: Vault, client: Client
) -> None:
    [photo] = await attached(world, vault, PHOTO)
    async with client.get(link(photo), headers=FORWARDED) as answer:
        assert answer.status == 200
    assert await world.pool.fetchval("select remote from attachment_access") == CLIENT


async def test_a_link_that_is_not_ours_or_is_over_opens_nothing(
    world: World, vault: Vault, client: Client
) -> None:
    photo, letter = await attached(world, vault, PHOTO, LETTER)
    good = link(photo)
    recordings = sign(SECRET, "", photo.id, "L2-LAL", UNTIL, "bundle:1")
    for wrong in (
        good.replace(str(photo.id), str(letter.id)),
        good.replace("L2-LAL", "L3-LAL"),
        good.replace("bundle", "nothing"),
        recordings.replace("/recordings/", "/attachments/"),
        link(photo, reason=""),
        link(replace(photo, id=UUID(int=7))),
        link(photo, audience="no-such-post"),
        f"/attachments/{photo.id}",
        "/attachments/%0A",
    ):
        async with client.get(wrong) as answer:
            assert (answer.status, await answer.text()) == (403, "यह लिंक मान्य नहीं है।"), wrong
    world.now = UNTIL
    async with client.get(good) as answer:
        assert answer.status == 403
    assert await world.pool.fetchval("select count(*) from attachment_access") == 0


async def test_a_file_that_the_store_lost_is_told_and_nobody_is_noted(
    world: World, vault: Vault, client: Client, tmp_path: Path
) -> None:
    [photo] = await attached(world, vault, PHOTO)
    [path] = [one for one in tmp_path.rglob("*") if one.is_file()]
    path.write_bytes(path.read_bytes()[:-1] + b"x")
    async with client.get(link(photo)) as answer:
        assert answer.status == 503
    path.unlink()
    async with client.get(link(photo)) as answer:
        assert answer.status == 503
    assert await world.pool.fetchval("select count(*) from attachment_access") == 0


async def test_an_erased_file_is_gone_and_said_so(
    world: World, vault: Vault, client: Client, tmp_path: Path
) -> None:
    [photo] = await attached(world, vault, PHOTO)
    await erase(
        world.pool,
        photo.id,
        by="operator:anita",
        why="किसी और का फोटो",
        policy=world.policy,
        now=world.now,
        early=True,
    )
    async with client.get(link(photo)) as answer:
        assert (answer.status, await answer.text()) == (410, "यह संलग्नक मिटाया जा चुका है।")
    await Sweeper(world.pool, vault, lambda: world.now).delete_removed()
    assert [one for one in tmp_path.rglob("*") if one.is_file()] == []


async def escalated_twice(world: World, vault: Vault, *, confidential: bool) -> list[str]:
    """L1 and L2 disposed of it with a file each; the links of the bundles of L2 and L3."""
    registered = await world.register(world.form(confidential=confidential))
    links = []
    for name in ("एक.png", "दो.png"):
        intake = await taken_in(world, vault, (name, PNG + name.encode()))
        await not_satisfied(world, await disposed_with(world, registered.number, intake))
        world.later(days=15)
        await escalate_overdue(
            world.pool,
            policy=world.policy,
            now=world.now,
            signer=lambda bundle: sign_bundle(SECRET, "", bundle, UNTIL + timedelta(days=90)),
        )
        links.append(
            str(
                await world.pool.fetchval(
                    """select links[1] from notification where kind = 'officer_forwarded'
                       order by created_at desc limit 1"""
                )
            )
        )
    return links


async def test_the_bundle_lists_the_files_and_its_links_open_them(
    world: World, vault: Vault, client: Client
) -> None:
    _, link_of_l3 = await escalated_twice(world, vault, confidential=False)
    async with client.get(link_of_l3) as answer:
        html = await answer.text()
    assert "निस्तारण के संलग्नक" in html
    hrefs = [part.split('"')[0] for part in html.split('href="/attachments/')[1:]]
    bodies = []
    for href in hrefs:
        async with client.get("/attachments/" + href.replace("&amp;", "&")) as answer:
            bodies.append((answer.status, await answer.read()))
    assert bodies == [(200, PNG + "एक.png".encode()), (200, PNG + "दो.png".encode())]
    rows = await world.pool.fetch("select audience, reason from attachment_access")
    assert {row["audience"] for row in rows} == {"L3-LAL"}
    assert all(row["reason"].startswith("bundle:") for row in rows)


async def test_of_a_confidential_complaint_a_file_tells_nobody_more_than_its_author_knew(
    world: World, vault: Vault, client: Client
) -> None:
    """L1 and L2 may not know who complains, L3 may (the policy here)."""
    link_of_l2, link_of_l3 = await escalated_twice(world, vault, confidential=True)
    for one in (link_of_l2, link_of_l3):
        async with client.get(one) as answer:
            html = await answer.text()
        assert "एक.png" in html  # made by one who knew nothing
        assert "संलग्नक नहीं दिए गए" not in html
    # L3, who may know, disposes; then it is with L2's level again, as after a transfer.
    await world.pool.execute("alter table disposal disable trigger disposal_is_append_only")
    await world.pool.execute("update disposal set level = 3, post = 'L3-LAL' where disposal_no = 2")
    await world.pool.execute("alter table disposal enable trigger disposal_is_append_only")
    async with client.get(link_of_l2) as answer:
        html = await answer.text()
    assert ("दो.png" in html, "1 संलग्नक नहीं दिए गए" in html) == (False, True)
    [_, second] = await attached_to(world, await world.pool.fetchval("select id from complaint"))
    async with client.get(link(second, "L2-LAL")) as answer:
        assert answer.status == 403  # nor by a link that was signed before
    async with client.get(link(second, "L3-LAL")) as answer:
        assert answer.status == 200
