import json
from collections.abc import AsyncIterator
from datetime import timedelta
from urllib.parse import urlsplit
from uuid import UUID, uuid4

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from db.pool import Connection
from recordings.download import Downloads
from recordings.links import sign
from tests.recordings.room import START, Room, conversation
from tests.web.site import CLIENT, FORWARDED, behind_a_proxy

SECRET = b"a secret for tests only"
Client = TestClient[web.Request, web.Application]


@pytest.fixture
async def client(room: Room) -> AsyncIterator[Client]:
    app = web.Application()
    address = behind_a_proxy(room.pool, room.now).address
    Downloads(room.pool, room.vault, SECRET, room.now, _may_hear, address).add_routes(app)
    async with TestClient(TestServer(app)) as client:
        yield client


async def _may_hear(_conn: Connection, _recording: UUID, audience: str) -> bool:
    return audience != "post:not-this-one"


def _link(recording_id: UUID, audience: str = "post:l2") -> str:
    url = sign(SECRET, "http://x", recording_id, audience, START + timedelta(days=1))
    return url.removeprefix("http://x")


async def _stored(room: Room, seconds: float = 20.0) -> tuple[UUID, bytes]:
    recording_id, _ = await room.recorded(conversation(seconds), seconds=seconds)
    await room.closer().sweep()
    return recording_id, await room.opened(recording_id)


async def test_who_may_not_hear_it_is_refused_although_the_link_is_good(
    room: Room, client: Client
) -> None:
    recording_id, _ = await _stored(room, 2)
    async with client.get(_link(recording_id, "post:not-this-one")) as answer:
        assert answer.status == 403
    async with client.get(_link(recording_id)) as answer:
        assert answer.status == 200
    assert await room.pool.fetchval("select count(*) from recording_access") == 1


async def test_a_link_answers_with_the_whole_recording(room: Room, client: Client) -> None:
    recording_id, data = await _stored(room)
    async with client.get(_link(recording_id)) as answer:
        assert (answer.status, answer.content_type) == (200, "audio/wav")
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["Accept-Ranges"] == "bytes"
        assert await answer.read() == data
    assert len(data) > 600_000  # sent in several pieces


@pytest.mark.parametrize(
    ("asked", "start", "end"),
    [
        ("bytes=0-43", 0, 44),
        ("bytes=100-", 100, None),
        ("bytes=-500", -500, None),
        ("bytes=640000-99999999", 640_000, None),
        ("bytes=300000-600000", 300_000, 600_001),
    ],
)
async def test_a_range_is_answered_with_that_range(
    room: Room, client: Client, asked: str, start: int, end: int | None
) -> None:
    recording_id, data = await _stored(room)
    async with client.get(_link(recording_id), headers={"Range": asked}) as answer:
        assert answer.status == 206
        assert await answer.read() == data[start:end]
        first, last, _ = slice(start, end).indices(len(data))
        assert answer.headers["Content-Range"] == f"bytes {first}-{last - 1}/{len(data)}"


@pytest.mark.parametrize("asked", ["bytes=999999999-", "bytes=9-1", "bytes=0-1,5-6", "lines=1-2"])
async def test_a_range_outside_is_refused(room: Room, client: Client, asked: str) -> None:
    recording_id, data = await _stored(room, 0.1)
    async with client.get(_link(recording_id), headers={"Range": asked}) as answer:
        assert answer.status == 416
        assert answer.headers["Content-Range"] == f"bytes */{len(data)}"


async def test_each_access_is_written_down(room: Room, client: Client) -> None:
    recording_id, _ = await _stored(room, 0.1)
    await client.get(_link(recording_id, "post:l2"))
    await client.head(_link(recording_id, "cm-office"))
    rows = await room.pool.fetch("select * from recording_access")
    assert sorted(row["audience"] for row in rows) == ["cm-office", "post:l2"]
    assert {(row["recording_id"], row["at"], row["remote"]) for row in rows} == {
        (recording_id, room.at, "127.0.0.1")
    }


async def test_an_access_through_a_proxy_is_the_clients_own(room: Room, client: Client) -> None:
    recording_id, _ = await _stored(room, 0.1)
    async with client.get(_link(recording_id), headers=FORWARDED) as answer:
        assert answer.status == 200
    assert await room.pool.fetchval("select remote from recording_access") == CLIENT


