"""What waited when a matter was told again in confidence names nobody when it leaves."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from complaints.additions import make_confidential
from complaints.kinds import MatterKind
from complaints.merging import merge
from complaints.registration import Registered
from complaints.store import hold_by_id, transaction
from db.pool import Pool
from messages.held import release
from messages.undelivered import send_again
from tests.complaints.moves import swept
from tests.complaints.world import CITIZEN, World
from tests.messages.room import Room

WITHHELD = "गोपनीय"
LINKS_LAST = timedelta(days=30)
Texts = Callable[[str], Awaitable[str]]

_TO_OFFICERS = """select * from notification
                  where kind in ('officer_assigned', 'officer_information', 'officer_forwarded')
                  order by created_at, dedupe_key"""

# It left with the number, before that was told in confidence.
_LOST_ASSIGNMENT = """
    insert into notification (id, dedupe_key, complaint_id, kind, channel, language, recipient,
                              subject, body, variables, template_id, header, created_at, sent_at,
                              undelivered_at)
    values (gen_random_uuid(), 'x', $1, 'officer_assigned', 'sms', 'hi', '+919415100001', '',
            $3, json_build_object('contact', $3::text), '', '', $2, $2, $2)"""


@pytest.fixture
async def world(room: Room) -> World:
    """The officer of the first level has an address as well."""
    world = World(room.pool, now=room.now())
    await world.pool.execute(
        """insert into officer (code, name, number, email)
           values ('anita', 'अनीता', '+919415100001', 'anita@up.example.in')"""
    )
    await world.pool.execute(
        "insert into tenure values ('L1-MAH', 'anita', 'holder', $1)", world.now.date()
    )
    return world


@pytest.fixture
async def texts(pool: Pool) -> AsyncIterator[Texts]:
    """Changes the texts of assignments; as they were at the end."""
    before = await pool.fetch("select * from message_template where kind = 'officer_assigned'")

    async def change(text: str) -> str:
        changed = "update message_template set text = $1 where kind = 'officer_assigned'"
        return await pool.execute(changed, text)

    yield change
    for one in before:
        await pool.execute(
            """update message_template set text = $1
               where kind = 'officer_assigned' and channel = $2 and language = $3""",
            *(one["text"], one["channel"], one["language"]),
        )


async def in_confidence(world: World, older: Registered, way: str, **changes: Any) -> None:
    world.later(hours=1)
    form = world.form(confidential=True, **changes)
    if way == "added":
        await world.taken_up(replace(form, adds_to=older.number, separate=False))
        return
    younger = await world.register(form)
    await merge(world.pool, younger.number, into=older.number, actor="agent:101", now=world.now)


async def to_officers(world: World) -> list[Any]:
    return await world.pool.fetch(_TO_OFFICERS)


async def lost(world: World, complaint_id: UUID) -> None:
    """A gateway took them all and did not deliver them."""
    await world.pool.execute(
        """update notification set sent_at = $2, undelivered_at = $2, next_attempt_at = null
           where complaint_id = $1""",
        *(complaint_id, world.now),
    )


@pytest.mark.parametrize("kind", [MatterKind.COMPLAINT, MatterKind.INFORMATION])
@pytest.mark.parametrize("way", ["added", "merged"])
async def test_what_waits_names_nobody_any_more(world: World, way: str, kind: MatterKind) -> None:
    older = await world.register(world.form(kind=kind))
    before = await to_officers(world)
    assert {one["channel"] for one in before} == {"sms", "email"}
    assert all(CITIZEN in one["body"] for one in before)
    await in_confidence(world, older, way, kind=kind)
    after = await to_officers(world)
    assert not any(CITIZEN in str(dict(one)) for one in after)
    for one in after:
        assert (WITHHELD in one["body"], older.number in one["body"]) in (
            (True, True),
            (True, False),
        )
        assert (one["held_at"], one["next_attempt_at"] is None) == (None, False)
    citizens = await world.messages(older.complaint_id, "citizen_registered")
    assert [one["recipient"] for one in citizens] == [CITIZEN]


async def test_nor_does_what_goes_up_a_level(world: World) -> None:
    older = await world.register()
    world.later(days=8)
    assert await swept(world) == 1
    [before] = await world.messages(older.complaint_id, "officer_forwarded")
    assert CITIZEN in before["body"]
    await in_confidence(world, older, "added")
    [after] = await world.messages(older.complaint_id, "officer_forwarded")
    assert (CITIZEN in str(dict(after)), WITHHELD in after["body"]) == (False, True)
    assert after["held_at"] is None


async def test_an_open_file_that_goes_into_a_confidential_one_names_nobody(world: World) -> None:
    older = await world.register(world.form(confidential=True))
    world.later(hours=1)
    younger = await world.register()
    await merge(world.pool, younger.number, into=older.number, actor="agent:101", now=world.now)
    assert not any(CITIZEN in str(dict(one)) for one in await to_officers(world))


async def merged_before(world: World, *, into: Registered | None = None) -> list[Registered]:
    """Of one citizen: the second file went into the first, and the third had gone into the second.
    `into`: the first.
    """
    files = [into or await world.register()]
    for _ in range(2):
        world.later(hours=1)
        files.append(await world.register())
    for at in (2, 1):
        await one_file(world, files[at], files[at - 1])
    return files


async def one_file(world: World, younger: Registered, older: Registered) -> None:
    await merge(world.pool, younger.number, into=older.number, actor="agent:101", now=world.now)


@pytest.mark.parametrize("held", [False, True])
@pytest.mark.parametrize("way", ["added", "merged"])
async def test_what_waits_of_files_that_were_merged_before_names_nobody_either(
    world: World, way: str, held: bool
) -> None:
    oldest, *_ = await merged_before(world)
    if held:
        await world.pool.execute(
            "update notification set held_at = $1, next_attempt_at = null, last_error = ''",
            world.now,
        )
    before = await to_officers(world)
    assert len([one for one in before if CITIZEN in one["body"]]) == 6
    await in_confidence(world, oldest, way)
    assert not any(CITIZEN in str(dict(one)) for one in await to_officers(world))
    held_now = await world.pool.fetchval("select count(held_at) from notification")
    assert (held_now > 0) == held
    assert len(await release(world.pool, None, world.now)) == held_now


async def test_files_merged_before_go_into_a_confidential_one_and_name_nobody(
    world: World,
) -> None:
    oldest = await world.register(world.form(confidential=True))
    await merged_before(world, into=oldest)
    assert not any(CITIZEN in str(dict(one)) for one in await to_officers(world))


@pytest.mark.parametrize("way", ["added", "merged"])
async def test_a_gateway_that_comes_back_gets_no_number(world: World, room: Room, way: str) -> None:
    older = await world.register()
    room.gateway.statuses = [503] * 2
    async with room.working():
        async with asyncio.timeout(20):
            while (
                await room.pool.fetchval(
                    "select count(*) from notification_attempt where outcome = 'failed'"
                )
                < 2
            ):
                await asyncio.sleep(0.02)
    world.now = room.now()
    await in_confidence(world, older, way)
    room.now.advance(timedelta(hours=2))
    count = await room.pool.fetchval("select count(*) from notification where channel = 'sms'")
    async with room.working():
        async with asyncio.timeout(20):
            while len(room.gateway.taken) < count:
                await asyncio.sleep(0.02)
    told = [one for one in room.gateway.taken.values() if one["to"] == "9415100001"]
    assert told
    assert not any(CITIZEN[3:] in one["text"] for one in told)
    assert any(WITHHELD in one["text"] for one in told)


async def test_what_is_held_without_a_text_is_worded_without_the_number(
    world: World, texts: Texts
) -> None:
    await texts("{spoilt}")
    older = await world.register()
    await in_confidence(world, older, "added")
    await texts("{number} {contact}")
    assert len(await release(world.pool, None, world.now)) == 2
    assert [one["body"] for one in await to_officers(world)] == [f"{older.number} {WITHHELD}"] * 2


async def test_a_text_that_is_spoilt_by_then_holds_it_rather_than_tell(
    world: World, texts: Texts
) -> None:
    older = await world.register()
    await texts("{spoilt}")
    await in_confidence(world, older, "added")
    rows = await to_officers(world)
    assert [(one["body"], one["held_at"], one["next_attempt_at"]) for one in rows] == [
        ("", world.now, None)
    ] * 2


@pytest.mark.parametrize("way", ["added", "merged", "merged into it"])
async def test_what_was_not_delivered_is_not_sent_again_with_the_number(
    world: World, way: str
) -> None:
    older = await world.register(world.form(confidential=way == "merged into it"))
    if way == "merged into it":
        world.later(hours=1)
        younger = await world.register()
        await lost(world, younger.complaint_id)
        await merge(world.pool, younger.number, into=older.number, actor="a", now=world.now)
    else:
        await lost(world, older.complaint_id)
        await in_confidence(world, older, way)
    again = await send_again(world.pool, None, world.now, links_last=LINKS_LAST)
    assert again.over == 2  # by SMS and by e-mail
    assert len(again.messages) == 1  # the citizen's own
    copies = await world.pool.fetch("select * from notification where dedupe_key like '%:again'")
    assert [(one["kind"], one["recipient"]) for one in copies] == [("citizen_registered", CITIZEN)]


@pytest.mark.parametrize("confidential", ["from the start", "later"])
async def test_what_was_not_delivered_of_files_merged_before_is_not_sent_again_either(
    world: World, confidential: str
) -> None:
    oldest = await world.register(world.form(confidential=confidential == "from the start"))
    _, _, youngest = await merged_before(world, into=oldest)
    if confidential == "later":
        await in_confidence(world, oldest, "added")
    await world.pool.execute("delete from notification where kind = 'officer_assigned'")
    await world.pool.execute(_LOST_ASSIGNMENT, youngest.complaint_id, world.now, CITIZEN)
    again = await send_again(world.pool, None, world.now, links_last=LINKS_LAST)
    assert (again.messages, again.over) == ([], 1)


async def test_what_named_nobody_from_the_start_is_sent_again(world: World) -> None:
    registered = await world.register(world.form(confidential=True))
    await lost(world, registered.complaint_id)
    again = await send_again(world.pool, None, world.now, links_last=LINKS_LAST)
    assert (len(again.messages), again.over) == (3, 0)


@pytest.mark.parametrize("merged", [False, True])
async def test_who_sends_again_waits_for_who_is_just_told_it_in_confidence(
    world: World, merged: bool
) -> None:
    older = await world.register()
    told = older
    if merged:
        _, _, told = await merged_before(world, into=older)
    await lost(world, told.complaint_id)
    async with transaction(world.pool) as conn:
        held = await hold_by_id(conn, older.complaint_id)
        again = asyncio.create_task(send_again(world.pool, None, world.now, links_last=LINKS_LAST))
        async with asyncio.timeout(20):
            while not await world.pool.fetchval("select count(*) from pg_locks where not granted"):
                await asyncio.sleep(0.02)
        await make_confidential(conn, held, "agent:101", world.now)
    assert (await again).over == 2