async def test_bad_expired_and_unknown_links_get_the_same_answer(
    room: Room, client: Client
) -> None:
    recording_id, _ = await _stored(room, 0.1)
    good = _link(recording_id)
    answers = [
        await client.get(urlsplit(good).path),
        await client.get(good[:-1] + ("0" if good[-1] != "0" else "1")),
        await client.get(good.replace("post", "past")),
        await client.get("/recordings/nonsense"),
        await client.get(_link(uuid4())),
    ]
    room.wait(86_400)
    answers.append(await client.get(good))
    assert {answer.status for answer in answers} == {403}
    assert len({await answer.text() for answer in answers}) == 1
    assert await room.pool.fetchval("select count(*) from recording_access") == 0


async def test_a_recording_that_is_still_open_says_so(room: Room, client: Client) -> None:
    recording_id, _ = await room.recorded(conversation(0.1))
    async with client.get(_link(recording_id)) as answer:
        assert answer.status == 404
        assert "still being closed" in (await answer.json())["error"]


async def test_a_missing_recording_says_so(room: Room, client: Client) -> None:
    recording_id, capture = await room.recorded(b"")
    capture.unlink()
    room.wait(61)
    await room.closer().sweep()
    async with client.get(_link(recording_id)) as answer:
        assert answer.status == 404
        assert "no audio" in (await answer.json())["error"]


async def test_a_store_that_lost_the_file_is_an_answer_not_a_broken_download(
    room: Room, client: Client
) -> None:
    recording_id, _ = await _stored(room, 0.1)
    (await room.file(recording_id)).unlink()
    async with client.get(_link(recording_id)) as answer:
        assert answer.status == 503
        assert "error" in await answer.json()


async def test_each_access_names_the_reason_the_file_and_the_bytes(
    room: Room, client: Client
) -> None:
    recording_id, data = await _stored(room, 0.1)
    link = sign(SECRET, "", recording_id, "post:l2", START + timedelta(days=1), "bundle:7")
    await client.get(link, headers={"Range": "bytes=10-19"})
    await client.get(link)
    first, second = await room.pool.fetch("select * from recording_access order by first_byte desc")
    assert (first["reason"], first["role"]) == ("bundle:7", "original")
    assert (first["first_byte"], first["last_byte"]) == (10, 19)
    assert (second["first_byte"], second["last_byte"]) == (0, len(data) - 1)
    events = await room.pool.fetch("select * from recording_event where kind = 'accessed'")
    assert [json.loads(event["facts"])["why"] for event in events] == ["bundle:7"] * 2


async def test_a_reason_cannot_be_changed_added_or_left_out(room: Room, client: Client) -> None:
    recording_id, _ = await _stored(room, 0.1)
    with_reason = sign(SECRET, "", recording_id, "post:l2", START + timedelta(days=1), "court")
    for wrong in (
        with_reason.replace("court", "curiosity"),
        with_reason.removesuffix("&reason=court"),
        _link(recording_id) + "&reason=curiosity",
    ):
        assert (await client.get(wrong)).status == 403
    assert (await client.get(with_reason)).status == 200


async def test_a_player_that_began_with_another_file_gets_this_one_from_its_beginning(
    room: Room, client: Client
) -> None:
    recording_id, data = await _stored(room, 0.1)
    asked = {"Range": "bytes=100-", "If-Range": '"another"'}
    async with client.get(_link(recording_id), headers=asked) as answer:
        assert (answer.status, await answer.read()) == (200, data)
        tag = answer.headers["ETag"]
    asked["If-Range"] = tag
    async with client.get(_link(recording_id), headers=asked) as answer:
        assert (answer.status, await answer.read()) == (206, data[100:])


async def test_a_recording_that_was_changed_in_the_store_is_refused(
    room: Room, client: Client
) -> None:
    recording_id, _ = await _stored(room, 0.1)
    path = await room.file(recording_id)
    lies = bytearray(path.read_bytes())
    lies[100] ^= 1
    path.write_bytes(lies)
    async with client.get(_link(recording_id)) as answer:
        assert answer.status == 503
    assert await room.pool.fetchval("select count(*) from recording_access") == 0
